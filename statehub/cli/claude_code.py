"""Claude Code and our MCP server: whether `~/.claude.json` has it (user scope), and how it comes to have it."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from statehub import access
from statehub.cli import hubfile
from statehub.cli.connect import token_for
from statehub.cli.json_file import part_of, read_object, write_object
from statehub.cli.project_files import content_of
from statehub.errors import StateHubError
from statehub.settings import Settings, is_loopback, url_of

NAME = "state-hub"
HOME_FILE = "~/.claude.json"


@dataclass(frozen=True)
class Registration:
    """How it is. `command` does what is missing, and is empty where nothing is."""

    status: Literal["ok", "missing", "elsewhere", "token", "unreadable", "no-client"]
    detail: str
    command: str = ""


@dataclass(frozen=True)
class McpServer:
    """Where the hub's MCP server answers, and what its clients send; `tokens`: all that it takes."""

    url: str
    token: str | None
    tokens: tuple[str, ...] = ()

    @property
    def entry(self) -> dict[str, Any]:
        """What Claude Code keeps of it."""
        headers = {"headers": {"Authorization": f"Bearer {self.token}"}} if self.token else {}
        return {"type": "http", "url": self.url, **headers}

    @property
    def command(self) -> str:
        """What registers it."""
        return add_command(self.url, guarded=self.token is not None)


def config_file() -> Path:
    """Where Claude Code keeps what is the user's own, its CLAUDE_CONFIG_DIR heeded; links followed."""
    path = Path(os.environ.get("CLAUDE_CONFIG_DIR") or Path.home()) / ".claude.json"
    try:
        return path.resolve()
    except RuntimeError:  # links in a circle
        return path


def add_command(url: str, *, guarded: bool) -> str:
    """What a user types to register the MCP server at this address."""
    header = ' --header "Authorization: Bearer $(custodian token show | head -n1)"' if guarded else ""
    return f"claude mcp add --transport http --scope user {NAME} {url}{header}"


def server_of(settings: Settings) -> McpServer:
    """The MCP server of the hub that commands speak to."""
    hub = None if settings.api_url else hubfile.read(settings.data_dir)
    api = hub["api"] if hub else settings.base_url
    beside = url_of(urlsplit(api).hostname or settings.host, settings.mcp_port)
    url = hub.get("mcp", beside) if hub else beside
    word = token_for(settings, api, ours=hub is not None)
    try:
        kept = access.read(settings.data_dir) if word else []
    except StateHubError:
        kept = []
    return McpServer(f"{url}/mcp", word, tuple(token.word for token in (*settings.api_token, *kept)))


def registration(server: McpServer) -> Registration:
    """How it is with this user's Claude Code."""
    try:
        return look(content_of(config_file()), server, HOME_FILE)
    except StateHubError as error:
        return Registration("unreadable", error.detail, server.command)


def look(content: bytes | None, server: McpServer, name: str) -> Registration:
    """What the file says of us. It is somebody else's: whatever is in it, this raises nothing."""
    if content is None:
        told = f"there is no {name}: Claude Code is not set up for this user"
        return Registration("no-client", told, server.command)
    try:
        servers = part_of(read_object(content, name), "mcpServers", {}, name)
    except StateHubError as error:
        return Registration("unreadable", error.detail, server.command)
    ours = {key: entry for key, entry in servers.items() if isinstance(entry, dict)}
    same = [key for key, entry in ours.items() if _leads_here(entry, server.url)]
    if NAME in same:
        same = [NAME]
    if not same:
        there = ours.get(NAME, {}).get("url") or ours.get(NAME, {}).get("command")
        if NAME in servers:
            told = f"{NAME} in {name} leads to {there or 'nowhere'}, not to {server.url}"
            return Registration("elsewhere", f"{told}; that entry is in the way of the right one", server.command)
        return Registration("missing", f"{NAME} is no MCP server of {name} yet", server.command)
    if why := _refused(ours[same[0]], server):
        return Registration("token", f"{same[0]} in {name} {why}; it is in the way of the right one", server.command)
    return Registration("ok", f"{same[0]} is registered with Claude Code")


def register(content: bytes | None, server: McpServer, name: str) -> bytes:
    """The file with our entry, all else kept; as it is where that is there. Raises Invalid."""
    if look(content, server, name).status == "ok" and content is not None:
        return content
    document = read_object(content, name)
    part_of(document, "mcpServers", {}, name)[NAME] = server.entry
    return write_object(document, content)


def shown_entry(content: bytes | None) -> str:
    """Our entry as it may be shown: no secret of it."""
    try:
        entry = read_object(content, "").get("mcpServers", {}).get(NAME)
    except (StateHubError, AttributeError):
        return ""
    if isinstance(entry, dict):
        hidden = {key: dict.fromkeys(entry[key], "…") for key in ("headers", "env") if isinstance(entry.get(key), dict)}
        entry = entry | hidden
    return "" if entry is None else json.dumps({NAME: entry}, ensure_ascii=False, indent=2) + "\n"


def _leads_here(entry: dict[str, Any], url: str) -> bool:
    """By any of the three transports; what is read from the environment is taken to be right."""
    found = entry.get("url")
    if not isinstance(found, str):
        args = entry.get("args")
        command = " ".join(map(str, [entry.get("command", ""), *(args if isinstance(args, list) else [])]))
        return "custodian" in command and command.endswith("mcp --stdio")
    return "${" in found or _place(found) == _place(url)


def _place(url: str) -> tuple[str, int | None, str]:
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return url, None, ""
    port = port or {"http": 80, "https": 443}.get(parts.scheme)
    path = parts.path.rstrip("/")
    return "loopback" if is_loopback(host) else host, port, "/mcp" if path == "/sse" else path


def _refused(entry: dict[str, Any], server: McpServer) -> str:
    """Why the hub would not let it in; nothing where it would, or where nobody can tell."""
    if server.token is None or "url" not in entry:
        return ""
    headers = entry.get("headers")
    given = headers if isinstance(headers, dict) else {}
    sent = [str(value) for key, value in given.items() if key.lower() == "authorization"]
    if not sent:
        return "sends no access token, which the hub asks for"
    word = sent[0].removeprefix("Bearer ").strip()
    return "" if "${" in word or word in server.tokens else "sends an access token that is none of this hub's"
