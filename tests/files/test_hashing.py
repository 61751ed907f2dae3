"""Digests in threads: once for a version, bounded, and given up at the end."""

import hashlib
import os
from pathlib import Path
from typing import Any

from twisted.internet import reactor as global_reactor
from twisted.internet.defer import gatherResults
from twisted.trial.unittest import TestCase

from twisted_suite.files.folder import Folder, OpenFile
from twisted_suite.files.hashing import MAX_KNOWN, MAX_UNDER_WAY, Busy, Changed, Hasher

reactor: Any = global_reactor


class HasherTests(TestCase):
    timeout = 20

    def setUp(self) -> None:
        self.hasher = Hasher(reactor)
        self.addCleanup(self.hasher.stop)
        self.path = Path(self.mktemp())
        self.path.write_bytes(b"x" * 3_000_000)

    def opened(self) -> OpenFile:
        file = Folder(str(self.path.parent)).open(bytes(self.path.name, "utf-8"))
        self.addCleanup(file.close)
        return file

    async def test_computed_once(self) -> None:
        """Who asks meanwhile waits for the same, who asks later is told at once; an algorithm is another."""
        file = self.opened()
        both = gatherResults([self.hasher.digest(file, "sha-256") for _ in range(2)])
        self.assertEqual(len(self.hasher._under_way), 1)
        digest = hashlib.sha256(b"x" * 3_000_000).digest()
        self.assertEqual(await both, [digest, digest])
        self.assertEqual(self.hasher.known(file, "sha-256"), digest)
        self.assertEqual(self.successResultOf(self.hasher.digest(file, "sha-256")), digest)
        self.assertIsNone(self.hasher.known(file, "sha-512"))
        other = await self.hasher.digest(file, "sha-512")
        self.assertEqual(other, hashlib.sha512(b"x" * 3_000_000).digest())

    async def test_another_version(self) -> None:
        """A file that has changed has another digest; one that changes meanwhile has none."""
        before = self.opened()
        await self.hasher.digest(before, "sha-256")
        self.path.write_bytes(b"y")
        self.assertIsNone(self.hasher.known(self.opened(), "sha-256"))
        self.assertEqual(await self.hasher.digest(self.opened(), "sha-256"), hashlib.sha256(b"y").digest())
        changed = self.opened()
        os.truncate(self.path, 0)
        await self.assertFailure(self.hasher.digest(changed, "sha-512"), Changed)

    async def test_bounded(self) -> None:
        """Beyond a number under way one is told to come again; what is known is not kept for ever."""
        file = self.opened()
        versions = [
            OpenFile(file.fd, file.size, number, file.inode, file.device)
            for number in range(MAX_UNDER_WAY + 1)
        ]
        waiting = [self.hasher.digest(version, "sha-256") for version in versions]
        self.failureResultOf(waiting.pop(), Busy)
        for each in waiting:
            await self.assertFailure(each, Changed)  # the times are not the file's
        self.hasher._known = {(0, 0, 0, number, ""): b"" for number in range(MAX_KNOWN)}
        await self.hasher.digest(file, "sha-256")
        self.assertEqual(len(self.hasher._known), MAX_KNOWN)

    async def test_stopped(self) -> None:
        """At the end nothing more is begun."""
        self.hasher.stop()
        await self.assertFailure(self.hasher.digest(self.opened(), "sha-256"), Busy)
