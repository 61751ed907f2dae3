"""The password file on the disk: made, changed, kept safe, read again; the plugin and the command over it."""

import os
import stat
import threading
from pathlib import Path
from typing import Any

from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.credentials import UsernamePassword
from twisted.cred.error import UnauthorizedLogin
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.logger import capturedLogs
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from tests.runtime.accounts.test_passwords import CHEAP
from twisted_suite.errors import ConfigError, ExitStatus
from twisted_suite.runtime.accounts.passwd import PasswordFile, remove_account, set_password
from twisted_suite.runtime.accounts.passwords import parse


def at_once(work: Any, *args: Any) -> Deferred[Any]:
    """In place of a thread."""
    return maybeDeferred(work, *args)


class CheckerTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.path = Path(self.mktemp())
        self.write(f"anna:{CHEAP}\n")
        self.checker = PasswordFile(str(self.path), at_once)

    def write(self, text: str) -> None:
        self.path.write_text(text, encoding="utf-8")
        os.utime(self.path, ns=(0, len(text)))  # another time, however fast the test is

    def check(self, name: str | bytes, password: str | bytes) -> Any:
        credentials: Any = UsernamePassword(
            *(part.encode() if isinstance(part, str) else part for part in (name, password))
        )
        return self.checker.requestAvatarId(credentials)

    def refused(self, name: str | bytes, password: str | bytes) -> None:
        self.failureResultOf(self.check(name, password), UnauthorizedLogin)

    def test_it_is_a_checker(self) -> None:
        """Twisted's portals and options take it."""
        verifyObject(ICredentialsChecker, self.checker)

    def test_right_and_wrong(self) -> None:
        """The right password gives the name; all else is refused, bytes that are no text too."""
        self.assertEqual(self.successResultOf(self.check("anna", "secret")), b"anna")
        self.refused("anna", "Secret")
        self.refused("ben", "secret")
        self.refused(b"\xff", b"secret")
        self.refused(b"anna", b"\xff")

    def test_a_changed_file_is_read(self) -> None:
        """A new account can log in and one that is gone cannot, without a reload."""
        self.write(f"ben:{CHEAP}\n")
        self.assertEqual(self.successResultOf(self.check("ben", "secret")), b"ben")
        self.refused("anna", "secret")

    def test_a_file_that_does_not_hold(self) -> None:
        """The accounts stay as they were, and it is told once, without what the file says."""
        self.write("anna:hunter2\n")
        with capturedLogs() as events:
            for _ in range(3):
                self.assertEqual(self.successResultOf(self.check("anna", "secret")), b"anna")
        (event,) = events
        self.assertIn("line 1", event["reason"])
        self.assertNotIn("hunter2", repr(event))
        self.path.unlink()
        self.assertEqual(self.successResultOf(self.check("anna", "secret")), b"anna")

    def test_mistakes_at_the_start(self) -> None:
        """A file that cannot be used is the operator's to mend, and says how."""
        folder = Path(self.mktemp())
        folder.mkdir()
        for path, words in (
            (self.path.with_name("none"), "twisted-suite passwd FILE NAME"),
            (folder, "directory"),
        ):
            error = self.assertRaises(ConfigError, PasswordFile, str(path))
            self.assertIn(words, str(error))
            self.assertEqual(error.status, ExitStatus.NO_INPUT)
        os.mkfifo(folder / "fifo")
        holder = os.open(folder / "fifo", os.O_RDWR)
        self.addCleanup(os.close, holder)
        self.assertIn(
            "not a regular file", str(self.assertRaises(ConfigError, PasswordFile, str(folder / "fifo")))
        )


class EditTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.folder = Path(self.mktemp())
        self.folder.mkdir()
        self.path = self.folder / "accounts"

    def mode(self) -> int:
        return stat.S_IMODE(self.path.stat().st_mode)

    def test_made_changed_removed(self) -> None:
        """A file is made for its owner only, and holds what it is told, with either hash."""
        self.assertTrue(set_password(str(self.path), "anna", "secret"))
        self.assertEqual(self.mode(), 0o600)
        self.assertFalse(set_password(str(self.path), "anna", "other", "scrypt"))
        self.assertTrue(set_password(str(self.path), "벤", "secret"))
        entries = parse(self.path.read_text("utf-8"), "")
        self.assertEqual(list(entries), ["anna", "벤"])
        self.assertTrue(entries["anna"].startswith("$scrypt$") and entries["벤"].startswith("$argon2id$"))
        remove_account(str(self.path), "anna")
        self.assertEqual(list(parse(self.path.read_text("utf-8"), "")), ["벤"])
        error = self.assertRaises(ConfigError, remove_account, str(self.path), "anna")
        self.assertIn("there is no account 'anna'", str(error))
        self.assertEqual([each.name for each in self.folder.iterdir()], ["accounts"])

    def test_modes(self) -> None:
        """The mode of an existing file stays, unless everybody could read it."""
        for before, after in ((0o640, 0o640), (0o400, 0o400), (0o644, 0o600), (0o660, 0o600)):
            self.path.write_text(f"anna:{CHEAP}\n")
            self.path.chmod(before)
            remove_account(str(self.path), "anna")
            self.assertEqual(self.mode(), after)

    def test_a_link_stays_one(self) -> None:
        """The file that it leads to is replaced, and not the link."""
        self.path.write_text(f"anna:{CHEAP}\n")
        link = self.folder / "link"
        link.symlink_to("accounts")
        remove_account(str(link), "anna")
        self.assertTrue(link.is_symlink())
        self.assertEqual(self.path.read_text(), "")

    def test_a_file_that_does_not_hold_is_left(self) -> None:
        """What cannot be read is not written over."""
        self.path.write_text("anna:plain\n")
        for change in (
            lambda: remove_account(str(self.path), "ben"),
            lambda: set_password(str(self.path), "ben", "x"),
        ):
            self.assertIn("line 1", str(self.assertRaises(ConfigError, change)))
            self.assertEqual(self.path.read_text(), "anna:plain\n")

    def test_no_such_folder(self) -> None:
        """A folder that is not there is named."""
        error = self.assertRaises(ConfigError, remove_account, str(self.folder / "none" / "accounts"), "anna")
        self.assertIn("No such file or directory", str(error))
        self.assertEqual(error.status, ExitStatus.IO)

    def test_two_at_once(self) -> None:
        """Changes that are made at the same time are all there in the end."""
        self.path.write_text("".join(f"name{n}:{CHEAP}\n" for n in range(30)))

        def remove(numbers: range) -> None:
            for n in numbers:
                remove_account(str(self.path), f"name{n}")

        threads = [threading.Thread(target=remove, args=(range(start, 28, 4),)) for start in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(list(parse(self.path.read_text(), "")), ["name28", "name29"])
