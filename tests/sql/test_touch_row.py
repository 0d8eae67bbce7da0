"""touch_row(): version and updated_at of every row, whoever wrote it and whatever they set."""

import pytest

from tests.sql.world import Connection, column, depend, insert, make_decision, make_plan, make_task, value

CHANGES = {
    "domains": "name = 'x'",
    "topics": "title = 'x'",
    "managed_repos": "name = 'x'",
    "workplans": "title = 'x'",
    "workplan_dependencies": "created_at = created_at",
    "tasks": "title = 'x'",
    "task_dependencies": "created_at = created_at",
    "task_claims": "claim_seq = 8",
    "decisions": "title = 'x'",
    "legacy_interfaces": "successor = 'x'",
    "legacy_usage": "uses = 8",
}


@pytest.fixture
def filled(owner_tx: Connection) -> Connection:
    """The owner of a database with two rows or more in every table that has a version."""
    plans = [make_plan(owner_tx, repo=repo) for repo in (make_repo_ids(owner_tx))]
    tasks = [make_task(owner_tx, plans[0]) for _ in range(3)]
    for waits, needs in [(0, 1), (1, 2)]:
        depend(owner_tx, tasks[waits], tasks[needs])
        depend(owner_tx, plans[waits], plans[needs], "workplan_dependencies")
        make_decision(owner_tx)
        insert(owner_tx, "task_claims", "task", task=tasks[waits])
        interface = insert(owner_tx, "legacy_interfaces", kind="rest", name=f"old {waits}", successor="new")
        insert(owner_tx, "legacy_usage", "uses", interface=interface, used_on="2026-01-01", caller="me")
    return owner_tx


def make_repo_ids(connection: Connection) -> list[object]:
    return [insert(connection, "managed_repos", slug=slug, name=slug, domain="infotech") for slug in "abc"]


def test_every_table_with_a_version_is_tried_here(owner_tx: Connection) -> None:
    versioned = column(
        owner_tx,
        "select c.relname::text from pg_class as c inner join pg_attribute as a on a.attrelid = c.oid"
        " where c.relnamespace = 'statehub'::regnamespace and c.relkind = 'r' and a.attname = 'version'"
        " and not c.relname like '%yoyo%'",
    )
    assert sorted(versioned) == sorted(CHANGES)


@pytest.mark.parametrize("table", CHANGES)
def test_version_grows_by_one_with_every_update_of_every_row(filled: Connection, table: str) -> None:
    versions = f"select version from {table}"
    assert set(column(filled, versions)) == {1}
    for version in (2, 3):
        filled.execute(f"update {table} set {CHANGES[table]}")
        assert set(column(filled, versions)) == {version}


@pytest.mark.parametrize("table", CHANGES)
def test_updated_at_is_the_moment_of_the_update(filled: Connection, table: str) -> None:
    with filled.transaction():
        filled.execute(f"update {table} set {CHANGES[table]}")
        assert value(filled, f"select bool_and(updated_at between now() and clock_timestamp()) from {table}")
        assert value(filled, f"select bool_and(updated_at > created_at) from {table}")


@pytest.mark.parametrize("table", CHANGES)
@pytest.mark.parametrize("forged", ["version = 99", "updated_at = 'epoch'", "created_at = 'epoch'"])
def test_what_somebody_sets_by_hand_does_not_stay(filled: Connection, table: str, forged: str) -> None:
    filled.execute(f"update {table} set {forged}")
    assert set(column(filled, f"select version from {table}")) == {2}
    assert value(filled, f"select bool_and(updated_at > 'epoch' and created_at > 'epoch') from {table}")


def test_the_row_that_was_not_updated_keeps_its_version(filled: Connection) -> None:
    filled.execute("update tasks set title = 'x' where code like '%T01'")
    assert column(filled, "select version from tasks order by code") == [2, 1, 1]
