"""Format strings of Apache and nginx."""

from twisted.trial.unittest import SynchronousTestCase

from tests.accesslog.lines import COMBINED, OK
from twisted_suite.accesslog.reading import LineReader
from twisted_suite.accesslog.records import Reason, Record
from twisted_suite.accesslog.templates import Template, TemplateError, duration_us
from twisted_suite.accesslog.times import moment

APACHE_COMBINED = r"%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-agent}i\""
NGINX_DEFAULT = (
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent'
    ' "$http_referer" "$http_user_agent"'
)


def read(template: str, line: bytes) -> Record:
    """The record of a line that the template reads."""
    found = Template(template).read(line)
    assert found is not None, (template, line)
    return found


class TemplateTests(SynchronousTestCase):
    def test_combined(self) -> None:
        """Combined as Apache and as nginx spell it reads what the built-in format reads."""
        expected = LineReader("combined").read(COMBINED)
        assert isinstance(expected, Record)
        for template in (APACHE_COMBINED, APACHE_COMBINED.replace('\\"', '"'), NGINX_DEFAULT):
            for end in (b"", b"\r\n"):
                found = read(template, COMBINED + end)
                self.assertEqual(
                    (found.client, found.request, found.size), (expected.client, expected.request, 12)
                )
                self.assertEqual((found.referrer, found.agent), (expected.referrer, expected.agent))
                self.assertEqual(moment(found.time.strip(b"[]")), moment(expected.time))

    def test_apache(self) -> None:
        """Parts of a request, conditions, units, ports, percent signs and headers have their meaning."""
        found = read(
            "%v:%p %a [%{begin:%Y-%m-%d %H:%M:%S %z}t] 100%% %m %U%q %H %!200,304>s %O %{ms}T"
            " %{SSL_PROTOCOL}x %P",
            b"example.com:443 192.0.2.1 [2015-11-15 12:45:45 +0900] 100% GET /a?b=c HTTP/1.1 200 500 12"
            b" TLSv1.3 9",
        )
        self.assertEqual(
            found,
            Record(
                b"192.0.2.1", b"2015-11-15T12:45:45+09:00", b"GET /a?b=c HTTP/1.1", b"200", 500, "LogFormat",
                host=b"example.com", duration_us=12_000, tls=b"TLSv1.3",
            ),
        )  # fmt: skip

    def test_nginx(self) -> None:
        """Variables are known, in braces too; those with no meaning are read over."""
        found = read(
            "${remote_addr}|$msec|$request_method|$uri|$args|$server_protocol|$status|$bytes_sent|$request_time"
            "|$pipe|$host",
            b"192.0.2.1|1447559145.000|GET|/a|b=c|HTTP/2.0|304|9|0.020|.|example.com\n",
        )
        self.assertEqual(
            found,
            Record(
                b"192.0.2.1", b"1447559145.000", b"GET /a?b=c HTTP/2.0", b"304", 9, "log_format",
                host=b"example.com", duration_us=20_000,
            ),
        )  # fmt: skip

    def test_nothing_there(self) -> None:
        """A dash is no value; a user may hold blanks; the client may be that of a proxy's header."""
        found = read('%{X-Forwarded-For}i %u %t "%r" %s %b', b'192.0.2.1 a user [t] "-" 408 -')
        self.assertEqual((found.client, found.user, found.size), (b"192.0.2.1", b"a user", 0))
        self.assertEqual((found.request, found.host, found.duration_us), (b"-", None, None))

    def test_other_lines(self) -> None:
        """A line that the template does not write is invalid."""
        for line in (
            b"",
            OK[:-1] + b"x",
            OK + b" more",
            b'- - - [t] "-" 200 5',
            OK.replace(b" 200 ", b" 2000 "),
        ):
            self.assertIsNone(Template('%h %l %u %t "%r" %>s %b').read(line), line)
        self.assertIs(LineReader('%h %l %u %t "%r" %>s %b').read(OK + b" more"), Reason.PATTERN)

    def test_refused(self) -> None:
        """A template that cannot be read by, or that has no figures, is refused in one line."""
        for template in ("%h%s", "%t %s", "%h", "$remote_addr$status", "$status", "%%", "$"):
            error = self.assertRaises(TemplateError, Template, template)
            self.assertEqual(len(str(error).splitlines()), 1)

    def test_durations(self) -> None:
        """A duration that is no number, negative or without end is none."""
        self.assertEqual(duration_us(b"0.5", 1e6), 500_000)
        for text in (b"", b"-", b"-1", b"inf", b"nan", b"1e300", b"x"):
            self.assertIsNone(duration_us(text, 1.0), text)
