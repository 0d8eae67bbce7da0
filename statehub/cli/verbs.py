"""`custodian task`, `workplan`, `decision` …: the verbs of every noun, made from its table when asked for."""

import inspect
import json
import sys
from collections.abc import Callable
from enum import Enum
from typing import Annotated, Any, Literal, get_args

import typer
from typer.core import TyperGroup

from statehub.cli.nouns import DUE, JSON, LABELS, NOUNS, NUMBER, PRIORITY, PROSE, TEXT, TIME, Column, Noun
from statehub.errors import Malformed, NotFound

_TYPES: dict[Any, Any] = {NUMBER: int, PRIORITY: int, LABELS: list[str]}
_METAVARS = {"title": "TITLE", "slug": "SLUG", "summary": "TEXT"}
Given = dict[str, Any]
JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
AgentOption = Annotated[str | None, typer.Option(help="Who writes: else STATEHUB_AGENT, else the user's name.")]


def add_nouns(app: typer.Typer) -> None:
    """Hang them in. Their commands are made when one of them is asked for: no other command waits for that."""
    for noun in NOUNS:
        app.add_typer(typer.Typer(cls=_group_of(noun), help=noun.about, no_args_is_help=True), name=noun.word)


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
        query = {name: value for name, value in _read(noun.filters, given).items() if value not in (None, [])}
        query |= {name: given[name] for name in ("limit", "sort", "cursor") if given[name] is not None}
        if fields is None and not as_json:
            fields = ",".join(noun.shown)
        with connected() as client:
            page = client.do(getattr(calls, noun.path).list(fields=fields, **query))
        if as_json:
            _print_json(f"custodian/{noun.path}/1", **page)
        else:
            _print_rows(noun, page["items"], fields.split(","))
            if page["next_cursor"]:
                typer.echo(f"there are more; go on with: --cursor {page['next_cursor']}", err=True)
        if not page["items"]:
            raise NotFound(f"there is no such {noun.word}" if query else f"there is no {noun.word} yet")

    parameters = [
        *(_option(column, filters=True) for column in noun.filters),
        _parameter("sort", _orders(noun), help="In this order; with - in front the other way round."),
        _parameter("fields", str, help="Columns to show, with commas."),
        _parameter("limit", int, help="How many.", default=50, min=1, max=500),
        _parameter("cursor", str, help="Go on where the page before ended."),
        _flag(),
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
            _print_json(f"custodian/{noun.word}/1", **{noun.word: row})
        else:
            _print_row(row)

    text = f"""Show all of one {noun.word}.

    Reads GET /{noun.path}/NAME; writes nothing.

    Example: custodian {noun.word} show {noun.example_changes.split(" ")[0] or "1065"}
    """
    return _made(run, text, [_row_name(noun), _flag()])


def _add(noun: Noun) -> Callable[..., None]:
    def run(as_json: bool, agent: str | None, **given: Any) -> None:
        from statehub import calls
        from statehub.cli.connect import connected

        columns = {name: value for name, value in _read(noun.columns, given).items() if value is not None}
        with connected(agent) as client:
            row = client.do(getattr(calls, noun.path).create(**columns))
        if as_json:
            _print_json(f"custodian/{noun.word}/1", **{noun.word: row})
        else:
            typer.echo(row[noun.name])

    first = next(column for column in noun.columns if column.name == noun.named)
    parameters = [
        _positional(noun.named, Annotated[str, typer.Argument(metavar=_METAVARS.get(noun.named), help=first.help)]),
        *(_option(column, needed=column.name in noun.needed) for column in noun.columns if column is not first),
        inspect.Parameter("agent", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=AgentOption),
        _flag(),
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
        changes = {column: value for column, value in _read(noun.columns, given).items() if value is not None}
        changes |= _cleared(noun, clear or [])
        if not changes:
            raise Malformed(f"nothing to set; say what: {', '.join(column.option for column in noun.columns)}")
        with connected(agent) as client:
            row = client.do(getattr(calls, noun.path).update(row_name, version=if_version, **changes))
        if as_json:
            _print_json(f"custodian/{noun.word}/1", **{noun.word: row})
        else:
            typer.echo(f"{row[noun.name]} is at version {row['version']}")

    parameters = [
        _row_name(noun),
        *(_option(column) for column in noun.columns),
        _parameter("clear", list[str], help="A column to be empty again, such as due_at; several by giving it again."),
        _parameter("if_version", int, help="Only if it still has this version; else exit 4.", min=1),
        inspect.Parameter("agent", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=AgentOption),
        _flag(),
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


def _option(column: Column, *, filters: bool = False, needed: bool = False) -> inspect.Parameter:
    kind = _TYPES.get(column.kind, column.kind if get_args(column.kind) else str)
    if filters and column.kind is not TIME:
        # Typer takes lists of an Enum, none of a Literal
        each = Enum(column.name, {value: value for value in get_args(kind)}) if get_args(column.kind) else kind
        kind = list[each]  # type: ignore[valid-type]
    name = "--" + column.name.replace("_", "-") if filters else column.option
    bounds: Given = {"min": 0, "max": 4} if column.kind is PRIORITY else {}
    return _parameter(column.name, kind, name, help=column.help, default=... if needed else None, **bounds)


def _parameter(name: str, kind: Any, *option: str, default: Any = None, **more: Any) -> inspect.Parameter:
    annotation = kind if default is not None else kind | None
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=inspect.Parameter.empty if default is ... else default,
        annotation=Annotated[annotation, typer.Option(*option, **more)],
    )  # fmt: skip


def _positional(name: str, annotation: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation)


def _row_name(noun: Noun) -> inspect.Parameter:
    word = "number" if noun.name == "id" else noun.name
    return _positional("row_name", Annotated[str, typer.Argument(metavar=word.upper(), help=f"Its {word}.")])


def _flag() -> inspect.Parameter:
    return inspect.Parameter("as_json", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=JsonFlag)


def _orders(noun: Noun) -> Any:
    return Literal[tuple(f"{sign}{order}" for order in noun.sorts for sign in ("", "-"))]


def _read(columns: tuple[Column, ...], given: Given) -> Given:
    """The values as the API takes them."""
    return {column.name: _value(column, given.get(column.name)) for column in columns}


def _value(column: Column, value: Any) -> Any:
    if value is None or value == []:
        return None
    if isinstance(value, list):
        return [each.value if isinstance(each, Enum) else each for each in value]
    if column.kind in (TIME, DUE) and len(value) == len("2026-12-01"):
        return value + ("T23:59:59Z" if column.kind is DUE else "T00:00:00Z")
    if column.kind is PROSE and value == "-":
        return sys.stdin.read()
    if column.kind is JSON:
        try:
            found = json.loads(value)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise Malformed(f"{column.option} takes a JSON object, such as '{{\"ms\": 3}}'")
        return found
    return value


def _cleared(noun: Noun, names: list[str]) -> Given:
    empty = {LABELS: [], JSON: {}, PROSE: ""}
    kinds = (TEXT, PROSE, DUE, TIME, LABELS, JSON)
    known = {column.name: column.kind for column in noun.columns if column.kind in kinds}
    if unknown := [name for name in names if name not in known]:
        raise Malformed(f"--clear takes {', '.join(known)}; not {', '.join(unknown)}")
    return {name: None if name == "rationale" else empty.get(known[name]) for name in names}


def _print_rows(noun: Noun, rows: list[Given], fields: list[str]) -> None:
    from statehub.cli.columns import aligned, width_of_output

    table = [[_short(field, row.get(field)) for field in fields] for row in rows]
    flexible = fields.index(noun.flexible) if noun.flexible in fields else len(fields) - 1
    for line in aligned(table, flexible, width_of_output()):
        typer.echo(line)


def _print_row(row: Given) -> None:
    from statehub.cli.text import clean, clean_lines

    width = max(map(len, row))
    for name, value in row.items():
        if value in (None, "", [], {}):
            continue
        if isinstance(value, str) and "\n" in value.strip():
            typer.echo(f"{name}:\n{clean_lines(value, '  ')}")
        else:
            shown = value if isinstance(value, str) else _long(name, value)
            typer.echo(f"{name + ':':<{width + 1}} {clean(shown)}")


def _short(name: str, value: Any) -> str:
    if name == "due_at" and value:
        return str(value)[:10]
    if name in ("occurred_at", "created_at", "updated_at", "decided_at") and value:
        return str(value)[:16].replace("T", " ")
    if name == "priority":
        return f"P{value}"
    return _long(name, value)


def _long(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name == "tasks" and isinstance(value, dict):
        return f"{value['done']}/{value['total']}"
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return ", ".join(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _plural(noun: Noun) -> str:
    return {"repo": "repositories", "progress": "events, the newest first"}.get(noun.word, noun.word + "s")


def _print_json(schema: str, **document: Any) -> None:
    typer.echo(json.dumps({"schema": schema, **document}, ensure_ascii=False))
