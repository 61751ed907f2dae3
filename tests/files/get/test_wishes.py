"""The defaults."""

from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.files.get.wishes import MAX_AT_ONCE, MAX_SEGMENTS, Wishes


class WishTests(SynchronousTestCase):
    def test_polite(self) -> None:
        """By default one connection fetches a file, and few files are fetched at once."""
        wishes = Wishes()
        self.assertEqual(wishes.segments, 1)
        self.assertTrue(1 < wishes.at_once <= MAX_AT_ONCE)
        self.assertLess(wishes.segments, MAX_SEGMENTS)
