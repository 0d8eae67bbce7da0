"""The agent's loop with nothing but `custodian`, as real processes on a real hub."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.hubs import CUSTODIAN
from tests.running import Hub

Run = Callable[..., "subprocess.CompletedProcess[str]"]
ROOT = Path(__file__).parent.parent
DONE, CONFLICT, USAGE, NOTHING, UNREACHABLE = 0, 4, 2, 5, 3


@pytest.fixture
def custodian(hub: Hub, tmp_path: Path) -> Run:
    """One command of this agent, to its end."""

    def run(*args: str, agent: str = "claude-7", url: str = hub.url) -> "subprocess.CompletedProcess[str]":
        environment = {
            "PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "STATEHUB_API_URL": url, "STATEHUB_AGENT": agent,
        }  # fmt: skip
        return subprocess.run(
            [*CUSTODIAN, *args], env=environment, capture_output=True, text=True, timeout=60, check=False,
            cwd=ROOT,
        )  # fmt: skip

    return run


@pytest.fixture
def plan(hub: Hub) -> str:
    """A workplan of three tasks: T03 waits for T01."""
    hub.created("/repos", slug="loop", name="Loop", domain="infotech")
    code = str(hub.created("/workplans", repo="loop", title="Plan", status="ready")["code"])
    hub.post("/tasks", [{"workplan": code, "title": f"Task {n}", "priority": n} for n in range(3)])
    hub.post(f"/tasks/{code}-T03/dependencies", {"depends_on": f"{code}-T01"})
    return code


def test_the_loop_from_start_to_end(hub: Hub, custodian: Run, plan: str) -> None:
    first, third = f"{plan}-T01", f"{plan}-T03"
    ready = custodian("next", "--repo", "loop")
    assert (ready.returncode, [line.split()[0] for line in ready.stdout.splitlines()]) == (DONE, [first, f"{plan}-T02"])
    assert custodian("why", third).stdout.endswith(f"  {third} waits for {first}, which is todo.\n")
    taken = custodian("claim")
    assert taken.returncode == DONE
    assert taken.stdout.startswith(f"{first}  Task 0\n")
    assert "claim 1 of claude-7" in taken.stdout
    kept = custodian("heartbeat")
    assert kept.stdout.startswith(f"{first} is yours until ")
    finished = custodian("done", "--summary", "it works")
    assert (finished.returncode, finished.stdout) == (DONE, f"{first} is done\n{third} is ready now\n")
    [event, *_] = hub.get(f"/progress?task={first}").json["items"]
    assert (event["author"], event["detail"]["unblocked"]) == ("claude-7", [third])
    assert custodian("done", first).returncode == NOTHING, "the claim is forgotten"


def test_what_another_agent_holds_is_exit_4_with_its_name(custodian: Run, plan: str) -> None:
    assert custodian("claim", f"{plan}-T01").returncode == DONE
    refused = custodian("claim", f"{plan}-T01", agent="codex-1")
    assert refused.returncode == CONFLICT
    assert "claude-7" in refused.stderr
    late = custodian("done", f"{plan}-T01", "--claim", "1", agent="codex-1")
    assert late.returncode == CONFLICT
    assert "claude-7" in late.stderr


def test_a_claim_taken_away_is_told_to_its_holder(custodian: Run, plan: str) -> None:
    task = f"{plan}-T01"
    custodian("claim", task)
    assert (
        custodian("release", task, "--force", "--reason", "it sleeps", agent="ada").stdout == f"{task} is todo again\n"
    )
    assert custodian("claim", task, agent="codex-1").returncode == DONE
    late = custodian("heartbeat", task)
    assert (late.returncode, "codex-1" in late.stderr) == (CONFLICT, True)


def test_a_task_given_back_is_ready_again_and_the_reason_is_kept(hub: Hub, custodian: Run, plan: str) -> None:
    custodian("claim", f"{plan}-T02")
    assert custodian("release", "--reason", "not mine").returncode == DONE
    assert f"{plan}-T02" in custodian("next").stdout
    [event, *_] = hub.get(f"/progress?task={plan}-T02&event_type=release").json["items"]
    assert event["detail"]["reason"] == "not mine"


def test_where_nothing_is_ready_it_is_exit_5_and_a_wait_ends_with_the_first(hub: Hub, custodian: Run) -> None:
    for command in ("next", "claim"):
        nothing = custodian(command)
        assert (nothing.returncode, "nothing is ready" in nothing.stderr) == (NOTHING, True)
    assert json.loads(custodian("next", "--json").stdout) == {"schema": "custodian/next/1", "items": []}


def test_a_waiting_claim_gets_what_becomes_ready(hub: Hub, tmp_path: Path, plan: str) -> None:
    for number in (1, 2):
        hub.patch(f"/tasks/{plan}-T0{number}", {"status": "wait"})
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(tmp_path),
        "STATEHUB_API_URL": hub.url,
        "STATEHUB_AGENT": "waiter",
    }
    command = [*CUSTODIAN, "claim", "--wait", "50", "--json"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, cwd=ROOT) as waiting:
        assert waiting.poll() is None
        hub.patch(f"/tasks/{plan}-T02", {"status": "todo"})
        found = json.loads(waiting.communicate(timeout=50)[0])
    assert (found["schema"], found["task"]["code"], found["agent"]) == ("custodian/claim/1", f"{plan}-T02", "waiter")


def test_who_holds_several_says_which(custodian: Run, plan: str) -> None:
    custodian("claim")
    custodian("claim")
    asked = custodian("done")
    assert (asked.returncode, f"{plan}-T01".lower() in asked.stderr.lower()) == (USAGE, True)


@pytest.mark.parametrize(
    ("args", "keys"),
    [
        (("next",), {"schema", "items"}),
        (("claim",), {"schema", "agent", "task", "claim_seq", "claimed_at", "lease_expires_at"}),
        (("heartbeat",), {"schema", "task", "claim_seq", "lease_expires_at"}),
        (("release",), {"schema", "task"}),
        (("why", "T"), {"schema", "task", "ready", "why"}),
        (("done",), {"schema", "task", "unblocked"}),
    ],
)
def test_every_command_prints_json_with_its_schema(custodian: Run, plan: str, args: tuple[str, ...], keys: Any) -> None:
    if args[0] in ("heartbeat", "release", "done"):
        custodian("claim")
    asked = [f"{plan}-T01" if each == "T" else each for each in args]
    found = custodian(*asked, "--json")
    assert found.returncode == DONE, found.stderr
    document = json.loads(found.stdout)
    assert keys <= set(document)
    assert document["schema"] == f"custodian/{args[0]}/1"


def test_hostile_text_is_inert(hub: Hub, custodian: Run, plan: str) -> None:
    hub.patch(
        f"/tasks/{plan}-T01", {"title": "\x1b[31mred\x1b]0;x\x07 [bold]b[/] \u202eover", "description": "a\x1b[2Jb\nc"}
    )
    for args in (("next",), ("why", f"{plan}-T01"), ("claim",)):
        shown = custodian(*args).stdout
        assert not any(ord(char) < 32 and char != "\n" for char in shown)
        assert "\u202e" not in shown
        assert "[bold]" in shown


def test_a_hub_that_is_away_is_exit_3_with_the_command_that_starts_it(custodian: Run) -> None:
    away = custodian("next", url="http://127.0.0.1:9")
    assert (away.returncode, "custodian up" in away.stderr) == (UNREACHABLE, True)


def test_the_loop_imports_neither_rich_nor_pydantic_nor_httpx(hub: Hub, tmp_path: Path, plan: str) -> None:
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
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "STATEHUB_API_URL": hub.url}
    for args in (["next", "--json"], ["claim", "--json"], ["done", "--json"]):
        command = [CUSTODIAN[0], "-c", code.format(args=args)]
        ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=True, cwd=ROOT)
        assert json.loads(ran.stdout)["schema"].startswith("custodian/")
        assert ran.stderr == "[]\n"
