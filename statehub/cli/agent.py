"""The agent's loop: what is ready, take one, keep it, finish or give it back. Imports little: it runs all day."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from statehub.cli.output import Json, print_json
from statehub.errors import NotFound

if TYPE_CHECKING:
    from statehub.client import Client

app = typer.Typer()

LONGEST_WAIT_S = 55.0
Agent = Annotated[str | None, typer.Option(help="Who works: else STATEHUB_AGENT, else the user's name.")]
Task = Annotated[str | None, typer.Argument(help="Its code; may be left out by an agent that holds one task.")]
Number = Annotated[
    int | None, typer.Option("--claim", min=1, help="The number of the claim, where it was taken elsewhere.")
]
Repo = Annotated[str | None, typer.Option(help="Of this repository only.")]
Workplan = Annotated[str | None, typer.Option(help="Of this workplan only.")]
Domain = Annotated[str | None, typer.Option(help="Of repositories of this domain only.")]
Tag = Annotated[list[str] | None, typer.Option(help="Of repositories with this capability tag; several: all of them.")]
MaxPriority = Annotated[int | None, typer.Option(min=0, max=4, help="No less urgent than this (0 is most urgent).")]
Lease = Annotated[
    float | None, typer.Option(min=1, help="Seconds until the claim runs out; else the hub's STATEHUB_LEASE.")
]


@app.command("next")
def next_tasks(
    repo: Repo = None,
    workplan: Workplan = None,
    domain: Domain = None,
    tag: Tag = None,
    max_priority: MaxPriority = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="How many.")] = 10,
    agent: Agent = None,
    as_json: Json = False,
) -> None:
    """List the tasks that are ready, in the order in which they are handed out; exit 5 where there is none.

    Reads GET /tasks/ready; writes nothing. What is assigned to others is left out.

    Example: custodian next --repo my-repo --json
    """
    from statehub import calls

    asked: dict[str, Any] = {
        "repo": repo, "workplan": workplan, "domain": domain, "tag": tag, "max_priority": max_priority, "limit": limit,
    }  # fmt: skip
    with _connected(agent) as (client, name):
        found = client.do(calls.list_ready_tasks(agent=name, **asked))["items"]
    if as_json:
        print_json("custodian/next/1", items=found)
    elif found:
        from statehub.cli.text import clean

        width = max(len(task["code"]) for task in found)
        for task in found:
            due = f"  due {task['due_at'][:10]}" if task["due_at"] else ""
            typer.echo(f"{task['code']:<{width}}  P{task['priority']}  {clean(task['title'])}{due}")
    if not found:
        raise NotFound("nothing is ready; see what is in the way with: custodian why TASK")


@app.command()
def claim(
    task: Annotated[str | None, typer.Argument(help="This one; else the next that is ready.")] = None,
    repo: Repo = None,
    workplan: Workplan = None,
    domain: Domain = None,
    tag: Tag = None,
    max_priority: MaxPriority = None,
    lease: Lease = None,
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait until something is ready.")] = 0.0,
    agent: Agent = None,
    as_json: Json = False,
) -> None:
    """Take a task that is ready: nobody else gets it while the lease runs. Exit 5: nothing ready; 4: somebody has it.

    Writes through POST /tasks/claim; remembers the number of the claim below XDG_STATE_HOME, where heartbeat, done and
    release find it.

    Example: custodian claim --repo my-repo --wait 600
    """
    import time

    from statehub import calls
    from statehub.cli import held

    asked: dict[str, Any] = {
        "task": task, "repo": repo, "workplan": workplan, "domain": domain, "tags": tag, "max_priority": max_priority,
        "lease_s": lease,
    }  # fmt: skip
    given = {name: value for name, value in asked.items() if value is not None}
    deadline = time.monotonic() + wait
    with _connected(agent) as (client, name):
        while True:
            left = max(0.0, deadline - time.monotonic())
            found = client.do(calls.claim_task(name, wait_s=min(left, LONGEST_WAIT_S), **given))
            if found is not None or left <= LONGEST_WAIT_S:
                break
        if found is None:
            raise NotFound("nothing is ready; see what is in the way with: custodian why TASK, or wait with --wait")
        held.remember(name, {"task": found["task"]["code"], "claim_seq": found["claim_seq"], "hub": client.base_url})
    if as_json:
        print_json("custodian/claim/1", agent=name, **found)
        return
    from statehub.cli.text import clean, clean_lines

    row = found["task"]
    code = row["code"]
    typer.echo(f"{code}  {clean(row['title'])}")
    due = f", due {row['due_at'][:10]}" if row["due_at"] else ""
    typer.echo(f"  {row['repo']}, workplan {row['workplan']}, priority {row['priority']}{due}")
    typer.echo(f"  claim {found['claim_seq']} of {clean(name)}, until {found['lease_expires_at'][:19]} UTC")
    if row["description"]:
        typer.echo("\n" + clean_lines(row["description"], "  ") + "\n")
    typer.echo(f"keep it: custodian heartbeat {code}")
    typer.echo(f"finish or give back: custodian done {code}, custodian release {code}")


@app.command()
def heartbeat(
    task: Task = None, number: Number = None, lease: Lease = None, agent: Agent = None, as_json: Json = False
) -> None:
    """Keep a claim: its lease starts anew. Exit 4: somebody else took the task over.

    Writes through POST /tasks/TASK/heartbeat; moves no revision, leaves no event.

    Example: custodian heartbeat MY-REPO-WP-0001-T01
    """
    from statehub import calls

    with _connected(agent) as (client, name):
        code, seq = _held(client, name, task, number)
        found = client.do(calls.heartbeat_task(code, name, seq, lease_s=lease))
    if as_json:
        print_json("custodian/heartbeat/1", **found)
        return
    typer.echo(f"{found['task']} is yours until {found['lease_expires_at'][:19]} UTC")


@app.command()
def done(
    task: Task = None,
    summary: Annotated[str | None, typer.Option(help="What was done, for the log.")] = None,
    number: Number = None,
    agent: Agent = None,
    as_json: Json = False,
) -> None:
    """Finish a claimed task, and see which ones became ready by it. Exit 4: somebody else holds it now.

    Writes through POST /tasks/TASK/complete.

    Example: custodian done --summary "measured: 3 ms"
    """
    from statehub import calls
    from statehub.cli import held

    with _connected(agent) as (client, name):
        code, seq = _held(client, name, task, number)
        found = client.do(calls.complete_task(code, name, seq, summary=summary))
        held.forget(name, code)
    if as_json:
        print_json("custodian/done/1", **found)
        return
    typer.echo(f"{found['task']['code']} is done")
    for unblocked in found["unblocked"]:
        typer.echo(f"{unblocked} is ready now")


@app.command()
def release(
    task: Task = None,
    reason: Annotated[str | None, typer.Option(help="Why, for the log and for who takes it next.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Take the claim away from whoever holds the task.")] = False,
    number: Number = None,
    agent: Agent = None,
    as_json: Json = False,
) -> None:
    """Give a claimed task back: it is ready again. Exit 4: somebody else holds it.

    Writes through POST /tasks/TASK/release.

    Example: custodian release MY-REPO-WP-0001-T01 --reason "needs a decision first"
    """
    from statehub import calls
    from statehub.cli import held

    with _connected(agent) as (client, name):
        if force:
            code, seq = task or held.only_task(name, client.base_url), number
        else:
            code, seq = _held(client, name, task, number)
        found = client.do(calls.release_task(code, name, seq, reason=reason, force=force))
        held.forget(name, code)
    if as_json:
        print_json("custodian/release/1", task=found)
        return
    typer.echo(f"{found['code']} is {found['status']} again")


@app.command()
def why(task: Annotated[str, typer.Argument(help="Its code.")], as_json: Json = False) -> None:
    """Say why a task is ready, or what is in its way: dependencies, workplan, claim, status.

    Reads GET /tasks/TASK/why; writes nothing.

    Example: custodian why MY-REPO-WP-0001-T01
    """
    from statehub import calls
    from statehub.cli.text import clean

    with _connected(None) as (client, _):
        found = client.do(calls.why_task(task))
    if as_json:
        print_json("custodian/why/1", **found)
        return
    typer.echo(f"{found['task']} is {'' if found['ready'] else 'not '}ready: {clean(found['title'])}")
    for sentence in found["why"]:
        typer.echo(f"  {clean(sentence)}")


def _held(client: "Client", agent: str, task: str | None, number: int | None) -> tuple[str, int]:
    """The task, and the number of the agent's claim on it."""
    from statehub.cli import held

    code = task or held.only_task(agent, client.base_url)
    return code, number or held.claim_seq_of(agent, code, client.base_url)


def _connected(agent: str | None) -> Any:
    """A context: the client, and who works."""
    from statehub.cli.connect import connected_as

    return connected_as(agent)
