"""`/state/health`: is it alive. `/state/ready`: may it be trusted. `/metrics`: how it does."""

from starlette.requests import Request
from starlette.responses import Response

from statehub import __version__, answers, filters
from statehub.documents import dump
from statehub.errors import StateHubError
from statehub.metrics import CONTENT_TYPE
from statehub.problems import RETRY_AFTER_S
from statehub.routes.operation import Answer, Operation
from statehub.routes.request import query_of, store_of
from statehub.schema import code_checksum, expected_migrations

# files of this process: they cannot change under it
_MIGRATIONS = frozenset(expected_migrations())
_CODE = code_checksum()


async def get_health(request: Request) -> Response:
    """200 when the database answers, else 503. Never touches the cache's builder."""
    query_of(request, filters.Query)
    try:
        await store_of(request).get_health()
    except StateHubError as error:
        return _answer({"status": "error", "database": "down", "detail": error.detail, "version": __version__}, 503)
    return _answer({"status": "ok", "database": "up", "version": __version__}, 200)


async def get_ready(request: Request) -> Response:
    """200 when the summary can be trusted; a listener that is down is degraded, and still ready."""
    query_of(request, filters.Query)
    cache, listener = request.state.cache, request.state.listener
    problems = []
    revisions: dict[str, object] = {}
    try:
        found = await store_of(request).get_readiness()
    except StateHubError as error:
        problems.append(error.detail)
    else:
        revisions = {"epoch": found["epoch"], "core": found["core"], "progress": found["progress"]}
        if _MIGRATIONS - set(found["migrations"] or ()) or found["code"] != _CODE:
            problems.append("the schema is not at head; run: custodian migrate")
        if found["unarmed"]:
            off = ", ".join(found["unarmed"])
            problems.append(f"triggers are off, so revisions may be wrong: {off}; run: custodian migrate --reload")
    if cache.snapshot is None:
        problems.append("no summary has been built yet")
    elif cache.failure is not None:
        problems.append("the summary cannot be verified")
    status = "not ready" if problems else "ready" if listener is None or listener.is_up else "degraded"
    document = {
        "status": status,
        "problems": problems,
        "version": __version__,
        "listener": "off" if listener is None else "up" if listener.is_up else "down",
        "verified_age_s": round(cache.age_s, 3) if cache.snapshot else None,
        "revision": revisions,
    }
    if revisions:
        document["ledger_pending"] = found["pending"]
        document["unsettled"] = found["unsettled"]
        tables = found["tables"]
        return _answer(document, 503 if problems else 200, tables)
    return _answer(document, 503 if problems else 200)


async def get_metrics(request: Request) -> Response:
    """Prometheus' text format."""
    query_of(request, filters.Query)
    return Response(request.state.metrics.text(), media_type=CONTENT_TYPE)


def _answer(document: dict[str, object], status: int, tables: str | None = None) -> Response:
    text = dump(document)
    if tables is not None:  # JSON from Postgres goes out as it came
        text = f'{text[:-1]},"tables":{tables}}}'
    headers = {"Cache-Control": "no-store"} | ({"Retry-After": RETRY_AFTER_S} if status == 503 else {})
    return Response(text, status, headers, "application/json")


operations = [
    Operation(
        "GET", "/state/health", get_health, "get_health", "Whether the hub lives and reaches its database",
        {200: Answer(answers.Health), 503: Answer(answers.Sick, "the database is down")}, "state",
    ),
    Operation(
        "GET", "/state/ready", get_ready, "get_ready", "Whether the summary can be trusted",
        {200: Answer(answers.Readiness), 503: Answer(answers.Readiness, "it cannot, and why")}, "state",
    ),
    Operation(
        "GET", "/metrics", get_metrics, "get_metrics", "How the hub does, for Prometheus",
        {200: Answer(str, media="text/plain")}, "state",
    ),
]  # fmt: skip
