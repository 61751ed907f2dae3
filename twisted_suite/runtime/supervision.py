"""How soon a worker that died is replaced. Core: time is an argument."""

# The first replacement comes at once; a worker that keeps dying is tried ever more rarely, so that a mistake
# does not burn a processor.
FIRST_DELAY_S = 0.1
MAX_DELAY_S = 30.0
# A worker that lived so long was well; whatever ended it is a new story.
HEALTHY_S = 10.0


class Backoff:
    """Decides the delay before each replacement of one worker."""

    def __init__(self) -> None:
        self._deaths = 0

    def delay_s(self, lived_s: float) -> float:
        """How long to wait before replacing a worker that has died after `lived_s` seconds."""
        if lived_s >= HEALTHY_S:
            self._deaths = 0
        self._deaths += 1
        if self._deaths == 1:
            return 0.0
        return min(FIRST_DELAY_S * 2.0 ** (self._deaths - 2), MAX_DELAY_S)
