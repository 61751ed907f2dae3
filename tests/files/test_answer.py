"""Plans for a representation: the whole, ranges, and what the conditional fields ask for."""

from twisted.trial.unittest import SynchronousTestCase

from tests.files.bodies import MemoryBody, content, field
from twisted_suite.files.answer import Representation, answer
from twisted_suite.files.conditions import http_date
from twisted_suite.files.message import request
from twisted_suite.files.plan import Plan, encode

DATA = b"0123456789"
REPRESENTATION = Representation(
    len(DATA), b"text/plain", b'"v1"', 784111777, ((b"Cache-Control", b"no-cache"), (b"X", b"y"))
)


class AnswerTests(SynchronousTestCase):
    def plan(self, method: str = "GET", **fields: bytes) -> Plan:
        named = {name.replace("_", "-").encode(): value for name, value in fields.items()}
        self.body = MemoryBody(DATA)
        asked = request(method, b"/a", {b"host": b"h", **named})
        return answer(asked, REPRESENTATION, self.body, lambda: b"parted")

    def test_whole(self) -> None:
        """All of it, with what is known of it; the body is still open."""
        plan = self.plan()
        self.assertEqual((plan.status, content(plan), self.body.closed), (200, DATA, 0))
        self.assertEqual(plan.encoded, encode(plan.fields))
        self.assertEqual(
            dict(plan.fields),
            {
                b"Content-Type": b"text/plain",
                b"Content-Length": b"10",
                b"Accept-Ranges": b"bytes",
                b"ETag": b'"v1"',
                b"Last-Modified": http_date(784111777),
                b"Cache-Control": b"no-cache",
                b"X": b"y",
            },
        )

    def test_one_range(self) -> None:
        """A part says which, and has the validators of the whole."""
        plan = self.plan(range=b"bytes=2-4")
        self.assertEqual((plan.status, content(plan)), (206, b"234"))
        self.assertEqual(field(plan, b"Content-Range"), b"bytes 2-4/10")
        self.assertEqual(field(plan, b"Content-Length"), b"3")
        self.assertEqual(field(plan, b"ETag"), b'"v1"')

    def test_several_ranges(self) -> None:
        """Several are parts of one answer, whose length is known."""
        plan = self.plan(range=b"bytes=0-1,-2")
        sent = content(plan)
        self.assertEqual(plan.status, 206)
        self.assertEqual(field(plan, b"Content-Type"), b"multipart/byteranges; boundary=parted")
        self.assertEqual(field(plan, b"Content-Length"), b"%d" % len(sent))
        self.assertIsNone(field(plan, b"Content-Range"))
        self.assertIn(b"Content-Type: text/plain\r\nContent-Range: bytes 8-9/10\r\n\r\n89\r\n", sent)

    def test_no_range(self) -> None:
        """A range beyond the end is told the length; the body is closed."""
        plan = self.plan(range=b"bytes=10-")
        self.assertEqual((plan.status, field(plan, b"Content-Range")), (416, b"bytes */10"))
        self.assertEqual(self.body.closed, 1)
        self.assertIn(b"10 bytes", content(plan))

    def test_if_range(self) -> None:
        """For another version than the one that is there, the whole is sent."""
        self.assertEqual(self.plan(range=b"bytes=2-4", if_range=b'"v1"').status, 206)
        plan = self.plan(range=b"bytes=2-4", if_range=b'"v0"')
        self.assertEqual((plan.status, content(plan)), (200, DATA))

    def test_head(self) -> None:
        """HEAD says what GET would say; ranges mean nothing to it, conditions do."""
        self.assertEqual(self.plan("HEAD").fields, self.plan().fields)
        self.assertEqual(self.plan("HEAD", range=b"bytes=2-4").status, 200)
        self.assertEqual(self.plan("HEAD", if_none_match=b'"v1"').status, 304)

    def test_not_modified(self) -> None:
        """304 has no body, and the fields that a cache needs."""
        plan = self.plan(if_none_match=b'"v1"', range=b"bytes=2-4")
        self.assertEqual((plan.status, plan.body, self.body.closed), (304, b"", 1))
        self.assertEqual({name for name, _ in plan.fields}, {b"ETag", b"Last-Modified", b"Cache-Control"})

    def test_precondition_failed(self) -> None:
        """412 comes with the version that is there."""
        plan = self.plan(if_match=b'"v0"', range=b"bytes=2-4")
        self.assertEqual((plan.status, self.body.closed), (412, 1))
        self.assertEqual(field(plan, b"ETag"), b'"v1"')
        self.assertEqual(field(plan, b"Content-Length"), b"%d" % len(content(plan)))
