"""verify_totals(), rebuild_totals(): a counter that is wrong is seen, and put right."""

from contextlib import closing

import pytest

from tests.sql.world import (
    SUPERUSER,
    Connection,
    Database,
    make_decision,
    make_plan,
    make_task,
    table_revisions,
    value,
    wrong_totals,
)


@pytest.fixture(params=[False, True], ids=["unfolded", "folded"])
def wrong(request: pytest.FixtureRequest, owner: Connection) -> Connection:
    """The owner of a database that was loaded with triggers off."""
    plan = make_plan(owner)
    make_task(owner, plan)
    make_decision(owner)
    if request.param:
        owner.execute("select fold()")
    owner.execute("alter table tasks disable trigger user; alter table decisions disable trigger user")
    owner.execute(
        "insert into tasks (code, workplan, repo, title, status)"
        " select 'LOADED-' || n, id, repo, 'x', 'done' from workplans, generate_series(1, 3) as n"
    )
    owner.execute("update decisions set status = 'superseded'")
    return owner


def test_what_was_written_past_the_triggers_shows(wrong: Connection) -> None:
    plan = value(wrong, "select id from workplans")
    assert sorted(wrong_totals(wrong), key=str) == sorted(
        [
            ("tasks", None, "done", 0, 3),
            ("tasks", plan, "done", 0, 3),
            ("decisions", None, "open", 1, 0),
            ("decisions", None, "superseded", 0, 1),
        ],
        key=str,
    )


def test_a_rebuild_puts_it_right_and_every_revision_grows(wrong: Connection) -> None:
    before = table_revisions(wrong)
    wrong.execute("select rebuild_totals()")
    assert wrong_totals(wrong) == []
    assert all(revision > before[table] for table, revision in table_revisions(wrong).items())


def test_a_rebuild_notifies_both_sections(database: Database, wrong: Connection) -> None:
    with closing(database.connect()) as listener:
        listener.execute("listen statehub")
        wrong.execute("select rebuild_totals()")
        assert {n.payload for n in listener.notifies(timeout=20, stop_after=2)} == {"core", "progress"}


def test_a_rebuild_repairs_a_ledger_that_was_truncated(owner: Connection) -> None:
    make_task(owner, make_plan(owner))
    owner.execute("truncate ledger")
    assert wrong_totals(owner) != []
    owner.execute("select rebuild_totals()")
    assert wrong_totals(owner) == []


def test_a_writer_that_is_open_during_a_rebuild_still_counts(database: Database, wrong: Connection) -> None:
    with closing(database.connect()) as writer:
        with writer.transaction():
            make_plan(writer, title="A new one")
            writer.execute("update topics set status = 'paused' where slug = 'research'")
            wrong.execute("select rebuild_totals()")
            assert wrong_totals(wrong) == wrong_totals(writer) == []
        assert wrong_totals(wrong) == []


def test_truncate_of_everything_counts_down_to_nothing(database: Database, owner: Connection) -> None:
    make_task(owner, make_plan(owner))
    owner.execute("select fold()")
    make_decision(owner)
    with closing(database.connect(SUPERUSER)) as superuser:
        superuser.execute("alter table progress_events disable trigger append_only")
        for table in ("workplans", "tasks"):
            superuser.execute(f"alter table {table} disable trigger keep_known_truncate")
        superuser.execute("truncate workplans, topics cascade")
    assert wrong_totals(owner) == []
    assert value(owner, "select sum(n) from current_totals") == 0
    assert value(owner, "select sum(n) from current_workplan_totals") == 0
