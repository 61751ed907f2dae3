"""Requests out of bytes: whole, byte by byte, in a row, and from peers that do not keep to it."""

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.files.message import MAX_HEAD_BYTES, MAX_TARGET_BYTES, BadRequest, Request
from twisted_suite.files.reading import BODY_END, MAX_KNOWN, Event, Known, RequestReader

GET = b"GET /a.txt HTTP/1.1\r\nHost: h\r\nAccept: text/html\r\n\r\n"
PUT = b"PUT /b HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"
CHUNKED = b"PUT /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"


def read(pieces: Iterable[bytes]) -> list[Event]:
    reader = RequestReader(Known())
    return [event for piece in pieces for event in reader.receive(piece)]


def shape(events: Iterable[Event]) -> list[object]:
    """The events, with pieces of a body joined and requests by their targets."""
    found: list[object] = []
    for event in events:
        if isinstance(event, bytes) and found and isinstance(found[-1], bytes):
            found[-1] += event
        elif isinstance(event, Request):
            found.append((event.method, event.target.decode()))
        else:
            found.append(event.status if isinstance(event, BadRequest) else event)
    return found


class ReadingTests(SynchronousTestCase):
    def test_a_request(self) -> None:
        """Its fields are known by small names, without the white space round them."""
        (event,) = read([b"GET /a HTTP/1.1\r\nHOST:  h \r\nX: 1\r\nx: 2\r\n\r\n"])
        assert isinstance(event, Request)
        self.assertEqual(event.fields, {b"host": b"h", b"x": b"1, 2"})
        self.assertTrue(event.keep_alive)
        self.assertFalse(event.has_body)

    @given(
        st.lists(st.sampled_from([GET, PUT, CHUNKED]), max_size=5), st.lists(st.integers(1, 60), min_size=1)
    )
    def test_however_it_is_cut(self, requests: list[bytes], sizes: list[int]) -> None:
        """Requests in a row are the same events, whatever pieces they come in."""
        data = b"".join(requests)
        pieces: list[bytes] = []
        at = 0
        while at < len(data):
            size = sizes[len(pieces) % len(sizes)]
            pieces.append(data[at : at + size])
            at += size
        expected: list[object] = []
        for each in requests:
            method, target = each.split()[:2]
            expected.append((method.decode(), target.decode()))
            if each is not GET:
                expected += [b"abc", BODY_END]
        self.assertEqual(shape(read(pieces)), expected)
        self.assertEqual(shape(read([data])), expected)
        self.assertEqual(shape(read(bytes([byte]) for byte in data)), expected)

    def test_keep_alive(self) -> None:
        """HTTP/1.1 goes on unless it says close, HTTP/1.0 ends unless it says keep-alive."""
        for version, connection, goes_on in [
            (b"1.1", b"", True),
            (b"1.1", b"Connection: close\r\n", False),
            (b"1.0", b"", False),
            (b"1.0", b"Connection: keep-alive\r\n", True),
        ]:
            (event,) = read([b"GET / HTTP/%s\r\nHost: h\r\n%s\r\n" % (version, connection)])
            assert isinstance(event, Request)
            self.assertIs(event.keep_alive, goes_on)

    def test_an_upgrade_is_not_taken(self) -> None:
        """Who asks for another protocol is answered in this one, and may go on; with a body it may not."""
        upgrade = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQ\r\n"
        asking = b"GET /u HTTP/1.1\r\nHost: h\r\n" + upgrade + b"\r\n"
        self.assertEqual(shape(read([asking + GET])), [("GET", "/u"), ("GET", "/a.txt")])
        (event,) = read([b"PUT /u HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n" + upgrade + b"\r\n"])
        assert isinstance(event, Request)
        self.assertFalse(event.keep_alive)

    def test_mistakes(self) -> None:
        """What is no request ends the reading, after the requests before it, and its status says why."""
        for data, status in [
            (b"nonsense\r\n\r\n", 400),
            (b"\x16\x03\x01\x02\x00\x01\x00", 400),  # TLS
            (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
            (b"GET / HTTP/1.1\r\n\r\n", 400),
            (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
            (b"GET / HTTP/1.1\r\nHost: h\r\nX : 1\r\n\r\n", 400),
            (b"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
            (b"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
            (b"GET /%s HTTP/1.1\r\n" % (b"a" * MAX_TARGET_BYTES), 414),
            (b"GET / HTTP/1.1\r\nHost: h\r\nX: %s\r\n\r\n" % (b"a" * MAX_HEAD_BYTES), 431),
            (b"GET / HTTP/1.1\r\nHost: h\r\n" + b"".join(b"X%d: 1\r\n" % n for n in range(101)), 431),
        ]:
            with self.subTest(data=data[:60]):
                events = shape(read([GET, data, GET]))
                self.assertEqual(events, [("GET", "/a.txt"), status])
                self.assertEqual(shape(read([GET + data, GET])), events)

    def test_a_head_without_an_end(self) -> None:
        """A field that never ends is given up, in whatever pieces it comes."""
        start = b"GET / HTTP/1.1\r\nHost: h\r\nX: "
        events = read([start, *[b"a" * 1000] * 100])
        self.assertEqual(shape(events), [431])

    def test_many_in_one_chunk(self) -> None:
        """A long row of requests of which the last is cut is no large head."""
        data = GET * 1200 + GET[:20]
        self.assertEqual(shape(read([data, GET[20:]])), [("GET", "/a.txt")] * 1201)

    @given(st.binary(max_size=300))
    def test_any_bytes(self, data: bytes) -> None:
        """Whatever comes is events, and after a mistake there are none."""
        reader = RequestReader(Known())
        events = list(reader.receive(GET[:-2] + data))
        if any(isinstance(event, BadRequest) for event in events):
            self.assertIsInstance(events[-1], BadRequest)
            self.assertEqual(list(reader.receive(GET)), [])


class KnownTests(SynchronousTestCase):
    def test_the_same_bytes_are_not_parsed_again(self) -> None:
        """Another connection that sends the same is given the same request."""
        known = Known()
        (first,) = RequestReader(known).receive(GET)
        (second,) = RequestReader(known).receive(GET)
        self.assertIs(first, second)

    def test_only_where_a_request_begins(self) -> None:
        """Within a head or a body the same bytes mean something else."""
        known = Known()
        RequestReader(known).receive(GET)
        reader = RequestReader(known)
        reader.receive(b"PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % len(GET))
        self.assertEqual(list(reader.receive(GET)), [GET, BODY_END])
        reader.receive(b"GET / HTTP/1.1\r\nX: ")
        self.assertEqual(shape(reader.receive(GET)), [("GET", "/")])

    def test_secrets_and_ends_are_not_kept(self) -> None:
        """Nothing with a password, a body, a mistake or an end of the connection is remembered."""
        known = Known()
        for data in (
            GET[:-2] + b"Authorization: Basic eA==\r\n\r\n",
            GET[:-2] + b"Connection: close\r\n\r\n",
            PUT,
            b"nonsense\r\n\r\n",
            GET[:-2],
            GET[:-2] + b"X: " + b"x" * 1024 + b"\r\n\r\n",
        ):
            RequestReader(known).receive(data)
            self.assertIsNone(known.get(data), data)

    def test_bounded(self) -> None:
        """The oldest are forgotten."""
        known = Known()
        requests = [b"GET /%d HTTP/1.1\r\nHost: h\r\n\r\n" % n for n in range(MAX_KNOWN + 1)]
        for data in requests:
            RequestReader(known).receive(data)
        self.assertIsNone(known.get(requests[0]))
        self.assertIsNotNone(known.get(requests[1]))
        self.assertIsNotNone(known.get(requests[-1]))
