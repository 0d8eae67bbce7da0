"""Rows to try the rules on, made over HTTP."""

import itertools
from collections.abc import Callable

import pytest

from tests.running import Hub

_NUMBERS = itertools.count(1)


@pytest.fixture
def fresh() -> Callable[[str], str]:
    """A name that no other test has."""
    return lambda prefix: f"rule-{prefix}-{next(_NUMBERS)}"


@pytest.fixture
def repo(shared_hub: Hub, fresh: Callable[[str], str]) -> str:
    return str(shared_hub.created("/repos", slug=fresh("repo"), name="Repo", domain="infotech")["slug"])


@pytest.fixture
def plan(shared_hub: Hub, repo: str) -> str:
    return str(shared_hub.created("/workplans", repo=repo, title="Plan")["code"])


@pytest.fixture
def task(shared_hub: Hub, plan: str) -> str:
    return str(shared_hub.created("/tasks", workplan=plan, title="Task")["code"])


@pytest.fixture
def decision(shared_hub: Hub, plan: str) -> str:
    return str(shared_hub.created("/decisions", workplan=plan, title="Which way?")["code"])


@pytest.fixture
def paths(
    shared_hub: Hub, repo: str, plan: str, task: str, decision: str, fresh: Callable[[str], str]
) -> dict[str, str]:
    """A row of each kind."""
    topic = shared_hub.created("/topics", slug=fresh("topic"), title="A topic", domain="energy")["slug"]
    return {
        "topics": f"/topics/{topic}",
        "repos": f"/repos/{repo}",
        "workplans": f"/workplans/{plan}",
        "tasks": f"/tasks/{task}",
        "decisions": f"/decisions/{decision}",
    }
