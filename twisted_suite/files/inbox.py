"""Uploads into a folder: written aside, and in their place once they are whole. Adapter over `uploads`.

A part is a hidden file beside its place, locked while somebody writes to it, and known again by account, name
and length: so one that broke off is gone on with, by whoever began it and by nobody else. It is renamed when
it is whole, and nothing is overwritten unless that was asked for, whatever happens meanwhile.
"""

import errno
import fcntl
import os
import time
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from typing import Any

from twisted.internet.defer import Deferred, succeed

from twisted_suite.errors import Refused
from twisted_suite.files.folder import Folder, OpenFile, OpenFolder
from twisted_suite.files.message import BadRequest, Request
from twisted_suite.files.plan import Fields, Plan
from twisted_suite.files.refusal import refusal
from twisted_suite.files.site import file_tag
from twisted_suite.files.uploads import Misplaced, Put, read_put, upload_length

InThread = Callable[..., "Deferred[Any]"]

# Collected before it is written: a thread's turn costs more than the copying of so much.
WRITE_BYTES = 512 * 1024
# Parts that nobody has gone on with for so long are removed by the next upload into the same folder.
KEPT_S = 7 * 24 * 3600.0
_PART = ".upload-"
_NEW = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class _Part:
    """An upload's file, open and locked, in the folder of its place. Its methods wait for the disk."""

    def __init__(self, folder: Folder, steps: tuple[bytes, ...], account: str, total: int | None) -> None:
        *above, self.name = steps or (b"",)
        if not self.name or not folder.shows(self.name):
            raise BadRequest(403, "no file may have this name here")
        held = _folder(folder, tuple(above))
        self._folder = held.fd
        key = sha256(repr((account, self.name, total)).encode()).hexdigest()[:32]
        self._part = (_PART + key).encode("ascii")
        self.fd = -1

    def begin(self, put: Put) -> None:
        """Open and lock it, see that it may be written, and have it end where `put` begins."""
        self._remove_stale()
        self.fd = os.open(self._part, _NEW, 0o666, dir_fd=self._folder)
        try:
            fcntl.flock(self.fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BadRequest(409, "this file is being uploaded already: try again later") from None
        arrived = os.fstat(self.fd).st_size
        try:
            put.check_place(self.etag(), arrived)
            free = os.fstatvfs(self.fd)
            if put.total is not None and put.total - put.start > free.f_bavail * free.f_frsize:
                raise BadRequest(507, "there is not so much room on the disk")
        except BadRequest:
            if not arrived:
                self.forget()
            raise
        os.ftruncate(self.fd, put.start)

    def arrived(self) -> int:
        """How much of it is here, without opening it."""
        try:
            return os.stat(self._part, dir_fd=self._folder, follow_symlinks=False).st_size
        except FileNotFoundError:
            return 0

    def etag(self) -> bytes | None:
        """Of the file that is in its place; None where there is none."""
        try:
            status = os.stat(self.name, dir_fd=self._folder, follow_symlinks=False)
        except FileNotFoundError:
            return None
        return file_tag(status.st_ino, status.st_size, status.st_mtime_ns)

    def put_in_place(self, *, may_replace: bool) -> bytes | None:
        """It is whole. Returns its tag."""
        os.fsync(self.fd)
        try:
            if may_replace:
                os.rename(self._part, self.name, src_dir_fd=self._folder, dst_dir_fd=self._folder)
            else:
                # A link fails where there is a file by now; a rename would overwrite it.
                os.link(
                    self._part,
                    self.name,
                    src_dir_fd=self._folder,
                    dst_dir_fd=self._folder,
                    follow_symlinks=False,
                )
                os.unlink(self._part, dir_fd=self._folder)
        except (FileExistsError, IsADirectoryError) as error:
            raise BadRequest(409, "there is something of that name now; the upload is kept") from error
        return self.etag()

    def forget(self) -> None:
        """It cannot be gone on with."""
        with suppress(FileNotFoundError):
            os.unlink(self._part, dir_fd=self._folder)

    def close(self) -> None:
        for fd in (self.fd, self._folder):
            if fd >= 0:
                os.close(fd)
        self.fd = self._folder = -1

    def _remove_stale(self) -> None:
        deadline = time.time() - KEPT_S
        with os.scandir(self._folder) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):
                    if entry.name.startswith(_PART) and entry.stat(follow_symlinks=False).st_mtime < deadline:
                        os.unlink(entry.name, dir_fd=self._folder)


def _folder(folder: Folder, steps: tuple[bytes, ...]) -> OpenFolder:
    try:
        found = folder.find(steps)
    except Refused as error:
        raise BadRequest(404, "there is no such folder here") from error
    if isinstance(found, OpenFile):
        found.close()
        raise BadRequest(404, "there is no such folder here")
    return found


class Upload:
    """One PUT that is being received."""

    def __init__(self, part: _Part, put: Put, request: Request, max_bytes: int, in_thread: InThread) -> None:
        self._part = part
        self._put = put
        self._request = request
        self._max_bytes = max_bytes
        self._in_thread = in_thread
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0
        self._received = 0

    def receive(self, data: bytes) -> "Deferred[None] | None":
        """Take a piece of the body; no more may come before the Deferred, if any, has fired."""
        self._received += len(data)
        self._put.check_length(self._received, self._max_bytes)
        self._waiting.append(data)
        self._waiting_bytes += len(data)
        return self._write() if self._waiting_bytes >= WRITE_BYTES else None

    async def finish(self) -> Plan:
        """The body has ended: the answer."""
        try:
            await self._write()
            if not self._put.is_whole(self._received):
                arrived = self._put.start + self._received
                return _bare(202, (b"Upload-Offset", b"%d" % arrived))
            existed = await self._in_thread(self._part.etag) is not None
            replaces = self._put.may_replace or self._put.if_match is not None
            tag = await self._in_thread(self._part.put_in_place, may_replace=replaces)
        except BadRequest as error:
            return _refused(error, self._request)
        finally:
            self._in_thread(self._part.close)
        fields: Fields = ((b"ETag", tag),) if tag is not None else ()
        return _bare(200 if existed else 201, *fields)

    def abandon(self) -> None:
        """The body has broken off: keep what came, where it can be gone on with."""
        kept: Deferred[None] = (
            self._write() if self._put.total is not None else self._in_thread(self._part.forget)
        )
        kept.addErrback(lambda failure: failure.trap(OSError)).addCallback(
            lambda _: self._in_thread(self._part.close)
        )

    def _write(self) -> "Deferred[None]":
        data, self._waiting = self._waiting, []
        offset = self._put.start + self._received - self._waiting_bytes
        self._waiting_bytes = 0
        return self._in_thread(_write_all, self._part.fd, data, offset) if data else succeed(None)


def _write_all(fd: int, pieces: list[bytes], offset: int) -> None:
    data = memoryview(b"".join(pieces))
    while data:
        try:
            written = os.pwrite(fd, data, offset)
        except OSError as error:
            if error.errno not in _FULL:
                raise
            raise BadRequest(507, "the disk is full; what arrived is kept") from error
        data = data[written:]
        offset += written


class Inbox:
    """Takes uploads below one folder."""

    def __init__(self, folder: Folder, in_thread: InThread, *, max_bytes: int) -> None:
        self._folder = folder
        self._in_thread = in_thread
        self._max_bytes = max_bytes

    async def take(self, request: Request, account: str) -> Plan | Upload:
        """Begin the upload that a PUT is, or say why not."""
        try:
            put = read_put(request, self._max_bytes)
            part = await self._in_thread(self._begun, request, account, put)
        except BadRequest as error:
            return _refused(error, request)
        return Upload(part, put, request, self._max_bytes, self._in_thread)

    def _begun(self, request: Request, account: str, put: Put) -> _Part:
        part = _Part(self._folder, request.steps, account, put.total)
        try:
            part.begin(put)
        except BaseException:
            part.close()
            raise
        return part

    async def progress(self, request: Request, account: str) -> Plan:
        """How much of an upload is here."""
        try:
            arrived = await self._in_thread(self._arrived, request, account, upload_length(request))
        except BadRequest as error:
            return _refused(error, request)
        return Plan(204, ((b"Upload-Offset", b"%d" % arrived), (b"Cache-Control", b"no-store")))

    def _arrived(self, request: Request, account: str, total: int | None) -> int:
        part = _Part(self._folder, request.steps, account, total)
        try:
            return part.arrived()
        finally:
            part.close()


def _bare(status: int, *fields: tuple[bytes, bytes]) -> Plan:
    return Plan(status, ((b"Content-Length", b"0"), *fields))


def _refused(error: BadRequest, request: Request) -> Plan:
    fields = error.fields if isinstance(error, Misplaced) else ()
    return refusal(error.status, str(error), request.fields, fields)
