"""Walking a folder of a server."""

import json
from pathlib import Path
from typing import Any

from tests.files.get.hosting import HostCase, Then, head, saying
from twisted_suite.errors import ConfigError, ExitStatus
from twisted_suite.files.get.folders import Folders
from twisted_suite.files.get.sources import addressed
from twisted_suite.files.get.tree import MAX_DEPTH, MAX_LISTING_BYTES


class FolderTests(HostCase):
    def setUp(self) -> None:
        super().setUp()
        self.failed: list[tuple[Path, ConfigError]] = []

    def listing(self, path: str, *entries: tuple[str, str]) -> None:
        """A folder on the server."""
        plain = {"entries": [{"name": name, "kind": kind, "size": 1, "mtime": 0} for name, kind in entries]}
        self.file(path)
        self.host.files[f"/{path}"].content = json.dumps(plain).encode()

    async def walk(self) -> list[str]:
        folders = Folders(addressed(f"{self.base}/top"), self.folder / "top", self.web, 2)
        found = folders.files(self.seen, lambda target, error: self.failed.append((target, error)))
        return [str(each.target.relative_to(self.folder)) async for each in found]

    async def test_all_below(self) -> None:
        """Every file of every folder is found, and the folders are made here, empty ones too."""
        self.listing("top/", ("a", "file"), ("sub", "folder"), ("한 글", "folder"))
        self.listing("top/sub/", ("b", "file"))
        self.listing("top/%ED%95%9C%20%EA%B8%80/")
        self.assertEqual(await self.walk(), ["top/a", "top/sub/b"])
        self.assertTrue((self.folder / "top" / "한 글").is_dir())
        self.assertEqual({r.headers["accept"] for r in self.host.requests}, {"application/json"})

    async def test_a_folder_that_fails(self) -> None:
        """A folder that cannot be listed is told, and the others come."""
        self.listing("top/", ("gone", "folder"), ("page", "folder"), ("sub", "folder"))
        self.listing("top/sub/", ("b", "file"))
        self.file("top/page/")
        self.assertEqual(await self.walk(), ["top/sub/b"])
        self.assertEqual([error.status for _, error in self.failed], [ExitStatus.NO_INPUT, ExitStatus.DATA])

    async def test_a_file_in_the_way(self) -> None:
        """Where a file stands in the place of a folder, that is told."""
        self.listing("top/", ("a", "file"))
        (self.folder / "top").write_text("mine")
        self.assertEqual(await self.walk(), [])
        self.assertEqual(self.failed[0][1].status, ExitStatus.IO)

    async def test_tried_again(self) -> None:
        """A listing that breaks off is asked for again."""
        self.listing("top/", ("a", "file"))
        self.host.script = [saying(b"", Then.CLOSE), saying(head(503, Content_Length=0), Then.KEEP)]
        self.assertEqual(await self.walk(), ["top/a"])

    async def test_no_end(self) -> None:
        """Folders that lead into themselves are left at some depth."""
        for depth in range(MAX_DEPTH + 3):
            self.listing("top/" + "sub/" * depth, ("sub", "folder"))
        self.assertEqual(await self.walk(), [])
        self.assertEqual(len(self.host.requests), MAX_DEPTH + 1)
        self.assertEqual(len(self.failed), 1)

    async def test_a_listing_that_is_too_long(self) -> None:
        """No more than a listing may have is read."""
        body: Any = b" " * (MAX_LISTING_BYTES + 1)
        self.host.script = [saying(head(200, Content_Length=len(body)) + body)]
        self.assertEqual(await self.walk(), [])
        self.assertIn("longer than", str(self.failed[0][1]))
