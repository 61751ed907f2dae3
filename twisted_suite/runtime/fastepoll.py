"""The epoll reactor of Twisted with less work for each event; programs see what they saw. Adapter.

Installed by `runtime/reactor.py`, which first makes sure that this Twisted is one we know. Differences from
`EPollReactor`:

- *Writers are marked.* A TCP or Unix connection that wants to write is not registered with epoll at once (a
  system call to say so, one to take it back, and a turn of the loop between): it is noted, and tried when
  the event that wrote is over, or before the next wait if no event did. What the kernel then does not take
  is registered as ever. `write()` itself never touches the socket, so two writes are one segment still.
- *The plain flush is inline*: all of a connection's bytes wait in its list, nothing is to happen after
  them. Anything else (producers, ends of connections, errors, subclasses) goes through `doWrite`.
  A transport class that overrides `doWrite` is registered as ever, since it may count on being ready; one
  that has an attribute `flush_is_plain`, true while its methods do no more than Twisted's, but that its
  `note_sent` is told how many bytes its socket took, takes part.
- *The log context is set inline*, to just what `log.callWithLogger` sets, instead of by five calls.
- *A turn* calls `runUntilCurrent` when a timer is due, a thread has called or the like; the loop's handler of
  errors is entered again when there was one, and not for each turn.
- *What TCP ports accept* is a subclass of Twisted's class whose `write` is shorter (`fastserver.py`).
"""

from select import EPOLLIN, EPOLLOUT
from typing import Any

from twisted.internet import abstract, tcp
from twisted.internet.base import ReactorBase, _log, _topHandler
from twisted.internet.epollreactor import EPollReactor
from twisted.internet.posixbase import _NO_FILEDESC
from twisted.python import context, log

from twisted_suite.runtime.fastserver import FastServer

_BUGGY_PREFIX = "(buggy logPrefix method)"  # as in log.callWithLogger
# As in ReactorBase.runUntilCurrent: from here on it clears cancelled timers away.
_MOST_CANCELLED = 50
# Surely below any SEND_LIMIT, which is a look-up in several classes.
_SMALL_BYTES = 1 << 16
_Connection = tcp.Connection
_do_write = abstract.FileDescriptor.doWrite
_write_some_data = tcp.Connection.writeSomeData


def _buggy_prefix(error: BaseException) -> str:
    """For a `logPrefix` that raises, as `log.callWithLogger` has it."""
    if isinstance(error, KeyboardInterrupt):
        raise error
    log.err(error, system=_BUGGY_PREFIX)
    return _BUGGY_PREFIX


def _log_prefix(selectable: Any) -> str:
    try:
        prefix: str = selectable.logPrefix()
    except BaseException as error:
        return _buggy_prefix(error)
    return prefix


def _accepting_fast(port: Any) -> Any:
    if port.transport is tcp.Server:
        port.transport = FastServer
    return port


class FastEPollReactor(EPollReactor):
    """`EPollReactor` that sends at the end of an event what was written during it."""

    def __init__(self) -> None:
        # Connections that want to write and are not registered for it. Empty while the reactor waits.
        self._marked: dict[tcp.Connection, None] = {}
        # While a flush runs program code, whoever wants to write is registered: a producer that writes
        # whenever it is asked to would keep the flush going for ever.
        self._marking = True
        super().__init__()

    def listenTCP(self, port: Any, factory: Any, backlog: int = 50, interface: str = "") -> Any:
        return _accepting_fast(super().listenTCP(port, factory, backlog, interface))

    def adoptStreamPort(self, fileDescriptor: int, addressFamily: int, factory: Any) -> Any:
        return _accepting_fast(super().adoptStreamPort(fileDescriptor, addressFamily, factory))

    def mainLoop(self) -> None:
        # A program may have put something of its own in its place, to be called in each turn.
        every_turn = getattr(self.runUntilCurrent, "__func__", None) is not ReactorBase.runUntilCurrent
        while self._started:
            with _topHandler:  # which logs what is raised, and goes on: entered again only then
                while self._started:
                    if every_turn or self._something_is_due():
                        self.runUntilCurrent()
                    timeout = self.timeout()
                    self.doIteration(self.running and timeout)
        _log.info("Main loop terminated.")

    def _something_is_due(self) -> bool:
        """Whether `runUntilCurrent` has anything to do."""
        timers = self._pendingTimedCalls
        return bool(
            self.threadCallQueue
            or self._newTimedCalls
            or self._justStopped
            or self._cancellations > _MOST_CANCELLED
            or (timers and timers[0].time <= self.seconds())
        )

    def addWriter(self, writer: Any) -> None:
        # Only sockets that Twisted itself has made non-blocking: doWrite of others may count on readiness.
        if isinstance(writer, _Connection) and (self._marking or writer in self._marked):
            self._marked[writer] = None
        else:
            super().addWriter(writer)

    def removeWriter(self, writer: Any) -> None:
        if isinstance(writer, _Connection):
            self._marked.pop(writer, None)
        super().removeWriter(writer)

    def removeAll(self) -> list[Any]:
        marked = tuple(self._marked)
        self._marked.clear()
        removed: list[Any] = super().removeAll()
        return removed + [writer for writer in marked if writer not in removed]

    def getWriters(self) -> list[Any]:
        registered: list[Any] = super().getWriters()
        return registered + [writer for writer in self._marked if writer.fileno() not in self._writes]

    def _flush(self) -> bool:
        """Let every marked connection write once; returns whether that ran code of the program's."""
        marked = self._marked
        ran_program = False
        for writer in tuple(marked):
            if writer not in marked or self._send(writer):  # the first: lost, by what another's doWrite ran
                continue
            if writer.fileno() in self._writes or not _may_try(writer):
                self._register(writer)  # epoll will tell it
            else:
                ran_program = True
                self._write_as_polled(writer)
        return ran_program

    def _send(self, writer: Any) -> bool:
        """The part of `doWrite` that most writes are. False when it is not for us, and nothing was done."""
        chunks = writer._tempDataBuffer
        producer = writer.producer
        if (
            not chunks
            or writer.dataBuffer
            or writer.disconnecting
            or writer._writeDisconnecting
            or not writer.connected
            or (producer is not None and (writer.producerPaused or not writer.streamingProducer))
            or (writer._tempDataLen > _SMALL_BYTES and writer._tempDataLen > writer.SEND_LIMIT)
            or (self._writes and writer.fileno() in self._writes)
        ):
            return False
        data = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        try:
            own = (
                writer.doWrite.__func__ is not _do_write
                or writer.writeSomeData.__func__ is not _write_some_data
            )
            if own and not getattr(writer, "flush_is_plain", False):
                return False
            sent = writer.socket.send(data)
        except BlockingIOError:
            sent = 0
        except (AttributeError, OSError):
            # A function put in a method's place; a broken connection: doWrite meets it again, and knows.
            return False
        if own:
            writer.note_sent(sent)
        writer._tempDataBuffer = []
        writer._tempDataLen = 0
        if sent == len(data):
            del self._marked[writer]
        else:
            writer.dataBuffer = data
            writer.offset = sent
            self._register(writer)
        return True

    def _write_as_polled(self, writer: Any) -> None:
        """As if epoll had said that `writer` may write; it is registered when it still wants to."""
        self._marking = False
        try:
            log.callWithLogger(writer, self._doReadOrWrite, writer, writer.fileno(), EPOLLOUT)
        finally:
            self._marking = True
        if writer in self._marked:
            self._register(writer)

    def _register(self, writer: Any) -> None:
        """Have epoll say when `writer` may write. Where its descriptor has gone, the connection is lost."""
        del self._marked[writer]
        try:
            super().addWriter(writer)
        except (OSError, ValueError) as error:
            # EPollReactor's addWriter raises it into the program's event, with this end.
            log.err(system=_log_prefix(writer))
            log.callWithLogger(writer, self._disconnectSelectable, writer, error, False)

    def doPoll(self, timeout: float | None) -> None:
        if self._marked and self._flush():
            timeout = 0  # what the program did in it may be due sooner than `timeout` says
        tracker: Any = context.theContextTracker
        if type(tracker) is not context.ThreadedContextTracker:  # one that the program brought
            super().doPoll(timeout)
            return
        # No EINTR: since PEP 475 `poll` goes on by itself when a signal handler has run.
        events = self._poller.poll(-1 if timeout is None else timeout, len(self._selectables))
        if events:
            self._dispatch(events, tracker.currentContext().contexts)

    doIteration = doPoll

    def _dispatch(self, events: list[tuple[int, int]], contexts: list[Any]) -> None:  # noqa: C901
        # One function for all: a call costs more than most of what is done here.
        selectables, marked, key = self._selectables, self._marked, log.ILogContext
        outer = contexts[-1].get(key) or context.get(key)
        plain = len(outer) == 1 and "system" in outer
        contexts.append(contexts[-1])  # the place of each event's
        try:
            for fd, event in events:
                if fd not in selectables:  # lost, by an earlier event
                    continue
                selectable = selectables[fd]
                try:
                    prefix = selectable.logPrefix()
                except BaseException as error:
                    prefix = _buggy_prefix(error)
                # A new one each time: a program may keep it (ThreadPool does) or change it.
                contexts[-1] = {key: {"system": prefix} if plain else {**outer, "system": prefix}}
                try:
                    if event == EPOLLIN:
                        # As _doReadOrWrite does it where there is only something to read.
                        try:
                            why = selectable.doRead() if selectable.fileno() != -1 else _NO_FILEDESC
                        except BaseException as error:
                            why = error
                            log.err()
                        if why:
                            self._disconnectSelectable(selectable, why, True)
                    else:
                        self._doReadOrWrite(selectable, fd, event)
                    if marked and (len(marked) > 1 or selectable not in marked or not self._send(selectable)):
                        self._flush()
                except BaseException as error:
                    if isinstance(error, KeyboardInterrupt):
                        raise
                    log.err(system=prefix)
        finally:
            contexts.pop()


def _may_try(writer: Any) -> bool:
    """Whether `doWrite` does no more than Twisted's own when the socket may not be ready."""
    try:
        inherited = writer.doWrite.__func__ is _do_write
    except AttributeError:  # a function put in its place: not connected yet, or aborting
        inherited = False
    return inherited or getattr(writer, "flush_is_plain", False)


__all__ = ["FastEPollReactor"]
