"""`custodian`: the console script. Each command imports what it needs when it runs, since agents call it all day."""

import os
import sys
from typing import Annotated

import typer

from statehub import __version__
from statehub.cli.agent import app as agents
from statehub.cli.asking import app as asking
from statehub.cli.classifying import app as classifying
from statehub.cli.imports import app as imports
from statehub.cli.keeping import app as keeping
from statehub.cli.registering import app as registering
from statehub.cli.running import app as running
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


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"custodian {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")] = False,
) -> None:
    """State Hub: the live answer to what is going on."""


def _add(panel: str, part: typer.Typer, name: str | None = None) -> None:
    """Hang it in, under that heading of `--help`; with a name as a word before its commands."""
    for command in part.registered_commands:
        command.rich_help_panel = panel
    app.add_typer(part, name=name, rich_help_panel=panel)


_add("The hub", running)
_add("The hub", tokens, "token")
_add("What is going on", asking)
_add("Work on a task", agents)
_add("Repositories", registering)
_add("Repositories", classifying)
_add("Repositories", syncing)
_add("Repositories", imports, "import")
add_nouns(app, "Rows of each kind")
_add("The database", keeping)


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
