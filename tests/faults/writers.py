"""Who writes: over HTTP through any process, and by psql in every way that is awkward."""

import random
import time
import uuid
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from typing import Any

import psycopg

from tests.conftest import API
from tests.faults.caller import Caller
from tests.faults.checker import Seen
from tests.faults.world import World, Worker
from tests.running import Answer

STATUSES = ("wait", "todo", "progress", "done", "cancel")


class HttpWriter:
    """Writes through any process; reads what it wrote through any process."""

    def __init__(self, number: int, world: World, chance: random.Random) -> None:
        self.mark, self.world, self.chance, self.checker = f"M{number}", world, chance, world.checker
        self.callers = world.callers()
        self.number = 0
        self.tasks: list[str] = []
        self.decisions: list[str] = []

    def run(self) -> None:
        while self.world.pause(self.chance, self.mark):
            roll = self.chance.random()
            if roll < 0.45:
                self.retitle()
            elif roll < 0.65:
                self.append()
            else:
                self.touch()

    def any(self) -> Caller:
        return self.chance.choice(self.callers)

    def write(self, method: str, path: str, document: Any) -> Answer | None:
        """The answer of a write that was acknowledged."""
        answer = self.any().call(method, path, document, X_StateHub_Author=self.mark)
        if answer.status in (200, 201):
            self.checker.count("commits")
            return answer
        if answer.status != 503:
            self.checker.wrong(f"{method} {path} answered {answer.status}: {answer.body[:200]!r}")
        return None  # in doubt: it may have been committed

    def retitle(self) -> None:
        """Leave a higher number, and look whether it is shown."""
        self.number += 1
        number = self.number
        answer = self.write("PATCH", f"/workplans/{self.mark}", {"title": f"{self.mark} #{number}"})
        if not answer:
            return
        self.checker.acknowledge(self.mark, number)
        roll = self.chance.random()
        if roll < 0.4:
            seen = self.read_with(answer.headers["X-StateHub-Revision"])
        elif roll < 0.6:
            seen = self.any().summary("?refresh=true")
        else:
            return
        if seen:
            self.checker.count("own writes read")
            self.checker.has(seen, {self.mark: number}, "who wrote it")

    def read_with(self, token: str) -> Seen | None:
        seen = self.any().summary(X_StateHub_Min_Revision=token)
        if seen:
            parts = token.split(".")
            if seen.core < int(parts[1], 36) or seen.progress < int(parts[2], 36):
                self.checker.wrong(f"asked for at least {token}, got {seen.token}")
        return seen

    def append(self) -> None:
        """Append an event; it is in the delta since any moment before, and not in the one since itself."""
        before = self.any().summary() if self.chance.random() < 0.3 else None
        text = f"event {uuid.uuid4()}"
        now = datetime.now(UTC).isoformat()
        answer = self.write("POST", "/progress", {"summary": text, "workplan": self.mark, "occurred_at": now})
        if not answer:
            return
        self.checker.events.add(text)
        own = answer.json["id"]
        token = answer.headers["X-StateHub-Revision"]
        if self.chance.random() < 0.3 and own in (found := self.changes(token)):
            self.checker.wrong(f"event {own} is in the delta since itself: {sorted(found)[:5]}")
        if before and (found := self.changes(before.token)) and own not in found:
            self.checker.wrong(f"event {own} is missing in the delta since {before.token}, before it")

    def changes(self, since: str) -> set[int]:
        """The ids of the events since then; empty when they cannot be had."""
        ids: set[int] = set()
        query = f"since={since}&limit=500"
        while True:
            answer = self.any().call("GET", f"/state/changes?{query}")
            if answer.status != 200:
                return set()
            page = answer.json
            ids |= {item["id"] for item in page["items"]}
            if page["next_cursor"] is None:
                return ids
            query = f"since={since}&limit=500&cursor={page['next_cursor']}"

    def touch(self) -> None:
        """Tasks and decisions: create, change, end."""
        roll = self.chance.random()
        if roll < 0.4 or not self.tasks:
            document = {"workplan": self.mark, "title": "task", "status": self.chance.choice(STATUSES[:3])}
            if answer := self.write("POST", "/tasks", document):
                self.tasks.append(answer.json["code"])
        elif roll < 0.7:
            status = self.chance.choice(STATUSES)
            self.write("PATCH", f"/tasks/{self.chance.choice(self.tasks)}", {"status": status})
        elif roll < 0.8:
            self.write("DELETE", f"/tasks/{self.tasks.pop()}", None)
        elif roll < 0.92 or not self.decisions:
            title = self.chance.choice(["Which way?", "Which contract?"])
            if answer := self.write("POST", "/decisions", {"workplan": self.mark, "title": title}):
                self.decisions.append(answer.json["code"])
        else:
            self.write("DELETE", f"/decisions/{self.decisions.pop()}", None)


class SqlWriter:
    """Writes by psql: rolls back, keeps silent, holds transactions open, takes the tables in any order."""

    def __init__(self, number: int, world: World, chance: random.Random, late: bool) -> None:
        self.mark, self.world, self.chance, self.checker = f"M{number}", world, chance, world.checker
        self.late = late
        self.number = 0

    def run(self) -> None:
        while not self.world.over.is_set():
            try:
                with closing(self.world.database.connect(API, connect_timeout=10)) as connection:
                    while self.world.pause(self.chance, self.mark):
                        self.write(connection)
            except psycopg.errors.DeadlockDetected as error:
                self.checker.wrong(f"a deadlock of writers who share no row: {error}")
            except (psycopg.OperationalError, psycopg.InterfaceError):  # the database is away
                self.checker.count("transactions cut off")
                time.sleep(0.05)

    def write(self, connection: psycopg.Connection[Any]) -> None:
        """One transaction."""
        chance = self.chance
        rolled_back = chance.random() < 0.15
        events: list[str] = []
        number = 0
        with connection.transaction(force_rollback=rolled_back):
            if chance.random() < 0.2:
                connection.execute("set local statehub.notify = off")
            if chance.random() < 0.2:
                connection.execute("set local statehub.bulk = on")
            steps = [self.insert_task, self.change_tasks, self.decide, self.retitle, self.append]
            for step in chance.sample(steps, chance.randint(1, 4)):
                undone = chance.random() < 0.2
                with connection.transaction(force_rollback=undone):  # a savepoint
                    left = step(connection)
                if undone:
                    continue
                if isinstance(left, int):
                    number = left
                elif left:
                    events.append(left)
            if self.late or chance.random() < 0.02:
                time.sleep(chance.uniform(0.1, 1.2))
        if rolled_back:
            self.checker.count("rollbacks")
            return
        self.checker.count("commits")
        self.checker.events.update(events)
        if number:
            self.checker.acknowledge(self.mark, number)

    def insert_task(self, connection: psycopg.Connection[Any]) -> None:
        connection.execute(
            "insert into tasks (workplan, title, status, waiting_on)"
            " select row_id('workplans', %s), 'task', %s, 'rain' from generate_series(1, %s)",
            [self.mark, self.chance.choice(STATUSES), self.chance.choice([1, 1, 1, 5])],
        )

    def change_tasks(self, connection: psycopg.Connection[Any]) -> None:
        connection.execute(
            "update tasks set status = %s, priority = %s where id in"
            " (select id from tasks where workplan = row_id('workplans', %s) order by random() limit %s)",
            [self.chance.choice(STATUSES), self.chance.randint(0, 4), self.mark, self.chance.choice([1, 2, 20])],
        )

    def decide(self, connection: psycopg.Connection[Any]) -> None:
        connection.execute(
            "insert into decisions (workplan, title) values (row_id('workplans', %s), 'Which?')", [self.mark]
        )
        connection.execute(
            "update decisions set status = 'superseded' where workplan = row_id('workplans', %s) and random() < 0.5",
            [self.mark],
        )

    def retitle(self, connection: psycopg.Connection[Any]) -> int:
        self.number += 1
        connection.execute(
            "update workplans set title = %s where code = %s", [f"{self.mark} #{self.number}", self.mark]
        )
        return self.number

    def append(self, connection: psycopg.Connection[Any]) -> str:
        text = f"event {uuid.uuid4()}"
        connection.execute("insert into progress_events (summary, author) values (%s, %s)", [text, self.mark])
        return text


def tend(world: World, chance: random.Random) -> None:
    """Fold and settle all the time."""
    while not world.over.is_set():
        try:
            with closing(world.database.connect(API, connect_timeout=10)) as connection:
                while not world.over.wait(chance.uniform(0, 0.1)):
                    connection.execute(chance.choice([b"select fold()", b"select settle()", b"select fold(), settle()"]))
        except psycopg.OperationalError:
            time.sleep(0.05)


def _http(number: int, world: World, chance: random.Random) -> None:
    HttpWriter(number, world, chance).run()


def _sql(number: int, late: bool, world: World, chance: random.Random) -> None:
    SqlWriter(number, world, chance, late).run()


WRITERS: dict[str, Worker] = {
    **{f"http_{number}": partial(_http, number) for number in (1, 2, 3)},
    **{f"sql_{number}": partial(_sql, number, False) for number in (4, 5, 6)},
    **{f"late_{number}": partial(_sql, number, True) for number in (7, 8)},
    "tend": tend,
}
