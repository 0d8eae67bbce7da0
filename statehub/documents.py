"""JSON in and out: strict where `json` is lenient."""

import json
import math
import re
from typing import Any

from statehub.errors import Invalid, Malformed

_UNSTORABLE_TEXT = re.compile("[\0\ud800-\udfff]")


def parse(body: bytes) -> Any:
    """A JSON document. Raises Malformed for what is none, Invalid for what PostgreSQL cannot hold."""
    try:
        document = json.loads(body.decode(), object_pairs_hook=_no_duplicates)
        problems = list(_unstorable(document, ""))
    except RecursionError:
        raise Malformed("the JSON is nested too deep") from None
    except UnicodeDecodeError:
        raise Malformed("the body is not UTF-8") from None
    except ValueError as error:
        raise Malformed(f"the body is no JSON: {error}") from None
    if problems:
        raise Invalid("text or a number that cannot be stored", errors=problems)
    return document


def dump(document: Any) -> str:
    """Compact JSON text."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def pointer(*path: str | int) -> str:
    """A JSON pointer (RFC 6901)."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _unstorable(value: Any, at: str) -> Any:
    """PostgreSQL text has no NUL, UTF-8 has no lone surrogate, and its numbers have an end."""
    match value:
        case str():
            if _UNSTORABLE_TEXT.search(value):
                yield {"pointer": at, "detail": "has a NUL or a lone surrogate; remove it"}
        case float():
            if not math.isfinite(value):  # NaN, Infinity, 1e400
                yield {"pointer": at, "detail": "is no number that can be stored"}
        case dict():
            for key, inner in value.items():
                if problems := list(_unstorable(key, at)):
                    yield from problems  # no pointer leads below such a key
                else:
                    yield from _unstorable(inner, at + pointer(key))
        case list():
            for index, inner in enumerate(value):
                yield from _unstorable(inner, f"{at}/{index}")
