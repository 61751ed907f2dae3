"""Between the hub's values and a peer's words: one codec for each way to speak. Core."""

from typing import Protocol

from twisted_suite.chat.messages import Command, Event


class Codec(Protocol):
    """What a front end asks of the way that its peer speaks."""

    def decode(self, text: str, *, named: bool) -> Command | None:
        """What a message asks for, of a peer that is in the room (`named`) or has yet to give a name."""

    def encode(self, event: Event) -> bytes:
        """The bytes that tell a peer of `event`; they can be joined with others."""
