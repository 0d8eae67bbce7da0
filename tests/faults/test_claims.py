"""64 agents, two API processes, 500 tasks; some agents are killed with a task in hand, and some come too late.

Judged by the event log alone, and by what the agents were told.
"""

import http.client
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import OWNER, Database
from tests.faults import claimer
from tests.faults.cluster import Api, serving
from tests.running import eventually

AGENTS, TASKS = 64, 500
DOOMED, LATE = 6, 6
EVENTS = """
    select t.code, e.event_type::text, e.detail from progress_events as e inner join tasks as t on e.task = t.id
    where e.event_type not in ('created', 'changed') order by t.code, e.id
"""


@dataclass
class Agent:
    """A process, and what it has told so far."""

    name: str
    kind: str
    process: subprocess.Popen[str]
    place: Path

    @property
    def told(self) -> list[list[str]]:
        return [line.split() for line in self.place.read_text().splitlines()]

    def of(self, word: str) -> list[tuple[str, int]]:
        """Tasks and numbers of the lines with that word."""
        return [(line[1], int(line[2])) for line in self.told if line[0] == word]


@pytest.fixture
def agents(database: Database, tmp_path: Path) -> Iterator[list[Agent]]:
    """64 of them, at work on 500 tasks, some of which wait for others."""
    with closing(database.connect(OWNER)) as owner:
        owner.execute("insert into managed_repos (slug, name, domain) values ('faults', 'Faults', 'infotech')")
        owner.execute("insert into workplans (repo, title, status) select id, 'A plan', 'active' from managed_repos")
        owner.execute(
            "insert into tasks (workplan, title, code, priority)"
            " select w.id, 'A task', 'T' || n, n %% 5 from workplans as w, generate_series(1, %s) as n",
            [TASKS],
        )
        owner.execute(
            "insert into task_dependencies (task, depends_on) select a.id, b.id from tasks as a, tasks as b"
            " where a.code = 'T' || (substr(b.code, 2)::int + 100) and substr(b.code, 2)::int % 10 = 0"
        )
    with serving(tmp_path, database_url=database.url) as one, serving(tmp_path, database_url=database.url) as other:
        for api in (one, other):
            eventually(partial(answers, api), "it serves", within_s=30)
        with ExitStack() as stack:
            yield [stack.enter_context(working(number, [one, other], tmp_path)) for number in range(AGENTS)]


def answers(api: Api) -> bool:
    """Whether it serves."""
    with suppress(OSError), closing(http.client.HTTPConnection("127.0.0.1", api.port, timeout=5)) as connection:
        connection.request("GET", "/state/ready")
        return connection.getresponse().status == 200
    return False


def holds(agent: Agent) -> bool:
    """Whether it stands with a task in hand; an agent that found nothing more to do never will."""
    return bool(agent.of("holding")) or agent.process.poll() is not None


@contextmanager
def working(number: int, apis: Sequence[Api], folder: Path) -> Iterator[Agent]:
    """The process of that number."""
    kind = "doomed" if number < DOOMED else "late" if number < DOOMED + LATE else "steady"
    name, place = f"{kind}-{number}", folder / f"agent-{number}.log"
    with place.open("w") as output:
        words = [
            sys.executable,
            "-S",
            str(Path(claimer.__file__)),
            name,
            kind,
            str(number),
            *(str(a.port) for a in apis),
        ]
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, text=True)
    try:
        yield Agent(name, kind, process, place)
    finally:
        process.kill()
        process.wait()


def test_every_task_is_done_exactly_once_whoever_dies_or_comes_late(database: Database, agents: list[Agent]) -> None:
    doomed = [agent for agent in agents if agent.kind == "doomed"]
    for agent in doomed:
        eventually(partial(holds, agent), "it holds a task", within_s=60)
        agent.process.send_signal(signal.SIGKILL)
    for agent in agents:
        agent.process.wait(90)
        assert agent in doomed or agent.process.returncode == 0, agent.place.read_text()[-2000:]
        assert not [line for line in agent.told if line[0] not in ("claimed", "holding", "done", "refused")]

    with closing(database.connect(OWNER)) as owner:
        assert owner.execute("select status::text, count(*) from tasks group by 1").fetchall() == [("done", TASKS)]
        finished = judge(owner.execute(EVENTS).fetchall())
    assert len(finished) == TASKS
    said = {(task, number): agent.name for agent in agents for task, number in agent.of("done")}
    assert said.items() <= finished.items(), "what was acknowledged is in the log, by the one who was told so"
    refused = {claim for agent in agents for claim in agent.of("refused")}
    assert not refused & finished.keys(), "what was refused changed nothing"
    left = {claim for agent in doomed for claim in agent.of("holding")}
    assert left
    assert not left & finished.keys()
    assert sum(len(agent.of("refused")) for agent in agents if agent.kind == "late") >= LATE / 2


def judge(events: Sequence[tuple[Any, ...]]) -> dict[tuple[str, int], str]:
    """Task and number of the claim that finished it, and the agent; each task has one holder at a time, and one end.

    Reads nothing but the log: a claim begins where no other runs, a takeover after the lease of the one before.
    """
    finished: dict[tuple[str, int], str] = {}
    holders: dict[str, tuple[str, int] | None] = {}
    for task, kind, detail in events:
        holder = holders.get(task)
        assert (task in {done for done, _ in finished}) is False, f"{task} lives on after its end"
        match kind:
            case "claim":
                assert holder is None, f"{task} was claimed from {holder}"
            case "takeover":
                assert holder == (detail["from"], detail["from_claim_seq"]), f"{task} was taken over from a stranger"
                ended, began = (datetime.fromisoformat(detail[name]) for name in ("lease_expired_at", "claimed_at"))
                assert ended <= began, f"{task} was taken over under a lease that ran"
            case _:
                assert (kind, detail["status"]) == ("status", ["progress", "done"])
                assert holder == (detail["agent"], detail["claim_seq"]), (
                    f"{task} was finished by {detail}, held by {holder}"
                )
                finished[task, detail["claim_seq"]] = detail["agent"]
                continue
        assert detail["claim_seq"] == (holder[1] if holder else 0) + 1
        holders[task] = (detail["agent"], detail["claim_seq"])
    return finished
