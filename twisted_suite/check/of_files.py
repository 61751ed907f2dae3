"""The checks of a server of the lecture's bare-name protocol, whoever's it is. Adapter."""

from collections.abc import AsyncIterator

from twisted_suite.check.findings import Finding, failed, human_bytes, passed, skipped
from twisted_suite.check.peer import Peer, Target

_BAD_NAMES = {
    "a way out of the root": b"../../../../../../etc/passwd",
    "an absolute path": b"/etc/passwd",
    "a NUL": b"a\0b",
    "bytes that are no text": b"\xff\xfe\xfd",
    "a name without end": b"x" * 100_000,
    "a file that is not there": b"twisted-suite-check-does-not-exist",
}


async def files_checks(target: Target, name: str) -> AsyncIterator[Finding]:
    """Each finding as it is made; `name` is a file that the server has."""
    content = await _fetched(target, name)
    if not content:
        yield failed("answer", f"asked for {name!r}, nothing came: say a file that it has with --name")
        return
    yield passed("answer", f"{name}: {human_bytes(len(content))}")
    yield await _fragmentation(target, name, content)
    yield await _half_close(target, name, content)
    yield await _back_pressure(target, name, content)
    yield await _non_reader(target, name, content)
    yield await _bad_input(target)
    yield await _broken(target, name, content)


async def _fetched(target: Target, name: str) -> bytes:
    async with target.peer() as peer:
        peer.send(name.encode())
        await peer.ends()
        return bytes(peer.received)


async def _compared(check: str, peer: Peer, content: bytes, detail: str) -> Finding:
    await peer.ends()
    if bytes(peer.received) == content:
        return passed(check, detail)
    return failed(check, f"{human_bytes(len(peer.received))} of {human_bytes(len(content))} came")


async def _fragmentation(target: Target, name: str, content: bytes) -> Finding:
    async with target.peer() as peer:
        await peer.send_in_pieces(name.encode())
        return await _compared("fragmentation", peer, content, "a name that comes byte by byte is one name")


async def _half_close(target: Target, name: str, content: bytes) -> Finding:
    async with target.peer() as peer:
        peer.send(name.encode())
        peer.close_half()
        return await _compared("half-close", peer, content, "the whole file comes after the client's FIN")


async def _back_pressure(target: Target, name: str, content: bytes) -> Finding:
    async with target.peer() as slow:
        slow.read_nothing()
        slow.send(name.encode())
        await slow.pause(1.0)
        async with target.peer() as other:
            other.send(name.encode())
            served = await _compared("back-pressure", other, content, "")
        if served.detail:
            return failed("back-pressure", f"beside a client that does not read: {served.detail}")
        slow.read_again()
        return await _compared(
            "back-pressure",
            slow,
            content,
            "a client that does not read holds up nobody, and gets all when it does",
        )


async def _non_reader(target: Target, name: str, content: bytes) -> Finding:
    check = "non-reader timeout"
    if target.timeout_s is None:
        return skipped(check, "say the server's idle timeout with --timeout")
    async with target.peer() as peer:
        peer.read_nothing()
        peer.send(name.encode())
        if await target.is_cut_off_in_time(peer):
            return passed(check, "a client that never reads is cut off")
        peer.read_again()
        await peer.ends()
        if bytes(peer.received) == content:
            return skipped(check, f"{name} fits into the kernels' buffers: say a larger file with --name")
        return failed(check, f"a client that never reads is still connected after {target.timeout_s * 2:g} s")


async def _bad_input(target: Target) -> Finding:
    for what, name in _BAD_NAMES.items():
        async with target.peer() as peer:
            peer.send(name)
            if not await peer.ends():
                return failed("bad input", f"{what}: the connection stays open")
            if peer.received:
                return failed("bad input", f"{what}: {human_bytes(len(peer.received))} came")
    return passed("bad input", f"no bytes for {', '.join(_BAD_NAMES)}")


async def _broken(target: Target, name: str, content: bytes) -> Finding:
    for _ in range(5):
        async with target.peer() as peer:
            peer.send(name.encode())
            peer.break_off()
    if await _fetched(target, name) == content:
        return passed("broken connections", "after five clients that broke off, the next one is served")
    return failed("broken connections", "after five clients that broke off, the next one is not served")
