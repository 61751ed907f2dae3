"""The options of ``twisted-suite accesslog``; what it prints is in test_client.py."""

import click
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.accesslog.command import accesslog
from twisted_suite.accesslog.formats import Format


class OptionTests(SynchronousTestCase):
    def test_log_formats(self) -> None:
        """The formats that the command line names are those that there are."""
        (parameter,) = (each for each in accesslog.params if each.name == "log_format")
        self.assertIsInstance(parameter.type, click.Choice)
        self.assertEqual(list(getattr(parameter.type, "choices", [])), [each.value for each in Format])
