"""One file over HTTP: attempts, each by a `Crew`, into a `Part`. Adapter."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import random
from typing import Any, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.task import LoopingCall, deferLater
from twisted.internet.threads import deferToThreadPool

from twisted_suite.errors import ConfigError, ExitStatus
from twisted_suite.files.get.crew import Crew
from twisted_suite.files.get.failures import Changed, TransferError
from twisted_suite.files.get.part import Part
from twisted_suite.files.get.plan import Plan
from twisted_suite.files.get.record import Record, source_key
from twisted_suite.files.get.retry import Retries
from twisted_suite.files.get.sources import Addressed
from twisted_suite.files.get.watching import Fetched, Watcher
from twisted_suite.files.get.web import Web
from twisted_suite.files.get.wishes import Wishes

# How much may have to be fetched a second time after a kill.
CHECKPOINT_S = 2.0
# Less is fetched again rather than recorded: a folder of small files is not to become one of records too.
WORTH_RESUMING_BYTES = 1 << 20
# How often the progress is told.
_TOLD_S = 0.1

ResultT = TypeVar("ResultT")


class Transfer:
    """Fetches `file` as `target`. Its `run` is called once; cancelled, it leaves a part to go on with."""

    def __init__(self, file: Addressed, target: Path, web: Web, watcher: Watcher, wishes: Wishes) -> None:
        self._file = file
        self._web = web
        self._watcher = watcher
        self._key = target
        self._retries = Retries(wishes.retries)
        self._mismatched = False
        self._part = Part(target)
        self._plan = Plan(file.shown, source_key(file.url), wishes.segments, self._part.record())
        self.kept_bytes = (
            self._plan.pieces.here_bytes
        )  # at first of an earlier run; in the end for a later one

    async def run(self, named: Callable[[str], Path]) -> Fetched:
        """Fetch it; `named` gives the path for a Content-Disposition. Raises `ConfigError`."""
        earlier = self.kept_bytes
        loops = [self._loop(self._checkpoint, CHECKPOINT_S), self._loop(self._tell, _TOLD_S)]
        try:
            checked = await self._bring()
            target = named(self._plan.disposition)
            if self._part.saved:  # what took long is not to be lost after it has got its name
                await self._in_thread(self._part.sync)
            version = self._plan.version
            self._part.keep_as(target, version.modified if version is not None else None)
        except OSError as error:
            raise ConfigError(f"{self._part.path}: {error.strerror}", ExitStatus.IO) from error
        finally:
            for loop in loops:
                loop.stop()
            await self._leave()
        return Fetched(target, self._plan.pieces.here_bytes, checked, earlier)

    async def _bring(self) -> str | None:
        """All of it, however often it has to be asked for; the algorithm that it was checked with."""
        plan = self._plan
        while True:
            try:
                if not plan.complete:
                    await Crew(plan, self._ask, self._part.write, self._begin_anew).work()
                return await self._check()
            except TransferError as error:
                here = plan.pieces.here_bytes
                if isinstance(error, Changed):
                    plan.forget()
                else:
                    plan.broke_off()
                delay = self._retries.delay_s(error, here, random())
                if delay is None:
                    raise
                self._watcher.waiting(self._key, error, delay)
                await deferLater(self._web.clock, delay)

    async def _check(self) -> str | None:
        digest = self._plan.version.digest if self._plan.version is not None else None
        if digest is None:
            return None
        self._watcher.checking(self._key)
        if await self._in_thread(self._part.matches, digest):
            return digest.algorithm
        self._plan.forget()
        self._part.clear()
        # Once more from the beginning: it may have been damaged here, or on its way.
        again, self._mismatched = not self._mismatched, True
        raise TransferError(
            f"{self._file.shown}: what came is not what the server says it is ({digest.algorithm} differs)",
            ExitStatus.DATA,
            again=again,
        )

    async def _ask(self, ask: Any) -> Any:
        return await self._web.ask(self._file, ask)

    def _begin_anew(self) -> None:
        self._part.clear()
        if (record := self._record()) is not None:
            self._part.saving(record)()  # now there is room for it: the disk may be full when it is needed

    def _record(self) -> Record | None:
        """The record, where it is worth having one."""
        record = self._plan.record()
        worth = record is not None and (record.version.size or 0) >= WORTH_RESUMING_BYTES
        return record if worth else None

    def _checkpoint(self) -> "Deferred[None] | None":
        record = self._record()
        if record is None or self._plan.complete:
            return None
        saving = self._in_thread(self._part.saving(record))
        return saving.addErrback(lambda failure: failure.trap(OSError) and None)  # writing will meet it too

    def _tell(self) -> None:
        pieces = self._plan.pieces
        self._watcher.progressed(self._key, pieces.here_bytes, pieces.size)

    async def _leave(self) -> None:
        """Whatever happened: a part that can be continued stays, with its record; another goes."""
        record = self._record()
        here = self._plan.pieces.here_bytes
        if record is None or not here:
            self.kept_bytes = 0
            self._part.discard()
            return
        self.kept_bytes = here
        with suppress(OSError):  # then the record of the last checkpoint counts
            await self._in_thread(self._part.saving(record))
        self._part.close()

    def _in_thread(self, work: Callable[..., ResultT], *args: Any) -> "Deferred[ResultT]":
        reactor = self._web.clock
        return deferToThreadPool(reactor, reactor.getThreadPool(), work, *args)

    def _loop(self, work: Callable[[], object], seconds: float) -> LoopingCall:
        loop = LoopingCall(work)
        loop.clock = self._web.clock
        loop.start(seconds, now=False)
        return loop
