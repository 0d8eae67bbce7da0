"""For trigger_cost: copies of the table tasks, each with other triggers, and pgbench to write to them."""

import os
import re
import subprocess
from contextlib import closing
from pathlib import Path

from _common import API, OWNER, PG_VERSION, connect

from statehub.postgres_binaries import binary

VARIANTS = ("none", "notify", "ledger", "hot")
SECOND = ("ledger_b", "hot_b")  # the other table of writers in opposite order
ROWS = 10_000

_FUNCTIONS = """
create function bench_notify() returns trigger language plpgsql as $$
begin
    perform pg_notify('statehub', 'core');
    return null;
end $$;
create table bench_counters (tbl text primary key, n bigint not null default 0);
grant select, update on bench_counters to statehub_api;
create function bench_count() returns trigger language plpgsql as $$
begin
    update bench_counters set n = n + 1 where tbl = tg_table_name;
    perform pg_notify('statehub', 'core');
    return null;
end $$;
"""
_TABLE = """
create table bench_{0} (like tasks including defaults including indexes);
create trigger touch before update on bench_{0} for each row execute function touch_row();
grant select, insert, update on bench_{0} to statehub_api;
"""
_ARM = {
    "none": "",
    "notify": """
create trigger notify after insert or update on bench_{0} for each statement execute function bench_notify();
""",
    "ledger": "select watch('bench_{0}', 'core', 'status', 'workplan');",
    "hot": """
insert into bench_counters (tbl) values ('bench_{0}');
create trigger count after insert or update on bench_{0} for each statement execute function bench_count();
""",
}
_ID = "('00000000-0000-4000-8000-' || lpad(({})::text, 12, '0'))::uuid"
_FILL = f"""
insert into bench_{{0}} (id, code, workplan, repo, title)
select {_ID.format("n")}, 'T' || n, {_ID.format("n % 50")}, {_ID.format("1")}, 'Task ' || n
from generate_series(1, {ROWS}) as n
"""
_INSERT = f"""
insert into bench_{{0}} (code, workplan, repo, title)
values (gen_random_uuid()::text, {_ID.format(":n % 50")}, {_ID.format("1")}, 'A task');
"""
_SCRIPTS = {
    "insert": _INSERT,
    "update": f"""
update bench_{{0}} set status = (enum_range(null::task_status))[1 + :n % 5], assignee = 'me'
where id = {_ID.format(":n")};
""",
    "opposite": f"""
begin;
\\if :client_id % 2 = 0
{_INSERT.format("{0}")}{_INSERT.format("{0}_b")}
\\else
{_INSERT.format("{0}_b")}{_INSERT.format("{0}")}
\\endif
commit;
""",
}


def create_tables(url: str) -> None:
    """A table a variant, armed."""
    with closing(connect(url)) as owner:
        owner.execute(_FUNCTIONS)
        for table in (*VARIANTS, *SECOND):
            owner.execute(_TABLE.format(table) + _ARM[table.removesuffix("_b")].format(table))


def refill(url: str) -> None:
    """Every table as at the start: a variant must not pay for rows that a slower one has not got."""
    with closing(connect(url, OWNER + " -c statehub.notify=off")) as owner:
        for table in (*VARIANTS, *SECOND):
            owner.execute(f"truncate bench_{table}")
            owner.execute(_FILL.format(table))


def write(url: str, script: str, variant: str, clients: int, seconds: int, place: Path) -> tuple[float, int]:
    """Let pgbench run a script on a variant's table: transactions a second, and deadlocks."""
    path = place / "script.sql"
    path.write_text(f"\\set n random(1, {ROWS})" + _SCRIPTS[script].format(variant))
    options = ["-n", "-M", "prepared", "-T", str(seconds), "-c", str(clients), "--failures-detailed"]
    for _ in range(3):  # a disk that stands still for a whole slice says nothing of the variant
        shown = subprocess.run(
            [binary("pgbench", PG_VERSION), *options, "-f", path, url],
            env={**os.environ, "PGOPTIONS": API},
            capture_output=True,
            text=True,
            timeout=seconds + 60,
            check=True,
        ).stdout
        tps, deadlocks = re.search(r"tps = ([\d.]+)", shown), re.search(r"deadlock failures: (\d+)", shown)
        if tps and deadlocks:
            return float(tps[1]), int(deadlocks[1])
    raise SystemExit(f"no transaction in {seconds} s, three times: this machine is too busy to measure")


def check_totals(url: str) -> None:
    """What was measured did its work: the counters equal count(*)."""
    with closing(connect(url)) as owner:
        for table in ("bench_ledger", "bench_ledger_b"):
            counted = f"select key, n from current_totals where tbl = '{table}' and n <> 0"
            actual = f"select status::text, count(*) from {table} group by status"
            for one, other in ((counted, actual), (actual, counted)):
                assert not owner.execute(f"{one} except {other}").fetchall(), table
