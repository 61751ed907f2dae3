"""Accepting connections when the process has no file descriptor left. Adapter.

Twisted then closes whoever waits, at once and without a word. Here they keep waiting, in the kernel's queue:
the port is not read from for a while, and then tried again.
"""

import errno
import socket
from typing import Any

from twisted.internet import tcp, unix
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger

# How long nothing is accepted before it is tried again. Nobody tells us when a file is closed.
RETRY_S = 0.5
# The process, the system, or its memory for sockets: none is left.
_EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class _Listening(socket.socket):
    """A listening socket that tells how accepting goes."""

    patience: "Patience"

    def accept(self) -> tuple[socket.socket, Any]:
        try:
            accepted = super().accept()
        except OSError as error:
            if error.errno not in _EXHAUSTED:
                raise
            self.patience.pause(error)
            raise BlockingIOError(errno.EAGAIN, "not now") from error  # for Twisted: nobody waits
        if self.patience.paused:
            self.patience.go_on()
        return accepted


class Patience:
    """One listening port that waits for better times, instead of turning those that wait away."""

    log = Logger()

    def __init__(self, port: Any) -> None:
        self.paused = False
        self._port = port
        self._retry: IDelayedCall | None = None
        listening = _Listening(fileno=port.socket.detach())
        listening.setblocking(False)
        listening.patience = self
        port.socket = listening
        port.fileno = listening.fileno

    @classmethod
    def of(cls, port: Any) -> "Patience | None":
        """Teach patience to a port that Twisted listens at; None for one that has it, or of another kind."""
        if not isinstance(port, tcp.Port | unix.Port) or isinstance(port.socket, _Listening):
            return None
        return cls(port)

    def pause(self, error: OSError) -> None:
        """Accept nobody for a while."""
        self._port.stopReading()
        self._retry = self._port.reactor.callLater(RETRY_S, self._port.startReading)
        if not self.paused:
            self.paused = True
            self.log.warn(
                "accepting pauses: {error}; raise LimitNOFILE= (ulimit -n) or lower --max-connections",
                error=error.strerror,
            )

    def go_on(self) -> None:
        """Somebody has come in again."""
        self.paused = False
        self.log.info("accepting goes on")

    def stop(self) -> None:
        """The port is about to be closed."""
        if self._retry is not None and self._retry.active():
            self._retry.cancel()
