"""`custodian task`, `workplan`, `decision`, `topic`, `repo`, `progress`: real processes on a real hub."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import BaseModel

from statehub import models
from statehub.cli.columns import aligned, cells_of
from statehub.cli.nouns import NOUNS, Noun
from statehub.filters import LISTS
from tests.commands import CONFLICT, DONE, NOTHING, ROOT, UNREACHABLE, USAGE, Custodian
from tests.running import Hub

DOCUMENTS: dict[str, type[BaseModel]] = {
    "task": models.TaskCreate, "workplan": models.WorkplanCreate, "decision": models.DecisionCreate,
    "topic": models.TopicCreate, "repo": models.RepoCreate, "progress": models.ProgressAppend,
}  # fmt: skip


@pytest.fixture
def plan(hub: Hub) -> str:
    hub.created("/repos", slug="nouns", name="Nouns", domain="infotech")
    return str(hub.created("/workplans", repo="nouns", title="Plan", status="ready")["code"])


@pytest.mark.parametrize("noun", NOUNS, ids=lambda noun: noun.word)
def test_the_table_has_the_apis_filters_orders_and_columns(noun: Noun) -> None:
    [asked] = [model for model in LISTS if model.path == noun.path]
    filters = set(asked.model_fields) - {"sort", "fields", "limit", "cursor"}
    assert {column.name for column in noun.filters} == filters
    for column in noun.filters:
        annotation = str(asked.model_fields[column.name].annotation)
        assert all(repr(word) in annotation for word in getattr(column.kind, "__args__", ())), column.name
    orders = asked.model_fields["sort"].annotation.__args__  # type: ignore[union-attr]
    assert {order.lstrip("-") for order in orders} == set(noun.sorts)
    document = DOCUMENTS[noun.word]
    assert {column.name for column in noun.columns} == set(document.model_fields) - {"author", "author_kind"}
    required = {name for name, field in document.model_fields.items() if field.is_required()}
    assert required == {*noun.needed, noun.named}
    assert set(noun.shown) <= set(asked.columns())


def test_a_row_is_added_listed_shown_and_changed(hub: Hub, custodian: Custodian, plan: str) -> None:
    added = custodian(
        "task", "add", "Measure it", "--workplan", plan, "--priority", "1", "--due", "2026-12-01", "--label", "a",
        "--label", "b", "--description", "-", "--detail", '{"ms": 3}', "--agent", "ada", stdin="First.\nSecond.\n",
    )  # fmt: skip
    assert (added.returncode, added.stdout, added.stderr) == (DONE, f"{plan}-T01\n", "")
    row = hub.get(f"/tasks/{plan}-T01").json
    assert (row["due_at"][:19], row["labels"], row["detail"]) == ("2026-12-01T23:59:59", ["a", "b"], {"ms": 3})
    assert row["description"] == "First.\nSecond.\n"
    assert hub.get(f"/progress?task={plan}-T01").json["items"][0]["author"] == "ada"
    listed = custodian("task", "list", "--workplan", plan, "--status", "todo", "--status", "wait")
    assert listed.stdout == f"{plan}-T01  todo  P1  Measure it  2026-12-01  {plan}\n"
    assert "\n  Second.\n" in custodian("task", "show", f"{plan}-T01").stdout
    changed = custodian("task", "set", f"{plan}-T01", "--status", "wait", "--clear", "due_at", "--if-version", "1")
    assert changed.stdout == f"{plan}-T01 is at version 2\n"
    row = hub.get(f"/tasks/{plan}-T01").json
    assert (row["status"], row["due_at"], row["title"]) == ("wait", None, "Measure it")


def test_a_row_that_has_moved_on_is_exit_4_and_stays(hub: Hub, custodian: Custodian, plan: str) -> None:
    custodian("workplan", "set", plan, "--owner", "ada")
    late = custodian("workplan", "set", plan, "--owner", "bob", "--if-version", "1")
    assert (late.returncode, late.stdout) == (CONFLICT, "")
    assert "version 2" in late.stderr
    assert hub.get(f"/workplans/{plan}").json["owner"] == "ada"


def test_every_noun_can_be_added_to_and_every_document_has_its_schema(custodian: Custodian, plan: str) -> None:
    for args in (
        ("topic", "add", "search", "--title", "Search", "--domain", "infotech"),
        ("repo", "add", "other", "--name", "Other", "--domain", "infotech", "--tag", "mcp", "--category", "tooling"),
        ("workplan", "add", "Next", "--repo", "other", "--topic", "search"),
        ("task", "add", "Do it", "--workplan", plan),
        ("decision", "add", "Which?", "--option", "A", "--option", "B", "--workplan", plan),
        ("progress", "note", "3 ms", "--workplan", plan, "--event-type", "milestone"),
    ):
        noun = args[0]
        made = custodian(*args, "--json")
        assert made.returncode == DONE, made.stderr
        document = json.loads(made.stdout)
        assert (set(document), document["schema"]) == ({"schema", noun}, f"custodian/{noun}/1")
        name = str(document[noun].get("code") or document[noun].get("slug") or document[noun]["id"])
        shown = custodian(noun, "show", name, "--json")
        assert json.loads(shown.stdout) == document
        listed = json.loads(custodian(noun, "list", "--json").stdout)
        plural = noun if noun == "progress" else noun + "s"
        assert (set(listed), listed["schema"]) == ({"schema", "items", "next_cursor"}, f"custodian/{plural}/1")
        assert document[noun] in listed["items"]
        assert name in custodian(noun, "list").stdout


def test_a_long_list_goes_on_with_its_cursor(hub: Hub, custodian: Custodian, plan: str) -> None:
    hub.post("/tasks", [{"workplan": plan, "title": f"Task {n}"} for n in range(3)])
    first = custodian("task", "list", "--limit", "2", "--sort", "-code", "--fields", "code")
    assert first.stdout == f"{plan}-T03\n{plan}-T02\n"
    cursor = first.stderr.split("--cursor ")[1].strip()
    rest = custodian("task", "list", "--limit", "2", "--sort", "-code", "--fields", "code", "--cursor", cursor)
    assert (rest.stdout, rest.stderr) == (f"{plan}-T01\n", "")


def test_a_list_of_nothing_is_exit_5(custodian: Custodian) -> None:
    nothing = custodian("task", "list", "--json")
    assert (nothing.returncode, json.loads(nothing.stdout)["items"]) == (NOTHING, [])
    assert custodian("task", "show", "nobody").returncode == NOTHING


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("task", "set", "X"), "nothing to set"),
        (("task", "set", "X", "--clear", "status"), "--clear takes"),
        (("task", "add", "X"), "--workplan"),
        (("task", "add", "X", "--workplan", "Y", "--detail", "[]"), "JSON object"),
        (("task", "list", "--status", "nix"), "nix"),
        (("task", "list", "--priority", "5"), "5"),
        (("task", "list", "--fields", "code,nix"), "nix"),
        (("task", "set", "X", "--due", "tomorrow"), "due_at"),
    ],
)
def test_what_cannot_be_meant_is_exit_2_and_said(custodian: Custodian, args: tuple[str, ...], said: str) -> None:
    done = custodian(*args)
    assert (done.returncode, done.stdout) == (USAGE, "")
    assert said in done.stderr


def test_a_hub_that_is_away_is_exit_3(tmp_path: Path) -> None:
    away = Custodian(tmp_path, "http://127.0.0.1:9")("task", "list")
    assert (away.returncode, "custodian up" in away.stderr) == (UNREACHABLE, True)


def test_hostile_text_is_inert_and_fits_the_width(hub: Hub, custodian: Custodian, plan: str) -> None:
    title = "\x1b[31mred\x1b]0;x\x07 [bold]b[/] \u202eover 漢字漢字漢字漢字漢字漢字漢字漢字"
    hub.post(
        "/tasks", {"workplan": plan, "title": title, "assignee": "somebody with a long name", "description": title}
    )
    for args in (("list",), ("show", f"{plan}-T01"), ("list", "--fields", "title")):
        shown = custodian("task", *args, COLUMNS="40").stdout
        assert "red]0;x [bold]b[/]" in shown or args == ("list",)
        assert not any(ord(char) < 32 and char != "\n" for char in shown)
        assert "\u202e" not in shown
    [line] = custodian("task", "list", COLUMNS="40").stdout.splitlines()
    assert cells_of(line) <= 40
    assert line.startswith(f"{plan}-T01")


@pytest.mark.parametrize("width", [40, 60, 80, None])
def test_columns_stand_in_line_and_fit(width: int | None) -> None:
    rows: list[list[object]] = [
        ["A-1", "todo", "漢字" * 30, "ada"],
        ["A-100", "progress", "e\u0301clair " * 9, None],
        ["B", "", "x", "bob"],
    ]
    lines = aligned(rows, 2, width)
    assert all(cells_of(line) <= (width or 1000) for line in lines)
    starts = {cells_of(line[: line.index(text)]) for line, text in zip(lines, ("漢", "e\u0301", "x"), strict=True)}
    assert len(starts) == 1
    assert aligned([], 0, width) == []


def test_the_nouns_import_neither_rich_nor_pydantic_nor_httpx(hub: Hub, custodian: Custodian, plan: str) -> None:
    code = """
import sys
sys.argv = ["custodian", *{args!r}]
from statehub.cli.main import main
try:
    main()
except SystemExit:
    pass
print(sorted({{"rich", "pydantic", "httpx", "httpx2"}} & set(sys.modules)), file=sys.stderr)
"""
    for args in (["task", "add", "x", "--workplan", plan], ["task", "list"], ["progress", "note", "x"]):
        ran = subprocess.run(
            [sys.executable, "-c", code.format(args=args)], env=custodian.environment(), capture_output=True, text=True,
            timeout=60, check=True, cwd=ROOT,
        )  # fmt: skip
        assert (bool(ran.stdout), ran.stderr) == (True, "[]\n")


def test_no_other_command_waits_for_the_nouns_to_be_made() -> None:
    code = """
from typer.main import get_command
from statehub.cli.main import app
print([name for name, group in get_command(app).commands.items() if name == "task" and group.commands])
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT, timeout=60)
    assert ran.stdout == "[]\n"
