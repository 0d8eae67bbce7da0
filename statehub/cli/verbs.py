"""`custodian task`, `workplan`, `decision` …: the verbs of every noun, made from its table when asked for."""

import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from statehub.cli.noun_options import cleared, json_flag, name_argument, option, orders, parameter, positional, read
from statehub.cli.nouns import NOUNS, Noun
from statehub.cli.output import print_json
from statehub.errors import Malformed, NotFound

_METAVARS = {"title": "TITLE", "slug": "SLUG", "summary": "TEXT"}
Given = dict[str, Any]
AgentOption = Annotated[str | None, typer.Option(help="Who writes: else STATEHUB_AGENT, else the user's name.")]


def add_nouns(app: typer.Typer, panel: str) -> None:
    """Hang them in, under that heading of `--help`. Their commands are made when asked for: no other waits for that."""
    for noun in NOUNS:
        group = typer.Typer(cls=_group_of(noun), help=noun.about, no_args_is_help=True)
        app.add_typer(group, name=noun.word, rich_help_panel=panel)


def _group_of(noun: Noun) -> type[TyperGroup]:
    class Group(TyperGroup):
        def list_commands(self, _context: Any) -> list[str]:
            return list(noun.verbs)

        def get_command(self, _context: Any, name: str) -> Any:
            if name in noun.verbs and name not in self.commands:
                made = typer.Typer(add_completion=False, context_settings={"help_option_names": ["-h", "--help"]})
                made.command(name)(_VERBS[name](noun))
                self.commands[name] = typer.main.get_command(made)
            return self.commands.get(name)

    return Group


def _list(noun: Noun) -> Callable[..., None]:
    def run(**given: Any) -> None:
        from statehub import calls
        from statehub.cli.connect import connected

        as_json, fields = given.pop("as_json"), given.pop("fields")
        query = {name: value for name, value in read(noun.filters, given).items() if value not in (None, [])}
        query |= {name: given[name] for name in ("limit", "sort", "cursor") if given[name] is not None}
        if fields is None and not as_json:
            fields = ",".join(noun.shown)
        with connected() as client:
            page = client.do(getattr(calls, noun.path).list(fields=fields, **query))
        if as_json:
            print_json(f"custodian/{noun.path}/1", **page)
        else:
            from statehub.cli.noun_rows import print_rows

            print_rows(noun, page["items"], fields.split(","))
            if page["next_cursor"]:
                typer.echo(f"there are more; go on with: --cursor {page['next_cursor']}", err=True)
        if not page["items"]:
            raise NotFound(f"there is no such {noun.word}" if query else f"there is no {noun.word} yet")

    parameters = [
        *(option(column, filters=True) for column in noun.filters),
        parameter("sort", orders(noun), help="In this order; with - in front the other way round."),
        parameter("fields", str, help="Columns to show, with commas."),
        parameter("limit", int, help="How many.", default=50, min=1, max=500),
        parameter("cursor", str, help="Go on where the page before ended."),
        json_flag(),
    ]
    text = f"""List {_plural(noun)}, one a line; exit 5 where there is none.

    Reads GET /{noun.path}; writes nothing. On a terminal lines are cut to its width, elsewhere not.

    Example: custodian {noun.word} list {"--status todo --sort priority" if noun.word == "task" else "--limit 10"}
    """
    return _made(run, text, parameters)


def _show(noun: Noun) -> Callable[..., None]:
    def run(row_name: str, as_json: bool) -> None:
        from statehub import calls
        from statehub.cli.connect import connected

        with connected() as client:
            row = client.do(getattr(calls, noun.path).get(row_name))
        if as_json:
            print_json(f"custodian/{noun.word}/1", **{noun.word: row})
        else:
            from statehub.cli.noun_rows import print_row

            print_row(row)

    text = f"""Show all of one {noun.word}.

    Reads GET /{noun.path}/NAME; writes nothing.

    Example: custodian {noun.word} show {noun.example_changes.split(" ")[0] or "1065"}
    """
    return _made(run, text, [name_argument(noun), json_flag()])


def _add(noun: Noun) -> Callable[..., None]:
    def run(as_json: bool, agent: str | None, **given: Any) -> None:
        from statehub import calls
        from statehub.cli.connect import connected

        columns = {name: value for name, value in read(noun.columns, given).items() if value is not None}
        with connected(agent) as client:
            row = client.do(getattr(calls, noun.path).create(**columns))
        if as_json:
            print_json(f"custodian/{noun.word}/1", **{noun.word: row})
        else:
            typer.echo(row[noun.name])

    first = next(column for column in noun.columns if column.name == noun.named)
    parameters = [
        positional(noun.named, Annotated[str, typer.Argument(metavar=_METAVARS.get(noun.named), help=first.help)]),
        *(option(column, needed=column.name in noun.needed) for column in noun.columns if column is not first),
        inspect.Parameter("agent", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=AgentOption),
        json_flag(),
    ]
    verb = "Append an event to the log" if noun.word == "progress" else f"Add a {noun.word}"
    text = f"""{verb}; prints its {"number" if noun.name == "id" else noun.name}.

    Writes through POST /{noun.path}.

    Example: custodian {noun.word} {noun.example}
    """
    return _made(run, text, parameters)


def _set(noun: Noun) -> Callable[..., None]:
    def run(row_name: str, clear: list[str] | None, if_version: int | None, as_json: bool, **given: Any) -> None:
        from statehub import calls
        from statehub.cli.connect import connected

        agent = given.pop("agent")
        changes = {column: value for column, value in read(noun.columns, given).items() if value is not None}
        changes |= cleared(noun, clear or [])
        if not changes:
            raise Malformed(f"nothing to set; say what: {', '.join(column.option for column in noun.columns)}")
        with connected(agent) as client:
            row = client.do(getattr(calls, noun.path).update(row_name, version=if_version, **changes))
        if as_json:
            print_json(f"custodian/{noun.word}/1", **{noun.word: row})
        else:
            typer.echo(f"{row[noun.name]} is at version {row['version']}")

    parameters = [
        name_argument(noun),
        *(option(column) for column in noun.columns),
        parameter("clear", list[str], help="A column to be empty again, such as due_at; several by giving it again."),
        parameter("if_version", int, help="Only if it still has this version; else exit 4.", min=1),
        inspect.Parameter("agent", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=AgentOption),
        json_flag(),
    ]
    text = f"""Change a {noun.word}: what is not named stays. Exit 4: the state does not allow it, or it has moved on.

    Writes through PATCH /{noun.path}/NAME.

    Example: custodian {noun.word} set {noun.example_changes}
    """
    return _made(run, text, parameters)


_VERBS = {"list": _list, "show": _show, "add": _add, "note": _add, "set": _set}


def _made(run: Callable[..., None], text: str, parameters: list[inspect.Parameter]) -> Callable[..., None]:
    """The function as Typer reads it: docstring, signature and annotations."""

    def command(**given: Any) -> None:
        run(**given)

    command.__doc__ = text
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return command


def _plural(noun: Noun) -> str:
    return {"repo": "repositories", "progress": "events, the newest first"}.get(noun.word, noun.word + "s")
