"""statehub.schema: to head from anywhere, any number of times, by any number of processes."""

import shutil
import subprocess
import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from statehub import schema
from statehub.errors import Conflict, Unavailable
from statehub.postgres_binaries import binary
from statehub.queries import sql_dir
from tests.conftest import PG_VERSION, Database, temporary_database

ADMIN = "-c search_path=statehub"
NOTHING = schema.Migrated((), False)


@pytest.fixture
def empty(server: str) -> Iterator[Database]:
    """A database without a schema."""
    with temporary_database(server) as database:
        yield database


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of sql/ that a test may change."""
    copy = tmp_path / "sql"
    shutil.copytree(sql_dir(), copy)
    monkeypatch.setattr(schema, "sql_dir", lambda: copy)
    return copy


def dump(database: Database) -> str:
    """The schema as pg_dump tells it, without what differs from dump to dump."""
    try:
        pg_dump = str(binary("pg_dump", PG_VERSION))
    except Exception:  # no embedded package, or without pg_dump
        if not (found := shutil.which("pg_dump")):
            pytest.skip("there is no pg_dump here")
        pg_dump = found
    done = subprocess.run([pg_dump, "--schema-only", database.url], capture_output=True, text=True, check=True)
    return "\n".join(line for line in done.stdout.splitlines() if not line.startswith(("\\restrict", "\\unrestrict")))


def content(database: Database) -> list[tuple[str, str]]:
    """Every row of every table, but for what migrate itself keeps."""
    with closing(database.connect(ADMIN)) as connection:
        tables = connection.execute(
            "select relname::text from pg_class where relnamespace = 'statehub'::regnamespace and relkind = 'r'"
            " and relname not like '%yoyo%' order by 1"
        ).fetchall()
        return [
            (
                table,
                str(connection.execute(f"select coalesce(json_agg(t), '[]')::text from {table} as t").fetchall()),
            )
            for (table,) in tables
        ]


def test_an_empty_database_comes_to_head(empty: Database) -> None:
    done = schema.migrate(empty.url)
    assert list(done.applied) == schema.expected_migrations() != []
    assert done.code_loaded
    assert empty.value("select count(*) from unarmed_triggers") == 0
    assert empty.value("select checksum from code_files") == schema.code_checksum()


def test_migrating_again_changes_nothing(database: Database) -> None:
    schema.migrate(database.url)  # a copy of the template starts an epoch of its own
    before = dump(database), content(database)
    assert schema.migrate(database.url) == NOTHING
    assert (dump(database), content(database)) == before


def test_migrations_of_two_processes_at_once_are_applied_once(empty: Database) -> None:
    start = threading.Barrier(3)

    def migrate(_: int) -> schema.Migrated:
        start.wait(20)
        return schema.migrate(empty.url)

    with ThreadPoolExecutor(3) as pool:
        done = list(pool.map(migrate, range(3)))
    assert sorted(len(migrated.applied) for migrated in done) == [0, 0, len(schema.expected_migrations())]
    assert sorted(migrated.code_loaded for migrated in done) == [False, False, True]


def test_two_databases_of_one_server_may_be_migrated_at_once(server: str) -> None:
    with (
        temporary_database(server) as one,
        temporary_database(server) as other,
        ThreadPoolExecutor(2) as pool,
    ):
        done = list(pool.map(schema.migrate, [one.url, other.url]))
    assert [migrated.code_loaded for migrated in done] == [True, True]


def test_who_migrates_for_too_long_makes_others_give_up(database: Database) -> None:
    with closing(database.connect()) as holder:
        holder.execute("select pg_advisory_lock(%s)", [schema._LOCK_KEY])
        with pytest.raises(Unavailable, match="another process is migrating"):
            schema.migrate(database.url, lock_timeout_s=0.05)
    assert schema.migrate(database.url) == NOTHING


def test_a_database_that_is_not_there_is_unavailable(empty: Database) -> None:
    with pytest.raises(Unavailable, match="the database cannot be reached"):
        schema.migrate(empty.url.replace("test_", "nothing_"))


def test_a_lock_row_that_a_killed_process_left_does_not_block(database: Database) -> None:
    database.value("insert into yoyo_lock (locked, ctime, pid) values (1, now(), 1) returning pid")
    assert schema.migrate(database.url) == NOTHING


def test_a_code_file_that_changed_replaces_all_code_and_no_data(database: Database, files: Path) -> None:
    before, rows = dump(database), database.value("select jsonb_agg(t order by slug) from topics as t")
    with (files / "functions" / "fold.sql").open("a") as fold:
        fold.write("comment on function fold is 'Another comment';\n")
    (files / "functions" / "extra.sql").write_text("create function extra() returns int language sql return 1;")
    assert schema.migrate(database.url) == schema.Migrated((), True)
    assert database.value("select obj_description('fold'::regproc)") == "Another comment"
    assert database.value("select extra()") == 1
    (files / "functions" / "extra.sql").unlink()
    shutil.copy(sql_dir() / "functions" / "fold.sql", files / "functions" / "fold.sql")
    assert schema.migrate(database.url) == schema.Migrated((), True)
    assert schema.migrate(database.url) == NOTHING
    assert dump(database) == before
    assert database.value("select jsonb_agg(t order by slug) from topics as t") == rows


def test_code_is_replaced_while_sessions_hold_what_they_planned(database: Database, files: Path) -> None:
    with closing(database.connect()) as session:
        insert = "insert into topics (slug, title, domain) values (%s, 'A topic', 'infotech')"
        for number in range(6):
            session.execute(insert, [f"before-{number}"], prepare=True)
        before = session.execute("select core from revisions()", prepare=True).fetchone()
        (files / "functions" / "extra.sql").write_text("create function extra() returns int language sql return 1;")
        schema.migrate(database.url)
        session.execute(insert, ["after"], prepare=True)
        after = session.execute("select core from revisions()", prepare=True).fetchone()
        assert before
        assert after == (before[0] + 1,)
        assert session.execute("select * from verify_totals()").fetchall() == []


def test_a_code_file_that_is_wrong_is_named_and_leaves_the_old_code(database: Database, files: Path) -> None:
    before = dump(database)
    (files / "functions" / "wrong.sql").write_text("create function wrong() returns int language sql return;")
    with pytest.raises(psycopg.errors.SyntaxError) as raised:
        schema.migrate(database.url)
    assert raised.value.__notes__ == ["while loading functions/wrong.sql"]
    assert dump(database) == before


@pytest.mark.parametrize(
    "theirs",
    [
        "create view public.mine as select * from statehub.ready_tasks",
        "create materialized view public.mine as select statehub.epoch()",
        "create function public.mine() returns setof statehub.topic_rows"
        " language sql as 'select * from statehub.topic_rows'",
        "create table public.mine (); create trigger t before truncate on public.mine"
        " for each statement execute function statehub.refuse_change()",
    ],
)
def test_what_somebody_built_on_our_code_is_never_dropped(database: Database, files: Path, theirs: str) -> None:
    with closing(database.connect(ADMIN)) as theirs_too:
        theirs_too.execute(theirs)
    before = dump(database)
    (files / "functions" / "extra.sql").write_text("create function extra() returns int language sql return 1;")
    with pytest.raises(Conflict, match=r"something of your own uses the hub's views or functions .*mine"):
        schema.migrate(database.url)
    assert dump(database) == before


def test_everything_rolled_back_and_migrated_again_gives_the_same_schema(database: Database) -> None:
    before = dump(database)
    schema.rollback_all(database.url)
    left = (
        "select coalesce(string_agg(relname, ' '), '') from pg_class"
        " where relnamespace = 'statehub'::regnamespace and relkind in ('r', 'v', 'S') and relname not like '%yoyo%'"
    )
    assert database.value(left, options=ADMIN) == ""
    types = "select count(*) from pg_type where typnamespace = 'statehub'::regnamespace and typtype = 'e'"
    assert database.value(types, options=ADMIN) == 0
    assert list(schema.migrate(database.url).applied) == schema.expected_migrations()
    assert dump(database) == before


def test_a_seed_may_run_any_number_of_times(database: Database) -> None:
    before = content(database)
    schema.seed(database.url)
    schema.seed(database.url)
    assert content(database) == before


def test_a_seed_fills_domains_topics_and_keywords_in_the_name_of_seed(database: Database) -> None:
    counts = "select array[(select count(*) from domains), (select count(*) from topics)]"
    assert database.value(counts) == [14, 6]
    assert database.value("select count(*) from escalation_keywords") > 20
    authors = "select array_agg(distinct author || ' ' || author_kind::text) from progress_events"
    assert database.value(authors) == ["seed system"]


def test_a_seed_leaves_what_somebody_changed(database: Database) -> None:
    database.value("update topics set title = 'Ours' where slug = 'platform' returning 1")
    database.value("delete from escalation_keywords where keyword = 'bank' returning 1")
    schema.seed(database.url)
    assert database.value("select title from topics where slug = 'platform'") == "Ours"


def test_a_role_that_is_no_superuser_can_migrate_and_seed(server: str) -> None:
    login = f"hub_{uuid.uuid4().hex[:12]}"
    with temporary_database(server) as database, closing(database.connect(ADMIN)) as admin:
        name = conninfo_to_dict(database.url)["dbname"]
        admin.execute(f"create role {login} login createrole password 'secret'")
        try:
            admin.execute(f"alter database {name} owner to {login}")
            admin.execute(f"grant statehub_owner, statehub_api, statehub_ro to {login}")
            url = make_conninfo(database.url, user=login, password="secret")
            schema.migrate(url)
            schema.seed(url)
            assert database.value("select count(*) from topics") == 6
        finally:
            admin.execute(f"alter database {name} owner to current_user")
            admin.execute(f"drop owned by {login}; drop role {login}")


def test_the_checksum_is_of_names_and_contents(files: Path) -> None:
    checksums = {schema.code_checksum()}
    (files / "functions" / "fold.sql").rename(files / "functions" / "folded.sql")
    checksums.add(schema.code_checksum())
    (files / "grants.sql").write_text("")
    checksums.add(schema.code_checksum())
    assert len(checksums) == 3
