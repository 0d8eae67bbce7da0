"""`custodian import`: what another tool keeps in a repository, or a hub that was exported."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from statehub.cli.output import Json, print_json
from statehub.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from statehub import answers
    from statehub.calls import ImportFormat

app = typer.Typer(help="Take over what another tool keeps in a repository, or a whole hub.", no_args_is_help=True)

Repo = Annotated[str, typer.Option(help="Slug of the repository; created where needed.")]
Domain = Annotated[str, typer.Option(help="Market domain of a new repository.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Tell what would happen, and change nothing.")]


@app.command("beads")
def import_beads(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The export, one issue a line.", exists=True, dir_okay=False)
    ],
    repo: Repo,
    domain: Domain = "infotech",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Import a Beads export. An epic becomes a workplan, any other issue a task; again changes nothing.

    Reads FILE; writes through POST /import, in one transaction. Prints what was read, created, updated, and each
    thing that was left out, with the reason.

    Example: custodian import beads .beads/issues.jsonl --repo my-repo
    """
    from statehub.cli.foreign import lines_of

    text, unread = lines_of(file)
    _send("beads", repo, domain, text, unread, dry_run=dry_run, as_json=as_json)


@app.command("taskmaster")
def import_taskmaster(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The tasks.json, with tags or without.", exists=True, dir_okay=False)
    ],
    repo: Repo,
    domain: Domain = "infotech",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Import the tasks of Task Master. A tag becomes a workplan, a subtask a task below its own; again changes nothing.

    Reads FILE; writes through POST /import, in one transaction. Prints what was read, created, updated, and each
    thing that was left out, with the reason.

    Example: custodian import taskmaster .taskmaster/tasks/tasks.json --repo my-repo
    """
    from statehub.cli.foreign import text_of

    _send("taskmaster", repo, domain, text_of(file), [], dry_run=dry_run, as_json=as_json)


@app.command("backlog")
def import_backlog(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DIR", help="The backlog folder, or the project that it is in.", exists=True, file_okay=False
        ),
    ],
    repo: Repo,
    domain: Domain = "infotech",
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Import a Backlog.md folder. A milestone becomes a workplan, a file a task or decision; again changes nothing.

    Reads DIR; writes through POST /import, in one transaction. Prints what was read, created, updated, and each
    thing that was left out, with the reason.

    Example: custodian import backlog backlog --repo my-repo
    """
    from statehub.cli.foreign import files_of

    files, unread = files_of(folder)
    _send("backlog", repo, domain, files, unread, dry_run=dry_run, as_json=as_json)


@app.command("statehub")
def import_statehub(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="What `custodian export` wrote.", exists=True, dir_okay=False)
    ],
    as_json: Json = False,
) -> None:
    """Read a whole exported hub into an empty one: the same rows, ids, times and events; again changes nothing.

    Reads FILE; writes through POST /import/hub, in one transaction. A file that was cut is refused, and so is a hub
    that is not empty and holds something else (exit 4). For more than 60 MiB there are backup and restore.

    Example: custodian import statehub hub.jsonl
    """
    from statehub import calls
    from statehub.cli.connect import connected
    from statehub.cli.foreign import check_size, text_of
    from statehub.cli.progress import Progress

    advice = "; a hub of that size moves by custodian backup and custodian restore"
    document = text_of(file, advice)
    check_size(document, advice)
    with connected() as client, Progress("importing a hub"):
        result = client.do(calls.import_hub(document))
    if as_json:
        print_json("custodian/import-hub/1", **result)
        return
    counts = ", ".join(f"{count} {kind}" for kind, count in result["counts"].items() if count)
    typer.echo(f"{'read in' if result['created'] else 'here already, nothing has changed'}: {counts}")


def _send(
    fmt: "ImportFormat", repo: str, domain: str, document: "str | Mapping[str, str]", unread: "list[answers.Skipped]",
    *, dry_run: bool, as_json: bool,
) -> None:  # fmt: skip
    from statehub import calls
    from statehub.cli.connect import connected
    from statehub.cli.foreign import check_size
    from statehub.cli.progress import Progress

    check_size(document)
    with connected() as client, Progress(f"importing into {repo}"):
        result = client.do(calls.import_document(fmt, repo, domain, document, dry_run=dry_run))
    result["read"] += len(unread)
    result["skipped"][:0] = unread
    if as_json:
        print_json("custodian/import/1", **result, dry_run=dry_run)
    else:
        from statehub.cli.show import show_import

        show_import(result)
    kinds = (result["workplans"], result["tasks"], result["decisions"])
    if not any(n["created"] or n["updated"] or n["unchanged"] or n["skipped"] for n in kinds):
        raise Invalid(f"there was nothing to import; {repo} is as it was")
    if dry_run and not as_json:
        typer.echo("this was a dry run: nothing has changed", err=True)
