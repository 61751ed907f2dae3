"""Figures on disk: counted once, whatever is run again."""

import gzip
import os
from pathlib import Path

from tests.accesslog.lines import OK
from tests.accesslog.test_batch import FolderTestCase
from tests.accesslog.test_scan import SAMPLE_LOG
from twisted_suite.accesslog.batch import analyse, find
from twisted_suite.accesslog.history import State, is_state, load, load_or_new, merge, save
from twisted_suite.accesslog.report import Report
from twisted_suite.accesslog.scan import Plan
from twisted_suite.errors import ConfigError, ExitStatus

DETAILED = Plan(detailed=True)


class HistoryTests(FolderTestCase):
    def count(self, *names: str) -> Report:
        """One run with the state."""
        state = load_or_new(self.path("state"))
        report = analyse(find(names), DETAILED, state)
        save(self.path("state"), state)
        return report

    def test_again(self) -> None:
        """Running again counts nothing again."""
        log = self.put("log", SAMPLE_LOG.read_bytes())
        first, second = self.count(log), self.count(log)
        self.assertEqual(first.stats, second.stats)
        self.assertEqual(first.stats, analyse([log], DETAILED).stats)
        self.assertEqual(second.sources[0].lines, 0)

    def test_grown(self) -> None:
        """Of a log that has grown the new lines are counted, a line cut in two once, by its own number."""
        whole = SAMPLE_LOG.read_bytes() + b"bad\n" + OK + b"\n"
        log = self.put("log", b"")
        for end in (0, 7, 5_000, 5_001, 40_000, len(whole)):
            Path(log).write_bytes(whole[:end])
            report = self.count(log)
            self.assertEqual(
                report.stats.lines, whole[:end].count(b"\n") + (not whole[:end].endswith(b"\n") and end > 0)
            )
        self.assertEqual(report.stats, analyse([log], DETAILED).stats)

    def test_rotated(self) -> None:
        """Rotated, packed or under another name it is the same log; what is new beside it is counted."""
        log = self.put("log", SAMPLE_LOG.read_bytes())
        self.count(log)
        os.rename(log, self.path("log.1"))
        self.put("log.2.gz", gzip.compress(SAMPLE_LOG.read_bytes()))
        self.put("log", OK + b"\n")
        report = self.count(self.path("log*"))
        self.assertEqual(report.stats.lines, 494)

    def test_merge(self) -> None:
        """States of two logs add up to what one run over both says; of one log twice they are refused."""
        one, two = self.put("one", SAMPLE_LOG.read_bytes()), self.put("two", OK + b"\n")
        states = []
        for name in (one, two):
            state = State()
            analyse([name], DETAILED, state)
            save(name + ".state", state)
            states.append(name + ".state")
        self.assertEqual(merge(states).stats, analyse([one, two], DETAILED).stats)
        error = self.assertRaises(ConfigError, merge, [states[0], states[0]])
        self.assertIn("has counted a log that another", str(error))

    def test_refused(self) -> None:
        """What is no state is refused by name, and left as it is."""
        for content in (b"", OK, b"TSAL\x01"):
            path = self.put("none", content)
            error = self.assertRaises(ConfigError, load, path)
            self.assertTrue(str(error).startswith(f"{path}: "))
            self.assertIs(error.status, ExitStatus.DATA)
        self.assertIs(self.assertRaises(ConfigError, load, self.path("gone")).status, ExitStatus.NO_INPUT)
        error = self.assertRaises(ConfigError, save, self.path("no/state"), State())
        self.assertIs(error.status, ExitStatus.IO)

    def test_known_from_a_log(self) -> None:
        """A state is told from a log by its first bytes."""
        save(self.path("state"), State())
        self.assertTrue(is_state(Path(self.path("state")).read_bytes()))
        self.assertFalse(is_state(OK))
