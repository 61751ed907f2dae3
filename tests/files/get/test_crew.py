"""Connections that work at one file, with answers in the hand."""

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.errors import ExitStatus
from twisted_suite.files.get.answers import Ask, NoSuchRange, Reply
from twisted_suite.files.get.crew import Crew
from twisted_suite.files.get.failures import Changed, TransferError
from twisted_suite.files.get.pieces import MIN_PIECE_BYTES
from twisted_suite.files.get.plan import Plan
from twisted_suite.files.get.record import Version

SIZE = 64 * MIN_PIECE_BYTES
VERSION = Version(SIZE, '"v1"')
BROKEN = TransferError("broken", ExitStatus.IO, again=True)
GONE = TransferError("gone", ExitStatus.NO_INPUT)


class FakeAnswer:
    """An answer whose body is sent and ended by the test."""

    def __init__(self, meaning: Reply | NoSuchRange) -> None:
        self.meaning = meaning
        self.dropped = False
        self.ended: Deferred[None] = Deferred()

    async def read(self, write: Callable[[bytes], object]) -> None:
        self.write = write
        await self.ended

    def drop(self) -> None:
        self.dropped = True


class CrewTests(SynchronousTestCase):
    def begin(self, segments: int) -> None:
        self.asked: list[tuple[Ask, Deferred[Any]]] = []
        self.written = 0
        self.cleared = 0
        self.plan = Plan("a.iso", "source", segments, None)
        crew = Crew(self.plan, self.ask, self.write, self.clear)
        self.working = Deferred.fromCoroutine(crew.work())

    async def ask(self, ask: Ask) -> Any:
        answer: Deferred[Any] = Deferred()
        self.asked.append((ask, answer))
        return await answer

    def write(self, offset: int, data: bytes) -> None:
        self.written += len(data)

    def clear(self) -> None:
        self.cleared += 1

    def reply(self, number: int, version: Version = VERSION, *, partial: bool = True) -> FakeAnswer:
        """The answer to one of the requests."""
        ask, waiting = self.asked[number]
        end = ask.end if partial else version.size
        answer = FakeAnswer(Reply(ask.start if partial else 0, end, version, partial=partial))
        waiting.callback(answer)
        return answer

    def bring(self, number: int) -> None:
        """The answer to one of the requests, with all that it promises."""
        answer = self.reply(number)
        ask, _ = self.asked[number]
        assert ask.end is not None
        answer.write(bytes(ask.end - ask.start))
        answer.ended.callback(None)

    def test_alone(self) -> None:
        """One connection asks for all, and is done when it has come."""
        self.begin(1)
        answer = self.reply(0, partial=False)
        self.assertEqual((len(self.asked), self.cleared), (1, 1))
        answer.write(bytes(SIZE))
        self.assertNoResult(self.working)
        answer.ended.callback(None)
        self.successResultOf(self.working)
        self.assertEqual(self.written, SIZE)

    def test_together(self) -> None:
        """Others join when the first answer has come, and all go on until nothing is left."""
        self.begin(4)
        self.assertEqual(len(self.asked), 1)
        self.bring(0)
        self.assertEqual(len(self.asked), 5)  # the first has its next
        number = 1
        while number < len(self.asked):
            self.bring(number)
            number += 1
        self.successResultOf(self.working)
        self.assertEqual((self.written, self.cleared), (SIZE, 1))

    def test_one_falls_out(self) -> None:
        """What one connection fails to bring, the others bring."""
        self.begin(2)
        self.bring(0)
        self.asked[1][1].errback(BROKEN)
        self.assertNoResult(self.working)
        number = 2
        while number < len(self.asked):
            self.bring(number)
            number += 1
        self.successResultOf(self.working)
        self.assertEqual(self.written, SIZE)

    def test_all_fall_out(self) -> None:
        """The last error is told when nobody is left, and what came counts."""
        self.begin(2)
        self.bring(0)
        for _, waiting in self.asked[1:]:
            waiting.errback(BROKEN)
        self.assertIs(self.failureResultOf(self.working, TransferError).value, BROKEN)
        self.assertEqual(self.plan.pieces.here_bytes, MIN_PIECE_BYTES)

    def test_a_final_error_ends_it(self) -> None:
        """When the file is gone, or another, nobody goes on."""
        for error in (GONE, Changed("changed"), OSError(28, "full")):
            self.begin(3)
            self.bring(0)
            self.asked[1][1].errback(error)
            self.assertIs(self.failureResultOf(self.working).value, error)
            for _, waiting in self.asked[2:]:
                self.assertTrue(waiting.called)  # cancelled

    def test_a_change_is_noticed(self) -> None:
        """A part of another version is not written, and its body is not read."""
        self.begin(2)
        self.bring(0)
        answer = self.reply(1, Version(SIZE, '"v2"'))
        self.failureResultOf(self.working, Changed)
        self.assertTrue(answer.dropped)
        self.assertEqual(self.written, MIN_PIECE_BYTES)

    def test_too_little(self) -> None:
        """A body that ends before its promised end may come another time; what came counts."""
        self.begin(1)
        answer = self.reply(0, partial=False)
        answer.write(b"12345")
        answer.ended.callback(None)
        error = self.failureResultOf(self.working, TransferError).value
        self.assertIn(f"ended {SIZE - 5:,} bytes early", str(error))
        self.assertEqual((error.again, self.plan.pieces.here_bytes), (True, 5))

    def test_too_much(self) -> None:
        """More than was promised is not written."""
        self.begin(2)
        answer = self.reply(0)
        with self.assertRaises(TransferError) as caught:
            answer.write(bytes(MIN_PIECE_BYTES + 1))
        self.assertFalse(caught.exception.again)
        self.assertEqual(self.written, 0)
        self.working.cancel()
        self.failureResultOf(self.working, CancelledError)

    def test_an_unknown_size(self) -> None:
        """A body without a length is the file when it ends."""
        self.begin(2)
        answer = self.reply(0, Version(None, None), partial=False)
        answer.write(b"12345")
        answer.ended.callback(None)
        self.successResultOf(self.working)
        self.assertEqual(self.plan.pieces.size, 5)

    def test_cancelled(self) -> None:
        """All are cancelled with it, and what came counts."""
        self.begin(2)
        answer = self.reply(0)
        answer.write(b"12345")
        self.working.cancel()
        self.failureResultOf(self.working, CancelledError)
        self.assertTrue(answer.ended.called)
        self.assertEqual(self.plan.pieces.done, ((0, 5),))
