"""Which files names mean, as logs come and go."""

import gzip
import os

from tests.accesslog.lines import OK
from tests.accesslog.test_batch import FolderTestCase
from twisted_suite.accesslog.logs import EXPAND_EVERY_S, Logs, copies_of, is_packed
from twisted_suite.errors import ConfigError


class LogsTests(FolderTestCase):
    def test_names(self) -> None:
        """A name is meant whether its file is there or not, if its folder is."""
        logs = Logs([self.path("a.log"), "-"], lambda: 0.0)
        self.assertEqual(logs.find(strict=True), [self.path("a.log"), "-"])
        self.assertRaises(ConfigError, Logs([self.path("no/a.log")], lambda: 0.0).find, strict=True)
        self.assertRaises(ConfigError, Logs([self.path("*.log")], lambda: 0.0).find, strict=True)

    def test_globs(self) -> None:
        """New files are found after a while; rotated ones are told apart, the oldest first."""
        now_s = 0.0
        a = self.put("a.log")
        older = [self.put("a.log.2.gz"), self.put("a.log.1")]
        logs = Logs([self.path("*.log*")], lambda: now_s)
        self.assertEqual((logs.find(strict=True), logs.rotated()), ([a], older))
        b = self.put("b.log")
        self.assertEqual(logs.find(), [a])
        now_s = EXPAND_EVERY_S
        self.assertEqual(logs.find(), [a, b])

    def test_copies(self) -> None:
        """The rotated logs beside one, the newest first, also of one that is named by a link."""
        log = self.put("a.log")
        for number, name in enumerate(("a.log.2", "a.log.1")):
            os.utime(self.put(name), (number, number))
        self.put("b.log.1")
        os.symlink("a.log", self.path("link"))
        for name in (log, self.path("link")):
            self.assertEqual([os.path.basename(each) for each in copies_of(name)], ["a.log.1", "a.log.2"])

    def test_packed(self) -> None:
        """A packed log is known by its content."""
        self.assertTrue(is_packed(self.put("a", gzip.compress(OK))))
        self.assertFalse(is_packed(self.put("a.gz", OK)))
        self.assertFalse(is_packed(self.path("gone")))
