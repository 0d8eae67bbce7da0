"""From a request to the handler of its operation, by one look into a table: every request pays for this."""

from collections.abc import Iterable
from typing import NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send

from statehub.routes.operation import Handler, Operation
from statehub.routes.respond import on_error


class Path(NamedTuple):
    """A path with names in some places, and what its methods are handled by."""

    names: tuple[tuple[int, str], ...]
    fixed: tuple[tuple[int, str], ...]
    handlers: dict[str, Handler]


class Dispatch:
    """The ASGI application of these operations. What is raised in a handler becomes a problem document."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        paths: dict[str, Path] = {}
        # by the first part and how many there are; in each, paths with more fixed parts first
        self._paths: dict[tuple[str, int], list[Path]] = {}
        for operation in operations:
            if operation.handle is None:
                continue
            if operation.path not in paths:
                parts = operation.path.split("/")[1:]
                named = tuple((n, part.strip("{}")) for n, part in enumerate(parts) if part.startswith("{"))
                fixed = tuple((n, part) for n, part in enumerate(parts) if not part.startswith("{"))
                paths[operation.path] = Path(named, fixed, {})
                self._paths.setdefault((parts[0], len(parts)), []).append(paths[operation.path])
            paths[operation.path].handlers[operation.method] = operation.handle
        for alike in self._paths.values():
            alike.sort(key=lambda path: -len(path.fixed))

    def takes(self, scope: Scope) -> bool:
        """Whether an operation takes this method at this path."""
        found = self._find(scope["path"].rstrip("/") or "/")
        return found is not None and _method(scope) in found[0].handlers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if path.endswith("/") and path != "/":
            scope["path"] = path = path.rstrip("/") or "/"
        request = Request(scope, receive, send)
        try:
            found = self._find(path)
            if found is None:
                raise HTTPException(404)
            handler = found[0].handlers.get(_method(scope))
            if handler is None:
                known = {*found[0].handlers, *(["HEAD"] if "GET" in found[0].handlers else [])}
                raise HTTPException(405, headers={"Allow": ", ".join(known)})
            scope["path_params"] = found[1]
            response = await handler(request)
        except ClientDisconnect:
            return  # nobody is there to be answered
        except Exception as error:
            response = await on_error(request, error)
        await response(scope, receive, send)

    def _find(self, path: str) -> tuple[Path, dict[str, str]] | None:
        parts = path.split("/")[1:]
        for known in self._paths.get((parts[0], len(parts)), ()):
            if all(parts[n] == part for n, part in known.fixed) and all(parts[n] for n, _ in known.names):
                return known, {name: parts[n] for n, name in known.names}
        return None


def _method(scope: Scope) -> str:
    method: str = scope["method"]
    return "GET" if method == "HEAD" else method
