"""`custodian decide`: a person answers a pending decision, or says the answer in options."""

import json
import sys
from typing import TYPE_CHECKING, Any

import typer

from statehub import calls
from statehub.cli.text import clean, clean_lines
from statehub.errors import Conflict, Malformed

if TYPE_CHECKING:
    from statehub.client import Client

ANSWERED = ("resolved", "superseded")


def decide(client: "Client", code: str, choose: str | None, rationale: str | None, by: str | None) -> dict[str, Any]:
    """The decision, resolved. Asks for what was not said; without a terminal that is Malformed. Conflict: answered."""
    decision: Any = client.do(calls.decisions.get(code))
    if decision["decision_type"] == "made" or decision["status"] in ANSWERED:
        raise Conflict(_told(decision))
    options = [_text(option) for option in decision["options"]]
    version = None
    if choose is None and rationale is None:
        if not sys.stdin.isatty():
            raise Malformed(_usage(decision["code"], options))
        _show(decision, options)
        choose, rationale = _ask(options)
        version = decision["version"]  # it is answered as it was read
    chosen = _chosen(decision["code"], options, choose) if choose else None
    answer = " — ".join(part for part in (chosen, rationale) if part)
    resolved: Any = client.do(calls.resolve_decision(decision["code"], answer, by, version=version))
    return dict(resolved)


def _show(decision: dict[str, Any], options: list[str]) -> None:
    about = [decision["workplan"] or "", decision["topic"] or ""]
    due = f"due {decision['due_at'][:10]}" if decision["due_at"] else ""
    note = clean(decision["escalation_note"])
    lines = [f"{decision['code']}  {clean(decision['title'])}"]
    lines += [f"  {', '.join(filter(None, [decision['status'], *about, due, note]))}"]
    if decision["context"]:
        lines += ["", clean_lines(decision["context"], "  ")]
    if options:
        lines += ["", *(f"  {number}. {clean(option)}" for number, option in enumerate(options, 1))]
    typer.echo("\n".join(lines) + "\n", err=True)


def _ask(options: list[str]) -> tuple[str | None, str | None]:
    if not options:
        return None, _line("Your answer: ")
    numbers = f"1 to {len(options)}" if len(options) > 1 else "1"
    choice = _line(f"Your choice ({numbers}, or other words): ")
    return choice, _line("Why (may be empty): ", may_be_empty=True) or None


def _line(question: str, *, may_be_empty: bool = False) -> str:
    """What is typed; asked again while it is nothing. stdout is for the answer only."""
    while True:
        typer.echo(question, nl=False, err=True)
        if not (line := sys.stdin.readline()):
            raise typer.Abort
        if (text := line.strip()) or may_be_empty:
            return text


def _chosen(code: str, options: list[str], choice: str) -> str:
    if choice.isdecimal() and 1 <= int(choice) <= len(options):
        return options[int(choice) - 1]
    for option in options:
        if option.casefold() == choice.strip().casefold():
            return option
    if options and choice.isdecimal():
        raise Malformed(f"{code} has {len(options)} options; {choice} is none of them")
    return choice


def _usage(code: str, options: list[str]) -> str:
    listed = "".join(f"\n  {number}. {clean(option)}" for number, option in enumerate(options, 1))
    return (
        f"there is no terminal to ask at; say the answer: custodian decide {code} --choose NUMBER --rationale WHY"
        f"{', where the options are' + listed if listed else ''}"
    )


def _told(decision: dict[str, Any]) -> str:
    if decision["status"] == "superseded":
        by = f" by {decision['superseded_by']}" if decision["superseded_by"] else ""
        return f"{decision['code']} is superseded{by}"
    return f"{decision['code']} was decided by {decision['decided_by']} already: {decision['rationale']}"


def _text(option: Any) -> str:
    """An option is text, or an object that has a name somewhere."""
    if isinstance(option, dict):
        named = [option[key] for key in ("title", "label", "name", "text") if isinstance(option.get(key), str)]
        return named[0] if named else json.dumps(option, ensure_ascii=False)
    return option if isinstance(option, str) else json.dumps(option, ensure_ascii=False)
