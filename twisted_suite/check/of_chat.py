"""The checks of a server of the lecture's chat protocol, whoever's it is. Adapter."""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

from twisted_suite.check.findings import Finding, failed, human_bytes, passed, skipped
from twisted_suite.check.peer import Peer, Target

# As long as a message of the lecture's server may be, less what is put before it.
_LONG = "x" * 900
# How much is said beside a member who reads nothing, and how long at most.
_MOST_SAID = 8 << 20
_SAYING_S = 2.0
_BAD_NAME = b"\xff\xfe\x00\x1b[2J"
_ESCAPE = "\x1b[2J"


class _Room:
    """Members of one chat, who leave when the check is over."""

    def __init__(self, target: Target, stack: AsyncExitStack) -> None:
        self._target = target
        self._stack = stack
        self._mark = secrets.token_hex(3)  # nobody else has these names

    async def guest(self) -> Peer:
        """Somebody who has been asked for a name."""
        peer = await self._stack.enter_async_context(self._target.peer())
        await peer.until(lambda: peer.received)
        peer.received.clear()
        return peer

    def name(self, number: int) -> str:
        return f"check{self._mark}{number}"

    async def member(self, number: int, *, in_pieces: bool = False) -> Peer | None:
        """Somebody who is in; None when the server did not let him."""
        peer = await self.guest()
        name = self.name(number).encode()
        if in_pieces:
            await peer.send_in_pieces(name)
        else:
            peer.send(name)
        return peer if await peer.until(lambda: name in peer.received) else None


async def chat_checks(target: Target) -> AsyncIterator[Finding]:
    """Each finding as it is made."""
    first = await _in_room(target, _answer)
    yield first
    if first.verdict == "fail":
        return
    for check in (_fragmentation, _half_close, _back_pressure, _non_reader, _bad_input, _broken):
        yield await _in_room(target, check)


async def _in_room(target: Target, check: Callable[[_Room, Target], Awaitable[Finding]]) -> Finding:
    async with AsyncExitStack() as stack:
        return await check(_Room(target, stack), target)


async def _hears(listener: Peer, words: str) -> bool:
    return await listener.until(lambda: words.encode() in listener.received)


async def _answer(room: _Room, target: Target) -> Finding:
    one, two = await room.member(1), await room.member(2)
    if one is None or two is None:
        return failed("answer", "it does not greet who gives a name")
    one.send("안녕하세요".encode())
    if await _hears(two, f"[{room.name(1)}] 안녕하세요") and await _hears(one, "안녕하세요"):
        return passed("answer", "what one says both hear, with the name before it")
    return failed("answer", "what one says the other does not hear")


async def _fragmentation(room: _Room, target: Target) -> Finding:
    one = await room.member(1, in_pieces=True)
    two = await room.member(2)
    if one is None or two is None:
        return failed("fragmentation", "a name that comes byte by byte is not one name")
    text = "한글".encode()
    await one.send_in_pieces(text, piece_bytes=len(text) - 1)
    if await _hears(two, "] 한글"):
        return passed("fragmentation", "a name byte by byte and a character cut in two come out right")
    return failed(
        "fragmentation", "a message whose last character comes in two packets is not heard as it was"
    )


async def _half_close(room: _Room, target: Target) -> Finding:
    one, two = await room.member(1), await room.member(2)
    assert one is not None and two is not None
    two.received.clear()
    one.send(b"last words")
    one.close_half()
    if not await _hears(two, "last words"):
        return failed("half-close", "what one says before the FIN the others do not hear")
    if not await one.ends():
        return failed("half-close", "the server does not end the connection")
    return passed("half-close", "what one says before the FIN is heard, then the server ends too")


async def _say_much(speaker: Peer, listener: Peer, seconds: float) -> int:
    """Say long messages, each when the last was heard; returns how many bytes were said."""
    said = 0
    give_up_at = speaker.seconds() + seconds
    while said < _MOST_SAID and speaker.seconds() < give_up_at and not speaker.ended:
        listener.received.clear()
        speaker.received.clear()
        speaker.send(_LONG.encode())
        if not await listener.until(lambda: _LONG.encode() in listener.received):
            break
        said += len(_LONG)
    return said


async def _back_pressure(room: _Room, target: Target) -> Finding:
    silent, one, two = await room.member(3), await room.member(1), await room.member(2)
    assert silent is not None and one is not None and two is not None
    silent.read_nothing()
    said = await _say_much(one, two, _SAYING_S)
    two.received.clear()
    one.send(b"still there")
    if await _hears(two, "still there"):
        return passed(
            "back-pressure", f"a member that reads nothing holds up nobody ({human_bytes(said)} were said)"
        )
    return failed(
        "back-pressure", f"after {human_bytes(said)}, a member that reads nothing holds up the others"
    )


async def _non_reader(room: _Room, target: Target) -> Finding:
    check = "non-reader timeout"
    if target.timeout_s is None:
        return skipped(check, "say the server's idle timeout with --timeout")
    silent, one, two = await room.member(3), await room.member(1), await room.member(2)
    assert silent is not None and one is not None and two is not None
    silent.read_nothing()
    give_up_at = one.seconds() + target.timeout_s * 2 + target.patience_s
    while one.seconds() < give_up_at and not silent.is_cut_off():
        await _say_much(one, two, 1.0)
    if not silent.is_cut_off():
        # What was said may fit into the kernels' buffers: then the end of the connection waits behind it.
        silent.read_again()
        await silent.ends(1.0)
    if silent.is_cut_off():
        return passed(check, "a member that never reads is cut off")
    return failed(check, f"a member that never reads is still connected after {target.timeout_s * 2:g} s")


async def _bad_input(room: _Room, target: Target) -> Finding:
    one, two = await room.member(1), await room.member(2)
    assert one is not None and two is not None
    odd = await room.guest()
    odd.send(_BAD_NAME)
    thief = await room.guest()
    thief.send(room.name(1).encode())
    if not await thief.until(lambda: thief.received):
        return failed("bad input", "who gives a name that is taken hears nothing")
    two.received.clear()
    one.send(f"{_ESCAPE}now".encode())
    if not await _hears(two, "now"):
        return failed("bad input", "after bytes that are no text, and a taken name, nobody hears the others")
    if _ESCAPE.encode() in two.received:
        return failed("bad input", "terminal escapes are passed on: one member can clear another's screen")
    return passed("bad input", "bytes that are no text, a taken name and terminal escapes do no harm")


async def _broken(room: _Room, target: Target) -> Finding:
    for number in range(3, 8):
        gone = await room.member(number)
        if gone is not None:
            gone.send(b"and now")
            gone.break_off()
    one, two = await room.member(1), await room.member(2)
    if one is not None and two is not None:
        one.send(b"still there")
        if await _hears(two, "still there"):
            return passed("broken connections", "after five members that broke off, the others go on")
    return failed("broken connections", "after five members that broke off, nobody hears the others")
