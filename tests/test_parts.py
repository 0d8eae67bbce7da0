"""The parts of a hub that run all the while: an error that nobody foresaw ends none of them for good."""

from typing import Any

import pytest

from tests.faults.sse import following
from tests.running import SUMMARY, Hub, eventually


@pytest.fixture
def fail_once(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes a method raise when it is called next, and afterwards be what it was."""

    def arrange(of: object, name: str) -> None:
        def fail(*_: object) -> None:
            monkeypatch.undo()
            raise ArithmeticError("nobody foresaw this")

        monkeypatch.setattr(of, name, fail)

    return arrange


def test_the_summary_is_built_again(hub: Hub, fail_once: Any) -> None:
    hub.settled()
    fail_once(hub.cache, "sleep")  # it rests after each build
    hub.created("/progress", summary="the first")
    eventually(lambda: hub.cache.failure, "it has failed, and says so")
    hub.created("/progress", summary="the second")
    eventually(lambda: b"the second" in hub.get(SUMMARY).body)


def test_who_follows_some_events_is_told_again(hub: Hub, fail_once: Any) -> None:
    hub.settled()
    with following(hub.port, "?author=ada&section=progress") as client:
        client.first("progress")
        fail_once(hub.state["feed"], "events_between")
        hub.created("/progress", summary="the first", author="ada")
        eventually(lambda: hub.cache.failure, "it has failed, and says so")
        hub.created("/progress", summary="the second", author="ada")
        assert client.change()
