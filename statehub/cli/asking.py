"""Commands that ask the hub, or answer it: status, decide, search, context, watch."""

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from statehub.cli.output import Json, print_json
from statehub.errors import NotFound

app = typer.Typer()


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


@app.command()
def decide(
    code: Annotated[str, typer.Argument(help="Code of a pending decision.")],
    choose: Annotated[
        str | None, typer.Option(help="One of its options, by number or in words; or other words.")
    ] = None,
    rationale: Annotated[str | None, typer.Option(help="Why.")] = None,
    by: Annotated[str | None, typer.Option(help="Who decides; else who writes.")] = None,
    as_json: Json = False,
) -> None:
    """Answer a pending decision: shows context and options, asks, records. Exit 4: it was answered already.

    Reads GET /decisions/CODE; writes through POST /decisions/CODE/resolve. Asks nothing where --choose or
    --rationale says the answer.

    Example: custodian decide DEC-0001 --choose 2 --rationale "we have it already"
    """
    from statehub.cli.connect import connected
    from statehub.cli.decide import decide as answer
    from statehub.cli.text import clean

    with connected() as client:
        found = answer(client, code, choose, rationale, by)
    if as_json:
        print_json("custodian/decision/1", decision=found)
    else:
        typer.echo(f"{found['code']} is {found['status']} by {clean(found['decided_by'])}: {clean(found['rationale'])}")


@app.command()
def search(
    words: Annotated[
        list[str], typer.Argument(metavar="WORDS", help='All needed; "a phrase", or, -without (after --).')
    ],
    kind: Annotated[list[str] | None, typer.Option(help="topic, repo, workplan, task, decision or progress.")] = None,
    repo: Annotated[list[str] | None, typer.Option(help="Of this repository; several: any of them.")] = None,
    status: Annotated[list[str] | None, typer.Option(help="With this status; several: any of them.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many.")] = 20,
    cursor: Annotated[str | None, typer.Option(help="Go on where the page before ended.")] = None,
    as_json: Json = False,
) -> None:
    """Search the texts of all kinds, the best hit first, with the place that matches; exit 5 where there is none.

    Reads GET /state/search; writes nothing.

    Example: custodian search deploying databases --kind task
    """
    from statehub import calls
    from statehub.cli.connect import connected

    asked = " ".join(f'"{word}"' if " " in word and '"' not in word else word for word in words)
    with connected() as client:
        page = client.do(
            calls.search(asked, kind=kind or None, repo=repo or None, status=status or None, limit=limit, cursor=cursor)
        )
    if as_json:
        print_json("custodian/search/1", **page)
    else:
        from statehub.cli.find import hit_lines

        for line in hit_lines(page["items"]):
            typer.echo(line)
        if page["next_cursor"]:
            typer.echo(f"there are more; go on with: --cursor {page['next_cursor']}", err=True)
    if not page["items"]:
        raise NotFound(f"nothing has all of: {asked}")


@app.command()
def context(
    path: Annotated[Path, typer.Option(help="A directory in the repository.")] = Path(),
    repo: Annotated[str | None, typer.Option(help="Slug of the repository, whatever the directory is.")] = None,
    budget: Annotated[int | None, typer.Option(min=500, max=9500, help="Characters at most.")] = None,
    as_json: Json = False,
) -> None:
    """Print the briefing for an agent that starts work in this repository: Markdown, the most urgent first.

    Reads GET /state/context; writes nothing. The repository is the one that the directory's
    .repo-classification.yaml names, else the registered one at the top of the checkout, else the one of its name.

    Example: custodian context --budget 4000
    """
    from statehub.cli.connect import connected
    from statehub.cli.find import slug_of

    with connected() as client:
        slug = repo or slug_of(client, path)
        text = client.get_context(slug, budget)
    if as_json:
        print_json("custodian/context/1", repo=slug, briefing=text)
    else:
        sys.stdout.write(text if text.endswith("\n") else text + "\n")


@app.command()
def watch(
    section: Annotated[Literal["core", "progress"] | None, typer.Option(help="Of this section of the summary.")] = None,
    repo: Annotated[str | None, typer.Option(help="Of this repository.")] = None,
    workplan: Annotated[str | None, typer.Option(help="Of this workplan.")] = None,
    author: Annotated[str | None, typer.Option(help="By this author.")] = None,
    kind: Annotated[
        Literal["topic", "repo", "workplan", "task", "decision", "progress"] | None,
        typer.Option(help="Of this kind of row."),
    ] = None,
    since: Annotated[str | None, typer.Option(help="A revision token: first what happened since then.")] = None,
    command: Annotated[
        str | None, typer.Option("--exec", help="Run this for each change: no shell, the event as JSON on its stdin.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Print each change as a line, until Ctrl-C; after a break of the connection nothing is skipped.

    Reads GET /state/events and /state/changes; writes nothing. --exec gives the event in STATEHUB_EVENT_* too.

    Example: custodian watch --kind decision --exec "notify-send State-Hub"
    """
    from statehub.cli.connect import connected
    from statehub.cli.follow import Wanted, follow

    wanted = Wanted(section, repo, workplan, author, kind)
    with connected() as client:
        follow(client, wanted, since=since, command=command, as_json=as_json)
