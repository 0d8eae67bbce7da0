"""A session-start hook of Claude Code in a project's `.claude/settings.json`: it shows the agent the briefing."""

from typing import Any

from statehub.cli.json_file import part_of, read_object, write_object

FILE = ".claude/settings.json"
EVENT = "SessionStart"
SIGN = "custodian context"
COMMAND = f'{SIGN} --path "$CLAUDE_PROJECT_DIR"'
TIMEOUT_S = 20


def put_hook(content: bytes | None, name: str = FILE) -> bytes:
    """The settings with the hook, all else kept; as they are where one runs `custodian context`. Raises Invalid."""
    settings = read_object(content, name)
    groups: list[Any] = part_of(part_of(settings, "hooks", {}, name), EVENT, [], name)
    if content is not None and any(SIGN in command for group in groups for command in _commands(group)):
        return content
    # no matcher: after a clear, a resume or a compaction the briefing is wanted as well
    groups.append({"hooks": [{"type": "command", "command": COMMAND, "timeout": TIMEOUT_S}]})
    return write_object(settings, content)


def _commands(group: Any) -> list[str]:
    hooks = group.get("hooks") if isinstance(group, dict) else None
    return [str(hook.get("command")) for hook in hooks or [] if isinstance(hook, dict)]
