"""The part of a file, on a real disk."""

import os
from hashlib import sha256
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.errors import ConfigError, ExitStatus
from twisted_suite.files.get.digests import Digest
from twisted_suite.files.get.part import Part
from twisted_suite.files.get.record import Record, Version

RECORD = Record("source", Version(100, '"v1"'), ((0, 5),))


class PartTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.folder = Path(self.mktemp())
        self.folder.mkdir()
        self.target = self.folder / "한글.iso"
        self.part = Part(self.target)
        self.addCleanup(self.end)

    def end(self) -> None:
        self.part.discard()  # the one of now

    def names(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir())

    def test_whole(self) -> None:
        """Bytes go to their places; then the file has its name, an ordinary mode and the server's time."""
        self.part.write(5, b" world")
        self.part.write(0, b"hello")
        self.part.keep_as(self.target, 1_700_000_000)
        self.assertEqual((self.names(), self.target.read_bytes()), (["한글.iso"], b"hello world"))
        umask = os.umask(0)
        os.umask(umask)
        status = self.target.stat()
        self.assertEqual((status.st_mode & 0o777, status.st_mtime), (0o666 & ~umask, 1_700_000_000))

    def test_gone_on_with(self) -> None:
        """What was saved is there for another run, and nothing when it was cleared."""
        self.part.write(0, b"hello")
        self.part.saving(RECORD)()
        self.part.close()
        self.part = Part(self.target)
        self.assertEqual(self.part.record(), RECORD)
        self.part.clear()
        self.assertIsNone(self.part.record())
        self.assertEqual(self.names(), ["한글.iso.getpart"])
        self.assertEqual(self.part.path.read_bytes(), b"")

    def test_saved_again(self) -> None:
        """A record is written over the one before."""
        self.part.write(0, b"hello world")
        for end in (5, 11):
            self.part.saving(Record("source", RECORD.version, ((0, end),)))()
        record = self.part.record()
        assert record is not None
        self.assertEqual(record.done, ((0, 11),))

    def test_threads_that_come_late(self) -> None:
        """An older record does not replace a newer one, and none comes back after it was void."""
        self.part.write(0, b"hello world")
        older = self.part.saving(RECORD)
        newer = self.part.saving(Record("source", RECORD.version, ((0, 11),)))
        newer()
        older()
        record = self.part.record()
        assert record is not None
        self.assertEqual(record.done, ((0, 11),))
        late = self.part.saving(RECORD)
        self.part.clear()
        late()
        self.assertIsNone(self.part.record())
        late = self.part.saving(RECORD)
        self.part.keep_as(self.target, None)
        late()
        self.assertEqual(self.names(), [self.target.name])

    def test_a_record_without_its_part(self) -> None:
        """A part that somebody has cut is not believed to be what its record says."""
        self.part.write(0, b"hello")
        self.part.saving(RECORD)()
        os.truncate(self.part.path, 4)
        self.assertIsNone(self.part.record())

    def test_two_programs(self) -> None:
        """A part that another program writes is left alone."""
        with self.assertRaises(ConfigError) as caught:
            Part(self.target)
        self.assertIn("another program is fetching it", str(caught.exception))
        self.part.close()
        self.part = Part(self.target)

    def test_a_link_in_its_place(self) -> None:
        """A symbolic link by the part's name is not written through."""
        victim = self.folder / "victim"
        victim.write_text("mine")
        (self.folder / "b.getpart").symlink_to(victim)
        with self.assertRaises(ConfigError) as caught:
            Part(self.folder / "b")
        self.assertEqual(caught.exception.status, ExitStatus.IO)
        self.assertEqual(victim.read_text(), "mine")

    def test_digest(self) -> None:
        """It is compared with all of the file."""
        content = os.urandom(3_000_000)
        self.part.write(0, content)
        self.assertTrue(self.part.matches(Digest("sha-256", sha256(content).digest())))
        self.assertFalse(self.part.matches(Digest("sha-256", sha256(content[:-1]).digest())))

    def test_after_the_end(self) -> None:
        """A thread that comes late finds it closed, and does nothing; to end it twice is no harm."""
        self.part.discard()
        self.part.saving(RECORD)()
        self.part.sync()
        self.part.discard()
        self.part.close()
        self.assertEqual(self.names(), [])

    def test_a_very_long_name(self) -> None:
        """A name of the greatest length has a part too."""
        longest = self.folder / ("한" * 85)
        part = Part(longest)
        part.saving(RECORD)()
        part.keep_as(longest, None)
        self.assertIn(longest.name, self.names())
