"""A room: its log, its audience, and what is agreed on in it. Core: used by the hub's steps.

Members and their status, topic, modes, bans and invitations are the room's as long as somebody is in it. When
the last one leaves they are gone and only the log stays, so that who comes back can read on.
"""

import re
from collections.abc import Hashable, Iterable
from functools import lru_cache
from typing import Generic, TypeVar

from twisted_suite.chat.audience import Audience
from twisted_suite.chat.events import Change, Crowd, Person, Status, Talk, size_of
from twisted_suite.chat.log import Log, Posted, RoomLimits
from twisted_suite.chat.names import Name
from twisted_suite.chat.replies import Fault

MemberT = TypeVar("MemberT", bound=Hashable)

# Modes that are on or off, and what a new room starts with: nothing from outside, topic for operators.
FLAGS = "imnt"
NEW_ROOM_FLAGS = "nt"
# Enough for any quarrel; each is tried on every newcomer.
MAX_BANS = 100
MAX_INVITATIONS = 1000
MAX_KEY_CHARS = 32
# A log has one number for each message; nobody needs a limit of members above this.
MAX_LIMIT = 1 << 31


class Room(Generic[MemberT]):
    """One room. What may be done in it is checked by `moderation` and `visits`; this holds what is so."""

    def __init__(self, name: Name, epoch: str, limits: RoomLimits, *, is_common: bool = False) -> None:
        self.name = name
        self.is_common = is_common  # everybody's: nobody is its operator for having come first
        self.log = Log(name.shown, epoch)
        self.audience: Audience[MemberT] = Audience(self.log, limits)
        self.recorded = self.log.end  # events before this were offered to the history
        self.made_at = 0.0
        self.crowd: Crowd | None = None  # who came and went since `crowd_since`, and is not announced yet
        self.crowd_since = 0.0
        self.statuses: dict[MemberT, Status] = {}
        self._reset()

    def _reset(self) -> None:
        self.flags = set("n" if self.is_common else NEW_ROOM_FLAGS)
        self.topic, self.topic_by, self.topic_at = "", "", 0.0
        self.key = ""
        self.limit: int | None = None
        self.bans: dict[str, tuple[str, float]] = {}
        self.invitations: dict[MemberT, None] = {}

    def __len__(self) -> int:
        return len(self.statuses)

    def restore(self, epoch: str, events: Iterable[tuple[float, Talk]], first: int) -> None:
        """Take over what a history kept, from number `first` on; before anybody is here."""
        self.log = Log(self.name.shown, epoch, first)
        for at, event in events:
            self.log.append(event, size_of(event), at)
        self.audience = Audience(self.log, self.audience.limits)
        self.log.forget(self.audience.limits)
        self.recorded = self.log.end

    def post(self, event: Talk, now: float) -> Posted:
        self.audience.posted()
        return self.log.append(event, size_of(event), now)

    # --- members ------------------------------------------------------------------------------------------

    def admit(self, member: MemberT, now: float) -> None:
        """Now a member; the first of a room that is not everybody's is its operator."""
        is_first = not self.statuses
        if is_first:
            self.made_at = now
        self.statuses[member] = Status.OPERATOR if is_first and not self.is_common else Status.NONE
        self.invitations.pop(member, None)

    def dismiss(self, member: MemberT) -> None:
        """No longer a member; what it reads is the audience's affair."""
        del self.statuses[member]
        if not self.statuses:
            self._reset()

    def is_operator(self, member: MemberT) -> bool:
        return Status.OPERATOR in self.statuses.get(member, Status.NONE)

    def obstacle(self, member: MemberT, person: Person, key: str) -> Fault | None:
        """What keeps `member` out, if anything does."""
        if member in self.invitations:
            return None
        if self.key and key != self.key:
            return Fault.BAD_KEY
        if self.limit is not None and len(self.statuses) >= self.limit:
            return Fault.FULL
        if self.is_banned(person):
            return Fault.BANNED
        return Fault.INVITE_ONLY if "i" in self.flags else None

    def may_speak(self, member: MemberT, person: Person) -> bool:
        status = self.statuses.get(member)
        if status:
            return True
        if status is None and "n" in self.flags:
            return False
        return "m" not in self.flags and not self.is_banned(person)

    def is_banned(self, person: Person) -> bool:
        return bool(self.bans) and any(matches(mask, person) for mask in self.bans)

    # --- modes --------------------------------------------------------------------------------------------

    def change(self, change: Change, by: Person, now: float) -> Fault | Change | None:
        """Change a mode that concerns no member. Returns what was changed, None when it was so before."""
        if change.mode in FLAGS:
            return self._change_flag(change)
        if change.mode == "k":
            return self._change_key(change)
        if change.mode == "l":
            return self._change_limit(change)
        return self._change_ban(change, by, now)

    def modes(self, *, with_key: bool) -> tuple[Change, ...]:
        changes = [Change(True, flag) for flag in sorted(self.flags)]
        if self.key:
            changes.append(Change(True, "k", self.key if with_key else "*"))
        if self.limit is not None:
            changes.append(Change(True, "l", str(self.limit)))
        return tuple(changes)

    def _change_flag(self, change: Change) -> Change | None:
        if change.is_set == (change.mode in self.flags):
            return None
        (self.flags.add if change.is_set else self.flags.discard)(change.mode)
        return Change(change.is_set, change.mode)

    def _change_key(self, change: Change) -> Change | None:
        if not change.is_set:
            was, self.key = self.key, ""
            return Change(False, "k", was) if was else None
        key = change.argument[:MAX_KEY_CHARS]
        if not key or key == self.key or any(mark in key for mark in " ,") or key.startswith(":"):
            return None
        self.key = key
        return Change(True, "k", key)

    def _change_limit(self, change: Change) -> Change | None:
        if not change.is_set:
            was, self.limit = self.limit, None
            return Change(False, "l") if was is not None else None
        if not change.argument.isdecimal() or not 0 < int(change.argument[:12]) <= MAX_LIMIT:
            return None
        self.limit = int(change.argument)
        return Change(True, "l", str(self.limit))

    def _change_ban(self, change: Change, by: Person, now: float) -> Fault | Change | None:
        mask = full_mask(change.argument)
        mask = next((known for known in self.bans if known.casefold() == mask.casefold()), mask)
        if change.is_set == (mask in self.bans):
            return None
        if not change.is_set:
            del self.bans[mask]
        elif len(self.bans) >= MAX_BANS:
            return Fault.TOO_MANY_BANS
        else:
            self.bans[mask] = by.name, now
        return Change(change.is_set, "b", mask)


def full_mask(mask: str) -> str:
    """`mask` as ``name!user@host``, with ``*`` for what it does not say."""
    name, at, host = mask.partition("@")
    name, bang, user = name.partition("!")
    if at and not bang:
        name, user = "*", name
    return f"{name or '*'}!{user or '*'}@{host or '*'}"


def matches(mask: str, person: Person) -> bool:
    return _mask(mask).fullmatch(f"{person.name}!{person.user}@{person.host}".casefold()) is not None


@lru_cache(maxsize=1024)
def _mask(mask: str) -> re.Pattern[str]:
    """Each part between two stars is looked for once, at the first place where it fits: no mask is slow."""
    parts = [re.escape(part).replace(r"\?", ".") for part in re.split(r"\*+", mask.casefold())]
    if len(parts) == 1:
        return re.compile(parts[0], re.DOTALL)
    first, *middle, last = parts
    return re.compile(first + "".join(f"(?>.*?{part})" for part in middle) + ".*" + last, re.DOTALL)
