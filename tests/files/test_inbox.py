"""Uploads on a real disk."""

import errno
import os
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, ensureDeferred, execute
from twisted.trial.unittest import SynchronousTestCase

from tests.files.bodies import field
from tests.files.test_uploads import put
from twisted_suite.files import inbox
from twisted_suite.files.folder import Folder
from twisted_suite.files.inbox import Inbox, Upload
from twisted_suite.files.message import BadRequest, Request
from twisted_suite.files.plan import Plan


class InboxTests(SynchronousTestCase):
    def setUp(self) -> None:
        base = Path(self.mktemp())
        self.root = base / "root"
        (self.root / "sub").mkdir(parents=True)
        (base / "outside").mkdir()
        (self.root / "door").symlink_to("../outside")
        self.inbox = Inbox(Folder(str(self.root)), execute, max_bytes=1000)
        self.before = len(os.listdir("/dev/fd"))

    def tearDown(self) -> None:
        self.assertEqual(len(os.listdir("/dev/fd")), self.before)

    def begun(self, request: Request, account: str = "kim") -> Plan | Upload:
        return self.successResultOf(ensureDeferred(self.inbox.take(request, account)))

    def upload(self, request: Request, account: str = "kim") -> Upload:
        found = self.begun(request, account)
        assert isinstance(found, Upload), found
        return found

    def sent(self, request: Request, data: bytes, account: str = "kim") -> Plan:
        """The answer to the whole of it."""
        upload = self.upload(request, account)
        upload.receive(data)
        return self.successResultOf(ensureDeferred(upload.finish()))

    def refused(self, status: int, request: Request, account: str = "kim") -> Plan:
        found = self.begun(request, account)
        assert isinstance(found, Plan)
        self.assertEqual(found.status, status)
        return found

    def arrived(self, request: Request, account: str = "kim") -> bytes | None:
        plan = self.successResultOf(ensureDeferred(self.inbox.progress(request, account)))
        return field(plan, b"Upload-Offset")

    def parts(self) -> list[str]:
        return [path.name for path in self.root.rglob(".upload-*")]

    def test_whole(self) -> None:
        """A file is there once it is whole, with a tag, and not before."""
        upload = self.upload(put(b"/sub/%ED%95%9C", content_length=b"6"))
        upload.receive(b"abc")
        self.assertFalse((self.root / "sub" / "한").exists())
        upload.receive(b"def")
        plan = self.successResultOf(ensureDeferred(upload.finish()))
        self.assertEqual(plan.status, 201)
        self.assertIsNotNone(field(plan, b"ETag"))
        self.assertEqual((self.root / "sub" / "한").read_text(), "abcdef")
        self.assertEqual(self.parts(), [])

    def test_nothing_is_overwritten(self) -> None:
        """Not even a file that came while the upload was under way; asked for, it is."""
        self.assertEqual(self.sent(put(b"/a", content_length=b"1"), b"1").status, 201)
        self.refused(409, put(b"/a", content_length=b"1"))
        self.assertEqual(self.sent(put(b"/a?replace", content_length=b"1"), b"2").status, 200)
        upload = self.upload(put(b"/b", content_length=b"1"))
        upload.receive(b"1")
        (self.root / "b").write_text("other")
        plan = self.successResultOf(ensureDeferred(upload.finish()))
        self.assertEqual((plan.status, (self.root / "b").read_text()), (409, "other"))
        self.assertEqual((self.root / "a").read_text(), "2")

    def test_a_folder_in_its_place(self) -> None:
        """A folder is not replaced either."""
        upload = self.upload(put(b"/sub?replace", content_length=b"1"))
        upload.receive(b"1")
        self.assertEqual(self.successResultOf(ensureDeferred(upload.finish())).status, 409)

    def test_going_on(self) -> None:
        """What broke off is gone on with from where it is, by its account only."""
        upload = self.upload(put(b"/a", content_length=b"6"))
        upload.receive(b"abc")
        upload.abandon()
        question = put(b"/a?upload", upload_length=b"6")
        self.assertEqual(self.arrived(question), b"3")
        self.assertEqual(self.arrived(question, "lee"), b"0")
        self.assertEqual(self.arrived(put(b"/a?upload", upload_length=b"7")), b"0")
        wrong = put(b"/a", content_length=b"2", content_range=b"bytes 4-5/6")
        self.assertEqual(field(self.refused(409, wrong), b"Upload-Offset"), b"3")
        rest = put(b"/a", content_length=b"3", content_range=b"bytes 3-5/6")
        self.assertEqual(self.sent(rest, b"def").status, 201)
        self.assertEqual((self.root / "a").read_text(), "abcdef")

    def test_parts_in_order(self) -> None:
        """A part that is not the last one is accepted, and says where to go on."""
        first = put(b"/a", content_length=b"3", content_range=b"bytes 0-2/6")
        plan = self.sent(first, b"abc")
        self.assertEqual((plan.status, field(plan, b"Upload-Offset")), (202, b"3"))
        self.assertFalse((self.root / "a").exists())

    def test_beginning_again(self) -> None:
        """What came before is dropped, and nothing of it is left behind the new end."""
        upload = self.upload(put(b"/a", content_length=b"6"))
        upload.receive(b"abcde")
        upload.abandon()
        again = self.upload(put(b"/a", content_length=b"6"))
        again.receive(b"x")
        again.abandon()
        self.assertEqual(self.arrived(put(b"/a?upload", upload_length=b"6")), b"1")

    def test_one_at_a_time(self) -> None:
        """A second upload of the same is told to wait: two would write into one file."""
        upload = self.upload(put(b"/a", content_length=b"6"))
        self.refused(409, put(b"/a", content_length=b"6"))
        upload.abandon()
        self.upload(put(b"/a", content_length=b"6")).abandon()

    def test_unknown_length(self) -> None:
        """A chunked upload is whole with its end; one that broke off cannot be gone on with."""
        chunked = put(b"/a", transfer_encoding=b"chunked")
        self.assertEqual(self.sent(chunked, b"abc").status, 201)
        upload = self.upload(put(b"/b", transfer_encoding=b"chunked"))
        upload.receive(b"abc")
        upload.abandon()
        self.assertEqual(self.parts(), [])

    def test_too_long(self) -> None:
        """A body that goes over the limit is refused where it does."""
        upload = self.upload(put(b"/a", transfer_encoding=b"chunked"))
        upload.receive(b"x" * 1000)
        self.assertRaises(BadRequest, upload.receive, b"x")
        upload.abandon()

    def test_names(self) -> None:
        """Nothing goes where nobody could see it, outside the root, or into what is no folder."""
        (self.root / "file").touch()
        for status, target in (
            (403, b"/.hidden"),
            (403, b"/"),
            (404, b"/door/x"),
            (404, b"/gone/x"),
            (404, b"/file/x"),
            (404, b"/../x"),
            (403, b"/" + b"n" * 256),
        ):
            self.refused(status, put(target, content_length=b"1"))

    def test_a_full_disk(self) -> None:
        """A disk that fills up is told of, and what arrived is kept; a full one is seen at once."""
        upload = self.upload(put(b"/a", content_length=b"6"))

        def full(*arguments: Any) -> int:
            raise OSError(errno.ENOSPC, "full")

        upload.receive(b"abc")
        self.patch(os, "pwrite", full)
        plan = self.successResultOf(ensureDeferred(upload.finish()))
        self.assertEqual(plan.status, 507)
        self.assertEqual(len(self.parts()), 1)
        self.inbox = Inbox(Folder(str(self.root)), execute, max_bytes=1 << 62)
        self.refused(507, put(b"/b", content_length=b"%d" % (1 << 60)))
        self.assertEqual(len(self.parts()), 1)

    def test_stale_parts(self) -> None:
        """Parts that nobody goes on with are removed in time; others are left alone."""
        upload = self.upload(put(b"/a", content_length=b"6"))
        upload.abandon()
        (stale,) = self.parts()
        os.utime(self.root / stale, (0, 0))
        (self.root / ".other").touch()
        os.utime(self.root / ".other", (0, 0))
        self.upload(put(b"/b", content_length=b"6")).abandon()
        self.assertNotIn(stale, self.parts())
        self.assertTrue((self.root / ".other").exists())

    def test_writing_is_paced(self) -> None:
        """What comes is collected, and beyond a size written before more is taken."""
        self.patch(inbox, "WRITE_BYTES", 4)
        upload = self.upload(put(b"/a", content_length=b"6"))
        self.assertIsNone(upload.receive(b"abc"))
        self.assertIsInstance(upload.receive(b"def"), Deferred)
        self.successResultOf(ensureDeferred(upload.finish()))
        self.assertEqual((self.root / "a").read_text(), "abcdef")
