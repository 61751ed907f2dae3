"""Where the time of an event goes: one echo, in one process, on Twisted's epoll reactor and on ours.

    python benchmarks/reactor_where.py [--turns N] [--connections N]

Prints Markdown. A turn writes 64 B to each connection from outside, then measures only the turn of the loop
that reads and answers them all: the least of many turns, so that neighbours on the machine do not count. Each
row but the first three is `fastepoll` with one of its differences undone, so its row says what that is worth.
"""

import argparse
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

MESSAGE = b"x" * 64


def bare(connections: int) -> tuple[list[socket.socket], Callable[[], object]]:
    """What Python and the kernel take, without a framework."""
    import select

    listener = socket.create_server(("127.0.0.1", 0), backlog=connections)
    poller = select.epoll()
    servers: dict[int, socket.socket] = {}
    clients = []
    for _ in range(connections):
        clients.append(socket.create_connection(listener.getsockname()))
        accepted = listener.accept()[0]
        accepted.setblocking(False)
        servers[accepted.fileno()] = accepted
        poller.register(accepted, select.EPOLLIN)

    def turn() -> None:
        for fd, _ in poller.poll(-1, len(servers) + 1):
            server = servers[fd]
            server.send(server.recv(1 << 16))

    return clients, turn


def reactor_class(name: str) -> Any:
    from twisted.internet.epollreactor import EPollReactor
    from twisted.python import log

    if name == "stock":
        return EPollReactor
    from twisted_suite.runtime.fastepoll import FastEPollReactor

    def registered(self: Any, writer: Any) -> None:
        EPollReactor.addWriter(self, writer)

    def by_five_calls(self: Any, events: Any, contexts: Any) -> None:
        for fd, event in events:
            selectable = self._selectables.get(fd)
            if selectable is not None:
                log.callWithLogger(selectable, self._doReadOrWrite, selectable, fd, event)
                self._flush()

    def twisteds_server(self: Any, *arguments: Any, **named: Any) -> Any:
        return EPollReactor.listenTCP(self, *arguments, **named)

    undone: dict[str, dict[str, Any]] = {
        "fastepoll": {},
        "without marked writers": {"addWriter": registered},
        "without the inline log context": {"_dispatch": by_five_calls},
        "without the shorter write": {"listenTCP": twisteds_server},
        "without the inline flush": {"_send": lambda self, writer: False},
    }
    return type("Reactor", (FastEPollReactor,), undone[name])


def twisted(name: str, connections: int) -> tuple[list[socket.socket], Callable[[], object]]:
    """Twisted's echo on one reactor, turned by hand."""
    from twisted.internet.main import installReactor

    reactor = reactor_class(name)()
    installReactor(reactor)
    from twisted.internet.protocol import Factory, Protocol

    made = []

    class Echo(Protocol):
        def connectionMade(self) -> None:
            made.append(self)

        def dataReceived(self, data: bytes) -> None:
            self.transport.write(data)

    port = reactor.listenTCP(0, Factory.forProtocol(Echo), backlog=connections, interface="127.0.0.1")
    clients = []
    for number in range(connections):
        clients.append(socket.create_connection(("127.0.0.1", port.getHost().port)))
        while len(made) <= number:
            reactor.iterate(0.001)
    polls = 2 if name in ("stock", "without marked writers") else 1  # the second writes

    def turn() -> None:
        for _ in range(polls):
            reactor.doPoll(1)

    return clients, turn


def least_us(name: str, connections: int, turns: int) -> float:
    """The least time of a turn, for each event in it."""
    clients, turn = bare(connections) if name == "bare Python" else twisted(name, connections)
    for client in clients:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    least = float("inf")
    for _ in range(turns):
        for client in clients:
            client.send(MESSAGE)
        began = time.perf_counter()
        turn()
        least = min(least, time.perf_counter() - began)
        for client in clients:
            client.recv(len(MESSAGE), socket.MSG_WAITALL)
    return least / connections * 1e6


NAMES = (
    "bare Python",
    "stock",
    "fastepoll",
    "without marked writers",
    "without the inline log context",
    "without the inline flush",
    "without the shorter write",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--turns", type=int, default=600)
    parser.add_argument("--connections", type=int, default=50)
    parser.add_argument("--one", choices=NAMES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(least_us(options.one, options.connections, options.turns))
        return
    sizes = ["--turns", str(options.turns), "--connections", str(options.connections)]
    print("| | µs an event | without bare Python's |\n|---|---|---|")
    floor = 0.0
    for name in NAMES:  # a process for each: there is one reactor in a process
        command = [sys.executable, __file__, *sizes, "--one", name]
        least = float(subprocess.run(command, check=True, stdout=subprocess.PIPE, timeout=120).stdout)
        floor = floor or least
        print(f"| {name} | {least:.2f} | {least - floor:.2f} |", flush=True)


if __name__ == "__main__":
    main()
