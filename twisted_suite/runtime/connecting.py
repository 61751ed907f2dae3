"""The client side of endpoints: a connection, or one line that says why not. Adapter."""

from typing import Any, TypeVar

from twisted.internet.endpoints import clientFromString
from twisted.internet.error import ConnectError, DNSLookupError
from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.internet.protocol import Factory, Protocol

from twisted_suite.errors import ConfigError, ExitStatus

ProtocolT = TypeVar("ProtocolT", bound=Protocol)


def client_endpoint(reactor: Any, description: str) -> IStreamClientEndpoint:
    """The endpoint that a Twisted client endpoint string means. Raises `ConfigError`."""
    try:
        endpoint: IStreamClientEndpoint = clientFromString(reactor, description)
    except Exception as error:  # each kind of endpoint, plugins' too, refuses bad words in its own way
        raise ConfigError(
            f"{description!r} is not an endpoint to connect to, such as tcp:localhost:9009 ({error})",
            ExitStatus.USAGE,
        ) from error
    return endpoint


async def connect(reactor: Any, description: str, protocol: ProtocolT) -> ProtocolT:
    """`protocol`, connected. Raises `ConfigError` where nobody answers."""
    endpoint = client_endpoint(reactor, description)
    factory = Factory.forProtocol(lambda: protocol)
    factory.noisy = False
    try:
        await endpoint.connect(factory)
    except (ConnectError, DNSLookupError) as error:
        raise ConfigError(f"cannot connect to {description}: {error}", ExitStatus.UNAVAILABLE) from error
    return protocol
