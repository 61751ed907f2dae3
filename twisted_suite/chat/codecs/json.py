"""The chat as JSON, for the page and for programs: commands in, events out. Core.

::

    -> {"do": "say", "room": "lobby", "text": "hello"}
    <- [{"is": "said", "room": "lobby", "number": 7, "at": 1790000000.5,
         "who": {"name": "kim", "id": 3}, "text": "hello", "kind": "message"}]

Each command and event has the name of its class in small letters (`commands`, `events`, `replies`) and that
class's fields; what a command may leave out has the class's default. One message of ours is a list of events.
"""

import json
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass, replace
from enum import Enum, IntFlag
from functools import cache
from re import sub
from types import UnionType
from typing import Any, get_args, get_type_hints

from twisted_suite.chat import commands as c
from twisted_suite.chat import replies as r
from twisted_suite.chat.events import Person, Talk
from twisted_suite.chat.log import Posted
from twisted_suite.chat.sessions import Deliver
from twisted_suite.errors import ProtocolError

# What only a transport says of itself, and what a front end decides: no peer may ask for it.
_INTERNAL = (
    c.Connect, c.HangUp, c.Dismiss, c.Pause, c.Resume, c.Overrun, c.Mistype, c.SetAccount,
)  # fmt: skip
# Fields that a peer does not set, whatever it says.
_OURS = frozenset({"account"})
# JSON's numbers are doubles: no room comes near it, and no decimal digits are lost below.
_MAX_INT = 1 << 53


@dataclass(frozen=True, slots=True)
class Search:
    """Asks a history, and not the hub: what was said in `room` that has every word of `query` as a part."""

    room: str
    query: str


class Malformed(ProtocolError):
    """A message that is no command; its text says what is wrong, and is safe to send back."""


def _word(kind: type) -> str:
    """The name of a class as frames spell it: ``AskMembers`` is ``ask_members``."""
    return sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()


COMMANDS: Mapping[str, type] = {
    _word(kind): kind for kind in (*get_args(c.Command), Search) if kind not in _INTERNAL
}
_TALK = {_word(kind): kind for kind in get_args(Talk)}


def decode(text: str) -> c.Command | Search:
    """The command that a peer's message is. Raises `Malformed`."""
    try:
        said = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Malformed("not JSON") from error
    if not isinstance(said, dict) or not isinstance(word := said.pop("do", None), str):
        raise Malformed('not an object with a "do"')
    kind = COMMANDS.get(word)
    if kind is None:
        raise Malformed(f"there is no {word!r} to do")
    if not _OURS.isdisjoint(said):
        raise Malformed(f"{word} has no {min(_OURS & set(said))!r}")
    command: c.Command | Search = _build(kind, said, word)
    return command


@cache
def _fields(kind: type) -> dict[str, tuple[Any, Field[Any]]]:
    hints = get_type_hints(kind)
    return {each.name: (hints[each.name], each) for each in fields(kind)}


def _build(kind: type, said: Mapping[str, object], where: str) -> Any:
    known = _fields(kind)
    for name in said:
        if name not in known:
            raise Malformed(f"{where} has no {name!r}")
    values = {}
    for name, (hint, each) in known.items():
        if name in said:
            values[name] = _value(hint, said[name], f"{where}.{name}")
        elif each.default is MISSING:
            raise Malformed(f"{where} needs {name!r}")
    return kind(**values)


def _value(hint: Any, value: object, where: str) -> Any:
    """`value` as the type that the field has."""
    if isinstance(hint, UnionType):
        if value is None:
            return None
        (hint,) = (each for each in get_args(hint) if each is not type(None))
    if is_dataclass(hint) and isinstance(value, dict):
        return _build(hint, value, where)  # type: ignore[arg-type]  # a class, as hints are
    if getattr(hint, "__origin__", None) is tuple and isinstance(value, list):
        return tuple(_value(get_args(hint)[0], each, where) for each in value)
    return _scalar(hint, value, where)


def _scalar(hint: Any, value: object, where: str) -> Any:
    if hint is str and isinstance(value, str):
        return value.encode("utf-8", "replace").decode()  # a lone surrogate could not be sent to anybody
    if hint is bool and isinstance(value, bool):
        return value
    if hint is int and type(value) is int and abs(value) <= _MAX_INT:
        return value
    if isinstance(hint, type) and issubclass(hint, Enum) and isinstance(value, str):
        return _member(hint, value, where)
    raise Malformed(f"{where} is not {_named(hint)}")


def _member(kind: type[Enum], value: str, where: str) -> Enum:
    try:
        return kind[value.upper()]
    except KeyError:
        raise Malformed(f"{where} is not {_named(kind)}") from None


def _named(hint: Any) -> str:
    """What a field takes, for a person."""
    names = {str: "a text", int: "a whole number", bool: "true or false"}
    if hint in names:
        return names[hint]
    if isinstance(hint, type) and issubclass(hint, Enum):
        return "one of " + ", ".join(each.name.lower() for each in hint)
    return "an object" if is_dataclass(hint) else "a list"


def encode(events: tuple[r.Event, ...]) -> str:
    """One message that tells of `events`."""
    return dump([_object(event) for event in events])


def encode_delivery(delivery: Deliver) -> str:
    """The same of what happened in a room."""
    told = [] if not delivery.lost else [_object(r.Missed(delivery.lost, delivery.room))]
    return dump(told + [posted(each) for each in delivery.events])


def posted(event: Posted) -> dict[str, Any]:
    """An event of a room, in its place."""
    where = {"room": event.room, "number": event.number, "at": event.at}
    return {"is": _word(type(event.event)), **where, **_members(event.event)}


def dump(told: list[dict[str, Any]]) -> str:
    """A list of events as one message."""
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def _object(event: Any) -> dict[str, Any]:
    return {"is": _word(type(event)), **_members(event)}


def _members(value: Any) -> dict[str, Any]:
    return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}


def _plain(value: Any) -> Any:
    if isinstance(value, Person):
        # Where somebody comes from is not everybody's business.
        return {"name": value.name, "id": value.id, **({"account": value.account} if value.account else {})}
    if isinstance(value, Posted):
        return posted(value)
    if isinstance(value, IntFlag):
        return [each.name.lower() for each in type(value) if each and each in value and each.name]
    if isinstance(value, Enum):
        return value.name.lower()
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return _members(value) if is_dataclass(value) else value


def record(event: Talk) -> str:
    """`event` as a history keeps it."""
    return json.dumps(_object(event), ensure_ascii=False, separators=(",", ":"))


def recorded(text: str) -> Talk:
    """The event that `record` made `text` of, told by nobody who is here. Raises `Malformed`."""
    told = json.loads(text)
    event: Talk = _build(_TALK[told.pop("is")], told, "event")
    return replace(event, who=replace(event.who, id=0))
