"""The echo client, against our server and against servers that misbehave, in memory."""

from collections.abc import Callable
from typing import Any

from twisted.internet import reactor as global_reactor
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase, TestCase

from twisted_suite.echo.client import GOODBYE_S, EchoClient, echo_console, echo_messages
from twisted_suite.echo.server import EchoFactory
from twisted_suite.errors import ConfigError, ExitStatus
from twisted_suite.runtime.console import Console

reactor: Any = global_reactor


class EchoClientTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.client = EchoClient()
        self.transport = StringTransport()
        self.client.makeConnection(self.transport)

    def exchange(self, data: bytes) -> "Deferred[bytes]":
        return Deferred.fromCoroutine(self.client.exchange(data))

    def test_waits_for_as_many_bytes_as_it_sent(self) -> None:
        """The answer is whole when it is as long as what was sent, in however many pieces it comes."""
        answer = self.exchange(b"hello")
        self.assertEqual(self.transport.value(), b"hello")
        self.client.dataReceived(b"he")
        self.assertNoResult(answer)
        self.client.dataReceived(b"llo")
        self.assertEqual(self.successResultOf(answer), b"hello")

    def test_a_server_that_closes_early(self) -> None:
        """What came before a hang-up is returned, and after it nothing is sent."""
        answer = self.exchange(b"hello")
        self.client.dataReceived(b"he")
        self.client.connectionLost(Failure(ConnectionDone()))
        self.assertEqual(self.successResultOf(answer), b"he")
        self.assertEqual(self.successResultOf(self.exchange(b"more")), b"")
        self.assertEqual(self.transport.value(), b"hello")

    def test_leaves_with_quit(self) -> None:
        """It says /quit and hangs up when the server answers it, by an echo or by closing."""
        answers: list[Callable[[], None]] = [
            lambda: self.client.dataReceived(b"/quit"),
            lambda: self.client.connectionLost(Failure(ConnectionDone())),
        ]
        for answer in answers:
            self.setUp()
            clock = Clock()
            left = Deferred.fromCoroutine(self.client.leave(clock))
            self.assertEqual(self.transport.value(), b"/quit")
            self.assertFalse(self.transport.disconnecting)
            answer()
            self.successResultOf(left)
            self.assertTrue(self.transport.disconnecting)
            self.assertEqual(clock.getDelayedCalls(), [])

    def test_leaves_a_server_that_says_nothing(self) -> None:
        """A server that does not answer /quit is left after a while."""
        clock = Clock()
        left = Deferred.fromCoroutine(self.client.leave(clock))
        clock.advance(GOODBYE_S)
        self.successResultOf(left)
        self.assertTrue(self.transport.disconnecting)


class _Closing(Protocol):
    """A server that hangs up at the first word."""

    def dataReceived(self, data: bytes) -> None:
        assert self.transport is not None
        self.transport.loseConnection()


class _Terminal(StringTransport):
    """Standard input that holds a text, and standard output that keeps what is printed."""

    def __init__(self, console: Console, typed: bytes) -> None:
        super().__init__()
        self._console = console
        self._typed = typed

    def resumeProducing(self) -> None:
        super().resumeProducing()
        typed, self._typed = self._typed, b""
        if typed:
            self._console.dataReceived(typed)
        else:
            self._console.readConnectionLost()

    def loseConnection(self) -> None:
        super().loseConnection()
        self._console.connectionLost()


class CommandTests(TestCase):
    """The two ways to use it, over loopback."""

    def serve(self, factory: Any) -> str:
        factory.noisy = False
        port = reactor.listenTCP(0, factory, interface="127.0.0.1")
        self.addCleanup(port.stopListening)
        return f"tcp:127.0.0.1:{port.getHost().port}"

    def console(self, typed: bytes) -> Console:
        console = Console()
        self.terminal = _Terminal(console, typed)
        console.makeConnection(self.terminal)
        return console

    async def test_messages(self) -> None:
        """Each message comes back in a line of its own."""
        endpoint = self.serve(EchoFactory())
        self.assertEqual(await echo_messages(reactor, endpoint, ("hello", "안녕")), "hello\n안녕\n".encode())

    async def test_a_broken_answer_is_an_error(self) -> None:
        """A server that closes before all came back is said to have done so."""
        endpoint = self.serve(Factory.forProtocol(_Closing))
        with self.assertRaises(ConfigError) as caught:
            await echo_messages(reactor, endpoint, ("hello",))
        self.assertIn("after 0 of 5 bytes", str(caught.exception))
        self.assertEqual(caught.exception.status, ExitStatus.IO)

    async def test_a_pipe_comes_back_byte_for_byte(self) -> None:
        """Without a terminal, what is read is what is printed."""
        data = bytes(range(256)) * 100
        await echo_console(reactor, self.serve(EchoFactory()), self.console(data), None)
        self.assertEqual(self.terminal.value(), data)

    async def test_a_terminal_has_the_lectures_words(self) -> None:
        """In a terminal each line is a message; empty ones are asked for again; /quit ends it."""
        typed = "하나\n\n/quit\nnever\n".encode()
        await echo_console(reactor, self.serve(EchoFactory()), self.console(typed), "ko")
        self.assertEqual(
            self.terminal.value().decode(),
            "메시지 입력: 에코 서버로부터 받은 데이터 [하나]\n메시지 입력: 메시지 입력: ",
        )

    async def test_the_end_of_the_input_ends_it(self) -> None:
        """A terminal whose input ends (Ctrl-D) is let go of, in English too."""
        await echo_console(reactor, self.serve(EchoFactory()), self.console(b"one"), "en")
        self.assertEqual(self.terminal.value(), b"message: received from the echo server [one]\nmessage: ")
        self.assertTrue(self.terminal.disconnecting)
