"""Replies are values."""

from typing import get_args

from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.chat import events as e
from twisted_suite.chat import replies as r


class ReplyTests(SynchronousTestCase):
    def test_values(self) -> None:
        """Two of the same content are equal and hash alike."""
        self.assertEqual({r.Refused(r.Fault.FULL, "dev")}, {r.Refused(r.Fault.FULL, "dev")})
        self.assertNotEqual(r.Missed(None), r.Missed(0))

    def test_events(self) -> None:
        """An event is a room's or a reply."""
        self.assertEqual(set(get_args(r.Event)), set(get_args(e.Talk)) | set(get_args(r.Reply)))
