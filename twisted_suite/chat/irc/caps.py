"""What an IRC client can do more than RFC 2812, and how it says so. Core.

https://ircv3.net/specs/extensions/capability-negotiation
"""

from enum import Flag, auto

from twisted_suite.chat.irc.wire import MAX_LINE_BYTES

VERSION_WITH_VALUES = 302


class Cap(Flag):
    """The capabilities that there are."""

    NONE = 0
    ACCOUNT_TAG = auto()
    AWAY_NOTIFY = auto()
    BATCH = auto()
    CAP_NOTIFY = auto()
    CHATHISTORY = auto()
    ECHO_MESSAGE = auto()
    EXTENDED_JOIN = auto()
    INVITE_NOTIFY = auto()
    LABELED_RESPONSE = auto()
    MESSAGE_TAGS = auto()
    MULTI_PREFIX = auto()
    SASL = auto()
    SERVER_TIME = auto()
    SETNAME = auto()
    STANDARD_REPLIES = auto()
    USERHOST_IN_NAMES = auto()


_SPELT = {Cap.CHATHISTORY: "draft/chathistory"}
NAMES = {_SPELT.get(cap, (cap.name or "").lower().replace("_", "-")): cap for cap in Cap}
_VALUES = {Cap.SASL: "PLAIN"}


class Capabilities:
    """Those that one client has asked for; `offered` are those that this server has."""

    def __init__(self, offered: Cap) -> None:
        self.offered = offered
        self.enabled = Cap.NONE
        self.is_negotiating = False  # registration waits for CAP END
        self._version = 301

    def ls(self, version: str) -> list[str]:
        """What is offered, as lines of words; all but the last are to be marked as not the last."""
        if version.isascii() and version.isdecimal():
            self._version = max(self._version, int(version[:6]))
        if self._version >= VERSION_WITH_VALUES:
            self.enabled |= Cap.CAP_NOTIFY
        has_values = self._version >= VERSION_WITH_VALUES
        words = [
            f"{name}={_VALUES[cap]}" if has_values and cap in _VALUES else name
            for name, cap in NAMES.items()
            if cap in self.offered
        ]
        return _lines(words) if has_values else [" ".join(words)]

    def list_enabled(self) -> list[str]:
        return _lines([name for name, cap in NAMES.items() if cap in self.enabled])

    def request(self, words: str) -> bool:
        """Enable (or disable, with ``-``) all of `words` or, if one cannot be, none."""
        enabled = self.enabled
        for word in words.split():
            cap = NAMES.get(word.removeprefix("-"))
            if cap is None or cap not in self.offered:
                return False
            if not word.startswith("-"):
                enabled |= cap
            elif cap is Cap.CAP_NOTIFY and self._version >= VERSION_WITH_VALUES:
                return False  # version 302 implies it
            else:
                enabled &= ~cap
        self.enabled = enabled
        return True


def _lines(words: list[str]) -> list[str]:
    lines, size = [""], MAX_LINE_BYTES - 100
    for word in words:
        if len(lines[-1]) + len(word) > size:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
