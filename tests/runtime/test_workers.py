"""The parent of workers, with children that are never started; `tests/live` has real ones."""

import json
from typing import Any

from twisted.application.service import MultiService, Service
from twisted.internet.error import ProcessExitedAlready, ProcessTerminated
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import Clock
from twisted.internet.testing import EventLoggingObserver
from twisted.logger import formatEvent, globalLogPublisher
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from twisted_suite.errors import ConfigError
from twisted_suite.runtime.child import SAY
from twisted_suite.runtime.connections import Connections
from twisted_suite.runtime.limits import ConnectionLimits
from twisted_suite.runtime.listening import Listener
from twisted_suite.runtime.tally import Snapshot
from twisted_suite.runtime.worker import ENVIRONMENT_VARIABLE
from twisted_suite.runtime.workers import READY_TIMEOUT_S, Workers


class _Port:
    """A socket that is held."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.reading = True
        self.closed = False

    def fileno(self) -> int:
        return self.number

    def stopReading(self) -> None:
        self.reading = False

    def stopListening(self) -> None:
        self.closed = True


class _Process:
    """A child as far as its signals go."""

    def __init__(self) -> None:
        self.signals: list[str] = []
        self.gone = False

    def signalProcess(self, name: str) -> None:
        if self.gone:
            raise ProcessExitedAlready
        self.signals.append(name)


class _Reactor(Clock):
    """Starts nothing, and remembers what it was to start."""

    def __init__(self) -> None:
        super().__init__()
        self.spawned: list[tuple[Any, dict[str, str], dict[int, Any]]] = []
        self.ports: dict[int, _Port] = {}

    def listenTCP(self, port: int, factory: Any, backlog: int, interface: str) -> _Port:
        self.ports[port] = _Port(port + 100)
        return self.ports[port]

    def spawnProcess(self, protocol: Any, command: str, arguments: Any, env: Any, childFDs: Any) -> None:
        protocol.transport = _Process()
        self.spawned.append((protocol, env, childFDs))


class _Divided(MultiService):
    """Of what is below, one may be spread; besides, `tables` name what may not."""

    def __init__(self, tables: list[str]) -> None:
        super().__init__()
        self.tables = tables

    def part(self, *, alone: bool) -> list[Any]:
        return [Service() for _ in self.tables] if alone else list(self)

    def told(self, *, alone: bool) -> list[str]:
        return self.tables if alone else ["spread"]


class WorkersTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.reactor = _Reactor()
        self.ports = [1]
        self.one_process = ""
        self.tables: list[str] | None = None
        self.log = EventLoggingObserver.createWithCleanup(self, globalLogPublisher)  # type: ignore[arg-type]

    def make(self) -> Any:
        if not self.ports:
            raise ConfigError("nothing to run")
        factory = Factory.forProtocol(Protocol)
        factory.noisy = False
        root: Any = MultiService() if self.tables is None else _Divided(self.tables)
        root.one_process = self.one_process
        owner = Connections(factory, "quiet", ConnectionLimits(), self.reactor)
        endpoints = [f"tcp:{port}" for port in self.ports]
        Listener(endpoints, owner, drain_timeout_s=1, reactor=self.reactor).setServiceParent(root)
        return root

    def started(self, count: int = 2) -> Workers:
        workers = Workers(self.make, ["run"], count, self.reactor)
        workers.privilegedStartService()
        workers.startService()
        return workers

    def child(self, number: int) -> Any:
        return self.reactor.spawned[number][0]

    def ready(self, number: int) -> None:
        self.child(number).childDataReceived(SAY, b'{"ready": true}\n')

    def dies(self, number: int) -> None:
        self.child(number).transport.gone = True
        self.child(number).processEnded(Failure(ProcessTerminated(signal=9)))

    def lines(self) -> list[str]:
        return [formatEvent(event) for event in self.log]

    def test_sockets_are_held_and_handed_over(self) -> None:
        """The parent binds and accepts nothing; each worker gets every socket, and is told which they are."""
        self.ports = [1, 2]
        self.started()
        self.assertEqual([port.reading for port in self.reactor.ports.values()], [False, False])
        self.assertEqual(len(self.reactor.spawned), 2)
        for _, env, descriptors in self.reactor.spawned:
            told = json.loads(env[ENVIRONMENT_VARIABLE])
            self.assertEqual([descriptors[number] for number in told["listen"]], [101, 102])
            self.assertEqual(descriptors[told["say"]], "r")
            self.assertNotIn("NOTIFY_SOCKET", env)

    def test_a_death_is_replaced_with_backoff(self) -> None:
        """The first death is replaced at once, the next one later, each with a line that says why."""
        self.started(1)
        self.dies(0)
        self.reactor.advance(0)
        self.assertEqual(len(self.reactor.spawned), 2)
        self.dies(1)
        self.reactor.advance(0.05)
        self.assertEqual(len(self.reactor.spawned), 2)
        self.reactor.advance(0.05)
        self.assertEqual(len(self.reactor.spawned), 3)
        self.assertIn("worker 0 has died", self.lines()[0])
        self.assertIn("signal 9", self.lines()[0])

    def test_one_after_another(self) -> None:
        """A reload waits for each new worker before it asks an old one to drain, then begins the next."""
        workers = self.started()
        reloaded = workers.reload()
        self.assertEqual(len(self.reactor.spawned), 3)
        self.assertEqual(self.child(0).transport.signals, [])
        self.ready(2)
        self.assertEqual(self.child(0).transport.signals, ["TERM"])
        self.assertEqual(len(self.reactor.spawned), 4)
        self.assertEqual(self.child(1).transport.signals, [])
        self.assertNoResult(reloaded)
        self.ready(3)
        self.successResultOf(reloaded)
        self.assertEqual(self.child(1).transport.signals, ["TERM"])
        self.dies(0)  # as it was asked to
        self.reactor.advance(60)
        self.assertEqual(len(self.reactor.spawned), 4)
        self.assertEqual(self.lines(), ["reloaded: 2 new workers"])

    def test_a_new_worker_that_does_not_come_up(self) -> None:
        """One that dies, or is never ready, ends the reload; the old ones were not touched."""
        workers = self.started()
        reloaded = workers.reload()
        self.dies(2)
        error = self.failureResultOf(reloaded, ConfigError)
        self.assertIn("did not come up (A process has ended with a probable error", str(error.value))
        reloaded = workers.reload()
        self.reactor.advance(READY_TIMEOUT_S)
        self.failureResultOf(reloaded, ConfigError)
        self.assertEqual(self.child(3).transport.signals, ["KILL"])
        for old in (0, 1):
            self.assertEqual(self.child(old).transport.signals, [])
        self.dies(3)
        self.reactor.advance(60)
        self.assertEqual(len(self.reactor.spawned), 4)

    def test_a_reload_upon_a_reload(self) -> None:
        """One that is asked for while another is under way follows it, once."""
        workers = self.started(1)
        first = workers.reload()
        workers.reload()
        workers.reload()
        self.ready(1)
        self.assertEqual(len(self.reactor.spawned), 3)
        self.assertNoResult(first)
        self.ready(2)
        self.successResultOf(first)
        self.assertEqual(len(self.reactor.spawned), 3)

    def test_a_failed_reload_lets_go_of_what_was_new(self) -> None:
        """Its sockets are closed, those of the workers that go on are kept, and handed to replacements."""
        workers = self.started(1)
        self.ports = [2]
        reloaded = workers.reload()
        self.dies(1)
        self.failureResultOf(reloaded, ConfigError)
        self.assertEqual([port.closed for port in self.reactor.ports.values()], [False, True])
        self.dies(0)
        self.reactor.advance(0)
        _, env, descriptors = self.reactor.spawned[-1]
        told = json.loads(env[ENVIRONMENT_VARIABLE])
        self.assertEqual([descriptors[number] for number in told["listen"]], [101])

    def test_all_accept(self) -> None:
        """That is when the last of the first workers is ready, whoever died on the way."""
        workers = self.started()
        accepting = workers.accepting()
        self.ready(0)
        self.dies(1)
        self.reactor.advance(0)
        self.assertNoResult(accepting)
        self.ready(2)
        self.successResultOf(accepting)
        self.successResultOf(workers.accepting())

    def test_sockets_change_with_the_configuration(self) -> None:
        """A reload binds what is new, and closes what nobody wants when all have changed over."""
        workers = self.started(1)
        self.ports = [2]
        workers.reload()
        self.assertFalse(self.reactor.ports[1].closed)
        self.ready(1)
        self.assertTrue(self.reactor.ports[1].closed)
        self.assertFalse(self.reactor.ports[2].closed)

    def test_a_configuration_that_does_not_load(self) -> None:
        """It is raised, and nothing has changed."""
        workers = self.started()
        self.ports = []
        self.assertRaises(ConfigError, workers.reload)
        self.assertEqual(len(self.reactor.spawned), 2)
        self.assertFalse(self.reactor.ports[1].closed)

    def test_the_end(self) -> None:
        """Stopping closes the sockets, has every worker drain, waits for the last, and replaces none."""
        workers = self.started()
        stopped = workers.stopService()
        self.assertTrue(self.reactor.ports[1].closed)
        self.dies(0)
        self.assertNoResult(stopped)
        self.dies(1)
        self.successResultOf(stopped)
        self.reactor.advance(60)
        self.assertEqual(len(self.reactor.spawned), 2)

    def test_figures(self) -> None:
        """Every worker's figures are there by its name; of those that have ended the totals stay."""
        workers = self.started()
        told = Snapshot("quiet", open=3, bytes_in=5)
        told.ended["closed"] = 2
        line = json.dumps({"snapshot": [told.to_json()]}).encode() + b"\n"
        for number in (0, 1):
            self.child(number).childDataReceived(SAY, line[:10])
            self.child(number).childDataReceived(SAY, line[10:])
        self.assertEqual(workers.snapshots(), {"0": [told], "1": [told], "ended": []})
        self.dies(0)
        by_worker = workers.snapshots()
        self.assertEqual([(each.open, each.bytes_in) for each in by_worker["ended"]], [(0, 5)])
        self.assertEqual(by_worker["ended"][0].ended, {"closed": 2})

    def test_what_stays_in_one_process(self) -> None:
        """A worker of its own runs it, which a reload leaves as it is until its table changes or goes."""
        self.tables = ["chat"]
        workers = self.started(1)
        (_, spread, _), (_, alone, _) = self.reactor.spawned
        told = [json.loads(env[ENVIRONMENT_VARIABLE]) for env in (spread, alone)]
        self.assertEqual([each["tables"] for each in told], [["spread"], ["chat"]])
        self.assertEqual([each["place"] for each in told], [0, None])
        self.ready(0)
        self.ready(1)
        for number, tables in ((2, ["chat"]), (3, ["chat", "more"]), (5, [])):
            self.tables = tables
            reloaded = workers.reload()
            self.ready(number)
            if tables == ["chat", "more"]:
                self.assertNoResult(reloaded)
                self.ready(number + 1)
            self.successResultOf(reloaded)
            self.assertEqual(self.child(1).transport.signals, [] if tables == ["chat"] else ["TERM"])
        self.assertEqual(self.child(4).transport.signals, ["TERM"])
        self.dies(4)
        self.reactor.advance(60)
        self.assertEqual(len(self.reactor.spawned), 6)

    def test_what_must_be_one_process(self) -> None:
        """A service that cannot be spread says why, before anything is bound."""
        self.one_process = "it is alone"
        error = self.assertRaises(ConfigError, Workers, self.make, ["run"], 2, self.reactor)
        self.assertEqual(str(error), "--workers: it is alone")
        self.assertEqual(self.reactor.ports, {})

    def test_what_ends_by_itself(self) -> None:
        """A service that does its work and ends is not spread either."""
        batch: Any = Service()
        batch.one_shot = True
        error = self.assertRaises(ConfigError, Workers, lambda: batch, ["run"], 2, self.reactor)
        self.assertIn("does its work and ends", str(error))
