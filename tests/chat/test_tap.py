"""The plugin's options and wiring."""

from twisted.application.service import IServiceCollection
from twisted.python import usage
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.chat.server import ChatFactory
from twisted_suite.chat.tap import IDLE_TIMEOUT_S, Options, makeService
from twisted_suite.runtime.listening import Listener


def parsed(*words: str) -> Options:
    options = Options()
    options.parse(list(words))
    return options


class OptionsTests(SynchronousTestCase):
    def test_defaults(self) -> None:
        """With no options it speaks Korean on the lecture's port, and a quiet room throws nobody out."""
        options = parsed()
        self.assertEqual((options["lang"], list(options.endpoints())), ("ko", ["tcp:9009"]))
        self.assertEqual(options.connection_limits().idle_timeout_s, IDLE_TIMEOUT_S)

    def test_given(self) -> None:
        """Endpoints add up, and the language can be chosen."""
        options = parsed("--listen", "tcp:1", "--listen", "tcp:2", "--lang", "en", "--max-per-ip", "3")
        self.assertEqual((options["lang"], list(options.endpoints())), ("en", ["tcp:1", "tcp:2"]))
        self.assertEqual(options.connection_limits().max_per_address, 3)

    def test_unknown_language(self) -> None:
        """A language that the server does not speak is refused with those that it does."""
        with self.assertRaises(usage.UsageError) as caught:
            parsed("--lang", "fr")
        self.assertEqual(str(caught.exception), "--lang: 'fr' is not one of ko, en")


class MakeServiceTests(SynchronousTestCase):
    def test_wiring(self) -> None:
        """The service is one listener whose connections are a chat's, and nothing is opened yet."""
        service = makeService.__wrapped__(parsed("--listen", "tcp:0"))  # type: ignore[attr-defined]
        (listener,) = IServiceCollection(service)
        self.assertIsInstance(listener, Listener)
        self.assertIsInstance(listener.connections.factory, ChatFactory)
        self.assertEqual(listener.connections.service_name, "chat")

    def test_the_page(self) -> None:
        """--web adds a listener in the same conversation, for its own pages and those that are named."""
        words = ("--listen", "tcp:0", "--web", "tcp:1", "--web-origin", "https://a.example")
        service = makeService.__wrapped__(parsed(*words))  # type: ignore[attr-defined]
        text, page = IServiceCollection(service)
        self.assertEqual(page.connections.service_name, "chat-web")
        sockets = page.connections.factory._sockets
        self.assertIs(sockets.exchange, text.connections.factory.exchange)
        self.assertTrue(sockets._may("https://a.example", "host"))
