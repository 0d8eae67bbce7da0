"""`custodian sync`: workplan files and hub are made to agree, three ways."""

import json
import os
import shlex
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from statehub.cli.output import Json
from statehub.errors import Malformed, NotFound, StateHubError, Unavailable

if TYPE_CHECKING:
    from statehub.cli.sync_outcome import Report, Wish
    from statehub.client import Client

app = typer.Typer()


@app.command()
def sync(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="[PATH]…", help="Directories in repositories; else the current one.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Every registered repository that is on this machine.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Change nothing; exit 4 where something would.")] = False,
    write: Annotated[bool, typer.Option("--write/--no-write", help="Whether files may be changed.")] = True,
    prune: Annotated[bool, typer.Option("--prune", help="Archive workplans whose file is gone.")] = False,
    prefer: Annotated[
        Literal["file", "hub"] | None, typer.Option(help="Who wins where both sides changed a value.")
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Sync at each change of either side, until Ctrl-C.")] = False,
    install_hook: Annotated[
        bool, typer.Option("--install-hook", help="Only install git hooks: check before a commit, sync after a merge.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Make workplan files and hub agree, field by field. Exit 4: a conflict, or --check found a difference.

    Reads and writes workplans/**/*.md, and /repos/SLUG/sync in one transaction; a change on one side goes to the other,
    one on both sides is reported and left as it is. Exit 2: a file breaks a rule; the rest was synced.

    Example: custodian sync --check
    """
    from statehub.cli.sync_outcome import Wish

    if every and paths:
        raise Malformed("--all takes no PATH")
    if check and watch:
        raise Malformed("--check looks once; leave out --watch")
    if install_hook and every:
        raise Malformed("--install-hook takes each PATH, and not --all: what git runs is a person's own choice")
    wish = Wish(check, write, prune, prefer)
    if install_hook:
        from statehub.cli.sync_hooks import install

        for root in [root_of(path) for path in paths or [Path()]]:
            for line in install(root):
                typer.echo(line)
        return
    from statehub.cli.connect import connected

    with connected() as client:
        places = _registered(client) if every else [_place(client, path) for path in paths or [Path()]]
        if watch:
            from statehub.cli.sync_watch import follow

            shown: list[str] = []
            follow(client, places, lambda: _run(client, places, wish, as_json=as_json, shown=shown))
            return
        code = _run(client, places, wish, as_json=as_json)
    raise typer.Exit(code)


def root_of(path: Path) -> Path:
    """The top of the checkout that a path is in; without git, where its classification or workplans/ is."""
    here = path.expanduser().resolve()
    here = here.parent if here.is_file() else here
    if not here.is_dir():
        raise NotFound(f"{path} is not there")
    for signs in ((".git",), (".repo-classification.yaml", "workplans")):
        for folder in (here, *here.parents):
            if any((folder / sign).exists() for sign in signs):
                return folder
    return here


def _place(client: "Client", path: Path) -> tuple[str, Path]:
    from statehub.cli.find import slug_of
    from statehub.repos.history import main_checkout

    root = root_of(path)
    try:
        return slug_of(client, root), root
    except NotFound:
        main = main_checkout(str(root)) if (root / ".git").is_file() else None
        with suppress(NotFound):
            if main is not None:
                return slug_of(client, Path(main)), root
        raise NotFound(
            f"{root} is no repository of this hub; register it:"
            f" custodian register-project --domain DOMAIN --path {shlex.quote(str(root))}"
        ) from None


def _registered(client: "Client") -> list[tuple[str, Path]]:
    """Those with a path on this machine. The hub's word is not enough: it must be a directory of the user's own."""
    from statehub import calls
    from statehub.settings import Settings

    roots = Settings.load().repo_roots
    found = []
    for repo in client.pages(calls.repos.list(fields="slug,path,status", limit=500)):
        if repo["status"] != "active" or not repo["path"]:
            continue
        place = Path(os.path.realpath(Path(repo["path"]).expanduser()))
        if roots and not any(place.is_relative_to(os.path.realpath(root)) for root in roots):
            _say(f"{repo['slug']}: {place} is not below STATEHUB_REPO_ROOTS; it is left alone")
        elif not place.is_dir():
            _say(f"{repo['slug']}: {place} is not on this machine")
        elif place.stat().st_uid != os.getuid():
            _say(f"{repo['slug']}: {place} belongs to another user; it is left alone")
        else:
            found.append((repo["slug"], place))
    if not found:
        raise NotFound("no registered repository has a path here; give it one: custodian repo set SLUG --path PATH")
    return found


def _run(
    client: "Client", places: list[tuple[str, Path]], wish: "Wish", *, as_json: bool, shown: list[str] | None = None
) -> int:
    """Sync each, and show what was found; with `shown`, only where that is something else than the last time."""
    from statehub import calls
    from statehub.cli import agreement
    from statehub.cli.progress import Progress
    from statehub.cli.sync_report import document, exit_code, lines
    from statehub.cli.sync_run import Sync
    from statehub.settings import Settings

    reports: list[Report] = []
    failed = 0
    data_dir = str(Settings.load().data_dir)
    for slug, root in places:
        agreement.forget(str(root))
        before = agreement.look(str(root), data_dir)
        with Progress(f"sync of {slug}") as progress:
            sync = Sync(client, slug, str(root), wish, progress)
            try:
                reports.append(sync.run())
            except StateHubError as error:
                if len(places) == 1 or isinstance(error, Unavailable):
                    raise
                _say(f"{slug}: {error.detail}")  # the others go on
                failed = max(failed, error.exit_code)
                continue
        if reports[-1].is_clean and "Authorization" not in client.memory.headers:
            [told] = lines(reports[-1], wish, root)
            path = calls.list_plans(slug).path
            agreement.remember(before, str(root), data_dir, client.base_url, path, sync.tag, told)
    text = [line for report in reports for line in lines(report, wish, Path.cwd())]
    if as_json:
        text = [json.dumps(document(reports, wish), ensure_ascii=False)]
    if shown is None or text != shown:
        print("\n".join(text), flush=True)
    if shown is not None:
        shown[:] = text
    return exit_code(reports, wish) or failed


def _say(text: str) -> None:
    from statehub.cli.text import clean

    print(f"custodian: {clean(text)}", file=sys.stderr)
