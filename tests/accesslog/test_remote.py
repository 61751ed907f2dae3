"""Logs on other machines."""

import gzip
import io
import subprocess
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from importlib.util import find_spec
from threading import Thread
from typing import Any

from tests.accesslog.test_batch import FolderTestCase
from tests.accesslog.test_scan import SAMPLE_LOG
from tests.support import ROOT, need
from twisted_suite.accesslog.batch import analyse, find
from twisted_suite.accesslog.history import State
from twisted_suite.accesslog.remote import RemoteLog, is_remote
from twisted_suite.errors import ConfigError, ExitStatus

try:
    fsspec: Any = import_module("fsspec")
except ImportError:
    fsspec = None


class Quiet(SimpleHTTPRequestHandler):
    """A web server that says nothing."""

    def log_message(self, *_: object) -> None:
        """No word."""


class RemoteTests(FolderTestCase):
    def setUp(self) -> None:
        super().setUp()
        need(fsspec, "fsspec is not installed: pip install 'twisted-suite[remote]'")
        self.memory = fsspec.filesystem("memory")
        self.addCleanup(self.memory.store.clear)
        self.memory.pipe("/logs/access.log.2.gz", gzip.compress(SAMPLE_LOG.read_bytes()))
        self.memory.pipe("/logs/access.log", SAMPLE_LOG.read_bytes())

    def test_addresses(self) -> None:
        """An address is told from a file's name."""
        self.assertTrue(is_remote("s3://bucket/a.gz"))
        for name in ("a.log", "./s3:/a", "C:\\a", "://a", "-"):
            self.assertFalse(is_remote(name))

    def test_read(self) -> None:
        """Packed or not, it counts as here; a glob means what it matches, the oldest first."""
        paths = find(["memory://logs/access.log*"])
        self.assertEqual([path.rpartition("/")[2] for path in paths], ["access.log.2.gz", "access.log"])
        report = analyse(paths)
        self.assertEqual([source.compression for source in report.sources], ["gzip", "plain"])
        self.assertEqual((report.stats.lines, report.stats.pageviews), (2 * 493, 2 * 327))

    def test_state(self) -> None:
        """With a state it is counted once, as the log that it is."""
        state = State()
        for _ in range(2):
            analyse(find(["memory://logs/access.log"]), state=state)
        self.assertEqual(state.stats.lines, 493)

    def test_http(self) -> None:
        """So is one that a web server has."""
        need(find_spec("aiohttp"), "aiohttp is not installed: pip install 'twisted-suite[remote]'")
        self.put("a.log.gz", gzip.compress(SAMPLE_LOG.read_bytes()))
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(self.folder)))
        serving = Thread(target=server.serve_forever)
        serving.start()
        self.addCleanup(serving.join)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        base = f"http://127.0.0.1:{server.server_address[1]}"
        # In a process of its own: the library's event loop stays for as long as a process lives.
        for name, status, words in (
            ("a.log.gz", ExitStatus.OK, b"Visitors: 99 "),
            ("gone", ExitStatus.NO_INPUT, b""),
        ):
            command = (sys.executable, "-m", "twisted_suite", "accesslog", "--lang=en", f"{base}/{name}")
            done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False, timeout=60)
            self.assertEqual((done.returncode, words in done.stdout), (status, True), done.stderr)

    def test_missing(self) -> None:
        """What is not there, and a kind that nobody knows, is refused in one line."""
        for url in ("memory://logs/gone", "memory://logs/*.zip", "nonsense://a"):
            error = self.assertRaises(ConfigError, lambda url=url: analyse(find([url])))
            self.assertTrue(str(error).startswith(f"{url}: "), error)
            self.assertEqual(len(str(error).splitlines()), 1)

    def test_breaks_off(self) -> None:
        """A reading that fails in its midst is damage, whatever library says so."""

        class Breaking(io.BytesIO):
            """A connection that ends."""

            def read(self, size: int | None = -1, /) -> bytes:
                raise LookupError("reset")

        log = RemoteLog("memory://logs/access.log")
        log._file.close()
        log._file = Breaking()
        self.assertRaises(OSError, log.read, 10)
        log.close()
