"""The endpoint string ``proxied:…`` for Twisted's parser of endpoint strings. Adapter.

Loaded whenever anybody asks for plugins: it imports next to nothing.
"""

from typing import Any

from twisted.internet.interfaces import IStreamServerEndpoint, IStreamServerEndpointStringParser
from twisted.plugin import IPlugin
from zope.interface import implementer


@implementer(IStreamServerEndpointStringParser, IPlugin)
class ProxiedParser:
    """Makes a `proxied.ProxiedEndpoint` of the words behind ``proxied:``."""

    prefix = "proxied"

    def parseStreamServer(self, reactor: Any, *words: Any, **named: Any) -> IStreamServerEndpoint:
        """Raises `ValueError` where ``from=`` is missing or wrong."""
        from twisted.internet.endpoints import quoteStringArgument, serverFromString

        from twisted_suite.runtime.proxied import HEADER_TIMEOUT_S, ProxiedEndpoint

        proxies = named.pop("from", None)
        if not proxies:
            raise ValueError("from= is missing: the addresses of the proxies that may connect")
        timeout_s = float(named.pop("headerTimeout", HEADER_TIMEOUT_S))
        if not timeout_s > 0:
            raise ValueError("headerTimeout= is a number of seconds above 0")
        # Twisted has taken the inner string apart, and the quotes with it.
        inner = [quoteStringArgument(str(word)) for word in words]
        inner += [f"{name}={quoteStringArgument(str(value))}" for name, value in named.items()]
        endpoint = serverFromString(reactor, ":".join(inner))
        return ProxiedEndpoint(endpoint, proxies, timeout_s, reactor)
