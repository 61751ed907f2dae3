"""Why a file did not come, and whether asking again may help. Core."""

from twisted_suite.errors import ConfigError, ExitStatus


class TransferError(ConfigError):
    """One line for a person, and an exit status for a script."""

    def __init__(
        self, message: str, status: ExitStatus, *, again: bool = False, after_s: float | None = None
    ) -> None:
        super().__init__(message, status)
        self.again = again  # it may go better another time
        self.after_s = after_s  # the server said: not before


class Changed(TransferError):
    """The file became another while it was fetched: what is here is no part of it."""

    def __init__(self, message: str) -> None:
        super().__init__(message, ExitStatus.IO, again=True)


class Unreachable(TransferError):
    """Nobody answers at the address."""

    def __init__(self, message: str) -> None:
        super().__init__(message, ExitStatus.UNAVAILABLE, again=True)
