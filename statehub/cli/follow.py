"""`custodian watch`: the event stream as lines. A revision says that something changed, /state/changes says what."""

import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from statehub import calls
from statehub.cli.columns import cut, width_of_output
from statehub.cli.text import clean
from statehub.errors import Gone, Malformed, Unavailable
from statehub.tokens import Token

if TYPE_CHECKING:
    from statehub.client import Client

FIRST_RETRY_S, LAST_RETRY_S = 0.2, 5.0
ENTITIES = ("topic", "repo", "workplan", "task", "decision")
# what --exec gives in the environment, beside the whole event on stdin
TOLD = ("id", "event_type", "summary", "author", "author_kind", *ENTITIES, "occurred_at")
VARIABLES = {name: f"STATEHUB_EVENT_{name.removeprefix('event_').upper()}" for name in TOLD}


@dataclass(frozen=True)
class Wanted:
    """Which events are told; None is all. As the hub's own filters are."""

    section: str | None = None
    repo: str | None = None
    workplan: str | None = None
    author: str | None = None
    kind: str | None = None

    @property
    def filters(self) -> dict[str, str]:
        """For the event stream."""
        return {name: value for name, value in vars(self).items() if value is not None}

    def has(self, event: dict[str, Any]) -> bool:
        """Whether this event is told. One of many rows names none of them, so it may concern anybody."""
        kind, bulk = event["detail"].get("kind"), "count" in event["detail"]
        return (
            (self.section != "core" or kind is not None)
            and (self.repo is None or _same(event["repo"], self.repo) or (bulk and event["repo"] is None))
            and (self.workplan is None or _same(event["workplan"], self.workplan) or bulk)
            and (self.author is None or event["author"] == self.author)
            and (self.kind is None or self.kind == (kind or "progress") or bool(event.get(self.kind)))
        )


def follow(client: "Client", wanted: Wanted, *, since: str | None, command: str | None, as_json: bool) -> None:
    """Tell each event until Ctrl-C. Waits for a hub that is away, and then tells what happened meanwhile."""
    program = _program(command) if command is not None else None
    with suppress(KeyboardInterrupt):
        for event in _events(client, wanted, since):
            if as_json:
                print(json.dumps({"schema": "custodian/event/1", "event": event}, ensure_ascii=False), flush=True)
            elif program is None or event is None:
                print(line_of(event), flush=True)
            if program is not None and event is not None:
                _run(program, event)


def line_of(event: dict[str, Any] | None) -> str:
    """An event as a line; None: a change that no event tells of."""
    width = width_of_output()
    if event is None:
        return f"{time.strftime('%H:%M:%S', time.gmtime())}  something changed that no event tells of"
    about = next((event[name] for name in ("task", "decision", "workplan", "topic", "repo") if event[name]), "")
    head = (event["occurred_at"][11:19], clean(event["author"]), event["event_type"])
    line = "  ".join(filter(None, (*head, clean(event["summary"]))))
    if about and clean(about).lower() not in line.lower():
        line += f"  ({clean(about)})"
    return line if width is None else cut(line, width)


def _events(client: "Client", wanted: Wanted, since: str | None) -> Iterator[dict[str, Any] | None]:
    retry_s = FIRST_RETRY_S
    while True:
        try:
            for token in client.follow_events(**wanted.filters):
                retry_s = FIRST_RETRY_S
                if since is None:
                    since = token
                    continue
                try:
                    events, reached = _between(client, since)
                except Gone:
                    _say("the hub has another history now: restored, or failed over")
                    since = token
                    continue
                yield from (event for event in events if wanted.has(event))
                if not events and _is_past(token, since):
                    yield None
                since = reached
        except Unavailable as error:
            if since is None:
                raise  # nobody was there from the start
            _say(error.detail)
            time.sleep(retry_s)
            retry_s = min(LAST_RETRY_S, retry_s * 2)


def _between(client: "Client", since: str) -> tuple[list[dict[str, Any]], str]:
    """All events since that token, and the next token."""
    events: list[Any] = []
    cursor = None
    while True:
        page = client.do(calls.list_changes(since, limit=500, cursor=cursor))
        events += page["items"]
        if (cursor := page["next_cursor"]) is None:
            return events, page["token"]


def _is_past(token: str, since: str) -> bool:
    """Whether a revision moved: what was told may have had the next change already."""
    now, then = Token.parse(token), Token.parse(since)
    return now.core > then.core or now.progress > then.progress


def _program(command: str) -> list[str]:
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise Malformed(f"--exec cannot be read: {error}") from None
    if not words or shutil.which(words[0]) is None:
        raise Malformed(f"--exec: there is no program {words[0] if words else ''!r} on the PATH")
    return words


def _run(program: list[str], event: dict[str, Any]) -> None:
    """No shell reads what stands in the event: it goes on stdin and, made inert, into the environment."""
    told = {variable: clean(event[name]) for name, variable in VARIABLES.items() if event[name] is not None}
    document = json.dumps(event, ensure_ascii=False)
    try:
        done = subprocess.run(program, input=document, text=True, env={**os.environ, **told}, check=False)
    except (OSError, ValueError) as error:
        _say(f"{program[0]} could not be run: {error}")
        return
    if done.returncode:
        _say(f"{program[0]} ended with {done.returncode}")


def _same(name: str | None, wanted: str) -> bool:
    return name is not None and name.lower() == wanted.lower()


def _say(text: str) -> None:
    print(f"custodian: {clean(text)}", file=sys.stderr, flush=True)
