"""Conditions on requests."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.accesslog.lines import COMBINED, OK
from tests.accesslog.test_agents import CHROME
from twisted_suite.accesslog.conditions import MAX_BYTES, NAMES, ConditionError, condition
from twisted_suite.accesslog.reading import LineReader
from twisted_suite.accesslog.records import Record


def read(line: bytes) -> Record:
    """The record of a line."""
    record = LineReader().read(line)
    assert isinstance(record, Record)
    return record


PLAIN, FULL = read(OK), read(COMBINED.replace(b'Agent \\"x\\" 1', CHROME))


class ConditionTests(SynchronousTestCase):
    def test_true_and_false(self) -> None:
        """Each says of two requests whether it holds."""
        for text, expected in (
            ("status == 200", (True, False)),
            ("status >= 400 and bytes < 100", (False, True)),
            ("status == 200 or status == 404", (True, True)),
            ("not status == 200", (False, True)),
            ("200 <= status < 300", (True, False)),
            ("status in (404, 500)", (False, True)),
            ("method == 'GET' and path in ['/']", (True, False)),
            ('like(path, "/*b")', (False, True)),
            ('match(agent, "Chrome/[0-9]+")', (False, True)),
            ("browser == 'Chrome'", (False, True)),
            ("bot", (False, False)),
            ("'example' in referrer", (False, True)),
            ("hour == 3 and client == '192.0.2.1'", (True, True)),
            ("duration > 0", (False, False)),
            ("duration < 1", (False, False)),
            ("host != 'x'", (False, False)),
            ("path > 5", (False, False)),
            ("protocol == 'HTTP/1.1' and format == 'common'", (True, False)),
        ):
            test = condition(text)
            self.assertEqual((test(PLAIN), test(FULL)), expected, text)

    def test_refused(self) -> None:
        """What is no condition is refused with what is meant, and is never run."""
        for text in (
            "", "status =", "stat == 1", "__import__('os')", "path.upper()", "status + 1", "status is 200",
            "like(path)", "like(path, status)", "match(path, '[')", "[x for x in path]", "lambda: 1",
            "path[0]", "f'{path}'", "(" * 500, "a" * (MAX_BYTES + 1), "status\0",
        ):  # fmt: skip
            self.assertRaises(ConditionError, condition, text)

    @given(st.text(max_size=40))
    def test_any_text(self, text: str) -> None:
        """Any text is a condition or is refused."""
        try:
            test = condition(text)
        except ConditionError:
            return
        self.assertIsInstance(test(FULL), bool)

    def test_names(self) -> None:
        """Every name can be asked of any request."""
        for name in NAMES:
            self.assertIsInstance(condition(f"{name} == 1 or {name} == 'x'")(PLAIN), bool)
