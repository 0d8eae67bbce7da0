"""What all workers of a run share, and the rows they write to: each its own, so that nobody waits for a row."""

import random
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field

from tests.conftest import OWNER, Database
from tests.faults.caller import Caller
from tests.faults.checker import Checker

SUMMARY_LIMIT = 20
PLANS = 10

Worker = Callable[["World", random.Random], None]


@dataclass
class World:
    """A database, the ports of the API processes on it, and who judges."""

    database: Database
    ports: Sequence[int]
    checker: Checker
    seed: int
    over: threading.Event = field(default_factory=threading.Event)
    # set while writers shall write
    writing: threading.Event = field(default_factory=threading.Event)
    pace_s: float = 0.004
    _jobs: dict[str, Future[None]] = field(default_factory=dict)
    _idle: dict[str, bool] = field(default_factory=dict)
    _callers: list[Caller] = field(default_factory=list)
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(40))

    def callers(self) -> list[Caller]:
        """A client of each process; closed with the world."""
        made = [Caller(port, self.checker, number) for number, port in enumerate(self.ports)]
        self._callers += made
        return made

    def prepare(self) -> None:
        """The plans that the workers write to: M1, M2, … with the title `M1 #0`, each under a topic of its own."""
        with closing(self.database.connect(OWNER)) as connection:
            connection.execute("insert into managed_repos (slug, name, domain) values ('chaos', 'Chaos', 'infotech')")
            connection.execute(
                "insert into topics (slug, title, domain)"
                " select 't' || n, 'Topic', 'infotech' from generate_series(1, %s) as n",
                [PLANS],
            )
            connection.execute(
                "insert into workplans (code, repo, topic, title, status)"
                " select 'M' || n, row_id('repos', 'chaos'), row_id('topics', 't' || n), 'M' || n || ' #0', 'active'"
                " from generate_series(1, %s) as n",
                [PLANS],
            )

    def start(self, **workers: Worker) -> None:
        """Set these to work, each with chances of its own."""
        for name, work in workers.items():
            chance = random.Random(f"{self.seed} {name}")  # noqa: S311
            self._jobs[name] = self._pool.submit(work, self, chance)

    def pause(self, chance: random.Random, name: str, longest_s: float | None = None) -> bool:
        """Wait a little between two writes, or as long as nobody may write; false when it is over."""
        self.over.wait(chance.uniform(0, longest_s or 2 * self.pace_s))
        while not self.writing.is_set() and not self.over.is_set():
            self._idle[name] = True
            self.over.wait(0.01)
        self._idle[name] = False
        return not self.over.is_set()

    def is_quiet(self) -> bool:
        """Whether everybody stands still who writes, or makes the hub build."""
        return all(self._idle.values())

    def look(self) -> None:
        """Raise what a worker raised."""
        for job in self._jobs.values():
            if job.done():
                job.result()

    def end(self) -> None:
        """Let all workers end, and raise what they raised."""
        self.over.set()
        self.writing.set()
        for name, job in self._jobs.items():
            try:
                job.result(timeout=40)
            except TimeoutError:
                self.checker.wrong(f"{name} does not end")
        self._pool.shutdown(wait=False, cancel_futures=True)

    def close(self) -> None:
        """Hang up."""
        for caller in self._callers:
            caller.close()
