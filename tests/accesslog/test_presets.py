"""Load balancers, S3, HAProxy and Squid: what their lines may lack."""

from twisted.trial.unittest import SynchronousTestCase

from tests.accesslog.dialects import ISO, LINES
from tests.accesslog.lines import INVALID_LINES, OK_LINES, RECOVERED_LINES
from twisted_suite.accesslog.presets import PRESETS
from twisted_suite.accesslog.records import Record


def read(name: str, line: bytes) -> Record | None:
    """The line read as this."""
    (preset,) = (each for each in PRESETS if each.name == name)
    return preset.read(line)


class PresetTests(SynchronousTestCase):
    def test_no_line_of_another(self) -> None:
        """No preset takes a line of another, nor one of the common family."""
        for preset in PRESETS:
            for line, record in LINES:
                self.assertEqual(preset.read(line) is not None, record.format == preset.name)
            for line in (*OK_LINES, *(line for _, line in (*RECOVERED_LINES, *INVALID_LINES))):
                self.assertIsNone(preset.read(line), line[:60])

    def test_old_balancers(self) -> None:
        """The first lines of ELB had no agent."""
        found = read(
            "elb", ISO + b' lb 192.0.2.1:1 10.0.0.1:80 0.1 0.2 0.3 200 200 0 29 "GET http://a:80/ HTTP/1.1"'
        )
        assert found is not None
        self.assertEqual((found.agent, found.size, found.duration_us), (None, 29, 600_000))

    def test_s3_without_a_request(self) -> None:
        """What S3 does by itself has no client, no request and no status."""
        line = (
            b"a" * 64 + b" b [06/Feb/2019:00:00:38 +0000] - AmazonS3 ID S3.EXPIRE.OBJECT key - - - - 40 - -"
        )
        found = read("s3", line)
        assert found is not None
        self.assertEqual((found.client, found.request, found.status, found.size), (b"-", b"-", b"-", 0))

    def test_haproxy_that_gave_up(self) -> None:
        """A request that HAProxy could not read has no status of a server."""
        line = b"192.0.2.1:5 [06/Feb/2009:12:14:14.655] in in/<NOSRV> -1/-1/-1/-1/+50001 408 +212"
        line += b' - - cR-- 2/2/0/0/0 0/0 "<BADREQ>"'
        found = read("haproxy", line)
        assert found is not None
        self.assertEqual((found.status, found.size, found.request), (b"408", 212, b"<BADREQ>"))
        found = read("haproxy", line.replace(b" 408 ", b" -1 "))
        assert found is not None
        self.assertEqual(found.status, b"-")
