"""The IRC port: protocol and factory. Adapter.

See `conversation` for what a line asks for, `voice` and `answers` for what goes out, `stream` for pacing and
the connection's ends. A client whose transport is full is not listened to until it has
drained: what it would be answered would pile up.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from twisted.cred.credentials import UsernamePassword
from twisted.internet.protocol import Factory
from twisted.python.failure import Failure

from twisted_suite.chat import commands as c
from twisted_suite.chat import replies as r
from twisted_suite.chat.events import Said
from twisted_suite.chat.exchange import Exchange
from twisted_suite.chat.irc import registration
from twisted_suite.chat.irc.answers import told
from twisted_suite.chat.irc.caps import Cap
from twisted_suite.chat.irc.conversation import Conversation, Hooks, ServerFacts
from twisted_suite.chat.irc.requests import find
from twisted_suite.chat.irc.voice import VISIBLE_CAPS, IrcVoice
from twisted_suite.chat.irc.wire import Frame, Line, LineFramer
from twisted_suite.chat.sessions import Deliver, State
from twisted_suite.chat.stream import StreamPeer
from twisted_suite.runtime.accounts.login import Accounts, LoginRefused

# First words of other protocols: a browser made to send a form here must not become a client that says it.
OTHER_PROTOCOLS = (
    "GET",
    "POST",
    "PUT",
    "HEAD",
    "OPTIONS",
    "CONNECT",
    "DELETE",
    "PATCH",
    "PRI",
    "TRACE",
    "HOST:",
)


class IrcProtocol(StreamPeer[Frame]):
    """One client."""

    listens_when_full = False

    def __init__(self, factory: "IrcFactory") -> None:
        super().__init__(factory.exchange)
        self._factory = factory
        self._framer = LineFramer()
        exchange = factory.exchange
        hooks = Hooks(self.handle, self._catch_up, self._send, self._check_login, exchange.clock.seconds)
        self.irc = Conversation(factory.facts, exchange.hub.house, self.session, hooks)

    def greet(self) -> None:
        self.write = self.irc.write
        self.handle(c.Connect(self.exchange.cloak(self.transport.getPeer())))

    def dataReceived(self, data: bytes) -> None:
        if not self.irc.is_registered and data.startswith(b"\x16\x03"):  # a TLS handshake
            self.handle(c.Quit())
            return
        self.received(self._framer.feed(data))

    def take(self, frame: Frame) -> None:
        if not self.irc.is_registered and isinstance(frame, Line) and frame.command in OTHER_PROTOCOLS:
            self.handle(c.Quit())
            return
        self.irc.received(frame, partial(find, self.irc))

    def voice(self, delivery: Deliver) -> IrcVoice:
        session, enabled = self.session, self.irc.caps.enabled
        if len(session.rooms) < 2 and (
            Cap.ECHO_MESSAGE in enabled or session.person.id not in self._factory.authors(delivery)
        ):
            return self._factory.voice(enabled & VISIBLE_CAPS)
        own = 0
        if Cap.ECHO_MESSAGE not in enabled and session.person.id in self._factory.authors(delivery):
            own = session.person.id
        rooms = tuple(room.name.shown for room in session.rooms) if len(session.rooms) > 1 else ()
        return IrcVoice(enabled & VISIBLE_CAPS, own, rooms)

    def tell(self, events: tuple[r.Reply, ...]) -> None:
        told(self.irc, events)

    def _send(self, data: bytes) -> None:
        if data and self.connected:
            self.write_now(data)

    def _catch_up(self) -> None:
        self.exchange.catch_up(self.session)

    def _check_login(self, name: str, password: str) -> None:
        accounts = self._factory.accounts
        if accounts is None:
            registration.failed(self.irc)
            return
        credentials = UsernamePassword(name.encode(), password.encode())
        accounts.authenticate(credentials, self.transport.getPeer()).addCallbacks(
            partial(self._if_here, registration.succeeded), self._login_refused
        )

    def _login_refused(self, failure: Failure) -> None:
        failure.trap(LoginRefused)
        self._if_here(lambda irc, _: registration.failed(irc), None)

    def _if_here(self, do: Callable[[Conversation, Any], None], result: Any) -> None:
        if self.session.state is not State.CLOSED:
            do(self.irc, result)


class IrcFactory(Factory):
    """IRC connections of one exchange."""

    noisy = False

    def __init__(self, exchange: Exchange, facts: ServerFacts, accounts: Accounts | None = None) -> None:
        self.exchange = exchange
        self.facts = facts
        self.accounts = accounts
        self._voices: dict[Cap, IrcVoice] = {}  # at most one for each set of visible capabilities
        self._delivery: Deliver | None = None
        self._authors: frozenset[int] = frozenset()

    def voice(self, caps: Cap) -> IrcVoice:
        """The same object for all that hear alike: what is one is not compared."""
        voice = self._voices.get(caps)
        if voice is None:
            voice = self._voices[caps] = IrcVoice(caps)
        return voice

    def authors(self, delivery: Deliver) -> frozenset[int]:
        """Who says something in `delivery`; every member asks, one after another."""
        if delivery is not self._delivery:
            self._delivery = delivery
            said = (posted.event for posted in delivery.events)
            self._authors = frozenset(event.who.id for event in said if isinstance(event, Said))
        return self._authors

    def startFactory(self) -> None:
        self.exchange.start()

    def stopFactory(self) -> None:
        self.exchange.stop()

    def buildProtocol(self, addr: Any) -> IrcProtocol:
        return IrcProtocol(self)
