"""The command `custodian classify`."""

from pathlib import Path
from typing import Annotated

import typer

from statehub.cli.output import Json, print_json
from statehub.errors import Malformed

app = typer.Typer()


@app.command()
def classify(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="[PATH…]", help="Repositories; else that of this directory.")
    ] = None,
    repo: Annotated[str | None, typer.Option(help="Slug of a registered repository, by the path it has here.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every registered repository that has a path here.")] = False,
    init: Annotated[bool, typer.Option("--init", help="Write a first file, by asking; never over another.")] = False,
    slug: Annotated[str | None, typer.Option(help="With --init: its short name.")] = None,
    name: Annotated[str | None, typer.Option(help="With --init: its name.")] = None,
    category: Annotated[str | None, typer.Option(help="With --init: what kind of thing it is.")] = None,
    domain: Annotated[str | None, typer.Option(help="With --init: its market domain.")] = None,
    tags: Annotated[list[str] | None, typer.Option("--tag", help="With --init: a capability; several.")] = None,
    stakes: Annotated[list[str] | None, typer.Option("--stake", help="With --init: a business stake; several.")] = None,
    topic: Annotated[str | None, typer.Option(help="With --init: slug of its topic.")] = None,
    as_json: Json = False,
) -> None:
    """Register repositories by their .repo-classification.yaml, or reclassify them; unchanged changes nothing.

    Reads the files; writes through PUT /repos/SLUG/classification. Each problem is told with file and line, what is
    allowed and what was probably meant; exit 2 where a file has one, and the others go in. --init needs no hub.

    Example: custodian classify --all
    """
    from statehub.cli import classify as classifier

    answers = {
        "slug": slug, "name": name, "category": category, "domain": domain, "tags": tags, "stakes": stakes,
        "topic": topic,
    }  # fmt: skip
    if init:
        if every or repo or len(paths or ()) > 1:
            raise Malformed("--init takes one directory, and neither --all nor --repo")
        file = classifier.write_first(paths[0] if paths else Path(), answers)
        if as_json:
            print_json("custodian/classify-init/1", file=str(file))
        else:
            typer.echo(f"{file} is written; commit it, then: custodian classify")
        return
    if given := [f"--{key.removesuffix('s')}" for key, value in answers.items() if value]:
        raise Malformed(f"{', '.join(given)}: only with --init; edit the file")
    if sum((every, repo is not None, bool(paths))) > 1:
        raise Malformed("name paths, or --repo, or --all; not two of them")
    _register(paths or [Path()], repo, every=every, as_json=as_json)


def _register(paths: list[Path], repo: str | None, *, every: bool, as_json: bool) -> None:
    from statehub.cli import classify as classifier
    from statehub.cli.columns import aligned, width_of_output
    from statehub.cli.connect import connected
    from statehub.cli.progress import Progress
    from statehub.cli.text import clean

    outcomes = []
    with connected() as client, Progress("classifying", unit="repositories") as progress:
        known = every or repo is not None
        for outcome in classifier.register_known(client, repo) if known else classifier.register(client, paths):
            outcomes.append(outcome)
            progress.advance()
    if as_json:
        told = [vars(outcome) for outcome in outcomes]
        print_json("custodian/classify/1", repositories=told)
    else:
        for problem in (problem for outcome in outcomes for problem in outcome.problems):
            typer.echo(f"custodian: {clean(problem)}", err=True)
        for line in aligned([(o.repo, o.result, o.why or o.path) for o in outcomes], 2, width_of_output()):
            typer.echo(line)
        if not outcomes:
            typer.echo("no repository is registered", err=True)
    if any(outcome.result == "failed" for outcome in outcomes):
        raise typer.Exit(2)
