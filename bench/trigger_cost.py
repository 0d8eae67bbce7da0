"""What does the ledger cost a writer?

Copies of the table tasks, each with the version trigger, and on top of it: nothing; NOTIFY alone; the ledger
with its NOTIFY (the trigger that watch() makes, totals by status and workplan); a hot counter row with NOTIFY.
Measured are single-row transactions a second, inserts and updates, by 1 and by 16 clients. A listener drains
the notifications, and the ledger is folded each second, as in the app. Then writers in opposite table order:
half of them insert into A and B in one transaction, the others into B and A; deadlocks are counted.

What else a write to tasks costs (its event, foreign keys, checks) is left out on purpose: it would hide the
ledger. pgbench drives it, because on shared cores a client in Python takes more CPU than the server, and
would hide it too. Slices take turns, and are short, so that what is compared saw the same machine; the order
turns with the rounds. A ratio is the median of the rounds' ratios.
"""

import re
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import psycopg
from _common import API, connect, make_database, paired_ratio, report, spread, temporary_server
from _writers import VARIANTS, check_totals, create_tables, refill, write

from statehub.queries import queries

ROUNDS, SLICE_S = 9, 1
OPPOSITE_ROUNDS, OPPOSITE_S = 2, 3
MODES = {
    "insert, 1 client": ("insert", 1, VARIANTS),
    "insert, 16 clients": ("insert", 16, VARIANTS),
    "update, 1 client": ("update", 1, VARIANTS[:3]),
    "update, 16 clients": ("update", 16, VARIANTS[:3]),
}
COLUMNS = ("transactions/s: median (range)", "no trigger", "NOTIFY only", "ledger", "hot counter row")


@contextmanager
def app(url: str) -> Iterator[None]:
    """What the app does beside its writers: one connection listens, another folds each second."""
    stop, tend = threading.Event(), queries()["tend"].encode()

    def listen(connection: psycopg.Connection[Any]) -> None:
        while not stop.is_set():
            for _ in connection.notifies(timeout=0.2):
                pass

    def fold(connection: psycopg.Connection[Any]) -> None:
        while not stop.wait(1):
            connection.execute(tend)

    with closing(connect(url, API)) as listener, closing(connect(url, API)) as folder:
        listener.execute("listen statehub")
        work = ((listen, listener), (fold, folder))
        threads = [threading.Thread(target=target, args=[connection]) for target, connection in work]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            stop.set()
            for thread in threads:
                thread.join()


def main() -> None:
    """Run and report."""
    speed: dict[tuple[str, str], list[float]] = {(m, v): [] for m, (_, _, vs) in MODES.items() for v in vs}
    opposite: dict[str, list[float]] = {"ledger": [], "hot": []}
    deadlocks = {"ledger": 0, "hot": 0}
    with temporary_server() as server, tempfile.TemporaryDirectory() as scripts:
        url, place = make_database(server), Path(scripts)
        create_tables(url)
        with app(url):
            for turn in range(ROUNDS):
                refill(url)
                if turn == 0:  # warm up
                    for variant in VARIANTS:
                        write(url, "insert", variant, 16, SLICE_S, place)
                for mode, (script, clients, variants) in MODES.items():
                    for variant in (*variants[turn % len(variants) :], *variants[: turn % len(variants)]):
                        speed[mode, variant].append(write(url, script, variant, clients, SLICE_S, place)[0])
                for variant in opposite if turn < OPPOSITE_ROUNDS else ():
                    tps, failed = write(url, "opposite", variant, 16, OPPOSITE_S, place)
                    opposite[variant].append(tps)
                    deadlocks[variant] += failed
        check_totals(url)

    ratios: dict[str, float] = {}
    for name, theirs in (("ledger_vs_notify_only", "notify"), ("ledger_vs_no_trigger", "none")):
        one, many, *updates = (paired_ratio(speed[mode, "ledger"], speed[mode, theirs]) for mode in MODES)
        ratios |= {name: min(one, many), f"{name}_1": one, f"{name}_16": many}
        ratios |= {f"{name}_update": updates[0], f"{name}_update_16": updates[1]}
    figures: dict[str, float] = {"deadlocks": deadlocks["ledger"], "hot_counter_deadlocks": deadlocks["hot"]}
    for (mode, variant), values in speed.items():
        figures[re.sub(r"\W+", "_", f"{mode} {variant}")] = median(values)
    figures |= {f"opposite_order_{variant}": median(values) for variant, values in opposite.items()}
    rows = [[m, *(spread(speed[m, v]) if (m, v) in speed else "" for v in VARIANTS)] for m in MODES]
    rows.append(["opposite order, 16 clients", "", "", *(spread(values) for values in opposite.values())])
    rows.append(["deadlocks in it", "", "", *(str(n) for n in deadlocks.values())])
    report("trigger_cost", "What does the ledger cost a writer?", COLUMNS, rows, ratios, figures)


if __name__ == "__main__":
    main()
