"""Which commands there are."""

from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.chat.irc.requests import ALWAYS, REGISTERED


class RequestTests(SynchronousTestCase):
    def test_the_issues(self) -> None:
        """Everything that clients and bots need is there, and none is in both tables."""
        wanted = (
            "PING JOIN PART QUIT NICK PRIVMSG NOTICE TOPIC NAMES LIST WHO WHOIS WHOWAS KICK MODE INVITE AWAY "
            "MOTD "
            "LUSERS ISON USERHOST "
            "CAP AUTHENTICATE CHATHISTORY SETNAME"
        )
        self.assertLessEqual(set(wanted.split()), set(ALWAYS) | set(REGISTERED))
        self.assertFalse(set(ALWAYS) & set(REGISTERED))
