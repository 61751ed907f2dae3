"""What somebody wants to know."""

from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.accesslog.order import Order
from twisted_suite.accesslog.rendering import Form
from twisted_suite.accesslog.selection import Selection
from twisted_suite.errors import ConfigError, ExitStatus


class OrderTests(SynchronousTestCase):
    def test_defaults(self) -> None:
        """Nothing but files is enough: a text of all lines, to standard output."""
        order = Order(["a"])
        order.check()
        self.assertEqual((order.log_format, order.form.output, order.out), ("auto", "text", "-"))
        plan = order.plan()
        self.assertEqual((plan.detailed, plan.wanted, plan.invalid), (False, None, None))

    def test_what_means_nothing(self) -> None:
        """It is refused in one line that names the option."""
        for order, start in (
            *((Order(["a"], name), "--format: ") for name in ("iis", "%h", "$status", "%h%s")),
            (Order(["a"], form=Form(compare="2015")), "--compare: '2015' is not two periods"),
            (Order(["a"], selection=Selection(since="soon")), "the filter: 'soon' is no time"),
            (Order(["-"], state="s"), "--state: standard input cannot be known again"),
        ):
            error = self.assertRaises(ConfigError, order.check)
            self.assertTrue(str(error).startswith(start), str(error))
            self.assertIs(error.status, ExitStatus.USAGE)

    def test_formats(self) -> None:
        """Names and format strings are taken."""
        for name in ("s3", "combined", '%h %t "%r" %>s %b', "$remote_addr $status"):
            Order(["a"], name).check()

    def test_detail(self) -> None:
        """Panels are filled for a form that shows them, and for a state, which a later report may show."""
        for order in (
            Order(["a"], state="s"),
            Order(["a"], form=Form("html")),
            Order(["a"], form=Form(panels=True)),
        ):
            self.assertTrue(order.plan().detailed)
