"""The suite's services through start, reload and end, on ports that the system chooses."""

import contextlib
import io
import socket
import sys
from pathlib import Path
from typing import Any

from twisted.internet import reactor as global_reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.internet.testing import EventLoggingObserver
from twisted.internet.threads import deferToThread
from twisted.logger import formatEvent, globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase, TestCase

from twisted_suite.errors import ConfigError
from twisted_suite.runtime.config import ServiceTable
from twisted_suite.runtime.suite import Suite, _typed_here

reactor: Any = global_reactor


def echo(port: int = 0, *argv: str) -> ServiceTable:
    return ServiceTable(
        "echo", (), (f"--listen=tcp:{port}:interface=127.0.0.1", *argv), "s.toml: service (echo)"
    )


class HintTests(SynchronousTestCase):
    def test_a_command_that_is_not_on_the_path(self) -> None:
        """A hint names the path of a command that lies beside ours and that the shell would not find."""
        folder = Path(self.mktemp()).absolute()
        folder.mkdir()
        (folder / "some-command").touch(mode=0o755)
        self.patch(sys, "argv", [str(folder / "twist")])
        self.assertEqual(_typed_here("some-command --to x"), f"{folder}/some-command --to x")
        self.assertEqual(_typed_here("python3 --to x"), "python3 --to x")  # found by the shell
        self.assertEqual(_typed_here("other-command --to x"), "other-command --to x")
        self.assertEqual(_typed_here("http://localhost/"), "http://localhost/")
        self.assertEqual(_typed_here(""), "")


class SuiteTests(TestCase):
    def setUp(self) -> None:
        self.printed = io.StringIO()
        redirected = contextlib.redirect_stdout(self.printed)
        redirected.__enter__()
        self.addCleanup(redirected.__exit__, None, None, None)
        self.log = EventLoggingObserver.createWithCleanup(self, globalLogPublisher)

    def started(self, *tables: ServiceTable) -> Suite:
        self.tables = list(tables)
        suite = Suite(lambda: self.tables, reactor)
        suite.startService()
        self.addCleanup(suite.stopService)
        return suite

    def ports(self, suite: Suite) -> list[int]:
        return [int(member.addresses()[0].rpartition(":")[2]) for member in suite]

    async def reload(self, suite: Suite, *tables: ServiceTable) -> None:
        self.tables = list(tables)
        suite.reload()
        await deferLater(reactor, 0.01)

    def connect(self, port: int) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.addCleanup(connection.close)
        return connection

    async def answer(self, connection: socket.socket, data: bytes) -> bytes:
        def exchange() -> bytes:
            connection.sendall(data)
            return connection.recv(100)

        return await deferToThread(exchange)

    async def test_what_is_the_same_is_not_touched(self) -> None:
        """A reload that adds a service leaves the others, their ports and their connections as they are."""
        suite = self.started(echo())
        (first,) = suite
        (port,) = self.ports(suite)
        connection = self.connect(port)
        await self.answer(connection, b"before")
        await self.reload(suite, echo(0, "--raw"), echo())
        self.assertIs(next(iter(suite)), first)
        self.assertEqual(len(list(suite)), 2)
        self.assertEqual(await self.answer(connection, b"after"), b"after")
        self.assertEqual(await self.answer(self.connect(self.ports(suite)[1]), b"new"), b"new")

    async def test_what_stays_in_one_process(self) -> None:
        """Chat is set apart from what several processes may run, each with its table."""
        chat = ServiceTable("chat", (), ("--listen=tcp:0:interface=127.0.0.1",), "c")
        suite = Suite(lambda: [ServiceTable("echo", (), (), "e"), chat], reactor, shown=False)
        self.assertEqual([member.table.plugin for member in suite.part(alone=False)], ["echo"])
        self.assertEqual(suite.told(alone=True), [chat.to_json()])

    async def test_a_worker_shows_no_table(self) -> None:
        """Its parent has shown where everything listens."""
        suite = Suite(lambda: [], reactor, shown=False)
        suite.startService()
        self.assertEqual(self.printed.getvalue(), "")
        await suite.stopService()

    async def test_what_is_gone_drains(self) -> None:
        """A service that is taken out stops listening and ends its connections as its protocol does."""
        suite = self.started(echo(), echo(0, "--raw"))
        first, second = self.ports(suite)
        connection = self.connect(first)
        await self.answer(connection, b"x")
        await self.reload(suite, echo(0, "--raw"))
        self.assertEqual(self.ports(suite), [second])
        self.assertEqual(await deferToThread(connection.recv, 100), b"")
        self.assertRaises(ConnectionRefusedError, socket.create_connection, ("127.0.0.1", first))

    async def test_a_changed_service_keeps_its_port(self) -> None:
        """A service whose options change comes back at the same port."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        suite = self.started(echo(port))
        await self.reload(suite, echo(port, "--raw"))
        self.assertEqual(self.ports(suite), [port])
        self.assertEqual(await self.answer(self.connect(port), b"/quit"), b"/quit")

    async def test_limits_of_other_peoples_plugins(self) -> None:
        """A plugin that knows no limits has ours, as its table says; a key that nobody knows is refused."""
        words = ("--listen=tcp:0:interface=127.0.0.1", "--path=.", "--max-connections=1")
        suite = self.started(
            ServiceTable("web", ("listen", "path", "max-connections"), words, "s.toml: service")
        )
        (port,) = self.ports(suite)
        first, second = self.connect(port), self.connect(port)
        request = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
        self.assertTrue((await self.answer(first, request)).startswith(b"HTTP/1.1 200"))
        with self.assertRaises(ConnectionError):
            if await self.answer(second, request) == b"":
                raise ConnectionResetError
        self.tables = [ServiceTable("web", ("max-conections",), ("--max-conections=1",), "s.toml: service")]
        error = self.assertRaises(ConfigError, suite.reload)
        self.assertIn("did you mean 'max-connections'", str(error))

    async def test_a_file_that_does_not_hold_changes_nothing(self) -> None:
        """A mistake in the file is raised, and all go on."""
        suite = self.started(echo())
        (port,) = self.ports(suite)
        for wrong in (echo(0, "--nope"), ServiceTable("nope", (), (), "s.toml: service (nope)")):
            self.tables = [echo(0, "--raw"), wrong]
            error = self.assertRaises(ConfigError, suite.reload)
            self.assertTrue(str(error).startswith(wrong.where), error)
        self.assertEqual(self.ports(suite), [port])

    async def test_a_newcomer_that_cannot_listen(self) -> None:
        """A new service whose port is taken is left out and said so; the others are not harmed."""
        taken = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(taken.close)
        suite = self.started(echo())
        (port,) = self.ports(suite)
        await self.reload(suite, echo(), echo(taken.getsockname()[1]), echo(0, "--raw"))
        self.assertEqual(len(list(suite)), 2)
        self.assertEqual(await self.answer(self.connect(port), b"x"), b"x")
        (line,) = (formatEvent(event) for event in self.log if "not started" in (event["log_format"] or ""))
        self.assertIn("s.toml: service (echo): cannot listen on", line)

    async def test_the_end_waits_for_those_that_left(self) -> None:
        """Stopping waits for the connections of services that a reload had taken out."""
        suite = self.started(echo(), echo(0, "--raw"))
        (first, _) = suite
        left: Deferred[None] = Deferred()
        first.stopService = lambda: left  # as long as a transfer would last
        await self.reload(suite, echo(0, "--raw"))
        stopped = suite.stopService()
        await deferLater(reactor, 0.01)
        self.assertFalse(stopped.called)
        left.callback(None)
        await stopped
        suite.startService()  # for the clean-up to stop again
        await next(iter(first)).stopService()
