"""Takes telnet's commands (RFC 854) out of a stream of bytes. Core: used by `framing`.

Telnet clients may send these between any two characters; nc and the lecture's clients never do, as no UTF-8
text holds the byte IAC (255). Nothing is negotiated: a command is dropped, whatever it asks for.

::

    -> IAC WILL|WONT|DO|DONT option
    -> IAC SB ... IAC SE
    -> IAC command
"""

from enum import Enum, auto

IAC = 0xFF
SUBNEGOTIATION = 0xFA
SUBNEGOTIATION_END = 0xF0
WITH_OPTION = range(0xFB, 0xFF)  # WILL, WONT, DO, DONT


class _State(Enum):
    TEXT = auto()
    COMMAND = auto()  # after IAC
    OPTION = auto()  # after IAC and one of WITH_OPTION
    PARAMETERS = auto()  # between IAC SB and IAC SE
    PARAMETERS_COMMAND = auto()  # after an IAC in there


class TelnetFilter:
    """Remembers only where in a command the stream is, however it is cut up."""

    def __init__(self) -> None:
        self._state = _State.TEXT

    def feed(self, data: bytes) -> bytes:
        """`data` without telnet commands."""
        if self._state is _State.TEXT and IAC not in data:
            return data
        text = bytearray()
        for byte in data:
            if self._state is _State.TEXT and byte != IAC:
                text.append(byte)
            else:
                self._state = _next(self._state, byte)
        return bytes(text)


def _next(state: _State, byte: int) -> _State:
    match state:
        case _State.TEXT:
            return _State.COMMAND
        case _State.COMMAND if byte == SUBNEGOTIATION:
            return _State.PARAMETERS
        case _State.COMMAND if byte in WITH_OPTION:
            return _State.OPTION
        case _State.PARAMETERS:
            return _State.PARAMETERS_COMMAND if byte == IAC else state
        case _State.PARAMETERS_COMMAND if byte != SUBNEGOTIATION_END:
            return _State.PARAMETERS
    return _State.TEXT
