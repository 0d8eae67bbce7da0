"""What goes wrong in a chaos run, one thing at a time; each is over when it returns."""

import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field

import psycopg

from tests.conftest import OWNER
from tests.faults.checker import Checker
from tests.faults.cluster import Cluster, Doors

LOCKED = ("tasks", "workplan_totals", "progress_events", "workplans", "revisions", "ledger")


@dataclass
class Injector:
    """Injects faults; remembers what and when."""

    cluster: Cluster
    doors: Doors
    checker: Checker
    chance: random.Random
    done: Counter[str] = field(default_factory=Counter)
    # monotonic times of begin and end
    times: list[tuple[float, float]] = field(default_factory=list)
    _deck: list[Callable[[], None]] = field(default_factory=list)

    def inject(self) -> None:
        """One fault: all kinds in turn, in an order of chance."""
        if not self._deck:
            self._deck = [
                self.kill_the_listeners, self.kill_every_backend, self.crash_a_backend, self.crash_the_server,
                self.restart_the_server, self.stop_a_listener, self.half_open, self.deafen, self.lock_a_table,
                self.hold_a_transaction, self.stop_a_session, self.stop_everything,
            ]  # fmt: skip
            self.chance.shuffle(self._deck)
        kind = self._deck.pop()
        begun = time.monotonic()
        try:
            kind()
        except psycopg.OperationalError:  # it hit us as well
            self.cluster.wait()
        self.done[kind.__name__] += 1
        self.times.append((begun, time.monotonic()))

    def kill_the_listeners(self) -> None:
        self._terminate("statehub listener")

    def kill_every_backend(self) -> None:
        self._terminate("statehub listener", "statehub api")

    def crash_a_backend(self) -> None:
        """kill -9: the server takes all its sessions down and recovers."""
        if self.cluster.signal(self.chance.choice(self.cluster.backends("statehub api")), signal.SIGKILL):
            time.sleep(0.1)
        self.cluster.wait()

    def crash_the_server(self) -> None:
        self.cluster.stop("immediate")
        time.sleep(self.chance.uniform(0, 0.3))
        self.cluster.start()

    def restart_the_server(self) -> None:
        self.cluster.stop("fast")
        time.sleep(self.chance.uniform(0, 0.3))
        self.cluster.start()

    def stop_a_listener(self) -> None:
        """Its connection stays open, and says nothing; the heartbeat finds that."""
        self._stopped(self.cluster.backends("statehub listener")[:1], self.chance.uniform(0.4, 0.9))

    def half_open(self) -> None:
        """As when a machine between was switched off: nobody ever tells the hub that the connection is dead."""
        self.doors.command(self.chance.randrange(len(self.doors.ports)), "freeze")
        time.sleep(self.chance.uniform(0.2, 0.6))

    def deafen(self) -> None:
        """As through a pooler: LISTEN is accepted, and nothing is delivered."""
        door = self.chance.randrange(len(self.doors.ports))
        self.doors.command(door, "deaf")
        time.sleep(self.chance.uniform(0.4, 1.0))
        self.doors.command(door, "heal")

    def lock_a_table(self) -> None:
        with closing(psycopg.connect(self.cluster.url, options=OWNER)) as connection:
            table = self.chance.choice(LOCKED)
            connection.execute("set lock_timeout = '3s'")
            connection.execute(f"lock table {table} in access exclusive mode".encode())
            time.sleep(self.chance.uniform(0.1, 0.5))

    def hold_a_transaction(self) -> None:
        """It wrote first and commits late; the others went on."""
        with closing(psycopg.connect(self.cluster.url, options=OWNER)) as connection:
            text = f"event held {self.chance.getrandbits(64):x}"
            connection.execute("insert into progress_events (summary, author) values (%s, 'held')", [text])
            connection.execute("update topics set title = %s where slug = 't9'", [text])
            time.sleep(self.chance.uniform(0.4, 1.0))
            connection.commit()
            self.checker.events.add(text)

    def stop_a_session(self) -> None:
        self._stopped(self.cluster.backends("statehub api")[:1], self.chance.uniform(0.2, 0.5))

    def stop_everything(self) -> None:
        """The server as a whole stands still, as on a machine that is suspended."""
        self._stopped(self.cluster.processes(), self.chance.uniform(0.2, 0.6))

    def _stopped(self, pids: list[int], seconds: float) -> None:
        stopped = [pid for pid in pids if self.cluster.signal(pid, signal.SIGSTOP)]
        try:
            time.sleep(seconds)
        finally:
            for pid in stopped:
                self.cluster.signal(pid, signal.SIGCONT)

    def _terminate(self, *names: str) -> None:
        with closing(self.cluster.admin()) as connection:
            for pid in self.cluster.backends(*names):
                connection.execute("select pg_terminate_backend(%s)", [pid])
