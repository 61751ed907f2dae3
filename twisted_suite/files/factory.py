"""Builds the HTTP connections of one site. Adapter."""

import time
from collections.abc import Callable
from typing import Any

from twisted.internet.interfaces import IProtocolNegotiationFactory, IReactorTime
from twisted.internet.protocol import Factory
from zope.interface import implementer

from twisted_suite.files.reading import Known
from twisted_suite.files.receiving import Answers
from twisted_suite.files.web import HTTP1


@implementer(IProtocolNegotiationFactory)
class HTTP1Factory(Factory):
    """Builds `HTTP1` over one site."""

    noisy = False

    def __init__(self, site: Answers, clock: IReactorTime, now: Callable[[], float] = time.time) -> None:
        self._site = site
        self._clock = clock
        self._now = now
        self._known = Known()

    def buildProtocol(self, addr: Any) -> HTTP1:
        return HTTP1(self._site, self._known, self._clock, self._now)

    def acceptableProtocols(self) -> list[bytes]:
        """What a TLS client may choose (ALPN, RFC 7301); OpenSSL turns away one that asks in vain."""
        return [b"http/1.1"]
