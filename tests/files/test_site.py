"""What a folder answers to requests, from a real disk."""

import os
import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, execute
from twisted.trial.unittest import SynchronousTestCase

from tests.files.bodies import content, field
from tests.support import need
from twisted_suite.files.beneath import openat2
from twisted_suite.files.folder import Folder, OpenFile
from twisted_suite.files.hashing import Busy
from twisted_suite.files.message import Request, request
from twisted_suite.files.plan import Plan
from twisted_suite.files.site import MAX_DESCRIBED, MAX_HASHED_FIRST_BYTES, Site


def in_no_thread(work: Callable[..., Any], *arguments: Any) -> "Deferred[Any]":
    return execute(work, *arguments)


def asked(target: bytes, method: str = "GET", **fields: bytes) -> Request:
    named = {name.replace("_", "-").encode(): value for name, value in fields.items()}
    return request(method, target, {b"host": b"h", **named})


class _Hasher:
    """Computes when it is told to."""

    def __init__(self) -> None:
        self.computed: dict[str, bytes] = {}
        self.waiting: list[tuple[str, Deferred[bytes]]] = []

    def known(self, file: OpenFile, algorithm: str) -> bytes | None:
        return self.computed.get(algorithm)

    def digest(self, file: OpenFile, algorithm: str) -> "Deferred[bytes]":
        self.waiting.append((algorithm, Deferred()))
        return self.waiting[-1][1]


class SiteTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.root = Path(self.mktemp())
        (self.root / "sub").mkdir(parents=True)
        (self.root / "a.txt").write_text("content")
        (self.root / "sub" / "b").write_text("b")
        (self.root / ".env").write_text("secret")
        os.mkfifo(self.root / "fifo")
        self.hasher = _Hasher()
        self.site = self.served()

    def served(self, **options: Any) -> Site:
        return Site(Folder(str(self.root), **options), in_no_thread, self.hasher)  # type: ignore[arg-type]

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

    def test_precompressed(self) -> None:
        """A sibling in a coding that the client takes is sent, under the file's type; an older one is not."""
        for suffix in (".gz", ".br"):
            (self.root / f"a.txt{suffix}").write_text(suffix)
        plain = self.plan(b"/a.txt")
        plan = self.plan(b"/a.txt", accept_encoding=b"gzip, br, zstd")
        self.assertEqual((field(plan, b"Content-Encoding"), plan.stop), (b"br", 3))
        self.assertEqual(field(plan, b"Vary"), b"Accept-Encoding")
        self.assertEqual(field(plan, b"Content-Type"), field(plain, b"Content-Type"))
        self.assertNotEqual(field(plan, b"ETag"), field(plain, b"ETag"))
        plan = self.plan(b"/a.txt", accept_encoding=b"gzip")
        self.assertEqual(field(plan, b"Content-Encoding"), b"gzip")
        os.utime(self.root / "a.txt.gz", ns=(1, 1))
        plan = self.plan(b"/a.txt", accept_encoding=b"gzip")
        self.assertEqual((field(plan, b"Content-Encoding"), plan.stop), (None, 7))
        self.assertEqual(self.plan(b"/a.txt.br", accept_encoding=b"br").stop, 3)

    def test_precompressed_at_once(self) -> None:
        """Where one of them cannot be opened at once, all is done in a thread; no file stays open."""
        kernel = openat2()
        need(kernel, "openat2 with RESOLVE_CACHED needs Linux 5.12")
        self.site = self.served(kernel=kernel)
        self.plan(b"/a.txt", accept_encoding=b"gzip")
        (self.root / "a.txt.gz").symlink_to((self.root / "sub" / "b").absolute())  # only the walk can tell
        before = len(os.listdir("/dev/fd"))
        found = self.site.answer(asked(b"/a.txt", accept_encoding=b"gzip"))
        assert isinstance(found, Deferred)
        plan = self.successResultOf(found)
        self.assertEqual(field(plan, b"Content-Encoding"), b"gzip")
        plan.close()
        self.assertEqual(len(os.listdir("/dev/fd")), before)

    def pending(self, target: bytes, method: str = "GET", **fields: bytes) -> "Deferred[Plan]":
        found = self.site.answer(asked(target, method, **fields))
        assert isinstance(found, Deferred)
        self.assertNoResult(found)
        return found

    def test_digest_of_a_file(self) -> None:
        """Who wants the digest of a file gets it with the file, in the algorithm that they like best."""
        found = self.pending(b"/a.txt", want_repr_digest=b"sha-256=1, sha-512=2", range=b"bytes=0-1")
        ((algorithm, computed),) = self.hasher.waiting
        computed.callback(b"digest")
        plan = self.successResultOf(found)
        self.addCleanup(plan.close)
        self.assertEqual((plan.status, algorithm), (206, "sha-512"))
        self.assertEqual(field(plan, b"Repr-Digest"), b"sha-512=:ZGlnZXN0:")
        self.hasher.computed["sha-256"] = b"known"
        plan = self.plan(b"/a.txt", want_repr_digest=b"sha-256=1")
        self.assertEqual(field(plan, b"Repr-Digest"), b"sha-256=:a25vd24=:")
        self.assertIsNone(field(self.plan(b"/a.txt", want_repr_digest=b"md5=1"), b"Repr-Digest"))

    def test_digest_of_a_large_file(self) -> None:
        """A large file does not wait for its digest, which is computed meanwhile; a HEAD waits."""
        os.truncate(self.root / "a.txt", MAX_HASHED_FIRST_BYTES + 1)
        plan = self.plan(b"/a.txt", want_repr_digest=b"sha-256=1")
        self.assertIsNone(field(plan, b"Repr-Digest"))
        ((_, computed),) = self.hasher.waiting
        computed.errback(Busy())
        found = self.pending(b"/a.txt", "HEAD", want_repr_digest=b"sha-256=1")
        self.hasher.waiting[-1][1].callback(b"digest")
        plan = self.successResultOf(found)
        self.addCleanup(plan.close)
        self.assertEqual(field(plan, b"Repr-Digest"), b"sha-256=:ZGlnZXN0:")

    def test_hash(self) -> None:
        """?hash is the digest as sha256sum writes it; one that cannot be told now is said so."""
        found = self.pending(b"/sub/b?hash")
        self.hasher.waiting[-1][1].callback(b"\x12\xab")
        self.assertEqual(content(self.successResultOf(found)), b"12ab  b\n")
        found = self.pending(b"/sub/b?hash=sha-512")
        self.hasher.waiting[-1][1].errback(Busy())
        self.assertEqual(self.successResultOf(found).status, 503)
        self.assertEqual(self.plan(b"/sub/b?hash=crc32").status, 400)
        self.assertEqual([algorithm for algorithm, _ in self.hasher.waiting], ["sha-256", "sha-512"])

    def test_what_is_our_own_fault(self) -> None:
        """That there is no descriptor left is no answer about the file."""
        before = resource.getrlimit(resource.RLIMIT_NOFILE)
        next_one = os.open(os.devnull, os.O_RDONLY)  # the lowest that is free, whatever else is open
        os.close(next_one)
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, before)
        resource.setrlimit(resource.RLIMIT_NOFILE, (next_one, before[1]))
        answered = self.site.answer(asked(b"/a.txt"))
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
        assert isinstance(answered, Deferred)
        self.failureResultOf(answered, OSError)

    def test_bounded(self) -> None:
        """Descriptions of many addresses are not kept for ever."""
        for number in range(MAX_DESCRIBED + 5):
            self.successResultOf(self.site.answer(asked(b"/a.txt?%d" % number))).close()  # type: ignore[arg-type]
        self.assertLessEqual(len(self.site._described), MAX_DESCRIBED)
