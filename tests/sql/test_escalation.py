"""escalation_note(), prepare_decision(): a decision about money or law is somebody's business."""

import psycopg
import pytest

from tests.sql.world import Connection, make_decision

FOUND = {
    "A new tax": "tax (financial)",
    "TAXES and more": "tax (financial)",
    "Liability?": "liability (legal)",
    "Whose liabilities": "liability (legal)",
    "two budgets": "budget (financial)",
    "the budget's end": "budget (financial)",
    "tax-free": "tax (financial)",
    "Terms  of\nService": "terms of service (legal)",
    "fees": "fee (financial)",
    "Prices": "price (financial)",
    "Terms\u00a0of\u202fservice": "terms of service (legal)",
    "data-protection officer": "data protection (legal)",
    "DATA  PROTECTIONS": "data protection (legal)",
    "a contract, the NDA; payroll": "payroll (financial), contract (legal), nda (legal)",
}
NOT_FOUND = [
    "A taxi",
    "syntax",
    "contractor",
    "costume",
    "feed",
    "embankment",
    "budget_line",
    "Which way?",
    "",
]


@pytest.mark.parametrize("said", FOUND)
def test_a_keyword_is_found_in_any_case_and_number(api_tx: Connection, said: str) -> None:
    decision = make_decision(api_tx, title="Which?", context=said)
    assert state(api_tx, decision) == ("escalated", f"Needs a person: {FOUND[said]}")


@pytest.mark.parametrize("said", NOT_FOUND)
def test_a_part_of_another_word_is_not_a_keyword(api_tx: Connection, said: str) -> None:
    assert state(api_tx, make_decision(api_tx, title="Which?", context=said)) == ("open", None)


def test_a_title_escalates_too(api_tx: Connection) -> None:
    assert state(api_tx, make_decision(api_tx, title="Which bank?"))[0] == "escalated"


@pytest.mark.parametrize("column", ["title", "context"])
def test_an_update_escalates(api_tx: Connection, column: str) -> None:
    decision = make_decision(api_tx)
    api_tx.execute(f"update decisions set {column} = 'Ask the lawyer' where id = %s", [decision])
    assert state(api_tx, decision) == ("escalated", "Needs a person: lawyer (legal)")


def test_the_note_follows_the_words(api_tx: Connection) -> None:
    decision = make_decision(api_tx, title="Which bank?")
    api_tx.execute("update decisions set title = 'Which court?' where id = %s", [decision])
    assert state(api_tx, decision) == ("escalated", "Needs a person: court (legal)")


def test_an_escalated_decision_is_not_put_back_to_open_while_the_words_are_there(api_tx: Connection) -> None:
    decision = make_decision(api_tx, title="Which bank?")
    api_tx.execute("update decisions set status = 'open' where id = %s", [decision])
    assert state(api_tx, decision)[0] == "escalated"


def test_an_escalated_decision_that_lost_its_words_stays_so_until_somebody_opens_it(api_tx: Connection) -> None:
    decision = make_decision(api_tx, title="Which bank?")
    api_tx.execute("update decisions set title = 'Which way?' where id = %s", [decision])
    assert state(api_tx, decision) == ("escalated", "Needs a person: bank (financial)")
    api_tx.execute("update decisions set status = 'open' where id = %s", [decision])
    assert state(api_tx, decision) == ("open", None)


def test_a_superseded_decision_stays_superseded(api_tx: Connection) -> None:
    decision = make_decision(api_tx)
    api_tx.execute("update decisions set status = 'superseded' where id = %s", [decision])
    api_tx.execute("update decisions set title = 'Which bank?' where id = %s", [decision])
    assert state(api_tx, decision) == ("superseded", "Needs a person: bank (financial)")


def test_a_made_decision_is_not_escalated(api_tx: Connection) -> None:
    decision = make_decision(api_tx, title="This bank", decision_type="made", rationale="cheap", decided_by="me")
    assert state(api_tx, decision) == ("resolved", None)


def test_a_change_of_the_list_takes_effect_at_once(owner_tx: Connection) -> None:
    owner_tx.execute("delete from escalation_keywords where keyword = 'bank'")
    owner_tx.execute("insert into escalation_keywords values ('treaty', 'legal')")
    assert state(owner_tx, make_decision(owner_tx, title="Which bank?")) == ("open", None)
    assert state(owner_tx, make_decision(owner_tx, title="Treaties")) == (
        "escalated",
        "Needs a person: treaty (legal)",
    )


def state(connection: Connection, decision: object) -> tuple[str, str | None]:
    query = "select status::text, escalation_note from decisions where id = %s"
    row = connection.execute(query, [decision]).fetchone()
    assert row
    return row[0], row[1]


@pytest.mark.parametrize("keyword", ["", "a1", "a|b", ".*", " tax", "(", "tax\n"])
def test_a_keyword_is_letters_spaces_and_dashes(owner_tx: Connection, keyword: str) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match="escalation_keywords_form"):
        owner_tx.execute("insert into escalation_keywords values (%s, 'legal')", [keyword])
