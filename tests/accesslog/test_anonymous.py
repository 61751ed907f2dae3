"""Reports with nobody in them."""

from twisted.trial.unittest import SynchronousTestCase

from tests.accesslog.test_breakdown import detailed
from tests.accesslog.test_scan import SAMPLE_LOG
from twisted_suite.accesslog.anonymous import anonymous
from twisted_suite.accesslog.breakdown import breakdown
from twisted_suite.accesslog.packing import to_bytes, unsealed
from twisted_suite.accesslog.stats import Stats

SECRETS = (
    b'192.0.2.77 - frank [15/Nov/2015:03:45:45 +0000] "GET /a?token=hidden HTTP/1.1" 200 5'
    b' "http://u:hidden@site.example/p?q=hidden#hidden" "Agent"\n'
    b'192.0.2.77 - - [15/Nov/2015:03:45:45 +0000] "hidden?hidden" 200 5\n'
    b"192.0.2.77 hidden hidden\n"
)


class AnonymousTests(SynchronousTestCase):
    def test_totals(self) -> None:
        """Every total and every number of distinct clients stays."""
        stats = detailed(SAMPLE_LOG.read_bytes())
        found = anonymous(stats, b"key")
        self.assertEqual((found.pageviews, found.visitors, found.total_bytes), (327, 99, 29_992_323))
        before, after = breakdown(stats.panels), breakdown(found.panels)
        for name in ("addresses", "people", "daily_visitors", "visits", "requests", "bytes"):
            self.assertEqual(getattr(after, name), getattr(before, name))
        self.assertEqual([row[1:] for row in found.ranking()][:9], [row[1:] for row in stats.ranking()][:9])

    def test_nobody(self) -> None:
        """No address, user, query string, password or text of a line is left; the original is as it was."""
        stats = detailed(SECRETS)
        before = to_bytes(stats)
        text = str(unsealed(to_bytes(anonymous(stats, b"key"))))
        self.assertEqual(to_bytes(stats), before)
        for secret in ("192.0.2.77", "frank", "hidden?", "=hidden", ":hidden", "hidden hidden"):
            self.assertNotIn(secret, text)
        self.assertIn("http://site.example/p", text)

    def test_key(self) -> None:
        """One key gives one pseudonym, another key another."""
        stats = detailed(SECRETS)
        self.assertEqual(anonymous(stats, b"a"), anonymous(stats, b"a"))
        self.assertNotEqual(anonymous(stats, b"a").requests, anonymous(stats, b"b").requests)
        self.assertEqual(anonymous(Stats(), b"a"), Stats())
