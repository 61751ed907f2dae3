"""The client's adapter: between a terminal and a server, both in memory."""

from collections.abc import Coroutine
from typing import Any

from twisted.internet import error as network
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.error import ConnectionDone, DNSLookupError
from twisted.internet.interfaces import IProtocol, IProtocolFactory, IStreamClientEndpoint
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from twisted_suite.chat.client import GOODBYE_S, MAX_WAITING, converse
from twisted_suite.chat.dialogue import CHUNK_GAP_S, QUIET_S
from twisted_suite.errors import ConfigError, ExitStatus


class Wire(StringTransport):
    """A transport that can be cut off, and tells its protocol of its end at once."""

    protocol: Any = None

    def loseConnection(self) -> None:
        if not self.disconnecting:
            assert self.producer is None  # Twisted would wait for it
            super().loseConnection()
            self.protocol.connectionLost(Failure(ConnectionDone()))

    def abortConnection(self) -> None:
        self.disconnecting = True
        self.protocol.connectionLost(Failure(ConnectionDone()))

    def read(self) -> str:
        text: str = self.value().decode()
        self.clear()
        return text


@implementer(IStreamClientEndpoint)
class Endpoint:
    """Connects at once, or fails."""

    def __init__(self, wire: Wire, error: Exception | None = None) -> None:
        self._wire = wire
        self._error = error

    def connect(self, protocolFactory: IProtocolFactory) -> Deferred[IProtocol]:
        if self._error is not None:
            return fail(self._error)
        protocol = protocolFactory.buildProtocol(None)  # type: ignore[arg-type]
        assert protocol is not None
        self._wire.protocol = protocol
        protocol.makeConnection(self._wire)
        return succeed(protocol)


class ConverseCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.server, self.terminal = Wire(), Wire()

    def start(self, **options: Any) -> Deferred[ExitStatus]:
        def open_terminal(protocol: IProtocol) -> None:
            self.terminal.protocol = protocol
            protocol.makeConnection(self.terminal)

        talk: Coroutine[Any, Any, ExitStatus] = converse(
            self.clock, Endpoint(self.server), where="here", open_terminal=open_terminal, **options
        )
        self.addCleanup(lambda: self.assertEqual(self.clock.getDelayedCalls(), []))
        return Deferred.fromCoroutine(talk)

    def hear(self, text: str) -> None:
        self.server.protocol.dataReceived(text.encode())
        self.clock.advance(QUIET_S)

    def type(self, text: str) -> None:
        self.terminal.protocol.dataReceived(text.encode())

    def join(self, **options: Any) -> Deferred[ExitStatus]:
        """Connected to a server of ours, and in its room."""
        ended = self.start(name="kim", **options)
        self.hear("로그인ID:")
        self.hear("[kim]님이 입장했습니다.\n")
        self.assertEqual(self.server.read(), "kim\n")
        return ended


class ConversationTests(ConverseCase):
    def test_lines(self) -> None:
        """What is typed goes to the server, what comes is shown."""
        ended = self.join()
        self.type("hello\n")
        self.hear("[kim] hello\n")
        self.assertEqual(self.server.read(), "hello\n")
        self.assertEqual(self.terminal.read(), "로그인ID:[kim]님이 입장했습니다.\n[kim] hello\n")
        self.type("/quit\n")
        self.server.protocol.connectionLost(Failure(ConnectionDone()))
        self.assertIs(self.successResultOf(ended), ExitStatus.OK)

    def test_lecture_server(self) -> None:
        """To the lecture's server one message goes at a time, without a line end."""
        ended = self.start(name="kim")
        self.type("one\ntwo\n")
        self.terminal.protocol.readConnectionLost()
        self.hear("로그인ID:")
        self.assertEqual(self.server.read(), "kim\n")
        self.hear("[kim]님이 입장했습니다.")
        sent = []
        for _ in range(4):
            sent.append(self.server.read())
            self.clock.advance(CHUNK_GAP_S)
        self.assertEqual(sent, ["one", "two", "/quit", ""])
        self.server.protocol.connectionLost(Failure(ConnectionDone()))
        self.assertIs(self.successResultOf(ended), ExitStatus.OK)

    def test_input_ends(self) -> None:
        """At the end of input it says goodbye, and still shows what comes before the server closes."""
        ended = self.join()
        self.type("hello")
        self.terminal.protocol.readConnectionLost()
        self.assertEqual(self.server.read(), "hello\n/quit\n")
        self.hear("[kim] hello\n")
        self.assertNoResult(ended)
        self.server.protocol.connectionLost(Failure(ConnectionDone()))
        self.assertTrue(self.terminal.read().endswith("[kim] hello\n"))
        self.assertIs(self.successResultOf(ended), ExitStatus.OK)

    def test_server_deaf_to_goodbye(self) -> None:
        """A server that does not close is not waited for."""
        ended = self.join()
        self.type("/quit\n")
        self.clock.advance(GOODBYE_S)
        self.assertIs(self.successResultOf(ended), ExitStatus.OK)

    def test_silent_server(self) -> None:
        """With no input to come, a server that asks nothing is not waited for either."""
        ended = self.start()
        self.terminal.protocol.readConnectionLost()
        self.clock.advance(GOODBYE_S)
        self.assertIs(self.successResultOf(ended), ExitStatus.IO)

    def test_slow_answer(self) -> None:
        """The time to answer is over when the answer is there, however much there is to send."""
        ended = self.start(name="kim")
        self.type("x\n" * int(2 * GOODBYE_S / CHUNK_GAP_S))
        self.terminal.protocol.readConnectionLost()
        self.hear("로그인ID:")
        self.hear("[kim]님이 입장했습니다.")
        self.clock.pump([CHUNK_GAP_S] * int(1.5 * GOODBYE_S / CHUNK_GAP_S))
        self.assertNoResult(ended)
        self.server.protocol.connectionLost(Failure(ConnectionDone()))

    def test_refused(self) -> None:
        """When the input ends with a name refused, the status says that the input was at fault."""
        ended = self.start(name="kim")
        self.terminal.protocol.readConnectionLost()
        self.hear("로그인ID:")
        self.hear("이미 등록된 사용자입니다.\n로그인ID:")
        self.assertIs(self.successResultOf(ended), ExitStatus.DATA)
        self.assertTrue(self.terminal.read().endswith("로그인ID:\n"))

    def test_no_name(self) -> None:
        """Whoever quits in place of giving a name has done nothing wrong."""
        ended = self.start()
        self.hear("로그인ID:")
        self.type("/quit\n")
        self.assertIs(self.successResultOf(ended), ExitStatus.OK)

    def test_server_hangs_up(self) -> None:
        """When the server ends it, the user is told so, in the language asked for."""
        for lang, line in (
            ("en", "The server has closed the connection."),
            ("ko", "서버가 연결을 끊었습니다."),
        ):
            self.setUp()
            ended = self.join(lang=lang)
            self.server.protocol.dataReceived("서버가 종료".encode())
            self.server.protocol.connectionLost(Failure(ConnectionDone()))
            self.assertIs(self.successResultOf(ended), ExitStatus.IO)
            self.assertTrue(self.terminal.read().endswith(f"서버가 종료\n{line}\n"))

    def test_output_closed(self) -> None:
        """When nobody reads what comes, there is no more to do."""
        ended = self.join()
        self.terminal.protocol.writeConnectionLost()
        self.assertTrue(self.server.disconnecting)
        self.assertIs(self.successResultOf(ended), ExitStatus.IO)


class BackpressureTests(ConverseCase):
    def test_server_does_not_read(self) -> None:
        """A server that takes no more stops the reading of what is typed, until it does."""
        ended = self.join()
        self.server.protocol.pauseProducing()
        self.type("x\n" * (MAX_WAITING + 1))
        self.assertEqual(self.server.read(), "")
        self.assertEqual(self.terminal.producerState, "paused")
        self.server.protocol.resumeProducing()
        self.assertEqual(self.server.read(), "x\n" * (MAX_WAITING + 1))
        self.assertEqual(self.terminal.producerState, "producing")
        self.server.protocol.stopProducing()
        self.server.protocol.connectionLost(Failure(ConnectionDone()))
        self.successResultOf(ended)

    def test_terminal_takes_nothing(self) -> None:
        """The terminal's transport is given the connection to pause."""
        ended = self.join()
        self.assertIs(self.terminal.producer, self.server)
        self.server.protocol.connectionLost(Failure(ConnectionDone()))
        self.successResultOf(ended)


class NoConnectionTests(ConverseCase):
    def refusal(self, error: Exception, lang: str) -> ConfigError:
        talk = converse(self.clock, Endpoint(self.server, error), where="tcp:h:1", lang=lang)
        failed = self.failureResultOf(Deferred.fromCoroutine(talk), ConfigError)
        assert isinstance(failed.value, ConfigError)
        return failed.value

    def test_refused(self) -> None:
        """Where nobody listens, one line names the place and the reason."""
        error = self.refusal(network.ConnectionRefusedError(111, "Connection refused"), "en")
        self.assertEqual(str(error), "cannot connect to tcp:h:1: Connection refused")
        self.assertIs(error.status, ExitStatus.UNAVAILABLE)

    def test_no_such_host(self) -> None:
        """So with a name that nobody knows, in Korean if asked for."""
        error = self.refusal(DNSLookupError("no results for h"), "ko")
        self.assertEqual(str(error), "tcp:h:1에 연결할 수 없습니다: DNS lookup failed: no results for h")
