"""Settings: the environment, else `~/.config/statehub/env`, prefix `STATEHUB_`.

A `.env` of the working directory is never read: it may be somebody else's
project. One frozen object; a bad value is one clear line at start.
"""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Self, TypeVar

from statehub.access import AccessToken
from statehub.access import parse as parse_token
from statehub.errors import SettingsError

PREFIX = "STATEHUB_"
T = TypeVar("T")


def _home(variable: str, default: str) -> Path:
    return Path(os.environ.get(variable) or Path.home() / default) / "statehub"


def config_file() -> Path:
    """Where settings are read from when the environment has none."""
    return _home("XDG_CONFIG_HOME", ".config") / "env"


def _int(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not low <= (value := int(text)) <= high:
            raise ValueError
        return value

    parse.__doc__ = f"a whole number from {low} to {high}"
    return parse


def _seconds(text: str) -> float:
    """a number of seconds above 0"""
    if not 0 < (value := float(text)) < 1e9:
        raise ValueError
    return value


def _lease(text: str) -> float:
    """a number of seconds above 0, at most 604800 (7 days)"""
    if not 0 < (value := float(text)) <= 604_800:
        raise ValueError
    return value


def _switch(text: str) -> bool:
    """on or off"""
    return {"on": True, "1": True, "true": True, "off": False, "0": False, "false": False}[text.lower()]


def _path(text: str) -> Path:
    """a path"""
    return Path(text).expanduser().absolute()


def _paths(text: str) -> tuple[Path, ...]:
    """directories, with commas"""
    return tuple(_path(part) for part in _names(text))


def _names(text: str) -> tuple[str, ...]:
    """a list with commas"""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _address(text: str) -> str:
    """an IP address, or localhost"""
    address = text.strip("[]")
    if address != "localhost":
        ip_address(address)
    return address


def _tokens(text: str) -> tuple[AccessToken, ...]:
    """access tokens with commas: each one word, secret or name:secret"""
    if not (words := _names(text)):
        raise ValueError  # not "none": somebody meant to guard the hub
    return tuple(map(parse_token, words))


def _http(text: str) -> str:
    """the address of an API, such as http://127.0.0.1:8000"""
    if not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", text):
        raise ValueError
    return text


def _word(text: str) -> str:
    """the name of a text search configuration, such as english or german"""
    if not re.fullmatch("[a-z_0-9]{1,63}", text):
        raise ValueError
    return text


def _one_of(*choices: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text.lower() not in choices:
            raise ValueError
        return text.lower()

    parse.__doc__ = " or ".join(choices)
    return parse


def _setting(default: Any, parse: Callable[[str], Any] = str, *, secret: bool = False) -> Any:
    metadata = {"parse": parse, "secret": secret}
    if callable(default):
        return field(default_factory=default, metadata=metadata)
    return field(default=default, metadata=metadata, repr=not secret)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the hub can be told. Durations are in seconds."""

    database_url: str | None = _setting(None)
    migrate_url: str | None = _setting(None)
    listen_url: str | None = _setting(None)
    listen: bool = _setting(True, _switch)
    data_dir: Path = _setting(lambda: _home("XDG_DATA_HOME", ".local/share"), _path)
    host: str = _setting("127.0.0.1", _address)
    api_port: int = _setting(8000, _int(0, 65535))
    api_url: str | None = _setting(None, _http)
    mcp_port: int = _setting(8001, _int(0, 65535))
    dashboard_port: int = _setting(3000, _int(0, 65535))
    mcp_list_legacy: bool = _setting(False, _switch)
    repo_roots: tuple[Path, ...] = _setting((), _paths)
    allowed_hosts: tuple[str, ...] = _setting((), _names)
    api_token: tuple[AccessToken, ...] = _setting((), _tokens, secret=True)
    summary_limit: int = _setting(200, _int(1, 10_000))
    stale_limit: float = _setting(600.0, _seconds)
    poll_interval: float = _setting(1.0, _seconds)
    sse_limit: int = _setting(2000, _int(0, 1_000_000))
    lease: float = _setting(1800.0, _lease)
    claim_limit: int | None = _setting(None, _int(1, 1_000_000))
    search_language: str = _setting("english", _word)
    agent: str | None = _setting(None)
    log_level: str = _setting("info", _one_of("debug", "info", "warning", "error"))
    log_format: str = _setting("text", _one_of("text", "json"))

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Read the environment, else the config file. Raises SettingsError for a bad value."""
        found = _read_env_file(config_file()) if environ is None else {}
        found.update(os.environ if environ is None else environ)
        values = {}
        for setting in fields(cls):
            name = PREFIX + setting.name.upper()
            text = found.get(name, "").strip()
            if not text:
                continue
            parse = setting.metadata["parse"]
            try:
                values[setting.name] = parse(text)
            except (ValueError, KeyError):
                shown = "not usable" if setting.metadata["secret"] else repr(text)
                raise SettingsError(f"{name} is {shown}; it takes {parse.__doc__}") from None
        return cls(**values)

    @property
    def base_url(self) -> str:
        """Where the API answers."""
        return (self.api_url or url_of(self.host, self.api_port)).rstrip("/")

    @property
    def on_loopback(self) -> bool:
        """Whether only this machine reaches the hub."""
        return is_loopback(self.host)


def is_loopback(host: str) -> bool:
    """Whether that address, or name, is this machine's own."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def url_of(host: str, port: int) -> str:
    """How this machine reaches what is bound there: a hub on every address answers on loopback too."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    return f"http://{'[' + host + ']' if ':' in host else host}:{port}"


def _read_env_file(path: Path) -> dict[str, str]:
    """`NAME=value` lines; `#` comments, quotes and a leading `export` are allowed."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from None
    found = {}
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip().removeprefix("export ")
        if not line or line.startswith("#"):
            continue
        name, equals, value = line.partition("=")
        if not equals:
            raise SettingsError(f"{path}, line {number}: expected NAME=value, found {raw.strip()!r}")
        found[name.strip()] = value.strip().strip("'\"")
    return found
