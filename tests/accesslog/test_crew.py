"""Several threads count what one would."""

from collections.abc import Iterable

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.accesslog.lines import COMBINED, OK
from tests.accesslog.proven import corpus, some_lines, strict
from tests.support import need
from twisted_suite.accesslog.breakdown import breakdown
from twisted_suite.accesslog.compact import COMPILED
from twisted_suite.accesslog.crew import BLOCK_BYTES, Crew
from twisted_suite.accesslog.records import MAX_LINE_BYTES, Reason
from twisted_suite.accesslog.scan import Plan, Scan


def counted(blocks: Iterable[bytes], threads: int, *, copied: bool = True, plan: Plan | None = None) -> Scan:
    """What a crew makes of blocks that are cut anywhere."""
    scan = Scan("log", plan or Plan(detailed=True))
    crew = Crew(scan, threads, alone_bytes=0)
    for block in blocks:
        if copied:
            crew.feed(block)
        else:
            crew.room()[: len(block)] = block
            crew.filled(len(block))
    crew.finish()
    scan.finish()
    return scan


def cut(data: bytes, sizes: list[int]) -> list[bytes]:
    """`data` in blocks of these sizes, again and again."""
    blocks = []
    while data:
        for size in sizes:
            blocks.append(data[:size])
            data = data[size:]
    return blocks


class CrewTests(SynchronousTestCase):
    def setUp(self) -> None:
        need(COMPILED, "the compiled part of accesslog is not installed")

    @given(
        some_lines, st.lists(st.integers(1, 300), min_size=1, max_size=4), st.integers(1, 3), st.booleans()
    )
    @settings(max_examples=60)
    def test_cut_anywhere(self, lines: list[bytes], sizes: list[int], threads: int, copied: bool) -> None:
        """However the bytes are cut, and whoever counts them, the figures are those of the lines."""
        data = b"\n".join(lines)
        wanted = strict(data.split(b"\n")[: None if not data.endswith(b"\n") and data else -1])
        scan = counted(cut(data, sizes), threads, copied=copied)
        self.assertEqual(scan.stats, wanted)
        self.assertEqual((scan.line_number, scan.end), (wanted.lines, data.rfind(b"\n") + 1))

    def test_every_byte(self) -> None:
        """Two blocks, cut at every byte of the corpus."""
        lines = [line for line in corpus if len(line) < 400]
        data = b"\n".join(lines[::3])
        wanted = strict(lines[::3])
        for at in range(0, len(data), 23):
            self.assertEqual(counted([data[:at], data[at:]], 2).stats, wanted, at)

    def test_many_blocks(self) -> None:
        """Odd lines are told in the order of the log, with their places in it, by any number of threads."""
        told: list[tuple[int, Reason]] = []
        lines = [COMBINED] * 40_000
        for place in range(0, len(lines), 977):
            lines[place] = b"garbage %d" % place
        data = b"\n".join(lines) + b"\n"
        plan = Plan(detailed=True, invalid=lambda file, number, reason, line: told.append((number, reason)))
        scan = counted(cut(data, [1 << 16]), 3, plan=plan)
        self.assertEqual(told, [(place + 1, Reason.START) for place in range(0, len(lines), 977)])
        self.assertEqual(scan.stats, strict(lines))
        self.assertEqual(breakdown(scan.stats.panels).requests, len(lines) - len(told))

    def test_longer_than_a_block(self) -> None:
        """A line without end takes no more room than the longest line, and is one line."""
        line = b"x" * (5 * BLOCK_BYTES)
        for lines in ([OK, line, OK], [line], [OK, line], [line[:MAX_LINE_BYTES], OK]):
            scan = counted(cut(b"\n".join(lines), [BLOCK_BYTES]), 2, copied=False)
            self.assertEqual(scan.stats, strict(lines))

    def test_nothing(self) -> None:
        """A log without a line."""
        self.assertEqual(counted([], 2).stats, strict([]))
        self.assertEqual(counted([b"", b"\n", b""], 2).stats, strict([b""]))

    def test_blocks_larger_than_a_buffer(self) -> None:
        """What is fed may be larger than what is counted at once."""
        lines = [OK] * 40_000
        self.assertEqual(counted([b"\n".join(lines)], 2).stats.requests, {b"192.0.2.1": 40_000})
