#!/usr/bin/env python3
"""No longer needed. It once put a `cwd` into the .mcp.json entry that started State Hub's MCP server as a process.

Usage: patch_mcp_cwd.py [FILE…]    else the .mcp.json of the working directory, where there is one

The MCP server runs with the hub (`custodian up`) and is reached by HTTP: no command, no working directory. This reads
each FILE (.mcp.json, or ~/.claude.json), says which entries are of the old kind and what takes their place, and changes
nothing.
Exit 0 nothing old is there, 1 something is, 2 a file is no JSON, or usage, 5 a file is not there.

Example: scripts/patch_mcp_cwd.py .mcp.json
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from statehub.cli.claude_code import NAME, McpServer, server_of
from statehub.cli.json_file import read_object
from statehub.cli.project_files import content_of
from statehub.cli.text import clean
from statehub.errors import StateHubError
from statehub.settings import Settings

OURS = re.compile(r"state-?hub|mcp_server|custodian", re.IGNORECASE)
NOT_NEEDED = "patch_mcp_cwd.py is no longer needed: the MCP server runs with the hub and is reached by HTTP"


def servers_of(document: dict[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Where it stands, its name, the entry; in ~/.claude.json those of each project too."""
    projects = document.get("projects")
    places = [("mcpServers", document)]
    places += [(f"projects[{path!r}].mcpServers", each) for path, each in (projects or {}).items()]
    for place, holder in places:
        servers = holder.get("mcpServers") if isinstance(holder, dict) else None
        for name, entry in (servers if isinstance(servers, dict) else {}).items():
            yield f"{place}.{name}", name, entry


def is_old(name: str, entry: Any) -> bool:
    """Whether it starts our server as a process of its own, by another command than `custodian mcp --stdio`."""
    if not isinstance(entry, dict) or "command" not in entry:
        return False
    args = entry.get("args")
    words = [str(entry["command"]), *map(str, args if isinstance(args, list) else [])]
    if not OURS.search(" ".join([name, *words, str(entry.get("cwd", ""))])):
        return False
    return "cwd" in entry or not (words[0].endswith("custodian") and words[1:] == ["mcp", "--stdio"])


def told_of(file: str, content: bytes, server: McpServer) -> Iterator[str]:
    """What to do about each old entry, a line each. Raises Invalid for what is no JSON."""
    text = content.decode(errors="replace")
    for place, name, entry in servers_of(read_object(content, file)):
        if not is_old(name, entry):
            continue
        found = re.search(rf"^.*{re.escape(json.dumps(name, ensure_ascii=False))}\s*:", text, re.MULTILINE)
        line = f":{text.count(chr(10), 0, found.start()) + 1}" if found else ""
        shown = {key: entry[key] for key in ("command", "args", "cwd") if key in entry}
        new = json.dumps({NAME: {"type": "http", "url": server.url}})[1:-1]
        yield f"{file}{line}: {clean(place)} is of the old kind: {clean(json.dumps(shown, ensure_ascii=False))}"
        yield f"  put in its place: {new}"
        yield f"  or take it out, and register the server for all your projects: {server.command}"


def main(arguments: list[str]) -> int:
    """The exit code."""
    if {"-h", "--help"} & set(arguments):
        print(__doc__)
        return 0
    if options := [argument for argument in arguments if argument.startswith("-")]:
        print(f"patch_mcp_cwd.py takes no {options[0]}; see --help", file=sys.stderr)
        return 2
    code, told = 0, False
    try:
        server = server_of(Settings.load())
        print(NOT_NEEDED)
        for name in arguments or [".mcp.json"]:
            content = content_of(Path(name).expanduser().resolve())
            if content is None and arguments:
                print(f"{name} is not there", file=sys.stderr)
                code = code or 5
                continue
            for line in told_of(name, content or b"", server):
                print(line)
                told = True
    except (StateHubError, OSError, RuntimeError) as error:
        print(f"patch_mcp_cwd.py: {getattr(error, 'detail', error)}", file=sys.stderr)
        return getattr(error, "exit_code", 1)
    if not told:
        print(f"To register it: {server.command}\nor, with the project too: custodian register-project --mcp")
    return 1 if told else code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
