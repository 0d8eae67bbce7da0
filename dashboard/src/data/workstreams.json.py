"""What Workstreams shows first: the filters' choices and the first plans, as components/plans.js names them."""

from typing import Any

from baking import bake

from statehub import calls
from statehub.client import Client

FIRST = 100
FIELDS = "code,title,repo,topic,domain,owner,status,priority,due_at,tasks,finishable,updated_at"


def documents(client: Client) -> dict[str, Any]:
    """The documents by name; `plans` as listing() gives them."""
    plans = client.do(calls.workplans.list(sort="-updated_at", fields=FIELDS, limit=FIRST))
    return {
        "plans": {
            "items": plans["items"],
            "complete": plans["next_cursor"] is None,
            "cut": False,
            "total": len(plans["items"]) if plans["next_cursor"] is None else None,
        },
        "domains": _all(client, calls.domains.list(fields="slug,name", limit=500)),
        "repos": _all(client, calls.repos.list(sort="slug", fields="slug", limit=500)),
        "topics": _all(client, calls.topics.list(sort="slug", fields="slug,title", limit=500)),
    }


def _all(client: Client, call: calls.Call[Any]) -> dict[str, Any]:
    return {"items": list(client.pages(call)), "complete": True}


bake(documents)
