"""What may be asked of a report."""

from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.accesslog.choices import CHOICES, order


class ChoiceTests(SynchronousTestCase):
    def test_nothing_chosen(self) -> None:
        """With every option left alone the order is a sound one, of all lines."""
        empty = {"flag": False, "many": (), "count": None, "text": None}
        found = {choice.name: choice.default or empty[choice.kind] for choice in CHOICES}
        made = order(found, ["a"], "en")
        made.check()
        self.assertIsNone(made.selection.test())
        self.assertEqual((made.files, made.out, made.form.output), (["a"], "-", "text"))
