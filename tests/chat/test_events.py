"""The conversation's events, and what they count for."""

from typing import get_args

from twisted.trial.unittest import SynchronousTestCase

from tests.chat.hubcase import person
from twisted_suite.chat import events as e


class SizeTests(SynchronousTestCase):
    def test_size(self) -> None:
        """An event is as long as what somebody chose in it."""
        kim = person("kim")
        for event, size in (
            (e.Joined(kim), 3),
            (e.Said(kim, "hello"), 8),
            (e.TopicSet(kim, "tea"), 6),
            (e.Left(kim, "why"), 6),
            (e.Gone(kim, "why"), 6),
            (e.Kicked(kim, "lee", "why"), 6),
            (e.Renamed(kim, "lee"), 3),
            (e.ModesSet(kim, ()), 3),
        ):
            self.assertEqual(e.size_of(event), size)

    def test_everybody_does_something(self) -> None:
        """Each event says who."""
        for kind in get_args(e.Talk):
            self.assertIn("who", kind.__slots__)
