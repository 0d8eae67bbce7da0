"""`/tasks/claim` and what follows it: agents take tasks, keep them, give them back, finish them."""

import asyncio
from contextlib import suppress
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from statehub import answers, filters, models
from statehub.errors import Invalid
from statehub.routes import respond
from statehub.routes.operation import IDEMPOTENCY_KEY, WRITTEN, Answer, Operation
from statehub.routes.request import document_of, query_of, store_of, unless_hung_up, writer_of
from statehub.store import ClaimScope, Rules, Writer, Written
from statehub.waiting import CORE, Waiting

# a task that is ready, and was not to be had: another writer has its row, for a moment
LOCKED_S = 0.05


async def list_ready(request: Request) -> Response:
    query = query_of(request, filters.ReadyQuery)
    scope = ClaimScope(query.repo, query.workplan, query.domain, tuple(query.tag) or None, query.max_priority)
    return respond.json_text(await store_of(request).list_ready(query.agent, scope, query.limit))


async def list_blocked(request: Request) -> Response:
    query = query_of(request, filters.BlockedQuery)
    return respond.json_text(
        await store_of(request).list_blocked(query.repo, query.workplan, query.cursor, query.limit)
    )


async def list_claims(request: Request) -> Response:
    query = query_of(request, filters.ClaimsQuery)
    return respond.json_text(await store_of(request).list_claims(query.agent, query.repo, query.limit))


async def why_task(request: Request) -> Response:
    query_of(request, filters.Query)
    return respond.json_text(await store_of(request).why_task(request.path_params["name"]))


async def claim_task(request: Request) -> Response:
    """200 with the task; 204 when nothing is ready, at once or after `wait_s`."""
    query_of(request, filters.Query)
    document = await document_of(request, models.ClaimTask)
    by = await _writer(request, document)
    if document.task and document.wait_s:
        raise Invalid("wait_s is for any task; a task that is named is ready or is not")
    if not document.wait_s or document.task:
        result = await _claim(request, document, by)
    else:
        # nobody must be handed a task who has hung up
        result = await unless_hung_up(request, _claim_or_wait(request, document, by))
    if result is None:
        return Response(status_code=204)
    return respond.written(result, respond.location("tasks", result), created=False)


async def heartbeat_task(request: Request) -> Response:
    query_of(request, filters.Query)
    document = await document_of(request, models.Heartbeat)
    rules = replace(_rules(request), lease_s=document.lease_s)
    name = request.path_params["name"]
    return respond.json_text(await store_of(request).heartbeat_task(name, document.agent, document.claim_seq, rules))


async def release_task(request: Request) -> Response:
    query_of(request, filters.Query)
    document = await document_of(request, models.Release)
    if document.claim_seq is None and not document.force:
        raise Invalid("claim_seq: is needed, but with force", errors=[{"pointer": "/claim_seq", "detail": "is needed"}])
    by, name = await _writer(request, document), request.path_params["name"]
    store, number = store_of(request), document.claim_seq
    result = await store.release_task(name, document.agent, number, document.reason, document.force, by)
    return respond.written(result, respond.location("tasks", result), created=False)


async def complete_task(request: Request) -> Response:
    query_of(request, filters.Query)
    document = await document_of(request, models.Complete)
    by, name = await _writer(request, document), request.path_params["name"]
    result = await store_of(request).complete_task(name, document.agent, document.claim_seq, document.summary, by)
    return respond.written(result, respond.location("tasks", result), created=False)


def _rules(request: Request) -> Rules:
    rules: Rules = request.state.rules
    return rules


async def _writer(request: Request, document: models.Agent) -> Writer:
    """The author of the event: the agent, where nobody else is named."""
    return await writer_of(request, document.model_copy(update={"author": document.author or document.agent}))


def _scope(document: models.ClaimTask) -> ClaimScope:
    tags = None if document.tags is None else tuple(document.tags)
    return ClaimScope(document.repo, document.workplan, document.domain, tags, document.max_priority)


async def _claim(request: Request, document: models.ClaimTask, by: Writer) -> Written | None:
    rules = _rules(request)
    rules = replace(rules, lease_s=document.lease_s or rules.lease_s)
    return await store_of(request).claim_task(document.agent, document.task, _scope(document), rules, by)


async def _claim_or_wait(request: Request, document: models.ClaimTask, by: Writer) -> Written | None:
    waiting: Waiting[ClaimScope] = request.state.waiting
    with suppress(TimeoutError), waiting.feed.subscribed(CORE) as subscriber:
        deadline = asyncio.get_running_loop().time() + document.wait_s
        while True:
            # what is published from here on is not lost
            if (result := await _claim(request, document, by)) is not None:
                return result
            ready, lease_ends_s = await store_of(request).get_next_chance(document.agent, _scope(document))
            async with asyncio.timeout_at(deadline):
                if ready:
                    await asyncio.sleep(LOCKED_S)
                else:
                    await waiting.until_ready(_scope(document), subscriber, lease_ends_s)
    return None


_NOW = (404, 409)
operations = [
    Operation(
        "GET", "/tasks/ready", list_ready, "list_ready_tasks", "What is ready, in the order it is handed out",
        {200: Answer(answers.Items[answers.Task])}, "tasks", query=filters.ReadyQuery, errors=(422,),
    ),
    Operation(
        "GET", "/tasks/blocked", list_blocked, "list_blocked_tasks", "What waits, each with the reason",
        {200: Answer(answers.Page[answers.Blocked])}, "tasks", query=filters.BlockedQuery, errors=(404, 422),
    ),
    Operation(
        "GET", "/tasks/claims", list_claims, "list_claims", "Who holds what, and until when",
        {200: Answer(answers.Items[answers.Claim])}, "tasks", query=filters.ClaimsQuery, errors=(422,),
    ),
    Operation(
        "POST", "/tasks/claim", claim_task, "claim_task", "Take a task that is ready",
        {
            200: Answer(answers.Claimed, "the claim", headers=WRITTEN),
            204: Answer(description="nothing is ready"),
        },
        "tasks", body=models.ClaimTask, errors=(409,), headers=(IDEMPOTENCY_KEY,),
    ),
    Operation(
        "GET", "/tasks/{name}/why", why_task, "why_task", "Why a task is ready or is not",
        {200: Answer(answers.Why)}, "tasks", errors=(404,),
    ),
    Operation(
        "POST", "/tasks/{name}/heartbeat", heartbeat_task, "heartbeat_task", "Renew a lease",
        {200: Answer(answers.Renewed)}, "tasks", body=models.Heartbeat, errors=_NOW,
    ),
    Operation(
        "POST", "/tasks/{name}/release", release_task, "release_task", "Give a task back, or take it away by force",
        {200: Answer(answers.Task, "the task", headers=WRITTEN)}, "tasks",
        body=models.Release, errors=_NOW, headers=(IDEMPOTENCY_KEY,),
    ),
    Operation(
        "POST", "/tasks/{name}/complete", complete_task, "complete_task", "Finish a task under its claim",
        {200: Answer(answers.Completed, "the task, and what became ready", headers=WRITTEN)}, "tasks",
        body=models.Complete, errors=_NOW, headers=(IDEMPOTENCY_KEY,),
    ),
]  # fmt: skip
