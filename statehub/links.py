"""OpenAPI links: what of an answer leads to which operation. People follow them in /docs, test tools in their runs."""

import re
from collections.abc import Iterable, Iterator
from typing import Any, get_args, get_origin

from statehub import answers
from statehub.routes.operation import IF_MATCH, Answer, Operation

REVISION = "X-StateHub-Revision"


def links(operations: Iterable[Operation], operation: Operation, answer: Answer) -> dict[str, Any]:
    """The links of an answer of `operation`, by the name of where they lead."""
    return dict(_links(tuple(operations), operation, answer))


def _links(operations: tuple[Operation, ...], operation: Operation, answer: Answer) -> Iterator[tuple[str, Any]]:
    if (pointer := _pointer(answer.body)) is not None:
        for other in operations:
            if other is not operation and other.path.startswith(f"/{operation.tag}/{{name}}"):
                yield from _to(other, pointer, answer)
    if REVISION in answer.headers:
        for other in operations:
            since = other.query.model_fields.get("since") if other.query else None
            if since and since.is_required() and other is not operation:
                yield other.name, {"operationId": other.name, "parameters": {"since": f"$response.header.{REVISION}"}}


def _to(other: Operation, pointer: str, answer: Answer) -> Iterator[tuple[str, Any]]:
    names = re.findall(r"{(\w+)}", other.path)
    parameters = {"name": f"$response.body#{pointer}"}
    if names == ["name", "needed"] and "depends_on" in _keys(answer.body):
        parameters["needed"] = "$response.body#/depends_on/0"
    elif names != ["name"]:
        return
    if IF_MATCH in other.headers and "ETag" in answer.headers:
        parameters[f"header.{IF_MATCH}"] = "$response.header.ETag"
    yield other.name, {"operationId": other.name, "parameters": parameters}


def _pointer(body: Any) -> str | None:
    """Where a row's id or short name is in an answer; of a page, the first row's."""
    if get_origin(body) is answers.Page:
        return "/items/0/id"
    if body is answers.Dependencies:
        return "/items/0/code"
    return "/id" if "id" in _keys(body) else None


def _keys(body: Any) -> frozenset[str]:
    """The keys of an object; of several, those that one of them has."""
    if isinstance(body, type):
        return frozenset(getattr(body, "__annotations__", ())) | frozenset(getattr(body, "__required_keys__", ()))
    return frozenset().union(*map(_keys, get_args(body))) if get_origin(body) is not answers.Items else frozenset()
