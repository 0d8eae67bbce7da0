"""What the Overview shows first: the documents of components/overview.js under the same names."""

import json
from typing import Any

from baking import bake

from statehub import calls
from statehub.client import Client

OPEN = ["proposed", "ready", "active", "blocked", "backlog"]
PLAN = "code,title,repo,status,owner,due_at,tasks,finishable"
TASK = "code,title,workplan,repo,assignee"


def documents(client: Client) -> dict[str, Any]:
    """The documents by name; lists as {"items", "complete"}."""
    return {
        "summary": json.loads(client.get_summary()),
        "repos": _all(client, calls.repos.list(status="active", sort="slug", fields="slug,name,domain", limit=500)),
        "plans": _all(client, calls.workplans.list(status=OPEN, fields=PLAN, limit=500)),
        "working": _all(client, calls.tasks.list(status="progress", fields=TASK, limit=500)),
        "waiting": _all(client, calls.tasks.list(status="wait", fields=TASK, limit=500)),
        "claims": client.do(calls.list_claims(limit=500)),
        "ready": client.do(calls.list_ready_tasks(limit=20)),
    }


def _all(client: Client, call: calls.Call[Any]) -> dict[str, Any]:
    return {"items": list(client.pages(call)), "complete": True}


bake(documents)
