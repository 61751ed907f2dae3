"""``--where``: a condition on requests, as people write it. Core.

::

    status >= 500 and like(path, "/api/*")
    method in ("POST", "PUT") or duration > 1.5
    not bot and match(agent, "Firefox/1[0-9]{2}")

Names are those of `NAMES`; ``and or not in``, comparisons, numbers and texts in quotes, ``like`` with a glob
and ``match`` with a regular expression that may stand anywhere. It is read as an expression and never run as
code. What a line does not say (no host, no duration) makes a comparison false.
"""

import ast
import operator
import re
from collections.abc import Callable, Mapping
from fnmatch import translate
from typing import Any

from twisted_suite.accesslog.agents import agent
from twisted_suite.accesslog.records import Record
from twisted_suite.accesslog.times import moment
from twisted_suite.errors import SuiteError

Value = Callable[[Record], Any]

# More would be no condition that a person writes; each level costs one of the interpreter's.
MAX_BYTES = 2000


class ConditionError(SuiteError):
    """A condition that means nothing; the text says where."""


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("utf-8", "backslashreplace")


def _hour(record: Record) -> int | None:
    time = moment(record.time)
    return None if time is None else time.hour % 24


NAMES: Mapping[str, Value] = {
    "client": lambda record: _text(record.client),
    "user": lambda record: _text(record.user),
    "host": lambda record: _text(record.host),
    "method": lambda record: _text(record.method),
    "path": lambda record: _text(record.path),
    "protocol": lambda record: _text(record.protocol),
    "request": lambda record: _text(record.request),
    "status": lambda record: int(record.status) if record.status.isdigit() else None,
    "bytes": lambda record: record.size,
    "referrer": lambda record: _text(record.referrer),
    "agent": lambda record: _text(record.agent),
    "browser": lambda record: agent(record.agent or b"-").name,
    "system": lambda record: agent(record.agent or b"-").system,
    "bot": lambda record: agent(record.agent or b"-").robot,
    "duration": lambda record: None if record.duration_us is None else record.duration_us / 1e6,
    "tls": lambda record: _text(record.tls),
    "format": lambda record: record.format,
    "hour": _hour,
}
_COMPARISONS: Mapping[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda one, many: one in many,
    ast.NotIn: lambda one, many: one not in many,
}


def condition(text: str) -> Callable[[Record], bool]:
    """What decides for one request. Raises `ConditionError`."""
    if len(text.encode()) > MAX_BYTES:
        raise ConditionError(f"it has more than {MAX_BYTES} bytes")
    try:
        value = _compile(ast.parse(text.strip(), mode="eval").body, text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ConditionError(f"{text!r}: {getattr(error, 'msg', None) or error}") from error
    return lambda record: bool(value(record))


def _compile(node: ast.expr, text: str) -> Value:  # noqa: PLR0911  # one for each kind of node
    match node:
        case ast.BoolOp(op=op, values=parts):
            values = [_compile(part, text) for part in parts]
            every = all if isinstance(op, ast.And) else any
            return lambda record: every(value(record) for value in values)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            inner = _compile(operand, text)
            return lambda record: not inner(record)
        case ast.Compare(left=left, ops=ops, comparators=rights):
            return _comparison([_compile(each, text) for each in (left, *rights)], ops, text)
        case ast.Call(func=ast.Name(id="like" | "match" as name), args=[subject, ast.Constant(str(pattern))]):
            return _matching(_compile(subject, text), translate(pattern) if name == "like" else pattern, name)
        case ast.Name(id=name) if name in NAMES:
            return NAMES[name]
        case ast.Constant(value=str() | int() | float() as constant):
            return lambda record: constant
        case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts):
            values = [_compile(part, text) for part in parts]
            return lambda record: [value(record) for value in values]
    what = ast.get_source_segment(text.strip(), node) or text
    raise ConditionError(f"{what!r} means nothing here; names are {', '.join(NAMES)}")


def _comparison(values: list[Value], ops: list[ast.cmpop], text: str) -> Value:
    if any(type(op) not in _COMPARISONS for op in ops):
        raise ConditionError(f"{text!r}: it compares by what is no comparison here")
    tests = [_COMPARISONS[type(op)] for op in ops]

    def compare(record: Record) -> bool:
        found = [value(record) for value in values]
        try:
            return None not in found and all(map(_apply, tests, found, found[1:]))
        except TypeError:  # a text and a number
            return False

    return compare


def _apply(test: Callable[[Any, Any], bool], one: Any, other: Any) -> bool:
    return test(one, other)


def _matching(subject: Value, pattern: str, name: str) -> Value:
    try:
        expression = re.compile(pattern)
    except re.error as error:
        raise ConditionError(f"{pattern!r} is no regular expression: {error}") from error
    find = expression.match if name == "like" else expression.search

    def matches(record: Record) -> bool:
        value = subject(record)
        return isinstance(value, str) and find(value) is not None

    return matches
