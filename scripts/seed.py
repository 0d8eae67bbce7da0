#!/usr/bin/env python3
"""Loads the canonical domains, topics, keywords and legacy interfaces: `custodian seed`, for who calls a script.

Usage: seed.py [--help]

Reads the settings (STATEHUB_DATABASE_URL, else the embedded database of STATEHUB_DATA_DIR); writes the database, any
number of times: what is there already stays as it is. Exit 0 done, 2 usage, 3 the database cannot be reached.

Example: scripts/seed.py
"""

import os
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
VENV = CHECKOUT / ".venv" / "bin" / "python"


def main() -> int:
    """The exit code; with the checkout's own Python where this one lacks the packages."""
    if {"-h", "--help"} & set(sys.argv[1:]):
        print(__doc__)
        return 0
    if sys.argv[1:]:
        print(f"seed.py takes no {sys.argv[1]!r}; see --help", file=sys.stderr)
        return 2
    sys.path.insert(0, str(CHECKOUT))
    try:
        import psycopg  # noqa: F401  (found out before anything is begun)
        import typer  # noqa: F401
        import yoyo  # noqa: F401
    except ImportError as error:
        if VENV.is_file() and Path(sys.prefix).resolve() != VENV.parent.parent.resolve():
            os.execv(VENV, [str(VENV), __file__])  # noqa: S606  (this script again)
        print(f"seed.py: {error.name} is missing; run `make install`, or use custodian seed", file=sys.stderr)
        return 1
    from statehub.cli.main import main as custodian

    sys.argv = ["custodian", "seed"]
    custodian()
    return 0


if __name__ == "__main__":
    sys.exit(main())
