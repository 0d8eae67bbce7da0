"""For rest: a hub of some size, and what it is asked."""

import json
import random
from collections.abc import Mapping
from typing import Any

WORKPLANS, TASKS, EVENTS = 1_000, 100_000, 100_000
A_SLICE = 10_000
"""Requests that a slice has in stock."""

CONTENT = f"""
set statehub.bulk = on;
insert into managed_repos (slug, name, domain)
select 'repo-' || n, 'Repository ' || n, 'infotech' from generate_series(1, 20) as n;
insert into workplans (code, repo, title, description, owner, status, priority)
select 'WP-' || to_char(n, 'FM0000'), r.id, 'Workplan ' || n, repeat('What it is about. ', 20), 'agent-' || n % 7,
    (array['active', 'finished', 'ready', 'proposed', 'finished'])[1 + n % 5]::workplan_status, n % 5
from generate_series(1, {WORKPLANS}) as n
inner join managed_repos as r on r.slug = 'repo-' || 1 + n % 20;
insert into tasks (code, workplan, title, description, status, priority, assignee, waiting_on, labels, created_at)
select w.code || '-T' || n, w.id, 'Task ' || n || ': replace what is worn', repeat('In detail. ', 10),
    (array['todo', 'done', 'done', 'wait', 'todo', 'done', 'progress', 'done', 'todo', 'cancel'])
    [1 + n / {WORKPLANS} % 10]::task_status, n % 5, case when n % 2 = 0 then 'agent-' || n % 7 end,
    case when n / {WORKPLANS} % 10 = 3 then 'the answer to a question' end, array['label-' || n % 3],
    now() - ({TASKS} - n) * interval '1 minute'
from generate_series(0, {TASKS} - 1) as n
inner join workplans as w on w.code = 'WP-' || to_char(1 + n % {WORKPLANS}, 'FM0000');
alter table task_dependencies disable trigger refuse_cycle;
insert into task_dependencies (task, depends_on)
select t.id, b.id
from generate_series({WORKPLANS}, {TASKS} - 1, 5) as n
inner join tasks as t on lower(t.code) = lower('WP-' || to_char(1 + n % {WORKPLANS}, 'FM0000') || '-T' || n)
inner join tasks as b on t.workplan = b.workplan
    and lower(b.code) = lower('WP-' || to_char(1 + n % {WORKPLANS}, 'FM0000') || '-T' || n - {WORKPLANS});
alter table task_dependencies enable trigger refuse_cycle;
insert into progress_events (summary, author, author_kind, workplan, repo, occurred_at)
select
    'Step ' || n || ' is done, and its tests pass', 'agent-' || n % 7, 'agent', w.id, w.repo,
    now() - n * interval '1 minute'
from generate_series(1, {EVENTS}) as n
inner join workplans as w on w.code = 'WP-' || to_char(1 + n % {WORKPLANS}, 'FM0000');
select fold(), settle();
"""
Asked = tuple[str, str, dict[str, Any] | None]


def workplan(n: int) -> str:
    """The code of one of the workplans."""
    return f"WP-{1 + n % WORKPLANS:04}"


def task(n: int) -> str:
    """The path of one of the tasks."""
    return f"/tasks/{workplan(n)}-T{n}"


def asked(operation: str, n: int, turn: int) -> Asked:
    """Method, path and document of a request about row n; a patch says something new each turn."""
    match operation:
        case "get":
            return "GET", task(n), None
        case "list_todo":
            return "GET", "/tasks?limit=50&status=todo", None
        case "list_workplan":
            return "GET", f"/tasks?limit=50&status=todo&workplan={workplan(n)}", None
        case "create":
            doc = {
                "workplan": workplan(n),
                "title": f"Task {n}: replace what is worn",
                "description": "In detail. " * 10,
            }
            return "POST", "/tasks", {**doc, "priority": n % 5, "assignee": "agent-1", "labels": ["label-1"]}
        case _:
            return (
                "PATCH",
                task(n),
                {"title": f"Task {n}, {turn}. edition", "assignee": f"agent-{turn}", "priority": n % 5},
            )


def headers_of(document: Mapping[str, Any] | None) -> dict[str, str]:
    """What goes with it."""
    return {} if document is None else {"Content-Type": "application/json"}


def requests(operation: str, port: int, turn: int) -> list[bytes]:
    """A slice's requests as bytes, about rows by chance."""
    chance = random.Random(turn)
    return [_request(port, asked(operation, chance.randrange(TASKS), turn)) for _ in range(A_SLICE)]


def _request(port: int, what: Asked) -> bytes:
    method, path, document = what
    body = b"" if document is None else json.dumps(document).encode()
    headers = {"Host": f"127.0.0.1:{port}", **headers_of(document)}
    if document is not None:
        headers["Content-Length"] = str(len(body))
    head = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(head).encode() + body
