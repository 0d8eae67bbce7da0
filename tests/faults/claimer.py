"""An agent as a process: claims, works, finishes, until nothing is left. Tells each thing on a line of stdout.

Nothing but the standard library, so that many of them start soon.
"""

import http.client
import json
import random
import sys
import time
from typing import Any

PLAN, LEASE_S = "FAULTS-WP-0001", 1.0
PATIENCE_S = 60.0


class Hub:
    """The API behind several ports, any of which will do."""

    def __init__(self, ports: list[int], chance: random.Random) -> None:
        self.connections = [http.client.HTTPConnection("127.0.0.1", port, timeout=30) for port in ports]
        self.chance = chance

    def ask(self, method: str, path: str, document: Any = None) -> tuple[int, Any]:
        """Status and answer; what breaks off or is refused for the moment is asked again, under the same key."""
        headers = {"Content-Type": "application/json", "Idempotency-Key": self.chance.randbytes(16).hex()}
        body = None if document is None else json.dumps(document)
        while True:
            connection = self.chance.choice(self.connections)
            try:
                connection.request(method, path, body, headers if body else {})
                response = connection.getresponse()
                text = response.read()
            except (OSError, http.client.HTTPException):
                connection.close()
                continue
            if response.status != 503:
                return response.status, json.loads(text) if text else None
            time.sleep(0.05)


def tell(word: str, *rest: object) -> None:
    """A line, at once: the process may be killed after it."""
    print(word, *rest, flush=True)


def main(agent: str, kind: str, seed: str, *ports: str) -> None:
    """`kind`: steady; doomed, who stops with a task in hand to be killed; late, who finishes when it is overtaken."""
    chance, held = random.Random(seed), 0  # noqa: S311
    hub = Hub([int(port) for port in ports], chance)
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        status, claim = hub.ask("POST", "/tasks/claim", {"agent": agent, "lease_s": LEASE_S, "wait_s": 2})
        if status == 204:
            if hub.ask("GET", f"/workplans/{PLAN}")[1]["finishable"]:
                return
            continue
        assert status == 200, claim
        task, number = claim["task"]["code"], claim["claim_seq"]
        held += 1
        until = time.monotonic() + PATIENCE_S  # it is getting on
        tell("claimed", task, number)
        if kind == "doomed" and held == 2:
            tell("holding", task, number)
            time.sleep(PATIENCE_S)
        if kind == "late" and held == 2:
            # it is overtaken, for certain
            while is_mine(hub, task, agent, number) and time.monotonic() < until:
                time.sleep(0.05)
        elif chance.random() < 0.3:
            hub.ask("POST", f"/tasks/{task}/heartbeat", {"agent": agent, "claim_seq": number})
        words = {"agent": agent, "claim_seq": number, "summary": "done"}
        status, answer = hub.ask("POST", f"/tasks/{task}/complete", words)
        tell({200: "done", 409: "refused"}.get(status, f"error {status} {answer}"), task, number)


def is_mine(hub: Hub, task: str, agent: str, number: int) -> bool:
    """Whether this claim still holds the task."""
    claim = hub.ask("GET", f"/tasks/{task}/why")[1]["claim"]
    return claim is not None and (claim["claimed_by"], claim["claim_seq"]) == (agent, number)


if __name__ == "__main__":
    main(*sys.argv[1:])
