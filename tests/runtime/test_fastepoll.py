"""`FastEPollReactor` beside `EPollReactor`: what programs see is the same, what the kernel is asked is less.

The cases in `SameTests` run on both. Each has a reactor of its own, turned by hand, and raw sockets as peers.
"""

import errno
import select
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from twisted.internet import tcp
from twisted.internet.epollreactor import EPollReactor
from twisted.internet.interfaces import IHalfCloseableProtocol
from twisted.internet.protocol import ClientFactory, Factory, Protocol
from twisted.internet.test.reactormixins import ReactorBuilder
from twisted.python import context, log
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from twisted_suite.runtime.fastepoll import FastEPollReactor
from twisted_suite.runtime.transport import meter

MOST_TURNS = 2000
# More than the kernel takes at once for a peer that does not read.
LONG = bytes(range(256)) * (1 << 15)


def system() -> str:
    """What a log line would now be marked with."""
    marked: str = context.get(log.ILogContext)["system"]
    return marked


@implementer(IHalfCloseableProtocol)
class Peer(Protocol):
    """Does with what comes what the test says, and notes what becomes of it."""

    transport: Any

    def __init__(self) -> None:
        self.on_data: Callable[[bytes], object] = lambda data: None
        self.on_lost: Callable[[], object] = lambda: None
        self.notes: list[str] = []

    def dataReceived(self, data: bytes) -> None:
        self.on_data(data)

    def connectionLost(self, reason: Any = None) -> None:
        self.notes.append(f"lost: {reason.type.__name__} in {self.marked()}")
        self.on_lost()

    def readConnectionLost(self) -> None:
        self.notes.append("read side lost")
        self.transport.loseConnection()

    def writeConnectionLost(self) -> None:
        self.notes.append("write side lost")

    def marked(self) -> str:
        """The log context, without the parts that differ from one connection to the next."""
        return system().partition(",")[0]


class Producer:
    """A pull producer of `count` pieces."""

    def __init__(self, transport: Any, count: int, piece: bytes) -> None:
        self.transport, self.count, self.piece = transport, count, piece
        self.systems: set[str] = set()

    def resumeProducing(self) -> None:
        self.systems.add(system())
        self.count -= 1
        self.transport.write(self.piece)
        if not self.count:
            self.transport.unregisterProducer()
            self.transport.loseConnection()

    def stopProducing(self) -> None:
        """The connection is gone."""


if TYPE_CHECKING:

    class _Builder(ReactorBuilder, SynchronousTestCase):
        """What the cases become, below."""

else:
    _Builder = ReactorBuilder


class Bench(_Builder):
    """A reactor, connections of it, and their peers."""

    def build(self) -> None:
        self.reactor: Any = self.buildReactor()
        self.made: list[Peer] = []
        factory: Any = Factory()
        factory.buildProtocol = self._built
        self.port = self.reactor.listenTCP(0, factory, interface="127.0.0.1")

    def _built(self, address: object) -> Peer:
        self.made.append(Peer())
        return self.made[-1]

    def connect(self) -> tuple[Peer, socket.socket]:
        """A connection: our side, and the socket of the other."""
        count = len(self.made)
        client = socket.create_connection(("127.0.0.1", self.port.getHost().port))
        self.addCleanup(client.close)
        client.settimeout(10)
        self.turn(lambda: len(self.made) > count)
        return self.made[-1], client

    def turn(self, until: Callable[[], object]) -> None:
        """Turn the reactor until something is so."""
        for _ in range(MOST_TURNS):
            if until():
                return
            self.reactor.iterate(0.005)
        self.fail("it never came about")

    def heard(self, client: socket.socket, until: int | None = None) -> bytes:
        """Turn the reactor until `client` has `until` bytes, or the end."""
        received = bytearray()
        client.setblocking(False)
        while until is None or len(received) < until:
            self.turn(lambda: select.select([client], [], [], 0)[0])
            piece = client.recv(1 << 16)
            if not piece:
                break
            received += piece
        return bytes(received)

    def kept_context(self, peer: Peer, client: socket.socket) -> Any:
        """The innermost context of an event of `peer`, as ThreadPool keeps it."""
        kept: list[Any] = []
        peer.on_data = lambda data: kept.append(context.theContextTracker.currentContext().contexts[-1])
        client.send(b"x")
        self.turn(lambda: kept)
        return kept[0]


class SameCases(Bench):
    """What every program may count on."""

    def setUp(self) -> None:
        super().setUp()
        self.build()

    def test_two_writes_are_one_segment(self) -> None:
        """What one event writes is sent together: a reply of two writes must not wait for an ACK."""
        peer, client = self.connect()

        def reply(_: bytes) -> None:
            peer.transport.write(b"HEAD")
            peer.transport.writeSequence([b"BO", b"DY"])

        peer.on_data = reply
        client.send(b"x")
        self.turn(lambda: select.select([client], [], [], 0)[0])
        self.assertEqual(client.recv(100), b"HEADBODY")

    def test_write_does_not_send(self) -> None:
        """While the event lasts nothing has left, so `write` calls nobody."""
        peer, client = self.connect()
        seen: list[list[Any]] = []

        def reply(data: bytes) -> None:
            peer.transport.write(data)
            seen.append(select.select([client], [], [], 0.01)[0])

        peer.on_data = reply
        client.send(b"x")
        self.assertEqual(self.heard(client, 1), b"x")
        self.assertEqual(seen, [[]])

    def test_a_writer_is_seen(self) -> None:
        """Who wants to write is among getWriters until it has written, and once."""
        peer, client = self.connect()
        peer.transport.write(b"x")
        self.assertEqual(self.reactor.getWriters().count(peer.transport), 1)
        self.assertEqual(self.heard(client, 1), b"x")
        self.turn(lambda: peer.transport not in self.reactor.getWriters())

    def test_stop_writing(self) -> None:
        """A connection that is told to stop writing does not write until it is told to start."""
        peer, client = self.connect()
        peer.transport.write(b"x")
        peer.transport.stopWriting()
        self.assertNotIn(peer.transport, self.reactor.getWriters())
        self.reactor.iterate(0.01)
        self.assertEqual(select.select([client], [], [], 0)[0], [])
        peer.transport.startWriting()
        self.assertEqual(self.heard(client, 1), b"x")

    def test_remove_all(self) -> None:
        """removeAll returns and forgets those that want to write too."""
        peer, client = self.connect()
        peer.transport.stopReading()
        peer.transport.write(b"x")
        self.assertEqual(self.reactor.removeAll().count(peer.transport), 1)
        self.assertEqual(self.reactor.getWriters(), [])
        self.reactor.iterate(0)
        self.assertEqual(select.select([client], [], [], 0)[0], [])

    def test_a_timer_writes(self) -> None:
        """What a timer wrote leaves."""
        peer, client = self.connect()
        self.reactor.callLater(0, peer.transport.write, b"late")
        self.assertEqual(self.heard(client, 4), b"late")

    def test_a_thread_writes(self) -> None:
        """So does what a thread had the reactor write."""
        peer, client = self.connect()
        self.reactor.callFromThread(peer.transport.write, b"far")
        self.assertEqual(self.heard(client, 3), b"far")

    def test_a_long_message_to_a_slow_reader(self) -> None:
        """What the kernel does not take waits, in order, with what is written after it."""
        peer, client = self.connect()
        peer.transport.write(LONG)
        self.reactor.iterate(0)
        self.reactor.iterate(0)
        peer.transport.write(b"after")
        peer.transport.write(b"wards")
        received = self.heard(client, len(LONG) + 10)
        self.assertEqual(len(received), len(LONG) + 10)
        self.assertTrue(received == LONG + b"afterwards")
        self.turn(lambda: not self.reactor.getWriters())

    def test_a_message_that_fits_in_part(self) -> None:
        """The same for one that a single send could hold, and another event's that comes upon its rest."""
        peer, client = self.connect()
        peer.transport.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        message = LONG[: 100 << 10]
        peer.on_data = lambda data: peer.transport.write(message)
        total = 0
        while not peer.transport.dataBuffer:
            client.send(b"x")
            total += len(message)
            self.reactor.iterate(0.01)
            self.assertLess(total, 1 << 27)
        client.send(b"x")
        total += len(message)
        self.assertTrue(self.heard(client, total) == message * (total // len(message)))

    def test_back_pressure(self) -> None:
        """A push producer is paused while its consumer's peer does not read, and resumed after."""
        peer, client = self.connect()
        calls: list[str] = []
        producer: Any = type("Push", (), {
            "pauseProducing": lambda self: calls.append("pause"),
            "resumeProducing": lambda self: calls.append(f"resume in {system().partition(',')[0]}"),
            "stopProducing": lambda self: calls.append("stop"),
        })()  # fmt: skip
        peer.transport.registerProducer(producer, True)
        peer.transport.write(LONG)
        self.reactor.iterate(0)
        self.assertEqual(calls, ["pause"])
        self.heard(client, len(LONG))
        self.turn(lambda: len(calls) == 2)
        self.assertEqual(calls[1], "resume in Peer")

    def test_a_pull_producer(self) -> None:
        """Each piece is asked for when the one before is out, and timers run meanwhile."""
        peer, client = self.connect()
        ticks: list[int] = []

        def tick() -> None:
            ticks.append(producer.count)
            if producer.count:
                self.reactor.callLater(0, tick)

        producer = Producer(peer.transport, 50, b"piece")
        tick()
        peer.transport.registerProducer(producer, False)
        self.assertEqual(self.heard(client), b"piece" * 50)
        self.assertGreater(len(ticks), 10)

    def test_the_end_after_the_last_byte(self) -> None:
        """loseConnection after a write: all of it, then the end."""
        peer, client = self.connect()

        def bye(_: bytes) -> None:
            peer.transport.write(b"bye")
            peer.transport.loseConnection()

        peer.on_data = bye
        client.send(b"x")
        self.assertEqual(self.heard(client), b"bye")
        self.assertEqual(peer.notes, ["lost: ConnectionDone in Peer"])

    def test_half_an_end(self) -> None:
        """loseWriteConnection sends what waits and closes that half; the other goes on."""
        peer, client = self.connect()
        heard: list[bytes] = []
        peer.on_data = heard.append
        peer.transport.write(b"my last")
        peer.transport.loseWriteConnection()
        self.assertEqual(self.heard(client), b"my last")
        client.send(b"yours")
        self.turn(lambda: heard)
        self.assertEqual(peer.notes, ["write side lost"])

    def test_what_was_said_before_the_peers_end_is_answered(self) -> None:
        """The answer and the peer's end of input meet; the answer arrives."""
        peer, client = self.connect()
        peer.on_data = lambda data: peer.transport.write(data * 2)
        client.send(b"ab")
        client.shutdown(socket.SHUT_WR)
        self.assertEqual(self.heard(client), b"abab")
        self.assertEqual(peer.notes, ["read side lost", "lost: ConnectionDone in Peer"])

    def test_abort_after_write(self) -> None:
        """An aborted connection sends nothing any more, whatever is written to it."""
        peer, client = self.connect()

        def abort(_: bytes) -> None:
            peer.transport.write(b"never")
            peer.transport.abortConnection()
            peer.transport.write(b"nor this")

        peer.on_data = abort
        client.send(b"x")
        self.turn(lambda: peer.notes)
        self.assertRaises(ConnectionResetError, client.recv, 10)
        self.assertEqual(peer.notes, ["lost: ConnectionAborted in -"])

    def test_an_exception_in_data_received(self) -> None:
        """Is logged, once, and ends that connection; others go on."""
        peer, client = self.connect()
        other, other_client = self.connect()
        peer.on_data = lambda data: 1 // 0
        other.on_data = other.transport.write
        client.send(b"x")
        other_client.send(b"y")
        self.assertEqual(self.heard(other_client, 1), b"y")
        self.turn(lambda: peer.notes)
        self.assertEqual(peer.notes, ["lost: ZeroDivisionError in Peer"])
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_an_exception_in_connection_lost(self) -> None:
        """Is logged; the reactor goes on."""
        peer, _ = self.connect()
        other, other_client = self.connect()
        peer.on_lost = lambda: 1 // 0
        other.on_data = other.transport.write
        peer.transport.loseConnection()
        self.turn(lambda: peer.notes)
        other_client.send(b"y")
        self.assertEqual(self.heard(other_client, 1), b"y")
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_an_exception_in_a_producer(self) -> None:
        """One raised while doWrite asks for more ends that connection."""
        peer, _ = self.connect()
        producer: Any = Producer(peer.transport, 1, b"")
        producer.resumeProducing = lambda: 1 // 0
        peer.transport.producer = producer
        peer.transport.write(b"x")
        self.turn(lambda: peer.notes)
        self.assertEqual(peer.notes, ["lost: ZeroDivisionError in Peer"])
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_connections_lost_by_each_other(self) -> None:
        """One event writes to all; one of them is gone, and its end takes another along."""
        (first, one), (second, two), (third, _) = self.connect(), self.connect(), self.connect()
        second.on_lost = third.transport.abortConnection
        second.transport.socket.shutdown(socket.SHUT_WR)  # so that its next send fails

        def tell_all(data: bytes) -> None:
            for peer in (second, third, first):
                peer.transport.write(data)

        first.on_data = tell_all
        one.send(b"x")
        self.assertEqual(self.heard(one, 1), b"x")
        self.turn(lambda: second.notes and third.notes)
        self.assertEqual(second.notes, ["lost: ConnectionLost in Peer"])
        self.assertEqual(third.notes, ["lost: ConnectionAborted in -"])
        self.assertEqual(two.recv(10), b"")

    def test_each_in_its_own_log_context(self) -> None:
        """What a connection does is marked with its prefix, also when another's event made it do so."""
        (first, one), (second, two) = self.connect(), self.connect()
        systems: list[str] = []
        producer = Producer(second.transport, 3, b"p")
        second.on_lost = lambda: systems.append(system())

        def start(_: bytes) -> None:
            systems.append(system())
            second.transport.registerProducer(producer, False)

        first.on_data = start
        one.send(b"x")
        self.assertEqual(self.heard(two), b"ppp")
        self.turn(lambda: len(systems) == 2)
        self.assertEqual(systems, [first.transport.logPrefix(), systems[1]])
        self.assertIn(systems[1], producer.systems)
        self.assertNotEqual(systems[0], systems[1])
        self.assertEqual(system(), "-")

    def test_the_log_context_around_the_loop_stays(self) -> None:
        """What the program itself had set is there, and a context that was kept does not change."""
        peer, client = self.connect()
        kept = log.callWithContext({"app": "mine"}, self.kept_context, peer, client)
        again = self.kept_context(peer, client)
        self.assertEqual(kept[log.ILogContext], {"app": "mine", "system": peer.transport.logPrefix()})
        self.assertEqual(again[log.ILogContext], {"system": peer.transport.logPrefix()})

    def test_a_context_tracker_of_the_programs(self) -> None:
        """installContextTracker is honoured."""
        peer, client = self.connect()
        tracker = context.ContextTracker()
        before = context.theContextTracker
        self.addCleanup(context.installContextTracker, before)
        context.installContextTracker(tracker)
        heard: list[str] = []

        def reply(data: bytes) -> None:
            heard.append(system())
            peer.transport.write(data)

        peer.on_data = reply
        client.send(b"x")
        self.assertEqual(self.heard(client, 1), b"x")
        self.assertEqual(heard, [peer.transport.logPrefix()])

    def test_a_broken_log_prefix(self) -> None:
        """A logPrefix that raises is logged, and the event goes on."""
        peer, client = self.connect()
        peer.transport.logPrefix = lambda: 1 // 0
        peer.on_data = lambda data: peer.transport.write(system().encode())
        client.send(b"x")
        self.assertEqual(self.heard(client, 24), b"(buggy logPrefix method)")
        del peer.transport.logPrefix
        self.assertGreaterEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_turned_from_within(self) -> None:
        """A program that calls iterate in its event gets what it wrote out, and the event goes on."""
        peer, client = self.connect()
        other, other_client = self.connect()
        other.on_data = other.transport.write
        seen: list[bytes] = []

        def reply(_: bytes) -> None:
            peer.transport.write(b"first")
            other_client.send(b"y")
            seen.append(self.heard(client, 5))
            seen.append(self.heard(other_client, 1))
            peer.transport.write(b"second")
            seen.append(self.marked(peer))

        peer.on_data = reply
        client.send(b"x")
        self.turn(lambda: len(seen) == 3)
        self.assertEqual(self.heard(client, 6), b"second")
        self.assertEqual(seen, [b"first", b"y", b"Peer"])

    def marked(self, peer: Peer) -> bytes:
        """The log context as bytes."""
        return peer.marked().encode()

    def test_methods_that_were_replaced_on_the_object(self) -> None:
        """Programs wrap writeSomeData or doWrite of one connection, to measure: that is what is called."""
        for name in ("writeSomeData", "doWrite"):
            peer, client = self.connect()
            calls: list[str] = []
            inner = getattr(peer.transport, name)
            setattr(
                peer.transport,
                name,
                lambda *data, name=name, inner=inner, calls=calls: (calls.append(name), inner(*data))[1],
            )
            peer.transport.write(b"x")
            self.assertEqual(self.heard(client, 1), b"x")
            self.assertEqual(calls, [name])

    def test_a_subclass_with_a_do_write_of_its_own(self) -> None:
        """Is only asked to write when epoll says so."""
        peer, client = self.connect()
        asked: list[list[Any]] = []

        class Careful(tcp.Server):
            def doWrite(self) -> Any:
                asked.append(select.select([], [self], [], 0)[1])
                return super().doWrite()

        peer.transport.__class__ = Careful
        peer.transport.write(LONG)
        self.assertTrue(self.heard(client, len(LONG)) == LONG)
        self.assertNotIn([], asked)

    def test_a_client(self) -> None:
        """A connection that is only being made writes once it is made; one that fails, fails."""
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        peer = Peer()
        peer.connectionMade = lambda: peer.transport.write(b"hello")  # type: ignore[method-assign]
        factory: Any = ClientFactory()
        factory.buildProtocol = lambda address: peer
        failed: list[Any] = []
        factory.clientConnectionFailed = lambda connector, reason: failed.append(reason.value)
        self.reactor.connectTCP("127.0.0.1", listener.getsockname()[1], factory)
        self.turn(lambda: peer.transport)
        accepted = listener.accept()[0]
        self.addCleanup(accepted.close)
        self.assertEqual(self.heard(accepted, 5), b"hello")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.reactor.connectTCP("127.0.0.1", free.getsockname()[1], factory)
            self.turn(lambda: failed)
        self.assertEqual(failed[0].osError, errno.ECONNREFUSED)

    def test_an_error_in_a_turn(self) -> None:
        """What is raised out of a turn of the loop is logged, and the loop goes on until it is stopped."""
        turns: list[str] = []

        def turn(_: object) -> None:
            turns.append("turn")
            if len(turns) == 3:
                self.reactor.stop()
            if len(turns) % 2:
                raise ZeroDivisionError

        self.reactor.doIteration = turn
        self.runReactor(self.reactor)
        self.assertGreaterEqual(len(turns), 3)
        self.assertGreaterEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 2)

    def test_timers_threads_and_stop_in_the_main_loop(self) -> None:
        """Timers come in order, one that was put off later, a cancelled one never; a thread is heard."""
        calls: list[str] = []
        later = self.reactor.callLater(0.001, calls.append, "put off")
        later.reset(0.02)
        self.reactor.callLater(0.001, calls.append, "never").cancel()
        many = [self.reactor.callLater(30, calls.append, "never") for _ in range(120)]

        def first() -> None:
            calls.append("first")
            for each in many:
                each.cancel()
            self.reactor.callInThread(self.reactor.callFromThread, second)

        def second() -> None:
            calls.append("thread")
            self.reactor.callLater(0.05, calls.append, "last")
            self.reactor.callLater(0.06, self.reactor.stop)

        self.reactor.callLater(0.01, first)
        self.runReactor(self.reactor)
        self.assertEqual(sorted(calls), ["first", "last", "put off", "thread"])
        self.assertLess(calls.index("first"), calls.index("thread"))
        self.assertEqual(calls[-1], "last")
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def test_run_until_current_that_was_replaced(self) -> None:
        """What a program has put in its place is called in each turn, as in Twisted's loop."""
        turns: list[None] = []
        inner = self.reactor.runUntilCurrent

        def counted() -> None:
            turns.append(None)
            inner()

        self.reactor.runUntilCurrent = counted
        peer, client = self.connect()
        peer.on_data = lambda data: self.reactor.stop()
        self.reactor.callWhenRunning(client.send, b"x")
        turns.clear()
        self.runReactor(self.reactor)
        self.assertGreaterEqual(len(turns), 2)  # of which the first has nothing else to do

    def test_what_an_end_schedules_is_not_slept_over(self) -> None:
        """A connection that ends after a timer's write may set a timer: the reactor does not wait past it."""
        peer, _ = self.connect()
        done: list[bool] = []
        peer.on_lost = lambda: self.reactor.callLater(0, done.append, True)

        def end() -> None:
            peer.transport.write(b"x")
            peer.transport.loseConnection()

        self.reactor.callLater(0, end)
        before = self.reactor.seconds()
        self.reactor.runUntilCurrent()
        while not done:  # as the main loop does that has no timer to wait for
            self.reactor.doIteration(3)
            self.reactor.runUntilCurrent()
        self.assertLess(self.reactor.seconds() - before, 2)


class StockTests(SameCases, SynchronousTestCase):
    """Twisted's own, to be sure that the cases say what it does."""

    reactorFactory = EPollReactor


class FastTests(SameCases, SynchronousTestCase):
    """Ours."""

    reactorFactory = FastEPollReactor


class Counting:
    """Stands before an epoll object and counts what is asked of it."""

    def __init__(self, poller: Any) -> None:
        self._poller = poller
        self.changes = 0

    def __getattr__(self, name: str) -> Any:
        if name in ("register", "modify", "unregister"):
            self.changes += 1
        return getattr(self._poller, name)


class LessTests(Bench, SynchronousTestCase):
    """What only the fast one does, and does not do."""

    reactorFactory = FastEPollReactor

    def setUp(self) -> None:
        super().setUp()
        self.build()

    def count(self) -> Counting:
        """From here on."""
        self.reactor._poller = Counting(self.reactor._poller)
        counting: Counting = self.reactor._poller
        return counting

    def test_an_echo_asks_epoll_for_nothing(self) -> None:
        """A write that the kernel takes costs no epoll_ctl, from an event, a timer or a thread."""
        peer, client = self.connect()
        peer.on_data = peer.transport.write
        counting = self.count()
        client.send(b"event")
        self.assertEqual(self.heard(client, 5), b"event")
        self.reactor.callLater(0, peer.transport.write, b"timer")
        self.assertEqual(self.heard(client, 5), b"timer")
        self.reactor.callFromThread(peer.transport.write, b"thread")
        self.assertEqual(self.heard(client, 6), b"thread")
        self.assertEqual(counting.changes, 0)

    def test_a_class_that_says_its_flush_is_plain(self) -> None:
        """A subclass may take part, and is told what its socket took: whole, in part, and when it fails."""

        class Metered(tcp.Server):
            sent = 0
            flush_is_plain = True

            def note_sent(self, count: int) -> None:
                self.sent += count

            def writeSomeData(self, data: bytes) -> Any:
                sent = super().writeSomeData(data)
                self.note_sent(sent if isinstance(sent, int) else 0)
                return sent

            def doWrite(self) -> Any:
                return super().doWrite()

        peer, client = self.connect()
        peer.transport.__class__ = Metered
        counting = self.count()
        peer.transport.write(b"x")
        self.assertEqual(self.heard(client, 1), b"x")
        self.assertEqual((counting.changes, peer.transport.sent), (0, 1))
        peer.transport.write(LONG)
        self.assertTrue(self.heard(client, len(LONG)) == LONG)
        self.assertEqual(peer.transport.sent, 1 + len(LONG))
        peer.transport.socket.shutdown(socket.SHUT_WR)
        peer.transport.write(b"y")
        self.turn(lambda: peer.notes)
        self.assertEqual(peer.notes, ["lost: ConnectionLost in Peer"])

    def test_what_the_suite_accepts_takes_part(self) -> None:
        """A counted transport costs no epoll_ctl either, until it has a span to send by itself."""

        class Word:
            left, waiting = 4, False

            def send_some(self, to: socket.socket, most: int) -> int:
                self.left -= to.send(b"span"[-self.left :])
                return 4 - self.left

            def ended(self, error: BaseException | None) -> None:
                """It is out."""

        peer, client = self.connect()
        metered: Any = meter(peer.transport)
        counting = self.count()
        metered.write(b"before")
        self.assertEqual(self.heard(client, 6), b"before")
        self.assertEqual((counting.changes, metered.bytes_out), (0, 6))
        metered.write(b"<")
        metered.send_span(Word())
        metered.write(b">")
        self.assertEqual(self.heard(client, 6), b"<span>")
        self.assertEqual(metered.bytes_out, 12)
        self.turn(lambda: not self.reactor.getWriters())
        changes = counting.changes
        self.assertGreater(changes, 0)
        metered.write(b"after")
        self.assertEqual(self.heard(client, 5), b"after")
        self.assertEqual(counting.changes, changes)

    def test_a_descriptor_that_went_away(self) -> None:
        """A program that closed the socket below its connection loses the connection; others go on."""
        peer, _ = self.connect()
        other, client = self.connect()
        peer.transport.stopReading()
        peer.transport.socket.close()
        peer.transport.write(b"x")
        other.transport.write(b"y")
        self.assertEqual(self.heard(client, 1), b"y")
        self.assertEqual(peer.notes, ["lost: ConnectionFdescWentAway in Peer"])

    def test_a_writer_of_another_kind_is_registered_at_once(self) -> None:
        """What is no Connection of Twisted's may block: it is asked when epoll says so."""
        ours, theirs = socket.socketpair()
        self.addCleanup(ours.close)
        self.addCleanup(theirs.close)
        calls: list[str] = []

        class Writer:
            fileno = ours.fileno
            logPrefix = staticmethod(lambda: "writer")
            connectionLost = staticmethod(calls.append)

            def doWrite(self) -> None:
                calls.append("write")
                reactor.removeWriter(self)

        reactor = self.reactor
        counting = self.count()
        writer = Writer()
        reactor.addWriter(writer)
        self.assertEqual(counting.changes, 1)
        self.turn(lambda: calls)
        self.assertEqual(calls, ["write"])

    def test_a_connection_that_cannot_be_registered_is_lost(self) -> None:
        """What epoll refuses cannot ever be written: the error is logged, the connection ends."""
        peer, _ = self.connect()

        class Refusing(Counting):
            def modify(self, fd: int, flags: int) -> None:
                raise OSError(errno.ENOSPC, "no more watches")

        self.reactor._poller = Refusing(self.reactor._poller)
        peer.transport.write(LONG)
        self.turn(lambda: peer.notes)
        self.assertEqual(peer.notes, ["lost: OSError in Peer"])
        self.assertEqual(len(self.flushLoggedErrors(OSError)), 1)
