"""Many logs that grow, rotate and are cut: every line once, whatever happens to the files or to us."""

import gzip
import os
import shutil
from itertools import product
from pathlib import Path
from random import Random

from tests.accesslog.test_batch import FolderTestCase
from tests.accesslog.test_breakdown import detailed
from twisted_suite.accesslog.follower import LATE_S, Follower
from twisted_suite.accesslog.history import load_or_new, save
from twisted_suite.accesslog.scan import Plan
from twisted_suite.errors import ConfigError

DETAILED = Plan(detailed=True)


def row(number: int) -> bytes:
    """A line that no other is like."""
    return b'c%d - - [15/Nov/2015:03:%02d:%02d +0000] "GET /%d HTTP/1.1" 200 %d\n' % (
        number,
        number // 60 % 60,
        number % 60,
        number,
        number,
    )


class FollowerTestCase(FolderTestCase):
    """Tests with a follower of one log."""

    def setUp(self) -> None:
        super().setUp()
        self.log = self.path("access.log")
        self.state = self.path("state")
        self.now_s = 0.0
        self.written = 0

    def start(self, *names: str, detailed: bool = False) -> Follower:
        """A follower that goes on from the state."""
        follower = Follower(
            names or [self.log],
            Plan(detailed=detailed),
            load_or_new(self.state),
            monotonic=lambda: self.now_s,
        )
        follower.begin()
        self.addCleanup(follower.close)
        return follower

    def drain(self, follower: Follower) -> None:
        """Read all that is there; twice, because a truncation is seen by one reading and read by the next."""
        for _ in range(3):
            while follower.poll():
                pass

    def save(self, follower: Follower) -> None:
        save(self.state, follower.snapshot())

    def write(self, count: int, path: str | None = None) -> None:
        """Append lines."""
        with open(path or self.log, "ab") as file:
            for _ in range(count):
                file.write(row(self.written))
                self.written += 1

    def assert_all(self, follower: Follower) -> None:
        """Every line that was written is counted, and none twice."""
        stats = follower.total()
        self.assertEqual(stats.lines, stats.ok)
        twice = [client for client, count in stats.requests.items() if count != 1]
        missing = {b"c%d" % number for number in range(self.written)} - set(stats.requests)
        self.assertEqual((twice[:5], sorted(missing)[:5]), ([], []))


class FollowTests(FollowerTestCase):
    def test_grows(self) -> None:
        """What is there is counted, then what is added; a line cut in two when its end has come."""
        self.write(3)
        follower = self.start(detailed=True)
        self.drain(follower)
        self.assert_all(follower)
        with open(self.log, "ab", buffering=0) as file:
            file.write(row(3)[:10])
            self.drain(follower)
            self.assertEqual(follower.stats.lines, 3)
            file.write(row(3)[10:])
        self.written += 1
        self.write(2)
        self.drain(follower)
        self.assert_all(follower)
        self.assertEqual(follower.stats, detailed(b"".join(map(row, range(6)))))

    def test_not_there_yet(self) -> None:
        """A log may be made later, in a folder that is there."""
        follower = self.start()
        self.drain(follower)
        self.write(2)
        self.drain(follower)
        self.assert_all(follower)
        error = self.assertRaises(ConfigError, self.start, self.path("no/access.log"))
        self.assertIn("No such file", str(error))

    def test_renamed(self) -> None:
        """After a rename both files are read: the server writes to the old one until it is told."""
        self.write(3)
        follower = self.start()
        self.drain(follower)
        os.rename(self.log, self.path("access.log.1"))
        self.write(2, self.path("access.log.1"))
        self.drain(follower)
        self.write(2)
        self.drain(follower)
        self.write(2, self.path("access.log.1"))
        self.drain(follower)
        self.assert_all(follower)
        self.assertEqual(follower.files(), 2)
        self.now_s += LATE_S
        self.drain(follower)
        self.assertEqual(follower.files(), 1)

    def test_unlinked(self) -> None:
        """What is written to a file that has lost every name is counted too."""
        self.write(1)
        follower = self.start()
        with open(self.log, "ab", buffering=0) as old:
            os.unlink(self.log)
            self.write(1)
            self.drain(follower)
            old.write(row(self.written))
            self.written += 1
        self.drain(follower)
        self.assert_all(follower)

    def test_link_switched(self) -> None:
        """A link that comes to mean another file, and the first again."""
        for name in ("a", "b"):
            self.write(2, self.path(name))
        os.symlink("a", self.log)
        follower = self.start()
        for name in ("b", "a", "b"):
            os.symlink(name, self.path("new"))
            os.rename(self.path("new"), self.log)
            self.drain(follower)
            self.write(1)
            self.drain(follower)
        self.assert_all(follower)

    def test_truncated(self) -> None:
        """A truncated file is read from its start, even when it is as long as before by then."""
        self.write(5)
        follower = self.start()
        self.drain(follower)
        os.truncate(self.log, 0)
        self.write(5)
        self.drain(follower)
        self.assert_all(follower)

    def test_copied_and_truncated(self) -> None:
        """What was not read before the truncation is read from the copy."""
        self.write(5)
        follower = self.start()
        self.drain(follower)
        self.write(5)
        with open(self.log, "ab") as file:
            file.write(row(self.written)[:20])
        shutil.copy(self.log, self.path("access.log.1"))
        os.truncate(self.log, 0)
        with open(self.path("access.log.1"), "ab") as file:
            file.write(row(self.written)[20:])
        self.written += 1
        self.write(3)
        self.drain(follower)
        self.assert_all(follower)

    def test_folder(self) -> None:
        """In a folder new logs are found, rotated ones are history that is counted once."""
        self.write(2)
        self.write(2, self.path("error.log"))
        with gzip.open(self.path("access.log.2.gz"), "wb") as file:
            file.write(row(self.written))
            self.written += 1
        self.write(2, self.path("access.log.1"))
        follower = self.start(str(self.folder))
        self.drain(follower)
        self.assert_all(follower)
        self.write(1, self.path("other.log"))
        self.now_s += 10
        self.drain(follower)
        self.assert_all(follower)
        os.rename(self.log, self.path("access.log.3"))
        self.write(1)
        self.now_s += 2 * LATE_S
        self.drain(follower)
        self.assert_all(follower)

    def test_fifo(self) -> None:
        """A FIFO is read as its writers come and go."""
        fifo = self.path("fifo")
        os.mkfifo(fifo)
        follower = self.start(fifo)
        for _ in range(2):
            self.write(2, fifo)
            self.drain(follower)
        self.assert_all(follower)
        self.assertFalse(follower.ended)
        self.assertEqual(len(follower.pipes()), 1)

    def test_pushed(self) -> None:
        """Lines from elsewhere are counted with the others."""
        self.write(1)
        follower = self.start()
        follower.push("syslog", row(1) + row(2)[:5])
        follower.push("syslog", row(2)[5:])
        self.written = 3
        self.drain(follower)
        self.assert_all(follower)


class ResumeTests(FollowerTestCase):
    def test_where_it_left(self) -> None:
        """After a restart it goes on where the state was saved, whatever was counted since."""
        self.write(4)
        follower = self.start()
        self.drain(follower)
        self.save(follower)
        self.write(2)
        self.drain(follower)
        follower = self.start()
        self.drain(follower)
        self.assert_all(follower)

    def anew(self) -> None:
        """Another folder, with nothing in it."""
        self.folder = Path(self.mktemp()).absolute()
        self.folder.mkdir()
        self.log, self.state, self.written = self.path("access.log"), self.path("state"), 0

    def rotate(self) -> None:
        """Write, rename as logrotate does, and write to the new file."""
        self.write(3)
        if os.path.exists(self.path("access.log.1")):
            os.rename(self.path("access.log.1"), self.path("access.log.2"))
        os.rename(self.log, self.path("access.log.1"))
        self.write(2)

    def test_rotated_meanwhile(self) -> None:
        """Renamed, renamed and packed, or rotated twice while nobody looked: no line is lost or doubled."""
        for packed, rotations in product((False, True), (1, 2)):
            self.anew()
            self.write(4)
            follower = self.start()
            self.drain(follower)
            self.save(follower)
            for _ in range(rotations):
                self.rotate()
            for name in ("access.log.1", "access.log.2") if packed else ():
                pack(self.path(name))
            for _ in range(2):
                follower = self.start()
                self.drain(follower)
                self.assert_all(follower)
                self.save(follower)

    def test_truncated_meanwhile(self) -> None:
        """Copied and truncated while nobody looked: the rest is read from the copy, packed or not."""
        self.write(4)
        follower = self.start()
        self.drain(follower)
        self.save(follower)
        self.write(3)
        shutil.copy(self.log, self.path("access.log.1"))
        os.truncate(self.log, 0)
        self.write(2)
        pack(self.path("access.log.1"))
        follower = self.start()
        self.drain(follower)
        self.assert_all(follower)

    def test_saved_right_after_a_rotation(self) -> None:
        """A file that came and went between two looks is in the state that is saved after the second."""
        follower = self.start()
        self.save(follower)
        self.write(3)
        os.rename(self.log, self.path("access.log.1"))
        self.now_s += 1
        follower.poll()
        os.utime(self.path("access.log.1"), (0, 0))  # nothing but the state tells that it was seen
        self.save(follower)
        follower = self.start()
        self.drain(follower)
        self.assert_all(follower)

    def test_older_logs_are_not_new(self) -> None:
        """What had been rotated before the first start is not counted by a restart."""
        self.write(2, self.path("access.log.1"))
        self.written = 0
        self.write(2)
        for _ in range(2):
            follower = self.start()
            self.drain(follower)
            self.save(follower)
        self.assertEqual(follower.stats.lines, 2)

    def test_anything(self) -> None:
        """Hundreds of random histories of writing, rotating, cutting, packing and crashing."""
        for seed in range(40):
            self.anew()
            History(self, Random(seed)).run(40)


def pack(path: str) -> None:
    """Make a gzip file of it, with its time of change, as gzip does; if it is there."""
    if not os.path.exists(path):
        return
    status = os.stat(path)
    with open(path, "rb") as file, gzip.open(path + ".gz", "wb") as packed:
        packed.write(file.read())
    os.utime(path + ".gz", ns=(status.st_atime_ns, status.st_mtime_ns))
    os.unlink(path)


class History:
    """What happens to a log, at random, and what must hold at the end."""

    def __init__(self, test: FollowerTestCase, random: Random) -> None:
        self.test = test
        self.random = random
        self.renamed = False  # access.log.1 was, so somebody may still write to it
        self.follower = test.start()
        test.save(self.follower)

    def run(self, steps: int) -> None:
        """So many steps, then a look at the figures."""
        done = []
        for _ in range(steps):
            step = self.random.choice(
                (self.write, self.write, self.poll, self.poll, self.rename, self.copy_truncate, self.pack,
                 self.late, self.save, self.crash)
            )  # fmt: skip
            done.append(step.__name__)
            step()
        self.test.drain(self.follower)
        try:
            self.test.assert_all(self.follower)
        except Exception as error:
            raise AssertionError(f"{error} after {done}") from error

    def write(self) -> None:
        self.test.write(self.random.randrange(1, 40))

    def poll(self) -> None:
        self.follower.poll()

    def names(self) -> list[int]:
        """The numbers of the rotated logs, packed or not, from the highest."""
        found = os.listdir(self.test.folder)
        numbers = {int(name.split(".")[2]) for name in found if name.startswith("access.log.")}
        return sorted(numbers, reverse=True)

    def shift(self) -> None:
        """Make room for a new access.log.1."""
        for number in self.names():
            for end in ("", ".gz"):
                old = self.test.path(f"access.log.{number}{end}")
                if os.path.exists(old):
                    os.rename(old, self.test.path(f"access.log.{number + 1}{end}"))

    def rename(self) -> None:
        if os.path.exists(self.test.log):
            self.shift()
            os.rename(self.test.log, self.test.path("access.log.1"))
            self.renamed = True

    def copy_truncate(self) -> None:
        if os.path.exists(self.test.log):
            inode = os.stat(self.test.log).st_ino
            if not any(mark.open and mark.inode == inode for mark in self.follower.snapshot().marks):
                self.follower.poll()  # what came and went between two looks left no trace to know it by
            self.shift()
            shutil.copy(self.test.log, self.test.path("access.log.1"))
            os.truncate(self.test.log, 0)
            self.renamed = False

    def pack(self) -> None:
        """Of the rotated logs the older ones, as logrotate's delaycompress does."""
        for number in self.names():
            path = self.test.path(f"access.log.{number}")
            if number > 1 and os.path.exists(path):
                pack(path)

    def late(self) -> None:
        path = self.test.path("access.log.1")
        if os.path.exists(path) and self.renamed:
            self.test.write(1, path)

    def save(self) -> None:
        self.test.save(self.follower)

    def crash(self) -> None:
        self.follower.close()
        self.follower = self.test.start()
        self.follower.poll()  # the service does at once
