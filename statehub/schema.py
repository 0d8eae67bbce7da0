"""Brings a database's schema to head: roles, migrations, then the code files.

Migrations (yoyo) are applied once and never edited. Functions, views, triggers
and grants are code: when their checksum changed, all of them are replaced in
one transaction. Two processes at once are safe: an advisory lock is polled
(waiting inside it would deadlock `create index concurrently`).
"""

import hashlib
import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict
from yoyo import read_migrations
from yoyo.backends import DatabaseBackend
from yoyo.backends.core.postgresql import PostgresqlPsycopgBackend
from yoyo.connections import DatabaseURI
from yoyo.migrations import MigrationList, default_migration_table

from statehub import search_indexes
from statehub.errors import Conflict, Unavailable
from statehub.queries import sql_dir

CODE_FOLDERS = ("functions", "views", "triggers")
_LOCK_KEY = 0x57A7E48B
_AS_OWNER = "-c role=statehub_owner -c search_path=statehub"


@dataclass(frozen=True)
class Migrated:
    """What `migrate` did: names of migrations applied, and whether the code files were loaded."""

    applied: tuple[str, ...]
    code_loaded: bool


def migrate(
    url: str,
    *,
    wait_s: float = 0.0,
    reload: bool = False,
    lock_timeout_s: float = 60.0,
    search_language: str | None = None,
    tell: Callable[[str], object] = lambda _: None,
) -> Migrated:
    """Bring the database at `url` to head; safe to run at any time, by several processes at once.

    `wait_s`: how long to wait for a database that does not answer yet. `reload`: load the code files though they
    have not changed, which arms every trigger again.
    `search_language`: what texts are searched in; None leaves it as it is. `tell` is called with what is done next.

    Raises SettingsError when PostgreSQL does not have that language, Unavailable when the database cannot be
    reached or another migration holds the lock too long, Conflict when something of others hangs on our code.
    """
    _await_database(url, wait_s)
    with _connect(url) as connection, _locked(connection, lock_timeout_s):
        if search_language:
            search_indexes.check(connection, search_language)
        connection.execute((sql_dir() / "roles.sql").read_bytes())
        applied = _apply_migrations(connection, url, tell)
        tell("loading functions, views and triggers")
        loaded = _load_code(url, reload)
        with _connect(url, _AS_OWNER) as owner:
            search_indexes.build(owner, search_language, tell)
        return Migrated(applied, loaded)


def seed(url: str) -> None:
    """Load domains, topics, keywords and legacy interfaces. What is there already stays as it is."""
    with _connect(url, _AS_OWNER) as connection, connection.transaction():
        connection.execute(
            "select set_config('statehub.author', 'seed', true), set_config('statehub.author_kind', 'system', true)"
        )
        for path in sorted((sql_dir() / "seed").glob("*.sql")):
            connection.execute(path.read_bytes())


def rollback_all(url: str) -> None:
    """Take code and migrations back, newest first, down to the empty schema. For developers: it drops every table."""
    with _connect(url) as connection, _locked(connection, 60.0), _backend(url) as backend:
        with _connect(url, _AS_OWNER) as owner, owner.transaction():
            _drop_code(owner)
        backend.rollback_migrations(backend.to_rollback(_migrations()))


def expected_migrations() -> list[str]:
    """The ids of all migrations in the files, in order."""
    return [migration.id for migration in _migrations()]


def code_checksum() -> str:
    """sha256 over the code files, names and contents."""
    digest = hashlib.sha256()
    for path in _code_files():
        digest.update(f"{path.parent.name}/{path.name}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _await_database(url: str, wait_s: float) -> None:
    deadline = time.monotonic() + wait_s
    while time.monotonic() < deadline:
        try:
            with _connect(url):
                return
        except Unavailable:
            time.sleep(0.1)


def _apply_migrations(connection: psycopg.Connection, url: str, tell: Callable[[str], object]) -> tuple[str, ...]:
    # a killed process leaves yoyo's lock row behind; our advisory lock is held, so nobody else can own it
    if connection.execute("select to_regclass('statehub.yoyo_lock')").fetchone() != (None,):
        connection.execute("delete from statehub.yoyo_lock")
    with _backend(url) as backend:
        pending = backend.to_apply(_migrations())
        for number, migration in enumerate(pending, 1):
            tell(f"applying {migration.id} ({number} of {len(pending)})")
            backend.apply_migrations(MigrationList([migration]))
        return tuple(migration.id for migration in pending)


def _load_code(url: str, reload: bool) -> bool:
    checksum = code_checksum()
    with _connect(url, _AS_OWNER) as owner, owner.transaction():
        loaded = owner.execute("select checksum from code_files").fetchone()
        if changed := reload or loaded != (checksum,):
            _drop_code(owner)
            owner.execute("set local check_function_bodies = off")
            for _, paths in groupby(_code_files(), key=lambda path: path.parent):
                _execute(owner, list(paths))
            owner.execute(
                "insert into code_files (checksum, triggers) values (%s, arm_triggers()) on conflict (only_row)"
                " do update set checksum = excluded.checksum, triggers = excluded.triggers, loaded_at = now()",
                [checksum],
            )
        owner.execute("select start_epoch()")
        return changed


def _execute(owner: psycopg.Connection, paths: list[Path]) -> None:
    """Run the files in order; one that needs what comes later (a view of a view) waits for it."""
    while paths:
        later = []
        for path in paths:
            try:
                with owner.transaction():
                    owner.execute(path.read_bytes())
            except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedFunction) as error:
                error.add_note(f"while loading {path.parent.name}/{path.name}")
                later.append((path, error))
            except psycopg.Error as error:
                error.add_note(f"while loading {path.parent.name}/{path.name}")
                raise
        if len(later) == len(paths):
            raise later[0][1]
        paths = [path for path, _ in later]


def _drop_code(owner: psycopg.Connection) -> None:
    """Drop every trigger, view and function of the schema; what is not in the files does not stay."""
    statements = owner.execute((sql_dir() / "drop_code.sql").read_bytes()).fetchall()
    try:
        for (statement,) in statements:
            owner.execute(statement.encode())
    except psycopg.errors.DependentObjectsStillExist as error:
        raise Conflict(
            f"something of your own uses the hub's views or functions ({error.diag.message_detail}); "
            "move it aside, run migrate again, then create it anew"
        ) from error


def _code_files() -> list[Path]:
    files = [path for folder in CODE_FOLDERS for path in sorted((sql_dir() / folder).glob("*.sql"))]
    return [*files, sql_dir() / "grants.sql"]


def _migrations() -> MigrationList:
    return read_migrations(str(sql_dir() / "migrations"))


@contextmanager
def _backend(url: str) -> Iterator[DatabaseBackend]:
    os.environ.setdefault("LOGNAME", "statehub")  # yoyo asks for the user's name, and a container's uid may have none
    args = {key: str(value) for key, value in conninfo_to_dict(url, options=_AS_OWNER).items()}
    uri = DatabaseURI("postgresql+psycopg", None, None, None, None, args.pop("dbname", ""), args)
    backend = PostgresqlPsycopgBackend(uri, default_migration_table)
    with closing(backend.connection):  # yoyo itself never closes it
        backend.init_database()
        yield backend


@contextmanager
def _connect(url: str, options: str = "-c search_path=pg_catalog") -> Iterator[psycopg.Connection]:
    try:
        connection = psycopg.connect(url, autocommit=True, options=options, application_name="statehub migrate")
    except psycopg.OperationalError as error:
        raise Unavailable(f"the database cannot be reached: {str(error).splitlines()[0]}") from error
    with closing(connection):
        yield connection


@contextmanager
def _locked(connection: psycopg.Connection, timeout_s: float) -> Iterator[None]:
    deadline = time.monotonic() + timeout_s
    while connection.execute("select pg_try_advisory_lock(%s)", [_LOCK_KEY]).fetchone() != (True,):
        if time.monotonic() > deadline:
            raise Unavailable("another process is migrating this database; try again when it is done")
        time.sleep(0.05)
    yield  # the lock goes with the connection
