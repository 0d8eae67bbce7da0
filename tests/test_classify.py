"""`PUT /repos/{slug}/classification`: registered, reclassified, or left alone."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest

from statehub import calls
from statehub.client import Client
from statehub.repos.classification import Classification, read
from statehub.tokens import Token
from tests.running import API, Answer, Hub, problem

NUMBERS = itertools.count(1)


@pytest.fixture
def slug() -> str:
    return f"classified-{next(NUMBERS)}"


def document(slug: str, **more: Any) -> dict[str, Any]:
    made = Classification(slug, "A Repo", "tooling", "infotech", ("mcp", "coordination"), ("operations",), "platform")
    return made.document() | more


def put(hub: Hub, slug: str, document: Any, **headers: str) -> Answer:
    return hub.ask("PUT", f"/repos/{slug}/classification", document, body=None, **headers)


def revisions(answer: Answer) -> tuple[int, int]:
    token = Token.parse(answer.headers["X-StateHub-Revision"])
    return token.core, token.progress


def events_of(hub: Hub, slug: str) -> list[tuple[str, str]]:
    """Type and author of the repository's events, oldest first."""
    items = hub.get(f"/progress?repo={slug}&sort=id").json["items"]
    return [(event["event_type"], event["author"]) for event in items]


def test_a_new_repository_is_registered_by_its_classification(shared_hub: Hub, slug: str) -> None:
    sent = document(slug, owners=["ada", {"since": 2020}])
    answer = put(shared_hub, slug, sent, X_StateHub_Author="ada")
    assert answer.status == 201, answer.body
    assert (answer.headers["Location"], answer.headers["ETag"]) == (f"/repos/{slug}", '"v1"')
    row = answer.json
    assert row == shared_hub.get(f"/repos/{slug}").json
    assert (row["name"], row["category"], row["domain"], row["status"]) == ("A Repo", "tooling", "infotech", "active")
    assert (row["capability_tags"], row["business_stake"]) == (["mcp", "coordination"], ["operations"])
    assert row["classification"] == sent
    assert row["classification_version"] == "repo-classification/v1.0"
    assert events_of(shared_hub, slug) == [("registration", "ada")]


def test_the_same_again_changes_nothing(hub: Hub, slug: str) -> None:
    first = put(hub, slug, document(slug))
    again = put(hub, slug, document(slug), X_StateHub_Author="grace")
    assert (again.status, again.body, again.headers["ETag"]) == (200, first.body, '"v1"')
    assert revisions(again) == revisions(first)
    assert len(events_of(hub, slug)) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Another"},
        {"category": "product"},
        {"domain": "energy"},
        {"capability_tags": ["coordination", "mcp"]},
        {"business_stake": []},
        {"topic": "product"},
        {"more": [1]},
        {"path": "somewhere"},
        {"remote_url": "https://git.example/x"},
    ],
)
def test_what_changed_is_changed_with_one_event(shared_hub: Hub, slug: str, change: dict[str, Any]) -> None:
    put(shared_hub, slug, document(slug), X_StateHub_Author="ada")
    answer = put(shared_hub, slug, document(slug, **change), X_StateHub_Author="grace")
    assert (answer.status, answer.headers["ETag"]) == (200, '"v2"')
    row = answer.json
    for key, value in change.items():
        assert (row[key] if key in row else row["classification"][key]) == value
    assert events_of(shared_hub, slug) == [("registration", "ada"), ("registration", "grace")]
    assert put(shared_hub, slug, document(slug, **change)).headers["ETag"] == '"v2"'


def test_a_place_that_is_not_sent_stays_and_null_takes_it_away(shared_hub: Hub, slug: str) -> None:
    put(shared_hub, slug, document(slug, path="here", remote_url="there"))
    row = put(shared_hub, slug, document(slug, path=None)).json
    assert (row["path"], row["remote_url"]) == (None, "there")
    assert set(row["classification"]) == set(document(slug))


def test_an_archived_repository_that_is_registered_again_is_active(shared_hub: Hub, slug: str) -> None:
    put(shared_hub, slug, document(slug))
    shared_hub.delete(f"/repos/{slug}")
    answer = put(shared_hub, slug, document(slug))
    assert (answer.status, answer.json["status"], answer.headers["ETag"]) == (200, "active", '"v3"')


def test_a_repository_that_was_made_otherwise_is_classified(shared_hub: Hub, slug: str) -> None:
    row = shared_hub.created("/repos", slug=slug, name="Repo", domain="energy")
    answer = put(shared_hub, slug, document(slug))
    assert (answer.status, answer.json["domain"]) == (200, "infotech")
    assert put(shared_hub, row["id"], document(slug)).status == 200
    assert put(shared_hub, slug.upper(), document(slug)).status == 200


@pytest.mark.parametrize(
    ("change", "pointer", "detail"),
    [
        ({"slug": "another"}, "/slug", "they must agree"),
        ({"domain": "infotec"}, "/domain", "did you mean infotech?"),
        ({"domain": "zzz"}, "/domain", "is none of the domains"),
        ({"topic": "nothing"}, "/topic", "There is no topic nothing"),
        ({"category": "hobby"}, "/category", "'tooling'"),
        ({"schema": "repo-classification/v9"}, "/schema", "repo-classification/v1.0"),
        ({"capability_tags": "mcp"}, "/capability_tags", "list"),
        ({"business_stake": [""]}, "/business_stake/0", "1 character"),
        ({"name": " "}, "/name", "match"),
        ({"more": {"a": "\0"}}, "/more/a", "NUL"),
    ],
)
def test_what_breaks_a_rule_is_refused_with_a_pointer(
    shared_hub: Hub, slug: str, change: dict[str, Any], pointer: str, detail: str
) -> None:
    found = problem(put(shared_hub, slug, document(slug) | change), 422)
    assert [error["pointer"] for error in found["errors"]] == [pointer]
    assert detail in found["errors"][0]["detail"]
    assert shared_hub.get(f"/repos/{slug}").status == 404


@pytest.mark.parametrize("key", ["schema", "slug", "name", "category", "domain", "capability_tags", "business_stake"])
def test_what_is_missing_is_pointed_at(shared_hub: Hub, slug: str, key: str) -> None:
    sent = document(slug)
    del sent[key]
    assert [e["pointer"] for e in problem(put(shared_hub, slug, sent), 422)["errors"]] == [f"/{key}"]


def test_if_match_guards_it(shared_hub: Hub, slug: str) -> None:
    problem(put(shared_hub, slug, document(slug), If_Match='"v1"'), 412)
    put(shared_hub, slug, document(slug))
    assert put(shared_hub, slug, document(slug, name="B"), If_Match='"v1"').status == 200
    problem(put(shared_hub, slug, document(slug, name="C"), If_Match='"v1"'), 412)


def test_the_same_key_gets_the_first_answer_and_its_status(shared_hub: Hub, slug: str) -> None:
    key = {"Idempotency_Key": f"key of {slug}"}
    first, again = put(shared_hub, slug, document(slug), **key), put(shared_hub, slug, document(slug), **key)
    assert (first.status, again.status) == (201, 201)
    assert first.body == again.body
    other = {"Idempotency_Key": f"another of {slug}"}
    assert [put(shared_hub, slug, document(slug), **other).status for _ in range(2)] == [200, 200]


def test_of_many_who_register_at_once_one_makes_the_row(shared_hub: Hub, slug: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: put(shared_hub, slug, document(slug)).status, range(8)))
    assert sorted(answers) == [200] * 7 + [201]
    assert len(events_of(shared_hub, slug)) == 1


def test_what_the_reader_of_files_makes_is_taken(shared_hub: Hub, slug: str) -> None:
    text = Classification(slug, 'no: "1"', "business", "nonprofit", ("a b",), (), more={"x": {"y": [1.5, None]}}).text()
    found = read(text.encode()).classification
    assert found
    row = put(shared_hub, slug, found.document()).json
    assert (row["name"], row["classification"]["x"]) == ('no: "1"', {"y": [1.5, None]})


def test_a_client_of_ours_registers_what_it_has_read(shared_hub: Hub, slug: str) -> None:
    with Client(shared_hub.url) as client:
        row = client.do(calls.classify_repo(slug, document(slug)))
        assert client.do(calls.classify_repo(slug, document(slug), version=row["version"])) == row


def test_a_domain_that_was_added_to_the_table_is_taken(shared_hub: Hub, slug: str) -> None:
    shared_hub.execute("insert into domains (slug, name) values ('space', 'Space') on conflict do nothing")
    assert put(shared_hub, slug, document(slug, domain="space")).status == 201
    with closing(shared_hub.database.connect(API)) as connection:
        assert connection.execute("select domain from managed_repos where slug = %s", [slug]).fetchone() == ("space",)
