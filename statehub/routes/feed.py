"""`/state/wait`, `/state/events`, `/state/changes`: nobody needs to poll."""

import asyncio
import base64
import binascii
import json
from collections.abc import AsyncIterator, Mapping
from functools import lru_cache

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from statehub import answers
from statehub.cache import Snapshot
from statehub.deltas import SECTIONS, Delta, Filter, delta_of
from statehub.documents import dump
from statehub.errors import Malformed, Unavailable
from statehub.feed import Feed, Subscriber
from statehub.filters import ChangesQuery, FollowQuery, WaitQuery
from statehub.labels import covering, token_of
from statehub.models import LONGEST_WAIT_S
from statehub.routes.operation import Answer, Operation
from statehub.routes.request import query_of, store_of, unless_hung_up
from statehub.tokens import Token

HEARTBEAT_S = 15.0


async def wait_for_change(request: Request) -> Response:
    """As soon as the state is past `since`: 200, the new token and the sections that changed. 204 at the timeout."""
    query = query_of(request, WaitQuery)
    since, wanted = Token.parse(query.since), _filter(query)
    # whoever has hung up leaves the place to others
    waited = await unless_hung_up(request, _wait(request, since, wanted, query.timeout))
    if waited is None:
        return Response(status_code=204, headers={"X-StateHub-Revision": str(since)})
    snapshot, sections = waited
    token = str(token_of(snapshot))
    body = {"token": token, "sections": [s for s in SECTIONS if s in sections]}
    return Response(dump(body), headers={"X-StateHub-Revision": token}, media_type="application/json")


async def _wait(
    request: Request, since: Token, wanted: Filter, timeout_s: float
) -> tuple[Snapshot, frozenset[str]] | None:
    """What changed, and the snapshot that has it; None at the timeout."""
    try:
        async with asyncio.timeout(timeout_s):
            with request.state.feed.subscribed(wanted) as subscriber:
                # subscribed first: what is published while the past is looked at is not lost
                snapshot = await covering(request.state.cache, since, LONGEST_WAIT_S)
                sections = await _changed_since(request, since, snapshot, wanted)
                while not sections:
                    taken = await subscriber.take()
                    if not taken:
                        raise Unavailable("the hub is stopping; ask again in a moment")
                    # an offer of what was just looked at is no news
                    sections = frozenset(s for s, offered in taken.items() if _differs(offered, snapshot, s))
                    snapshot = list(taken.values())[-1]
                return snapshot, sections
    except TimeoutError:
        return None


async def stream_events(request: Request) -> Response:
    """Server-Sent Events: one `change` a section, first the current revision, a comment every 15 s."""
    wanted = _filter(query_of(request, FollowQuery))
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    if request.method == "HEAD":
        with request.state.feed.subscribed(wanted):
            return Response(headers=headers, media_type="text/event-stream")
    return _Stream(request.state.feed, wanted, request.state.cache.snapshot, headers)


class _Stream(StreamingResponse):
    """Subscribes when it is made, so that nobody else takes the place before the answer begins."""

    def __init__(self, feed: Feed, wanted: Filter, snapshot: Snapshot | None, headers: Mapping[str, str]) -> None:
        self.feed, self.subscriber = feed, feed.subscribe(wanted)
        super().__init__(_messages(snapshot, self.subscriber), headers=headers, media_type="text/event-stream")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self.feed.leave(self.subscriber)


async def _messages(snapshot: Snapshot | None, subscriber: Subscriber) -> AsyncIterator[bytes]:
    if snapshot is None:
        yield b": no revision yet\n\n"
    else:
        for section in SECTIONS:
            if section in subscriber.wanted.sections:
                yield _message(section, snapshot)
    while True:
        try:
            async with asyncio.timeout(HEARTBEAT_S):
                taken = await subscriber.take()
        except TimeoutError:
            yield b": still here\n\n"
            continue
        if not taken:
            return
        yield b"".join(_message(section, taken[section]) for section in SECTIONS if section in taken)


async def list_changes(request: Request) -> Response:
    """Every event that was not visible when `since` was issued, none twice, none skipped; the next token."""
    query = query_of(request, ChangesQuery)
    upto, after = _cursor(query.cursor) if query.cursor else (None, None)
    token, items, last = await store_of(request).list_changes(Token.parse(query.since), upto, after, query.limit)
    cursor = None if last is None else base64.urlsafe_b64encode(dump([str(token), *last]).encode()).decode()
    body = f'{{"items":{items},"token":{dump(str(token))},"next_cursor":{dump(cursor)}}}'
    return Response(body, headers={"X-StateHub-Revision": str(token)}, media_type="application/json")


def _differs(one: Snapshot, other: Snapshot, section: str) -> bool:
    return one.epoch != other.epoch or one.revisions[section] != other.revisions[section]


async def _changed_since(request: Request, since: Token, snapshot: Snapshot, wanted: Filter) -> frozenset[str]:
    """The sections that this filter is told of, between a token and a snapshot that covers it."""
    if since.epoch != snapshot.epoch:
        return wanted.sections
    then = Snapshot(
        since.epoch, {"core": since.core, "progress": since.progress}, {}, str(since.cut), "", snapshot.tables
    )
    delta = delta_of(then, snapshot, None)
    if not delta.sections & wanted.sections or not wanted.reads_events:
        return wanted.concerned(delta)
    # a token does not carry each table's revision: a core change without any event counts as unexplained
    events = await request.state.feed.events_between(then, snapshot)
    silent = "core" in delta.sections and events is not None and not any(event.kind for event in events)
    return wanted.concerned(Delta(delta.sections, events, unexplained=silent))


@lru_cache(maxsize=8)  # the same for every client that is told
def _message(section: str, snapshot: Snapshot) -> bytes:
    data = dump({"section": section, "revision": snapshot.revisions[section]})
    return f"event: change\nid: {token_of(snapshot)}\ndata: {data}\n\n".encode()


def _filter(query: FollowQuery) -> Filter:
    repo, workplan = (name and name.lower() for name in (query.repo, query.workplan))
    return Filter(frozenset(query.section.split(",")), repo, workplan, query.author, query.kind)


def _cursor(text: str) -> tuple[Token, tuple[int, int]]:
    try:
        token, xid, last = json.loads(base64.urlsafe_b64decode(text))
        if not (isinstance(xid, int) and isinstance(last, int) and 0 <= xid < 2**63 and 0 <= last < 2**63):
            raise ValueError
        return Token.parse(token), (xid, last)
    except (ValueError, TypeError, AttributeError, RecursionError, binascii.Error):
        raise Malformed("this is no cursor; take next_cursor from a page, with the same since") from None


REVISION = ("X-StateHub-Revision",)
operations = [
    Operation(
        "GET", "/state/wait", wait_for_change, "wait_for_change", "Wait until the state is past a token",
        {200: Answer(answers.Changed, headers=REVISION), 204: Answer(None, "nothing came in time", headers=REVISION)},
        "state", query=WaitQuery,
    ),
    Operation(
        "GET", "/state/events", stream_events, "follow_events", "Server-Sent Events: one for each change of a section",
        {200: Answer(answers.Message, "messages without end, each of this form", "text/event-stream")}, "state",
        query=FollowQuery,
    ),
    Operation(
        "GET", "/state/changes", list_changes, "list_changes", "Every event since a token, none twice, none skipped",
        {200: Answer(answers.Changes, headers=REVISION)}, "state", query=ChangesQuery, errors=(410,),
    ),
]  # fmt: skip
