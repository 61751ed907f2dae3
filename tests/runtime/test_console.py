"""The console, over a transport in memory."""

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IHalfCloseableProtocol
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.runtime.console import Console


class ConsoleTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.console = Console()
        self.stdio = StringTransport()
        self.console.makeConnection(self.stdio)

    def read(self) -> "Deferred[bytes]":
        return Deferred.fromCoroutine(self.console.read())

    def read_line(self) -> "Deferred[bytes]":
        return Deferred.fromCoroutine(self.console.read_line())

    def test_reads_only_when_asked(self) -> None:
        """Input stays where it is until somebody wants it, and again after each chunk."""
        self.assertEqual(self.stdio.producerState, "paused")
        asked = self.read()
        self.assertEqual(self.stdio.producerState, "producing")
        self.console.dataReceived(b"ab")
        self.assertEqual(self.successResultOf(asked), b"ab")
        self.assertEqual(self.stdio.producerState, "paused")

    def test_lines(self) -> None:
        """Lines come whole, however the input is cut; the last needs no end; then comes the end."""
        first = self.read_line()
        self.console.dataReceived(b"on")
        self.assertNoResult(first)
        self.console.dataReceived(b"e\ntwo\nth")
        self.assertEqual(self.successResultOf(first), b"one\n")
        self.assertEqual(self.successResultOf(self.read_line()), b"two\n")
        last = self.read_line()
        self.console.dataReceived(b"ree")
        self.console.readConnectionLost()
        self.assertEqual(self.successResultOf(last), b"three")
        self.assertEqual(self.successResultOf(self.read_line()), b"")

    def test_what_comes_unasked_is_kept(self) -> None:
        """A chunk that was on its way when reading stopped is not lost."""
        self.console.dataReceived(b"early")
        self.assertEqual(self.successResultOf(self.read()), b"early")

    def test_the_end_of_the_input_is_not_the_end_of_the_output(self) -> None:
        """After the input has ended one can still print; a reader of our output that goes ends all."""
        self.assertTrue(IHalfCloseableProtocol.providedBy(self.console))
        self.console.readConnectionLost()
        self.console.write(b"still here")
        self.assertEqual(self.stdio.value(), b"still here")
        self.console.writeConnectionLost()
        self.assertTrue(self.stdio.disconnecting)

    def test_close_waits_until_all_is_printed(self) -> None:
        """Closing is done when the terminal is let go of; who still waits for input gets its end."""
        asked = self.read()
        closed = Deferred.fromCoroutine(self.console.close())
        self.assertTrue(self.stdio.disconnecting)
        self.assertNoResult(closed)
        self.console.connectionLost(Failure(ConnectionDone()))
        self.assertEqual(self.successResultOf(asked), b"")
        self.successResultOf(closed)
