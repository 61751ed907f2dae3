"""Apache's ``%{format}t`` read back. Core: the time in the spelling that `times` reads, or as it stands."""

from datetime import datetime

# Apache's own words for time since 1970, and the number of digits that are fractions of a second.
_NUMBERS = {"sec": 0, "msec": 3, "usec": 6}


class Clock:
    """Reads the times that one format writes."""

    def __init__(self, name: str) -> None:
        name = name.removeprefix("begin:").removeprefix("end:")
        self._fraction_digits = _NUMBERS.get(name)
        self._format = name.replace("%T", "%H:%M:%S").replace("%F", "%Y-%m-%d").replace("%e", "%d")

    def read(self, text: bytes) -> bytes:
        """As ISO 8601, or unchanged if it is not of this format."""
        text = text.strip(b"[]")
        if self._fraction_digits is not None:
            return text[: len(text) - self._fraction_digits] if text.isdigit() else text
        try:
            return datetime.strptime(text.decode("ascii"), self._format).isoformat().encode()  # noqa: DTZ007
        except ValueError:  # also UnicodeDecodeError
            return text
