"""The sockets of a program with workers: bound once, held by the parent, handed to every worker. Adapter.

Because the parent holds them too, what waits in their queues is never lost with a worker, whether all accept
from one socket or each from one of its own (``SO_REUSEPORT``).
"""

from collections.abc import Iterable, Sequence
from typing import Any

from twisted.internet.error import CannotListenError
from twisted.internet.tcp import makeBinding

from twisted_suite.errors import ConfigError, ExitStatus
from twisted_suite.runtime.inherit import hold, identity, listening_below, quiet_factory

# What a service listens at, as something to compare.
Key = tuple[Any, ...]


class HeldSockets:
    """Sockets by what they listen at: one for all workers, or with `each`, so many where TCP allows it."""

    def __init__(self, reactor: Any, each: int = 0) -> None:
        self._reactor = reactor
        self._each = each
        self._ports: dict[Key, list[Any]] = {}

    def bind(self, services: Iterable[Any]) -> list[Key]:
        """Have a socket for all that `services` listen at; returns their keys, in the order of the tree.

        Raises `ConfigError`, and then holds what was held before.
        """
        keys: list[Key] = []
        new: list[Key] = []
        try:
            for service in listening_below(services):
                key = identity(service)
                key = (*key, sum(other[:-1] == key for other in keys))  # tcp:0 twice is two sockets
                keys.append(key)
                if key not in self._ports:
                    new.append(key)
                    self._ports[key] = [hold(service, self._reactor, own=self._each > 0)]
                    self._ports[key] += self._more_like(self._ports[key][0])
        except CannotListenError as error:
            self._close(new)
            raise ConfigError(
                f"cannot listen on {error.interface or ''}:{error.port}: {error.socketError.strerror}",
                ExitStatus.UNAVAILABLE,
            ) from error
        except ConfigError:
            self._close(new)
            raise
        return keys

    def _more_like(self, port: Any) -> Iterable[Any]:
        if not getattr(port, "_reusePort", False):  # no TCP port, or one that somebody else has bound
            return
        binding = makeBinding(port.interface, port.getHost().port, reuseAddress=True, reusePort=True)
        for _ in range(1, self._each):
            another = self._reactor.listenTCP(binding, quiet_factory(), port.backlog, port.interface)
            another.stopReading()
            another._shouldShutdown = False
            yield another

    def descriptors(self, keys: Sequence[Key], number: int) -> list[int]:
        """Those that worker `number` accepts from."""
        return [self._ports[key][number % len(self._ports[key])].fileno() for key in keys]

    def keep(self, keys: Iterable[Key]) -> None:
        """Close all but these."""
        self._close(set(self._ports) - set(keys))

    def _close(self, keys: Iterable[Key]) -> None:
        for key in keys:
            for port in self._ports.pop(key, ()):
                port.stopListening()
