"""Which Twisted the fast reactor knows: fingerprints of the functions it stands in for or builds on. Core.

`runtime/reactor.py` reads those functions' sources at install and asks `changed`. A fingerprint is over the
syntax tree without docstrings, annotations and comments, written out by ourselves: `ast.dump` differs from
one Python to the next.
"""

import ast
from collections.abc import Iterator, Mapping
from hashlib import sha256
from textwrap import dedent

# Long enough that no edit keeps it by chance, short enough to read in a diff.
_DIGITS = 16

# The files that hold them, as released: a look at eight digests, where 40 fingerprints take 40 ms.
KNOWN_FILES: Mapping[str, frozenset[str]] = {
    "twisted.internet._newtls": frozenset({"f99ea1c0758aa240"}),
    "twisted.internet.abstract": frozenset({"cf524932201a1f86"}),
    "twisted.internet.base": frozenset({"427c2971242fec92"}),
    "twisted.internet.epollreactor": frozenset({"c7b4f340b8e971ce"}),
    "twisted.internet.posixbase": frozenset({"2e0d10a78e647397"}),
    "twisted.internet.tcp": frozenset({"ce10b45d3b57fb23"}),
    "twisted.python.context": frozenset({"410072f85ef97d05"}),
    "twisted.python.log": frozenset({"a9b0a3d0b7c5cba2"}),
}
# The versions whose functions have these fingerprints. To learn another: run Twisted's reactor tests on it
# (tests/live/test_reactor.py), read what changed, and add what `fingerprint` gives beside the old one.
KNOWN_VERSIONS = ("26.10",)
KNOWN: Mapping[str, frozenset[str]] = {
    "twisted.internet.epollreactor.EPollReactor.__init__": frozenset({"5b9585ae647669e3"}),
    "twisted.internet.epollreactor.EPollReactor._add": frozenset({"3e3d64e47a1cd610"}),
    "twisted.internet.epollreactor.EPollReactor._remove": frozenset({"4aafad859e59947e"}),
    "twisted.internet.epollreactor.EPollReactor.addWriter": frozenset({"cfaf718a9331fdce"}),
    "twisted.internet.epollreactor.EPollReactor.removeWriter": frozenset({"9dee2349a148e885"}),
    "twisted.internet.epollreactor.EPollReactor.removeAll": frozenset({"c07338e1174bb4df"}),
    "twisted.internet.epollreactor.EPollReactor.getWriters": frozenset({"4dccdccb51aa8c66"}),
    "twisted.internet.epollreactor.EPollReactor.doPoll": frozenset({"636f64e4411ba6bb"}),
    "twisted.internet.posixbase._PollLikeMixin._doReadOrWrite": frozenset({"541f5888d3af428c"}),
    "twisted.internet.posixbase.PosixReactorBase.listenTCP": frozenset({"04e9725e36d218ef"}),
    "twisted.internet.posixbase.PosixReactorBase.adoptStreamPort": frozenset({"72cf4f858a5392c5"}),
    "twisted.internet.posixbase._DisconnectSelectableMixin._disconnectSelectable": frozenset(
        {"29aa2286c56451e3"}
    ),
    "twisted.internet.posixbase.PosixReactorBase._removeAll": frozenset({"ba11f0a88d608abb"}),
    "twisted.internet.base.ReactorBase.runUntilCurrent": frozenset({"176d75655a259aca"}),
    "twisted.internet.base.ReactorBase.timeout": frozenset({"5bca63f4ea93338e"}),
    "twisted.internet.base.ReactorBase._insertNewDelayedCalls": frozenset({"0350b5fb7d0fa8d3"}),
    "twisted.internet.base.ReactorBase.callLater": frozenset({"d36c4a3bede76b1b"}),
    "twisted.internet.base.ReactorBase._cancelCallLater": frozenset({"fb7ee5071cf8b15a"}),
    "twisted.internet.base.ReactorBase.callFromThread": frozenset({"e0969d3bedd0192e"}),
    "twisted.internet.base.ReactorBase.stop": frozenset({"3990bce4023ec8ca"}),
    "twisted.internet.base.ReactorBase.mainLoop": frozenset({"0224f25a4961f170"}),
    "twisted.internet.abstract.FileDescriptor.__init__": frozenset({"bdd40c65ac20c763"}),
    "twisted.internet.abstract.FileDescriptor.doWrite": frozenset({"df0a0933d85b6e11"}),
    "twisted.internet.abstract.FileDescriptor.write": frozenset({"9c3c50b5d8142294"}),
    "twisted.internet.abstract._dataMustBeBytes": frozenset({"12a7c2b0f162716b"}),
    "twisted.internet._newtls.ConnectionMixin.write": frozenset({"9126487c4c51f53f"}),
    "twisted.internet.tcp.Server.__init__": frozenset({"e339fefa8fb42a14"}),
    "twisted.internet.abstract.FileDescriptor.writeSequence": frozenset({"363451ef128fd9eb"}),
    "twisted.internet.abstract.FileDescriptor.startWriting": frozenset({"2c38aa0f8ed8800f"}),
    "twisted.internet.abstract.FileDescriptor.stopWriting": frozenset({"da5ddbaf39abc519"}),
    "twisted.internet.abstract.FileDescriptor.loseConnection": frozenset({"52bf53e53b0a42c9"}),
    "twisted.internet.abstract.FileDescriptor.loseWriteConnection": frozenset({"43f4ebf73c224ad2"}),
    "twisted.internet.abstract.FileDescriptor.connectionLost": frozenset({"dfadb96ecfdf350e"}),
    "twisted.internet.abstract.FileDescriptor._maybePauseProducer": frozenset({"bcfbbdd9119cce54"}),
    "twisted.internet.tcp.Connection.__init__": frozenset({"8082596c4ff39ade"}),
    "twisted.internet.tcp.Connection.writeSomeData": frozenset({"4b0037d493bb8d34"}),
    "twisted.internet.tcp.Connection.connectionLost": frozenset({"0cbdadfb18f1f175"}),
    "twisted.internet.tcp._AbortingMixin.abortConnection": frozenset({"e15f678b05e5a12a"}),
    "twisted.internet.tcp.BaseClient.doConnect": frozenset({"be808ae722f08f06"}),
    "twisted.python.log.callWithContext": frozenset({"ac2f3631103c2c08"}),
    "twisted.python.log.callWithLogger": frozenset({"18dd18cbeec6bd3b"}),
    "twisted.python.context.ContextTracker.callWithContext": frozenset({"817f10a71f87d1a7"}),
    "twisted.python.context.ContextTracker.getContext": frozenset({"743ecc7a7ddbfbc5"}),
    "twisted.python.context.ThreadedContextTracker.currentContext": frozenset({"6908626d7f3264d0"}),
}


def fingerprint(source: str) -> str:
    """What a function's `source` does, as a short text; "" when it is no Python."""
    try:
        tree = ast.parse(dedent(source))
    except SyntaxError:
        return ""
    return sha256(" ".join(_words(tree)).encode()).hexdigest()[:_DIGITS]


def digest(file: bytes) -> str:
    """What stands in a whole file, as a short text."""
    return sha256(file).hexdigest()[:_DIGITS]


def changed(sources: Mapping[str, str], known: Mapping[str, frozenset[str]] = KNOWN) -> list[str]:
    """The names in `known` whose source is missing or not as known."""
    return [name for name, prints in known.items() if fingerprint(sources.get(name, "")) not in prints]


def _words(node: object) -> Iterator[str]:
    """The tree in order. Empty fields say nothing: new versions of Python add such."""
    if isinstance(node, ast.AST):
        yield type(node).__name__
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns", "type_comment", "kind") or value in (None, []):
                continue
            yield f"{name}="
            yield from _words(_without_docstring(value) if name == "body" else value)
    elif isinstance(node, list):
        for item in node:
            yield from _words(item)
    else:
        yield repr(node)


def _without_docstring(body: object) -> object:
    if not isinstance(body, list) or not isinstance(body[0], ast.Expr):
        return body
    constant = body[0].value
    return body[1:] if isinstance(constant, ast.Constant) and isinstance(constant.value, str) else body
