"""The hub's database for the commands that touch it: its address, and a psql shell."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

from statehub import embedded
from statehub.cli.connect import user
from statehub.errors import StateHubError, Unavailable
from statehub.settings import Settings


@contextmanager
def attached() -> Iterator[str]:
    """The database's URL for the owner; the embedded server runs while anybody uses it, and longer if it did before."""
    settings = Settings.load()
    if url := settings.migrate_url or settings.database_url:
        yield url
        return
    with embedded.in_use(settings.data_dir) as start:
        yield start().url()


def running_url() -> str:
    """The URL of a database that runs. Raises Unavailable where the embedded one does not."""
    settings = Settings.load()
    if settings.database_url:
        return settings.database_url
    if server := embedded.find(settings.data_dir):
        return server.url()
    raise Unavailable("the hub's database does not run; start it with: custodian up")


def psql(args: list[str], *, write: bool) -> int:
    """Run psql until it ends; its exit code."""
    settings = Settings.load()
    with attached() as url:
        program = shutil.which("psql")
        if not settings.database_url and (server := embedded.find(settings.data_dir)):
            program = str(embedded.binary("psql", server.version))
        if not program:
            raise StateHubError("psql is not on the PATH; install PostgreSQL's client, or unset STATEHUB_DATABASE_URL")
        role = "statehub_api" if write else "statehub_ro"
        options = f"-c role={role} -c search_path=statehub -c statehub.author={_escaped(user())}"
        if not write:
            options += " -c default_transaction_read_only=on"
        # the options travel in the URL: an address that has some of its own would win over PGOPTIONS
        joined = f"{url}{'&' if '?' in url else '?'}options={quote(options)}"
        environment = os.environ | {"PGAPPNAME": "custodian psql"}
        return subprocess.run([program, "--dbname", joined, *args], env=environment, check=False).returncode


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace(" ", "\\ ")
