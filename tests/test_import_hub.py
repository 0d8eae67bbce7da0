"""`POST /import/hub`: an exported hub, read into an empty one, is the same hub."""

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from statehub.repos.hub_export import REFERENCES
from tests.commands import CONFLICT, DONE, USAGE, Custodian
from tests.conftest import Database, temporary_database
from tests.faults.oracle import Oracle, comparable_core
from tests.running import Hub, problem, running
from tests.sql.world import OWNER, depend, insert, make_decision, make_plan, make_repo, make_task

# what tells of this database and this moment, and not of the hub's content
OF_THE_MOMENT = ("generated_at", "revision")


@pytest.fixture(scope="module")
def exported(server: str, template: str) -> Iterator[tuple[str, bytes]]:
    """The export of a hub with something of everything, and its summary."""
    with temporary_database(server, template) as database:
        _fill(database)
        with running(database) as hub:
            claimed = hub.post("/tasks/claim", {"agent": "ada", "task": "T-2"})
            assert claimed.status == 200, claimed.body
            assert hub.ask("PATCH", "/topics/platform", {"title": "Ours"}).status == 200
            text = hub.get("/export").body.decode()
            yield text, hub.get("/state/summary?refresh=true").body


def _fill(database: Database) -> None:
    with closing(database.connect(OWNER)) as owner:
        late = make_plan(owner, code="P-1", sync_base='{"a": 1.10}', source_path="plans/one.md", status="active")
        other = make_plan(owner, repo=make_repo(owner, "beta"), title="Zwei \u202e\x1b[31m\n<b>")
        depend(owner, other, late, "workplan_dependencies")
        first = make_task(owner, late, code="T-1", labels="{a,b}", detail='{"n": 123456789012345678901234567890}')
        child = make_task(owner, late, code="a-child", parent=first)  # its code sorts otherwise than its age
        make_task(owner, late, title="numbered")
        depend(owner, make_task(owner, other, code="T-3"), child)
        make_task(owner, late, code="T-2")
        # what comes later than the task: prepare would give it to the task
        owner.execute("update workplans set due_at = '2030-01-01' where code = 'P-1'")
        made = make_decision(owner, code="DEC-0007", workplan=late)
        make_decision(owner, code="D-2", superseded_by=made, status="superseded")
        make_decision(owner, code="D-3", workplan=late, title="Pay the invoice?")
        owner.execute("delete from escalation_keywords where keyword = 'invoice'")  # its note stays
        insert(
            owner, "progress_events", "summary", summary="long ago", author="ada", task=first,
            occurred_at="2001-02-03T04:05:06.789012+00", detail='{"x": [1, {"y": "\\u00e9"}]}',
        )  # fmt: skip
        old = owner.execute("select id from legacy_interfaces where name = '/workstreams'").fetchone()
        assert old
        insert(owner, "legacy_usage", "caller", interface=old[0], used_on="2026-01-01", caller="curl")


def rows_of(text: str) -> list[str]:
    return text.splitlines()[1:-1]


def content(summary: bytes) -> dict[str, Any]:
    return {key: value for key, value in json.loads(summary).items() if key not in OF_THE_MOMENT}


def test_the_summary_is_the_same_byte_for_byte_and_so_is_its_export(hub: Hub, exported: tuple[str, bytes]) -> None:
    text, summary = exported
    answer = hub.post("/import/hub", {"document": text})
    assert answer.status == 200, answer.body
    assert answer.json["created"] is True
    assert sum(answer.json["counts"].values()) == len(rows_of(text))
    served = hub.get("/state/summary", X_StateHub_Min_Revision=answer.headers["X-StateHub-Revision"]).body
    assert list(json.loads(served)) == list(json.loads(summary))
    assert json.dumps(content(served)) == json.dumps(content(summary))
    assert rows_of(hub.get("/export").body.decode()) == rows_of(text)


def test_revisions_totals_and_triggers_are_exact_afterwards(hub: Hub, exported: tuple[str, bytes]) -> None:
    epoch = hub.database.value("select epoch()")
    hub.post("/import/hub", {"document": exported[0]})
    assert hub.database.value("select epoch()") != epoch
    assert hub.database.value("select count(*) from verify_totals()") == 0
    assert hub.database.value("select count(*) from unarmed_triggers") == 0
    oracle = Oracle(hub.database, 200)
    label = oracle.now()
    served = hub.get("/state/summary?refresh=true").json
    assert (served["revision"]["core"], served["revision"]["progress"]) == label[1:]
    told = oracle.core_at((label[0], label[1]))
    core = {key: served[key] for key in told}
    assert comparable_core(core) == told
    assert served["recent_progress"] == oracle.progress_at((label[0], label[2]))
    assert oracle.violations == []


def test_work_goes_on_where_it_was(hub: Hub, exported: tuple[str, bytes]) -> None:
    hub.post("/import/hub", {"document": exported[0]})
    held = hub.post("/tasks/claim", {"agent": "grace", "task": "T-2"})
    assert "ada" in problem(held, 409)["detail"]
    before = hub.database.value("select max(id) from progress_events")
    note = hub.created("/progress", summary="after", author="ada")
    assert note["id"] == before + 1
    assert hub.created("/tasks", workplan="P-1", title="next")["code"] == "P-1-T02"
    assert hub.created("/decisions", workplan="P-1", title="Which?")["code"] == "DEC-0008"
    problem(hub.ask("DELETE", "/progress/1"), 405)
    with closing(hub.database.connect(OWNER)) as owner, pytest.raises(Exception, match="append-only"):
        owner.execute("delete from progress_events")


def test_the_same_again_changes_nothing_and_anything_else_is_refused(hub: Hub, exported: tuple[str, bytes]) -> None:
    hub.post("/import/hub", {"document": exported[0]})
    before = hub.get("/state/summary?refresh=true").json["revision"]["core"]
    again = hub.post("/import/hub", {"document": exported[0]})
    assert (again.status, again.json["created"]) == (200, False)
    assert hub.get("/state/summary?refresh=true").json["revision"]["core"] == before
    hub.created("/progress", summary="one more", author="ada")
    refused = problem(hub.post("/import/hub", {"document": exported[0]}), 409)
    assert "This hub is not empty" in refused["detail"]
    assert "progress" in refused["detail"]


@pytest.mark.parametrize("done", ["repo", "note", "topic", "seed", "interface"])
def test_a_hub_in_which_anything_was_done_is_not_empty(hub: Hub, exported: tuple[str, bytes], done: str) -> None:
    match done:
        case "repo":
            hub.created("/repos", slug="mine", name="Mine", domain="infotech")
        case "note":
            hub.created("/progress", summary="first words", author="seed")
        case "topic":
            hub.created("/topics", slug="mine", title="Mine", domain="infotech")
        case "seed":
            assert hub.ask("PATCH", "/topics/platform", {"title": "Mine"}).status == 200
        case "interface":
            old = {"kind": "cli", "name": "mine", "successor": "custodian"}
            assert hub.post("/legacy-meter/interfaces", old).status == 201
    before = rows_of(hub.get("/export").body.decode())
    problem(hub.post("/import/hub", {"document": exported[0]}), 409)
    assert rows_of(hub.get("/export").body.decode()) == before


def damaged(text: str) -> dict[str, str]:
    """Name → a document that must be refused."""
    lines = text.splitlines()
    end, task = json.loads(lines[-1]), next(line for line in lines if '"kind":"task"' in line)
    altered = {
        "another schema": ("export/1", "export/9"), "no reference": ('"workplan":"P-1"', '"workplan":"P-9"'),
        "no kind": ('"kind":"task"', '"kind":"chore"'), "a nul": ("T-1", "\\u0000"), "no id": ('"id":"', '"id":"x'),
        "no time": ('"created_at":"2', '"created_at":"x'), "no status": ('"status":"todo"', '"status":"x"'),
        "version": ('"version":1', '"version":-1'), "a cycle": ('"parent":null', '"parent":"a-child"'),
        "labels": ('"labels":[]', '"labels":{"a":1}'), "no event": ('"event_type":"created"', '"event_type":7'),
    }  # fmt: skip
    whole = {
        "nothing": "", "no end": "\n".join(lines[:-1]), "cut in a line": text[: len(text) // 2], "no rows": "1\n2\n3",
        "a line less": "\n".join(lines[:5] + lines[6:]), "a line twice": "\n".join([*lines[:-1], task, lines[-1]]),
        "counted": "\n".join([*lines[:-1], task, json.dumps(end | {"rows": end["rows"] + 1})]),
        "beads": '{"id": "x"}\n',
    }  # fmt: skip
    return whole | {name: text.replace(*words) for name, words in altered.items()}


def test_a_file_that_is_not_whole_or_not_sound_is_refused_and_nothing_goes_in(
    hub: Hub, exported: tuple[str, bytes]
) -> None:
    before = rows_of(hub.get("/export").body.decode())
    for name, document in damaged(exported[0]).items():
        assert document != exported[0], name
        answer = hub.post("/import/hub", {"document": document})
        assert answer.status in (409, 422), (name, answer.status, answer.body)
    assert rows_of(hub.get("/export").body.decode()) == before
    assert hub.post("/import/hub", {"document": exported[0]}).json["created"] is True


def test_every_kind_of_an_export_is_known_to_the_import(exported: tuple[str, bytes]) -> None:
    assert list(json.loads(exported[0].splitlines()[0])["counts"]) == list(REFERENCES)


def test_the_command_reads_what_export_wrote(custodian: Custodian, exported: tuple[str, bytes]) -> None:
    file, cut = custodian.home / "hub.jsonl", custodian.home / "cut.jsonl"
    file.write_text(exported[0], encoding="utf-8")
    cut.write_text(exported[0][:-40], encoding="utf-8")
    refused = custodian("import", "statehub", str(cut))
    assert (refused.returncode, "the file was cut" in refused.stderr) == (USAGE, True), refused.stderr
    done = custodian("import", "statehub", str(file))
    assert (done.returncode, done.stdout.startswith("read in: ")) == (DONE, True), done.stderr
    again = custodian("import", "statehub", str(file), "--json")
    assert json.loads(again.stdout)["created"] is False
    custodian("progress", "note", "one more")
    assert custodian("import", "statehub", str(file)).returncode == CONFLICT


def test_a_hub_that_is_too_large_for_a_request_is_pointed_to_backup_and_restore(custodian: Custodian) -> None:
    file = custodian.home / "huge.jsonl"
    with file.open("wb") as sparse:
        sparse.truncate(61 * 2**20)
    quotes = custodian.home / "quotes.jsonl"  # smaller, but each of its characters is two in JSON
    quotes.write_text('"' * 40 * 2**20, encoding="ascii")
    for large in (file, quotes):
        done = custodian("import", "statehub", str(large))
        assert done.returncode != DONE
        assert "custodian backup" in done.stderr
