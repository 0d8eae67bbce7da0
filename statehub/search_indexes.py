"""The indexes of search: built beside the old ones, without holding up writers, when language or expression changed.

They are no migration, since the language is a setting, and no code, since to
build one again for every changed function would take minutes on a large hub.
An index of a part of its table has statistics of the whole beside it, under its
name: search asks the planner how common a word is, which does not use those of a
partial index.
"""

from collections.abc import Callable

import psycopg
from psycopg import sql

from statehub.errors import SettingsError

_PRESENT = """
select c.relname::text, i.indisvalid from pg_index as i inner join pg_class as c on i.indexrelid = c.oid
inner join pg_am as a on c.relam = a.oid
where c.relnamespace = 'statehub'::regnamespace and c.relname like 'search\\_%' and a.amname = 'gin'
"""
_STATISTICS = """
select s.stxname::text from pg_statistic_ext as s
where s.stxnamespace = 'statehub'::regnamespace and s.stxname like 'search\\_%'
"""


def check(connection: psycopg.Connection, language: str) -> None:
    """Raises SettingsError where PostgreSQL has no such text search configuration, naming those it has."""
    query = (
        "select cfgname::text from pg_catalog.pg_ts_config where cfgnamespace = 'pg_catalog'::regnamespace order by 1"
    )
    there = [name for (name,) in connection.execute(query)]
    if language not in there:
        raise SettingsError(f"STATEHUB_SEARCH_LANGUAGE is {language!r}; this PostgreSQL has: {', '.join(there)}")


def build(owner: psycopg.Connection, language: str | None, tell: Callable[[str], object] = lambda _: None) -> None:
    """Build what search needs and is not there, point search at it, drop the rest. None: the language as it is.

    Outside a transaction, one statement after the other: what was built before a crash stays, what was half
    built is dropped and built again.
    """
    [[current]] = owner.execute("select language from search_language").fetchall()
    wanted = owner.execute("select * from search_indexes(%s)", [language or current]).fetchall()
    present: dict[str, bool] = dict(owner.execute(_PRESENT).fetchall())
    counted = {name for (name,) in owner.execute(_STATISTICS)}
    tables = []
    for number, (name, table, definition, among) in enumerate(wanted, 1):
        tell(f"building the index {name} ({number} of {len(wanted)})")
        if among and name not in counted:
            owner.execute(
                sql.SQL("create statistics {} on ({}) from {}").format(
                    sql.Identifier(name), sql.SQL(definition), sql.Identifier(table)
                )
            )
            tables.append(table)
        if present.get(name):
            continue
        if name in present:  # an earlier try was ended while it built this one
            owner.execute(sql.SQL("drop index concurrently {}").format(sql.Identifier(name)))
        owner.execute(
            sql.SQL("create index concurrently {} on {} using gin (({})) where {}").format(
                sql.Identifier(name), sql.Identifier(table), sql.SQL(definition), sql.SQL(among or "true")
            )
        )
        tables.append(table)
    # how common a word is decides how it is looked for. A table that was found empty would be planned for as empty, for
    # the minute until autovacuum comes by
    for table in sorted(set(tables)):
        name = sql.Identifier(table)
        if owner.execute(sql.SQL("select exists (select from {})").format(name)).fetchone() == (True,):
            owner.execute(sql.SQL("analyze {}").format(name))
    if language and language != current:
        owner.execute("update search_language set language = %s", [language])
    needed = {name for name, *_ in wanted}
    for name in present.keys() - needed:
        owner.execute(sql.SQL("drop index concurrently {}").format(sql.Identifier(name)))
    for name in counted - needed:
        owner.execute(sql.SQL("drop statistics {}").format(sql.Identifier(name)))
