"""Commands are values."""

from dataclasses import FrozenInstanceError
from typing import get_args

from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.chat import commands as c
from twisted_suite.chat import events as e
from twisted_suite.chat import replies as r


class CommandTests(SynchronousTestCase):
    def test_values(self) -> None:
        """Two of the same content are equal, hash alike and cannot be changed."""
        say = c.Say("hello", "dev")
        self.assertEqual({say}, {c.Say("hello", "dev")})
        with self.assertRaises(FrozenInstanceError):
            say.text = "bye"  # type: ignore[misc]

    def test_kinds(self) -> None:
        """No class is two of a command, a room's event and a reply."""
        kinds = [set(get_args(kind)) for kind in (c.Command, e.Talk, r.Reply)]
        self.assertEqual(len(set.union(*kinds)), sum(map(len, kinds)))
