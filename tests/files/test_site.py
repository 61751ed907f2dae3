"""What a folder answers to requests, from a real disk."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, execute
from twisted.trial.unittest import SynchronousTestCase

from tests.files.bodies import field
from twisted_suite.files.beneath import openat2
from twisted_suite.files.folder import Folder
from twisted_suite.files.message import Request, request
from twisted_suite.files.plan import Plan
from twisted_suite.files.site import MAX_DESCRIBED, Site


def in_no_thread(work: Callable[..., Any], *arguments: Any) -> "Deferred[Any]":
    return execute(work, *arguments)


def asked(target: bytes, method: str = "GET", **fields: bytes) -> Request:
    named = {name.replace("_", "-").encode(): value for name, value in fields.items()}
    return request(method, target, {b"host": b"h", **named})


class SiteTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.root = Path(self.mktemp())
        (self.root / "sub").mkdir(parents=True)
        (self.root / "a.txt").write_text("content")
        (self.root / "sub" / "b").write_text("b")
        (self.root / ".env").write_text("secret")
        os.mkfifo(self.root / "fifo")
        self.site = self.served()

    def served(self, **options: Any) -> Site:
        return Site(Folder(str(self.root), **options), in_no_thread)

    def plan(self, target: bytes, method: str = "GET", **fields: bytes) -> Plan:
        found = self.site.answer(asked(target, method, **fields))
        plan = found if isinstance(found, Plan) else self.successResultOf(found)
        self.addCleanup(plan.close)
        return plan

    def test_a_file(self) -> None:
        """A file is itself, with its type, its time, and a tag of its number, size and time."""
        plan = self.plan(b"/a.txt")
        status = (self.root / "a.txt").stat()
        self.assertEqual((plan.status, plan.start, plan.stop), (200, 0, 7))
        self.assertEqual(field(plan, b"Content-Type"), b"text/plain; charset=utf-8")
        self.assertEqual(field(plan, b"ETag"), b'"%x-7-%x"' % (status.st_ino, status.st_mtime_ns))
        assert not isinstance(plan.body, bytes)
        self.assertEqual(plan.body.length, 7)

    def test_with_and_without_waiting(self) -> None:
        """Where the system can open at once, the plan is there at once; it is the same as elsewhere."""
        plain = self.plan(b"/sub/b").fields
        if (kernel := openat2()) is not None:
            self.site = self.served(kernel=kernel)
            self.plan(b"/sub/b")  # now it is in memory
            found = self.site.answer(asked(b"/sub/b"))
            assert isinstance(found, Plan)
            self.addCleanup(found.close)
            self.assertEqual(found.fields, plain)

    def test_download(self) -> None:
        """?download has it saved under its name."""
        plan = self.plan(b"/a.txt?download")
        self.assertEqual(field(plan, b"Content-Disposition"), b'attachment; filename="a.txt"')
        self.assertIsNone(field(self.plan(b"/a.txt"), b"Content-Disposition"))

    def test_a_changed_file_is_another_version(self) -> None:
        """The tag of a file that has changed is another one at the next request."""
        before = field(self.plan(b"/a.txt"), b"ETag")
        self.assertEqual(self.plan(b"/a.txt", if_none_match=before or b"").status, 304)
        os.utime(self.root / "a.txt", ns=(1, 1))
        self.assertEqual(self.plan(b"/a.txt", if_none_match=before or b"").status, 200)

    def test_what_may_not_be_had(self) -> None:
        """What is not there, hidden, outside or no file is not found, and no more is said of it."""
        pages = set()
        for target in (b"/nothing", b"/.env", b"/%2e%2e/x", b"/fifo", b"/a.txt/x", b"/" + b"n" * 300):
            plan = self.plan(target)
            self.assertEqual(plan.status, 404, target)
            pages.add(plan.body)
        self.assertEqual(len(pages), 1)
        self.assertEqual(self.plan(b"/a.txt/").status, 404)
        self.site = self.served(show_hidden=True)
        self.assertEqual(self.plan(b"/.env").status, 200)

    def test_other_methods(self) -> None:
        """Nothing can be changed; OPTIONS says what can be done."""
        for method in ("PUT", "POST", "DELETE"):
            plan = self.plan(b"/a.txt", method)
            self.assertEqual((plan.status, field(plan, b"Allow")), (405, b"GET, HEAD, OPTIONS"))
        self.assertEqual(self.plan(b"/", "OPTIONS").status, 204)

    def test_bounded(self) -> None:
        """Descriptions of many addresses are not kept for ever."""
        for number in range(MAX_DESCRIBED + 5):
            self.successResultOf(self.site.answer(asked(b"/a.txt?%d" % number))).close()  # type: ignore[arg-type]
        self.assertLessEqual(len(self.site._described), MAX_DESCRIBED)
