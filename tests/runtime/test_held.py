"""Sockets that a parent holds for its workers."""

import socket
from typing import Any

from twisted.application import strports
from twisted.application.service import MultiService
from twisted.internet import reactor as global_reactor
from twisted.internet.task import deferLater
from twisted.trial.unittest import TestCase

from twisted_suite.errors import ConfigError, ExitStatus
from twisted_suite.runtime.held import HeldSockets
from twisted_suite.runtime.inherit import quiet_factory

reactor: Any = global_reactor
LOCAL = "tcp:{}:interface=127.0.0.1"


def listening_at(*endpoints: str) -> Any:
    root = MultiService()
    for endpoint in endpoints:
        strports.service(endpoint, quiet_factory(), reactor=reactor).setServiceParent(root)
    return root


def port_of(descriptor: int) -> int:
    with socket.socket(fileno=socket.dup(descriptor)) as held:
        port: int = held.getsockname()[1]
    return port


class HeldTests(TestCase):
    def held(self, each: int = 0) -> HeldSockets:
        held = HeldSockets(reactor, each)
        self.addCleanup(held.keep, ())
        return held

    def test_shared(self) -> None:
        """Every worker gets the same sockets, and what is wanted again is not bound again."""
        held = self.held()
        keys = held.bind(listening_at(LOCAL.format(0), "tcp:0:interface=127.0.0.2"))
        first = held.descriptors(keys, 0)
        self.assertEqual(len(set(first)), 2)
        self.assertEqual(held.descriptors(keys, 1), first)
        again = held.bind(listening_at("tcp:0:interface=127.0.0.2"))
        self.assertEqual(held.descriptors(again, 0), first[1:])

    def test_the_same_words_twice(self) -> None:
        """Two services that leave the port to the system have a socket each; of a named port one fails."""
        held = self.held()
        first, second = held.descriptors(held.bind(listening_at(LOCAL.format(0), LOCAL.format(0))), 0)
        self.assertNotEqual(port_of(first), port_of(second))
        self.assertRaises(ConfigError, held.bind, listening_at(*[LOCAL.format(port_of(first))] * 2))

    def test_a_socket_for_each(self) -> None:
        """With SO_REUSEPORT each worker has another socket at the same port; the kernel fills each queue."""
        held = self.held(2)
        keys = held.bind(listening_at(LOCAL.format(0)))
        (first,), (second,), (third,) = (held.descriptors(keys, number) for number in range(3))
        self.assertEqual((third, port_of(first)), (first, port_of(second)))
        self.assertNotEqual(first, second)
        clients = [socket.create_connection(("127.0.0.1", port_of(first))) for _ in range(40)]
        taken = [0, 0]
        for number, descriptor in enumerate((first, second)):
            with socket.socket(fileno=socket.dup(descriptor)) as queue:
                queue.setblocking(False)
                while True:
                    try:
                        queue.accept()[0].close()
                    except BlockingIOError:
                        break
                    taken[number] += 1
        for client in clients:
            client.close()
        self.assertEqual(sum(taken), 40)
        self.assertGreater(min(taken), 0)

    def test_sockets_that_cannot_be_multiplied(self) -> None:
        """A Unix socket is shared, whatever is asked for."""
        held = self.held(2)
        keys = held.bind(listening_at(f"unix:{self.mktemp()}"))
        self.assertEqual(held.descriptors(keys, 0), held.descriptors(keys, 1))

    async def test_what_cannot_be_bound(self) -> None:
        """Is one clear error, and what was bound on the way is closed again."""
        held = self.held()
        with socket.create_server(("127.0.0.1", 0)) as taken:
            busy, free = taken.getsockname()[1], socket.create_server(("127.0.0.1", 0))
            number = free.getsockname()[1]
            free.close()
            error = self.assertRaises(
                ConfigError, held.bind, listening_at(LOCAL.format(number), LOCAL.format(busy))
            )
        self.assertEqual(error.status, ExitStatus.UNAVAILABLE)
        self.assertIn(f"127.0.0.1:{busy}: Address already in use", str(error))
        await deferLater(reactor, 0)  # a port closes in the next turn
        held.bind(listening_at(LOCAL.format(number)))

    async def test_keep(self) -> None:
        """What nobody wants any more is closed."""
        held = self.held()
        key, other = held.bind(listening_at(LOCAL.format(0), "tcp:0:interface=127.0.0.2"))
        number = port_of(held.descriptors([other], 0)[0])
        held.keep([key])
        self.assertRaises(KeyError, held.descriptors, [other], 0)
        await deferLater(reactor, 0)
        held.bind(listening_at(f"tcp:{number}:interface=127.0.0.2"))
