"""A session as front ends read it."""

from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.chat.names import Name
from twisted_suite.chat.sessions import Session, State


class SessionTests(SynchronousTestCase):
    def test_new(self) -> None:
        """A new session has no name, and carries what its front end gave it."""
        peer = object()
        session = Session(peer)
        self.assertIs(session.peer, peer)
        self.assertIs(session.state, State.NAMING)
        self.assertFalse(session.is_named)
        session.name = Name("Kim", "kim")
        self.assertTrue(session.is_named)

    def test_small(self) -> None:
        """It has no dictionary: there are many."""
        self.assertFalse(hasattr(Session(), "__dict__"))
