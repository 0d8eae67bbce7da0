"""What we read and write of Claude Code's files: our entry and our hook, all else as it was."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from statehub.cli.claude_code import McpServer, add_command, look, register, server_of, shown_entry
from statehub.cli.json_file import read_object, write_object
from statehub.cli.session_hook import COMMAND, put_hook
from statehub.errors import Invalid
from statehub.settings import Settings

HERE = McpServer("http://127.0.0.1:8001/mcp", None)
GUARDED = McpServer("http://127.0.0.1:8001/mcp", "ada:secret", ("ada:secret", "bob:secret"))
EXACT = settings(max_examples=200, deadline=None)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
OBJECTS = st.dictionaries(st.text(max_size=5), JSON, max_size=4)


def kept(servers: Any) -> bytes:
    return json.dumps({"mcpServers": servers}).encode()


@pytest.mark.parametrize(
    ("entry", "status"),
    [
        ({"type": "http", "url": "http://127.0.0.1:8001/mcp"}, "ok"),
        ({"type": "http", "url": "http://localhost:8001/mcp/"}, "ok"),
        ({"type": "sse", "url": "http://127.0.0.1:8001/sse"}, "ok"),
        ({"type": "http", "url": "${HUB:-http://127.0.0.1:8001}/mcp"}, "ok"),
        ({"command": "custodian", "args": ["mcp", "--stdio"]}, "ok"),
        ({"command": "/opt/hub/bin/custodian", "args": ["mcp", "--stdio"], "env": {}}, "ok"),
        ({"type": "http", "url": "http://127.0.0.1:9001/mcp"}, "elsewhere"),
        ({"type": "http", "url": "http://hub.example:8001/mcp"}, "elsewhere"),
        ({"type": "http", "url": "http://[/mcp"}, "elsewhere"),
        ({"type": "http", "url": "http://127.0.0.1:99999/mcp"}, "elsewhere"),
        ({"command": "python3", "args": ["-m", "custodian"], "cwd": "/opt/hub"}, "elsewhere"),
        ({"type": "http"}, "elsewhere"),
        ({"command": "custodian", "args": 7}, "elsewhere"),
        (None, "elsewhere"),
        ([], "elsewhere"),
    ],
)
def test_an_entry_leads_to_this_hub_or_is_said_not_to(entry: Any, status: str) -> None:
    found = look(kept({"other": {"command": "x"}, "state-hub": entry}), HERE, "~/.claude.json")
    assert found.status == status
    assert found.command == ("" if status == "ok" else HERE.command)


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (None, "no-client"),
        (b"", "missing"),
        (b"{}", "missing"),
        (b'{"mcpServers": null}', "missing"),
        (kept({"statehub": {"url": "http://127.0.0.1:8001/mcp"}}), "ok"),
        (b"[]", "unreadable"),
        (b'{"mcpServers": []}', "unreadable"),
        (b"{", "unreadable"),
        (b"\xff", "unreadable"),
        (b'{"a": 1, "a": 2}', "unreadable"),
        (b'{"a": NaN}', "unreadable"),
        (b"[" * 100_000, "unreadable"),
    ],
)
def test_a_file_of_any_kind_has_an_answer(content: bytes | None, status: str) -> None:
    assert look(content, HERE, "~/.claude.json").status == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": "Bearer ada:secret"}, "ok"),
        ({"authorization": "Bearer bob:secret"}, "ok"),
        ({"Authorization": "Bearer ${STATEHUB_API_TOKEN}"}, "ok"),
        ({"Authorization": "Bearer old"}, "token"),
        ({"X-StateHub-Author": "ada"}, "token"),
        ({}, "token"),
        ("none", "token"),
        (None, "token"),
    ],
)
def test_an_entry_without_a_token_of_the_hub_is_found(headers: Any, status: str) -> None:
    entry = {"type": "http", "url": HERE.url} | ({} if headers is None else {"headers": headers})
    assert look(kept({"state-hub": entry}), GUARDED, "~/.claude.json").status == status
    assert look(kept({"state-hub": entry}), HERE, "~/.claude.json").status == "ok"
    found = json.loads(register(kept({"state-hub": entry}), GUARDED, "~/.claude.json"))["mcpServers"]["state-hub"]
    assert found == (entry if status == "ok" else GUARDED.entry)


def test_the_command_has_the_token_header_where_the_hub_asks_for_one() -> None:
    plain = "claude mcp add --transport http --scope user state-hub http://127.0.0.1:8001/mcp"
    assert HERE.command == plain == add_command(HERE.url, guarded=False)
    assert GUARDED.command == plain + ' --header "Authorization: Bearer $(custodian token show | head -n1)"'
    assert "secret" not in GUARDED.command


def test_the_server_is_beside_the_api_that_is_named() -> None:
    assert server_of(Settings(mcp_port=9001)).url == "http://127.0.0.1:9001/mcp"
    assert server_of(Settings(api_url="http://hub.example:8000")).url == "http://hub.example:8001/mcp"
    assert server_of(Settings(api_url="http://[::1]:8000")).url == "http://[::1]:8001/mcp"


def test_what_is_shown_of_an_entry_has_no_secret() -> None:
    after = register(kept({"other": {"headers": {"Authorization": "Bearer theirs"}}}), GUARDED, "~/.claude.json")
    assert b"ada:secret" in after
    assert json.loads(shown_entry(after)) == {"state-hub": GUARDED.entry | {"headers": {"Authorization": "…"}}}
    assert [shown_entry(content) for content in (None, b"{", b'{"mcpServers": 1}', b"{}")] == [""] * 4


@EXACT
@given(OBJECTS, OBJECTS, st.sampled_from([None, 1, 4, "\t"]))
def test_all_else_is_kept_by_both_and_twice_is_once(rest: dict[str, Any], servers: dict[str, Any], indent: Any) -> None:
    before = json.dumps(rest | {"mcpServers": servers, "hooks": {"Stop": []}}, indent=indent).encode()
    registered = register(before, HERE, "f")
    expected = rest | {"mcpServers": servers | {"state-hub": HERE.entry}, "hooks": {"Stop": []}}
    assert json.loads(registered) == expected
    assert list(json.loads(registered)) == list(expected)
    assert register(registered, HERE, "f") == registered
    hooked = put_hook(before)
    hook = {"hooks": [{"type": "command", "command": COMMAND, "timeout": 20}]}
    assert json.loads(hooked) == rest | {"mcpServers": servers, "hooks": {"Stop": [], "SessionStart": [hook]}}
    assert put_hook(hooked) == hooked


@pytest.mark.parametrize(
    "before",
    [
        b'{\n    "model": "x",\n    "text": "\xc3\xb6 \\u2028"\n}\n',
        b'{\n\t"a": 1e-7\n}',
        b'\xef\xbb\xbf{\r\n  "a": 1\r\n}\r\n',
        b'{\n  "a": "\\ud800"\n}\n',
    ],
)
def test_indentation_ends_of_lines_and_a_mark_at_the_start_stay(before: bytes) -> None:
    after = write_object(read_object(before, "f"), before)
    assert read_object(after, "f") == read_object(before, "f")
    first = before.partition(b'"')[0]
    assert after.startswith(first)
    assert after.endswith(before[before.rindex(b"}") :])


@pytest.mark.parametrize(
    "before",
    [
        b'{"hooks": {"SessionStart": [{"matcher": "clear", "hooks": [{"command": "custodian context"}]}]}}',
        b'{"hooks": {"SessionStart": [7, {"hooks": [8, {"command": "cd x && custodian context --budget 900"}]}]}}',
    ],
)  # fmt: skip
def test_a_hook_that_is_there_already_is_left_as_it_is(before: bytes) -> None:
    assert put_hook(before) == before


@pytest.mark.parametrize(
    ("before", "told"),
    [
        (b"{", "is no JSON"), (b"3", "no object"), (b'{"hooks": []}', "hooks in f is not an object"),
        (b'{"hooks": {"SessionStart": {}}}', "SessionStart in f is not a list"),
    ],
)  # fmt: skip
def test_settings_that_cannot_be_read_are_refused(before: bytes, told: str) -> None:
    with pytest.raises(Invalid, match=told):
        put_hook(before, "f")
