"""Faults, to be run over any service: bad lines between it and its clients, and a bad machine around it.

A `Link` is a TCP port in front of another one; whatever client connects to it, ours, curl or a browser, talks
to the service over a line that has the fault. What is around a process is changed by what it is started with:
`exhausted_descriptors`, `JumpingClock`, `FULL_DISK`.
"""

import os
import select
import socket
import struct
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

PIECE_BYTES = 1 << 16
# A log file, or any output, on a disk that is full.
FULL_DISK = "/dev/full"
# How long a side of a line waits for the next bytes before it looks whether the line is still wanted.
_LOOK_S = 0.05
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close by a reset


@dataclass(frozen=True)
class Fault:
    """What one direction of a line does to what passes."""

    piece_bytes: int = PIECE_BYTES  # it passes in pieces of so many
    delay_s: float = 0.0  # and so late, each
    after_bytes: int | None = None  # when so many have passed …
    then: Literal["cut", "reset", "stall"] = "cut"  # … both ends hear an end, a reset, or nothing ever again


FINE = Fault()
DELAYED = Fault(delay_s=0.02)
BYTE_AT_A_TIME = Fault(piece_bytes=1)


def cut_after(count: int) -> Fault:
    """The line ends in order when `count` bytes have passed."""
    return Fault(after_bytes=count, then="cut")


def reset_after(count: int) -> Fault:
    """The line is torn when `count` bytes have passed."""
    return Fault(after_bytes=count, then="reset")


def stall_after(count: int) -> Fault:
    """After `count` bytes nothing passes any more, and nobody is told: for the service, nobody reads.

    In both directions at once: a half-open connection, of a machine that has lost its power.
    """
    return Fault(after_bytes=count, then="stall")


class Link:
    """A port of this machine, from which every connection goes on to `port`, with a fault each way."""

    def __init__(self, port: int, to_server: Fault = FINE, to_client: Fault = FINE) -> None:
        self._target = ("127.0.0.1", port)
        self._faults = to_server, to_client
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._closed = threading.Event()
        self._sockets: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def __enter__(self) -> "Link":
        return self

    def __exit__(self, *_: object) -> None:
        """The line ends, for all."""
        self._closed.set()
        for thread in self._threads:
            thread.join()
        for each in (self._listening, *self._sockets):
            each.close()

    def cut(self) -> None:
        """All connections that there are end in order; the line takes new ones."""
        sockets, self._sockets = self._sockets, []
        for each in sockets:
            with suppress(OSError):  # gone already
                each.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while not self._closed.is_set():
            if not select.select([self._listening], [], [], _LOOK_S)[0]:
                continue
            client, _ = self._listening.accept()
            server = socket.create_connection(self._target)
            self._sockets += [client, server]
            for source, sink, fault in ((client, server, self._faults[0]), (server, client, self._faults[1])):
                thread = threading.Thread(target=self._carry, args=(source, sink, fault), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _carry(self, source: socket.socket, sink: socket.socket, fault: Fault) -> None:
        with suppress(OSError, ValueError):  # the other direction, or an end, has closed it
            self._pass_on(source, sink, fault)

    def _pass_on(self, source: socket.socket, sink: socket.socket, fault: Fault) -> None:
        left = fault.after_bytes
        while left != 0:
            if self._closed.is_set():
                return
            if not select.select([source], [], [], _LOOK_S)[0]:
                continue
            data = source.recv(min(fault.piece_bytes, PIECE_BYTES if left is None else left))
            if not data:
                sink.shutdown(socket.SHUT_WR)
                return
            if fault.delay_s:
                self._closed.wait(fault.delay_s)
            self._send(sink, data)
            left = None if left is None else left - len(data)
        self._break(source, sink, fault)

    def _break(self, source: socket.socket, sink: socket.socket, fault: Fault) -> None:
        if fault.then == "stall":
            self._closed.wait()
            return
        for each in (source, sink):
            if fault.then == "reset":
                each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                each.close()
            else:
                each.shutdown(socket.SHUT_RDWR)

    def _send(self, sink: socket.socket, data: bytes) -> None:
        """Send all; give up when the line is not wanted any more."""
        while data and not self._closed.is_set():
            if select.select([], [sink], [], _LOOK_S)[1]:
                data = data[sink.send(data[:PIECE_BYTES]) :]


def exhausted_descriptors(limit: int) -> tuple[str, ...]:
    """Words to put before a command: it can have no more than `limit` files open (EMFILE)."""
    return ("prlimit", f"--nofile={limit}:{limit}")


# Run by Python before anything else: time.time() also adds the seconds that a file holds.
_JUMPING_CLOCK = """
import time
_real, _jump = time.time, [0.0]
def _time():
    try:
        with open({path!r}) as file:
            _jump[0] = float(file.read() or 0)
    except OSError:  # no descriptor is left: as before
        pass
    return _real() + _jump[0]
time.time = _time
"""


class JumpingClock:
    """The system's clock, as a Python process sees it that is started in `environment`."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        site = folder / "site"
        site.mkdir()
        self._path = folder / "jump"
        self.jump(0)
        site.joinpath("sitecustomize.py").write_text(_JUMPING_CLOCK.format(path=os.fspath(self._path)))
        paths = [os.fspath(site), *filter(None, [environment.get("PYTHONPATH")])]
        self.environment = {**environment, "PYTHONPATH": os.pathsep.join(paths)}

    def jump(self, seconds: float) -> None:
        """Set the clock so far ahead of the right time; back, when negative."""
        self._path.write_text(str(seconds))


def processor_seconds(pid: int) -> float:
    """What a process has used of the processor so far."""
    after_name = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")


def load_of(pid: int, seconds: float) -> float:
    """The part of one processor that a process uses over the next `seconds`: 1 is a loop that never rests."""
    before, started = processor_seconds(pid), time.monotonic()
    time.sleep(seconds)
    return (processor_seconds(pid) - before) / (time.monotonic() - started)
