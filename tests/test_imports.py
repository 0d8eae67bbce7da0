"""`POST /import`: what other tools kept goes in once, whole, and into its own repository alone."""

import itertools
import json
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from statehub.cli.foreign import files_of
from tests.commands import Custodian
from tests.hubs import REAL_DATA
from tests.running import Hub, eventually, problem
from tests.test_backlog import LINES, PATHS
from tests.test_taskmaster import HOSTILE, VALUES

FIXTURES = Path(__file__).parent / "fixtures"
NUMBERS = itertools.count(1)
KINDS = ("workplans", "tasks", "decisions", "dependencies", "events")
real = pytest.mark.skipif(not REAL_DATA.is_dir(), reason="the real data is not part of the project, and is not here")


@pytest.fixture
def repo() -> str:
    return f"imported-{next(NUMBERS)}"


def document(fmt: str) -> Any:
    if fmt == "backlog":
        return files_of(FIXTURES / "backlog")[0]
    return (FIXTURES / f"{fmt}.json").read_text(encoding="utf-8")


def sent(hub: Hub, fmt: str, repo: str, content: Any, **more: Any) -> dict[str, Any]:
    answer = hub.post("/import", {"format": fmt, "repo": repo, "document": content, **more})
    assert answer.status == 200, answer.body
    found: dict[str, Any] = answer.json
    return found


def revision(hub: Hub) -> list[str]:
    """What the summary is at, but for its snapshot."""
    return hub.get("/state/summary?refresh=true").headers["X-StateHub-Revision"].split(".")[:3]


def settled(hub: Hub) -> list[str]:
    """The same, once the hub has looked at all that came in: who is ready, which plan can be finished."""
    eventually(lambda: hub.database.value("select count(*) from unsettled") == 0, "all is settled")
    return revision(hub)


def statuses(hub: Hub, repo: str) -> dict[str, int]:
    query = "select status::text from tasks where repo = row_id('repos', %s)"
    with closing(hub.database.connect()) as connection:
        return dict(Counter(row[0] for row in connection.execute(query, [repo]).fetchall()))


@pytest.mark.parametrize("fmt", ["taskmaster", "backlog"])
def test_again_changes_nothing(hub: Hub, fmt: str) -> None:
    first = sent(hub, fmt, "again", document(fmt))
    assert first["tasks"]["created"] > 4
    before = settled(hub)
    again = sent(hub, fmt, "again", document(fmt))
    assert revision(hub) == before
    for kind in KINDS:
        assert again[kind]["unchanged"] == first[kind]["created"], kind
        assert (again[kind]["created"], again[kind]["updated"]) == (0, 0)
    assert again["skipped"] == first["skipped"]
    assert hub.database.value("select count(*) from verify_totals()") == 0


def test_what_changed_in_the_file_changes_here_and_nothing_else(shared_hub: Hub, repo: str) -> None:
    tasks: list[dict[str, Any]] = [
        {"id": 1, "title": "a", "subtasks": [{"id": 1, "title": "b"}]},
        {"id": 2, "title": "c"},
    ]
    sent(shared_hub, "taskmaster", repo, json.dumps({"tasks": tasks}))
    tasks[0]["subtasks"] = []
    tasks.append({"id": "1.1", "title": "b", "status": "done"})
    changed = sent(shared_hub, "taskmaster", repo, json.dumps({"tasks": tasks}))
    assert (changed["tasks"]["updated"], changed["tasks"]["unchanged"]) == (1, 2)
    row = shared_hub.get(f"/tasks/{repo}-master-1.1").json
    assert (row["status"], row["parent"]) == ("done", None)


def test_a_new_title_does_not_tell_the_history_again(shared_hub: Hub, repo: str) -> None:
    issue = {"id": f"{repo}-1", "title": "old", "status": "open", "created_at": "2026-01-01T00:00:00Z"}
    issue["comments"] = [{"author": "ada", "text": "on it", "created_at": "2026-01-02T00:00:00Z"}]  # type: ignore[assignment]
    assert sent(shared_hub, "beads", repo, json.dumps(issue))["events"]["created"] == 2
    again = sent(shared_hub, "beads", repo, json.dumps(issue | {"title": "new"}))
    assert (again["tasks"]["updated"], again["events"]["created"]) == (1, 0)
    assert shared_hub.get(f"/tasks/{repo}-1").json["title"] == "new"


def test_a_dry_run_tells_the_same_and_leaves_nothing(hub: Hub) -> None:
    before = revision(hub)
    told = sent(hub, "backlog", "dry", document("backlog"), dry_run=True)
    assert revision(hub) == before
    assert hub.get("/repos/dry").status == 404
    assert sent(hub, "backlog", "dry", document("backlog")) == told


def test_a_code_of_another_repository_is_left_out_and_so_is_all_about_it(hub: Hub) -> None:
    sent(hub, "backlog", "first", document("backlog"))
    before = revision(hub)
    second = sent(hub, "backlog", "second", document("backlog"))
    assert (second["tasks"]["created"], second["tasks"]["skipped"]) == (0, 5)
    assert (second["decisions"]["created"], second["decisions"]["skipped"]) == (0, 2)
    assert (second["events"]["created"], second["events"]["skipped"]) == (0, 6)
    reasons = {row["name"]: row["why"] for row in second["skipped"] if "repository" in row["why"]}
    assert reasons.keys() >= {"DIN-1", "DIN-2", "DRAFT-1", "m-1", "decision-1"}
    assert hub.get("/tasks/DIN-1").json["repo"] == "first"
    assert hub.get("/tasks/DIN-2/dependencies").json["items"][0]["code"] == "DIN-1"
    assert revision(hub) != before  # the repository itself, and its plans that were free


def test_a_dependency_is_never_made_between_tasks_of_another_repository(hub: Hub) -> None:
    theirs = {"tasks/t-1.md": "---\nid: t-1\ntitle: t\n---\n", "tasks/t-2.md": "---\nid: t-2\ntitle: t\n---\n"}
    sent(hub, "backlog", "theirs", theirs)
    ours = {**theirs, "tasks/t-2.md": "---\nid: t-2\ntitle: t\ndependencies: [t-1]\nparent_task_id: t-1\n---\n"}
    done = sent(hub, "backlog", "ours", ours)
    assert done["dependencies"] == {"created": 0, "updated": 0, "unchanged": 0, "skipped": 1}
    assert hub.get("/tasks/t-2/dependencies").json["items"] == []
    assert hub.get("/tasks/t-2").json["parent"] is None
    child = {**ours, "tasks/t-3.md": "---\nid: t-3\ntitle: t\nparent_task_id: t-1\ndependencies: [t-2]\n---\n"}
    for _ in range(2):
        done = sent(hub, "backlog", "ours", child)
        assert "its parent t-1 was left out; kept without one" in [row["why"] for row in done["skipped"]]
    assert hub.get("/tasks/t-3").json["parent"] is None
    assert hub.get("/tasks/t-3/dependencies").json["items"] == []


def test_a_decision_that_was_made_here_is_not_made_again(hub: Hub) -> None:
    path = "decisions/d-1.md"
    sent(hub, "backlog", "deciding", {path: "---\nid: d-1\ntitle: Which?\nstatus: proposed\n---\n"})
    resolved = hub.post("/decisions/d-1/resolve", {"rationale": "this one", "decided_by": "ada"})
    assert resolved.status == 200
    done = sent(hub, "backlog", "deciding", {path: "---\nid: d-1\ntitle: Which?\nstatus: accepted\n---\n"})
    assert (done["decisions"]["updated"], done["decisions"]["skipped"]) == (0, 1)
    assert hub.get("/decisions/d-1").json["rationale"] == "this one"


@pytest.mark.parametrize(("fmt", "content"), [("beads", {}), ("taskmaster", {}), ("backlog", "text"), ("jira", "x")])
def test_a_document_that_is_not_of_its_format_is_refused(shared_hub: Hub, repo: str, fmt: str, content: Any) -> None:
    problem(shared_hub.post("/import", {"format": fmt, "repo": repo, "document": content}), 422)
    assert shared_hub.get(f"/repos/{repo}").status == 404


def test_a_file_that_is_no_json_is_refused_with_the_place(shared_hub: Hub, repo: str) -> None:
    answer = shared_hub.post("/import", {"format": "taskmaster", "repo": repo, "document": '{"tasks":\n [}'})
    assert "line 2 column 3" in problem(answer, 422)["detail"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(HOSTILE, max_size=4), VALUES, st.dictionaries(PATHS, st.lists(LINES, max_size=6), max_size=3))
def test_hostile_documents_are_taken_or_said_and_never_an_error(
    shared_hub: Hub, listed: list[Any], below: Any, lines: dict[str, list[str]]
) -> None:
    repo = f"hostile-{next(NUMBERS)}"
    tree = {"tasks": [*listed, {"id": 7, "title": "T", "subtasks": below}]}
    issues = [{"id": "h", "title": "t", "status": "open", "dependencies": below, "comments": below}, *listed]
    folder = {path: "---\n" + "\n".join(told) + "\n---\n" for path, told in lines.items()}
    sendable = json.loads(json.dumps(folder).replace("\\u0000", " "))
    for fmt, content in (
        ("taskmaster", json.dumps(tree)), ("beads", "\n".join(map(json.dumps, issues))), ("backlog", sendable),
    ):  # fmt: skip
        answer = shared_hub.post("/import", {"format": fmt, "repo": repo, "document": content})
        assert answer.status == 200, (answer.status, answer.body)


def test_huge_and_deep_values_cost_one_row(shared_hub: Hub, repo: str) -> None:
    deep, long = "[" * 900 + "]" * 900, "x" * 10**7
    rows = [
        '{"id": 1, "title": "fits"}',
        f'{{"id": 2, "title": "x", "n": {deep}}}',
        f'{{"id": 3, "title": "{long}"}}',
    ]
    done = sent(shared_hub, "taskmaster", repo, f'{{"tasks": [{",".join(rows)}]}}')
    assert (done["tasks"]["created"], len(done["skipped"])) == (2, 1)
    assert len(shared_hub.get(f"/tasks/{repo}-master-3").json["title"]) == 1000


def test_loops_of_dependencies_lose_what_closes_them(shared_hub: Hub, repo: str) -> None:
    tasks = [{"id": n, "title": "t", "dependencies": [(n + 1) % 5]} for n in range(5)]
    done = sent(shared_hub, "taskmaster", repo, json.dumps({"tasks": tasks}))
    assert (done["dependencies"]["created"], done["dependencies"]["skipped"]) == (4, 1)
    assert any("closes a cycle" in row["why"] for row in done["skipped"])


def test_the_command_reads_a_folder_and_tells_all_that_was_left_out(
    custodian: Custodian, hub: Hub, tmp_path: Path
) -> None:
    project = tmp_path / "project"
    (project / "backlog" / "tasks").mkdir(parents=True)
    (project / "backlog" / "tasks" / "t-1 - A.md").write_text("---\nid: t-1\ntitle: A \x1b[31mred\n---\n")
    (project / "backlog" / "tasks" / "t-2 - B.md").write_bytes(b"---\nid: t-2\n\xff\n---\n")
    (project / "backlog" / "tasks" / "t-3 - C.md").write_bytes(b"---\nid: t-3\n\0\n---\n")
    (project / "backlog" / "tasks" / "t-4 - D.md").symlink_to("/etc/passwd")
    (project / "backlog" / "tasks" / "t-5 - E.md").write_text("---\nid: t-5\ntitle: E\n---\n")
    done = custodian("import", "backlog", str(project), "--repo", "folder")
    assert done.returncode == 0, done.stderr
    assert "read 5 files" in done.stdout
    for told in ("t-2 - B.md", "is not UTF-8", "t-3 - C.md", "has a NUL byte", "t-4 - D.md", "is a link"):
        assert told in " ".join(done.stdout.split()), done.stdout
    again = custodian("import", "backlog", str(project / "backlog"), "--repo", "folder", "--json")
    assert json.loads(again.stdout)["tasks"] == {"created": 0, "updated": 0, "unchanged": 1, "skipped": 0}


def test_a_narrow_terminal_gets_a_line_for_each_kind(custodian: Custodian, hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "tasks.json").write_text('{"master": {"tasks": [{"id": 1, "title": "T"}]}}', encoding="utf-8")
    command = ("import", "taskmaster", str(tmp_path / "tasks.json"), "--repo", "a-name-of-some-length")
    assert "taskmaster → a-name-of-some-length   created" in custodian(*command, COLUMNS="80").stdout
    told = custodian(*command, COLUMNS="40").stdout.splitlines()
    assert "tasks         1 unchanged" in told
    assert "dependencies  none" in told
    assert max(map(len, told)) <= 40


@pytest.mark.parametrize(
    ("fmt", "content"),
    [("beads", ""), ("beads", '{"a": 1}'), ("taskmaster", '{"a": 1}'), ("backlog", {"config.yml": "statuses: []"})],
)
def test_a_document_with_nothing_in_it_makes_no_repository(shared_hub: Hub, repo: str, fmt: str, content: Any) -> None:
    assert {sent(shared_hub, fmt, repo, content)[kind]["created"] for kind in KINDS} == {0}
    assert shared_hub.get(f"/repos/{repo}").status == 404


def test_the_command_refuses_a_file_in_which_nothing_can_be_read(
    custodian: Custodian, hub: Hub, tmp_path: Path
) -> None:
    (tmp_path / "picture.jsonl").write_bytes(b"\x89PNG\r\n\xff\xfe\0")
    for more in ((), ("--json",)):
        done = custodian("import", "beads", str(tmp_path / "picture.jsonl"), "--repo", "picture", *more)
        assert done.returncode == 2
        assert "is not UTF-8" in done.stdout
        assert "nothing to import" in done.stderr
    assert hub.get("/repos/picture").status == 404


def test_the_command_names_a_few_of_what_has_the_same_reason(custodian: Custodian, hub: Hub, tmp_path: Path) -> None:
    good = json.dumps({"id": "few-1", "title": "T", "status": "open", "issue_type": "task"})
    (tmp_path / "issues.jsonl").write_text("\n".join([good, *["broken"] * 40]), encoding="utf-8")
    done = custodian("import", "beads", str(tmp_path / "issues.jsonl"), "--repo", "few")
    told = " ".join(done.stdout.split())
    assert "line 9 and 32 more, in --json)" in told
    everything = custodian("import", "beads", str(tmp_path / "issues.jsonl"), "--repo", "few", "--json")
    assert len(json.loads(everything.stdout)["skipped"]) == 40


@real
def test_a_real_file_of_task_master_comes_in_whole(hub: Hub) -> None:
    text = (REAL_DATA / "taskmaster-tasks.json").read_text(encoding="utf-8")
    listed = [task for tag in json.loads(text).values() for task in tag["tasks"]]
    every = listed + [below for task in listed for below in task.get("subtasks", [])]
    done = sent(hub, "taskmaster", "tm", text)
    assert (done["read"], done["workplans"]["created"], done["tasks"]["created"]) == (len(every), 9, len(every))
    ours = {
        "pending": "todo",
        "in-progress": "progress",
        "review": "progress",
        "deferred": "wait",
        "cancelled": "cancel",
    }
    assert statuses(hub, "tm") == Counter(ours.get(task["status"], task["status"]) for task in every)
    parents = "select count(*) from tasks where parent is not null"
    assert hub.database.value(parents) == len(every) - len(listed)
    before = settled(hub)
    again = sent(hub, "taskmaster", "tm", text)
    assert (again["tasks"]["unchanged"], again["skipped"]) == (len(every), done["skipped"])
    assert revision(hub) == before


@real
def test_a_real_backlog_folder_comes_in_whole(hub: Hub) -> None:
    folder = REAL_DATA / "backlog"
    pages = [path for path in folder.rglob("*.md") if path.name != "readme.md"]
    lines = {path: path.read_text(encoding="utf-8").splitlines() for path in pages}
    written = Counter(
        (path.parent.name, next(line for line in found if line.startswith("status:")).split(":")[1].strip(' "'))
        for path, found in lines.items() if path.parent.name != "milestones"
    )  # fmt: skip
    files, unread = files_of(folder)
    done = sent(hub, "backlog", "bl", files)
    assert (done["read"], unread) == (len(files), [])
    waiting = sum(count for (place, _), count in written.items() if place == "drafts")
    finished = written["tasks", "Done"] + written["completed", "Done"]
    assert statuses(hub, "bl") == {"wait": waiting, "done": finished, "todo": written["tasks", "To Do"]}
    assert done["decisions"]["created"] == sum(path.parent.name == "decisions" for path in pages)
    assert sum(row["why"].startswith("explains") for row in done["skipped"]) + 1 + len(pages) == len(files)
    before = settled(hub)
    assert sent(hub, "backlog", "bl", files)["skipped"] == done["skipped"]
    assert revision(hub) == before
