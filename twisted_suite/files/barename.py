"""The lecture's file protocol: where a bare name ends. Core: no clock, no sockets.

::

    -> notes.txt            a UTF-8 file name; \\n or \\r\\n after it is allowed, nothing is needed
    <- the bytes of the file, then FIN
    <- FIN                  there is no such file, or it may not be served

The lecture's client ends the name with nothing: one ``send`` is the name. So a name ends at a line end, at a
half-close, or with a short silence; a name typed or sent byte by byte gets a longer one.
"""

from twisted_suite.errors import LimitExceeded
from twisted_suite.files.paths import MAX_PATH_BYTES

# A name without an end is whole after this: longer than segments of one send are apart on a LAN.
QUIET_S = 0.1
# As long as what came may be single keystrokes or half a character: longer than keys are apart.
TYPING_QUIET_S = 0.8


class NameReader:
    """Collects the name from whatever pieces it comes in."""

    def __init__(self) -> None:
        self._received = b""
        self._typing = True
        self.quiet_s = TYPING_QUIET_S  # silence after which the adapter calls `end`

    def receive(self, data: bytes) -> bytes | None:
        """The name, when `data` ends it; else None: more may come within `quiet_s` seconds.

        Raises `LimitExceeded` for a name that is too long.
        """
        self._typing = self._typing and len(data.decode("utf-8", "replace")) == 1
        self._received += data[: MAX_PATH_BYTES + 3]  # no more than is needed to see that it is too long
        line, newline, _ = self._received.partition(b"\n")
        if len(line.removesuffix(b"\r")) > MAX_PATH_BYTES:
            raise LimitExceeded(f"name longer than {MAX_PATH_BYTES} bytes")
        if newline:
            return line.removesuffix(b"\r")
        self.quiet_s = TYPING_QUIET_S if self._typing or _is_cut(line) else QUIET_S
        return None

    def end(self) -> bytes:
        """The name, ended by silence or by a half-close. Empty when nothing came."""
        return self._received.removesuffix(b"\r")


def _is_cut(data: bytes) -> bool:
    """Whether `data` ends within a UTF-8 character."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data"
    return False
