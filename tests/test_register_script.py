"""`scripts/register_project.sh` does what `custodian register-project` does: two hubs, two homes, compared."""

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from statehub.cli.managed_block import BEGIN, END
from tests.commands import CONFLICT, DONE, FAILED, NOTHING, ROOT, UNREACHABLE, USAGE, Custodian
from tests.conftest import temporary_database
from tests.projects import CLASSIFICATION, World, files_of
from tests.running import Hub, running

SCRIPT = ROOT / "scripts/register_project.sh"
Prepare = Callable[[Path], object]
BEFORE = json.dumps({"a": {"b": [1, 2.5, "ö"]}, "mcpServers": {"x": {"command": "y"}}}, indent=4).encode() + b"\n"


@pytest.fixture(scope="module")
def hubs(server: str, template: str) -> Iterator[tuple[Hub, Hub]]:
    """One for the command, one for the script."""
    with (
        temporary_database(server, template) as first,
        temporary_database(server, template) as second,
        running(first) as one,
        running(second) as other,
    ):
        yield one, other


@dataclass(frozen=True)
class Pair:
    """Two worlds that are alike; what is done is done in both, and what came of it must be the same."""

    command: World
    script: World

    def run(self, name: str, *args: str, cwd: bool = False, **more: Any) -> tuple[int, int]:
        """The exit codes."""
        roots = [world.place / name for world in (self.command, self.script)]
        paths = [[] if cwd else ["--path", str(root)] for root in roots]
        done = self.command.custodian("register-project", *paths[0], *args, cwd=roots[0] if cwd else None, **more)
        custodian = self.script.custodian
        told = subprocess.run(
            ["bash", str(SCRIPT), *paths[1], *args], env=custodian.environment(**more), capture_output=True, text=True,
            timeout=60, check=False, cwd=roots[1] if cwd else custodian.home,
        )  # fmt: skip
        assert "Traceback" not in told.stderr
        assert (told.returncode == DONE) or told.stderr.startswith("register_project: "), told
        return done.returncode, told.returncode

    def assert_alike(self) -> None:
        """The same files, byte for byte, with the same modes; the same rows."""
        one, other = (state_of(world) for world in (self.command, self.script))
        assert other == one


def state_of(world: World) -> Any:
    """All that a registration makes, without what is another's by chance: ids, times, places."""
    topics = world.hub.get("/topics?limit=500").json["items"]
    ids = {topic["id"]: f"id of {topic['slug']}" for topic in topics}
    rows = {
        "topics": [(topic["slug"], topic["title"], topic["domain"], topic["status"]) for topic in topics],
        "repos": world.hub.get("/repos?limit=500&sort=slug").json["items"],
        "events": world.hub.get("/progress?limit=500&sort=id").json["items"],
    }
    for row in [*rows["repos"], *rows["events"]]:
        for column in ("id", "created_at", "updated_at", "occurred_at", "row_id"):
            row.pop(column, None)
    text = re.sub(r'/[^"]*/[01]/projects', "PLACE", json.dumps(rows))
    files = {re.sub(r"before-state-hub-\w+", "COPY", name): each for name, each in files_of(world.place.parent).items()}
    for key, slug in ids.items():
        text = text.replace(key, slug)
        files = {name: (content.replace(key.encode(), slug.encode()), mode) for name, (content, mode) in files.items()}
    rows = json.loads(re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "ID", text))
    port = str(world.hub.port).encode()
    return rows, {name: (content.replace(port, b"PORT"), mode) for name, (content, mode) in files.items()}


@pytest.fixture
def pair(hubs: tuple[Hub, Hub], tmp_path: Path) -> Pair:
    worlds = []
    for number, hub in enumerate(hubs):
        place = tmp_path / str(number)
        (place / "home").mkdir(parents=True)
        (place / "projects").mkdir()
        worlds.append(World(hub, Custodian(place / "home", hub.url), place / "projects"))
    return Pair(*worlds)


def nothing(root: Path) -> None:
    """Of the project's own."""


def both(pair: Pair, name: str, prepare: Prepare = nothing) -> None:
    """A project in each."""
    for world in (pair.command, pair.script):
        prepare(world.project(name))


TEXTS = [
    b"", b"a", b"a\n", b"a\n\n", b"a\r\nb", b"\xef\xbb\xbf", b"\xef\xbb\xbfa\r\n", b"a\r", b"\r", b"\n", b"\r\n",
    b"a\n\r\n", b"\n\n\n",
    b"a\0b\xff\n", b"see <!-- state-hub:begin --> there\n", b"<!-- state-hub:ending -->\n", b"a & b \\ $(touch x)\n",
    f"{BEGIN}\nold\n{END}\nafter".encode(), f"a\r\n{BEGIN}\r\nold\r\n{END}\r\n".encode(), f"{BEGIN} \n{END}".encode(),
    f"\ufeff{BEGIN}\t\nold\nmore\n{END} \t\nafter\r\n".encode(),
    b"<!-- state-hub:begin -->\n<!-- state-hub:end it -->x\n",
    b"b\n<!-- state-hub:begin -->\r\n<!-- state-hub:end it -->\r\nx\n\n",
]  # fmt: skip


@pytest.mark.parametrize("number", range(0, len(TEXTS), 2))
def test_texts_of_every_kind_come_out_the_same(pair: Pair, number: int) -> None:
    def prepare(root: Path) -> None:
        (root / "CLAUDE.md").write_bytes(TEXTS[number])
        (root / "CLAUDE.md").chmod(0o640)
        (root / "AGENTS.md").write_bytes(TEXTS[min(number + 1, len(TEXTS) - 1)])

    both(pair, f"text-{number}", prepare)
    args = (f"text-{number}", "--domain", "infotech", "--agents-md")
    expected = USAGE if b"it -->x" in TEXTS[number] + TEXTS[min(number + 1, len(TEXTS) - 1)] else DONE
    assert pair.run(*args) == (expected, expected)
    pair.assert_alike()
    assert pair.run(*args) == (expected, expected)
    pair.assert_alike()


def charters(root: Path) -> None:
    for version, domain in (("9", "materials"), ("10.0", "energy"), ("10", "infotech"), ("ision", "materials")):
        (root / f"project_charter_v{version}.md").write_text(f"---\ntitle: x\ndomain: '{domain}'  # so\n---\n")


def crlf(root: Path) -> None:
    (root / "project_charter_v1.md").write_bytes(b"\xef\xbb\xbf---\r\ndomain: energy\r\n---")


def classified(**more: str) -> Prepare:
    def prepare(root: Path) -> None:
        text = CLASSIFICATION.format(**{"slug": root.name + "-slug", "domain": "energy", **more})
        (root / ".repo-classification.yaml").write_text(
            "# ours\n" + text + 'note: "a: \\"b\\" # c"\n\ntopic: platform # last\n'
        )

    return prepare


def listed(root: Path) -> None:
    text = CLASSIFICATION.format(slug=root.name, domain="energy").replace('capability_tags: [mcp, "a b"]\n', "")
    lists = 'capability_tags:\n  - mcp # one\n  - "a # b"\n\nowners: \n- ada\n- bob\n'
    (root / ".repo-classification.yaml").write_text(f"---\n{text}{lists}")


def full(root: Path) -> None:
    (root / ".claude").mkdir()
    (root / ".claude/settings.json").write_bytes(BEFORE)
    home = root.parent.parent / "home/.claude.json"
    home.write_bytes(BEFORE)
    home.chmod(0o600)


def linked(root: Path) -> None:
    (root / "docs").mkdir()
    (root / "docs/agents.md").write_text("Ours.\n")
    (root / "CLAUDE.md").symlink_to("docs/agents.md")
    (root / "AGENTS.md").symlink_to("CLAUDE.md")


DOMAIN = ("--domain", "infotech")
WELL: dict[str, tuple[Prepare, tuple[str, ...]]] = {
    "Plain One": (nothing, DOMAIN),
    "charters": (charters, ()),
    "charter-crlf": (crlf, ()),
    "classified": (classified(), ()),
    "listed": (listed, ()),
    "disagreeing": (classified(), ("--domain", "materials")),
    "partly": (lambda root: (root / ".repo-classification.yaml").write_text("slug: part\ndomain: energy\n"), ()),
    "all": (full, (*DOMAIN, "--mcp", "--hooks", "--agents-md")),
    "nothing-there": (nothing, (*DOMAIN, "--mcp", "--hooks", "--agents-md")),
    "topic": (nothing, (*DOMAIN, "--topic", "Research")),
    "new-topic": (nothing, ("--domain", "realestate")),
    "linked": (linked, (*DOMAIN, "--agents-md")),
    "a & b $(touch x) 'c' \"d\" \\e ö {DOMAIN}": (nothing, DOMAIN),
}  # fmt: skip


@pytest.mark.parametrize("name", WELL)
def test_what_is_done_by_the_one_is_done_by_the_other(pair: Pair, name: str) -> None:
    prepare, args = WELL[name]
    both(pair, name, prepare)
    dry = [state_of(world) for world in (pair.command, pair.script)]
    assert pair.run(name, *args, "--dry-run") == (DONE, DONE)
    assert [state_of(world) for world in (pair.command, pair.script)] == dry
    assert pair.run(name, *args) == (DONE, DONE)
    pair.assert_alike()
    before = state_of(pair.script)
    assert pair.run(name, *args) == (DONE, DONE)
    assert state_of(pair.script) == before
    pair.assert_alike()


def out(name: str) -> Prepare:
    def prepare(root: Path) -> None:
        (root / name).symlink_to("/etc")

    return prepare


def writes(name: str, text: str) -> Prepare:
    return lambda root: (root / name).write_text(text)


def settings(text: str) -> Prepare:
    def prepare(root: Path) -> None:
        (root / ".claude").mkdir()
        (root / ".claude/settings.json").write_text(text)

    return prepare


BADLY: dict[str, tuple[Prepare, tuple[str, ...], int]] = {
    "no-domain": (nothing, (), USAGE),
    "unknown-domain": (nothing, ("--domain", "infotec"), USAGE),
    "empty-domain": (nothing, ("--domain", ""), USAGE),
    "charter-unknown": (writes("project_charter_v1.md", "---\ndomain: nowhere\n---\n"), (), USAGE),
    "no-topic": (nothing, (*DOMAIN, "--topic", "nothing"), NOTHING),
    "other-topic": (nothing, (*DOMAIN, "--topic", "governance"), CONFLICT),
    "damaged": (writes("CLAUDE.md", f"{BEGIN}\n"), DOMAIN, USAGE),
    "damaged-twice": (writes("CLAUDE.md", f"{BEGIN}\n{END}\n" * 2), DOMAIN, USAGE),
    "utf-16": (lambda root: (root / "CLAUDE.md").write_bytes("a".encode("utf-16")), DOMAIN, USAGE),
    "out": (out("CLAUDE.md"), DOMAIN, FAILED),
    "out-claude": (out(".claude"), (*DOMAIN, "--hooks"), FAILED),
    "out-classification": (out(".repo-classification.yaml"), DOMAIN, FAILED),
    "circle": (lambda root: (root / "CLAUDE.md").symlink_to("CLAUDE.md"), DOMAIN, FAILED),
    "pipe": (lambda root: os.mkfifo(root / "CLAUDE.md"), DOMAIN, FAILED),
    "folder": (lambda root: (root / "CLAUDE.md").mkdir(), DOMAIN, FAILED),
    "bad-json": (settings("{"), (*DOMAIN, "--hooks"), USAGE),
    "日本": (nothing, DOMAIN, USAGE),
    "option": (nothing, ("--nothing",), USAGE),
}


@pytest.mark.parametrize("name", BADLY)
def test_what_is_refused_by_the_one_is_refused_by_the_other_and_nothing_changes(pair: Pair, name: str) -> None:
    prepare, args, code = BADLY[name]
    both(pair, name, prepare)
    before = [(files(world), world.revision()) for world in (pair.command, pair.script)]
    assert pair.run(name, *args) == (code, code)
    assert [(files(world), world.revision()) for world in (pair.command, pair.script)] == before


def files(world: World) -> list[tuple[str, int]]:
    """Without opening what is no file."""
    return sorted((str(path), path.lstat().st_size) for path in world.place.parent.rglob("*"))


def test_a_place_that_is_none_and_a_hub_that_is_away(pair: Pair) -> None:
    assert pair.run("missing", *DOMAIN) == (NOTHING, NOTHING)
    both(pair, "away")
    away: dict[str, Any] = {"STATEHUB_API_URL": "http://127.0.0.1:9"}
    assert pair.run("away", *DOMAIN, **away) == (UNREACHABLE, UNREACHABLE)


def test_a_short_name_of_another_directory_is_a_conflict_and_a_row_without_a_place_is_taken(pair: Pair) -> None:
    for world in (pair.command, pair.script):
        world.hub.post("/repos", {"slug": "taken", "name": "Taken", "domain": "infotech", "path": "/elsewhere"})
        world.hub.created("/repos", slug="free", name="Free", domain="energy")
        world.hub.delete("/repos/free")
    both(pair, "taken")
    both(pair, "free")
    assert pair.run("taken", *DOMAIN) == (CONFLICT, CONFLICT)
    assert pair.run("free", *DOMAIN) == (DONE, DONE)
    pair.assert_alike()


def test_the_place_that_claude_code_is_told_of_is_heeded(pair: Pair) -> None:
    both(pair, "configured")
    for world in (pair.command, pair.script):
        (world.custodian.home / "config").mkdir()
    homes = [world.custodian.home for world in (pair.command, pair.script)]
    for home in homes:  # each of the two runs has the same environment, and finds its own place in it
        (home / "config/.claude.json").write_bytes(BEFORE)
    assert pair.run("configured", *DOMAIN, "--mcp", CLAUDE_CONFIG_DIR="config") == (DONE, DONE)
    pair.assert_alike()
    assert [b'"state-hub"' in (home / "config/.claude.json").read_bytes() for home in homes] == [True, True]
    assert not any((home / ".claude.json").exists() for home in homes)


def test_without_a_path_both_take_the_checkout_that_one_stands_in(pair: Pair) -> None:
    both(pair, "checkout", lambda root: (root / ".git").mkdir())
    both(pair, "checkout/below")
    assert pair.run("checkout/below", *DOMAIN, cwd=True) == (DONE, DONE)
    pair.assert_alike()


def test_a_guarded_hub_is_spoken_to_with_the_token_and_as_the_agent(server: str, template: str, tmp_path: Path) -> None:
    from statehub.access import parse

    (tmp_path / "home").mkdir()
    (tmp_path / "p").mkdir()
    with (
        temporary_database(server, template) as database,
        running(database, api_token=(parse("secret-of-some-length"),)) as hub,
    ):
        custodian = Custodian(tmp_path / "home", hub.url)
        (tmp_path / "home/.config/statehub").mkdir(parents=True)
        settings = tmp_path / "home/.config/statehub/env"
        settings.write_text("# mine\nexport STATEHUB_API_TOKEN='secret-of-some-length'\n")
        environment = custodian.environment(STATEHUB_AGENT="ädä 1")
        command = ["bash", str(SCRIPT), "--domain", "infotech", "--mcp"]
        told = subprocess.run(command, env=environment, cwd=tmp_path / "p", capture_output=True, text=True, timeout=60)
        assert (told.returncode, told.stderr) == (DONE, "")
        entry = json.loads((tmp_path / "home/.claude.json").read_text())["mcpServers"]["state-hub"]
        assert entry["headers"] == {"Authorization": "Bearer secret-of-some-length"}
        bearer = {"Authorization": "Bearer secret-of-some-length"}
        [event] = hub.get("/progress?event_type=milestone", **bearer).json["items"]
        assert (event["author"], event["author_kind"]) == ("ädä 1", "agent")
        assert (
            custodian("doctor", "--json", STATEHUB_MCP_PORT="8001").stdout.count("is registered with Claude Code") == 1
        )
        settings.unlink()
        told = subprocess.run(command, env=environment, cwd=tmp_path / "p", capture_output=True, text=True, timeout=60)
        assert (told.returncode, "token" in told.stderr) == (FAILED, True)


def test_help_says_what_it_reads_and_writes() -> None:
    told = subprocess.run(["bash", str(SCRIPT), "--help"], capture_output=True, text=True, check=True, timeout=20)
    for word in ("--dry-run", "Python 3.11", "Exit 0 done", "Example:"):
        assert word in told.stdout
