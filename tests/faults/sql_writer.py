"""Who writes by psql, in every way that is awkward; and who tends the ledger all the time."""

import random
import time
import uuid
from contextlib import closing
from typing import Any

import psycopg

from tests.conftest import API
from tests.faults.world import World

STATUSES = ("wait", "todo", "progress", "done", "cancel")


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
        if connection.broken:  # psycopg says nothing when it leaves a transaction on a connection that is lost
            raise psycopg.OperationalError("the connection was lost")
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
                    connection.execute(
                        chance.choice([b"select fold()", b"select settle()", b"select fold(), settle()"])
                    )
        except psycopg.OperationalError:
            time.sleep(0.05)
