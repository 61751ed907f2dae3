"""Commands and events are values."""

from dataclasses import FrozenInstanceError
from typing import get_args

from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.chat import messages as m


class MessageTests(SynchronousTestCase):
    def test_values(self) -> None:
        """Two of the same content are equal, hash alike and cannot be changed."""
        said = m.Said("kim", "hello")
        self.assertEqual({said}, {m.Said("kim", "hello")})
        with self.assertRaises(FrozenInstanceError):
            said.text = "bye"  # type: ignore[misc]

    def test_kinds(self) -> None:
        """No class is both a command and an event, and the conversation is part of the events."""
        self.assertFalse(set(get_args(m.Command)) & set(get_args(m.Event)))
        self.assertLess(set(get_args(m.Talk)), set(get_args(m.Event)))
