"""Who may read and who may upload."""

import base64
from pathlib import Path
from typing import Any

from twisted.cred.checkers import InMemoryUsernamePasswordDatabaseDontUse
from twisted.internet.address import IPv4Address
from twisted.internet.defer import execute
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.files.bodies import field
from tests.files.test_site import asked
from tests.files.test_uploads import put
from twisted_suite.files.door import Door
from twisted_suite.files.folder import Folder
from twisted_suite.files.hashing import Hasher
from twisted_suite.files.inbox import Inbox, Upload
from twisted_suite.files.message import Request
from twisted_suite.files.plan import Plan
from twisted_suite.files.receiving import Intake
from twisted_suite.files.site import Site
from twisted_suite.runtime.accounts.login import Accounts

RIGHT = b"Basic " + base64.b64encode(b"kim:secret")
WRONG = b"Basic " + base64.b64encode(b"kim:other")


class DoorTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.root = Path(self.mktemp())
        self.root.mkdir()
        (self.root / "a").write_text("content")

    def door(self, *, uploads: bool = False, is_private: bool = False) -> Door:
        folder, clock = Folder(str(self.root)), Clock()
        checker = InMemoryUsernamePasswordDatabaseDontUse(kim=b"secret")
        inbox = Inbox(folder, execute, max_bytes=1000) if uploads else None
        site = Site(folder, execute, Hasher(clock))
        return Door(site, Accounts([checker], "files", clock), inbox, is_private=is_private)

    def answer(self, door: Door, request: Request) -> Plan | Intake:
        found: Any = door.answer(request, lambda: IPv4Address("TCP", "192.0.2.1", 1))
        result: Any = found if isinstance(found, Plan) else self.successResultOf(found)
        if isinstance(result, Plan):
            self.addCleanup(result.close)
        else:
            self.addCleanup(result.abandon)
        return result  # type: ignore[no-any-return]  # one or the other

    def status(self, door: Door, request: Request) -> int:
        plan = self.answer(door, request)
        assert isinstance(plan, Plan)
        if plan.status == 401:
            self.assertTrue((field(plan, b"WWW-Authenticate") or b"").startswith(b"Basic "))
        return plan.status

    def test_public(self) -> None:
        """Everybody reads; uploads are for accounts."""
        door = self.door(uploads=True)
        self.assertEqual(self.status(door, asked(b"/a")), 200)
        self.assertEqual(self.status(door, put(b"/b", content_length=b"1")), 401)
        self.assertEqual(self.status(door, put(b"/b", content_length=b"1", authorization=WRONG)), 401)
        taken = self.answer(door, put(b"/b", content_length=b"1", authorization=RIGHT))
        self.assertIsInstance(taken, Upload)
        self.assertEqual(self.status(door, asked(b"/b?upload", "HEAD")), 401)
        self.assertEqual(self.status(door, asked(b"/b?upload", "HEAD", authorization=RIGHT)), 204)

    def test_private(self) -> None:
        """Nobody reads without an account."""
        door = self.door(is_private=True)
        self.assertEqual(self.status(door, asked(b"/a")), 401)
        self.assertEqual(self.status(door, asked(b"/", authorization=WRONG)), 401)
        self.assertEqual(self.status(door, asked(b"/a", authorization=RIGHT)), 200)
        self.assertEqual(self.status(door, asked(b"/", authorization=RIGHT)), 200)

    def test_read_only(self) -> None:
        """Without an inbox a PUT means nothing, with an account or not."""
        door = self.door()
        self.assertEqual(self.status(door, put(b"/b", content_length=b"1", authorization=RIGHT)), 405)

    def test_guessing(self) -> None:
        """Who guesses passwords is told to wait."""
        door = self.door(is_private=True)
        statuses = [self.status(door, asked(b"/a", authorization=WRONG)) for _ in range(50)]
        self.assertEqual(statuses[-1], 429)
        plan = self.answer(door, asked(b"/a", authorization=WRONG))
        assert isinstance(plan, Plan)
        self.assertGreater(int(field(plan, b"Retry-After") or 0), 0)
