"""The bare-name protocol (see `barename`) over a transport. Adapter."""

from collections.abc import Callable
from enum import Enum, auto
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionLost
from twisted.internet.interfaces import (
    IDelayedCall,
    IHalfCloseableProtocol,
    IReactorTime,
    ISSLTransport,
)
from twisted.internet.protocol import Factory, Protocol
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from twisted_suite.errors import ProtocolError
from twisted_suite.files.barename import NameReader
from twisted_suite.files.folder import OpenFile
from twisted_suite.files.producer import FileProducer, Truncated
from twisted_suite.runtime.text import printable
from twisted_suite.runtime.transport import IStreamTransport

# How long a peer may go on sending, or keep its half open, after it has got all.
LINGER_S = 2.0

Opener = Callable[[bytes], "Deferred[OpenFile]"]


class _State(Enum):
    NAMING = auto()  # the name is coming
    SENDING = auto()  # it is known: the file is being opened, then sent
    ENDED = auto()


@implementer(IHalfCloseableProtocol)
class BareName(Protocol):
    """One request: a name comes, the bytes of the file go out, the connection ends."""

    transport: IStreamTransport
    log = Logger()

    def __init__(self, open_file: Opener, clock: IReactorTime) -> None:
        self._open_file = open_file
        self._clock = clock
        self._reader = NameReader()
        self._state = _State.NAMING
        self._silence: IDelayedCall | None = None
        self._peer_has_ended = False
        self.outcome = "no name came"
        self.answered: Callable[[float], object] = lambda _: None

    def dataReceived(self, data: bytes) -> None:
        if self._state is not _State.NAMING:
            return  # nothing after the name means anything
        self._cancel_silence()
        try:
            name = self._reader.receive(data)
        except ProtocolError as error:
            self._refuse(b"", error)
            return
        if name is None:
            self._silence = self._clock.callLater(self._reader.quiet_s, self._end_of_name)
        else:
            self._request(name)

    def readConnectionLost(self) -> None:
        """A half-close ends the name; the file still goes out."""
        self._peer_has_ended = True
        if self._state is _State.NAMING:
            self._end_of_name()
        elif self._state is _State.ENDED:
            self._cancel_silence()
            self.transport.loseConnection()

    def writeConnectionLost(self) -> None:
        """Our half is closed; the peer's is waited for, see `_end`."""

    def connectionLost(self, reason: Failure | None = None) -> None:
        self._cancel_silence()
        self._state = _State.ENDED

    def drain(self) -> None:
        """A transfer under way is finished; a peer that has not named a file is let go."""
        if self._state is _State.NAMING:
            self.outcome = "no name came"
            self._end()
        elif self._state is _State.ENDED:
            self._cancel_silence()
            self.transport.loseConnection()

    def _end_of_name(self) -> None:
        self._cancel_silence()
        self._request(self._reader.end())

    def _cancel_silence(self) -> None:
        if self._silence is not None and self._silence.active():
            self._silence.cancel()
        self._silence = None

    def _request(self, name: bytes) -> None:
        self._state = _State.SENDING
        self._asked_at = self._clock.seconds()
        self.outcome = f"opening {printable(name)}"
        self._open_file(name).addCallback(self._send, name).addErrback(self._failed, name)

    def _send(self, file: OpenFile, name: bytes) -> "Deferred[None] | None":
        if self._state is _State.ENDED:  # the peer hung up while the file was being opened
            file.close()
            return None
        self.outcome = f"sending {printable(name)}"
        self.answered(self._clock.seconds() - self._asked_at)
        sent = FileProducer(file.fd, 0, file.size).send_to(self.transport)

        def close(result: Any) -> Any:
            file.close()
            return result

        return sent.addBoth(close).addCallback(self._sent, name)

    def _sent(self, _: None, name: bytes) -> None:
        self.outcome = f"sent {printable(name)}"
        self._end()

    def _failed(self, failure: Failure, name: bytes) -> None:
        error = failure.value
        if isinstance(error, ProtocolError):
            self._refuse(name, error)
        elif isinstance(error, ConnectionLost):
            self.outcome = f"broke off {printable(name)}"
        elif isinstance(error, Truncated | OSError):
            # The protocol has no length: only a reset tells the peer that this is not the whole file.
            self.outcome = f"cut off {printable(name)}: {error}"
            self.transport.abortConnection()
        else:
            self.log.failure("serving {name}", failure, name=printable(name))
            self.transport.abortConnection()

    def _refuse(self, name: bytes, error: ProtocolError) -> None:
        self.outcome = f"refused {printable(name)!r}: {error}"
        self._end()

    def _end(self) -> None:
        """Close our half and wait a little for the peer's.

        Bytes that come to a socket that is closed, such as a line end typed late, have the kernel send a
        reset, and what the peer has not read by then is lost to it (RFC 9112 section 9.6 says so of HTTP).
        """
        self._cancel_silence()
        self._state = _State.ENDED
        close_half = getattr(self.transport, "loseWriteConnection", None)
        if self._peer_has_ended or close_half is None or ISSLTransport.providedBy(self.transport):
            self.transport.loseConnection()
        else:
            close_half()
            self._silence = self._clock.callLater(LINGER_S, self.transport.loseConnection)


class BareNameFactory(Factory):
    """Builds `BareName` over one way to open files."""

    noisy = False

    def __init__(self, open_file: Opener, clock: IReactorTime) -> None:
        self._open_file = open_file
        self._clock = clock

    def buildProtocol(self, addr: Any) -> BareName:
        return BareName(self._open_file, self._clock)
