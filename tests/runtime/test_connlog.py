"""Connections in the Common Log Format, read back by the analyser itself."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.accesslog.reading import LineReader
from twisted_suite.accesslog.records import Record
from twisted_suite.runtime.connlog import connection_line

EVENT: dict[str, Any] = {
    "service": "files",
    "peer": "192.0.2.7:41530",
    "outcome": " sent report.pdf;",
    "bytes_in": 11,
    "bytes_out": 48213,
    "seconds": 0.25,
    "reason": "closed",
    "log_time": 1_764_035_815.5,
}


class LineTests(SynchronousTestCase):
    def test_a_line(self) -> None:
        """Who, when it began, what came of it, and what it cost."""
        self.assertEqual(
            connection_line(EVENT),
            "192.0.2.7 - - [25/Nov/2025:01:56:55 +0000] "
            '"FILES /sent%20report.pdf" 200 48213 11 0.25 "closed"\n',
        )

    def test_clients(self) -> None:
        """Addresses stand without ports and brackets; a Unix socket's peer has none."""
        for peer, client in (("[2001:db8::7]:50122", "2001:db8::7"), ("unix", "unix")):
            line = connection_line({**EVENT, "peer": peer})
            assert line is not None
            self.assertEqual(line.partition(" ")[0], client)

    def test_statuses(self) -> None:
        """How a connection ended is a status that statistics understand."""
        for reason, status in {
            "closed": 200,
            "drained": 200,
            "lost: Connection reset": 499,
            "idle for 60 s": 408,
            "handshake not done in 10 s": 408,
            "buffer over its limit of 5 bytes": 413,
            "drain timeout of 30 s": 503,
            "anything else": 500,
        }.items():
            line = connection_line({**EVENT, "reason": reason})
            assert line is not None
            self.assertIn(f'" {status} 48213 11', line)

    def test_other_events(self) -> None:
        """Whatever else is logged is no connection."""
        self.assertIsNone(connection_line({}))
        self.assertIsNone(connection_line({"service": "files", "peer": "x", "log_time": 1.0}))

    @given(st.text(max_size=60), st.text(max_size=60), st.integers(0, 2**60), st.floats(0, 1e6))
    def test_the_analyser_reads_every_line(
        self, outcome: str, reason: str, size: int, seconds: float
    ) -> None:
        """Whatever a peer has sent, the line is one line, and client and size come out as they went in."""
        event = {**EVENT, "outcome": f" {outcome};", "reason": reason, "bytes_out": size, "seconds": seconds}
        line = connection_line(event)
        assert line is not None
        self.assertEqual(line.count("\n"), 1)
        record = LineReader().read(line.encode())
        assert isinstance(record, Record), record
        self.assertEqual((record.client, record.size), (b"192.0.2.7", size))
