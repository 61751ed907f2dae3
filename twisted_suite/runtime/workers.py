"""Several processes for one service, on shared sockets. Adapter: when to try again is `supervision`'s.

The parent binds every socket and accepts nothing, so a queue of connections never belongs to a worker that
may go. A worker that dies is replaced; a reload starts a new one, waits until it is ready, and lets the old
one drain: nobody is refused on the way. Services that must stay in one process (`parts.py`) share one more
worker, ``alone``, which a reload leaves as it is unless their tables have changed.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from twisted.application import service
from twisted.internet.defer import Deferred, DeferredList, ensureDeferred, succeed
from twisted.logger import Logger

from twisted_suite.errors import ConfigError
from twisted_suite.runtime.child import SAY, STDERR, STDIN, STDOUT, WorkerProcess
from twisted_suite.runtime.counts import SharedCounts
from twisted_suite.runtime.held import HeldSockets, Key
from twisted_suite.runtime.parts import divisible, parts
from twisted_suite.runtime.respawn import worker_environment
from twisted_suite.runtime.supervision import Backoff
from twisted_suite.runtime.tally import Snapshot, summed
from twisted_suite.runtime.worker import ENVIRONMENT_VARIABLE

# How long a new worker may take until it accepts: it imports everything anew, perhaps on a busy machine.
READY_TIMEOUT_S = 60.0
COUNTS, FIRST_SOCKET = SAY + 1, SAY + 2
# Places for the workers' counts of connections: old workers that drain keep theirs for a while.
PLACES_PER_WORKER = 4
_ALONE = "alone"


@dataclass(frozen=True)
class _Plan:
    """What the workers run, as it was read at one time."""

    program: Any
    sockets: dict[bool, list[Key]]  # by whether the part is the one that is alone
    told: dict[bool, list[Any] | None]

    @property
    def keys(self) -> list[Key]:
        return [*self.sockets[False], *self.sockets[True]]


@dataclass(eq=False)
class _Slot:
    """The place of one worker, whichever process fills it."""

    name: str
    process: WorkerProcess | None = None
    backoff: Backoff = field(default_factory=Backoff)

    @property
    def alone(self) -> bool:
        return self.name == _ALONE


class Workers(service.Service):
    """Keeps `count` workers of one service alive.

    `make` makes the service, unstarted, as its configuration is now; `command` starts a worker of it. With
    `own_sockets` each accepts from a socket of its own, where TCP allows it.
    """

    log = Logger()

    def __init__(
        self,
        make: Callable[[], service.IService],
        command: Sequence[str],
        count: int,
        reactor: Any,
        *,
        own_sockets: bool = False,
    ) -> None:
        self._make = make
        self._command = command
        self._reactor = reactor
        self._program = make()
        parts(self._program)  # raises where it cannot be several
        self._held = HeldSockets(reactor, count if own_sockets else 0)
        self._plan: _Plan | None = None
        self._slots = [_Slot(str(number)) for number in range(count)]
        self._alive: set[WorkerProcess] = set()
        self._ended_totals: list[Snapshot] = []
        self._accepting: Deferred[None] = Deferred()
        self._rolling: Deferred[None] | None = None
        self._reload_again = False
        # With a socket of its own nobody takes from another.
        self._counts = SharedCounts(0 if own_sockets else count * PLACES_PER_WORKER)

    def privilegedStartService(self) -> None:
        super().privilegedStartService()
        self._plan = self._planned(self._program)

    def startService(self) -> None:
        super().startService()
        plan = self._plan = self._plan or self._planned(self._program)
        if plan.told[True]:
            self._slots.append(_Slot(_ALONE))
        show = getattr(plan.program, "show", None)  # of a suite: where it listens, as it does from now on
        if show is not None:
            show()
        for slot in self._slots:
            self._replace(slot)

    def stopService(self) -> Deferred[Any]:
        """Listen no more, have every worker drain; fires when the last has ended."""
        super().stopService()
        self._held.keep(())
        for worker in tuple(self._alive):
            worker.retire()
        return DeferredList([worker.ended for worker in self._alive])

    def accepting(self) -> Deferred[None]:
        """Fires when, for the first time, every worker accepts."""
        told: Deferred[None] = Deferred()
        self._accepting.chainDeferred(told) if not self._accepting.called else told.callback(None)
        return told

    def reload(self) -> Deferred[None]:
        """Start new workers, with the configuration and code as they are now, and let the old ones drain.

        Fires when all have changed over; fails with `ConfigError` where the old ones go on.
        """
        if self._rolling is not None:
            self._reload_again = True
            return succeed(None)
        program = self._make()
        parts(program)
        self._rolling = ensureDeferred(self._roll(self._planned(program)))
        return self._rolling.addBoth(self._rolled)

    def snapshots(self) -> dict[str, list[Snapshot]]:
        """The figures of every worker that lives, and the totals of those that have ended."""
        by_worker: dict[str, list[Snapshot]] = {}
        for worker in self._alive:  # an old one that drains beside its successor counts with it
            by_worker[worker.name] = summed([*by_worker.get(worker.name, []), *worker.snapshots])
        return {**by_worker, "ended": self._ended_totals}

    def _planned(self, program: Any) -> _Plan:
        """Hold a socket for everything that `program` listens at: those that we have, and new ones."""
        spread, alone = parts(program)
        divided = divisible(program)
        told = {part: divided.told(alone=part) if divided else None for part in (False, True)}
        return _Plan(program, {False: self._held.bind(spread), True: self._held.bind(alone)}, told)

    def _spawn(self, slot: _Slot, plan: _Plan) -> WorkerProcess:
        worker = WorkerProcess(slot.name, self._reactor)
        number = 0 if slot.alone else self._slots.index(slot)
        sockets = self._held.descriptors(plan.sockets[slot.alone], number)
        listen = list(range(FIRST_SOCKET, FIRST_SOCKET + len(sockets)))
        place = None if slot.alone else self._counts.take()
        told = {
            "say": SAY,
            "listen": listen,
            "counts": COUNTS,
            "place": place,
            "tables": plan.told[slot.alone],
        }
        pipes: dict[int, Any] = {
            STDIN: "w",
            STDOUT: "r",
            STDERR: "r",
            SAY: "r",
            COUNTS: self._counts.fileno(),
        }
        self._reactor.spawnProcess(
            worker,
            self._command[0],
            self._command,
            env={**worker_environment(), ENVIRONMENT_VARIABLE: json.dumps(told)},
            childFDs={**pipes, **dict(zip(listen, sockets, strict=True))},
        )
        self._alive.add(worker)
        worker.ended.addCallback(self._buried, slot, worker, place)
        worker.ready.addCallback(self._one_is_ready)
        return worker

    def _one_is_ready(self, _: None) -> None:
        if not self._accepting.called and all(slot.process and slot.process.accepts for slot in self._slots):
            self._accepting.callback(None)

    def _replace(self, slot: _Slot) -> None:
        if self.running and slot.process is None and slot in self._slots:
            assert self._plan is not None
            slot.process = self._spawn(slot, self._plan)
            slot.process.ready.addErrback(lambda failure: None)  # its end is told where all ends are

    def _buried(self, reason: str, slot: _Slot, worker: WorkerProcess, place: int | None) -> str:
        self._alive.discard(worker)
        self._counts.give_back(place)
        self._ended_totals = summed([*self._ended_totals, *(each.closed() for each in worker.snapshots)])
        if slot.process is worker:
            slot.process = None
            if not worker.retired and self.running:
                delay_s = slot.backoff.delay_s(worker.lived_s())
                self.log.error(
                    "worker {worker} has died ({reason}); another starts in {delay_s:g} s",
                    worker=worker.name,
                    reason=reason,
                    delay_s=delay_s,
                )
                self._reactor.callLater(delay_s, self._replace, slot)
        return reason

    async def _roll(self, plan: _Plan) -> None:
        """Replace one worker after another; when one does not come up, the old ones that are left stay."""
        assert self._plan is not None
        new_ones = 0
        for slot in tuple(self._due(plan)):
            new = self._spawn(slot, plan)
            try:
                await new.ready.addTimeout(READY_TIMEOUT_S, self._reactor)
            except Exception as error:
                new.kill()
                if not new_ones:  # else some serve at what is new
                    self._held.keep(self._plan.keys)
                raise ConfigError(f"a new worker did not come up ({error}); the old ones go on") from error
            old, slot.process = slot.process, new
            new_ones += 1
            if old is not None:
                old.retire()
        if not plan.told[True]:
            self._let_go_of_the_alone()
        self._plan = plan
        self._held.keep(plan.keys)
        self.log.info("reloaded: {count} new workers", count=new_ones)

    def _due(self, plan: _Plan) -> Iterator[_Slot]:
        """The slots whose process `plan` replaces."""
        yield from [slot for slot in self._slots if not slot.alone]
        assert self._plan is not None
        if plan.told[True] and plan.told[True] != self._plan.told[True]:
            slot = next((slot for slot in self._slots if slot.alone), None)
            if slot is None:
                slot = _Slot(_ALONE)
                self._slots.append(slot)
            yield slot

    def _let_go_of_the_alone(self) -> None:
        for slot in [slot for slot in self._slots if slot.alone]:
            self._slots.remove(slot)
            if slot.process is not None:
                slot.process.retire()

    def _rolled(self, result: Any) -> Any:
        self._rolling = None
        if self._reload_again and self.running:
            self._reload_again = False
            return self.reload()
        return result
