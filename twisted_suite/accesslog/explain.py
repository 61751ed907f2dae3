"""How one line was read, for a person who wonders. Core."""

from collections.abc import Iterator

from twisted_suite.accesslog.reading import LineReader
from twisted_suite.accesslog.records import Directive, Reason, Record, Recovered
from twisted_suite.accesslog.times import moment
from twisted_suite.accesslog.words import WORDS, Words
from twisted_suite.runtime.text import Language, printable


def explain(line: bytes, log_format: str, language: Language) -> str:
    """A few lines of text: the verdict, then every field that was found."""
    words = WORDS[language]
    return "".join(f"{each}\n" for each in _explanation(line, log_format, words))


def _explanation(line: bytes, log_format: str, words: Words) -> Iterator[str]:
    reading = LineReader(log_format).read(line)
    if isinstance(reading, Reason):
        yield f"{words.invalid}: {words.reasons[reading]}"
    elif isinstance(reading, Directive):
        yield f"{words.ok}: {words.directives} ({printable(reading.name)})"
    elif isinstance(reading, Recovered):
        yield f"{words.recovered}: {words.repairs[reading.repair]}"
        yield from _fields(reading.record)
    else:
        yield words.ok
        yield from _fields(reading)


def _fields(record: Record) -> Iterator[str]:
    time = moment(record.time)
    seconds = None if record.duration_us is None else f"{record.duration_us / 1e6:.6f} s"
    for name, value in (
        ("format", record.format),
        ("host", record.host),
        ("client", record.client),
        ("user", record.user),
        ("time", record.time),
        ("", None if time is None else f"= {time.datetime().isoformat()}"),
        ("request", record.request),
        ("method", record.method),
        ("path", record.path),
        ("protocol", record.protocol),
        ("status", record.status),
        ("bytes", str(record.size)),
        ("referrer", record.referrer),
        ("agent", record.agent),
        ("duration", seconds),
        ("tls", record.tls),
    ):
        if value is not None:
            yield f"  {name:<9} {printable(value)}"
