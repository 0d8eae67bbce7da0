"""Over HTTP: every word of a vocabulary is taken, by whomever it is written; any other is invalid."""

from typing import Any

import pytest

from tests.running import Hub, problem

VOCABULARIES: dict[str, tuple[str, str]] = {
    "topic_status": ("topics", "status"),
    "repo_status": ("repos", "status"),
    "repo_category": ("repos", "category"),
    "workplan_status": ("workplans", "status"),
    "task_status": ("tasks", "status"),
}
SPECIFIED = {
    "topic_status": "active paused archived",
    "repo_status": "active archived",
    "repo_category": "experimental research project tooling product business",
    "workplan_status": "proposed ready active blocked backlog finished archived",
    "task_status": "wait todo progress done cancel",
    "decision_status": "open resolved escalated superseded",
    "decision_type": "pending made",
    "author_kind": "human agent system",
    "event_type": "note milestone created changed status claim release takeover decision import sync registration",
}


def test_the_vocabularies_are_those_that_were_agreed(shared_hub: Hub) -> None:
    query = "select jsonb_object_agg(name, words) from (select name, string_agg(value, ' ' order by position) as words"
    there = shared_hub.database.value(f"{query} from vocabularies group by name) as v")
    assert {name: there[name] for name in SPECIFIED} == SPECIFIED


@pytest.mark.parametrize("name", VOCABULARIES)
def test_every_word_is_taken(shared_hub: Hub, paths: dict[str, str], name: str) -> None:
    kind, field = VOCABULARIES[name]
    for word in SPECIFIED[name].split():
        assert shared_hub.patch(paths[kind], {field: word}).json[field] == word


@pytest.mark.parametrize("name", [*VOCABULARIES, "decision_status", "decision_type"])
@pytest.mark.parametrize("word", ["", "unknown", "ACTIVE", "Done", " todo", None, 1, True, ["todo"], {}])
def test_any_other_word_is_invalid(shared_hub: Hub, paths: dict[str, str], name: str, word: Any) -> None:
    kind, field = {
        **VOCABULARIES,
        "decision_status": ("decisions", "status"),
        "decision_type": ("decisions", "decision_type"),
    }[name]
    found = problem(shared_hub.patch(paths[kind], {field: word}), 422)
    assert [error["pointer"] for error in found["errors"]] == [f"/{field}"]


def test_every_type_of_event_is_taken(shared_hub: Hub) -> None:
    for word in SPECIFIED["event_type"].split():
        assert shared_hub.created("/progress", summary="s", event_type=word)["event_type"] == word


def test_a_market_domain_is_one_of_the_fourteen_in_any_case(shared_hub: Hub, paths: dict[str, str]) -> None:
    for kind in ("topics", "repos"):
        assert shared_hub.patch(paths[kind], {"domain": "HealthCare"}).json["domain"] == "healthcare"
        for domain in ("magic", "", None, "infotech "):
            found = problem(shared_hub.patch(paths[kind], {"domain": domain}), 422)
            assert [error["pointer"] for error in found["errors"]] == ["/domain"]
