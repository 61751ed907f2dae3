"""Lines in syslog messages."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.accesslog.lines import COMBINED, OK
from twisted_suite.accesslog.records import MAX_LINE_BYTES
from twisted_suite.accesslog.syslog import Messages, message
from twisted_suite.errors import LimitExceeded

HEADS = (
    b"<190>Nov 15 03:45:45 web1 nginx: ",
    b"<190>Nov  5 03:45:45 nginx: ",
    b"<134>Nov 15 03:45:45 lb haproxy[14389]: ",
    b"<190>2015-11-15T03:45:45.123+09:00 web1 nginx[7]: ",
    b"<190>1 2015-11-15T03:45:45Z web1 nginx 12 - - ",
    b'<190>1 2015-11-15T03:45:45Z web1 nginx - ID47 [a@1 b="]\\"c"][d@2] \xef\xbb\xbf',
    b"",
)


class MessageTests(SynchronousTestCase):
    def test_heads(self) -> None:
        """The line is what follows the head, of either kind, or all of it."""
        for head in HEADS:
            for line in (OK, COMBINED):
                self.assertEqual(message(head + line + b"\r\n"), line)

    @given(st.lists(st.sampled_from(HEADS), max_size=6), st.randoms(use_true_random=False), st.booleans())
    def test_streams(self, heads: list[bytes], random: object, counted: bool) -> None:
        """Messages come out of a stream cut anywhere, framed by count or by newline."""
        messages = [head + OK for head in heads if head or not counted]
        framed = [b"%d %s" % (len(each), each) if counted else each + b"\n" for each in messages]
        stream = b"".join(framed)
        for size in (1, 7, len(stream) or 1):
            splitter, found = Messages(), []
            for at in range(0, len(stream), size):
                found += splitter.feed(stream[at : at + size])
            self.assertEqual(found + splitter.finish(), [OK] * len(messages))

    def test_unended(self) -> None:
        """The last message may have no end, and none may be longer than a line."""
        splitter = Messages()
        self.assertEqual(splitter.feed(OK), [])
        self.assertEqual(splitter.finish(), [OK])
        self.assertRaises(LimitExceeded, Messages().feed, b"x" * (MAX_LINE_BYTES + 1))
