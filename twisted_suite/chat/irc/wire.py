"""IRC's lines: framing, parsing, writing. Core.

::

    [@tag=value;tag] [:source] COMMAND [param ...] [:last param] CR LF

https://modern.ircdocs.horse/#message-format and https://ircv3.net/specs/extensions/message-tags. A line is at
most 512 bytes with its end; tags have 8,191 bytes of their own, of which a client may send half.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

MAX_LINE_BYTES = 512
MAX_CLIENT_TAG_BYTES = 4096
# Room for the longest tags, the longest line and its end; more without a line end is dropped up to the next.
MAX_WAITING_BYTES = MAX_CLIENT_TAG_BYTES + MAX_LINE_BYTES

_ESCAPES = {";": "\\:", " ": "\\s", "\\": "\\\\", "\r": "\\r", "\n": "\\n"}
_UNESCAPES = {":": ";", "s": " ", "r": "\r", "n": "\n"}
_ESCAPE = re.compile(r"[; \\\r\n]")
_UNESCAPE = re.compile(r"\\(.?)", re.DOTALL)
_LINE_END = re.compile(rb"[\r\n]+")


class Fault(Enum):
    """Why a line is no message."""

    TOO_LONG = auto()
    NOT_UTF8 = auto()


@dataclass(frozen=True, slots=True)
class Line:
    """One message of a client."""

    command: str  # in upper case
    params: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)


Frame = Line | Fault


class LineFramer:
    """Cuts one connection's bytes into lines. Remembers at most `MAX_WAITING_BYTES`."""

    def __init__(self) -> None:
        self._rest = b""
        self._skipping = False  # inside a line that has gone over the limit

    def feed(self, data: bytes) -> list[Frame]:
        *lines, self._rest = _LINE_END.split(self._rest + data)
        frames = [frame for line in lines for frame in self._end_line(line)]
        if len(self._rest) > MAX_WAITING_BYTES:
            self._rest = b""
            if not self._skipping:
                frames.append(Fault.TOO_LONG)
            self._skipping = True
        return frames

    def _end_line(self, line: bytes) -> Iterator[Frame]:
        if self._skipping:
            self._skipping = False
        elif line.strip(b" "):
            yield read_line(line)


def read_line(data: bytes) -> Frame:
    """`data` is a line without its end."""
    tags, _, rest = data.partition(b" ") if data.startswith(b"@") else (b"", b"", data)
    if len(tags) + 1 > MAX_CLIENT_TAG_BYTES or len(rest) + 2 > MAX_LINE_BYTES:
        return Fault.TOO_LONG
    try:
        text, tag_text = rest.decode(), tags.decode()
    except UnicodeDecodeError:
        return Fault.NOT_UTF8
    head, colon, trailing = f" {text}".partition(" :")
    words = _words(head)
    if not words and not colon:
        return Line("")
    if not words:  # a source, which a client need not give and a server need not believe
        head, colon, trailing = trailing.partition(" :")
        words = _words(head)[1:]
    params = (*words[1:], trailing) if colon else tuple(words[1:])
    return Line(words[0].upper() if words else "", params, _read_tags(tag_text[1:]))


def _words(text: str) -> list[str]:
    """Only a blank separates: other white space may be in a word."""
    return [word for word in text.split(" ") if word]


def _read_tags(text: str) -> dict[str, str]:
    pairs = (tag.partition("=") for tag in text.split(";") if tag)
    return {key: _UNESCAPE.sub(lambda m: _UNESCAPES.get(m[1], m[1]), value) for key, _, value in pairs}


def write_tags(tags: Mapping[str, str]) -> str:
    """The tags before a line, with the blank after them; empty when there are none."""
    if not tags:
        return ""
    return "@" + ";".join(f"{key}={_escape(value)}" if value else key for key, value in tags.items()) + " "


def _escape(value: str) -> str:
    return _ESCAPE.sub(lambda m: _ESCAPES[m[0]], value)


def write_line(source: str, command: str, *params: str, tags: Mapping[str, str] | None = None) -> bytes:
    """A message with its end, cut to what fits; the last parameter may be anything."""
    text = f":{source} {command}" if source else command
    if params:
        *middle, last = (param.replace("\r", " ").replace("\n", " ") for param in params)
        text = " ".join([text, *middle, last if _is_word(last) else f":{last}"])
    line = text.encode("utf-8", "replace")
    return write_tags(tags or {}).encode() + cut(line, MAX_LINE_BYTES - 2) + b"\r\n"


def _is_word(text: str) -> bool:
    return bool(text) and not text.startswith(":") and " " not in text


def cut(data: bytes, size: int) -> bytes:
    """As much of UTF-8 `data` as fits `size`, with no half character at the end."""
    if len(data) <= size:
        return data
    while size and data[size] & 0xC0 == 0x80:
        size -= 1
    return data[:size]


def pieces(text: str, size: int) -> Iterator[str]:
    """`text` as pieces of at most `size` bytes, and without line ends, none of them empty."""
    for part in re.split(r"[\r\n]+", text):
        data = part.encode("utf-8", "replace").replace(b"\0", b"")
        while data:
            piece = cut(data, max(size, 4))
            yield piece.decode()
            data = data[len(piece) :]


def with_tags(line: bytes, tags: Mapping[str, str]) -> bytes:
    """A written line with more tags."""
    added = write_tags(tags).encode()
    if line.startswith(b"@") and added:
        return added[:-1] + b";" + line[1:]
    return added + line
