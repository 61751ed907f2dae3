"""The files plugin's command line."""

import os
from typing import Any

from twisted.internet.defer import Deferred
from twisted.python import usage
from twisted.trial.unittest import SynchronousTestCase, TestCase

from twisted_suite.errors import ConfigError
from twisted_suite.files.tap import Options, makeService


def made(*argv: str) -> Any:
    options = Options()
    options.parse(list(argv))
    return makeService.__wrapped__(options)  # type: ignore[attr-defined]  # by functools.wraps


class TapTests(SynchronousTestCase):
    def test_mistakes(self) -> None:
        """No root is a mistake of usage; one that cannot be served is a mistake of configuration."""
        self.assertIn("--root DIR is needed", str(self.assertRaises(usage.UsageError, made)))
        self.assertIn("--root /nowhere", str(self.assertRaises(ConfigError, made, "--root=/nowhere")))

    def test_options_reach_the_service(self) -> None:
        """Endpoints and limits arrive; a transfer that stands still for a minute ends."""
        service = made("--root=.", "--listen=tcp:1", "--max-per-ip=4")
        (listener,) = service
        self.assertEqual([endpoint.description for endpoint in listener], ["tcp:1"])
        self.assertEqual(listener.connections.limits.max_per_address, 4)
        self.assertEqual(listener.connections.limits.idle_timeout_s, 60.0)

    def test_http_is_beside_it(self) -> None:
        """--http adds endpoints with a count of their own, and the bare names stay where they were."""
        names, http = made("--root=.", "--http=tcp:1", "--http=tcp:2")
        self.assertEqual([endpoint.description for endpoint in names], ["tcp:9009"])
        self.assertEqual([endpoint.description for endpoint in http], ["tcp:1", "tcp:2"])
        self.assertEqual(http.connections.service_name, "files-http")


class WiringTests(TestCase):
    async def _opens(self) -> None:
        with open(os.path.join(self.root, "a.txt"), "w", encoding="utf-8") as file:
            file.write("hi")
        service = made(f"--root={self.root}", "--listen=tcp:1")
        (listener,) = service
        opened = await listener.connections.factory.buildProtocol(None)._open_file(b"a.txt")
        self.assertEqual(opened.size, 2)
        opened.close()

    def test_files_come_from_the_root(self) -> "Deferred[None]":
        """What the protocol opens is below --root, and is opened in a thread."""
        self.root = self.mktemp()
        os.mkdir(self.root)
        return Deferred.fromCoroutine(self._opens())
