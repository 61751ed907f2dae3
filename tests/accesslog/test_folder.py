"""Where reports go."""

import os
from pathlib import Path

from tests.accesslog.test_batch import FolderTestCase
from twisted_suite.accesslog.folder import opened, replacing
from twisted_suite.errors import ConfigError, ExitStatus


class FolderTests(FolderTestCase):
    def test_replaced_at_once(self) -> None:
        """Until all is written the old file is there, and nothing is beside it."""
        out = self.put("report", b"old")
        with replacing(out) as stream:
            stream.write(b"new")
            self.assertEqual(Path(out).read_bytes(), b"old")
        self.assertEqual((Path(out).read_bytes(), os.listdir(self.folder)), (b"new", ["report"]))

    def test_given_up(self) -> None:
        """What is given up leaves the old file, and nothing else."""
        out = self.put("report", b"old")

        def fail() -> None:
            with replacing(out) as stream:
                stream.write(b"half")
                raise ZeroDivisionError

        self.assertRaises(ZeroDivisionError, fail)
        self.assertEqual((Path(out).read_bytes(), os.listdir(self.folder)), (b"old", ["report"]))

    def test_without_nameless_files(self) -> None:
        """Where a file must have a name from the start, it is gone in the end all the same."""
        error = self.assertRaises(ConfigError, opened(self.path("no/such")).__enter__)
        self.assertIs(error.status, ExitStatus.IO)
