"""The figures of one moment."""

import json
from dataclasses import asdict

from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.accesslog.pulse import Pulse


class PulseTests(SynchronousTestCase):
    def test_as_an_event(self) -> None:
        """It goes to a page as JSON, whole."""
        found = json.loads(json.dumps(asdict(Pulse(3, 2, 0, 1, statuses=(("200", 3),), recent=("a",)))))
        self.assertEqual((found["lines"], found["invalid"], found["statuses"]), (3, 1, [["200", 3]]))
