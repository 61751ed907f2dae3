"""PROXY headers, whole and in pieces, and who may send them."""

import struct
from ipaddress import ip_address

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.errors import ProtocolError
from twisted_suite.runtime.proxy import (
    MAX_V1_BYTES,
    MAX_V2_BYTES,
    V2_START,
    AllowedProxies,
    End,
    Header,
    HeaderReader,
)

CLIENT4, SERVER4 = End("192.0.2.1", 4242), End("198.51.100.2", 443)
CLIENT6, SERVER6 = End("2001:db8::1", 4242), End("2001:db8::2", 443)


def v2(command: int, family: int, body: bytes) -> bytes:
    return V2_START + bytes([command, family]) + struct.pack("!H", len(body)) + body


def packed(client: End, server: End) -> bytes:
    hosts = b"".join(ip_address(end.host).packed for end in (client, server))
    return hosts + struct.pack("!HH", client.port, server.port)


HEADERS = {
    b"PROXY TCP4 192.0.2.1 198.51.100.2 4242 443\r\n": Header(CLIENT4, SERVER4),
    b"PROXY TCP6 2001:db8::1 2001:db8:0::2 4242 443\r\n": Header(CLIENT6, SERVER6),
    b"PROXY UNKNOWN\r\n": Header(),
    b"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n": Header(),
    v2(0x21, 0x11, packed(CLIENT4, SERVER4)): Header(CLIENT4, SERVER4),
    v2(0x21, 0x21, packed(CLIENT6, SERVER6)): Header(CLIENT6, SERVER6),
    v2(0x21, 0x11, packed(CLIENT4, SERVER4) + b"\x03\x00\x04abcd"): Header(CLIENT4, SERVER4),
    v2(0x20, 0x00, b""): Header(),
    v2(0x20, 0x11, packed(CLIENT4, SERVER4)): Header(),  # LOCAL: the proxy looks whether we live
    v2(0x21, 0x31, bytes(216)): Header(),  # Unix sockets at the proxy
    v2(0x21, 0x00, b"anything"): Header(),
}
BAD = {
    "something else": b"GET / HTTP/1.1\r\n",
    "not even a letter of it": b"\x16",
    "another word": b"PROXIES",
    "a family that is none": b"PROXY UDP4 192.0.2.1 198.51.100.2 1 2\r\n",
    "a name in place of an address": b"PROXY TCP4 localhost 198.51.100.2 1 2\r\n",
    "an IPv6 address as IPv4": b"PROXY TCP4 ::1 198.51.100.2 1 2\r\n",
    "a port too large": b"PROXY TCP4 192.0.2.1 198.51.100.2 65536 2\r\n",
    "a port with a sign": b"PROXY TCP4 192.0.2.1 198.51.100.2 +1 2\r\n",
    "a word too few": b"PROXY TCP4 192.0.2.1 198.51.100.2 1\r\n",
    "a word too many": b"PROXY TCP4 192.0.2.1 198.51.100.2 1 2 3\r\n",
    "no end": b"PROXY UNKNOWN " + b"x" * MAX_V1_BYTES,
    "an end too late": b"PROXY UNKNOWN " + b"x" * MAX_V1_BYTES + b"\r\n",
    "version 3": v2(0x31, 0x11, packed(CLIENT4, SERVER4)),
    "a command that is none": v2(0x22, 0x11, packed(CLIENT4, SERVER4)),
    "too short for its addresses": v2(0x21, 0x21, packed(CLIENT4, SERVER4)),
    "too long": v2(0x21, 0x11, b"")[:-2] + struct.pack("!H", MAX_V2_BYTES + 1),
}


class HeaderTests(SynchronousTestCase):
    def test_headers(self) -> None:
        """Each kind is read whole, byte by byte, and with the client's first bytes behind it."""
        for data, header in HEADERS.items():
            with self.subTest(data=data):
                whole = HeaderReader()
                self.assertEqual(whole.receive(data + b"hello"), header)
                self.assertEqual(whole.rest, b"hello")
                slow = HeaderReader()
                heard = [slow.receive(data[at : at + 1]) for at in range(len(data))]
                self.assertEqual(heard, [None] * (len(data) - 1) + [header])
                self.assertEqual(slow.rest, b"")

    def test_what_is_none(self) -> None:
        """Anything else is refused, as soon as it cannot become one, however it comes."""
        for name, data in BAD.items():
            with self.subTest(name):
                self.assertRaises(ProtocolError, HeaderReader().receive, data)
                slow = HeaderReader()

                def feed(slow: HeaderReader = slow, data: bytes = data) -> None:
                    for at in range(len(data)):
                        slow.receive(data[at : at + 1])

                self.assertRaises(ProtocolError, feed)

    @given(data=st.binary(max_size=300), start=st.sampled_from([b"", b"PROXY ", b"PROXY TCP4 ", V2_START]))
    def test_nothing_else_than_a_header_or_a_refusal(self, data: bytes, start: bytes) -> None:
        """Whatever bytes come, what is kept of them is bounded, and no other error comes out."""
        reader = HeaderReader()
        try:
            header = reader.receive(start + data)
        except ProtocolError:
            return
        if header is not None and header.client is not None:
            ip_address(header.client.host)

    @given(
        hosts=st.tuples(st.ip_addresses(v=4), st.ip_addresses(v=4))
        | st.tuples(st.ip_addresses(v=6), st.ip_addresses(v=6)),
        ports=st.tuples(st.integers(0, 65535), st.integers(0, 65535)),
        cut=st.integers(0, 60),
    )
    def test_both_versions_say_the_same(self, hosts: tuple, ports: tuple, cut: int) -> None:  # type: ignore[type-arg]
        """The same ends come out of a line and of bytes, wherever the header is cut in two."""
        client, server = (End(str(host), port) for host, port in zip(hosts, ports, strict=True))
        version = hosts[0].version
        line = f"PROXY TCP{version} {client.host} {server.host} {client.port} {server.port}\r\n".encode()
        binary = v2(0x21, 0x11 if version == 4 else 0x21, packed(client, server))
        for data in (line, binary):
            reader = HeaderReader()
            first = reader.receive(data[:cut]) if data[:cut] else None
            self.assertEqual(first or reader.receive(data[cut:]), Header(client, server))


class AllowedTests(SynchronousTestCase):
    def test_addresses_and_networks(self) -> None:
        """Single addresses, networks and Unix sockets; IPv4 in IPv6's clothes is IPv4."""
        allowed = AllowedProxies.parse("10.0.0.0/8, 192.0.2.1,2001:db8::/32,unix")
        for host in ("10.1.2.3", "192.0.2.1", "2001:db8:9::1", "::ffff:10.1.2.3", "2001:db8::1%eth0", None):
            self.assertTrue(allowed.allow(host), host)
        for host in ("11.1.2.3", "192.0.2.2", "2001:db9::1", "::ffff:11.1.2.3", "localhost"):
            self.assertFalse(allowed.allow(host), host)
        self.assertFalse(AllowedProxies.parse("10.0.0.1").allow(None))

    def test_a_word_that_is_none(self) -> None:
        """What is neither is named."""
        for word in ("localhost", "10.0.0.0/33", "10.0.0.1/8", ""):
            error = self.assertRaises(ValueError, AllowedProxies.parse, f"::1,{word}")
            self.assertIn(repr(word), str(error))
