"""What the unit tests and the live tests share: parts that a machine may lack, and the lecture's programs.

Nothing here imports pytest: unit tests also run under trial.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from unittest import SkipTest

import click

from tests.faults import (
    BYTE_AT_A_TIME,
    DELAYED,
    FINE,
    FULL_DISK,
    Fault,
    JumpingClock,
    Link,
    cut_after,
    exhausted_descriptors,
    load_of,
    reset_after,
    stall_after,
)
from twisted_suite.__main__ import main

# Faults, to be run over any service: see `tests.faults`.
__all__ = [
    "BYTE_AT_A_TIME",
    "DELAYED",
    "FINE",
    "FULL_DISK",
    "ROOT",
    "Fault",
    "JumpingClock",
    "Link",
    "cut_after",
    "exhausted_descriptors",
    "lecture_programs",
    "load_of",
    "need",
    "reset_after",
    "stall_after",
]

ROOT = Path(__file__).resolve().parent.parent

_LECTURE_VARIABLE = "TWISTED_SUITE_LECTURE"
# A fenced block of the lecture that is a program of its own says so in its first line.
_PROGRAM = re.compile(
    r'^```python\n#//file: "(?P<name>[^"]+)"\n(?P<source>.*?)^```', re.MULTILINE | re.DOTALL
)


def need(present: object, reason: str) -> None:
    """Go on if `present`; else skip the test on a user's machine, and fail it where CI runs.

    CI installs what it needs, so there a missing part is a fault of the run, not of the machine.
    """
    if present:
        return
    if os.environ.get("CI"):
        raise AssertionError(f"CI is set, and so this may not be skipped: {reason}")
    raise SkipTest(reason)


def lecture_programs() -> dict[str, str]:
    """The lecture's programs by file name, cut out of its text: the text is not ours to carry.

    It lies beside the checkout, or where the environment variable says. Without it the test is skipped, even
    where CI is set: nothing can install it. A path that was given by name must be there.
    """
    named = os.environ.get(_LECTURE_VARIABLE)
    path = Path(named) if named else ROOT.parent / "shared" / "lecture.md"
    if not named and not path.exists():
        raise SkipTest(f"the lecture's text is not at {path} (set {_LECTURE_VARIABLE} to its path)")
    text = path.read_text(encoding="utf-8")
    programs = {match["name"]: match["source"] for match in _PROGRAM.finditer(text)}
    assert programs, f"{path} holds no program marked #//file"
    return programs


def every_command(
    group: click.Group = main, words: tuple[str, ...] = ()
) -> Iterator[tuple[str, click.Command]]:
    """Each command of twisted-suite by its words, such as ``get``; those within a group after the group."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield " ".join((*words, name)), command
        if isinstance(command, click.Group):
            yield from every_command(command, (*words, name))
