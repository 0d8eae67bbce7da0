"""Who writes over HTTP, through any process, and reads what it wrote."""

import random
import uuid
from datetime import UTC, datetime
from typing import Any

from tests.faults.caller import Caller
from tests.faults.checker import Seen
from tests.faults.world import World
from tests.running import Answer

STATUSES = ("wait", "todo", "progress", "done", "cancel")


class HttpWriter:
    """Writes through any process; reads what it wrote through any process."""

    def __init__(self, number: int, world: World, chance: random.Random) -> None:
        self.mark, self.world, self.chance, self.checker = f"M{number}", world, chance, world.checker
        self.callers = world.callers()
        self.number = 0
        self.tasks: list[str] = []
        self.decisions: list[str] = []

    def run(self) -> None:
        while self.world.pause(self.chance, self.mark):
            roll = self.chance.random()
            if roll < 0.45:
                self.retitle()
            elif roll < 0.65:
                self.append()
            else:
                self.touch()

    def any(self) -> Caller:
        return self.chance.choice(self.callers)

    def write(self, method: str, path: str, document: Any) -> Answer | None:
        """The answer of a write that was acknowledged."""
        answer = self.any().call(method, path, document, X_StateHub_Author=self.mark)
        if answer.status in (200, 201):
            self.checker.count("commits")
            return answer
        if answer.status != 503:
            self.checker.wrong(f"{method} {path} answered {answer.status}: {answer.body[:200]!r}")
        return None  # in doubt: it may have been committed

    def retitle(self) -> None:
        """Leave a higher number, and look whether it is shown."""
        self.number += 1
        number = self.number
        answer = self.write("PATCH", f"/workplans/{self.mark}", {"title": f"{self.mark} #{number}"})
        if not answer:
            return
        self.checker.acknowledge(self.mark, number)
        roll = self.chance.random()
        if roll < 0.4:
            seen = self.read_with(answer.headers["X-StateHub-Revision"])
        elif roll < 0.6:
            seen = self.any().summary("?refresh=true")
        else:
            return
        if seen:
            self.checker.count("own writes read")
            self.checker.has(seen, {self.mark: number}, "who wrote it")

    def read_with(self, token: str) -> Seen | None:
        seen = self.any().summary(X_StateHub_Min_Revision=token)
        if seen:
            parts = token.split(".")
            if seen.core < int(parts[1], 36) or seen.progress < int(parts[2], 36):
                self.checker.wrong(f"asked for at least {token}, got {seen.token}")
        return seen

    def append(self) -> None:
        """Append an event; it is in the delta since any moment before, and not in the one since itself."""
        before = self.any().summary() if self.chance.random() < 0.3 else None
        text = f"event {uuid.uuid4()}"
        now = datetime.now(UTC).isoformat()
        answer = self.write("POST", "/progress", {"summary": text, "workplan": self.mark, "occurred_at": now})
        if not answer:
            return
        self.checker.events.add(text)
        own = answer.json["id"]
        token = answer.headers["X-StateHub-Revision"]
        if self.chance.random() < 0.3 and own in (found := self.changes(token)):
            self.checker.wrong(f"event {own} is in the delta since itself: {sorted(found)[:5]}")
        if before and (found := self.changes(before.token)) and own not in found:
            self.checker.wrong(f"event {own} is missing in the delta since {before.token}, before it")

    def changes(self, since: str) -> set[int]:
        """The ids of the events since then; empty when they cannot be had."""
        ids: set[int] = set()
        query = f"since={since}&limit=500"
        while True:
            answer = self.any().call("GET", f"/state/changes?{query}")
            if answer.status != 200:
                return set()
            page = answer.json
            ids |= {item["id"] for item in page["items"]}
            if page["next_cursor"] is None:
                return ids
            query = f"since={since}&limit=500&cursor={page['next_cursor']}"

    def touch(self) -> None:
        """Tasks and decisions: create, change, end."""
        roll = self.chance.random()
        if roll < 0.4 or not self.tasks:
            document = {"workplan": self.mark, "title": "task", "status": self.chance.choice(STATUSES[:3])}
            if answer := self.write("POST", "/tasks", document):
                self.tasks.append(answer.json["code"])
        elif roll < 0.7:
            status = self.chance.choice(STATUSES)
            self.write("PATCH", f"/tasks/{self.chance.choice(self.tasks)}", {"status": status})
        elif roll < 0.8:
            self.write("DELETE", f"/tasks/{self.tasks.pop()}", None)
        elif roll < 0.92 or not self.decisions:
            title = self.chance.choice(["Which way?", "Which contract?"])
            if answer := self.write("POST", "/decisions", {"workplan": self.mark, "title": title}):
                self.decisions.append(answer.json["code"])
        else:
            self.write("DELETE", f"/decisions/{self.decisions.pop()}", None)
