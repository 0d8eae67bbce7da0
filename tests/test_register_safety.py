"""`custodian register-project` writes below the project, what is the user's own, whole, or not at all."""

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from statehub.cli.managed_block import BEGIN
from statehub.cli.project_files import Change, check_writable, content_of, write
from statehub.errors import Conflict, Forbidden, StateHubError
from tests.commands import DONE, FAILED, NOTHING, USAGE, Custodian
from tests.projects import World, files_of
from tests.running import Hub
from tests.test_register_project import refused, register


@pytest.fixture
def world(shared_hub: Hub, tmp_path: Path) -> World:
    (tmp_path / "home").mkdir()
    (tmp_path / "projects").mkdir()
    return World(shared_hub, Custodian(tmp_path / "home", shared_hub.url), tmp_path / "projects")


@pytest.fixture
def outside(world: World) -> Iterator[Path]:
    """A directory that is none of the project's, and stays as it is."""
    place = world.place.parent / "outside"
    place.mkdir()
    (place / "file").write_text("theirs\n")
    yield place
    assert files_of(place) == {"file": (b"theirs\n", (place / "file").stat().st_mode)}


@pytest.mark.parametrize(
    "name", ["CLAUDE.md", "AGENTS.md", ".claude/settings.json", ".claude", ".repo-classification.yaml"]
)
@pytest.mark.parametrize("there", ["file", "nothing", ""])
def test_a_link_that_leads_out_is_refused(world: World, outside: Path, name: str, there: str) -> None:
    root = world.project("leaving")
    (root / name).parent.mkdir(exist_ok=True)
    (root / name).symlink_to(outside / there)
    code, told = refused(world, root, "--domain", "infotech", "--hooks", "--agents-md")
    assert (code, "leads out of the project" in told) == (FAILED, True)


def test_a_charter_that_leads_out_is_refused(world: World, outside: Path) -> None:
    root = world.project("charter")
    (root / "project_charter_v1.md").symlink_to(outside / "file")
    assert refused(world, root)[0] == FAILED


def test_links_in_a_circle_are_refused(world: World) -> None:
    root = world.project("circle")
    (root / "CLAUDE.md").symlink_to("AGENTS.md")
    (root / "AGENTS.md").symlink_to("CLAUDE.md")
    assert refused(world, root, "--domain", "infotech")[0] == FAILED
    assert refused(world, root / "CLAUDE.md", "--domain", "infotech")[0] == NOTHING


def test_a_link_within_the_project_is_followed_and_stays_a_link(world: World) -> None:
    root = world.project("within")
    (root / "docs").mkdir()
    (root / "docs/agents.md").write_text("Ours.\n")
    (root / "CLAUDE.md").symlink_to("docs/agents.md")
    (root / "AGENTS.md").symlink_to("CLAUDE.md")
    found = register(world, root, "--domain", "infotech", "--agents-md")
    assert [file["path"] for file in found["files"]] == [str(root / "docs/agents.md")]
    assert (root / "CLAUDE.md").is_symlink()
    assert (root / "docs/agents.md").read_text().count(BEGIN) == 1


def test_the_project_itself_may_be_reached_by_a_link(world: World) -> None:
    root = world.project("reached")
    (world.place / "link").symlink_to(root)
    assert register(world, world.place / "link", "--domain", "infotech")["path"] == str(root)


@pytest.mark.parametrize("kind", ["missing", "file", "fifo"])
def test_what_is_no_directory_is_refused(world: World, kind: str) -> None:
    place = world.place / "it"
    if kind == "file":
        place.touch()
    elif kind == "fifo":
        os.mkfifo(place)
    code, told = world.custodian("register-project", "--path", str(place), "--domain", "infotech").returncode, kind
    assert (code, told) == (NOTHING, kind)


@pytest.mark.skipif(os.geteuid() != 0, reason="giving a directory away takes root")
def test_what_belongs_to_another_user_is_refused(world: World) -> None:
    root = world.project("theirs", CLAUDE__md="theirs")
    os.chown(root / "CLAUDE.md", 12345, -1)
    code, told = refused(world, root, "--domain", "infotech")
    assert (code, "belongs to another user" in told) == (FAILED, True)
    os.chown(root, 12345, -1)
    assert "register it as its owner" in refused(world, root, "--domain", "infotech")[1]


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_a_file_that_is_none_is_refused_and_waited_for_never(world: World, make: Callable[[Path], None]) -> None:
    root = world.project(f"no-file-by-{make.__name__}")
    make(root / "CLAUDE.md")
    done = world.custodian("register-project", "--path", str(root), "--domain", "infotech")
    assert (done.returncode, "no plain file" in done.stderr) == (FAILED, True)


def test_a_damaged_pair_of_markers_stops_all_of_it(world: World) -> None:
    root = world.project("damaged", AGENTS__md=f"a\n{BEGIN}\nb\n")
    code, told = refused(world, root, "--domain", "infotech", "--agents-md", "--hooks")
    assert (code, "begin in line 2" in told) == (USAGE, True)


@pytest.mark.parametrize("content", ["{", "[]", '{"mcpServers": 3}', '{"a": 1, "a": 2}'])
def test_json_of_others_that_cannot_be_read_stops_all_of_it(world: World, content: str) -> None:
    root, home = world.project(f"unreadable-{len(content)}"), world.custodian.home / ".claude.json"
    home.write_text(content)
    code, told = refused(world, root, "--domain", "infotech", "--mcp")
    assert (code, "It stays as it is" in told, home.read_text()) == (USAGE, True, content)
    # who did not ask for it is not kept from the rest
    assert register(world, root, "--domain", "infotech")["mcp"]["status"] == "unreadable"


def test_settings_that_cannot_be_read_stop_all_of_it(world: World) -> None:
    root = world.project("settings")
    (root / ".claude").mkdir()
    (root / ".claude/settings.json").write_text("// comment\n{}")
    assert refused(world, root, "--domain", "infotech", "--hooks")[0] == USAGE


def test_a_file_of_claude_code_that_is_a_link_is_followed(world: World, tmp_path: Path) -> None:
    kept = tmp_path / "dotfiles.json"
    kept.write_text("{}")
    (world.custodian.home / ".claude.json").symlink_to(kept)
    register(world, world.project("dotfiles"), "--domain", "infotech", "--mcp")
    assert (world.custodian.home / ".claude.json").is_symlink()
    assert "state-hub" in kept.read_text()


def test_names_that_are_markup_or_secrets_of_a_shell_are_only_names(world: World) -> None:
    root = world.project("a $(touch x) `b` <!-- state-hub:end --> {DOMAIN}")
    found = register(world, root, "--domain", "infotech")
    assert found["repo"] == "a-touch-x-b-state-hub-end-domain"
    assert world.repo(found["repo"])["path"] == str(root)
    assert register(world, root, "--domain", "infotech")["requests"] == []


def test_a_path_that_is_not_utf_8_is_refused(world: World) -> None:
    root = Path(os.fsdecode(os.fsencode(world.place) + b"/\xff"))
    root.mkdir()
    done = world.custodian("register-project", "--path", str(root), "--domain", "infotech")
    assert (done.returncode, list(root.iterdir())) == (USAGE, [])


def test_a_file_that_changed_since_it_was_read_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "CLAUDE.md"
    path.write_bytes(b"newer")
    with pytest.raises(Conflict, match="changed meanwhile"):
        write([Change("CLAUDE.md", path, b"older", b"ours")])
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"CLAUDE.md": b"newer"}


def test_a_disk_that_fails_leaves_every_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = Change("a", tmp_path / "a", None, b"ours")
    second = Change("b", tmp_path / "b", None, b"ours")

    def full(file: int) -> None:
        if len(list(tmp_path.iterdir())) > 1:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StateHubError, match="No space left"):
        write([first, second])
    assert list(tmp_path.iterdir()) == []


def test_a_new_file_has_the_mode_of_the_umask_and_one_that_was_there_keeps_its_own(tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.write_bytes(b"")
    old.chmod(0o604)
    before = os.umask(0o027)
    try:
        write([Change("new", tmp_path / "x/new", None, b"1"), Change("old", old, b"", b"2")])
    finally:
        os.umask(before)
    assert [stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "x/new", old)] == [0o640, 0o604]
    assert [content_of(path) for path in (tmp_path / "x/new", old, tmp_path / "none")] == [b"1", b"2", None]


def test_a_place_that_cannot_be_written_to_is_found_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Forbidden):
        check_writable(Change("x", tmp_path / "file/x", None, b""))
    check_writable(Change("x", tmp_path / "new/x", None, b""))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_is_read_only_is_found_before_anything_is_written(world: World) -> None:
    root = world.project("read-only")
    root.chmod(0o555)
    code, told = refused(world, root, "--domain", "infotech")
    assert (code, "cannot be written to" in told) == (FAILED, True)


def test_done_is_exit_0_at_a_terminal_too(world: World) -> None:
    done = world.custodian("register-project", "--path", str(world.project("plain")), "--domain", "infotech")
    assert (done.returncode, done.stdout.splitlines()[0].split()) == (DONE, ["domain", "infotech,", "by", "--domain"])
