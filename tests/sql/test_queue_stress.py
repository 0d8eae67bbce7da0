"""Many who claim, finish, give back and add dependencies at once: no deadlock, and the queue is exact throughout."""

import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Event
from uuid import UUID

import psycopg

from tests.sql.claims import claim, complete, expire, release
from tests.sql.world import (
    API,
    OWNER,
    READY,
    REPEATABLE_READ,
    Connection,
    Database,
    column,
    depend,
    make_plan,
    make_task,
    value,
)

WRITERS, STEPS, TASKS = 8, 60, 40
WRONG_FLAGS = "select code from tasks as t where queued <> task_is_ready(t.status, t.workplan, t.id)"


def write(database: Database, number: int, plans: list[UUID], tasks: list[UUID]) -> int:
    """Some steps of a writer, in an order of its own; how many were refused, for a cycle or a lost race."""
    chance, refused = random.Random(number), 0  # noqa: S311
    with closing(database.connect(API)) as mine:
        for _ in range(STEPS):
            one, other = chance.sample(tasks, 2)
            plan, first = chance.sample(plans, 2)
            try:
                with mine.transaction():
                    match chance.randrange(6):
                        case 0:
                            depend(mine, one, other)
                        case 1:
                            depend(mine, one, other)
                            depend(mine, plan, first, "workplan_dependencies")
                        case 2:
                            depend(mine, plan, first, "workplan_dependencies")
                            depend(mine, one, other)
                        case 3:
                            status = chance.choice(["done", "done", "todo", "cancel"])
                            mine.execute("update tasks set status = %s where id = %s", [status, one])
                        case 4:
                            mine.execute("select remove_task_dependency(%s, %s)", [str(one), str(other)])
                        case _:
                            work(mine, f"agent-{number}", chance)
            except psycopg.Error as error:
                if error.sqlstate not in ("SH409", "23505"):  # a deadlock above all
                    raise
                refused += 1
    return refused


def work(connection: Connection, agent: str, chance: random.Random) -> None:
    """Claim what there is, then finish it, give it back, or let it expire."""
    if held := claim(connection, agent):
        match chance.randrange(3):
            case 0:
                complete(connection, held, agent)
            case 1:
                release(connection, held, agent)
            case _:
                expire(connection, held)


def test_no_deadlock_and_the_queue_is_that_of_the_plain_join_throughout(database: Database, owner: Connection) -> None:
    plans = [make_plan(owner, status=status) for status in ("ready", "active", "active", "finished", "finished")]
    tasks = [make_task(owner, plans[number % 5]) for number in range(TASKS)]
    stop, looked = Event(), 0
    with ThreadPoolExecutor(WRITERS + 1) as pool:

        def settle() -> None:
            with closing(database.connect(OWNER)) as settler:
                while not stop.is_set():
                    settler.execute("select settle()")

        settling = pool.submit(settle)
        writers = [pool.submit(write, database, number, plans, tasks) for number in range(WRITERS)]
        with closing(database.connect(API)) as reader:
            reader.isolation_level = REPEATABLE_READ
            while not all(writer.done() for writer in writers):
                with reader.transaction():  # one snapshot for both
                    assert sorted(column(reader, "select code from ready_tasks")) == sorted(column(reader, READY))
                looked += 1
        stop.set()
        settling.result(60)
        refused = sum(writer.result(60) for writer in writers)
    assert looked > 3
    assert refused < WRITERS * STEPS / 2
    while value(owner, "select count(*) from unsettled"):
        owner.execute("select settle()")
    assert column(owner, WRONG_FLAGS) == []
    assert sorted(column(owner, "select code from ready_tasks")) == sorted(column(owner, READY))
