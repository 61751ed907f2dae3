"""Whose fault an error is decides what happens to it. Core: imported by every layer.

::

    SuiteError
    ├── ProtocolError       the peer's: counted and logged in one line, the connection ends, no traceback
    │   ├── LimitExceeded   it sent more than a named limit allows
    │   └── Refused         it asked for what it may not have
    └── ConfigError         the operator's: one line on standard error and an exit status, no traceback

Any other exception is a defect of ours and is logged with its traceback.
"""

from enum import IntEnum


class ExitStatus(IntEnum):
    """The exit statuses of ``twist``, ``twistd -n`` and ``twisted-suite`` commands (sysexits.h)."""

    OK = 0
    FAILED = 1  # what was checked is not as it should be
    USAGE = 64  # the command line is wrong
    DATA = 65  # the input is not what it should be
    NO_INPUT = 66  # an input cannot be opened or read
    UNAVAILABLE = 69  # an address cannot be listened on or connected to
    IO = 74  # output could not be written, or a transfer broke
    CONFIG = 78  # something that the configuration names is missing or wrong


class SuiteError(Exception):
    """Base of every error that is not a defect of ours. Its text is one line, fit to be shown."""


class ProtocolError(SuiteError):
    """The peer broke the protocol. The text is safe to send back."""


class LimitExceeded(ProtocolError):
    """The peer went over a limit; the text names the limit."""


class Refused(ProtocolError):
    """The peer asked for something that it may not have; the text says why, for the log."""


class ConfigError(SuiteError):
    """The operator asked for something that cannot be; the text names the input and the remedy."""

    def __init__(self, message: str, status: ExitStatus = ExitStatus.CONFIG) -> None:
        super().__init__(message)
        self.status = status
