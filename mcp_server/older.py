"""Clients of the older protocol era, which are told of changes on their own connection."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

from mcp.server.connection import Connection
from mcp_types import ResourceUpdatedNotification, ResourceUpdatedNotificationParams


@dataclass(eq=False)
class Older:
    """A client of an older version, and what it is yet to be told of: one that does not read holds up nobody."""

    connection: Connection
    uris: set[str] = field(default_factory=set)
    untold: dict[str, None] = field(default_factory=dict)
    telling: asyncio.Task[None] | None = None

    def tell(self, uri: str) -> None:
        """Tell it of this one as soon as it reads; once, however often it changes until then."""
        self.untold[uri] = None
        if self.telling is None or self.telling.done():
            self.telling = asyncio.create_task(self._tell())

    async def _tell(self) -> None:
        while self.untold:
            uri = next(iter(self.untold))
            del self.untold[uri]
            notification = ResourceUpdatedNotification(params=ResourceUpdatedNotificationParams(uri=uri))
            data = notification.model_dump(by_alias=True, mode="json", exclude_none=True)
            with suppress(Exception):  # it has gone, and will be told of nothing more
                await self.connection.notify(data["method"], data["params"])
