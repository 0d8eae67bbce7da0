"""Commands for the hub's database: its schema, a shell, backups, exports."""

from pathlib import Path
from typing import Annotated

import typer

from statehub.cli.output import Json, print_json

app = typer.Typer()


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
        print_json("custodian/migrate/1", applied=done.applied, code_loaded=done.code_loaded)
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
        print_json("custodian/backup/1", file=str(file), size_bytes=size)
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
        print_json("custodian/restore/1", file=str(file), kept=str(kept))
    else:
        typer.echo(f"the hub is as it was in {file}; the state before is in {kept}")


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
