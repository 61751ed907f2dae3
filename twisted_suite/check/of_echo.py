"""The checks of an echo server (RFC 862), whoever's it is. Adapter."""

from collections.abc import AsyncIterator

from twisted_suite.check.findings import Finding, failed, human_bytes, passed, skipped
from twisted_suite.check.peer import MAX_UNREAD_BYTES, Target

_HELLO = b"hello from twisted-suite check\n"
# More than two kernels hold: of a server that waits not all of it is taken.
_UNREAD = 16 << 20
_ALL_BYTES = bytes(range(256)) * 16


async def echo_checks(target: Target) -> AsyncIterator[Finding]:
    """Each finding as it is made."""
    yield await _answer(target)
    yield await _fragmentation(target)
    yield await _half_close(target)
    yield await _back_pressure(target)
    yield await _non_reader(target)
    yield await _bad_input(target)
    yield await _broken(target)


async def _answer(target: Target) -> Finding:
    async with target.peer() as peer:
        peer.send(_HELLO)
        if await peer.receives(_HELLO):
            return passed("answer", "what is sent comes back")
        return failed("answer", f"sent {len(_HELLO)} bytes, {len(peer.received)} came back")


async def _fragmentation(target: Target) -> Finding:
    async with target.peer() as peer:
        text = "한 글자씩, byte by byte".encode()
        await peer.send_in_pieces(text)
        if await peer.receives(text):
            return passed("fragmentation", f"{len(text)} packets of one byte come back in order")
        return failed("fragmentation", f"of {len(text)} single bytes {len(peer.received)} came back")


async def _half_close(target: Target) -> Finding:
    async with target.peer() as peer:
        peer.send_and_close_half(_HELLO)
        await peer.ends()
        if bytes(peer.received) != _HELLO:
            return failed(
                "half-close",
                f"of {len(_HELLO)} bytes that come with the client's FIN {len(peer.received)} come back",
            )
    async with target.peer() as peer:
        peer.read_nothing()
        sent = await peer.push(_UNREAD)
        peer.close_half()
        peer.read_again()
        ended = await peer.ends()
        if len(peer.received) != sent:
            return failed(
                "half-close",
                f"of {human_bytes(sent)} before the client's FIN {human_bytes(len(peer.received))} come back",
            )
        if not ended:
            return failed("half-close", "all comes back, but the server does not end the connection")
        return passed(
            "half-close", f"{human_bytes(sent)} come back after the client's FIN, then the server's"
        )


async def _back_pressure(target: Target) -> Finding:
    async with target.peer() as peer:
        peer.read_nothing()
        taken = await peer.push()
        if peer.ended:
            return failed("back-pressure", f"the connection was cut after {human_bytes(taken)}")
        if taken >= MAX_UNREAD_BYTES:
            return failed(
                "back-pressure",
                f"it takes {human_bytes(taken)} from a client that reads nothing, and keeps them in memory",
            )
        peer.read_again()
        if not await peer.until(lambda: len(peer.received) >= taken or peer.ended):
            return failed(
                "back-pressure", f"of {human_bytes(taken)} {human_bytes(len(peer.received))} came back"
            )
        return passed("back-pressure", f"it takes {human_bytes(taken)} and waits; then all of it comes back")


async def _non_reader(target: Target) -> Finding:
    check = "non-reader timeout"
    if target.timeout_s is None:
        return skipped(check, "say the server's idle timeout with --timeout")
    async with target.peer() as peer:
        peer.read_nothing()
        await peer.push()
        if await target.is_cut_off_in_time(peer):
            return passed(check, "a client that never reads is cut off")
        return failed(check, f"a client that never reads is still connected after {target.timeout_s * 2:g} s")


async def _bad_input(target: Target) -> Finding:
    async with target.peer() as peer:
        peer.send(_ALL_BYTES)
        if await peer.receives(_ALL_BYTES):
            return passed(
                "bad input", "NUL, control characters and bytes that are no text come back unchanged"
            )
        return failed("bad input", f"of {len(_ALL_BYTES)} bytes of every kind {len(peer.received)} came back")


async def _broken(target: Target) -> Finding:
    for _ in range(5):
        async with target.peer() as peer:
            peer.send(_HELLO)
            peer.break_off()
    finding = await _answer(target)
    if finding.detail == "what is sent comes back":
        return passed("broken connections", "after five clients that broke off, the next one is served")
    return failed("broken connections", f"after five clients that broke off: {finding.detail}")
