"""The kit of faults does to a line what it says, or every test that uses it would say nothing."""

import contextlib
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from tests.support import (
    BYTE_AT_A_TIME,
    DELAYED,
    FINE,
    Fault,
    JumpingClock,
    Link,
    cut_after,
    exhausted_descriptors,
    reset_after,
    stall_after,
)


def _serve(listening: socket.socket, pieces: list[bytes]) -> None:
    """Echo what one client sends until it ends, and keep the pieces as they came."""
    with contextlib.suppress(OSError):
        connection, _ = listening.accept()
        with connection:
            connection.settimeout(10)
            while data := connection.recv(1 << 16):
                pieces.append(data)
                connection.sendall(data)


class LinkTests(SynchronousTestCase):
    def through(
        self, converse: Callable[[socket.socket], bytes], **faults: Fault
    ) -> tuple[bytes, list[bytes]]:
        """What a client hears of an echo over such a line, and the pieces in which the echo heard it."""
        pieces: list[bytes] = []
        with socket.create_server(("127.0.0.1", 0)) as listening:
            listening.settimeout(10)
            thread = threading.Thread(target=_serve, args=(listening, pieces))
            thread.start()
            with (
                Link(listening.getsockname()[1], **faults) as link,
                socket.create_connection(("127.0.0.1", link.port), timeout=10) as client,
            ):
                heard = converse(client)
            thread.join()
        return heard, pieces

    @staticmethod
    def hello(client: socket.socket) -> bytes:
        heard = b""
        with contextlib.suppress(ConnectionError):
            client.sendall(b"hello")
            client.shutdown(socket.SHUT_WR)
            while data := client.recv(100):
                heard += data
        return heard

    def test_a_line_that_is_fine(self) -> None:
        """Without a fault, and with delays only, all passes, ends included."""
        for fault in (FINE, DELAYED):
            heard, pieces = self.through(self.hello, to_server=fault, to_client=fault)
            self.assertEqual((heard, pieces), (b"hello", [b"hello"]))

    def test_a_byte_at_a_time(self) -> None:
        """Nothing is lost, and the other end never gets more at once than the line sends."""
        heard, pieces = self.through(self.hello, to_client=BYTE_AT_A_TIME)
        self.assertEqual((heard, b"".join(pieces)), (b"hello", b"hello"))

    def test_ends(self) -> None:
        """A cut and a reset end both ways, after as many bytes as were said."""
        for fault in (cut_after(3), reset_after(3)):
            _, pieces = self.through(self.hello, to_server=fault)
            self.assertEqual(b"".join(pieces)[:3], b"hel"[: len(b"".join(pieces))])
            self.assertLessEqual(len(b"".join(pieces)), 3)

    def test_a_stall_says_nothing(self) -> None:
        """After a stall neither end hears anything, not even an end."""

        def converse(client: socket.socket) -> bytes:
            client.sendall(b"hello")
            self.assertEqual(client.recv(3), b"hel")
            client.settimeout(0.2)
            self.assertRaises(TimeoutError, client.recv, 1)
            return b"silence"

        heard, pieces = self.through(converse, to_server=stall_after(3))
        self.assertEqual((heard, b"".join(pieces)), (b"silence", b"hel"))


class MachineTests(SynchronousTestCase):
    def test_descriptors_run_out(self) -> None:
        """A command that is started so fails where it opens one file too many."""
        source = "import os\ntry:\n while True: os.dup(0)\nexcept OSError as error: print(error.errno)"
        run = subprocess.run(
            [*exhausted_descriptors(20), sys.executable, "-Sc", source], capture_output=True, check=True
        )
        self.assertEqual(run.stdout.strip(), b"24")

    def test_the_clock_jumps(self) -> None:
        """A Python process that is started so sees the time that we set."""
        folder = Path(self.mktemp()).absolute()
        folder.mkdir()
        clock = JumpingClock(folder, {})
        source = "import time; print(time.time())"
        clock.jump(-1e9)
        run = subprocess.run(
            [sys.executable, "-c", source], env=clock.environment, capture_output=True, check=True
        )
        self.assertLess(float(run.stdout), 1e9)
