"""All who write in a run, by name."""

import random
from functools import partial

from tests.faults.http_writer import HttpWriter
from tests.faults.sql_writer import SqlWriter, tend
from tests.faults.world import Worker, World


def _http(number: int, world: World, chance: random.Random) -> None:
    HttpWriter(number, world, chance).run()


def _sql(number: int, late: bool, world: World, chance: random.Random) -> None:
    SqlWriter(number, world, chance, late).run()


WRITERS: dict[str, Worker] = {
    **{f"http_{number}": partial(_http, number) for number in (1, 2, 3)},
    **{f"sql_{number}": partial(_sql, number, False) for number in (4, 5, 6)},
    **{f"late_{number}": partial(_sql, number, True) for number in (7, 8)},
    "tend": tend,
}
