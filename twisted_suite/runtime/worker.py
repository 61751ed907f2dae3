"""The child's side of ``--workers``: adopts the parent's sockets, says when it is ready, tells its figures.

What a worker is told stands in one environment variable: the descriptor to write to, and those to accept
from. It says, a JSON object a line::

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

from twisted_suite.runtime.inherit import adopt
from twisted_suite.runtime.metrics import snapshots_below

ENVIRONMENT_VARIABLE = "TWISTED_SUITE_WORKER"
SNAPSHOT_INTERVAL_S = 1.0
LIFELINE_FD = 0


class Worker:
    """This process, when it is one of several."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        self._say_fd: int = told["say"]
        self._listen_fds: list[int] = told["listen"]

    @classmethod
    def of_this_process(cls, environ: MutableMapping[str, str] = os.environ) -> "Worker | None":
        """What the environment tells; it is taken out, so that it is not told to our own children."""
        told = environ.pop(ENVIRONMENT_VARIABLE, None)
        return None if told is None else cls(json.loads(told))

    def adopt(self, services: Iterable[Any], reactor: Any) -> None:
        """Have the services that are about to start accept from the parent's sockets."""
        adopt(services, self._listen_fds, reactor)

    def begin(self, services: Iterable[Any], reactor: Any, parent_ended: Any) -> None:
        """All has started: say so, go on telling, and watch the parent."""
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
