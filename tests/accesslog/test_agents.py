"""Who asks."""

from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.accesslog.agents import agent

CHROME = (
    b"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0"
    b" Safari/537.36"
)


class AgentTests(SynchronousTestCase):
    def test_people(self) -> None:
        """A browser has a name and a system, and is no robot; no agent is nobody."""
        self.assertEqual(agent(CHROME), ("Chrome", "Windows", False))
        for nobody in (b"", b"-"):
            self.assertEqual(agent(nobody), ("-", "-", False))

    def test_robots(self) -> None:
        """Crawlers, scripts and libraries are robots, those that the library does not know too."""
        for text, name in (
            (b"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "Googlebot"),
            (b"curl/8.0", "curl"),
            (b"Go-http-client/1.1", "Go-http-client"),
            (b"GPTBot/1.0", "GPTBot"),
            (b"Unheard-Of-Crawler \xff", "Unheard-Of-Crawler"),
        ):
            self.assertEqual((agent(text).name, agent(text).robot), (name, True))
