"""`custodian doctor`: what is wrong with this hub, and what to do. It changes nothing and writes nothing."""

import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any, Literal
from urllib.parse import urlsplit

import psycopg
from psycopg.rows import dict_row

from statehub import __version__, access, calls, embedded, schema
from statehub.cli import claude_code, hubfile
from statehub.cli.connect import connected
from statehub.cli.text import clean
from statehub.dashboard.folders import MISSING, find
from statehub.errors import SettingsError, StateHubError
from statehub.queries import queries
from statehub.settings import Settings

OLDEST_SERVER = 16
PROBE_S = 3.0
MOST_PENDING = 50_000
LITTLE_ROOM, NO_ROOM = 2**30, 100 * 2**20


@dataclass(frozen=True)
class Finding:
    """One line: what was looked at, how it is, and what to do about it."""

    name: str
    status: Literal["ok", "warn", "fail"]
    detail: str
    remedy: str = ""


def examine() -> list[Finding]:
    """All findings, in the order in which one would mend them."""
    try:
        settings = Settings.load()
    except SettingsError as error:
        return [
            Finding("settings", "fail", error.detail, "correct it in the environment, or in ~/.config/statehub/env")
        ]
    return [
        Finding("settings", "ok", f"data directory {settings.data_dir}"),
        *_hub(settings), *_database(settings), _token_file(settings), _address(settings), _mcp(settings),
        _dashboard(settings), _disk(settings),
    ]  # fmt: skip


def _hub(settings: Settings) -> Iterator[Finding]:
    with connected() as client:
        url = client.base_url
        try:
            health, ready = client.do(calls.get_health()), client.do(calls.get_ready())
        except StateHubError as error:
            yield Finding("hub", "fail", error.detail, "custodian up --detach; custodian logs says why it ended")
            return
    version = health["version"]
    if version == __version__:
        yield Finding("version", "ok", f"custodian and the hub are {version}")
    else:
        yield Finding(
            "version", "warn", f"custodian is {__version__}, the hub {version}", "custodian down; custodian up"
        )
    if ready["problems"]:
        yield Finding(
            "hub", "fail", f"{url} is {ready['status']}: {'; '.join(ready['problems'])}", "mend what it names"
        )
    elif ready["status"] == "degraded":
        told = f"{url} answers; its listener is down, so it asks the database each {settings.poll_interval:g} s"
        yield Finding(
            "hub", "warn", told, "custodian logs; behind a pooler set STATEHUB_LISTEN_URL to a direct address"
        )
    else:
        yield Finding("hub", "ok", f"{url} is ready, its listener {ready['listener']}")


def _database(settings: Settings) -> Iterator[Finding]:
    url = settings.migrate_url or settings.database_url
    if not url:
        if settings.api_url and not hubfile.read(settings.data_dir):
            yield Finding("database", "ok", "another machine's affair: STATEHUB_API_URL names a hub elsewhere")
            return
        try:
            server = embedded.find(settings.data_dir)
        except StateHubError as error:
            yield Finding("database", "fail", error.detail, "choose another STATEHUB_DATA_DIR, or be that user")
            return
        if server is None:
            yield Finding("database", "fail", "the embedded PostgreSQL does not run", "custodian up --detach")
            return
        url = server.url()
    try:
        with closing(
            psycopg.connect(url, autocommit=True, connect_timeout=5, options="-c statement_timeout=10s")
        ) as session:
            yield from _inside(session)
    except psycopg.Error as error:
        why = (str(error).splitlines() or ["it does not answer"])[0]
        yield Finding("database", "fail", why, "start PostgreSQL, or correct STATEHUB_DATABASE_URL")
        return
    if settings.listen:
        yield _probe(settings.listen_url or url, url)
    else:
        yield Finding("notifications", "warn", "STATEHUB_LISTEN is off: the hub polls only", "unset STATEHUB_LISTEN")


def _inside(session: psycopg.Connection[Any]) -> Iterator[Finding]:
    major = session.info.server_version // 10_000
    if major < OLDEST_SERVER:
        yield Finding("database", "fail", f"PostgreSQL {major}", f"State Hub takes PostgreSQL {OLDEST_SERVER} or newer")
    else:
        yield Finding("database", "ok", f"PostgreSQL {major} answers")
    if session.execute("select to_regclass('statehub.code_files')").fetchone() == (None,):
        yield Finding("schema", "fail", "there is none yet", "custodian migrate && custodian seed")
        return
    session.execute("set search_path = statehub")
    found = session.cursor(row_factory=dict_row).execute(queries()["get_readiness"].encode()).fetchone() or {}
    missing = sorted(set(schema.expected_migrations()) - set(found["migrations"] or ()))
    if missing or found["code"] != schema.code_checksum():
        told = (
            f"{len(missing)} migrations are missing, the first {missing[0]}"
            if missing
            else "its code is not this version's"
        )
        yield Finding("schema", "fail", told, "custodian migrate")
    else:
        yield Finding("schema", "ok", f"at head: {len(found['migrations'])} migrations and the code of {__version__}")
    if found["unarmed"]:
        off = ", ".join(found["unarmed"])
        yield Finding("triggers", "fail", f"off: {off}; revisions may be wrong", "custodian migrate --reload")
    else:
        yield Finding("triggers", "ok", "all armed")
    pending = found["pending"]
    if pending > MOST_PENDING:
        told = f"{pending:,} rows are not folded; every read counts them"
        yield Finding("ledger", "warn", told, "a hub that runs folds each second: custodian logs says why it does not")
    else:
        yield Finding("ledger", "ok", f"{pending:,} rows to fold")


def _probe(listen_url: str, url: str) -> Finding:
    """A notification from where writers write to where the listener listens; on a channel that nobody else has."""
    channel = f"statehub_doctor_{uuid.uuid4().hex[:12]}"
    try:
        with (
            closing(psycopg.connect(listen_url, autocommit=True, connect_timeout=5)) as listening,
            closing(psycopg.connect(url, autocommit=True, connect_timeout=5)) as sending,
        ):
            listening.execute(f"listen {channel}".encode())
            began = time.perf_counter()
            sending.execute("select pg_notify(%s, '')", [channel])
            for _ in listening.notifies(timeout=PROBE_S, stop_after=1):
                return Finding("notifications", "ok", f"arrive after {(time.perf_counter() - began) * 1000:.1f} ms")
    except psycopg.Error as error:
        why = (str(error).splitlines() or ["no connection"])[0]
        return Finding("notifications", "fail", why, "correct STATEHUB_LISTEN_URL")
    remedy = "behind a pooler, set STATEHUB_LISTEN_URL to a direct address of the same database"
    return Finding("notifications", "fail", f"LISTEN is accepted, and nothing arrives within {PROBE_S:.0f} s", remedy)


def _token_file(settings: Settings) -> Finding:
    try:
        tokens = [*settings.api_token, *access.read(settings.data_dir)]
    except StateHubError as error:
        return Finding("access", "fail", error.detail, "see above")
    if not tokens:
        return Finding("access", "ok", "no access token: whoever is on this machine may write")
    return Finding("access", "ok", f"{len(tokens)} access tokens; the file is for its user only")


def _address(settings: Settings) -> Finding:
    hub = hubfile.read(settings.data_dir)
    where = f"{hub['api'] if hub else settings.base_url}, bound to {settings.host}"
    if settings.on_loopback:
        return Finding("address", "ok", f"{where}: this machine only")
    try:
        guarded = bool(settings.api_token or access.read(settings.data_dir))
    except StateHubError:
        guarded = False
    if not guarded:
        return Finding("address", "fail", f"{where}, without an access token", "custodian token create")
    told = f"{where}: others reach it, unencrypted; names: {', '.join(settings.allowed_hosts) or 'none but loopback'}"
    return Finding("address", "warn", told, "put TLS in front of it, or bind STATEHUB_HOST to 127.0.0.1")


def _mcp(settings: Settings) -> Finding:
    found = claude_code.registration(claude_code.server_of(settings))
    if found.status == "no-client":
        return Finding("mcp", "ok", "Claude Code is not set up for this user; other clients are not looked at")
    return Finding("mcp", "ok" if found.status == "ok" else "warn", found.detail, found.command)


def _dashboard(settings: Settings) -> Finding:
    hub = hubfile.read(settings.data_dir)
    url = hub.get("dashboard") if hub else None
    if url is None:
        told = MISSING if find() is None else "no hub runs here that has one" if hub is None else "the hub has none"
        return Finding("dashboard", "ok", told)
    place = urlsplit(url)
    try:
        with closing(HTTPConnection(place.hostname or "", place.port, timeout=PROBE_S)) as connection:
            connection.request("GET", "/health", headers={"Host": f"127.0.0.1:{place.port}"})
            status = connection.getresponse().status
    except (OSError, HTTPException) as error:
        return Finding("dashboard", "fail", f"{url} does not answer: {error}", "custodian logs says why")
    if status != 200:
        return Finding("dashboard", "fail", f"{url} answers {status}", "custodian logs says why")
    return Finding("dashboard", "ok", f"{url} answers; custodian dashboard --link prints its address")


def _disk(settings: Settings) -> Finding:
    place = next(folder for folder in (settings.data_dir, *settings.data_dir.parents) if folder.exists())
    free = shutil.disk_usage(place).free
    told = f"{free / 2**30:.1f} GiB free at {place}"
    if free < LITTLE_ROOM:
        remedy = "make room: without it writes are refused"
        return Finding("disk", "fail" if free < NO_ROOM else "warn", told, remedy)
    return Finding("disk", "ok", told)


def lines_of(findings: list[Finding], *, marks: bool) -> list[str]:
    """A line each, the remedy below."""
    hues = {"ok": "2", "warn": "33", "fail": "1;35"}
    width = max(len(finding.name) for finding in findings)
    lines = []
    for finding in findings:
        status = f"\x1b[{hues[finding.status]}m{finding.status:<4}\x1b[0m" if marks else f"{finding.status:<4}"
        lines.append(f"{status}  {finding.name:<{width}}  {clean(finding.detail)}")
        if finding.remedy:
            lines.append(f"{'':<6}{'':<{width}}  → {clean(finding.remedy)}")
    return lines
