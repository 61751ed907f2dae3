"""How an IRC connection begins and ends: CAP, PASS, NICK, USER, AUTHENTICATE, PING, QUIT. Core.

Registration is complete when a nick and a user are known and no negotiation of capabilities is open; then the
client is present, under a name that nobody else has. https://modern.ircdocs.horse/#connection-setup
"""

import base64
import binascii

from twisted_suite.chat import commands as c
from twisted_suite.chat.irc.caps import Cap
from twisted_suite.chat.irc.conversation import Conversation
from twisted_suite.chat.irc.nicks import MAX_NICK, is_nick, source_of, user_of
from twisted_suite.chat.irc.wire import Line

# https://ircv3.net/specs/extensions/sasl-3.1: an answer comes in pieces of so many characters.
SASL_PIECE = 400
MAX_SASL = 8 * SASL_PIECE


def cap(irc: Conversation, line: Line) -> None:
    if not line.params:
        return irc.need_params()
    verb, words = line.params[0].upper(), line.params[1] if len(line.params) > 1 else ""
    if verb in ("LS", "REQ") and not irc.is_registered:
        irc.caps.is_negotiating = True
    match verb:
        case "LS":
            _cap_lines(irc, "LS", irc.caps.ls(words))
        case "LIST":
            _cap_lines(irc, "LIST", irc.caps.list_enabled())
        case "REQ":
            irc.send("CAP", irc.shown_nick, "ACK" if irc.caps.request(words) else "NAK", words)
        case "END":
            irc.caps.is_negotiating = False
            complete(irc)
        case _:
            irc.numeric("410", line.params[0], "Invalid CAP command")


def _cap_lines(irc: Conversation, verb: str, lines: list[str]) -> None:
    *more, last = lines
    for words in more:
        irc.send("CAP", irc.shown_nick, verb, "*", words)
    irc.send("CAP", irc.shown_nick, verb, last)


def password(irc: Conversation, line: Line) -> None:
    """The server has none; accounts are SASL's."""
    if irc.is_registered:
        irc.numeric("462", "You may not reregister")
    elif not line.params:
        irc.need_params()


def nick(irc: Conversation, line: Line) -> None:
    wanted = line.params[0] if line.params else ""
    if not wanted:
        return irc.numeric("431", "No nickname given")
    if not is_nick(wanted):
        return irc.numeric("432", wanted.split()[0] if wanted.split() else "*", "Erroneous nickname")
    if irc.is_registered:
        return irc.hooks.ask(c.Rename(wanted))
    irc.nick = wanted[: MAX_NICK * 4]
    complete(irc)


def user(irc: Conversation, line: Line) -> None:
    if irc.is_registered:
        return irc.numeric("462", "You may not reregister")
    if len(line.params) < 4 or not line.params[0] or not line.params[3]:
        return irc.need_params()
    irc.user, irc.realname = user_of(line.params[0]), line.params[3]
    complete(irc)


def complete(irc: Conversation) -> None:
    """Come in, if all is known that has to be."""
    if irc.is_registered or not irc.nick or not irc.user or irc.caps.is_negotiating:
        return
    irc.hooks.ask(c.Login(irc.nick, None, irc.user, irc.realname))


def ping(irc: Conversation, line: Line) -> None:
    if not line.params:
        return irc.need_params()
    irc.send("PONG", irc.facts.name, line.params[0])


def pong(irc: Conversation, line: Line) -> None:
    """An answer to nothing: the idle timeout is the connection's."""


def quit_(irc: Conversation, line: Line) -> None:
    reason = line.params[0] if line.params else ""
    irc.hooks.ask(c.Quit(f"Quit: {reason}" if reason else "Quit"))


# --- SASL -------------------------------------------------------------------------------------------------


def authenticate(irc: Conversation, line: Line) -> None:
    """https://ircv3.net/specs/extensions/sasl-3.2; only PLAIN (RFC 4616)."""
    if not line.params:
        return irc.need_params()
    if Cap.SASL not in irc.caps.enabled:
        return irc.numeric("904", "SASL authentication failed")
    word = line.params[0]
    if word == "*":
        _forget(irc)
        return irc.numeric("906", "SASL authentication aborted")
    if not irc.sasl_begun:
        return _begin(irc, word)
    if len(word) > SASL_PIECE or len(irc.sasl) + len(word) > MAX_SASL:
        _forget(irc)
        return irc.numeric("905", "SASL message too long")
    irc.sasl += "" if word == "+" else word
    if len(word) < SASL_PIECE:
        _answered(irc)
    return None


def _begin(irc: Conversation, mechanism: str) -> None:
    if mechanism.upper() != "PLAIN":
        irc.numeric("908", "PLAIN", "are available SASL mechanisms")
        irc.numeric("904", "SASL authentication failed")
        return
    irc.sasl_begun = True
    irc.write(b"AUTHENTICATE +\r\n")


def _answered(irc: Conversation) -> None:
    answer = irc.sasl
    _forget(irc)
    try:
        authorize, name, secret = base64.b64decode(answer, validate=True).decode().split("\0")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return failed(irc)
    if authorize not in ("", name) or not name:
        return failed(irc)
    irc.hooks.check_login(name, secret)
    return None


def _forget(irc: Conversation) -> None:
    irc.sasl, irc.sasl_begun = "", False


def succeeded(irc: Conversation, account: str) -> None:
    irc.hooks.ask(c.SetAccount(account))
    source = source_of(irc.session.person) if irc.is_registered else f"{irc.nick or '*'}!*@*"
    irc.numeric("900", source, account, f"You are now logged in as {account}")
    irc.numeric("903", "SASL authentication successful")


def failed(irc: Conversation) -> None:
    irc.numeric("904", "SASL authentication failed")
