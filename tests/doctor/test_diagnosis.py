"""What facts mean."""

import json
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.doctor import diagnosis
from twisted_suite.doctor.diagnosis import HEADINGS, STATES, Diagnosis, Owner, State
from twisted_suite.runtime.text import LANGUAGES

NOW = datetime(2026, 11, 25, tzinfo=UTC)


class DiagnosisTests(SynchronousTestCase):
    def state(self, found: Diagnosis, state: State, words: str) -> None:
        """Of this state, with these words; with a remedy just where one is needed."""
        self.assertEqual(found.state, state, found)
        self.assertIn(words, found.text)
        self.assertEqual(bool(found.remedy), state is not State.OK, found)

    def test_backlog(self) -> None:
        """A kernel that lets fewer connections wait than asked for is told, and how to mend it."""
        self.state(diagnosis.backlog(None), State.OK, "4096")
        self.state(diagnosis.backlog(4096), State.OK, "4096")
        self.state(diagnosis.backlog(128), State.WARNING, "lets 128 connections wait")

    def test_open_files(self) -> None:
        """The limit of open files is held against the caps of all services."""
        self.state(diagnosis.descriptors(1024, 500, []), State.OK, "1024 allowed, 756 needed")
        found = diagnosis.descriptors(1024, 8192, [])
        self.state(found, State.WARNING, "1024 allowed, 8448 needed")
        self.assertIn("ulimit -Hn 8448", found.remedy)
        self.state(diagnosis.descriptors(1024, 0, ["echo"]), State.WARNING, "echo: connections without limit")

    def test_log_files(self) -> None:
        """Log files that grow for ever are told."""
        self.state(diagnosis.log_rotation(10 << 20, 9), State.OK, "at most 100 MB")
        self.state(diagnosis.log_rotation(0, 9), State.WARNING, "for ever")

    def test_plugins(self) -> None:
        """A plugin that is not found is a problem, a cache that will not learn of a new one a warning."""
        self.state(diagnosis.plugin_cache([], []), State.OK, "found")
        self.state(diagnosis.plugin_cache(["echo"], ["x"]), State.PROBLEM, "does not find echo")
        self.state(diagnosis.plugin_cache([], ["dropin.cache"]), State.WARNING, "older than a plugin")

    def test_clock(self) -> None:
        """A clock that stands before the program's own files is wrong; one that nobody keeps may be."""
        self.state(diagnosis.clock(1e9, 1.7e9, True), State.PROBLEM, "before this program was installed")
        self.state(diagnosis.clock(1.7e9, 1.7e9, False), State.WARNING, "nothing keeps")
        for synchronized in (True, None):
            self.state(diagnosis.clock(1.7e9, 1.7e9, synchronized), State.OK, "the time is")

    def test_disk(self) -> None:
        """Little room is a warning, none a problem, and so is a file system without a free node."""
        self.state(diagnosis.disk("/srv", 50 << 30, 100 << 30, 5), State.OK, "51200 MB free")
        self.state(diagnosis.disk("/srv", 900 << 20, 100 << 30, None), State.WARNING, "900 MB free")
        self.state(diagnosis.disk("/srv", 500 << 20, 1 << 30, None), State.OK, "500 MB free")
        self.state(diagnosis.disk("/srv", 1 << 20, 100 << 30, 5), State.PROBLEM, "1 MB free")
        self.state(diagnosis.disk("/srv", 50 << 30, 100 << 30, 0), State.PROBLEM, "no more files")

    def test_certificates(self) -> None:
        """One that has expired is a problem, one that soon will a warning."""
        for days, state, words in (
            (-1, State.PROBLEM, "c.pem has expired on 2026-11-24"),
            (5, State.WARNING, "expires on 2026-11-30"),
            (90, State.OK, "valid until"),
        ):
            self.state(diagnosis.certificate("c.pem", ["a.test"], NOW + timedelta(days), NOW), state, words)

    def test_permissions(self) -> None:
        """What is closed to the user that the service will be is a problem."""
        anna = Owner("anna", 1000, frozenset({1000}))
        self.state(diagnosis.permission("/srv", anna, None, 4), State.OK, "can be read by anna")
        self.state(
            diagnosis.permission("/srv/a", anna, "/srv", 2),
            State.PROBLEM,
            "cannot be written by anna: /srv is closed",
        )

    @given(st.integers(0, 0o777), st.booleans(), st.booleans(), st.sampled_from([1, 2, 4, 5, 6]))
    def test_rights(self, mode: int, owns: bool, in_group: bool, wanted: int) -> None:
        """The rights that count are the owner's, else the group's, else everybody's; root's are all."""
        anna = Owner("anna", 1000, frozenset({50}))
        shift = 6 if owns else 3 if in_group else 0
        allowed = (mode >> shift) & wanted == wanted
        self.assertEqual(anna.may(wanted, mode, 1000 if owns else 1, 50 if in_group else 1), allowed)
        self.assertTrue(Owner("root", 0, frozenset()).may(wanted, mode, 1, 1))

    def test_words(self) -> None:
        """Each language has its headings and states; JSON has the fields by name."""
        for language in LANGUAGES:
            self.assertEqual(set(STATES[language]), set(State))
            self.assertEqual(len(HEADINGS[language]), 4)
        (row,) = json.loads(diagnosis.to_json([diagnosis.backlog(128)]))
        self.assertEqual((row["subject"], row["state"]), ("backlog", "warning"))
