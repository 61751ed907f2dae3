"""Names of rotated logs."""

from random import Random

from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.accesslog.rotation import in_time_order, origin


class RotationTests(SynchronousTestCase):
    def test_origin(self) -> None:
        """The log that was rotated is known by the name; another log's name is none of a rotated one."""
        for name, expected in (
            ("access.log.1", "access.log"),
            ("access.log.12.gz", "access.log"),
            ("access.log-20151115", "access.log"),
            ("access.log-20151115.zst", "access.log"),
            ("access-2015-11-15.log", "access.log"),
            ("access.log.2015-11-15-03.gz", "access.log"),
            ("access.log.old", "access.log"),
            ("access.log.gz", "access.log"),
            ("access.log", None),
            ("error.log", None),
            ("site-2.log", None),
            ("u_ex151115.log", None),
        ):
            self.assertEqual(origin(name), expected, name)

    def test_time_order(self) -> None:
        """Oldest first, each log with its own, whatever the order they were found in."""
        for expected in (
            ["d/a.log.11.gz", "d/a.log.2.gz", "d/a.log.1", "d/a.log", "d/error.log.1", "d/error.log"],
            ["a.log-20141231.gz", "a.log-20151115", "a.log"],
            ["a-2014-12-31.log.gz", "a-2015-11-15.log", "a.log"],
            ["a.log.old", "a.log"],
        ):  # fmt: skip
            shuffled = list(expected)
            Random(7).shuffle(shuffled)
            self.assertEqual(in_time_order(shuffled), expected)
