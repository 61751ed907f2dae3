"""What a folder answers over HTTP."""

import json
import os
from pathlib import Path

from twisted.internet.defer import execute
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.files.bodies import field
from tests.files.test_site import asked
from twisted_suite.files import contents
from twisted_suite.files.folder import Folder
from twisted_suite.files.hashing import Hasher
from twisted_suite.files.page import ASSETS
from twisted_suite.files.plan import Plan
from twisted_suite.files.site import Site


class FolderAnswerTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.root = Path(self.mktemp())
        (self.root / "한글 folder").mkdir(parents=True)
        (self.root / "한글 folder" / "deep.txt").write_text("deep")
        (self.root / "large").write_bytes(bytes(1000))
        (self.root / "small").write_bytes(b"1")
        (self.root / "index").mkdir()
        (self.root / "index" / "index.html").write_text("<h1>index</h1>")

    def plan(self, target: bytes, may_upload: bool = False, /, **fields: bytes) -> Plan:
        site = Site(Folder(str(self.root)), execute, Hasher(Clock()), may_upload=may_upload)
        found = site.answer(asked(target, "GET", **fields))
        plan = found if isinstance(found, Plan) else self.successResultOf(found)
        self.addCleanup(plan.close)
        return plan

    def body(self, target: bytes, **fields: bytes) -> bytes:
        plan = self.plan(target, **fields)
        assert isinstance(plan.body, bytes)
        self.assertEqual(field(plan, b"Content-Length"), b"%d" % len(plan.body))
        return plan.body

    def names(self, target: bytes) -> list[str]:
        return [
            entry["name"] for entry in json.loads(self.body(target, accept=b"application/json"))["entries"]
        ]

    def test_forms(self) -> None:
        """A browser gets a page, a program JSON, curl lines; a query decides over what is accepted."""
        for target, accept, content_type in (
            (b"/", b"text/html,*/*", b"text/html; charset=utf-8"),
            (b"/", b"application/json", b"application/json"),
            (b"/", b"*/*", b"text/plain; charset=utf-8"),
            (b"/?format=json", b"text/html", b"application/json"),
            (b"/?format=page", b"*/*", b"text/html; charset=utf-8"),
            (b"/?format=text", b"text/html", b"text/plain; charset=utf-8"),
            (b"/?format=nonsense", b"text/html", b"text/html; charset=utf-8"),
        ):
            plan = self.plan(target, accept=accept)
            self.assertEqual((plan.status, field(plan, b"Content-Type")), (200, content_type))
            self.assertEqual(field(plan, b"Vary"), b"Accept, Accept-Language, User-Agent")

    def test_who_looks_for_links(self) -> None:
        """wget and whoever does not say what it takes, as rclone, find the links of a page."""
        for fields in ({}, {"accept": b"*/*", "user_agent": b"Wget/1.21"}):
            plan = self.plan(b"/", **fields)
            self.assertEqual(field(plan, b"Content-Type"), b"text/html; charset=utf-8")

    def test_a_page_runs_nothing_but_its_own(self) -> None:
        """A page has a policy; its language is the reader's."""
        plan = self.plan(b"/", accept=b"text/html", accept_language=b"ko-KR,ko;q=0.9")
        self.assertIn(b"default-src 'none'", field(plan, b"Content-Security-Policy") or b"")
        self.assertIn(b'<html lang="ko">', plan.body if isinstance(plan.body, bytes) else b"")

    def test_order(self) -> None:
        """What is asked for by name is sorted so; nonsense is by name."""
        self.assertEqual(self.names(b"/"), ["index", "한글 folder", "large", "small"])
        self.assertEqual(self.names(b"/?sort=size&order=rising")[2:], ["small", "large"])
        self.assertEqual(self.names(b"/?sort=nonsense"), self.names(b"/"))

    def test_without_a_slash(self) -> None:
        """A folder's address ends with one; whoever leaves it out is told, and not led to another host."""
        plan = self.plan(b"/index?sort=size")
        self.assertEqual((plan.status, field(plan, b"Location")), (308, b"/index/?sort=size"))
        self.assertEqual(field(self.plan(b"//index"), b"Location"), b"/index/")

    def test_index(self) -> None:
        """A folder's index file is served in its place, as a file; a query still gets the listing."""
        plan = self.plan(b"/index/", accept=b"text/html")
        self.assertEqual(field(plan, b"Content-Type"), b"text/html; charset=utf-8")
        self.assertIsNotNone(field(plan, b"ETag"))
        self.assertEqual(self.names(b"/index/?format=json"), ["index.html"])

    def test_an_index_that_is_a_folder(self) -> None:
        """It is none."""
        os.rename(self.root / "index" / "index.html", self.root / "index" / "other")
        (self.root / "index" / "index.html").mkdir()
        self.assertEqual(self.names(b"/index/"), ["index.html", "other"])

    def test_search(self) -> None:
        """A search looks below; what it found is relative to the folder."""
        self.assertEqual(self.names(b"/?q=deep"), ["한글 folder/deep.txt"])
        self.assertEqual(self.names(b"/?q=+"), self.names(b"/"))

    def test_archives(self) -> None:
        """An archive has a length, a tag and a name, and any range of it; another kind is refused."""
        for kind, content_type in ((b"zip", b"application/zip"), (b"tar", b"application/x-tar")):
            target = b"/%ED%95%9C%EA%B8%80%20folder/?archive=" + kind
            plan = self.plan(target)
            self.assertEqual((plan.status, field(plan, b"Content-Type")), (200, content_type))
            self.assertIn(b"filename*=UTF-8''%ED%95%9C", field(plan, b"Content-Disposition") or b"")
            tag = field(plan, b"ETag")
            assert tag is not None
            part = self.plan(target, range=b"bytes=10-19", if_range=tag)
            self.assertEqual((part.status, part.start, part.stop), (206, 10, 20))
            self.assertEqual(self.plan(target, if_none_match=tag).status, 304)
        self.assertEqual(self.plan(b"/?archive=rar").status, 400)

    def test_too_large_for_an_archive(self) -> None:
        """A folder that is too large is refused with the reason."""
        self.patch(contents, "MAX_ENTRIES", 1)
        plan = self.plan(b"/?archive=zip")
        self.assertEqual(plan.status, 403)
        self.assertIn(b"over 1 ", plan.body if isinstance(plan.body, bytes) else b"")

    def test_assets(self) -> None:
        """The page's own files are there, and no others beside them."""
        for name, content_type in (("folder.css", b"text/css"), ("folder.js", b"text/javascript")):
            plan = self.plan((ASSETS + name).encode())
            self.assertEqual(plan.status, 200)
            self.assertEqual((field(plan, b"Content-Type") or b"").partition(b";")[0], content_type)
        self.assertEqual(self.plan((ASSETS + "other.js").encode()).status, 404)

    def test_uploads_are_offered_where_allowed(self) -> None:
        """The page offers uploads only where they may be made."""
        for may_upload in (False, True):
            plan = self.plan(b"/", may_upload, accept=b"text/html")
            self.assertIs(b"data-upload" in (plan.body if isinstance(plan.body, bytes) else b""), may_upload)
