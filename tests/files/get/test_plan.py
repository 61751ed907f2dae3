"""The fetching of one file, against servers that break off, change the file and know no ranges."""

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.files.get.answers import Ask, NoSuchRange, Reply
from twisted_suite.files.get.failures import Changed
from twisted_suite.files.get.pieces import MIN_PIECE_BYTES, Piece
from twisted_suite.files.get.plan import Plan
from twisted_suite.files.get.record import Record, Version, read_record, write_record

MIB = MIN_PIECE_BYTES


@dataclass
class Server:
    """Versions of one file, of which only sizes matter; each tag is its number."""

    sizes: list[int]
    now: int = 0
    ranges: bool = True
    tags: bool = True
    asked: list[Ask] = field(default_factory=list)

    def answer(self, ask: Ask) -> Reply | NoSuchRange:
        self.asked.append(ask)
        tag = f'"{self.now}"' if self.tags else None
        size = self.sizes[self.now]
        version = Version(size, tag)
        same = ask.tag is None or ask.tag == tag
        if not (self.ranges and ask.ranged and same):
            return Reply(0, size, version)
        if ask.start >= size:
            return NoSuchRange()
        return Reply(ask.start, min(ask.end or size, size), version, partial=True)


class PlanTests(SynchronousTestCase):
    def plan(self, segments: int = 1, record: Record | None = None) -> Plan:
        return Plan("a.iso", "source", segments, record)

    def step(self, plan: Plan, server: Server, *, share: float = 1.0) -> tuple[Piece, bool]:
        """One request, of which a share comes."""
        step = plan.next()
        assert step is not None
        ask, piece = step
        piece, void = plan.answered(piece, server.answer(ask))
        assert piece.end is not None
        piece.position += int((piece.end - piece.position) * share)
        plan.pieces.release(piece)
        return piece, void

    def test_one_request(self) -> None:
        """A file that comes whole needs one request, without a range."""
        server, plan = Server([5 * MIB]), self.plan()
        self.assertFalse(plan.known)
        _, void = self.step(plan, server)
        self.assertTrue(void and plan.complete)
        self.assertEqual(server.asked, [Ask()])

    def test_the_rest(self) -> None:
        """After a break only the rest is asked for, of the same version."""
        server, plan = Server([100]), self.plan()
        self.step(plan, server, share=0.4)
        plan.broke_off()
        _, void = self.step(plan, server)
        self.assertEqual(server.asked[1], Ask(40, 100, '"0"'))
        self.assertTrue(plan.complete and not void)

    def test_another_run(self) -> None:
        """A record of an earlier run is gone on with, and one of another source is not."""
        server, plan = Server([100]), self.plan()
        self.step(plan, server, share=0.4)
        record = plan.record()
        assert record is not None
        again = self.plan(record=read_record(write_record(record), 40))
        self.assertEqual(again.pieces.here_bytes, 40)
        self.step(again, server)
        self.assertEqual((server.asked[-1], again.complete), (Ask(40, 100, '"0"'), True))
        self.assertEqual(Plan("a.iso", "another", 1, record).pieces.here_bytes, 0)

    def test_it_changed_meanwhile(self) -> None:
        """What came of another version is void: the answer is all of the new one."""
        server, plan = Server([100, 70]), self.plan()
        self.step(plan, server, share=0.4)
        server.now = 1
        piece, void = self.step(plan, server)
        self.assertEqual(((piece.start, piece.end), void, plan.complete), ((0, 70), True, True))

    def test_a_server_without_tags(self) -> None:
        """What cannot be told apart is not put together: after a break it begins anew."""
        server, plan = Server([100], tags=False), self.plan()
        self.step(plan, server, share=0.4)
        self.assertIsNone(plan.record())
        plan.broke_off()
        self.assertEqual(plan.pieces.here_bytes, 0)
        _, void = self.step(plan, server)
        self.assertEqual((server.asked[1], void, plan.complete), (Ask(), True, True))

    def test_a_server_that_ignores_if_range(self) -> None:
        """A part of another version, by its tag or its size, is not taken."""
        for version in (Version(100, '"1"'), Version(101, '"0"'), Version(100, None)):
            plan = self.plan()
            self.step(plan, Server([100]), share=0.4)
            step = plan.next()
            assert step is not None
            self.assertRaises(Changed, plan.answered, step[1], Reply(40, 100, version, partial=True))

    def test_it_became_shorter(self) -> None:
        """A range that is not there any more means a new beginning."""
        plan = self.plan()
        self.step(plan, Server([100]), share=0.4)
        step = plan.next()
        assert step is not None
        self.assertRaises(Changed, plan.answered, step[1], NoSuchRange())

    def test_segments(self) -> None:
        """The first answer tells what the others share."""
        server, plan = Server([64 * MIB]), self.plan(4)
        self.assertEqual(plan.segments, 1)
        piece, _ = self.step(plan, server)
        self.assertEqual((piece.start, piece.end, plan.segments), (0, MIB, 4))
        others = [step[1] for step in (plan.next(), plan.next(), plan.next()) if step is not None]
        self.assertEqual(len({(piece.start, piece.end) for piece in others if piece is not None}), 3)

    def test_segments_of_a_server_without_ranges(self) -> None:
        """Where all comes in one answer there is nothing for others to do."""
        server, plan = Server([64 * MIB], ranges=False), self.plan(4)
        step = plan.next()
        assert step is not None
        plan.answered(step[1], server.answer(step[0]))
        self.assertIsNone(plan.next())

    def test_segments_of_a_server_without_tags(self) -> None:
        """Parts that cannot be told apart are asked for no more: then all, in one answer."""
        server, plan = Server([64 * MIB], tags=False), self.plan(4)
        self.assertRaises(Changed, self.step, plan, server)
        plan.forget()
        self.step(plan, server)
        self.assertEqual((server.asked[-1], plan.complete), (Ask(), True))

    def test_an_empty_file(self) -> None:
        """An empty file has no first part, and comes all the same."""
        server, plan = Server([0]), self.plan(4)
        self.assertRaises(Changed, self.step, plan, server)
        plan.forget()
        self.step(plan, server)
        self.assertTrue(plan.complete)

    def test_a_change_among_segments(self) -> None:
        """While others bring the old version, the new one is no part of the file."""
        server, plan = Server([64 * MIB, 64 * MIB]), self.plan(4)
        self.step(plan, server)
        first, second = plan.next(), plan.next()
        assert first is not None and second is not None
        plan.answered(first[1], server.answer(first[0]))
        server.now = 1
        self.assertRaises(Changed, plan.answered, second[1], server.answer(second[0]))
        self.assertEqual(plan.segments, 1)

    @given(st.data(), st.booleans(), st.booleans(), st.integers(1, 4))
    def test_never_two_versions_in_one_file(
        self, data: st.DataObject, ranges: bool, tags: bool, segments: int
    ) -> None:
        """However a server behaves, what is complete in the end is all of one version."""
        server = Server([0, 1, MIB, 3 * MIB + 7, 9 * MIB], ranges=ranges, tags=tags)
        plan = self.plan(segments)
        held: dict[int, int] = {}  # MiB by MiB, the version that lies there
        for turn in range(40):
            server.now = (
                data.draw(st.integers(0, 4)) if turn < 30 and data.draw(st.booleans()) else server.now
            )
            if plan.complete:
                break
            if data.draw(st.booleans()) and (record := plan.record()) is not None:
                plan = self.plan(segments, read_record(write_record(record), 10**9))  # another run
            step = plan.next()
            assert step is not None
            ask, piece = step
            try:
                reply = server.answer(ask)
                piece, void = plan.answered(piece, reply)
            except Changed:
                plan.forget()
                continue
            held = {} if void else held
            assert piece.end is not None and isinstance(reply, Reply)
            whole = turn >= 30 or data.draw(st.booleans())
            came = piece.end if whole else data.draw(st.integers(piece.position, piece.end))
            held |= dict.fromkeys(range(piece.position // MIB, -(-came // MIB)), server.now)
            piece.position = came
            plan.pieces.release(piece)
            if not whole:
                plan.broke_off()
        self.assertTrue(plan.complete)
        self.assertLessEqual(len(set(held.values())), 1)
        assert plan.version is not None
        self.assertEqual(plan.pieces.done, ((0, plan.version.size),) if plan.version.size else ())
