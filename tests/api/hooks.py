"""What schemathesis is told of this hub. A refusal of valid data needs a reason; the rest is as it is built in."""

import itertools
import re
from typing import Any
from urllib.parse import urlencode

import schemathesis
from schemathesis.openapi.checks import RejectedPositiveData

from tests.api.reasons import explained
from tests.api.world import NAMES

IDEMPOTENCY_KEY = "Idempotency-Key"
# what is no value of a field stays what it is
SLUG, ANY = re.compile("[a-z0-9][a-z0-9._-]{0,62}"), re.compile(".{1,100}", re.DOTALL)
FITS = {field: SLUG if field in ("domain", "repo", "topic") else ANY for field in NAMES}
KEY = re.compile("[!-~]([ -~]{0,253}[!-~])?")
_numbers = itertools.count()


@schemathesis.hook
def filter_failure(_context: Any, failure: Any, case: Any, response: Any) -> bool:
    """Keep every failure but a refusal of valid data that one of the reasons explains."""
    if not isinstance(failure, RejectedPositiveData):
        return True
    try:
        problem = response.json()
    except ValueError:
        return True
    return not (isinstance(problem, dict) and explained(case.method, response.status_code, problem.get("detail", "")))


@schemathesis.hook
def filter_case(_context: Any, case: Any) -> bool:
    """No address over 60,000 bytes: beyond 64 KiB the parser in front of the hub refuses it, in words of its own."""
    return len(urlencode(case.query or {}, doseq=True)) < 60_000


@schemathesis.hook
def map_body(_context: Any, body: Any) -> Any:
    """Let half of the references lead to a row that is there: else nearly every write would be refused."""
    for document in body if isinstance(body, list) else [body]:
        if isinstance(document, dict):
            for field, name in NAMES.items():
                value = document.get(field)
                if isinstance(value, str) and FITS[field].fullmatch(value) and sum(map(ord, value)) % 2:
                    document[field] = name
    return body


@schemathesis.hook
def before_call(_context: Any, case: Any, _kwargs: Any) -> None:
    """Most keys are used for one request, and nobody waits for 55 s. What is invalid stays as it is."""
    key = (case.headers or {}).get(IDEMPOTENCY_KEY)
    if isinstance(key, str) and KEY.fullmatch(key) and (number := next(_numbers)) % 4:
        case.headers[IDEMPOTENCY_KEY] = f"{key[:240]}-{number}"
    operation = case.operation.definition.raw.get("operationId")
    if operation == "wait_for_change" and _is_a_wait((case.query or {}).get("timeout", 25)):
        case.query = {**(case.query or {}), "timeout": 0}
    if operation == "claim_task" and isinstance(case.body, dict) and _is_a_wait(case.body.get("wait_s")):
        case.body["wait_s"] = 0


def _is_a_wait(seconds: Any) -> bool:
    return isinstance(seconds, int | float) and not isinstance(seconds, bool) and 0 <= seconds <= 55
