"""Where the SQL files are, and the named queries among them.

A query file holds any number of `-- name: verb_noun` sections; `$1` are its
parameters, as PostgreSQL knows them.
"""

import re
from functools import cache
from pathlib import Path

_NAME = re.compile(r"^--\s*name:\s*(\w+)\s*$", re.MULTILINE)


@cache
def sql_dir() -> Path:
    """The folder `sql/`: inside the installed package, else beside it in a checkout."""
    packaged = Path(__file__).parent / "_sql"
    return packaged if packaged.is_dir() else Path(__file__).parent.parent / "sql"


@cache
def queries() -> dict[str, str]:
    """Every query of `sql/queries/` by its name. Raises ValueError where a name stands twice."""
    found: dict[str, str] = {}
    for path in sorted((sql_dir() / "queries").glob("*.sql")):
        _, *parts = _NAME.split(path.read_text(encoding="utf-8"))
        for name, text in zip(parts[::2], parts[1::2], strict=True):
            if name in found:
                raise ValueError(f"query {name} stands twice (again in {path.name})")
            found[name] = text.strip().rstrip(";")
    return found
