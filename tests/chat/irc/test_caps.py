"""Negotiating capabilities."""

from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.chat.irc.caps import NAMES, Cap, Capabilities


class CapabilitiesTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.caps = Capabilities(~Cap.NONE)

    def test_ls(self) -> None:
        """Values are shown to version 302 only, which has cap-notify without asking."""
        self.assertIn("sasl ", " ".join(self.caps.ls("")) + " ")
        self.assertNotIn(Cap.CAP_NOTIFY, self.caps.enabled)
        self.assertIn("sasl=PLAIN", " ".join(self.caps.ls("302")))
        self.assertIn(Cap.CAP_NOTIFY, self.caps.enabled)

    def test_lines_fit(self) -> None:
        """Whatever there is, is listed, in lines that fit."""
        lines = self.caps.ls("302")
        self.assertEqual({word.partition("=")[0] for line in lines for word in line.split()}, set(NAMES))
        self.assertTrue(all(len(line) < 450 for line in lines))

    def test_request(self) -> None:
        """All of a request or nothing."""
        self.assertTrue(self.caps.request("server-time batch"))
        self.assertFalse(self.caps.request("echo-message nonsense"))
        self.assertEqual(self.caps.enabled, Cap.SERVER_TIME | Cap.BATCH)
        self.assertTrue(self.caps.request("-batch"))
        self.assertEqual(self.caps.list_enabled(), ["server-time"])

    def test_not_offered(self) -> None:
        """What this server has not cannot be asked for."""
        caps = Capabilities(~Cap.SASL)
        self.assertFalse(caps.request("sasl"))
        self.assertNotIn("sasl", " ".join(caps.ls("302")))

    def test_implied(self) -> None:
        """cap-notify cannot be given back by who speaks version 302."""
        self.caps.ls("302")
        self.assertFalse(self.caps.request("-cap-notify"))

    def test_names(self) -> None:
        """The issue's are there."""
        wanted = (
            "cap-notify message-tags server-time echo-message batch labeled-response multi-prefix "
            "away-notify account-tag setname draft/chathistory sasl"
        )
        self.assertLessEqual(set(wanted.split()), set(NAMES))
