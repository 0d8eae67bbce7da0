"""The columns of a noun as options of its commands, and what was given for them as the API takes it."""

import inspect
import json
import sys
from enum import Enum
from typing import Annotated, Any, Literal, get_args

import typer

from statehub.cli.nouns import DUE, JSON, LABELS, NUMBER, PRIORITY, PROSE, TEXT, TIME, Column, Noun
from statehub.cli.output import Json
from statehub.errors import Malformed

_TYPES: dict[Any, Any] = {NUMBER: int, PRIORITY: int, LABELS: list[str]}
Given = dict[str, Any]


def option(column: Column, *, filters: bool = False, needed: bool = False) -> inspect.Parameter:
    """A column as an option: one value where it is written, any of several where it filters."""
    kind = _TYPES.get(column.kind, column.kind if get_args(column.kind) else str)
    if filters and column.kind is not TIME:
        # Typer takes lists of an Enum, none of a Literal
        each = Enum(column.name, {value: value for value in get_args(kind)}) if get_args(column.kind) else kind
        kind = list[each]  # type: ignore[valid-type]
    name = "--" + column.name.replace("_", "-") if filters else column.option
    bounds: Given = {"min": 0, "max": 4} if column.kind is PRIORITY else {}
    return parameter(column.name, kind, name, help=column.help, default=... if needed else None, **bounds)


def parameter(name: str, kind: Any, *names: str, default: Any = None, **more: Any) -> inspect.Parameter:
    """A keyword of a command that is an option; `more` is what typer.Option() takes."""
    annotation = kind if default is not None else kind | None
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=inspect.Parameter.empty if default is ... else default,
        annotation=Annotated[annotation, typer.Option(*names, **more)],
    )  # fmt: skip


def positional(name: str, annotation: Any) -> inspect.Parameter:
    """A keyword of a command that is an argument."""
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation)


def name_argument(noun: Noun) -> inspect.Parameter:
    """The argument that names a row, as `row_name`."""
    word = "number" if noun.name == "id" else noun.name
    return positional("row_name", Annotated[str, typer.Argument(metavar=word.upper(), help=f"Its {word}.")])


def json_flag() -> inspect.Parameter:
    """The option --json, as `as_json`."""
    return inspect.Parameter("as_json", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=Json)


def orders(noun: Noun) -> Any:
    """What --sort takes."""
    return Literal[tuple(f"{sign}{order}" for order in noun.sorts for sign in ("", "-"))]


def read(columns: tuple[Column, ...], given: Given) -> Given:
    """The values as the API takes them. Raises Malformed for JSON that is none."""
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


def cleared(noun: Noun, names: list[str]) -> Given:
    """What empties these columns, as the API takes it. Raises Malformed for one that cannot be empty."""
    empty = {LABELS: [], JSON: {}, PROSE: ""}
    kinds = (TEXT, PROSE, DUE, TIME, LABELS, JSON)
    known = {column.name: column.kind for column in noun.columns if column.kind in kinds}
    if unknown := [name for name in names if name not in known]:
        raise Malformed(f"--clear takes {', '.join(known)}; not {', '.join(unknown)}")
    return {name: None if name == "rationale" else empty.get(known[name]) for name in names}
