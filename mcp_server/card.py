"""`python -m mcp_server.card` writes TOOLS.md, the reference card, from the server as it is."""

import asyncio
from pathlib import Path

from mcp_server.hub import Hub, Place
from mcp_server.legacy import SUCCESSORS
from mcp_server.server import build_server

CARD = Path(__file__).parent / "TOOLS.md"
HEAD = """# MCP tools

Made by `python -m mcp_server.card`. `*`: needed; `w`: writes. Lists take `detail="full"`, `fields`, `limit`, `cursor`.
How to register the server: [docs/mcp.md](../docs/mcp.md).

| Tool | | Arguments | When |
|---|---|---|---|
"""


async def text() -> str:
    """The card, as Markdown."""
    server = build_server(Hub(lambda: Place("http://127.0.0.1")))
    rows = []
    for tool in await server.list_tools():
        needed = tool.input_schema.get("required", ())
        names = [f"{name}*" if name in needed else name for name in tool.input_schema["properties"]]
        writes = "" if tool.annotations and tool.annotations.read_only_hint else "w"
        when = (tool.description or "").replace("|", "\\|")
        rows.append(f"| `{tool.name}` | {writes} | {' '.join(names)} | {when} |")
    uris = [f"`{resource.uri}`" for resource in await server.list_resources()]
    uris += [f"`{template.uri_template}`" for template in await server.list_resource_templates()]
    prompts = [f"`{prompt.name}`" for prompt in await server.list_prompts()]
    older = [f"`{name}` (`{successor}`)" for name, successor in SUCCESSORS.items()]
    await server.hub.aclose()
    return (
        HEAD
        + "\n".join(rows)
        + f"\n\nResources, all to be subscribed to: {', '.join(uris)}. Prompts: {', '.join(prompts)}.\n"
        f"Older names, callable and not listed: {', '.join(older)}.\n"
    )


if __name__ == "__main__":
    CARD.write_text(asyncio.run(text()), encoding="utf-8")
