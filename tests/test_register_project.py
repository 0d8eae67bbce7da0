"""`custodian register-project`: real processes on a real hub, each in a home of its own."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from statehub.cli.managed_block import BEGIN, END
from statehub.cli.project_domain import newest_charter, slug_of_name
from statehub.errors import Invalid
from tests.commands import CONFLICT, DONE, NOTHING, UNREACHABLE, USAGE, Custodian
from tests.conftest import OWNER, temporary_database
from tests.projects import CLASSIFICATION, World, files_of
from tests.running import Hub, eventually, running


@pytest.fixture(scope="module")
def hub(server: str, template: str) -> Iterator[Hub]:
    with temporary_database(server, template) as database, running(database) as hub:
        yield hub


@pytest.fixture
def world(hub: Hub, tmp_path: Path) -> World:
    (tmp_path / "home").mkdir()
    (tmp_path / "projects").mkdir()
    return World(hub, Custodian(tmp_path / "home", hub.url), tmp_path / "projects")


def register(world: World, root: Path, *args: str, **more: Any) -> Any:
    """The document of a registration that is done."""
    done = world.custodian("register-project", "--path", str(root), "--json", *args, **more)
    assert (done.returncode, done.stderr) == (DONE, ""), done
    return json.loads(done.stdout)


def refused(world: World, root: Path | str, *args: str, **more: Any) -> tuple[int, str]:
    """Exit code and message of one that changes nothing: no file, no row."""
    before, revision = files_of(world.place), world.revision()
    done = world.custodian("register-project", "--path", str(root), *args, **more)
    assert (done.stdout, files_of(world.place), world.revision()) == ("", before, revision)
    assert not (world.custodian.home / ".claude.json.new").exists()
    return done.returncode, done.stderr


def test_a_project_is_registered_and_again_changes_nothing(world: World) -> None:
    root = world.project("First-One")
    found = register(world, root, "--domain", "infotech", "--agents-md", "--hooks", "--mcp")
    topic = world.topics("infotech")[0]
    assert (found["repo"], found["domain"], found["topic"]["slug"]) == ("first-one", "infotech", topic["slug"])
    assert [(file["name"], file["new"]) for file in found["files"]] == [
        ("CLAUDE.md", True), ("AGENTS.md", True), (".claude/settings.json", True), ("~/.claude.json", True),
    ]  # fmt: skip
    text = (root / "CLAUDE.md").read_text()
    assert text.startswith(BEGIN)
    assert text.endswith(END + "\n")
    for word in ("`first-one`", "`infotech`", f"`{topic['id']}`", "--repo first-one"):
        assert word in text
    assert (root / "AGENTS.md").read_text() == text
    row = world.repo("first-one")
    assert (row["name"], row["path"], row["domain"], row["status"]) == ("First-One", str(root), "infotech", "active")
    [event] = world.milestones("first-one")
    assert (event["id"], event["topic"], event["author_kind"]) == (found["event"], topic["slug"], "human")
    assert event["detail"] == {
        "path": str(root),
        "changed": ["repo", "CLAUDE.md", "AGENTS.md", ".claude/settings.json", "~/.claude.json"],
    }
    before, revision = files_of(world.place.parent), world.revision()
    again = register(world, root, "--domain", "infotech", "--agents-md", "--hooks", "--mcp")
    assert (again["requests"], again["event"]) == ([], None)
    assert not any(file["changed"] for file in again["files"])
    assert (files_of(world.place.parent), world.revision()) == (before, revision)


def test_what_a_person_wrote_around_the_block_stays(world: World) -> None:
    root = world.project("around")
    (root / "CLAUDE.md").write_bytes(b"\xef\xbb\xbf# Mine\r\nno end")
    (root / "CLAUDE.md").chmod(0o640)
    register(world, root, "--domain", "infotech")
    text = (root / "CLAUDE.md").read_bytes()
    assert text.startswith(b"\xef\xbb\xbf# Mine\r\nno end\r\n\r\n<!-- state-hub:begin")
    assert text.count(b"\n") == text.count(b"\r\n")
    assert (root / "CLAUDE.md").stat().st_mode & 0o777 == 0o640
    (root / "CLAUDE.md").write_bytes(text + b"and after")
    found = register(world, root, "--domain", "energy")
    assert (found["domain"], found["files"][0]["changed"]) == ("energy", True)
    assert (root / "CLAUDE.md").read_bytes() == text.replace(b"`infotech`", b"`energy`").replace(
        world.topics("infotech")[0]["id"].encode(), world.topics("energy")[0]["id"].encode()
    ) + b"and after"


def test_the_domain_is_of_the_option_else_the_charter_else_the_classification(world: World) -> None:
    charter = "---\ntitle: x\ndomain: {} # a market\n---\ndomain: energy\n"
    root = world.project(
        "order",
        project_charter_v9__md=charter.format("materials"),
        project_charter_v10__md=charter.format('"industrials"').replace("\n", "\r\n"),
        project_charter_vision__md=charter.format("materials"),
    )
    (root / ".repo-classification.yaml").write_text(CLASSIFICATION.format(slug="order", domain="government"))
    done = world.custodian("register-project", "--path", str(root), "--json", "--domain", "nonprofit")
    assert (json.loads(done.stdout)["domain_by"], world.repo("order")["domain"]) == ("--domain", "nonprofit")
    assert "make them agree" in done.stderr
    found = json.loads(world.custodian("register-project", "--path", str(root), "--json").stdout)
    assert (found["domain"], found["domain_by"]) == ("industrials", "project_charter_v10.md")
    for path in root.glob("project_charter_*"):
        path.unlink()
    found = register(world, root)
    assert (found["domain"], found["domain_by"]) == ("government", ".repo-classification.yaml")
    row = world.repo("order")
    assert (row["domain"], row["category"], row["name"]) == ("government", "tooling", "Some Project")
    assert (row["capability_tags"], row["classification"]["domain"]) == (["mcp", "a b"], "government")
    assert register(world, root)["requests"] == []


@pytest.mark.parametrize(
    ("names", "newest"),
    [
        (["v9", "v10"], "v10"), (["v1.9", "v1.10"], "v1.10"), (["v2", "v1.99"], "v2"), (["v2", "v2.0.1"], "v2.0.1"),
        (["v1_final", "v1_draft"], "v1_final"), (["vision"], None), ([], None),
    ],
)  # fmt: skip
def test_the_newest_charter_is_the_one_of_the_highest_number(
    tmp_path: Path, names: list[str], newest: str | None
) -> None:
    for name in names:
        (tmp_path / f"project_charter_{name}.md").touch()
    assert newest_charter(tmp_path) == (newest and f"project_charter_{newest}.md")


def test_a_classification_that_is_not_whole_says_the_domain_and_is_told_of(world: World) -> None:
    root = world.project("partly")
    (root / ".repo-classification.yaml").write_text("slug: partly-there\ndomain: infotech\n")
    done = world.custodian("register-project", "--path", str(root))
    assert done.returncode == DONE
    assert "lacks schema, name" in done.stderr
    assert (world.repo("partly-there")["category"], world.repo("partly-there")["classification"]) == ("project", None)


@pytest.mark.parametrize("given", ["infotec", "", "a\nb"])
def test_an_unknown_domain_is_refused_with_those_that_are_known(world: World, given: str) -> None:
    code, told = refused(world, world.project("unknown"), "--domain", given)
    assert code == USAGE
    assert "consumer-discretionary" in told
    assert ("did you mean infotech?" in told) == (given == "infotec")


def test_a_project_that_says_no_domain_is_refused(world: World) -> None:
    code, told = refused(world, world.project("silent", project_charter_v1__md="# no frontmatter\ndomain: energy\n"))
    assert (code, "no --domain" in told, "healthcare" in told) == (USAGE, True, True)


def test_a_domain_without_a_topic_gets_one_and_it_is_said(world: World) -> None:
    domain = world.domain("space", "Space")
    root = world.project("rocket")
    dry = world.custodian("register-project", "--path", str(root), "--domain", domain, "--dry-run").stdout
    assert "(the id of the new topic)" in dry
    assert world.topics(domain) == []
    done = world.custodian("register-project", "--path", str(root), "--domain", domain).stdout
    assert "space, new: space had no active one" in done
    [topic] = world.topics(domain)
    assert (topic["slug"], topic["title"], topic["domain"]) == ("space", "Space", "space")
    assert topic["id"] in (root / "CLAUDE.md").read_text()
    assert world.milestones("rocket")[0]["detail"]["changed"] == ["topic", "repo", "CLAUDE.md"]


def test_of_several_topics_the_oldest_is_taken_unless_one_is_named(world: World) -> None:
    domain = world.domain("rail")
    for slug in ("rail-b", "rail-a", "rail-c"):
        world.hub.created("/topics", slug=slug, title=slug, domain=domain)
    root = world.project("train")
    assert register(world, root, "--domain", domain)["topic"]["slug"] == "rail-b"
    named = world.topics(domain)[-1]
    assert register(world, root, "--domain", domain, "--topic", "Rail-A")["topic"]["slug"] == "rail-a"
    assert register(world, root, "--domain", domain, "--topic", named["id"])["topic"]["slug"] == named["slug"]
    code, told = refused(world, root, "--domain", domain, "--topic", "nothing")
    assert (code, "rail-b, rail-a, rail-c" in told) == (NOTHING, True)
    code, told = refused(world, root, "--domain", domain, "--topic", "platform")
    assert (code, "infotech" in told) == (CONFLICT, True)
    world.hub.delete("/topics/rail-a")
    assert refused(world, root, "--domain", domain, "--topic", "rail-a")[0] == CONFLICT


def test_a_topic_of_that_name_which_is_archived_is_not_taken(world: World) -> None:
    domain = world.domain("sea")
    world.hub.created("/topics", slug="sea", title="Sea", domain=domain)
    world.hub.delete("/topics/sea")
    code, told = refused(world, world.project("ship"), "--domain", domain)
    assert (code, "custodian topic set sea --status active" in told) == (CONFLICT, True)


def test_a_dry_run_shows_diffs_and_requests_and_changes_nothing(world: World) -> None:
    root = world.project("dry", CLAUDE__md="Mine.\x1b[31m\n")
    (world.custodian.home / ".claude.json").write_text('{"mcpServers": {"x": {"env": {"KEY": "hidden"}}}}')
    before, revision = files_of(world.place.parent), world.revision()
    args = ("--domain", "infotech", "--hooks", "--mcp", "--dry-run")
    done = world.custodian("register-project", "--path", str(root), *args)
    assert (done.returncode, done.stderr) == (DONE, "")
    for line in ("--- CLAUDE.md", "--- /dev/null", "+++ .claude/settings.json", "+++ ~/.claude.json", f"+{BEGIN}"):
        assert line in done.stdout.splitlines()
    assert " Mine.[31m" in done.stdout
    assert "hidden" not in done.stdout
    assert 'would send POST /repos {"slug": "dry"' in done.stdout
    assert 'would send POST /progress {"event_type": "milestone"' in done.stdout
    assert (files_of(world.place.parent), world.revision()) == (before, revision)
    told = register(world, root, *args)
    assert [request["path"] for request in told["requests"]] == ["/repos", "/progress"]
    assert [file["changed"] for file in told["files"]] == [True, True, True]
    assert (told["dry_run"], told["event"]) == (True, None)
    assert (files_of(world.place.parent), world.revision()) == (before, revision)


def test_the_mcp_server_is_registered_beside_what_is_there_with_a_copy_of_it(world: World) -> None:
    root, home = world.project("mcp"), world.custodian.home / ".claude.json"
    told = world.custodian("register-project", "--path", str(root), "--domain", "infotech").stdout
    assert "claude mcp add --transport http --scope user state-hub http://127.0.0.1:8001/mcp" in told
    assert not home.exists()
    there = {
        "numStartups": 7,
        "mcpServers": {"other": {"command": "x"}, "state-hub": {"url": "http://old/mcp"}},
        "z": 1.5,
    }
    home.write_text(json.dumps(there, indent=4))
    home.chmod(0o600)
    assert register(world, root, "--domain", "infotech")["mcp"]["status"] == "elsewhere"
    found = register(world, root, "--domain", "infotech", "--mcp", STATEHUB_API_TOKEN="ada:secret-of-length")
    after = json.loads(home.read_text())
    assert after["mcpServers"].pop("state-hub") == {
        "type": "http",
        "url": "http://127.0.0.1:8001/mcp",
        "headers": {"Authorization": "Bearer ada:secret-of-length"},
    }
    there["mcpServers"].pop("state-hub")  # type: ignore[attr-defined]
    assert after == there
    assert home.read_text().startswith('{\n    "numStartups"')
    [copy] = [Path(path) for path in found["copies"]]
    assert json.loads(copy.read_text())["mcpServers"]["state-hub"] == {"url": "http://old/mcp"}
    assert [path.stat().st_mode & 0o777 for path in (home, copy)] == [0o600, 0o600]
    assert "secret-of-length" not in json.dumps(found)


def test_a_session_that_starts_is_shown_the_briefing(world: World) -> None:
    root = world.project("hooked")
    (root / ".claude").mkdir()
    (root / ".claude/settings.json").write_text('{\n    "permissions": {"allow": ["x"]}\n}\n')
    register(world, root, "--domain", "infotech", "--hooks")
    settings = json.loads((root / ".claude/settings.json").read_text())
    assert settings["permissions"] == {"allow": ["x"]}
    [group] = settings["hooks"]["SessionStart"]
    command = group["hooks"][0]["command"]
    assert command.startswith("custodian context ")
    # as Claude Code runs it: by a shell, anywhere
    environment = world.custodian.environment(CLAUDE_PROJECT_DIR=str(root))
    (world.place / "bin").mkdir()
    link = world.place / "bin/custodian"
    link.write_text(f'#!/bin/sh\nexec {subprocess.list2cmdline(_python())} -m statehub.cli.main "$@"\n')
    link.chmod(0o755)
    environment["PATH"] = f"{link.parent}:{environment['PATH']}"
    shown = subprocess.run(
        ["sh", "-c", command], env=environment, cwd="/", capture_output=True, text=True, check=True, timeout=60
    )
    assert shown.stdout.startswith("# State Hub: hooked")


def _python() -> list[str]:
    import sys

    return [sys.executable]


def test_without_a_path_it_is_the_checkout_that_one_stands_in(world: World) -> None:
    root = world.project("checkout")
    (root / ".git").mkdir()
    (root / "deep/er").mkdir(parents=True)
    done = world.custodian("register-project", "--domain", "infotech", cwd=root / "deep/er")
    assert done.returncode == DONE
    assert (root / "CLAUDE.md").is_file()
    assert world.repo("checkout")["path"] == str(root)
    assert not (root / "deep/er/CLAUDE.md").exists()


def test_a_short_name_that_another_directory_has_is_not_taken_over(world: World) -> None:
    first = world.project("twin")
    register(world, first, "--domain", "infotech")
    (world.place / "elsewhere").mkdir()
    second = world.project("elsewhere/twin")
    code, told = refused(world, second, "--domain", "infotech")
    assert (code, f"custodian repo set twin --path {second}" in told) == (CONFLICT, True)
    (second / ".repo-classification.yaml").write_text(CLASSIFICATION.format(slug="twin-2", domain="infotech"))
    assert register(world, second)["repo"] == "twin-2"


def test_a_repository_that_is_there_is_brought_up_to_date(world: World) -> None:
    world.hub.created("/repos", slug="older", name="Older", domain="energy")
    root = world.project("older")
    assert register(world, root, "--domain", "infotech")["requests"][0]["method"] == "PATCH"
    row = world.repo("older")
    assert (row["name"], row["path"], row["domain"]) == ("Older", str(root), "infotech")
    world.hub.delete("/repos/older")
    register(world, root, "--domain", "infotech")
    assert world.repo("older")["status"] == "active"
    world.hub.patch("/repos/older", {"slug": "renamed"})
    assert register(world, root, "--domain", "infotech")["repo"] == "renamed"


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("My Project!", "my-project"),
        ("a_b.c", "a_b.c"),
        (".dot", "dot"),
        ("Ünï", "n"),
        ("x" * 80, "x" * 63),
        ("İx", "x"),
    ],
)
def test_a_directory_name_makes_a_short_name(name: str, slug: str) -> None:
    assert slug_of_name(name) == slug


def test_a_directory_name_that_makes_none_is_refused() -> None:
    with pytest.raises(Invalid, match="slug: my-project"):
        slug_of_name("日本")


def test_of_many_who_register_it_at_once_each_is_done_and_there_is_one_of_all(world: World) -> None:
    domain = world.domain("crowd")
    root = world.project("crowded", CLAUDE__md="Mine.\n")
    command = ("register-project", "--path", str(root), "--domain", domain)
    with closing(psycopg.connect(world.hub.database.url, options=OWNER)) as gate:
        gate.execute("lock table topics in share row exclusive mode")  # who reads goes on, who writes waits
        running = [world.custodian.start(*command) for _ in range(4)]
        waiting = (
            "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
        )
        eventually(lambda: world.hub.database.value(waiting, options="") > 2, "they write at once", within_s=30)
    assert [(each.communicate(timeout=60)[1], each.returncode) for each in running] == [("", DONE)] * 4
    assert [topic["slug"] for topic in world.topics(domain)] == ["crowd"]
    assert world.repo("crowded")["version"] == 1
    assert (root / "CLAUDE.md").read_text().count(BEGIN) == 1
    assert [path.name for path in root.iterdir()] == ["CLAUDE.md"]


def test_a_hub_that_is_away_is_exit_3_with_the_command_that_starts_one(world: World) -> None:
    root = world.project("alone")
    done = world.custodian(
        "register-project", "--path", str(root), "--domain", "infotech", STATEHUB_API_URL="http://127.0.0.1:9"
    )
    assert (done.returncode, list(root.iterdir())) == (UNREACHABLE, [])
    assert "custodian up" in done.stderr


def test_options_that_are_none_are_exit_2(world: World) -> None:
    assert world.custodian("register-project", "--nothing").returncode == USAGE
