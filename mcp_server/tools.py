"""How a function becomes a tool that costs little to list: a lean schema, and structured answers without a schema."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any

from mcp.server.mcpserver import MCPServer
from mcp_types import CallToolResult, TextContent, ToolAnnotations
from pydantic import Field

from mcp_server.shapes import dumped

Tool = Callable[..., Awaitable[CallToolResult]]
READS = ToolAnnotations(read_only_hint=True)
WRITES = ToolAnnotations(destructive_hint=False)
SETS = ToolAnnotations(destructive_hint=False, idempotent_hint=True)

Fields = Annotated[str | None, Field(description="columns, with commas")]
Agent = Annotated[str, Field(description="your name")]
ClaimSeq = Annotated[int, Field(description="from claim_task")]


def answered(document: Mapping[str, Any], text: str | None = None) -> CallToolResult:
    """The document as structured content, and as text for clients that read that."""
    content = dumped(document) if text is None else text
    return CallToolResult(content=[TextContent(type="text", text=content)], structured_content=dict(document))


def add(server: MCPServer[Any], tool: Tool, annotations: ToolAnnotations) -> None:
    """Register it under its own name; its docstring says when to use it."""
    server.add_tool(tool, description=" ".join((tool.__doc__ or "").split()), annotations=annotations)
    added = server._tool_manager.get_tool(tool.__name__)
    if added is not None:
        added.parameters = lean(added.parameters)


def lean(schema: Any) -> Any:
    """A schema without what no caller needs: titles, null where an argument may be left out, defaults."""
    if isinstance(schema, list):
        return [lean(inner) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    if (choices := schema.get("anyOf")) and {"type": "null"} in choices and len(choices) == 2:
        (choice,) = (inner for inner in choices if inner != {"type": "null"})
        schema = {**{k: v for k, v in schema.items() if k != "anyOf"}, **choice}
    found = {}
    for name, inner in schema.items():
        if name in ("title", "default", "additionalProperties"):
            continue
        if name == "properties":
            found[name] = {argument: lean(one) for argument, one in inner.items()}
        else:
            found[name] = lean(inner)
    return found


def given(**values: Any) -> dict[str, Any]:
    """The arguments that were given."""
    return {name: value for name, value in values.items() if value is not None}
