"""Rows of a noun on a terminal: a list of them as columns, one of them as lines."""

import json
from typing import Any

import typer

from statehub.cli.nouns import Noun

Given = dict[str, Any]


def print_rows(noun: Noun, rows: list[Given], fields: list[str]) -> None:
    """A line each, these fields of it; cut to the terminal's width."""
    from statehub.cli.columns import aligned, width_of_output

    table = [[_short(field, row.get(field)) for field in fields] for row in rows]
    flexible = fields.index(noun.flexible) if noun.flexible in fields else len(fields) - 1
    for line in aligned(table, flexible, width_of_output()):
        typer.echo(line)


def print_row(row: Given) -> None:
    """A line for each column that is not empty."""
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
