"""What both clients share: the headers of a call, what an answer means, what may be sent again. No I/O."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from typing import Any
from urllib.parse import quote

from statehub import errors
from statehub.calls import Call, once
from statehub.errors import Malformed, StateHubError, Unavailable
from statehub.tokens import Cut, Token

_BY_STATUS = {
    error.status: error
    for error in vars(errors).values()
    if isinstance(error, type) and issubclass(error, StateHubError) and error.status != 500
}
# what stands between, such as the dashboard, says that the hub is away
_BY_STATUS |= {502: Unavailable, 504: Unavailable}
TRIES = 3
LONGEST_PAUSE_S = 2.0


@dataclass
class Memory:
    """Who speaks to the hub at `base_url`; a token of all it has seen, and the last summary with its ETag."""

    base_url: str
    headers: Mapping[str, str]
    token: str | None = None
    summary: tuple[str, bytes] | None = None

    @classmethod
    def of(cls, base_url: str, token: str | None, author: str | None, author_kind: str | None) -> "Memory":
        """`token` is the access token: whoever answers at `base_url` is given it."""
        headers = {"Accept": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if author:
            headers["X-StateHub-Author"] = quote(author)
        if author_kind:
            headers["X-StateHub-Author-Kind"] = author_kind
        return cls(base_url, headers)

    def see(self, token: str) -> None:
        """An answer bore this token. Answers overtake each other: a late one takes nothing back."""
        try:
            self.token = token if self.token is None else both(self.token, token)
        except Malformed:  # a hub of another version knows what it gives out
            self.token = token


@dataclass
class Attempt:
    """A call on its way: it may be sent again where that cannot do it twice."""

    call: Call[Any]
    memory: Memory
    left: int = TRIES
    content: bytes | None = field(init=False)

    def __post_init__(self) -> None:
        if self.call.writes and "Idempotency-Key" not in self.call.headers:
            self.call = once(self.call, os.urandom(16).hex())
        body = self.call.body
        self.content = None if body is None else json.dumps(body, ensure_ascii=False).encode()

    @property
    def headers(self) -> dict[str, str]:
        """All that goes with it."""
        kind = {"Content-Type": "application/json"} if self.call.writes else {}
        return {**self.memory.headers, **self.call.headers, **kind}

    def broke(self, error: Exception, *, answered_before: bool) -> float:
        """Seconds to wait before it is sent again, after a connection broke. Raises Unavailable when it is not.

        A hub that never answered on this connection is not there: its user need not wait to be told so.
        """
        self.left -= 1
        if isinstance(error, TimeoutError):
            where = self.memory.base_url
            raise Unavailable(f"{where} did not answer within {self.call.timeout_s:.0f} s; try again") from error
        if answered_before and self.left > 0:
            return 0.0
        raise nobody_at(self.memory.base_url) from error

    def answered(self, status: int, headers: Mapping[str, str] | Message, answer: bytes) -> float | None:
        """None: this is the answer. Else seconds to wait before it is sent again. Raises what the hub refused."""
        token = headers.get("X-StateHub-Revision")
        # a wait that came to nothing, and a further page, bear what their caller had sent, be it made up
        if token and status != 204 and "cursor=" not in self.call.path:
            self.memory.see(token)
        if status in self.call.allow:
            return None
        self.left -= 1
        pause = headers.get("Retry-After", "")
        if status in (429, 503) and self.left > 0 and pause.isdigit() and int(pause) <= LONGEST_PAUSE_S:
            return float(pause)
        raise refusal(status, answer)

    def document(self, status: int, answer: bytes) -> Any:
        """The answer's JSON, or text; None for no content."""
        if status == 204:
            return None
        if self.call.is_text:
            return answer.decode(errors="replace")
        try:
            return json.loads(answer)
        except ValueError:
            where = self.memory.base_url
            raise Unavailable(f"{where} answered {status} without JSON: is it State Hub?") from None


def both(before: str, now: str) -> str:
    """A token of all that these two stand for; of two epochs, the second. Raises Malformed."""
    if before == now:
        return now
    old, new = Token.parse(before), Token.parse(now)
    if new.epoch != old.epoch or _contains(new, old):
        return now
    return before if _contains(old, new) else str(_joined(old, new))


def _contains(one: Token, other: Token) -> bool:
    if one.core < other.core or one.progress < other.progress:
        return False
    # readings follow each other, so that revisions tell; cuts do not after a crash: it forgets what was rolled back
    both_read = one.xid is None and other.xid is None
    return both_read or one.cut.covers(other.cut, other.xid)


def _joined(one: Token, other: Token) -> Token:
    """Of a write, and of what has not seen it: a snapshot covers this if it covers both."""
    cuts = (one.cut, other.cut)
    unseen = frozenset(xid for cut in cuts for xid in cut.xip if not any(cut.sees(xid) for cut in cuts))
    cut = Cut(max(cut.xmin for cut in cuts), max(cut.xmax for cut in cuts), unseen)
    own = sorted({xid for xid in (one.xid, other.xid) if xid is not None})
    for xid in own[:-1]:  # a token names one write; any other becomes one that is over
        cut = Cut(cut.xmin, max(cut.xmax, xid + 1), (cut.xip | set(range(cut.xmax, xid))) - {xid})
    core, progress = max(one.core, other.core), max(one.progress, other.progress)
    return Token(one.epoch, core, progress, cut, own[-1] if own else None)


def nobody_at(base_url: str) -> Unavailable:
    """What a user is told where no hub is."""
    return Unavailable(f"no State Hub answers at {base_url}; start one with: custodian up")


def refusal(status: int, answer: bytes) -> StateHubError:
    """The error that a problem document tells of."""
    try:
        problem = json.loads(answer)
        detail, extra = str(problem["detail"]), {"errors": problem.get("errors", [])}
    except (ValueError, KeyError, TypeError):
        if status in (404, 405, 501):  # a hub says of these what there is none of
            return Unavailable(
                f"what answers there is no State Hub ({status}); see STATEHUB_API_URL, STATEHUB_API_PORT"
            )
        detail, extra = f"the hub answered {status}", {}
    return _BY_STATUS.get(status, StateHubError)(detail, **extra)
