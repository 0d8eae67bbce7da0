"""Files and hub are made to agree, field by field: what changed on one side goes to the other, nothing is lost."""

import os
import threading
from pathlib import Path
from typing import Any

import pytest

from statehub.cli.sync_outcome import Report
from statehub.repos import tree
from statehub.tokens import Token
from tests.checkouts import PLAN, Checkout
from tests.running import Hub


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def checkout(shared_hub: Hub, tmp_path: Path) -> Checkout:
    return Checkout.made(shared_hub, tmp_path)


@pytest.fixture
def synced(checkout: Checkout) -> Checkout:
    checkout.synced()
    return checkout


def conflicts(report: Report) -> list[tuple[int, str, Any, Any]]:
    return [(c.line, c.name, c.file, c.hub) for _, outcome in report.outcomes.values() for c in outcome.conflicts]


def test_a_new_plan_goes_into_the_hub_with_its_tasks_and_the_file_stays(checkout: Checkout) -> None:
    before = checkout.text()
    report = checkout.synced()
    assert report.sent is not None
    assert (report.sent["workplans_created"], report.sent["tasks_created"]) == (1, 3)
    assert checkout.text() == before
    plan = checkout.plan()
    assert (plan["title"], plan["status"], plan["source_path"]) == ("Measure", "active", "workplans/plan.md")
    assert [(t["title"], t["status"], t["assignee"], t["priority"], t["position"]) for t in plan["tasks"]] == [
        ("First", "todo", None, 2, 0), ("Second", "progress", "bo", 2, 1), ("Third", "done", None, 1, 2),
    ]  # fmt: skip
    assert checkout.tasks()["T02"]["depends_on"] == [f"{checkout.code}-T01"]


def test_what_changed_in_the_file_goes_into_the_hub(synced: Checkout) -> None:
    synced.edit("- [ ] T01 First", "- [!] T01 First of all @ada (P0) (waits: rain)")
    synced.edit(" @bo (depends: T01)", "")
    synced.edit("status: active", "status: finished\nowner: ada\ntopic: platform")
    synced.synced()
    first = synced.tasks()["T01"]
    assert {name: first[name] for name in ("title", "status", "assignee", "priority", "waiting_on")} == {
        "title": "First of all", "status": "wait", "assignee": "ada", "priority": 0, "waiting_on": "rain",
    }  # fmt: skip
    assert (synced.tasks()["T02"]["assignee"], synced.tasks()["T02"]["depends_on"]) == (None, [])
    assert [synced.plan()[name] for name in ("status", "owner", "topic")] == ["finished", "ada", "platform"]


def test_what_changed_in_the_hub_goes_into_the_file_and_no_other_byte_moves(synced: Checkout) -> None:
    synced.change("T01", status="progress", assignee="Ada L", priority=0)
    synced.change("T02", assignee=None)
    synced.change("T03", title="Third (P4)", waiting_on="a)b")
    synced.hub.patch(f"/workplans/{synced.code}", {"owner": "ada", "status": "finished"})
    synced.hub.created(f"/tasks/{synced.code}-T03/dependencies", depends_on=f"{synced.code}-T01")
    before = synced.text()
    synced.synced()
    assert synced.text() == (
        before.replace("- [ ] T01 First", '- [/] T01 First @"Ada L" (P0)')
        .replace(" @bo", "")
        .replace("T03 Third (P1)", "T03 Third (P4) (P1) (waits: a\\)b) (depends: T01)")
        .replace("status: active", "status: finished\nowner: ada")
    )


def test_different_fields_of_one_task_do_not_collide(synced: Checkout) -> None:
    synced.edit("T01 First", "T01 Firstly")
    synced.change("T01", status="done")
    synced.synced()
    assert "- [x] T01 Firstly\n" in synced.text()
    assert synced.tasks()["T01"]["title"] == "Firstly"


def test_a_claim_of_an_agent_shows_in_the_file(synced: Checkout) -> None:
    synced.edit("@bo (depends: T01)", "@bo")
    synced.synced()
    claim = synced.hub.post("/tasks/claim", {"agent": "codex", "repo": synced.slug}).json
    synced.synced()
    assert "- [/] T01 First\n" in synced.text()
    synced.hub.post(f"/tasks/{claim['task']['code']}/complete", {"agent": "codex", "claim_seq": claim["claim_seq"]})
    synced.synced()
    assert "- [x] T01 First\n" in synced.text()


def test_both_sides_differently_is_a_conflict_with_its_line_and_nothing_of_it_changes(synced: Checkout) -> None:
    synced.edit("T01 First", "T01 Mine")
    synced.change("T01", title="Theirs", status="done")
    report = synced.sync()
    assert conflicts(report) == [(9, "title", "Mine", "Theirs")]
    assert "- [x] T01 Mine\n" in synced.text()
    assert synced.tasks()["T01"]["title"] == "Theirs"
    assert conflicts(synced.sync()) == conflicts(report)


@pytest.mark.parametrize(("prefer", "title"), [("file", "Mine"), ("hub", "Theirs")])
def test_a_conflict_is_settled_for_the_preferred_side(synced: Checkout, prefer: str, title: str) -> None:
    synced.edit("T01 First", "T01 Mine")
    synced.change("T01", title="Theirs")
    synced.sync(prefer=prefer)
    assert f"- [ ] T01 {title}\n" in synced.text()
    assert synced.tasks()["T01"]["title"] == title
    synced.is_settled()


def test_the_same_change_on_both_sides_is_none(synced: Checkout) -> None:
    synced.edit("[ ] T01 First", "[x] T01 Firstly")
    synced.change("T01", title="Firstly", status="done")
    report = synced.synced()
    assert report.changes == 0


def test_lines_without_a_number_get_the_next_one(synced: Checkout) -> None:
    synced.edit("- [/] T02", "- [ ] Between\n- [/] T02")
    synced.write(synced.text() + "- [ ] At the end\n")
    synced.synced()
    assert "- [ ] T04 Between\n- [/] T02" in synced.text()
    assert synced.text().endswith("- [ ] T05 At the end\n")
    assert [task["title"] for task in synced.plan()["tasks"]] == ["First", "Between", "Second", "Third", "At the end"]


def test_a_line_that_lost_its_number_finds_its_task_again(synced: Checkout) -> None:
    synced.change("T01", status="progress")
    synced.edit("- [ ] T01 First", "- [ ] First")
    synced.synced()
    assert "- [/] T01 First\n" in synced.text()
    assert len(synced.tasks()) == 3


def test_a_new_task_of_the_hub_gets_a_line_at_the_end_of_the_list(synced: Checkout) -> None:
    synced.write(synced.text() + "\nAfterword.\n")
    synced.hub.created("/tasks", workplan=synced.code, title="New", assignee="ada")
    synced.synced()
    assert synced.text().endswith("- [x] T03 Third (P1)\n- [ ] T04 New @ada\n\nAfterword.\n")


def test_one_number_for_two_tasks_is_told_and_neither_is_overwritten(synced: Checkout) -> None:
    synced.hub.created("/tasks", workplan=synced.code, title="Of an agent", status="progress")
    synced.write(synced.text() + "- [x] T04 By hand\n")
    assert conflicts(synced.sync()) == [(12, "title", "By hand", "Of an agent")]
    assert synced.tasks()["T04"]["status"] == "progress"
    assert synced.text().endswith("- [x] T04 By hand\n")


def test_of_two_lines_with_one_number_the_task_is_not_given_to_the_wrong_one(synced: Checkout) -> None:
    synced.edit("- [ ] T01 First", "- [ ] T01 Of another branch\n- [x] T01 First")
    report = synced.sync()
    assert synced.told(report) == [
        "workplans/plan.md:9: T01 stands twice, also in line 10; take its number off for a new one"
    ]
    assert (synced.tasks()["T01"]["title"], synced.tasks()["T01"]["status"]) == ("First", "done")
    synced.edit("T01 First", "T01 Neither")
    assert len(synced.sync().findings) == 2
    assert (len(synced.tasks()), synced.tasks()["T01"]["title"]) == (3, "First")
    synced.edit("T01 Of another branch", "Of another branch")
    synced.synced()
    assert {number: task["title"] for number, task in synced.tasks().items()} == {
        "T01": "Neither", "T02": "Second", "T03": "Third", "T04": "Of another branch",
    }  # fmt: skip


def test_without_writing_files_their_news_wait(synced: Checkout) -> None:
    synced.change("T01", status="done")
    synced.edit("T02 Second", "T02 Secondly")
    before = synced.text()
    synced.sync(write=False)
    assert (synced.text(), synced.tasks()["T02"]["title"]) == (before, "Secondly")
    assert synced.sync(write=False).sent is None
    synced.synced()
    assert "- [x] T01 First\n" in synced.text()


def test_a_check_changes_nothing_and_says_what_would(synced: Checkout) -> None:
    assert not synced.sync(check=True).differs
    synced.change("T01", status="done")
    synced.write(synced.text() + "- [ ] No number\n")
    before, files = synced.hub_side(), synced.files()
    assert synced.sync(check=True).differs
    assert (synced.hub_side(), synced.files()) == (before, files)


def test_a_plan_that_moves_to_another_file_stays_the_same_plan(synced: Checkout) -> None:
    synced.path("deep").mkdir()
    synced.path().rename(synced.path("deep/renamed.md"))
    synced.synced()
    assert synced.plan()["source_path"] == "workplans/deep/renamed.md"
    assert len(synced.hub_side()["workplans"]) == 1


def test_a_file_that_is_gone_is_told_and_archived_only_when_asked(synced: Checkout) -> None:
    text = synced.text()
    synced.path().unlink()
    report = synced.sync()
    assert synced.told(report) == [
        f"workplans/plan.md:1: {synced.code} (Measure) has no file any more; --prune archives it in the hub"
    ]
    assert (report.failed, synced.plan()["status"]) == (False, "active")
    assert synced.sync(prune=True).archived == [synced.code]
    assert (synced.plan()["status"], synced.sync().findings) == ("archived", [])
    synced.write(text)
    synced.synced()
    assert synced.plan()["status"] == "active"


def test_a_line_that_is_gone_is_told_and_its_task_stays(synced: Checkout) -> None:
    synced.edit("- [ ] T01 First\n", "")
    [told] = synced.told(synced.sync())
    assert told.startswith(f"workplans/plan.md:2: {synced.code}-T01 (First) has no line any more, and is todo")
    assert len(synced.tasks()) == 3
    assert "First" not in synced.text()
    synced.change("T01", status="cancel")
    assert synced.sync().findings == []


def test_problems_of_many_files_are_told_with_their_lines_and_the_rest_goes_in(synced: Checkout) -> None:
    code = synced.code
    two = f"{synced.slug.upper()}-WP-2"
    synced.write(
        f"---\nid: {two}\ntitle: Two\ndepends_on: [{code}, NOPE-1]\n---\n"
        "- [ ] T01 a (depends: T02)\n- [ ] T02 b (depends: T01)\n- [ ] T03 c (depends: NOPE-T1, T01)\n- [ ] T3 d\n",
        "two.md",
    )
    synced.write(f"---\nid: {code}\ntitle: Copy\n---\n", "a-copy.md")
    synced.path("latin.md").write_bytes(b"caf\xe9")
    synced.write("<<<<<<< a\n=======\n>>>>>>> b\n", "merge.md")
    synced.write("# Notes\n", "notes.md")
    synced.write("# Read me\n", "README.md")
    report = synced.sync()
    assert synced.told(report) == [
        f"workplans/a-copy.md:2: id: {code} is workplans/plan.md already; give this plan another id",
        "workplans/latin.md:1: is not UTF-8; save it as UTF-8",
        "workplans/merge.md:1: has the markers of a merge; resolve it, then sync",
        "workplans/notes.md:1: has no front matter, so it is no workplan; begin it with ---, id: and title:",
        "workplans/two.md:4: depends_on NOPE-1: there is no such workplan",
        "workplans/two.md:7: depends on T01: that closes a cycle; it is left out",
        "workplans/two.md:8: depends on NOPE-T1: there is no such task",
        "workplans/two.md:9: T3 stands twice, also in line 8; take its number off for a new one",
    ]  # fmt: skip
    tasks = synced.tasks(two)
    assert {name: task["depends_on"] for name, task in tasks.items()} == {
        "T01": [f"{two}-T02"], "T02": [], "T03": [f"{two}-T01"],
    }  # fmt: skip
    assert (synced.plan(two)["depends_on"], synced.plan()["title"]) == ([code], "Measure")
    again = synced.sync()
    assert (again.sent, again.written, synced.told(again)) == (None, [], synced.told(report))


def test_a_cycle_through_another_repository_is_told_and_the_rest_goes_in(synced: Checkout, tmp_path: Path) -> None:
    other = Checkout.made(synced.hub, tmp_path)
    other.edit("T01 First", f"T01 First (depends: {synced.code}-T01)")
    other.synced()
    synced.edit("T01 First", f"T01 Firstly (depends: {other.code}-T01)")
    report = synced.sync()
    assert synced.told(report) == [
        f"workplans/plan.md:9: depends on {other.code}-T01: that closes a cycle; it is left out"
    ]
    assert (synced.tasks()["T01"]["title"], synced.tasks()["T01"]["depends_on"]) == ("Firstly", [])


def test_a_plan_of_another_repository_is_left_alone_and_the_rest_goes_in(synced: Checkout, tmp_path: Path) -> None:
    other = Checkout.made(synced.hub, tmp_path)
    other.write(PLAN.format(code=synced.code).replace("Measure", "Stolen") + "- [ ] New\n", "stolen.md")
    report = other.sync()
    assert other.told(report) == [f"workplans/stolen.md:2: {synced.code} belongs to another repository"]
    assert (synced.plan()["title"], len(other.hub_side()["workplans"])) == ("Measure", 1)
    assert other.text("stolen.md").endswith("- [ ] New\n")


def test_a_topic_that_does_not_exist_is_told_with_its_line(synced: Checkout) -> None:
    synced.edit("status: active", "status: active\ntopic: nothing")
    assert synced.told(synced.sync()) == ["workplans/plan.md:5: topic: does not exist; GET /topics lists them"]


def test_a_sync_that_finds_nothing_moves_no_revision(hub: Hub, tmp_path: Path) -> None:
    checkout = Checkout.made(hub, tmp_path)
    checkout.sync()
    before = Token.parse(hub.get("/state/summary?refresh=true").headers["X-StateHub-Revision"])
    stamps = {path: Path(path).stat().st_mtime_ns for path in checkout.files()}
    checkout.sync()
    after = Token.parse(hub.get("/state/summary?refresh=true").headers["X-StateHub-Revision"])
    assert (before.core, before.progress) == (after.core, after.progress)
    assert {path: Path(path).stat().st_mtime_ns for path in checkout.files()} == stamps


def test_links_out_of_the_repository_are_not_followed_and_modes_stay(synced: Checkout, tmp_path: Path) -> None:
    outside = tmp_path / "outside.md"
    outside.write_text(PLAN.format(code="OUTSIDE-1"))
    synced.path("link.md").symlink_to(outside)
    synced.path().chmod(0o640)
    synced.change("T01", status="done")
    report = synced.sync()
    assert synced.told(report) == ["workplans/link.md:1: is a link that leads out of the repository; it is left alone"]
    assert synced.path().stat().st_mode & 0o777 == 0o640
    assert "- [x] T01" in synced.text()
    assert {p["code"] for p in synced.hub_side()["workplans"]} == {synced.code}


def test_a_plan_that_was_made_in_the_hub_is_taken_on_by_its_file(checkout: Checkout) -> None:
    hub = checkout.hub
    made = {"repo": checkout.slug, "code": checkout.code, "title": "Measure", "owner": "ada"}
    assert hub.post("/workplans", made).status == 201
    hub.created("/tasks", workplan=checkout.code, title="First", status="done")
    hub.created("/tasks", workplan=checkout.code, title="Of the hub")
    report = checkout.sync()
    assert conflicts(report) == [(10, "title", "Second", "Of the hub")]
    assert "- [x] T01 First\n" in checkout.text()
    assert "status: active\nowner: ada\n" in checkout.text()
    assert (checkout.plan()["status"], checkout.tasks()["T03"]["title"]) == ("active", "Third")


def test_a_file_whose_name_cannot_be_told_is_left_alone(synced: Checkout) -> None:
    with open(os.fsencode(synced.path()).replace(b"plan.md", b"caf\xe9.md"), "wb") as file:  # noqa: PTH123
        file.write(b"---\nid: X-1\ntitle: X\n---\n")
    assert synced.told(synced.sync()) == ["workplans/caf?.md:1: has a name that is not UTF-8; rename it"]


@pytest.mark.parametrize("goes_on", [False, True])
def test_an_edit_during_one_write_does_not_make_an_older_write_a_change(
    synced: Checkout, monkeypatch: pytest.MonkeyPatch, goes_on: bool
) -> None:
    synced.write(PLAN.format(code=f"{synced.code}B"), "two.md")
    synced.synced()
    synced.change("T01", status="progress")
    synced.hub.patch(f"/tasks/{synced.code}B-T01", {"status": "progress"})
    real, saved = tree.replace, threading.Event()

    def replace(file: tree.Found, before: bytes, after: bytes) -> None:
        if file.path.endswith("two.md") and not saved.is_set():
            saved.set()
            synced.edit("T03 Third", "T03 Saved", "two.md")
        real(file, before, after)
        if file.path.endswith("plan.md") and not saved.is_set():
            synced.edit("Why.", "Why not." if goes_on else "Why.")
            synced.change("T01", status="done")
            synced.hub.patch(f"/workplans/{synced.code}", {"owner": "ada"})  # so that the hub is read again

    with monkeypatch.context() as patched:
        patched.setattr(tree, "replace", replace)
        report = synced.sync()
    assert not report.conflicts
    synced.synced()
    assert "- [x] T01 First\n" in synced.text()
    assert ("Why not." in synced.text()) is goes_on
    assert "- [/] T01 First\n" in synced.text("two.md")
    assert synced.tasks(f"{synced.code}B")["T03"]["title"] == "Saved"


def test_an_older_checkout_does_not_turn_the_hub_back(synced: Checkout, tmp_path: Path) -> None:
    synced.git("init")
    synced.git("add", ".")
    synced.git("commit", "-m", "plan")
    synced.sync()
    synced.change("T01", status="done")
    synced.synced()
    synced.git("worktree", "add", str(tmp_path / "tree"))
    tree = Checkout(synced.hub, tmp_path / "tree", synced.slug)
    assert "- [ ] T01" in tree.text()
    tree.edit("T02 Second", "T02 Secondly")
    tree.synced()
    assert "- [x] T01 First\n" in tree.text()
    assert (synced.tasks()["T01"]["status"], synced.tasks()["T02"]["title"]) == ("done", "Secondly")
    synced.synced()
    assert synced.text() == tree.text()


def test_a_clone_that_has_never_been_synced_takes_the_base_of_the_hub(synced: Checkout, tmp_path: Path) -> None:
    clone = Checkout(synced.hub, tmp_path / "clone", synced.slug)
    clone.write(synced.text())
    synced.change("T01", status="done")
    clone.edit("T02 Second", "T02 Secondly")
    clone.synced()
    assert "- [x] T01 First\n" in clone.text()
    assert synced.tasks()["T02"]["title"] == "Secondly"


def test_a_restored_hub_is_synced_with_its_own_base(synced: Checkout) -> None:
    synced.change("T01", status="done")
    synced.synced()
    # as if another database: what this checkout remembers is not of this history
    files = list(Path(os.environ["XDG_STATE_HOME"]).rglob("base-*.json"))
    assert files
    for file in files:
        file.write_text(file.read_text().replace('"epoch": "', '"epoch": "x'))
    synced.synced()
    assert "- [x] T01" in synced.text()
