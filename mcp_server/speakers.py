"""Who calls a tool, as far as the transport tells."""

import re
from typing import Any
from urllib.parse import unquote

from mcp.server.mcpserver import Context

from mcp_server.hub import Speaker
from mcp_server.names import name_in
from mcp_server.texts import one_line

LONGEST_NAME = 100
# names of HTTP libraries, which name nobody
_LIBRARIES = re.compile(r"python|httpx|node|undici|mozilla|curl|axios|aiohttp|go-http|okhttp|java|deno|bun", re.I)


def speaker_of(context: Context[Any, Any]) -> Speaker:
    """The name that the registration sends (X-StateHub-Author), else clientInfo's, else the User-Agent's."""
    request = context.request_context.request
    headers = getattr(request, "headers", {})
    name = unquote(headers.get("x-statehub-author", ""))
    if not name and (params := context.session.client_params):
        name = params.client_info.name
    if not name:
        name = name_in(headers.get("mcp-session-id", ""))
    if not name:
        agent = headers.get("user-agent", "").split("/")[0].strip()
        name = "" if _LIBRARIES.match(agent) else agent
    return Speaker(one_line(name, LONGEST_NAME) or None, headers.get("authorization"))
