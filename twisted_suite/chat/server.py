"""The text port: protocol and factory. Adapter: it turns what a transport says into commands.

See `framing` for what comes in, `codecs.text` for what goes out, `hub` for what is decided, `stream` for
pacing and the connection's ends.
"""

from typing import Any

from twisted.internet.interfaces import IDelayedCall
from twisted.internet.protocol import Factory, connectionDone
from twisted.python.failure import Failure

from twisted_suite.chat import commands as c
from twisted_suite.chat import replies as r
from twisted_suite.chat.codecs import Voice
from twisted_suite.chat.codecs.legacy import LegacyCodec
from twisted_suite.chat.codecs.line import LineCodec
from twisted_suite.chat.codecs.text import FromElsewhere, TextCodec
from twisted_suite.chat.codecs.words import LANGUAGES
from twisted_suite.chat.exchange import Exchange
from twisted_suite.chat.framing import Dialect, Frame, Framer
from twisted_suite.chat.sessions import Deliver
from twisted_suite.chat.stream import StreamPeer


class ChatProtocol(StreamPeer[Frame]):
    """One peer: its framing and its dialect."""

    def __init__(self, factory: "ChatFactory") -> None:
        super().__init__(factory.exchange)
        self._codecs = factory.codecs
        self._framer = Framer()
        self.codec = self._codecs[self._framer.dialect]  # looked at for each delivery, so not looked up
        self._quiet: IDelayedCall | None = None

    def greet(self) -> None:
        self.handle(c.Connect(self.exchange.cloak(self.transport.getPeer())))

    def dataReceived(self, data: bytes) -> None:
        self._take_up(self._framer.feed(data))

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        super().connectionLost(reason)
        self._framer = Framer()
        self._watch_for_silence()

    def take(self, frame: Frame) -> None:
        if isinstance(frame, c.Overrun):
            self.handle(frame)
            return
        command = self.codec.decode(frame, named=self.session.is_named)
        if command is not None:
            self.handle(command)

    def rest(self, *, is_whole: bool) -> list[Frame]:
        """TLS has no half-close, so the end may come all at once. After an error it may be half a message."""
        frames = self._framer.silence() if is_whole else []
        self.codec = self._codecs[self._framer.dialect]
        self._watch_for_silence()
        return frames

    def voice(self, delivery: Deliver) -> Voice:
        session = self.session
        if len(session.rooms) < 2:
            return self.codec
        is_here = session.here is None or session.here.name.shown == delivery.room
        return FromElsewhere(self.codec, tuple(room.name.shown for room in session.rooms), is_here=is_here)

    def tell(self, events: tuple[r.Reply, ...]) -> None:
        data = b"".join(map(self.codec.encode, events))
        if data:
            self.transport.write(data)

    def _silence(self) -> None:
        self._take_up(self._framer.silence())

    def _take_up(self, frames: list[Frame]) -> None:
        self.codec = self._codecs[self._framer.dialect]
        self.received(frames)
        self._watch_for_silence()

    def _watch_for_silence(self) -> None:
        """One timer at most, and none for a line speaker."""
        quiet_s = self._framer.quiet_s
        if self._quiet is not None and self._quiet.active():
            if quiet_s is not None:
                self._quiet.reset(quiet_s)
            else:
                self._quiet.cancel()
        elif quiet_s is not None:
            self._quiet = self.exchange.clock.callLater(quiet_s, self._silence)


class ChatFactory(Factory):
    """Text connections of one exchange."""

    noisy = False

    def __init__(self, exchange: Exchange, *, lang: str = "ko") -> None:
        self.exchange = exchange
        words = LANGUAGES[lang]
        legacy = LegacyCodec(words)
        self.codecs: dict[Dialect, TextCodec] = {
            Dialect.UNDECIDED: legacy,
            Dialect.CHUNK: legacy,
            Dialect.LINE: LineCodec(words),
        }

    def startFactory(self) -> None:
        self.exchange.start()

    def stopFactory(self) -> None:
        self.exchange.stop()

    def buildProtocol(self, addr: Any) -> ChatProtocol:
        return ChatProtocol(self)
