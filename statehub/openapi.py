"""The OpenAPI 3.1 document, made of the operations that route and the models that validate; with real examples."""

import json
import re
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from statehub import __version__, answers, authors
from statehub.filters import ListQuery
from statehub.links import links
from statehub.routes.operation import IDEMPOTENCY_KEY, IF_MATCH, Answer, Operation
from statehub.vocabularies import AuthorKind

REF = "#/components/schemas/{model}"
# of the tests' walk: `make examples`
EXAMPLES: dict[str, Any] = json.loads(Path(__file__).with_name("examples.json").read_text())
READ_ERRORS = (400, 401, 403, 405, 421, 429, 503)
WRITE_ERRORS = (*READ_ERRORS, 413, 415, 422)
TAGS = {
    "state": "What is going on, and being told of changes",
    "topics": "An optional tag across repositories",
    "repos": "The repositories whose plans live here",
    "workplans": "A plan of one repository",
    "tasks": "The work",
    "decisions": "What was asked and what was answered",
    "progress": "The append-only log",
    "domains": "Market domains; read-only",
    "workstreams": "Workplans under the older words",
    "legacy": "Interfaces that have a successor, and who still uses them",
}
AUTHOR_HEADERS: list[dict[str, Any]] = [
    {"$ref": "#/components/parameters/X-StateHub-Author"},
    {"$ref": "#/components/parameters/X-StateHub-Author-Kind"},
]
HEADERS = {
    "Location": "where the row is",
    "ETag": "the version of the row, for If-Match",
    "Link": 'the next page, rel="next"; or the successor of a legacy interface',
    "Deprecation": "since when this is no longer the way (RFC 9745)",
    "Sunset": "when it ends (RFC 8594), where that is set",
    "X-StateHub-Revision": "a revision token; of a write it includes the write",
}


def document(operations: Iterable[Operation]) -> dict[str, Any]:
    """The whole document, as JSON values."""
    operations = list(operations)
    schemas, definitions = TypeAdapter.json_schemas(list(_types(operations)), ref_template=REF)
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, schemas, operations)
    known = {tag for operation in operations for tag in [operation.tag]}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "State Hub",
            "version": __version__,
            "description": "The live, authoritative answer to what is going on.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "tags": [
            {"name": tag, **({"description": TAGS[tag]} if tag in TAGS else {})}
            for tag in (*TAGS, *sorted(known - set(TAGS)))
            if tag in known
        ],
        "security": [{}, {"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "parameters": _parameters(),
            "responses": {"Problem": _problem(schemas)},
            "schemas": dict(_components(definitions["$defs"])),
        },
    }


def _types(operations: list[Operation]) -> Iterator[tuple[Any, JsonSchemaMode, TypeAdapter[Any]]]:
    yield "problem", "serialization", TypeAdapter(answers.Problem)
    for operation in operations:
        if operation.body is not None:
            yield (operation.name, "body"), "validation", TypeAdapter(operation.body)
        for status, answer in operation.answers.items():
            if answer.body is not None:
                yield (operation.name, status), "serialization", TypeAdapter(answer.body)


def _operation(operation: Operation, schemas: Any, operations: list[Operation]) -> dict[str, Any]:
    writes = operation.method != "GET"
    found: dict[str, Any] = {"operationId": operation.name, "summary": operation.summary, "tags": [operation.tag]}
    parameters = [*_in_path(operation.path), *_in_query(operation.query)]
    parameters += [{"$ref": f"#/components/parameters/{name}"} for name in operation.headers]
    if parameters := parameters + (AUTHOR_HEADERS if writes else []):
        found["parameters"] = parameters
    if operation.body is not None:
        schema = schemas[(operation.name, "body"), "validation"]
        content = {"schema": schema, **_example(operation, "request")}
        found["requestBody"] = {"required": True, "content": {"application/json": content}}
    found["responses"] = {
        str(status): _response(status, answer, schemas.get(((operation.name, status), "serialization")))
        for status, answer in operation.answers.items()
    }
    first, answer = next(iter(operation.answers.items()))
    if answer.media == "application/json":
        found["responses"][str(first)]["content"][answer.media] |= _example(operation, "answer")
    for status, answer in operation.answers.items():
        if found_links := links(operations, operation, answer):
            found["responses"][str(status)]["links"] = found_links
    for status in sorted({*(WRITE_ERRORS if writes else READ_ERRORS), *operation.errors} - set(operation.answers)):
        found["responses"][str(status)] = {"$ref": "#/components/responses/Problem"}
    if operation.legacy:
        found["deprecated"] = True
    return found


def _example(operation: Operation, side: str) -> dict[str, Any]:
    found = EXAMPLES.get(operation.name, {})
    return {"example": found[side]} if side in found else {}


def _in_path(path: str) -> Iterator[dict[str, Any]]:
    for name in re.findall(r"{(\w+)}", path):
        schema = {"type": "string", "minLength": 1, "maxLength": 200}
        yield {"name": name, "in": "path", "required": True, "schema": schema, "description": "a short name or an id"}


def _in_query(model: type[BaseModel] | None) -> Iterator[dict[str, Any]]:
    if model is None:
        return
    schema = model.model_json_schema(ref_template=REF)
    for name, value in schema["properties"].items():
        value = {key: inner for key, inner in value.items() if key != "title" and not (key == "default" and not inner)}
        if "anyOf" in value:  # a parameter is left out, never null
            [only] = [each for each in value.pop("anyOf") if each != {"type": "null"}]
            value |= only
        if name == "fields" and issubclass(model, ListQuery):
            column = f"(?:{'|'.join(model.columns())})?"
            value["pattern"] = f"^(?:{column},)*{column}$"
        described = {"description": value.pop("description")} if "description" in value else {}
        yield {
            "name": name,
            "in": "query",
            "required": name in schema.get("required", ()),
            "schema": value,
            **described,
        }


def _response(status: int, answer: Answer, schema: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"description": answer.description or HTTPStatus(status).phrase}
    if answer.headers:
        found["headers"] = {
            name: {"schema": {"type": "string"}, "description": HEADERS.get(name, "")} for name in answer.headers
        }
    if schema is not None:
        found["content"] = {answer.media: {"schema": schema}}
    return found


def _problem(schemas: Any) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": schemas["problem", "serialization"]}}
    return {"description": "What is wrong, and what to do about it (RFC 9457)", "content": content}


def _parameters() -> dict[str, Any]:
    def header(name: str, description: str, **schema: Any) -> dict[str, Any]:
        return {"name": name, "in": "header", "description": description, "schema": {"type": "string", **schema}}

    etag = {"pattern": '^"v[0-9]{1,9}"$', "description": "the ETag of the row"}
    any_row = {"const": "*", "description": "whatever its version is"}
    return {
        IF_MATCH: header(IF_MATCH, "the ETag that the row must still have", anyOf=[any_row, etag]),
        IDEMPOTENCY_KEY: header(IDEMPOTENCY_KEY, "done once, for 24 hours", pattern=r"^[!-~]([ -~]{0,253}[!-~])?$"),
        "X-StateHub-Author": header(
            "X-StateHub-Author", "who writes; percent-encoded UTF-8", pattern=authors.HEADER_PATTERN
        ),
        "X-StateHub-Author-Kind": header(
            "X-StateHub-Author-Kind", "what the author is", enum=list(get_args(AuthorKind))
        ),
        "X-StateHub-Min-Revision": header("X-StateHub-Min-Revision", "a revision token: the answer includes it"),
        "If-None-Match": header("If-None-Match", "the ETag of the answer before"),
    }


def _components(schemas: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, schema in schemas.items():
        if name.startswith("Page_"):  # of rows that may lack what `fields` leaves out
            items = schema["properties"]["items"]["items"]
            row = items["$ref"].rpartition("/")[2]
            items["$ref"] = REF.format(model=f"Some{row}")
            told = "The columns that `fields` names; all, without it."
            yield (
                f"Some{row}",
                {key: value for key, value in schemas[row].items() if key != "required"}
                | {
                    "title": f"Some{row}",
                    "description": told,
                },
            )
        yield name, _without_defaults(name, schema)


def _without_defaults(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """What is left out of a change stays as it is; and an empty text stands for none."""
    for value in schema.get("properties", {}).values():
        if name.endswith("Patch") or not value.get("default", True):
            value.pop("default", None)
    return schema
