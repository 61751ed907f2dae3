"""Bodies of requests on their way in, and what `web` asks of those who answer. Adapter."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, Protocol, runtime_checkable

from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.interfaces import IAddress
from twisted.python.failure import Failure

from twisted_suite.files.message import BadRequest, Request
from twisted_suite.files.plan import Plan

# A body that nobody asked for is read and dropped up to here, so that the connection can go on.
MAX_UNWANTED_BYTES = 256 * 1024


@runtime_checkable
class Intake(Protocol):
    """Takes the body of one request. What it raises or fails with is answered in place of its own answer."""

    def receive(self, data: bytes) -> "Deferred[None] | None":
        """A piece of it. No more is given before the Deferred, if any, has fired."""

    def finish(self) -> Awaitable[Plan]:
        """That was all: the answer."""

    def abandon(self) -> None:
        """It has broken off, or is not wanted any more."""


class Answers(Protocol):
    """Who knows the answers."""

    def answer(self, request: Request, whence: Callable[[], IAddress]) -> Any:
        """The plan for a request whose head is whole, or an `Intake` for its body; or a Deferred of one.

        `whence` tells where the peer is.
        """


class Connection(Protocol):
    """What a body asks of its connection."""

    def hold(self) -> None:
        """Take up nothing more until `found` or `release`."""

    def release(self) -> None:
        """Go on."""

    def found(self, found: Plan | Intake, request: Request) -> None:
        """Send this answer."""

    def cut_short(self) -> None:
        """The next answer comes before the end of the body that it is for."""

    def defect(self, failure: Failure, request: Request) -> Plan:
        """The answer in place of one that could not be had."""


class BodyReceiver:
    """The body that is coming: for an intake, or for nobody."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._intake: Intake | None = None
        self._request: Any = None  # the intake's
        self._unwanted_bytes = 0

    def begin(self, intake: Intake, request: Request) -> None:
        """What comes next is for `intake`."""
        self._intake, self._request = intake, request
        if not request.has_body:
            self.end()

    def take(self, piece: bytes) -> None:
        """A piece has come."""
        if self._intake is None:  # the answer is out already
            self._unwanted_bytes += len(piece)
            if self._unwanted_bytes > MAX_UNWANTED_BYTES:
                self._connection.cut_short()
            return
        try:
            written = self._intake.receive(piece)
        except BadRequest:
            self._refuse(Failure())
            return
        if written is not None:
            self._connection.hold()
            written.addCallbacks(lambda _: self._connection.release(), self._refuse)

    def end(self) -> None:
        """All has come."""
        self._unwanted_bytes = 0
        intake, self._intake = self._intake, None
        if intake is not None:
            self._connection.hold()
            answer: Deferred[Plan] = ensureDeferred(intake.finish())  # type: ignore[arg-type]
            request = replace(self._request, has_body=False)  # nothing of it is left to come
            answer.addErrback(self._connection.defect, request)
            answer.addCallback(self._connection.found, request)

    def abandon(self) -> None:
        """No more will come."""
        intake, self._intake = self._intake, None
        if intake is not None:
            intake.abandon()

    def _refuse(self, failure: Failure) -> None:
        if self._intake is None:  # the connection is gone
            return
        self.abandon()
        self._connection.cut_short()
        self._connection.found(self._connection.defect(failure, self._request), self._request)
