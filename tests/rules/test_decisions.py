"""Over HTTP: what is asked, escalated, decided once, and superseded."""

from collections.abc import Callable
from itertools import pairwise

import pytest

from tests.running import Hub, problem

MADE = {"decision_type": "made", "rationale": "cheap", "decided_by": "ada"}


def pointers(found: dict[str, list[dict[str, str]]]) -> list[str]:
    return [error["pointer"] for error in found["errors"]]


# --- escalation


@pytest.mark.parametrize(
    ("title", "context", "words"),
    [
        ("A new TAX?", "", ["tax (financial)"]),
        ("Which way?", "It costs two budgets.", ["budget (financial)", "cost (financial)"]),
        ("Liabilities of ours", "", ["liability (legal)"]),
        ("Accept their Terms\nof  Service?", "", ["terms of service (legal)"]),
        ("Buy it", "the contract says: pay an invoice", ["invoice (financial)", "contract (legal)"]),
    ],
)
def test_money_and_law_escalate_with_a_note_that_names_the_words(
    shared_hub: Hub, plan: str, title: str, context: str, words: list[str]
) -> None:
    row = shared_hub.created("/decisions", workplan=plan, title=title, context=context)
    assert row["status"] == "escalated"
    assert row["escalation_note"] == f"Needs a person: {', '.join(words)}"


@pytest.mark.parametrize("title", ["A taxi", "Syntax", "The contractor", "Which bankers?", "costume"])
def test_a_part_of_a_word_does_not_escalate(shared_hub: Hub, plan: str, title: str) -> None:
    row = shared_hub.created("/decisions", workplan=plan, title=title)
    assert (row["status"], row["escalation_note"]) == ("open", None)


@pytest.mark.parametrize("field", ["title", "context"])
def test_a_change_escalates_and_only_other_words_let_it_be_opened(shared_hub: Hub, decision: str, field: str) -> None:
    path = f"/decisions/{decision}"
    row = shared_hub.patch(path, {field: "Ask the lawyer"}).json
    assert (row["status"], row["escalation_note"]) == ("escalated", "Needs a person: lawyer (legal)")
    assert shared_hub.patch(path, {"status": "open"}).json["status"] == "escalated"
    row = shared_hub.patch(path, {field: "Ask around", "status": "open"}).json
    assert (row["status"], row["escalation_note"]) == ("open", None)


def test_the_keywords_are_a_table_that_takes_effect_at_once(hub: Hub) -> None:
    hub.execute("insert into escalation_keywords values ('treaty', 'legal')")
    hub.execute("delete from escalation_keywords where keyword = 'tax'")
    assert hub.created("/decisions", topic="platform", title="Two treaties")["status"] == "escalated"
    assert hub.created("/decisions", topic="platform", title="A tax")["status"] == "open"


def test_a_decision_that_is_made_is_not_escalated(shared_hub: Hub, plan: str) -> None:
    row = shared_hub.created("/decisions", workplan=plan, title="The bank it is", **MADE)
    assert (row["status"], row["escalation_note"]) == ("resolved", None)


# --- made once


def test_what_was_asked_is_decided_once(shared_hub: Hub, decision: str) -> None:
    path = f"/decisions/{decision}"
    row = shared_hub.patch(path, MADE).json
    assert (row["status"], row["decision_type"]) == ("resolved", "made")
    assert row["decided_at"] is not None
    for again in ({"rationale": "dear"}, {"decided_by": "bob"}, {"decision_type": "pending"}, {"decided_at": None}):
        detail = problem(shared_hub.patch(path, again), 409)["detail"]
        assert "was decided by ada already" in detail
    assert shared_hub.get(path).json == row


@pytest.mark.parametrize("status", ["resolved"])
def test_a_pending_decision_is_not_resolved_by_its_status_alone(shared_hub: Hub, decision: str, status: str) -> None:
    assert pointers(problem(shared_hub.patch(f"/decisions/{decision}", {"status": status}), 422)) == ["/status"]


def test_a_decision_needs_a_topic_or_a_workplan_to_the_end(shared_hub: Hub, decision: str) -> None:
    path = f"/decisions/{decision}"
    assert pointers(problem(shared_hub.patch(path, {"workplan": None}), 422)) == ["/topic"]
    assert shared_hub.patch(path, {"workplan": None, "topic": "Product"}).json["topic"] == "product"


# --- superseded


@pytest.fixture
def chain(shared_hub: Hub, plan: str) -> list[str]:
    """Three decisions, each superseded by the next."""
    codes = [str(shared_hub.created("/decisions", workplan=plan, title="Which way?")["code"]) for _ in range(3)]
    for older, newer in pairwise(codes):
        row = shared_hub.patch(f"/decisions/{older}", {"superseded_by": newer.lower()}).json
        assert (row["status"], row["superseded_by"]) == ("superseded", newer)
    return codes


def test_successors_form_no_loop(shared_hub: Hub, chain: list[str]) -> None:
    found = problem(shared_hub.patch(f"/decisions/{chain[2]}", {"superseded_by": chain[0]}), 409)
    assert pointers(found) == ["/superseded_by"]
    assert f"{chain[2]} cannot be superseded by {chain[0]}" in found["detail"]


def test_a_decision_does_not_supersede_itself(shared_hub: Hub, decision: str) -> None:
    found = problem(shared_hub.patch(f"/decisions/{decision}", {"superseded_by": decision}), 422)
    assert pointers(found) == ["/superseded_by"]


def test_a_superseded_decision_is_opened_again_only_without_its_successor(shared_hub: Hub, chain: list[str]) -> None:
    path = f"/decisions/{chain[0]}"
    assert pointers(problem(shared_hub.patch(path, {"status": "open"}), 422)) == ["/superseded_by"]
    row = shared_hub.patch(path, {"status": "open", "superseded_by": None}).json
    assert (row["status"], row["superseded_by"]) == ("open", None)


def test_a_new_decision_may_be_superseded_from_the_start(
    shared_hub: Hub, plan: str, decision: str, fresh: Callable[[str], str]
) -> None:
    row = shared_hub.created("/decisions", workplan=plan, title="Old", code=fresh("old"), superseded_by=decision)
    assert row["status"] == "superseded"


# --- resolved by its route


def test_a_decision_is_resolved_once_with_its_reasons(shared_hub: Hub, decision: str) -> None:
    path = f"/decisions/{decision}/resolve"
    for missing in ({}, {"rationale": " "}, {"rationale": None}):
        assert "/rationale" in pointers(problem(shared_hub.post(path, missing | {"decided_by": "ada"}), 422))
    answer = {"rationale": "cheap", "decided_by": "ada"}
    row = shared_hub.post(path, answer).json
    assert (row["status"], row["decision_type"], row["decided_by"]) == ("resolved", "made", "ada")
    for again in (answer, {"rationale": "dear", "decided_by": "bob"}):
        assert "was decided by ada already" in problem(shared_hub.post(path, again), 409)["detail"]


def test_an_escalated_decision_is_resolved_by_a_person(shared_hub: Hub, plan: str) -> None:
    code = shared_hub.created("/decisions", workplan=plan, title="Which bank?")["code"]
    row = shared_hub.post(f"/decisions/{code}/resolve", {"rationale": "cheap", "decided_by": "ada"}).json
    assert (row["status"], row["escalation_note"]) == ("resolved", "Needs a person: bank (financial)")


def test_a_superseded_decision_is_not_resolved(shared_hub: Hub, chain: list[str]) -> None:
    found = problem(shared_hub.post(f"/decisions/{chain[0]}/resolve", {"rationale": "r", "decided_by": "ada"}), 409)
    assert f"is superseded by {chain[1]}" in found["detail"]
