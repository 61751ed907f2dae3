"""The client side of endpoints."""

from typing import Any

from twisted.internet import reactor as global_reactor
from twisted.internet.defer import Deferred
from twisted.internet.protocol import Factory, Protocol
from twisted.trial.unittest import TestCase

from twisted_suite.errors import ConfigError, ExitStatus
from twisted_suite.runtime.connecting import connect

reactor: Any = global_reactor


class ConnectTests(TestCase):
    async def _connects(self) -> None:
        server, client = Protocol(), Protocol()
        gone: Deferred[None] = Deferred()
        server.connectionLost = lambda reason=None: gone.callback(None)  # type: ignore[method-assign]
        port = reactor.listenTCP(0, Factory.forProtocol(lambda: server), interface="127.0.0.1")
        description = f"tcp:127.0.0.1:{port.getHost().port}"
        connected = await connect(reactor, description, client)
        self.assertIs(connected, client)
        assert client.transport is not None
        client.transport.loseConnection()
        await gone
        await port.stopListening()
        with self.assertRaises(ConfigError) as caught:
            await connect(reactor, description, Protocol())
        self.assertIn(f"cannot connect to {description}: ", str(caught.exception))
        self.assertEqual(caught.exception.status, ExitStatus.UNAVAILABLE)

    def test_connects_or_says_why_not(self) -> "Deferred[None]":
        """The protocol comes back connected; where nobody listens the error names the endpoint."""
        return Deferred.fromCoroutine(self._connects())

    def test_bad_endpoints(self) -> None:
        """A string that is no endpoint is a mistake of usage, shown with an example."""
        for description in ("", "nope:1", "tcp", "9009"):
            with self.subTest(description=description):
                error: Any = self.failureResultOf(
                    Deferred.fromCoroutine(connect(reactor, description, Protocol())), ConfigError
                ).value
                self.assertEqual(error.status, ExitStatus.USAGE)
                self.assertIn("such as tcp:localhost:9009", str(error))
