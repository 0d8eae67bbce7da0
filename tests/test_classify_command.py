"""`custodian classify`: registered by the file, told what is wrong with it, and helped to a first one."""

import json
import os
import pty
import select
import subprocess
from pathlib import Path
from typing import Any

import pytest

from statehub.repos.classification import FILE_NAME, Classification, read_file
from tests.commands import CONFLICT, DONE, NOTHING, USAGE, Custodian
from tests.hubs import CUSTODIAN
from tests.running import Hub


def repository(place: Path, slug: str, **fields: Any) -> Path:
    """A checkout with a classification."""
    (place / ".git").mkdir(parents=True)
    given: dict[str, Any] = {
        "name": "A Repo",
        "category": "tooling",
        "domain": "infotech",
        "topic": "platform",
    } | fields
    (place / FILE_NAME).write_text(Classification(slug, **given).text(), encoding="utf-8")
    return place


def test_a_repository_is_registered_then_unchanged_then_changed(custodian: Custodian, hub: Hub, tmp_path: Path) -> None:
    place = repository(tmp_path / "one", "one")
    first = custodian("classify", cwd=place)
    assert (first.returncode, first.stdout.split()[:2]) == (DONE, ["one", "registered"]), first.stderr
    before = hub.get("/repos/one").json
    assert (before["path"], before["category"]) == (str(place), "tooling")
    again = custodian("classify", str(place / FILE_NAME))
    assert again.stdout.split()[:2] == ["one", "unchanged"]
    assert hub.get("/repos/one").json == before
    repository(tmp_path / "other", "one", category="product")
    (tmp_path / "other" / FILE_NAME).replace(place / FILE_NAME)
    (place / "deep" / "er").mkdir(parents=True)
    assert custodian("classify", cwd=place / "deep" / "er").stdout.split()[:2] == ["one", "changed"]
    assert hub.get("/repos/one").json["category"] == "product"


def test_problems_are_told_with_place_and_nearest_and_the_others_go_in(custodian: Custodian, tmp_path: Path) -> None:
    good, bad = repository(tmp_path / "good", "good"), repository(tmp_path / "bad", "bad")
    text = (bad / FILE_NAME).read_text(encoding="utf-8")
    (bad / FILE_NAME).write_text(
        text.replace("infotech", "infotec").replace("platform", "platfrom") + "owners: [ada]\n"
    )
    done = custodian("classify", str(bad), str(good), "--json")
    assert done.returncode == USAGE
    outcomes = json.loads(done.stdout)["repositories"]
    assert [(outcome["repo"], outcome["result"]) for outcome in outcomes] == [("bad", "failed"), ("good", "registered")]
    problems = "\n".join(outcomes[0]["problems"])
    assert f"{FILE_NAME}:5: domain" in problems
    assert "did you mean infotech?" in problems
    assert "did you mean platform?" in problems
    assert "warning: owners" in problems
    shown = custodian("classify", str(bad))
    assert f"{FILE_NAME}:5: domain" in shown.stderr
    assert shown.stdout.split()[:2] == ["bad", "failed"]


def test_all_ends_with_a_line_for_every_registered_repository(custodian: Custodian, hub: Hub, tmp_path: Path) -> None:
    custodian("classify", str(repository(tmp_path / "here", "here")))
    custodian("classify", str(repository(tmp_path / "moved", "moved")))
    (tmp_path / "moved").rename(tmp_path / "elsewhere")
    custodian("classify", str(repository(tmp_path / "renamed", "renamed")))
    repository(tmp_path / "another", "another")
    (tmp_path / "another" / FILE_NAME).replace(tmp_path / "renamed" / FILE_NAME)
    hub.created("/repos", slug="pathless", name="Pathless", domain="infotech")
    done = custodian("classify", "--all")
    assert done.returncode == USAGE
    results = {line.split()[0]: line.split()[1] for line in done.stdout.splitlines()}
    assert results == {"here": "unchanged", "moved": "skipped", "pathless": "skipped", "renamed": "failed"}
    assert "the file says slug another" in done.stdout
    assert hub.get("/repos/another").status == 404
    assert custodian("classify", "--repo", "here").returncode == DONE
    assert custodian("classify", "--repo", "nobody").returncode == NOTHING
    assert custodian("classify", "--repo", "here", "--all").returncode == USAGE


def test_a_link_or_a_pipe_in_place_of_the_file_is_not_read(custodian: Custodian, tmp_path: Path) -> None:
    other = repository(tmp_path / "other", "other")
    for name in ("link", "pipe"):
        (tmp_path / name / ".git").mkdir(parents=True)
    (tmp_path / "link" / FILE_NAME).symlink_to(other / FILE_NAME)
    os.mkfifo(tmp_path / "pipe" / FILE_NAME)
    done = custodian("classify", str(tmp_path / "link"), str(tmp_path / "pipe"))
    assert (done.returncode, done.stdout.count("must be a file")) == (USAGE, 2)


def test_a_first_file_is_written_from_options_without_a_hub_and_never_over_another(tmp_path: Path) -> None:
    away = Custodian(tmp_path, "http://127.0.0.1:1")
    place = tmp_path / "new"
    (place / ".git").mkdir(parents=True)
    given = ["--slug", "new", "--name", "New: it", "--category", "tooling", "--domain", "infotech", "--tag", "a, b"]
    lacking = away("classify", "--init", str(place), *given[:4])
    assert (lacking.returncode, "--category, --domain" in lacking.stderr) == (USAGE, True)
    wrong = away("classify", "--init", str(place), *given, "--domain", "infotec")
    assert (wrong.returncode, "did you mean infotech?" in wrong.stderr) == (USAGE, True)
    assert not (place / FILE_NAME).exists()
    done = away("classify", "--init", str(place), *given, "--json")
    assert json.loads(done.stdout)["file"] == str(place / FILE_NAME), done.stderr
    found = read_file(place)
    assert found.problems == ()
    assert found.classification == Classification("new", "New: it", "tooling", "infotech", ("a, b",))
    assert away("classify", "--init", str(place), *given, "--name", "Other").returncode == CONFLICT
    assert read_file(place) == found


def test_on_a_terminal_it_asks_for_what_was_not_given_until_it_fits(tmp_path: Path) -> None:
    place = tmp_path / "My Repo"
    place.mkdir()
    subprocess.run(["git", "init", "-q", place], check=True)
    subprocess.run(["git", "-C", place, "remote", "add", "origin", "git@example.org:team/The-Repo.git"], check=True)
    typed = "\n\ntoolin\ntooling\n\nmcp, coordination\n\nplatform\n"
    shown, status = _typed(tmp_path, typed, "classify", "--init", str(place))
    assert status == 0, shown
    assert "did you mean tooling?" in shown
    assert read_file(place).classification == Classification(
        "the-repo", "My Repo", "tooling", "infotech", ("mcp", "coordination"), (), "platform"
    )


def _typed(home: Path, text: str, *args: str) -> tuple[str, int]:
    """What a command shows on a terminal of its own on which that is typed, and its status."""
    ours, theirs = pty.openpty()
    environment = Custodian(home, "http://127.0.0.1:1").environment(TERM="dumb")
    with subprocess.Popen([*CUSTODIAN, *args], stdin=theirs, stdout=theirs, stderr=theirs, env=environment) as process:
        os.close(theirs)
        os.write(ours, text.encode())
        shown = b""
        while select.select([ours], [], [], 20)[0]:
            try:
                shown += os.read(ours, 4096)
            except OSError:  # the terminal was left
                break
        status = process.wait(timeout=20)
    os.close(ours)
    return shown.decode(), status


@pytest.mark.parametrize("args", [("--slug", "x"), ("--init", "--all"), ("a", "--repo", "x")])
def test_words_that_do_not_go_together_are_usage(tmp_path: Path, args: tuple[str, ...]) -> None:
    assert Custodian(tmp_path, "http://127.0.0.1:1")("classify", *args).returncode == USAGE
