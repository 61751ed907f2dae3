"""Which of several processes should accept the next connection. Core: it looks at numbers.

Every worker is woken for each newcomer, and the kernel wakes them in an order that hardly changes: the first
would take most. So each writes down how many connections it has, where the others see it, and one that has
more than its share waits a little: whoever has fewer takes it meanwhile. Nobody depends on another, so a
worker that hangs holds nobody up for more than that little.
"""

from collections.abc import MutableSequence

# How long a worker with more than its share leaves a newcomer to the others.
WAIT_S = 0.002
# What may be had above the mean: some, and this part of it. Less, and workers would wait for each other.
SLACK_CONNECTIONS, SLACK_SHARE = 1, 0.02
# In place of a number: nobody who accepts.
ABSENT = -1


class Balance:
    """One worker's view of `counts`, in which place `slot` is its own."""

    def __init__(self, counts: MutableSequence[int], slot: int) -> None:
        self._counts = counts
        self._slot = slot

    def should_wait(self, own: int) -> bool:
        """Whether another should accept, now that this worker has `own` connections; notes them down."""
        self._counts[self._slot] = own
        present = [count for count in self._counts if count != ABSENT]
        mean = sum(present) / len(present)
        return own > mean + SLACK_CONNECTIONS + mean * SLACK_SHARE

    def leave(self) -> None:
        """This worker accepts no more: what it has is nobody's measure."""
        self._counts[self._slot] = ABSENT
