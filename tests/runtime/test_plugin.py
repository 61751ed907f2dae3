"""The plugin that makes ``proxied:`` a word of Twisted's; what it makes is tested in test_proxied."""

from twisted.internet.interfaces import IStreamServerEndpointStringParser
from twisted.plugin import getPlugins
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.runtime.plugin import ProxiedParser


class PluginTests(SynchronousTestCase):
    def test_twisted_finds_it(self) -> None:
        """Any Twisted program in this environment knows the word."""
        found = [one for one in getPlugins(IStreamServerEndpointStringParser) if one.prefix == "proxied"]
        self.assertEqual([type(one) for one in found], [ProxiedParser])
