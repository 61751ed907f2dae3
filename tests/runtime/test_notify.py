"""The way to the service manager, with a socket that stands for systemd's."""

import os
import socket
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.runtime.notify import Notifier


class NotifierTests(SynchronousTestCase):
    def listen(self, address: str) -> socket.socket:
        manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(manager.close)
        manager.bind(address)
        manager.setblocking(False)
        return manager

    def test_what_is_said(self) -> None:
        """Each state is said in the words of sd_notify(3)."""
        path = os.path.relpath(Path(self.mktemp()))
        manager = self.listen(path)
        notifier = Notifier({"NOTIFY_SOCKET": path})
        for say, words in [
            (lambda: notifier.ready("serving"), b"READY=1\nSTATUS=serving"),
            (lambda: notifier.stopping("draining"), b"STOPPING=1\nSTATUS=draining"),
            (lambda: notifier.status("3 left"), b"STATUS=3 left"),
            (notifier.alive, b"WATCHDOG=1"),
        ]:
            say()
            self.assertEqual(manager.recv(1000), words)
        notifier.reloading()
        self.assertRegex(manager.recv(1000), rb"^RELOADING=1\nMONOTONIC_USEC=\d+\nSTATUS=reloading$")

    def test_an_abstract_name(self) -> None:
        """A name that begins with @ is one of Linux's abstract names."""
        name = f"twisted-suite-test-{os.getpid()}"
        manager = self.listen("\0" + name)
        Notifier({"NOTIFY_SOCKET": "@" + name}).alive()
        self.assertEqual(manager.recv(1000), b"WATCHDOG=1")

    def test_nobody_listens(self) -> None:
        """Without a manager, or with one that has gone, nothing happens."""
        Notifier({}).alive()
        Notifier({"NOTIFY_SOCKET": "/nowhere/at/all"}).alive()

    def test_a_manager_that_does_not_read(self) -> None:
        """A manager whose queue is full does not hold us up."""
        path = os.path.relpath(Path(self.mktemp()))
        self.listen(path)
        notifier = Notifier({"NOTIFY_SOCKET": path})
        for _ in range(3000):
            notifier.alive()

    def test_watchdog(self) -> None:
        """The watchdog is fed twice in its time, and only when it watches this process."""
        ours = str(os.getpid())
        for environ, interval_s in [
            ({"WATCHDOG_USEC": "30000000"}, 15.0),
            ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": ours}, 15.0),
            ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, None),
            ({"WATCHDOG_USEC": "soon"}, None),
            ({"WATCHDOG_USEC": "0"}, None),
            ({}, None),
        ]:
            with self.subTest(environ=environ):
                self.assertEqual(Notifier({"NOTIFY_SOCKET": "/x", **environ}).watchdog_interval_s, interval_s)
        self.assertIsNone(Notifier({"WATCHDOG_USEC": "30000000"}).watchdog_interval_s)
