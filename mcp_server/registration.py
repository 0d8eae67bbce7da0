"""`register_repo_from_classification`: the only tool that reads a file, and it reads that one file."""

import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp_types import CallToolResult
from pydantic import Field

from mcp_server import shapes
from mcp_server.hub import Hub
from mcp_server.tools import SETS, add, answered
from statehub import calls
from statehub.repos.classification import FILE_NAME, MAX_BYTES, SLUG, read


def below_roots(place: str, roots: Sequence[Path]) -> Path:
    """The repository at that path, with every link followed. Raises ToolError where it is not one that may be read."""
    if not roots:
        raise ToolError(
            "no path may be read: STATEHUB_REPO_ROOTS lists no directory. Set it where the hub is started, or name a "
            "repository that is registered by its slug"
        )
    found = Path(os.path.realpath(Path(place).expanduser()))
    if not any(found.is_relative_to(os.path.realpath(root)) for root in roots):
        raise ToolError("that path is not below a directory of STATEHUB_REPO_ROOTS, once its links are followed")
    if not found.is_dir() or not (found / ".git").exists():
        raise ToolError(f"that path is no git repository; name the directory that has .git and {FILE_NAME}")
    return found


def content_of(repository: Path) -> bytes:
    """The classification file as it is. A link, a device or a pipe is not read."""
    try:
        file = os.open(repository / FILE_NAME, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if isinstance(error, FileNotFoundError):
            raise ToolError(
                f"there is no {FILE_NAME} in that repository; custodian classify --init writes one"
            ) from None
        raise ToolError(f"{FILE_NAME} is a link, or cannot be read; it must be a file of the repository") from None
    with os.fdopen(file, "rb") as opened:
        if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
            raise ToolError(f"{FILE_NAME} is no file")
        return opened.read(MAX_BYTES + 1)


def register(server: MCPServer[Any], hub: Hub, roots: Sequence[Path]) -> None:
    """Add the tool."""

    async def register_repo_from_classification(
        repo: Annotated[str, Field(description="slug, or absolute path")],
    ) -> CallToolResult:
        """Register a repository by its .repo-classification.yaml, or read it again after it has changed."""
        expected = None
        if SLUG.fullmatch(repo):
            expected = repo
            row = await hub.do(calls.repos.get(repo))
            if not row["path"]:
                raise ToolError(f"{repo} is registered without a path; name its path, or set it in the hub")
            place = Path(row["path"]).resolve()  # noqa: ASYNC240  (a look at the disk)
        else:
            place = below_roots(repo, roots)
        topics = tuple(
            [topic["slug"] for topic in (await hub.do(calls.topics.list(limit=500, fields="slug")))["items"]]
        )
        reading = read(content_of(place), FILE_NAME, topics)
        if reading.classification is None:
            raise ToolError("; ".join(str(problem) for problem in reading.problems[:10]))
        found = reading.classification
        if expected is not None and found.slug != expected:
            raise ToolError(f"the file at the path of {expected} says slug {found.slug}; mend one of them")
        row = await hub.do(calls.classify_repo(found.slug, {**found.document(), "path": str(place)}))
        warnings = {"warnings": [str(problem) for problem in reading.problems]} if reading.problems else {}
        return answered(
            shapes.whole(shapes.picked(row, "slug", "name", "category", "domain", "path", "status") | warnings)
        )

    add(server, register_repo_from_classification, SETS)
