"""What does a summary hit cost?

Requests a second, and the time of one, under uvicorn with the hub's own options, one process, 16 connections:

hit           the hub, nothing changed since its snapshot; also with gzip, and 304 to what client.py asks again
unguarded     the hub without its guard, and without the headers that keep a browser from showing or embedding an answer
hit_token     a hub that asks for an access token, and is sent it
constant      the limit: an ASGI application of two messages that answers the same body, with two headers
earlier       the earlier design, which asks the database on every request (earlier_design.py), same database

Slices take turns; a ratio is the median of the ratios of neighbours. `cpu_us` is the CPU time of the server's thread
for a request, where /proc tells; Postgres is not in it, nor is what else the machine does. On a busy machine, where
nobody has a core of their own, requests/s of hit and constant come too close to each other, and the earlier design,
which needs Postgres beside it, falls behind by far more: `hit_vs_constant_cpu` and the CPU times are then truer.
"""

import json
import os
import signal
import socket
import sys
import tempfile
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import uvicorn
from _common import IN_MEMORY, OWNER, connect, make_database, paired_ratio, report, spread, temporary_server
from _load import CLIENTS, Load, load
from _serving import Running, running
from earlier_design import INDEXES
from starlette.types import ASGIApp, Receive, Scope, Send

from statehub import rendered
from statehub.access import generate, parse
from statehub.app import create_app, uvicorn_options
from statehub.routes.summary import PATH
from statehub.settings import Settings

REVISION, MIN_REVISION = "X-StateHub-Revision", "X-StateHub-Min-Revision"
ROUNDS, SLICE_S, LIFETIME_S = 5, 1, 150
ACCESS = "STATEHUB_BENCH_TOKEN"
# what is measured in a turn, after constant and hit, or hit and constant: next to what it is compared with
TURNS = (("unguarded", "hit_token"), ("hit_304",), ("earlier",), ("hit_gzip",))
CONTENT = """
set statehub.bulk = on;
insert into managed_repos (slug, name, domain)
select 'repo-' || n, 'Repository ' || n, 'infotech' from generate_series(1, 20) as n;
insert into workplans (code, repo, topic, title, description, owner, status, priority, due_at)
select 'WP-' || to_char(n, 'FM0000'), r.id, t.id, 'Workplan ' || n || ': move the service to its new home',
    repeat('What it is about. ', 20), 'agent-' || n % 7,
    (array['active', 'active', 'ready', 'blocked', 'proposed', 'finished'])[1 + n % 6]::workplan_status, n % 5,
    case when n % 3 = 0 then now() + n * interval '1 day' end
from generate_series(1, 60) as n
inner join managed_repos as r on r.slug = 'repo-' || 1 + n % 20
left join (select id, row_number() over (order by slug) as place from topics) as t on t.place = 1 + n % 8;
insert into tasks (code, workplan, title, description, status, priority, assignee, waiting_on)
select w.code || '-T' || n, w.id, 'Task ' || n || ': replace what is worn', repeat('In detail. ', 10),
    case when n > 1000 then 'done' else (array['todo', 'wait', 'todo', 'progress', 'todo'])[1 + n % 5] end::task_status,
    n % 5, case when n % 2 = 0 then 'agent-' || n % 7 end, case when n % 5 = 1 then 'the answer to a question' end
from generate_series(1, 21000) as n
inner join (select id, code, row_number() over (order by code) as place from workplans) as w on w.place = 1 + n % 60;
insert into decisions (workplan, title, context)
select w.id, 'Which of the two ways for ' || w.code || '?', repeat('There are two ways. ', 10)
from workplans as w where w.priority < 2;
insert into progress_events (summary, author, author_kind, workplan, repo, occurred_at)
select
    'Step ' || n || ' is done, and its tests pass', 'agent-' || n % 7, 'agent', w.id, w.repo,
    now() - n * interval '1 minute'
from generate_series(1, 50000) as n
inner join (select id, repo, row_number() over (order by code) as place from workplans) as w on w.place = 1 + n % 60;
select fold(), settle();
"""


def constant(body: bytes) -> ASGIApp:
    """The least that an ASGI application can do for that body."""
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    start = {"type": "http.response.start", "status": 200, "headers": headers}
    rest = {"type": "http.response.body", "body": body}

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send(start)
        await send(rest)

    return app


def serve(name: str, fd: str, source: str) -> None:
    """Run one of the servers on a listening socket; `source` is its database, or the file with its body."""
    signal.alarm(LIFETIME_S)  # so that it ends even where the benchmark was killed
    tokens = (parse(os.environ[ACCESS]),) if name == "token" else ()
    settings = Settings(data_dir=Path(__file__).parent / "no-such-directory", api_token=tokens)
    options = uvicorn_options(settings)
    app: Any
    match name:
        case "hub" | "token":
            app = create_app(settings, source)
        case "unguarded":
            setattr(rendered, "PLAIN", ())  # noqa: B010  (its type would not let us)
            app = getattr(create_app(settings, source), "app")  # noqa: B009  (the guard's)
        case "earlier":
            from earlier_design import create_app as create_earlier

            app = create_earlier(source, CLIENTS)
        case _:
            app, options["lifespan"] = constant(Path(source).read_bytes()), "off"
    with socket.socket(fileno=int(fd)) as listening:
        uvicorn.Server(uvicorn.Config(app, **options)).run(sockets=[listening])


@dataclass(frozen=True)
class Variant:
    """What is measured: a server, and how it is asked."""

    server: Running
    headers: dict[str, str]
    loads: list[Load] = field(default_factory=list)
    cpu_us: list[float] = field(default_factory=list)

    def measure(self) -> None:
        """One slice."""
        before = self.server.cpu_s()
        measured = load(self.server.port, PATH, self.headers, SLICE_S)
        self.loads.append(measured)
        self.cpu_us.append((self.server.cpu_s() - before) / (measured.rps * SLICE_S) * 1e6)


def check(variants: dict[str, Variant]) -> None:
    """Each is what its name says, and all answer with the same sections."""
    documents = {}
    for name, variant in variants.items():
        answer, body = variant.server.ask("GET", PATH, variant.headers)
        label = answer.headers.get("X-StateHub-Cache")
        assert answer.status == (304 if name == "hit_304" else 200), (name, answer.status)
        assert label == ("hit-revision" if name.startswith(("hit", "unguarded")) else None), (name, label)
        assert ("Content-Security-Policy" in answer.headers) == name.startswith("hit"), name
        assert answer.headers.get("Content-Encoding") == ("gzip" if name == "hit_gzip" else None), name
        if name in ("hit", "constant", "earlier"):
            documents[name] = {k: v for k, v in json.loads(body).items() if k not in ("generated_at", "revision")}
    assert documents["hit"] == documents["constant"] == documents["earlier"]


def main() -> None:
    """Run and report."""
    os.environ[ACCESS] = token = generate(None).word
    with ExitStack() as stack:
        url = make_database(stack.enter_context(temporary_server(IN_MEMORY)))
        with closing(connect(url, OWNER + " -c statehub.author=bench")) as owner:
            owner.execute(CONTENT + INDEXES)
            owner.execute("analyze")
        hub = stack.enter_context(running(__file__, "hub", url))
        answer, body = hub.ask("GET", PATH, {})
        with tempfile.NamedTemporaryFile() as file:
            file.write(body)
            file.flush()
            limit = stack.enter_context(running(__file__, "constant", file.name))
            limit.ask("GET", PATH, {})
        variants = {
            "hit": Variant(hub, {}),
            "constant": Variant(limit, {}),
            "hit_304": Variant(hub, {"If-None-Match": answer.headers["ETag"], MIN_REVISION: answer.headers[REVISION]}),
            "hit_gzip": Variant(hub, {"Accept-Encoding": "gzip"}),
            "earlier": Variant(stack.enter_context(running(__file__, "earlier", url)), {}),
            "unguarded": Variant(stack.enter_context(running(__file__, "unguarded", url)), {}),
            "hit_token": Variant(
                stack.enter_context(running(__file__, "token", url)), {"Authorization": f"Bearer {token}"}
            ),
        }
        for name in ("unguarded", "hit_token"):  # the first answer is a miss
            variants[name].server.ask("GET", PATH, variants[name].headers)
        check(variants)
        for turn in range(ROUNDS * len(TURNS)):
            pair = ("hit", "constant") if turn % 2 else ("constant", "hit")
            for name in (*pair, *TURNS[turn % len(TURNS)]):
                variants[name].measure()
        check(variants)

    rps = {name: [measured.rps for measured in variant.loads] for name, variant in variants.items()}
    cpu = {name: variant.cpu_us for name, variant in variants.items()}
    beside = {name: slice(place, None, len(TURNS)) for place, names in enumerate(TURNS) for name in names}
    ratios = {"hit_vs_constant": paired_ratio(rps["hit"], rps["constant"])}
    for name in ("hit_304", "hit_gzip"):
        ratios[f"{name}_vs_constant"] = paired_ratio(rps[name], rps["constant"][beside[name]])
    ratios["hit_vs_earlier_design"] = paired_ratio(rps["hit"][beside["earlier"]], rps["earlier"])
    ratios["guarded_vs_unguarded"] = paired_ratio(rps["hit"][beside["unguarded"]], rps["unguarded"])
    ratios["guarded_by_token_vs_unguarded"] = paired_ratio(rps["hit_token"], rps["unguarded"])
    if all(cpu["hit"]):
        ratios["hit_vs_constant_cpu"] = paired_ratio(cpu["constant"], cpu["hit"])
        ratios["guarded_vs_unguarded_cpu"] = paired_ratio(cpu["unguarded"], cpu["hit"][beside["unguarded"]])
        ratios["guarded_by_token_vs_unguarded_cpu"] = paired_ratio(cpu["unguarded"], cpu["hit_token"])
    figures: dict[str, float] = {"body_bytes": len(body)}
    rows = []
    for name, variant in variants.items():
        p50, p99 = (median(getattr(m, field) for m in variant.loads) for field in ("p50_ms", "p99_ms"))
        cpu_us = median(variant.cpu_us)
        figures |= {f"{name}_rps": median(rps[name]), f"{name}_p50_ms": p50, f"{name}_p99_ms": p99}
        figures |= {f"{name}_cpu_us": cpu_us} if cpu_us else {}
        rows.append([name, spread(rps[name]), f"{p50:.2f}", f"{p99:.2f}", f"{cpu_us:.0f}"])
    report(
        "read_summary",
        "What does a summary hit cost?",
        [f"{len(body) / 1000:.0f} kB, {CLIENTS} connections", "requests/s", "p50 ms", "p99 ms", "CPU us"],
        rows,
        ratios,
        figures,
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve(*sys.argv[2:])
    else:
        main()
