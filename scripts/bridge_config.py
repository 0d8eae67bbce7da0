"""`bridges.toml`: which tunnels to which machines; and the ssh command of each."""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

LOOPBACK = "127.0.0.1"
PARTS = {
    "api": ("STATEHUB_API_PORT", 8000),
    "mcp": ("STATEHUB_MCP_PORT", 8001),
    "dashboard": ("STATEHUB_DASHBOARD_PORT", 3000),
}
KEYS = {"host", "local", "remote", "options"}
FORWARD_KEYS = {"listen", "port", "bind", "host"}
# the first value of an option is the one that ssh takes: these are not to be changed
FIXED = ("BatchMode=yes", "ExitOnForwardFailure=yes", "ControlMaster=no", "ControlPath=none", "PermitLocalCommand=yes")
USUAL = ("ServerAliveInterval=15", "ServerAliveCountMax=3", "ConnectTimeout=15")


class ConfigError(Exception):
    """What is wrong in the file, and where."""


@dataclass(frozen=True)
class Forward:
    """A port that is opened on one end, and where its connections come out on the other."""

    remote: bool
    bind: str
    listen: int
    host: str
    port: int

    @property
    def words(self) -> list[str]:
        """As ssh takes it."""
        ends = (self.bind, str(self.listen), self.host, str(self.port))
        return ["-R" if self.remote else "-L", ":".join(f"[{end}]" if ":" in end else end for end in ends)]

    def __str__(self) -> str:
        opened, other = ("there", "here") if self.remote else ("here", "there")
        return f"{opened} {self.bind}:{self.listen} → {other} {self.host}:{self.port}"


@dataclass(frozen=True)
class Bridge:
    """One ssh to one machine, with all its forwards."""

    name: str
    host: str
    forwards: tuple[Forward, ...]
    options: tuple[str, ...]

    def command(self, when_up: str) -> list[str]:
        """ssh; it runs `when_up` here when it has connected."""
        settings = (*FIXED, f"LocalCommand={when_up}", *self.options, *USUAL)
        words = ["ssh", "-N", "-T"]
        for setting in settings:
            words += ["-o", setting]
        for forward in self.forwards:
            words += forward.words
        return [*words, "--", self.host]


def load(file: Path) -> dict[str, Bridge]:
    """The bridges by name. Raises ConfigError with a line that says what to do."""
    try:
        found = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"there is no {file}; begin with: cp bridges.toml.example bridges.toml") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} cannot be read: {error}") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file} is no TOML: {error}") from None
    if unknown := found.keys() - {"bridges"}:
        raise ConfigError(f"{file}: {min(unknown)!r} is not known; a bridge is a table [bridges.NAME]")
    tables = found.get("bridges", {})
    if not isinstance(tables, dict) or not all(isinstance(table, dict) for table in tables.values()):
        raise ConfigError(f"{file}: a bridge is a table [bridges.NAME]")
    try:
        bridges = {name: _bridge(name, table) for name, table in tables.items()}
        _once_each(bridges)
    except ConfigError as error:
        raise ConfigError(f"{file}: {error}") from None
    return bridges


def _bridge(name: str, table: dict[str, Any]) -> Bridge:
    if not re.fullmatch(r"[\w-]{1,40}", name):
        raise ConfigError(f"the name {name!r} has other characters than letters, digits, _ and -")
    if unknown := table.keys() - KEYS:
        raise ConfigError(f"bridge {name}: {min(unknown)!r} is not known; there are {', '.join(sorted(KEYS))}")
    host = table.get("host")
    if not isinstance(host, str) or not re.fullmatch(r"[^\s-]\S*", host):
        raise ConfigError(f'bridge {name}: host is what you would say to ssh, such as "ada@laptop" (it is {host!r})')
    options = table.get("options", {})
    if not isinstance(options, dict) or not all(isinstance(value, str | int) for value in options.values()):
        raise ConfigError(f"bridge {name}: options are ssh's, as in options = {{ Port = 2222 }}")
    forwards = []
    for key in ("local", "remote"):
        if not isinstance(wanted := table.get(key, []), list):
            raise ConfigError(f'bridge {name}: {key} is a list, as in {key} = ["api", "18001:mcp"]')
        forwards += [_forward(f"bridge {name}: {key}", key == "remote", each) for each in wanted]
    if not forwards:
        raise ConfigError(f"bridge {name} has neither local nor remote: it would carry nothing")
    return Bridge(name, host, tuple(forwards), tuple(f"{key}={_yes(value)}" for key, value in options.items()))


def _yes(value: Any) -> Any:
    return ("no", "yes")[value] if isinstance(value, bool) else value


def _forward(where: str, remote: bool, wanted: Any) -> Forward:
    """`"api"`, `"18000:api"`, `18000`, or a table with listen, port, bind, host."""
    if isinstance(wanted, dict):
        if unknown := wanted.keys() - FORWARD_KEYS:
            raise ConfigError(f"{where}: {min(unknown)!r} is not known; there are {', '.join(sorted(FORWARD_KEYS))}")
        port = wanted.get("port", wanted.get("listen"))
        listen = wanted.get("listen", port)
        bind, host = (wanted.get(key, LOOPBACK) for key in ("bind", "host"))
        for key, text in (("bind", bind), ("host", host)):
            if not isinstance(text, str) or not re.fullmatch(r"[\w.:*-]+", text):
                raise ConfigError(f"{where}: {key} is an address (it is {text!r})")
    else:
        listen, _, port = str(wanted).partition(":")
        bind = host = LOOPBACK
    return Forward(remote, bind, _port(where, listen), host, _port(where, port or listen))


def _port(where: str, wanted: Any) -> int:
    if wanted in PARTS:
        setting, usual = PARTS[wanted]
        wanted = os.environ.get(setting) or usual
    text = str(wanted)
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 2**16):
        raise ConfigError(f"{where}: a port is a number or one of {', '.join(PARTS)} (it is {wanted!r})")
    return int(text)


def _once_each(bridges: dict[str, Bridge]) -> None:
    """A port of this machine, and of another, can be opened once."""
    opened: dict[tuple[str, int], str] = {}
    for bridge in bridges.values():
        for forward in bridge.forwards:
            place = (bridge.host if forward.remote else "this machine", forward.listen)
            if place in opened:
                raise ConfigError(
                    f"port {place[1]} of {place[0]} is opened twice, by {opened[place]} and {bridge.name}"
                )
            opened[place] = bridge.name
