"""Writes what `docs/cli.md` says of each command's usage, arguments and options, from the commands themselves.

Usage: cli_reference.py [--check]    with --check: say whether the page is current, and change nothing

The heading of a command, and the prose below it, are people's; from BEGIN to END is ours.
"""

import difflib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from statehub.cli.main import app

TARGET = Path(__file__).parent.parent / "docs" / "cli.md"
BEGIN, END = "<!-- make docs -->", "<!-- end -->"
_OURS = re.compile(rf"\n*{BEGIN}\n.*?{END}\n", re.DOTALL)
_HEADING = re.compile(r"^## (custodian .+)\n", re.MULTILINE)


def commands(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Each command below that one, by its words; some are made when they are asked for."""
    for word in command.list_commands(None) if hasattr(command, "list_commands") else []:
        inner = command.get_command(None, word)
        yield f"{name} {word}", inner
        yield from commands(inner, f"{name} {word}")


def reference(name: str, command: Any) -> str:
    """The usage of a command, then a table of its arguments and options, or of the commands below it."""
    told = [parameter for parameter in command.params if not getattr(parameter, "hidden", False)]
    pieces = [_metavar(piece) for parameter in told for piece in parameter.get_usage_pieces(None) or []]
    below = dict(commands(command, name))
    pieces = [piece.upper() for piece in pieces]
    usage = [name, *(["[OPTIONS]"] if any(p.param_type_name == "option" for p in told) else []), *pieces]
    lines = ["```text", " ".join([*usage, "COMMAND" if below else ""]).strip(), "```"]
    rows = [_row(parameter) for parameter in told]
    rows += [f"| `{inner}` | {_cell(found.get_short_help_str(200))} |" for inner, found in below.items()]
    if rows:
        lines += ["", f"| {'Command' if below else 'Takes'} | |", "|---|---|", *rows]
    return "\n".join([BEGIN, *lines, END]) + "\n"


def _row(parameter: Any) -> str:
    names = "/".join([*sorted(parameter.opts, key=lambda name: name[:2] != "--"), *parameter.secondary_opts])
    if parameter.param_type_name == "argument":
        names = re.sub(r"[\[\]]", "", _metavar(parameter.make_metavar(None))).upper()
    elif not parameter.is_flag:
        names += f" {_metavar(parameter.make_metavar(None))}"
    default = parameter.default
    flag = getattr(parameter, "is_flag", False)
    simple = isinstance(default, str | int | float) and not isinstance(default, bool) and not flag
    means = _cell(parameter.help or "") + (f" Else {_plain(default)}." if simple else "")
    if flag and default is True:
        means += f" `{parameter.opts[0]}` unless told."
    return f"| `{_cell(names)}` | {means} |"


def _plain(default: Any) -> str:
    return f"{default:g}" if isinstance(default, float) else str(default)


def _metavar(text: str) -> str:
    """As people write them: `<int range>` is N, a choice keeps its words."""
    inner = re.sub(r"[<>{}]", "", text)
    if "|" in inner:
        return inner
    for ours, words in (
        ("N", r"\b(int|float)( range)?\b"),
        ("TEXT", r"\bstr\b"),
        ("PATH", r"\b(path|file|directory)\b"),
    ):
        inner = re.sub(words, ours, inner)
    return inner


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def page(text: str) -> str:
    """The page with what is ours written anew, at the end of each command's section."""
    known = dict(commands(typer.main.get_command(app), "custodian"))
    first, *sections = re.split(r"(?m)^(?=## )", _OURS.sub("\n", text))
    written = [first]
    for section in sections:
        heading = _HEADING.match(section)
        command = known.get(heading[1]) if heading else None
        written.append(section if command is None or heading is None else _with(section, heading[1], command))
    return "".join(written).rstrip("\n") + "\n"


def _with(section: str, name: str, command: Any) -> str:
    return f"{section.rstrip()}\n\n{reference(name, command)}\n"


def main() -> int:
    """Write or compare; 1 when the page is not current."""
    current = TARGET.read_text(encoding="utf-8")
    wanted = page(current)
    if "--check" not in sys.argv[1:]:
        TARGET.write_text(wanted, encoding="utf-8")
        return 0
    if current == wanted:
        return 0
    lines = difflib.unified_diff(current.splitlines(), wanted.splitlines(), "docs/cli.md", "commands", lineterm="")
    print("\n".join(lines), "docs/cli.md is not current; run: make docs", sep="\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
