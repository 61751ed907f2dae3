"""Facts of this machine, for suites made here; nothing is started."""

import os
from pathlib import Path
from typing import Any

from twisted.internet import reactor as global_reactor
from twisted.internet.protocol import Factory
from twisted.trial.unittest import TestCase

from tests.authority import Authority, write
from twisted_suite.doctor import examine
from twisted_suite.doctor.diagnosis import Diagnosis, Owner, State
from twisted_suite.errors import ConfigError
from twisted_suite.runtime.config import parse

reactor: Any = global_reactor
NOBODY = Owner("nobody", 65534, frozenset({65534}))
HERE = "interface=127.0.0.1"


class ExamineTests(TestCase):
    def setUp(self) -> None:
        self.folder = Path(self.mktemp()).absolute()
        self.folder.mkdir()

    async def examined(self, text: str, owner: Owner | None = None) -> list[Diagnosis]:
        options = {"metrics": None, "admin": None, "log-size": 0, "log-keep": 9}
        tables = parse(text, "suite.toml")
        return [each async for each in examine.examine(tables, options, owner, reactor)]

    def one(self, found: list[Diagnosis], words: str) -> Diagnosis:
        (match,) = (each for each in found if words in each.text)
        return match

    async def test_ports(self) -> None:
        """A port that is taken is a problem, one that is free is free afterwards too."""
        port = reactor.listenTCP(0, Factory(), interface="127.0.0.1")
        self.addCleanup(port.stopListening)
        taken = port.getHost().port
        found = await self.examined(
            f'[[service]]\nplugin = "echo"\nlisten = ["tcp:{taken}:{HERE}", "tcp:0:{HERE}"]\n'
            '[[service]]\nplugin = "chat"\nlisten = "systemd:domain=INET:name=x"\n'
        )
        problem = self.one(found, f"cannot listen on tcp:{taken}")
        self.assertEqual(problem.state, State.PROBLEM)
        self.assertIn("ss -ltnup", problem.remedy)
        self.assertEqual(self.one(found, "is free").state, State.OK)
        self.assertEqual(self.one(found, "not examined").subject, "chat")

    async def test_configuration(self) -> None:
        """A service that cannot be made is told in its own words; the others are examined all the same."""
        found = await self.examined(
            '[[service]]\nplugin = "files"\nroot = "/none"\n[[service]]\nplugin = "echo"\n'
            f'listen = "tcp:0:{HERE}"\nmax-connections = 0\n'
        )
        self.assertEqual(self.one(found, "service 1 (files)").state, State.PROBLEM)
        self.assertEqual([each.text for each in found if each.subject == "/none"], ["does not exist"])
        self.assertEqual(self.one(found, "echo: connections without limit").state, State.WARNING)
        self.assertEqual(self.one(found, "grow for ever").state, State.WARNING)
        self.assertEqual(self.one(found, "all are found").state, State.OK)
        self.assertEqual(
            {each.subject for each in found} >= {"backlog", "clock", "plugins", "log files"}, True
        )

    async def test_permissions(self) -> None:
        """A folder that is closed to the later user is a problem, one that is open is not."""
        os.chmod(self.folder, 0o700)
        text = f'[[service]]\nplugin = "files"\nroot = "{self.folder}"\nlisten = "tcp:0:{HERE}"\n'
        found = await self.examined(text, NOBODY)
        rows = [each for each in found if each.subject == str(self.folder)]
        self.assertEqual([each.state for each in rows], [State.PROBLEM])
        own = Owner("me", os.getuid(), frozenset(os.getgroups()))
        self.assertEqual(self.one(await self.examined(text, own), "can be read by me").state, State.OK)

    async def test_certificates(self) -> None:
        """A certificate that will soon expire is told with its names."""
        write(self.folder, "all.pem", *Authority().issue("one.test"))
        found = await self.examined(f'[[service]]\nplugin = "echo"\nlisten = "tls:{self.folder}:0:{HERE}"\n')
        (row,) = (each for each in found if each.subject == "certificate of one.test")
        self.assertEqual(row.state, State.WARNING)

    def test_users(self) -> None:
        """A user that is not there is the operator's mistake."""
        self.assertEqual(examine.user("root").uid, 0)
        error = self.assertRaises(ConfigError, examine.user, "no-such-user-here")
        self.assertIn("--user no-such-user-here", str(error))
