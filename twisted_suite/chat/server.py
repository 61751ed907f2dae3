"""The chat's text port: the lecture's clients, nc and telnet in one room. Adapter.

Wire: see `framing` for what comes in, `codecs.text` for what goes out.

Backpressure: a peer whose transport is full is a cursor in the room's log, and nothing more is sent to it. It
catches up when the transport has drained, or is cut off after `hub.SLOW_AFTER_S`. Those who do not listen
never hold up those who speak.
"""

from typing import Any

from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import (
    IDelayedCall,
    IHalfCloseableProtocol,
    IPushProducer,
    IReactorTime,
    ITCPTransport,
)
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.internet.task import LoopingCall
from twisted.python.failure import Failure
from zope.interface import implementer

from twisted_suite.chat import messages as m
from twisted_suite.chat.codecs import Codec
from twisted_suite.chat.codecs.legacy import LegacyCodec
from twisted_suite.chat.codecs.line import LineCodec
from twisted_suite.chat.codecs.words import LANGUAGES
from twisted_suite.chat.framing import Dialect, Frame, Framer
from twisted_suite.chat.hub import Abort, Close, Effect, Flush, Hub, Send, Session
from twisted_suite.runtime.transport import IStreamTransport

# A peer that does not read is cut off at most so much later than it could be.
SWEEP_INTERVAL_S = 5.0


@implementer(IHalfCloseableProtocol, IPushProducer)
class ChatProtocol(Protocol):
    """One peer: its framing, its dialect, and its transport's signals."""

    transport: IStreamTransport

    def __init__(self, factory: "ChatFactory") -> None:
        self._factory = factory
        self.session = Session()
        self._framer = Framer()
        self._quiet: IDelayedCall | None = None
        self._cut_off = ""  # why, when we did

    @property
    def dialect(self) -> Dialect:
        return self._framer.dialect

    @property
    def outcome(self) -> str:
        """Who it was, for the log. Names hold nothing that a log or a terminal would obey."""
        name = self.session.name.shown if self.session.name is not None else "not logged in"
        return f"{name}, {self._cut_off}" if self._cut_off else name

    def connectionMade(self) -> None:
        if ITCPTransport.providedBy(self.transport):
            self.transport.setTcpNoDelay(True)  # a line is not to wait for the acknowledgement of the last
        self.transport.registerProducer(self, True)
        self._factory.opened(self)
        self._handle(m.Connect())

    def dataReceived(self, data: bytes) -> None:
        self._take(self._framer.feed(data))
        self._watch_for_silence()

    def readConnectionLost(self) -> None:
        """The peer has said all: broadcast the rest, send what is pending, close."""
        self._finish()
        self._handle(m.Quit())

    def writeConnectionLost(self) -> None:
        """We never close only our half."""

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        # TLS has no half-close, so the end may come only now. After an error the rest may be half a message.
        if reason.check(ConnectionDone):
            self._finish()
        self._framer = Framer()
        self._watch_for_silence()
        self._handle(m.HangUp())
        self._factory.closed(self)

    def drain(self) -> None:
        """The server stops: say so, send what is pending, close."""
        self._handle(m.Dismiss())

    def pauseProducing(self) -> None:
        self._handle(m.Pause())

    def resumeProducing(self) -> None:
        self._handle(m.Resume())

    def stopProducing(self) -> None:
        """The transport is gone; `connectionLost` says so too."""

    def close(self) -> None:
        self.transport.unregisterProducer()
        self.transport.loseConnection()

    def abort(self, reason: str) -> None:
        self._cut_off = reason
        self.transport.abortConnection()

    def _take(self, frames: list[Frame]) -> None:
        for frame in frames:
            if isinstance(frame, m.Overrun):
                self._handle(frame)
                continue
            command = self._factory.codecs[self.dialect].decode(frame, named=self.session.is_named)
            if command is not None:
                self._handle(command)

    def _finish(self) -> None:
        self._take(self._framer.silence())
        self._watch_for_silence()

    def _handle(self, command: m.Command) -> None:
        self._factory.execute(self._factory.hub.handle(self.session, command, self._factory.clock.seconds()))

    def _watch_for_silence(self) -> None:
        """One timer at most, and none for a line speaker."""
        quiet_s = self._framer.quiet_s
        if self._quiet is not None and self._quiet.active():
            if quiet_s is not None:
                self._quiet.reset(quiet_s)
            else:
                self._quiet.cancel()
        elif quiet_s is not None:
            self._quiet = self._factory.clock.callLater(quiet_s, self._finish)


class ChatFactory(Factory):
    """The hub, and the connections that its effects are executed on."""

    noisy = False

    def __init__(self, clock: IReactorTime, *, lang: str = "ko") -> None:
        self.clock = clock
        self.hub = Hub()
        words = LANGUAGES[lang]
        legacy = LegacyCodec(words)
        self.codecs: dict[Dialect, Codec] = {
            Dialect.UNDECIDED: legacy,
            Dialect.CHUNK: legacy,
            Dialect.LINE: LineCodec(words),
        }
        self._peers: dict[Session, ChatProtocol] = {}
        self._sweep = LoopingCall(lambda: self.execute(self.hub.sweep(clock.seconds())))
        self._sweep.clock = clock

    def startFactory(self) -> None:
        self._sweep.start(SWEEP_INTERVAL_S, now=False)

    def stopFactory(self) -> None:
        self._sweep.stop()

    def buildProtocol(self, addr: Any) -> ChatProtocol:
        return ChatProtocol(self)

    def opened(self, peer: ChatProtocol) -> None:
        self._peers[peer.session] = peer

    def closed(self, peer: ChatProtocol) -> None:
        del self._peers[peer.session]

    def execute(self, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case Send(sessions, events):
                    self._send(sessions, events)
                case Close(session):
                    self._peers[session].close()
                case Abort(session, reason):
                    self._peers[session].abort(reason)
                case Flush():
                    self.clock.callLater(0, self._flush)

    def _send(self, sessions: tuple[Session, ...], events: tuple[m.Event, ...]) -> None:
        """Encoded once for each dialect, written once for each peer."""
        encoded: dict[Codec, bytes] = {}
        for session in sessions:
            peer = self._peers[session]
            codec: Any = self.codecs[peer.dialect]
            if codec not in encoded:
                encoded[codec] = b"".join(map(codec.encode, events))
            peer.transport.write(encoded[codec])

    def _flush(self) -> None:
        self.execute(self.hub.flush(self.clock.seconds()))
