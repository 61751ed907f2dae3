"""``twisted-suite check`` against servers of ours and of Twisted's documentation."""

import json
import sys
from typing import Any

import pytest

from tests.live.processes import Children, free_port

HERE = "tcp:0:interface=127.0.0.1"
# The echo of Twisted's documentation, in our words: it writes back whatever comes, and knows nothing else.
DOCUMENTED_ECHO = """
import sys
from twisted.internet import endpoints, protocol, reactor

class Echo(protocol.Protocol):
    def dataReceived(self, data):
        self.transport.write(data)

listening = endpoints.serverFromString(reactor, sys.argv[1]).listen(protocol.Factory.forProtocol(Echo))
listening.addCallback(lambda port: print("Connections starting on", port.getHost().port, flush=True))
reactor.run()
"""


async def checked(children: Children, *arguments: str) -> tuple[int, dict[str, str], dict[str, str]]:
    """The status, the verdict of each check, and its detail."""
    child = children.twisted_suite("check", *arguments, "--output", "json")
    status = await child.ended()
    findings: list[dict[str, Any]] = json.loads(child.stdout)
    return (
        status,
        {each["check"]: each["verdict"] for each in findings},
        {each["check"]: each["detail"] for each in findings},
    )


@pytest.mark.deadline(120)
async def test_ours_pass(children: Children) -> None:
    """Our echo, files and chat bear all of it, and cut off who never reads."""
    (children.folder / "large").write_bytes(bytes(range(256)) * 100_000)
    for service, words, options in (
        ("echo", ("--idle-timeout", "5"), ()),
        ("files", ("--idle-timeout", "4", "--root", "."), ("--name", "large")),
        ("chat", ("--idle-timeout", "6"), ()),
    ):
        server = children.twist(service, "--listen", HERE, *words)
        port = await server.port()
        status, verdicts, details = await checked(
            children, service, f"tcp:127.0.0.1:{port}", "--timeout", words[1], *options
        )
        assert (status, set(verdicts.values())) == (0, {"pass"}), (service, details)
        assert len(verdicts) == 7
        assert "Traceback" not in server.stdout


@pytest.mark.deadline(120)
async def test_the_documented_echo_fails(children: Children) -> None:
    """It loses the answer to a client that half-closes, and keeps all that one sends who never reads."""
    server = children.spawn(sys.executable, "-c", DOCUMENTED_ECHO, HERE)
    port = await server.port()
    status, verdicts, details = await checked(
        children, "echo", f"tcp:127.0.0.1:{port}", "--timeout", "0.5", "--patience", "2"
    )
    assert status == 1
    assert verdicts == {
        "answer": "pass",
        "fragmentation": "pass",
        "half-close": "fail",
        "back-pressure": "fail",
        "non-reader timeout": "fail",
        "bad input": "pass",
        "broken connections": "pass",
    }, details
    assert "0 come back" in details["half-close"]


async def test_words_and_statuses(children: Children) -> None:
    """The table is in either language; what was not tried is no failure; nobody there is status 69."""
    server = children.twist("echo", "--listen", HERE)
    endpoint = f"tcp:127.0.0.1:{await server.port()}"
    for language, words in (("en", "back-pressure .* pass "), ("ko", "역압 .* 통과 ")):
        child = children.twisted_suite("check", "echo", endpoint, "--lang", language)
        assert await child.ended() == 0
        await child.says(words)
        await child.says("--timeout")
    child = children.twisted_suite("check", "echo", f"tcp:127.0.0.1:{free_port()}")
    assert await child.ended() == 69
    assert child.stderr.startswith("twisted-suite: cannot connect to tcp:127.0.0.1:")
    assert child.stderr.count("\n") == 1
