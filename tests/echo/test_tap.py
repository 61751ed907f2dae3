"""The echo plugin's command line."""

from typing import Any

from twisted.python import usage
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.echo.server import EchoDatagrams, EchoFactory
from twisted_suite.echo.tap import Options, makeService
from twisted_suite.errors import ConfigError
from twisted_suite.runtime.listening import DatagramListener, Listener


def made(*argv: str) -> list[Any]:
    options = Options()
    options.parse(list(argv))
    return list(makeService.__wrapped__(options))  # type: ignore[attr-defined]  # by functools.wraps


class TapTests(SynchronousTestCase):
    def test_one_listener_for_streams_one_a_udp_port(self) -> None:
        """All --listen share an owner of connections; each --udp is a listener of its own."""
        listener, first, second = made("--listen=tcp:1", "--listen=tcp:2", "--udp=7", "--udp=8", "--raw")
        self.assertIsInstance(listener, Listener)
        self.assertEqual([endpoint.description for endpoint in listener], ["tcp:1", "tcp:2"])
        self.assertIsInstance(listener.connections.factory, EchoFactory)
        for service in (first, second):
            self.assertIsInstance(service, DatagramListener)
            protocol: Any = service.args[1]
            self.assertIsInstance(protocol, EchoDatagrams)
            self.assertEqual(protocol._own_ports, {7, 8})

    def test_options_reach_the_service(self) -> None:
        """Limits and --raw arrive; with nothing said it is the lecture's port, /quit and no UDP."""
        (listener,) = made("--max-connections=5", "--drain-timeout=1.5")
        self.assertEqual([endpoint.description for endpoint in listener], ["tcp:9009"])
        self.assertEqual(listener.connections.limits.max_connections, 5)
        self.assertEqual(listener._drain_timeout_s, 1.5)
        self.assertIn(b"/quit", listener.connections.factory._quits)
        self.assertNotIn(b"/quit", made("--raw")[0].connections.factory._quits)

    def test_mistakes(self) -> None:
        """A bad port, a bad endpoint and words that mean nothing here are refused."""
        self.assertRaises(usage.UsageError, made, "--udp=65536")
        error = self.assertRaises(usage.UsageError, made, "stray", "words")
        self.assertIn("'stray words'", str(error))
        self.assertRaises(ConfigError, made, "--listen=nope")
