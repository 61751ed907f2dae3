"""Figures on disk, with what they were counted from: ``--state FILE``, and ``merge``. Adapter."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field

from twisted_suite.accesslog.folder import replacing
from twisted_suite.accesslog.marks import Marks
from twisted_suite.accesslog.packing import MAGIC, StateError, from_object, sealed, to_object, unsealed
from twisted_suite.accesslog.stats import Stats
from twisted_suite.errors import ConfigError, ExitStatus
from twisted_suite.runtime.text import printable


@dataclass(slots=True)
class State:
    """What has been counted so far, and from which logs."""

    stats: Stats = field(default_factory=Stats)
    marks: Marks = field(default_factory=Marks)
    seen_ns: int = 0  # the wall clock when the logs were last looked at before this was saved


def load(path: str) -> State:
    """The state in a file. Raises `ConfigError` for what is none."""
    try:
        with open(path, "rb") as file:
            found = unsealed(file.read())
        return State(from_object(found["stats"]), Marks.from_object(found["marks"]), int(found["seen_ns"]))
    except OSError as error:
        raise ConfigError(f"{printable(path)}: {error.strerror}", ExitStatus.NO_INPUT) from error
    except StateError as error:
        raise ConfigError(f"{printable(path)}: {error}", ExitStatus.DATA) from error
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise ConfigError(f"{printable(path)}: the state is damaged: {error}", ExitStatus.DATA) from error


def load_or_new(path: str) -> State:
    """The same, or an empty one if there is no such file yet."""
    return load(path) if os.path.exists(path) else State()


def save(path: str, state: State) -> None:
    """Put the state in a file, at once: whoever reads it finds the old or the new one."""
    data = sealed(
        {"stats": to_object(state.stats), "marks": state.marks.to_object(), "seen_ns": state.seen_ns}
    )
    try:
        with replacing(os.path.realpath(path)) as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        raise ConfigError(f"{printable(path)}: {error.strerror}", ExitStatus.IO) from error


def merge(paths: Sequence[str]) -> State:
    """The states of several files as one. Raises `ConfigError` if two of them have counted one log."""
    total = State()
    for path in paths:
        found = load(path)
        if total.marks.overlap(found.marks):
            raise ConfigError(
                f"{printable(path)}: it has counted a log that another of the states has counted too",
                ExitStatus.DATA,
            )
        total.stats.merge(found.stats)
        total.marks.join(found.marks)
    return total


def is_state(start: bytes) -> bool:
    """Whether a file that starts so is a state, and no log."""
    return start.startswith(MAGIC)
