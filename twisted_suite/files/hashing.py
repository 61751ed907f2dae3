"""Digests of open files, computed in threads of their own, once for each version. Adapter."""

import hashlib
import os
from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred, succeed
from twisted.internet.threads import deferToThreadPool
from twisted.python.failure import Failure
from twisted.python.threadpool import ThreadPool

from twisted_suite.errors import SuiteError
from twisted_suite.files.digests import ALGORITHMS
from twisted_suite.files.folder import OpenFile

# Of their own, so that a large file holds up no other work; two, so that it holds up no small one either.
THREADS = 2
# Waiting or being computed; whoever comes then is told to come again.
MAX_UNDER_WAY = 64
MAX_KNOWN = 4096
READ_BYTES = 1024 * 1024

# A version of a file, and the algorithm.
_Key = tuple[int, int, int, int, str]


class Busy(SuiteError):
    """Too many digests are being computed."""


class Changed(SuiteError):
    """The file is not the one that was opened any more."""


class Hasher:
    """Computes digests, until the reactor stops."""

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor
        self._pool: ThreadPool | None = None
        self._stopping = False
        self._known: dict[_Key, bytes] = {}
        self._under_way: dict[_Key, list[Deferred[bytes]]] = {}

    def known(self, file: OpenFile, algorithm: str) -> bytes | None:
        """The digest, where it has been computed before."""
        return self._known.get(_key(file, algorithm))

    def digest(self, file: OpenFile, algorithm: str) -> Deferred[bytes]:
        """The digest of all of `file`, which may be closed meanwhile.

        Fails with `Busy`, `Changed` or `OSError`.
        """
        key = _key(file, algorithm)
        known = self._known.get(key)
        if known is not None:
            return succeed(known)
        waiting: Deferred[bytes] = Deferred()
        if key in self._under_way:
            self._under_way[key].append(waiting)
            return waiting
        if self._stopping or len(self._under_way) >= MAX_UNDER_WAY:
            waiting.errback(Busy("too many digests are being computed"))
            return waiting
        fd = os.dup(file.fd)
        self._under_way[key] = [waiting]
        computed = deferToThreadPool(
            self._reactor, self._threads(), _compute, fd, file, ALGORITHMS[algorithm], lambda: self._stopping
        )
        computed.addBoth(self._computed, key)
        return waiting

    def stop(self) -> None:
        """Give up what is being computed."""
        self._stopping = True
        if self._pool is not None:
            self._pool.stop()

    def _threads(self) -> ThreadPool:
        if self._pool is None:
            self._pool = ThreadPool(0, THREADS, "digests")
            self._reactor.addSystemEventTrigger("during", "shutdown", self.stop)
            self._pool.start()
        return self._pool

    def _computed(self, result: bytes | Failure, key: _Key) -> None:
        if isinstance(result, bytes):
            if len(self._known) >= MAX_KNOWN:
                del self._known[next(iter(self._known))]
            self._known[key] = result
        for waiting in self._under_way.pop(key):
            waiting.callback(result)


def _key(file: OpenFile, algorithm: str) -> _Key:
    return file.device, file.inode, file.size, file.modified_ns, algorithm


def _compute(fd: int, file: OpenFile, name: str, stopping: Callable[[], bool]) -> bytes:
    """In a thread: the digest of the file behind `fd`, which is closed."""
    try:
        computing = hashlib.new(name)
        buffer = memoryview(bytearray(READ_BYTES))
        offset = 0
        while offset < file.size and not stopping():
            read = os.preadv(fd, [buffer], offset)
            if not read:
                break
            computing.update(buffer[: min(read, file.size - offset)])
            offset += read
        status = os.fstat(fd)
        if offset < file.size or (status.st_size, status.st_mtime_ns) != (file.size, file.modified_ns):
            raise Changed("the file changed while its digest was computed")
        return computing.digest()
    finally:
        os.close(fd)
