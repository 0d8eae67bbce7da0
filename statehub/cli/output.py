"""What a command prints for machines, and the option that asks for it."""

import json
from typing import Annotated, Any

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]


def print_json(schema: str, **document: Any) -> None:
    """One line: a document that names its schema, such as custodian/next/1, first."""
    typer.echo(json.dumps({"schema": schema, **document}, ensure_ascii=False))
