"""The OpenAPI document against the hub: it is valid, has all that there is and nothing else, and tells the truth."""

import json
import os
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import openapi_spec_validator
import pytest
from jsonschema import Draft202012Validator

import statehub
from statehub.app import OPERATIONS, openapi
from statehub.filters import LISTS
from tests.api import walk
from tests.running import SUMMARY, Hub, problem

EXAMPLES = Path(statehub.__file__).with_name("examples.json")
VERBS = {
    "add", "append", "archive", "cancel", "claim", "classify", "complete", "create", "export", "follow", "get",
    "heartbeat", "import", "list", "record", "register", "release", "remove", "resolve", "review", "search",
    "supersede", "sync", "update", "wait", "why",
}  # fmt: skip
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@pytest.fixture(scope="module")
def document() -> Any:
    return json.loads(openapi())


@pytest.fixture
def walked(hub: Hub, document: Any) -> list[walk.Exchange]:
    return list(walk.walk(hub, document))


def operations(document: Any) -> Iterator[tuple[str, str, Any]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def strict(document: Any) -> Any:
    """The document, with objects that have no keys but those it names."""
    found = json.loads(json.dumps(document))
    for schema in found["components"]["schemas"].values():
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
    return found


def misfits(document: Any, schema: Any, value: Any) -> list[str]:
    """What of this value the schema does not allow."""
    validator = Draft202012Validator({**schema, "components": document["components"]})
    return [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(value)]


def test_the_document_is_openapi(document: Any) -> None:
    openapi_spec_validator.validate(document)


def test_the_hub_serves_the_document(shared_hub: Hub, document: Any) -> None:
    assert shared_hub.get("/openapi.json").json == document


def test_every_route_is_in_the_document_and_nothing_else(document: Any) -> None:
    served = {(operation.method, operation.path) for operation in OPERATIONS}
    assert {(method, path) for method, path, _ in operations(document)} == served | {("GET", SUMMARY)}


def test_a_path_takes_the_methods_of_the_document_whatever_is_sent(shared_hub: Hub, document: Any) -> None:
    for path, there in document["paths"].items():
        target = re.sub("{.+?}", "nothing", path)
        for method in METHODS:
            if method.lower() not in there:
                answer = shared_hub.ask(method, target, body=b"<html>", Content_Type="text/html")
                problem(answer, 405)
                assert {word.lower() for word in answer.headers["Allow"].split(", ")} - {"head"} == set(there)


def test_an_operation_is_named_for_what_it_does(document: Any) -> None:
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(names)) == len(names)
    assert [name for name in names if not re.fullmatch("[a-z]+(_[a-z]+)*", name)] == []
    assert {name.partition("_")[0] for name in names} == VERBS


def test_a_field_is_the_same_in_what_creates_and_what_changes(document: Any) -> None:
    schemas = document["components"]["schemas"]
    bodies = [name for name in schemas if name.endswith("Create")]
    assert bodies
    for name in bodies:
        created, changed = schemas[name], schemas[name.replace("Create", "Patch")]
        assert created["additionalProperties"] is changed["additionalProperties"] is False
        for field, schema in created["properties"].items():
            left = {key: value for key, value in schema.items() if key != "default"}
            assert changed["properties"].get(field, left) == left, (name, field)


def test_every_bound_of_a_number_or_a_text_is_one_that_json_schema_knows(document: Any) -> None:
    # pydantic leaves a bound that it cannot place as it is: {"ge": 0} says nothing to anybody
    assert re.findall(r'"(?:ge|gt|le|lt|min_length|max_length)"', json.dumps(document)) == []


def test_every_list_names_the_columns_that_fields_takes(document: Any) -> None:
    for listed in LISTS:
        [fields] = [p for p in document["paths"][f"/{listed.path}"]["get"]["parameters"] if p["name"] == "fields"]
        columns = listed.columns()
        for given in ("", ",", ",".join(columns), f"{columns[0]},", f",{columns[0]}"):
            assert re.fullmatch(fields["schema"]["pattern"], given), given
        for given in ("nothing", f"{columns[0]}{columns[1]}", f"{columns[0]}, {columns[1]}"):
            assert not re.fullmatch(fields["schema"]["pattern"], given), given


def test_every_vocabulary_has_the_words_of_the_database(shared_hub: Hub, document: Any) -> None:
    with closing(shared_hub.database.connect()) as connection:
        query = "select name, array_agg(value order by position) from vocabularies group by name"
        words = dict(connection.execute(query).fetchall())
    seen = set()
    for name, schema in document["components"]["schemas"].items():
        noun = re.sub("^(Some|Summary|Open)|(Create|Patch|Stub)$", "", name).lower()
        for field, value in schema.get("properties", {}).items():
            for inner in (value, *value.get("anyOf", ())):
                vocabulary = next((v for v in (field, f"{noun}_{field}") if v in words), None)
                if vocabulary and "enum" in inner:
                    assert inner["enum"] == words[vocabulary], (name, field)
                    seen.add(vocabulary)
    assert seen == {
        "author_kind", "decision_status", "decision_type", "event_type", "repo_category", "repo_status", "task_status",
        "topic_status", "workplan_status",
    }  # fmt: skip


def test_every_answer_is_of_the_form_that_the_document_gives(walked: list[walk.Exchange], document: Any) -> None:
    told = strict(document)
    by_name = {operation["operationId"]: operation for _, _, operation in operations(told)}
    assert {exchange.step.operation for exchange in walked} | set(walk.EXCUSED) == set(by_name), (
        "an operation without a step: add one to tests/api/walk.py, then make examples"
    )
    for exchange in walked:
        operation = by_name[exchange.step.operation]
        content = operation["responses"][str(exchange.status)]["content"]
        wrong = misfits(told, content[exchange.media]["schema"], exchange.answer)
        assert wrong == [], exchange.step
        if exchange.step.body is not None:
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            assert misfits(told, schema, exchange.step.body) == [], exchange.step


def test_the_examples_are_what_the_hub_answers(walked: list[walk.Exchange]) -> None:
    found = walk.written(walk.examples(walked))
    if os.environ.get("STATEHUB_WRITE_EXAMPLES"):
        EXAMPLES.write_text(found)
    assert EXAMPLES.read_text() == found, "make examples, and look at the difference"


def test_every_operation_with_a_body_shows_an_example_that_fits(document: Any) -> None:
    for _, _, operation in operations(document):
        body = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if body:
            assert misfits(document, body["schema"], body["example"]) == [], operation["operationId"]
        for response in operation["responses"].values():
            content = response.get("content", {}).get("application/json", {})
            if "example" in content:
                assert misfits(document, content["schema"], content["example"]) == [], operation["operationId"]


def test_a_link_leads_to_an_operation_and_fills_what_it_takes(document: Any) -> None:
    takes = {}
    for _, _, operation in operations(document):
        parameters = [
            document["components"]["parameters"][p["$ref"].rpartition("/")[2]] if "$ref" in p else p
            for p in operation.get("parameters", ())
        ]
        takes[operation["operationId"]] = {p["name"] for p in parameters}
    links = [
        link
        for _, _, operation in operations(document)
        for response in operation["responses"].values()
        for link in response.get("links", {}).values()
    ]
    assert links
    for link in links:
        assert {name.removeprefix("header.") for name in link["parameters"]} <= takes[link["operationId"]]


@pytest.mark.parametrize(
    ("status", "more", "fits"),
    [
        ("open", {}, True),
        ("resolved", {}, False),
        ("resolved", {"decision_type": "pending", "rationale": "x", "decided_by": "ada"}, False),
        ("open", {"decision_type": "made", "rationale": "x", "decided_by": "ada"}, True),
        ("resolved", {"decision_type": "made", "rationale": "x", "decided_by": "ada"}, True),
        ("resolved", {"decision_type": "made", "rationale": "x"}, False),
        ("superseded", {"decision_type": "pending"}, True),
    ],
)
def test_the_document_says_of_a_decision_what_the_database_does(
    shared_hub: Hub, document: Any, status: str, more: dict[str, str], fits: bool
) -> None:
    sent = {"topic": "platform", "title": "x", "status": status} | more
    schema = {"$ref": "#/components/schemas/DecisionCreate"}
    assert (misfits(document, schema, sent) == []) is fits
    assert shared_hub.post("/decisions", sent).status == (201 if fits else 422)
    without = {key: value for key, value in sent.items() if key != "topic"}
    assert misfits(document, schema, without) != []
    problem(shared_hub.post("/decisions", without), 422)
