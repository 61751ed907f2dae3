"""The child's side of ``--workers``: adopts sockets, says when it is ready, tells its figures. Adapter.

What a worker is told stands in one environment variable, as JSON: the descriptor to write to (``say``), those
to accept from (``listen``), that of the shared counts of connections (``counts``) with its own ``place`` in
them, and of a suite its ``tables``. It says, a JSON object a line::

    {"ready": true}         it accepts
    {"snapshot": [...]}     its figures, once a second

Its standard input ends when the parent does: then it drains and ends too.
"""

import json
import os
from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any

from twisted.internet import abstract
from twisted.internet.main import CONNECTION_DONE
from twisted.internet.task import LoopingCall
from twisted.python.failure import Failure

from twisted_suite.runtime.balance import Balance
from twisted_suite.runtime.counts import counts_at
from twisted_suite.runtime.inherit import Share, adopt
from twisted_suite.runtime.metrics import owners_below, snapshots_below

ENVIRONMENT_VARIABLE = "TWISTED_SUITE_WORKER"
SNAPSHOT_INTERVAL_S = 1.0
LIFELINE_FD = 0


class Worker:
    """This process, when it is one of several."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        self._say_fd: int = told["say"]
        self._listen_fds: list[int] = told["listen"]
        self.tables: list[Any] | None = told.get("tables")
        place = told.get("place")
        self._balance = None if place is None else Balance(counts_at(told["counts"]), place)

    @classmethod
    def of_this_process(cls, environ: MutableMapping[str, str] = os.environ) -> "Worker | None":
        """What the environment tells; it is taken out, so that it is not told to our own children."""
        told = environ.pop(ENVIRONMENT_VARIABLE, None)
        return None if told is None else cls(json.loads(told))

    def adopt(self, services: Iterable[Any], reactor: Any) -> None:
        """Have the services that are about to start accept from the parent's sockets."""
        share = None
        if self._balance is not None:
            share = Share(self._balance, lambda: sum(map(len, owners_below(services))))
        adopt(services, self._listen_fds, reactor, share)

    def begin(self, services: Iterable[Any], reactor: Any, parent_ended: Any) -> None:
        """All has started: say so, go on telling, and watch the parent."""
        if self._balance is not None:
            self._balance.should_wait(0)  # from now on it counts among those who accept
        self._say({"ready": True})
        figures = snapshots_below(services)

        def tell() -> None:
            self._say({"snapshot": [snapshot.to_json() for snapshot in figures()[""]]})

        telling = LoopingCall(tell)
        telling.clock = reactor
        telling.start(SNAPSHOT_INTERVAL_S)
        _Lifeline(reactor, parent_ended).startReading()
        # The last word, with all connections counted, when everything has stopped.
        reactor.addSystemEventTrigger("after", "shutdown", tell)

    def _say(self, message: dict[str, Any]) -> None:
        try:
            os.write(self._say_fd, json.dumps(message).encode() + b"\n")
        except OSError:  # the parent has ended: the lifeline tells us
            return


class _Lifeline(abstract.FileDescriptor):
    """Standard input, which the parent holds open and never writes to."""

    def __init__(self, reactor: Any, ended: Any) -> None:
        super().__init__(reactor)
        self._ended = ended

    def fileno(self) -> int:
        return LIFELINE_FD

    def doRead(self) -> Any:
        return None if os.read(LIFELINE_FD, 1) else CONNECTION_DONE

    def connectionLost(self, reason: Failure) -> None:
        """A pipe whose other end is closed hangs up: the loop does not call that reading."""
        self._ended()
