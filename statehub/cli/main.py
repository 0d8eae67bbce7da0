"""`custodian`: the console script. Each command imports what it needs when it runs, since agents call it all day."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from statehub import __version__
from statehub.cli.agent import app as agents
from statehub.cli.asking import app as asking
from statehub.cli.classifying import app as classifying
from statehub.cli.imports import app as imports
from statehub.cli.registering import app as registering
from statehub.cli.sync import app as syncing
from statehub.cli.token import app as tokens
from statehub.cli.verbs import add_nouns
from statehub.errors import StateHubError

app = typer.Typer(
    name="custodian",
    help="State Hub: the live answer to what is going on.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(imports, name="import")
app.add_typer(tokens, name="token")
app.add_typer(agents)
app.add_typer(asking)
app.add_typer(registering)
app.add_typer(classifying)
app.add_typer(syncing)
add_nouns(app)

Replace = Annotated[
    bool, typer.Option("--replace", help="End the one that serves alone on that port, and go on from it.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"custodian {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")] = False,
) -> None:
    """State Hub: the live answer to what is going on."""


@app.command()
def up(
    detach: Annotated[bool, typer.Option("--detach", help="Return when the hub is ready; `down` stops it.")] = False,
) -> None:
    """Start everything: embedded PostgreSQL (unless STATEHUB_DATABASE_URL is set), schema, seed, API, MCP, dashboard.

    Reads the settings; writes the data directory. Prints the addresses; Ctrl-C stops all that it started.

    Example: custodian up --detach
    """
    from statehub.cli import up as supervisor

    raise typer.Exit(supervisor.detach() if detach else supervisor.run())


@app.command()
def down() -> None:
    """Stop the hub of this data directory, wherever it was started.

    Example: custodian down
    """
    from statehub.cli import up as supervisor

    raise typer.Exit(supervisor.stop())


@app.command()
def logs(
    lines: Annotated[int, typer.Option(min=0, help="How many of the last lines to begin with.")] = 50,
    follow: Annotated[bool, typer.Option("--follow/--no-follow", help="Go on as lines come, until Ctrl-C.")] = True,
) -> None:
    """Follow the log of a hub that `up --detach` started; exit 5 where there is none.

    Reads DATA_DIR/hub.log; what stood in it before it became too long is in hub.log.1.

    Example: custodian logs --lines 200 --no-follow
    """
    from statehub.cli import hublog
    from statehub.settings import Settings

    hublog.print_log(hublog.path_of(Settings.load().data_dir), lines, follow=follow)


@app.command()
def serve(
    workers: Annotated[int, typer.Option(min=1, max=64, help="API processes that share the port.")] = 1,
    replace: Replace = False,
    fd: Annotated[int | None, typer.Option(hidden=True)] = None,
    with_parent: Annotated[bool, typer.Option(hidden=True)] = False,
) -> None:
    """Serve the API in the foreground: what a container or a service manager runs.

    Reads the settings; the schema must be at head (custodian migrate). Answers 503 while the database is away.

    Example: custodian serve --workers 2
    """
    from statehub.cli import serve as server

    if workers > 1:
        server.serve_many(workers, replace=replace)
    else:
        server.serve(fd=fd, with_parent=with_parent, replace=replace)


@app.command()
def mcp(
    stdio: Annotated[bool, typer.Option("--stdio", help="Serve one client on stdin and stdout.")] = False,
    replace: Replace = False,
    fd: Annotated[int | None, typer.Option(hidden=True)] = None,
    with_parent: Annotated[bool, typer.Option(hidden=True)] = False,
) -> None:
    """Serve MCP in the foreground, for agents: by HTTP on STATEHUB_MCP_PORT (/mcp, /sse), or by stdio.

    Speaks to STATEHUB_API_URL, else to the hub of this data directory, which may come and go. `up` starts one too.

    Example: custodian mcp --stdio
    """
    from statehub.cli import mcp as server

    if stdio:
        server.serve_stdio()
    else:
        server.serve(fd=fd, with_parent=with_parent, replace=replace)


@app.command()
def dashboard(
    link: Annotated[bool, typer.Option("--link", help="Print the address, with the key if one is asked for.")] = False,
    name: Annotated[str | None, typer.Option(help="With --link: whose access token the key is made of.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="With --link: print JSON for machines.")] = False,
    with_pages: Annotated[bool, typer.Option("--pages/--no-pages", hidden=True)] = True,
    fd: Annotated[int | None, typer.Option(hidden=True)] = None,
    with_parent: Annotated[bool, typer.Option(hidden=True)] = False,
) -> None:
    """Serve the dashboard in the foreground, for browsers, on STATEHUB_DASHBOARD_PORT; or print its address.

    Speaks to STATEHUB_API_URL, else to the hub of this data directory, which may come and go. `up` starts one too.
    --link reads hub.json and the access tokens. Where there is a token, a browser needs that link once.

    Example: custodian dashboard --link
    """
    if link:
        from statehub.cli import links

        links.print_link(name, as_json=as_json)
    elif name is not None or as_json:
        raise typer.BadParameter("--name and --json go with --link")
    else:
        from statehub.cli import dashboard as server

        server.serve(fd=fd, with_parent=with_parent, with_pages=with_pages)


@app.command()
def migrate(
    wait: Annotated[float, typer.Option(help="Seconds to wait for a database that does not answer yet.")] = 0.0,
    reload: Annotated[bool, typer.Option(help="Load functions, views and triggers again though unchanged.")] = False,
    as_json: Json = False,
) -> None:
    """Bring the schema to head: migrations, then functions, views and triggers. Two at once are safe.

    Example: custodian migrate
    """
    from statehub import schema
    from statehub.cli import database
    from statehub.cli.progress import Progress
    from statehub.settings import Settings

    with Progress("starting PostgreSQL") as progress, database.attached() as url:
        progress.step("waiting for the database")
        language = Settings.load().search_language
        done = schema.migrate(url, wait_s=wait, reload=reload, search_language=language, tell=progress.step)
    if as_json:
        typer.echo(_dump({"schema": "custodian/migrate/1", "applied": done.applied, "code_loaded": done.code_loaded}))
        return
    for name in done.applied:
        typer.echo(f"applied {name}")
    code = "functions, views and triggers loaded" if done.code_loaded else "nothing has changed"
    typer.echo(f"at head; {code}" if not done.applied else f"at head; {len(done.applied)} migrations; {code}")


@app.command()
def seed() -> None:
    """Load the canonical domains, topics and escalation keywords; any number of times.

    Example: custodian seed
    """
    from statehub import schema
    from statehub.cli import database

    with database.attached() as url:
        schema.seed(url)
    typer.echo("domains, topics, keywords and legacy interfaces are there")


@app.command()
def status(
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as it is served.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Draw it again at each change, until Ctrl-C.")] = False,
) -> None:
    """Show what is going on: blocking decisions, waiting tasks, who holds what, open workplans, recent progress.

    Reads GET /state/summary, /tasks/claims and /state/health, with --watch also /state/events; writes nothing.

    Example: custodian status --json | jq .totals
    """
    from statehub.cli.connect import connected

    with connected() as client:
        if watch:
            from statehub.cli.watch import watch_status

            watch_status(client, as_json=as_json)
            return
        if as_json:
            sys.stdout.buffer.write(client.get_summary() + b"\n")
            return
        from statehub.cli.watch import show_status

        show_status(client)


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)
def psql(
    context: typer.Context,
    write: Annotated[bool, typer.Option("--write", help="Allow changes, with the rights of the API.")] = False,
) -> None:
    """Open a psql shell on the hub's database; further arguments go to psql.

    Read-only unless --write. Changes are recorded under your user name.

    Example: custodian psql -- -c "select code, title from tasks where status = 'wait'"
    """
    from statehub.cli import database

    raise typer.Exit(database.psql(context.args, write=write))


@app.command()
def dsn() -> None:
    """Print the address of the hub's database: one line, a libpq URL that psql and asyncpg take, with write access.

    Example: psql "$(custodian dsn)"
    """
    from statehub.cli import database

    typer.echo(database.running_url())


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="File to write; it is whole, or what was there stays.")],
    as_json: Json = False,
) -> None:
    """Write the hub to a file with pg_dump, and check it; the hub may run meanwhile.

    Reads the database; writes FILE, readable by its user only.

    Example: custodian backup hub.dump
    """
    from statehub.cli import backup as archive
    from statehub.cli.progress import Progress

    with Progress("starting PostgreSQL") as progress:
        size = archive.backup(file, progress)
    if as_json:
        typer.echo(_dump({"schema": "custodian/backup/1", "file": str(file), "size_bytes": size}))
    else:
        typer.echo(f"{file} has the hub, {size:,} bytes")


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `custodian backup` wrote.")],
    keep: Annotated[Path | None, typer.Option(help="File for the state before; else one in DATA_DIR.")] = None,
    as_json: Json = False,
) -> None:
    """Put the state of a backup in place of the hub's; the state before is kept as a backup first.

    Writes the database, in one transaction, with a new epoch: no cache takes old for new. The hub may run meanwhile.

    Example: custodian restore hub.dump
    """
    from statehub.cli import backup as archive
    from statehub.cli.progress import Progress

    with Progress("starting PostgreSQL") as progress:
        kept = archive.restore(file, keep, progress)
    if as_json:
        typer.echo(_dump({"schema": "custodian/restore/1", "file": str(file), "kept": str(kept)}))
    else:
        typer.echo(f"the hub is as it was in {file}; the state before is in {kept}")


@app.command()
def doctor(as_json: Json = False) -> None:
    """Say what is wrong with this hub, and what to do about it; exit 1 where something is.

    Reads the settings, the hub, its database, ~/.claude.json and the disk; writes nothing.

    Example: custodian doctor
    """
    from statehub.cli import doctor as physician
    from statehub.cli.columns import colours

    findings = physician.examine()
    healthy = all(finding.status != "fail" for finding in findings)
    if as_json:
        typer.echo(
            _dump({"schema": "custodian/doctor/1", "ok": healthy, "findings": [vars(each) for each in findings]})
        )
    else:
        for line in physician.lines_of(findings, marks=colours()):
            typer.echo(line)
    raise typer.Exit(0 if healthy else 1)


@app.command()
def export(
    output: Annotated[Path | None, typer.Option(help="File to write; it is whole, or it is not there.")] = None,
) -> None:
    """Write the whole hub as lines of JSON, from one moment: to stdout, else to a file.

    Reads GET /export; the last line counts the rows, and an export without it was cut (exit 3).

    Example: custodian export --output hub.jsonl
    """
    from statehub.cli.connect import connected
    from statehub.cli.export import export_to_file, print_export

    with connected() as client:
        if output is None:
            print_export(client)
            return
        rows = export_to_file(client, output)
    typer.echo(f"{rows} rows in {output}", err=True)


def _dump(document: object) -> str:
    import json

    return json.dumps(document, ensure_ascii=False)


def main() -> None:
    """Run; an error of ours is one line on stderr and its exit code."""
    try:
        app(prog_name="custodian")  # whatever it was started by
    except StateHubError as error:
        from statehub.cli.text import clean_lines

        typer.echo(f"custodian: {clean_lines(error.detail)}", err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:  # `custodian status | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


if __name__ == "__main__":
    main()
