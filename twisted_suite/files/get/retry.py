"""When to ask again after a failure: back-off that doubles, bounded in number and in length. Core."""

from twisted_suite.files.get.failures import Changed, TransferError, Unreachable

FIRST_DELAY_S = 1.0
LONGEST_DELAY_S = 60.0
# A server that says "not before an hour" is not waited for.
LONGEST_WAIT_ASKED_S = 300.0


class Retries:
    """Counts the failures of one transfer that brought nothing new."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._failures = 0
        self._furthest = 0

    def delay_s(self, error: TransferError, here_bytes: int, jitter: float) -> float | None:
        """Seconds until the next attempt; None to give up.

        `here_bytes` have come so far: more than ever before makes it a new start, since a line that breaks
        again and again may still bring all. `jitter`, from 0 to 1, spreads out the clients of one server.
        """
        if here_bytes > self._furthest:
            self._furthest = here_bytes
            self._failures = 0
        if not error.again or self._failures >= self._most:
            return None
        if isinstance(error, Unreachable) and not self._furthest:
            return None  # rather a mistake in the address than a server that is being restarted
        delay = min(LONGEST_DELAY_S, FIRST_DELAY_S * 2.0**self._failures) * (0.5 + 0.5 * jitter)
        if isinstance(error, Changed) and not self._failures:
            delay = 0.0  # nothing is wrong with the server
        self._failures += 1
        if error.after_s is not None:
            return max(delay, error.after_s) if error.after_s <= LONGEST_WAIT_ASKED_S else None
        return delay
