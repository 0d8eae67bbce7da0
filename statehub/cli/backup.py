"""`custodian backup` and `restore`: pg_dump and pg_restore of the hub, checked after."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from statehub import schema
from statehub.cli import database
from statehub.cli.progress import Progress
from statehub.errors import Conflict, StateHubError, Unavailable
from statehub.postgres_binaries import FOLDERS, EmbeddedError, binary
from statehub.settings import Settings

TRIES = 3
# All in one transaction: readers see the state before, or the state after, and that with an epoch of its own.
BEFORE = """
set lock_timeout = '30s';
set client_min_messages = warning;
drop schema if exists statehub cascade;
"""
AFTER = """
set search_path = statehub, pg_temp;
select statehub.start_epoch(true);
notify statehub, 'core';
notify statehub, 'progress';
"""


@dataclass(frozen=True)
class Tools:
    """The database, and the programs that fit its server."""

    url: str
    major: int

    def run(self, name: str, *args: str, script: str | None = None) -> "subprocess.CompletedProcess[str]":
        """One of PostgreSQL's programs, to its end; a password goes by the environment, where `ps` does not show it."""
        parts: dict[str, Any] = dict(conninfo_to_dict(self.url))
        password = parts.pop("password", None)
        environment = {
            **os.environ,
            **({"PGPASSWORD": str(password)} if password else {}),
            "PGAPPNAME": f"custodian {name}",
        }
        database = ["--dbname", make_conninfo(**parts)] if name != "pg_restore" else []
        return subprocess.run(
            [program(name, self.major), *database, *args], env=environment, input=script, capture_output=True,
            text=True, check=False,
        )  # fmt: skip


def backup(target: Path, progress: Progress) -> int:
    """Write the hub to a file, whole or not at all; its size in bytes. The hub may run meanwhile."""
    with _tools() as tools:
        return _dump(tools, target, progress)


def restore(source: Path, kept: Path | None, progress: Progress) -> Path:
    """Put the state of a backup in place of the hub's, which may run meanwhile; the file with the state before."""
    if not source.is_file():
        raise StateHubError(f"{source} is no file")
    settings = Settings.load()
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    kept = kept or settings.data_dir / f"before-restore-{stamp}.dump"
    if kept.exists():
        raise Conflict(f"{kept} is there already; name another file with --keep")
    with _tools() as tools:
        progress.step(f"reading {source.name}")
        _check(tools, source)
        _dump(tools, kept, progress)
        with tempfile.TemporaryDirectory(prefix="custodian-restore-") as place:
            script = Path(place) / "restore.sql"
            progress.step(f"unpacking {source.name}", unit="bytes", read=lambda: script.stat().st_size)
            _write_script(tools, source, script)
            progress.step(f"putting {source.name} in place")
            _apply(tools, script, kept)
        # a backup may be older than the code
        schema.migrate(tools.url, search_language=settings.search_language, tell=progress.step)
        progress.step("comparing the totals with the rows")
        with closing(
            psycopg.connect(tools.url, options="-c role=statehub_owner -c search_path=statehub")
        ) as connection:
            wrong = connection.execute("select count(*) from verify_totals()").fetchone()
        if wrong != (0,):
            raise StateHubError(f"the backup is in place, but its totals are wrong; the state before is in {kept}")
    return kept


def program(name: str, major: int) -> str:
    """One of PostgreSQL's programs, of the server's major version, else newer: from the package, else from the PATH."""
    for version in sorted((v for v in FOLDERS if v >= major), key=lambda v: v != major):
        with suppress(EmbeddedError):
            return str(binary(name, version))
    found = shutil.which(name)
    if found:
        said = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout
        version_of = re.search(r"\) (\d+)", said)
        if version_of and int(version_of[1]) >= major:
            return found
    raise StateHubError(
        f"this takes {name} of PostgreSQL {major} or newer{', and ' + found + ' is older' if found else ''};"
        f" install postgresql-client-{major}, or the package statehub[embedded], which brings it"
    )


@contextmanager
def _tools() -> Iterator[Tools]:
    with database.attached() as url:
        try:
            with closing(psycopg.connect(url)) as connection:
                version = connection.info.server_version
        except psycopg.OperationalError as error:
            raise Unavailable(f"the database cannot be reached: {str(error).splitlines()[0]}") from error
        yield Tools(url, version // 10_000)


def _dump(tools: Tools, target: Path, progress: Progress) -> int:
    """Written aside, checked, then put in place: readable by its user only."""
    try:
        handle, name = tempfile.mkstemp(dir=target.absolute().parent, prefix=f".{target.name}.", suffix=".part")
    except OSError as error:
        raise StateHubError(f"{target} cannot be written: {error.strerror}") from None
    os.close(handle)
    aside = Path(name)
    progress.step(f"writing {target.name}", unit="bytes", read=lambda: aside.stat().st_size)
    try:
        done = tools.run("pg_dump", "--format=custom", "--schema=statehub", "--file", name)
        if done.returncode:
            raise StateHubError(f"pg_dump failed: {_last(done.stderr)}")
        progress.step(f"reading {target.name} back")
        _check(tools, aside)
        with aside.open("rb") as file:
            os.fsync(file.fileno())
        aside.replace(target)
    finally:
        with suppress(FileNotFoundError):
            aside.unlink()
    return target.stat().st_size


def _check(tools: Tools, archive: Path) -> None:
    """It is a backup of a hub, and can be read to its end."""
    listed = tools.run("pg_restore", "--list", str(archive))
    if listed.returncode or "TABLE DATA statehub progress_events" not in listed.stdout:
        raise StateHubError(f"{archive} is no backup of a hub: {_last(listed.stderr) or 'it has no progress_events'}")
    read = tools.run("pg_restore", "--file", os.devnull, str(archive))
    if read.returncode:
        raise StateHubError(f"{archive} is damaged: {_last(read.stderr)}")


def _write_script(tools: Tools, source: Path, script: Path) -> None:
    done = tools.run("pg_restore", "--exit-on-error", "--file", str(script), str(source))
    if done.returncode:
        raise StateHubError(f"{source} cannot be read: {_last(done.stderr)}")


def _apply(tools: Tools, script: Path, kept: Path) -> None:
    """One transaction. A hub that reads meanwhile may be in its way: then once more."""
    with tempfile.TemporaryDirectory(prefix="custodian-restore-") as place:
        before, after = Path(place) / "before.sql", Path(place) / "after.sql"
        before.write_text(BEFORE, encoding="utf-8")
        after.write_text(AFTER, encoding="utf-8")
        for left in reversed(range(TRIES)):
            done = tools.run(
                "psql", "--no-psqlrc", "--quiet", "--single-transaction", "--set", "ON_ERROR_STOP=1",
                "--output", os.devnull, "--file", str(before), "--file", str(script), "--file", str(after),
            )  # fmt: skip
            if not done.returncode:
                return
            if left and ("deadlock detected" in done.stderr or "lock timeout" in done.stderr):
                continue
            kept.unlink(missing_ok=True)
            raise Conflict(f"nothing was restored, and the hub is as it was: {_last(done.stderr)}")


def _last(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if "ERROR" in line or "error:" in line]
    return (errors or lines or [""])[-1]
