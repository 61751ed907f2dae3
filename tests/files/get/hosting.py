"""An HTTP server of files for the client's tests: honest, unless it is told how not to be."""

import os
import re
from base64 import b64encode
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from enum import Enum, auto
from hashlib import sha256
from pathlib import Path
from typing import Any

from twisted.internet import reactor as global_reactor
from twisted.internet.defer import Deferred
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import deferLater
from twisted.trial.unittest import TestCase

from twisted_suite.errors import ConfigError
from twisted_suite.files.get.watching import Fetched
from twisted_suite.files.get.web import Web

reactor: Any = global_reactor


@dataclass
class Hosted:
    """A file on the server."""

    content: bytes
    tag: str = '"v1"'  # empty for none
    ranges: bool = True
    digest: bool = False
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    """What a client asked for."""

    path: str
    headers: dict[str, str]


class Then(Enum):
    """What the server does after it has written."""

    KEEP = auto()
    CLOSE = auto()
    RESET = auto()
    HANG = auto()  # nothing at all


Answer = tuple[bytes, Then]


def head(status: int, **fields: object) -> bytes:
    """The header of an answer."""
    lines = [
        f"HTTP/1.1 {status} Words",
        *(f"{name.replace('_', '-')}: {text}" for name, text in fields.items()),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


class Host:
    """Files by path, and ways to misbehave: one for each of the next requests, None for an honest answer."""

    def __init__(self) -> None:
        self.files: dict[str, Hosted] = {}
        self.script: list[Callable[[Request], Answer] | None] = []
        self.requests: list[Request] = []
        self.connections = 0
        self.open: set[Any] = set()

    def factory(self) -> Any:
        """What to listen with."""
        factory = Factory.forProtocol(lambda: _Channel(self))
        factory.noisy = False
        return factory

    def answer(self, request: Request) -> Answer:
        """What this request gets."""
        self.requests.append(request)
        scripted = self.script.pop(0) if self.script else None
        return scripted(request) if scripted is not None else self.honest(request)

    def honest(self, request: Request) -> Answer:
        """As RFC 9110 says."""
        file = self.files.get(request.path, self.files.get(request.path.partition("?")[0]))
        if file is None:
            return head(404, Content_Length=0), Then.KEEP
        fields: dict[str, object] = {**file.headers, **({"ETag": file.tag} if file.tag else {})}
        if file.digest and "want-repr-digest" in request.headers:
            fields["Repr-Digest"] = f"sha-256=:{b64encode(sha256(file.content).digest()).decode()}:"
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", request.headers.get("range", ""))
        same = request.headers.get("if-range", file.tag) == file.tag
        size = len(file.content)
        if wanted is None or not file.ranges or not same:
            return head(200, Content_Length=size, **fields) + file.content, Then.KEEP
        start, last = int(wanted[1]), min(int(wanted[2] or size), size - 1)
        if start >= size:
            return head(416, Content_Length=0, Content_Range=f"bytes */{size}"), Then.KEEP
        body = file.content[start : last + 1]
        fields["Content-Range"] = f"bytes {start}-{last}/{size}"
        return head(206, Content_Length=len(body), **fields) + body, Then.KEEP

    def cut(self, share: float, then: Then = Then.CLOSE) -> Callable[[Request], Answer]:
        """The honest answer, of which only a share is sent."""

        def answer(request: Request) -> Answer:
            whole, _ = self.honest(request)
            header, blank, body = whole.partition(b"\r\n\r\n")
            return header + blank + body[: int(len(body) * share)], then

        return answer

    def changing(self, content: bytes, tag: str) -> Callable[[Request], Answer]:
        """From this request on, the file is another."""

        def answer(request: Request) -> Answer:
            self.files[request.path].content = content
            self.files[request.path].tag = tag
            return self.honest(request)

        return answer


def saying(answer: bytes, then: Then = Then.CLOSE) -> Callable[[Request], Answer]:
    """Just this."""
    return lambda _: (answer, then)


class _Channel(Protocol):
    def __init__(self, host: Host) -> None:
        self._host = host
        self._received = b""

    def connectionMade(self) -> None:
        self._host.connections += 1
        self._host.open.add(self.transport)

    def connectionLost(self, reason: Any = None) -> None:
        self._host.open.discard(self.transport)

    def dataReceived(self, data: bytes) -> None:
        self._received += data
        while b"\r\n\r\n" in self._received:
            header, _, self._received = self._received.partition(b"\r\n\r\n")
            first, *lines = header.decode("latin-1").split("\r\n")
            fields = {name.lower(): text.strip() for name, _, text in (line.partition(":") for line in lines)}
            self._write(*self._host.answer(Request(first.split(" ")[1], fields)))

    def _write(self, data: bytes, then: Then) -> None:
        transport: Any = self.transport
        transport.write(data)
        if then is Then.CLOSE:
            transport.loseConnection()
        elif then is Then.RESET:
            transport.abortConnection()


class Seen:
    """A `Watcher` that remembers."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []
        self.kept: list[int] = []
        self.results: list[Fetched] = []
        self.errors: list[ConfigError] = []
        self.here: list[int] = []

    def began(self, key: Hashable, name: str, here_bytes: int) -> None:
        self.said.append(("began", name))
        self.here.append(here_bytes)

    def progressed(self, key: Hashable, here_bytes: int, size: int | None) -> None:
        self.here.append(here_bytes)

    def checking(self, key: Hashable) -> None:
        self.said.append(("checking", ""))

    def waiting(self, key: Hashable, error: ConfigError, delay_s: float) -> None:
        self.said.append(("waiting", str(error)))

    def finished(self, key: Hashable, result: Fetched) -> None:
        self.results.append(result)

    def stopped(self, key: Hashable, name: str, kept_bytes: int) -> None:
        self.said.append(("stopped", name))
        self.kept.append(kept_bytes)

    def failed(self, key: Hashable, error: ConfigError, kept_bytes: int) -> None:
        self.errors.append(error)
        self.kept.append(kept_bytes)


class HostCase(TestCase):
    """A server over loopback, an empty folder, and a client's way to wait that does not."""

    def setUp(self) -> None:
        self.host = Host()
        port = reactor.listenTCP(0, self.host.factory(), interface="127.0.0.1")
        self.base = f"http://127.0.0.1:{port.getHost().port}"
        self.folder = Path(self.mktemp()).resolve()
        self.folder.mkdir()
        self.seen = Seen()
        self.web = Web(Hurried(), connections=4, timeout_s=5.0)
        self.addCleanup(port.stopListening)
        self.addCleanup(self.hang_up)
        self.addCleanup(lambda: Deferred.fromCoroutine(self.web.close()))

    async def hang_up(self) -> None:
        """The server's connections end, and are gone."""
        for transport in tuple(self.host.open):
            transport.abortConnection()
        while self.host.open:
            await deferLater(reactor, 0)

    async def turn(self) -> None:
        """Let the others have their turn."""
        await deferLater(reactor, 0.001)

    def file(self, name: str = "a.iso", size: int = 300_000, **more: Any) -> bytes:
        """A file on the server."""
        content = os.urandom(size)
        self.host.files[f"/{name}"] = Hosted(content, **more)
        return content

    def names(self) -> list[str]:
        """What is in the folder."""
        return sorted(path.name for path in self.folder.iterdir())


class Hurried:
    """The reactor, but for whoever waits between attempts: for them the time has come."""

    def __getattr__(self, name: str) -> Any:
        return getattr(reactor, name)

    def callLater(self, delay_s: float, *call: Any, **more: Any) -> Any:
        """As the reactor's; but what is to wait longer than a tick and less than a timeout waits for none."""
        return reactor.callLater(0 if 0.5 <= delay_s < 5.0 else delay_s, *call, **more)
