"""Who follows: the delta by chained tokens, and the stream of events."""

import random
import socket
from collections import Counter
from dataclasses import dataclass, field

from tests.faults.caller import Caller
from tests.faults.checker import Checker
from tests.faults.world import World


@dataclass
class Follower:
    """Asks again and again what changed since its last token; keeps every event it was given."""

    token: str
    events: Counter[int] = field(default_factory=Counter)

    def follow(self, world: World, chance: random.Random) -> None:
        callers = world.callers()
        while not world.over.wait(chance.uniform(0, 0.15)):
            self.catch_up(callers, chance)

    def catch_up(self, callers: list[Caller], chance: random.Random) -> bool:
        """All pages since the token, by any process; false when they could not be had, and will be asked for again."""
        limit = chance.choice([1, 7, 100, 500]) if len(self.events) < 200 else chance.choice([20, 100, 500])
        query, found, token = f"since={self.token}&limit={limit}", Counter[int](), ""
        while True:
            answer = chance.choice(callers).call("GET", f"/state/changes?{query}")
            if answer.status != 200:
                if answer.status not in (0, 503):
                    callers[0].checker.wrong(f"/state/changes answered {answer.status}: {answer.body[:200]!r}")
                return False
            page = answer.json
            if token and page["token"] != token:
                callers[0].checker.wrong("the pages of one delta have different tokens")
            token = page["token"]
            found.update(item["id"] for item in page["items"])
            if page["next_cursor"] is None:
                break
            query = f"since={self.token}&limit={limit}&cursor={page['next_cursor']}"
        self.events += found
        self.token = token
        callers[0].checker.count("deltas")
        return True

    def judge(self, checker: Checker, committed: set[int]) -> None:
        """Exactly these, each once."""
        if twice := [event for event, times in self.events.items() if times > 1]:
            checker.wrong(f"/state/changes gave {len(twice)} events twice, such as {twice[0]}")
        if skipped := committed - set(self.events):
            checker.wrong(f"/state/changes skipped {len(skipped)} of {len(committed)} events, such as {min(skipped)}")
        if invented := set(self.events) - committed:
            checker.wrong(f"/state/changes gave {len(invented)} events that are not committed")


@dataclass
class Stream:
    """A client of /state/events; `last` is the revision it was told of, by section."""

    process: int
    last: dict[str, int] = field(default_factory=dict)

    def follow(self, world: World, _chance: random.Random) -> None:
        with socket.create_connection(("127.0.0.1", world.ports[self.process]), timeout=30) as connection:
            connection.sendall(b"GET /state/events HTTP/1.0\r\nHost: localhost\r\n\r\n")
            connection.settimeout(0.2)
            received = b""
            while not world.over.is_set():
                try:
                    if not (some := connection.recv(2**16)):
                        world.checker.wrong(f"the stream of process {self.process} ended")
                        return
                except TimeoutError:
                    continue
                *messages, received = (received + some).split(b"\n\n")
                for message in messages:
                    self.take(message.decode(), world.checker)

    def take(self, message: str, checker: Checker) -> None:
        """A message of the stream: the revision of a section, which never goes back, and its token."""
        fields = dict(line.split(": ", 1) for line in message.split("\n") if ": " in line and line[0] != ":")
        if fields.get("event") != "change":
            return
        checker.count("messages")
        core, progress = (int(part, 36) for part in fields["id"].split(".")[1:3])
        for section, revision in (("core", core), ("progress", progress)):
            if f'"section":"{section}"' in fields["data"].replace(" ", ""):
                if f'"revision":{revision}' not in fields["data"].replace(" ", ""):
                    checker.wrong(f"a message's id and data differ: {message!r}")
                if revision < self.last.get(section, -1):
                    checker.wrong(f"the stream of process {self.process} went back to {section} {revision}")
                self.last[section] = revision
