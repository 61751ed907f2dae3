"""Between the hub's values and a peer's words: one codec for each way to speak. Core."""

from collections.abc import Hashable
from typing import Protocol

from twisted_suite.chat.sessions import Deliver


class Voice(Hashable, Protocol):
    """How a room's events are put for some peers: all with an equal voice are sent the same bytes."""

    def encode_delivery(self, delivery: Deliver) -> bytes:
        """The bytes that tell of `delivery`, or none."""
