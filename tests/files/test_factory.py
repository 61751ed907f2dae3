"""What an HTTP factory says to TLS."""

from typing import Any

from twisted.internet.interfaces import IProtocolNegotiationFactory
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.files.factory import HTTP1Factory
from twisted_suite.runtime.connections import Connections
from twisted_suite.runtime.limits import ConnectionLimits


class FactoryTests(SynchronousTestCase):
    def test_alpn(self) -> None:
        """A client that asks for HTTP/1.1 by ALPN, as curl does, is answered; behind limits too."""
        site: Any = None
        factory = HTTP1Factory(site, Clock())
        limited = Connections(factory, "files", ConnectionLimits(), Clock())
        for each in (factory, limited):
            self.assertEqual(IProtocolNegotiationFactory(each).acceptableProtocols(), [b"http/1.1"])
