"""pass_gate(): one gate for both graphs, so that who adds to both in opposite order only waits."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from tests.sql.world import (
    API,
    Connection,
    Database,
    depend,
    make_plan,
    make_task,
    value,
    wait_until_blocked,
)


def test_transactions_that_add_to_both_graphs_in_opposite_order_do_not_deadlock(
    database: Database, api: Connection
) -> None:
    plans = [make_plan(api) for _ in range(4)]
    tasks = [make_task(api, plans[0]) for _ in range(4)]
    with closing(database.connect(API)) as one, closing(database.connect(API)) as other, ThreadPoolExecutor(1) as pool:
        with one.transaction():
            depend(one, tasks[0], tasks[1])

            def opposite() -> None:
                with other.transaction():
                    depend(other, plans[2], plans[3], "workplan_dependencies")
                    depend(other, tasks[2], tasks[3])

            late = pool.submit(opposite)
            wait_until_blocked(api, other)
            depend(one, plans[0], plans[1], "workplan_dependencies")
        late.result(20)
    assert value(api, "select count(*) from task_dependencies") == 2
    assert value(api, "select count(*) from workplan_dependencies") == 2
