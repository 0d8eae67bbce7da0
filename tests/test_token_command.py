"""`custodian token`, where the hub may be bound, and whom custodian gives its token: real processes."""

import json
import stat
import subprocess
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest

from statehub import access, embedded
from statehub.access import parse
from statehub.cli.connect import token_for
from statehub.settings import Settings
from tests.hubs import CUSTODIAN, Hub, free_port
from tests.running import eventually


def run(hub: Hub, *args: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """One command with these settings beside the hub's."""
    environment = hub.environment | {f"STATEHUB_{name.upper()}": value for name, value in settings.items()}
    return subprocess.run([*CUSTODIAN, *args], env=environment, capture_output=True, text=True, timeout=90, check=False)


def status(hub: Hub, word: str | None = None, host: str = "localhost") -> int:
    with closing(HTTPConnection("127.0.0.1", hub.port, timeout=10)) as connection:
        headers = {"Host": host} | ({"Authorization": f"Bearer {word}"} if word else {})
        connection.request("GET", "/topics", headers=headers)
        return connection.getresponse().status


@pytest.fixture
def nobody(tmp_path: Path) -> Hub:
    """A hub that does not run, and has no data directory yet."""
    return Hub(tmp_path / "data", free_port())


def test_create_prints_the_token_and_then_what_to_do(nobody: Hub) -> None:
    done = nobody.run("token", "create")
    assert done.returncode == 0, done.stderr
    (word,) = done.stdout.splitlines()
    file = nobody.data_dir / "token"
    assert file.read_text() == word + "\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert str(file) in done.stderr
    assert "STATEHUB_API_TOKEN" in done.stderr
    assert word not in done.stderr
    again = nobody.run("token", "create")
    assert (again.returncode, again.stdout) == (4, "")
    assert "custodian token rotate" in again.stderr


def test_tokens_with_names_are_shown_and_rotated_by_name(nobody: Hub) -> None:
    assert nobody.run("token", "show").returncode == 5
    plain = nobody.run("token", "create").stdout.strip()
    made = json.loads(nobody.run("token", "create", "--name", "ada", "--json").stdout)
    assert (made["schema"], made["name"]) == ("custodian/token/1", "ada")
    assert made["token"].startswith("ada:")
    assert nobody.run("token", "show").stdout.split() == [plain, made["token"]]
    assert nobody.run("token", "show", "--name", "ada").stdout.split() == [made["token"]]
    new = json.loads(nobody.run("token", "rotate", "--name", "ada", "--json").stdout)["token"]
    assert new != made["token"]
    assert json.loads(nobody.run("token", "show", "--json").stdout) == {
        "schema": "custodian/tokens/1",
        "tokens": [{"name": None, "token": plain}, {"name": "ada", "token": new}],
    }
    assert nobody.run("token", "rotate", "--name", "bob").returncode == 5
    assert nobody.run("token", "create", "--name", "two words").returncode == 2


def test_a_token_file_that_others_read_is_one_clear_line(nobody: Hub) -> None:
    nobody.run("token", "create")
    (nobody.data_dir / "token").chmod(0o644)
    for command in (["token", "show"], ["token", "create", "--name", "x"], ["serve"], ["up"], ["status"]):
        done = nobody.run(*command)
        assert (done.returncode, done.stdout) == (2, "")
        assert len(done.stderr.splitlines()) == 1
        assert "chmod 600" in done.stderr


@pytest.mark.parametrize("value", ["ada:", ",", "two words-secret", ":secret"])
def test_a_bad_token_is_refused_and_not_repeated(nobody: Hub, value: str) -> None:
    done = run(nobody, "status", api_token=value)
    assert done.returncode == 2
    assert done.stderr.strip() == (
        "custodian: STATEHUB_API_TOKEN is not usable; it takes access tokens with commas: "
        "each one word, secret or name:secret"
    )


def test_settings_that_are_printed_do_not_show_the_token() -> None:
    assert "secret" not in repr(Settings(api_token=(parse("secret"),)))


# --- a hub that runs


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    hub = Hub(tmp_path_factory.mktemp("hub") / "data", free_port())
    assert hub.run("up", "--detach").returncode == 0
    yield hub
    hub.run("down")
    assert embedded.find(hub.data_dir) is None


def test_custodian_finds_the_token_of_the_hub_that_runs_here(hub: Hub, tmp_path: Path) -> None:
    assert status(hub) == 200
    word = hub.run("token", "create", "--name", "ada").stdout.strip()
    eventually(lambda: status(hub) == 401, "the token is asked for")
    assert status(hub, word) == 200
    assert hub.run("status").returncode == 0
    new = hub.run("token", "rotate", "--name", "ada").stdout.strip()
    eventually(lambda: status(hub, word) == 401, "the old token is refused")
    assert status(hub, new) == 200
    assert hub.run("status").returncode == 0
    elsewhere = Hub(tmp_path / "elsewhere", hub.port)
    refused = elsewhere.run("status")
    assert refused.returncode == 1
    assert "custodian token show" in refused.stderr
    assert run(elsewhere, "status", api_token=f"{new},unused:word").returncode == 0
    assert hub.run("up", "--detach").returncode == 0  # it is running already
    (hub.data_dir / "token").unlink()
    eventually(lambda: status(hub) == 200, "it is open again")


# --- where it is bound


@pytest.mark.parametrize("command", [["serve"], ["serve", "--workers", "2"], ["up"], ["up", "--detach"]])
@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])  # noqa: S104
def test_a_hub_that_others_could_reach_does_not_start_without_a_token(
    nobody: Hub, host: str, command: list[str]
) -> None:
    done = run(nobody, *command, host=host)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert f"STATEHUB_HOST is '{host}'" in done.stderr
    assert "custodian token create" in done.stderr
    assert embedded.find(nobody.data_dir) is None


def test_with_a_token_a_hub_can_be_bound_everywhere_and_answers_to_its_names(nobody: Hub) -> None:
    settings = {"host": "0.0.0.0", "allowed_hosts": "hub.example"}  # noqa: S104
    word = nobody.run("token", "create").stdout.strip()
    try:
        started = run(nobody, "up", "--detach", **settings)
        assert started.returncode == 0, started.stderr
        assert "beside loopback it answers to the names in STATEHUB_ALLOWED_HOSTS: hub.example" in started.stderr
        assert f"http://127.0.0.1:{nobody.port}" in started.stdout
        assert [status(nobody, word), status(nobody, word, "hub.example")] == [200, 200]
        assert [status(nobody), status(nobody, None, "hub.example"), status(nobody, "wrong")] == [401] * 3
        assert status(nobody, word, "other.example") == 421
        assert run(nobody, "status", **settings).returncode == 0
    finally:
        nobody.run("down")


# --- whom the token is given


def settings(data_dir: Path, **more: object) -> Settings:
    return Settings(**{"data_dir": data_dir, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8000", "http://localhost:9", "http://[::1]:8000", "http://127.9.9.9"]
)
def test_a_hub_on_this_machine_is_given_the_token(tmp_path: Path, url: str) -> None:
    assert token_for(settings(tmp_path), url) is None
    word = access.create(tmp_path, None).word
    assert token_for(settings(tmp_path), url) == word
    given = (parse("ada:key"), parse("other"))
    assert token_for(settings(tmp_path, api_token=given), url) == "ada:key"


@pytest.mark.parametrize(
    "url",
    ["http://192.0.2.1:8000", "http://hub.example", "http://127.0.0.1@hub.example", "http://localhost.hub.example"],
)
def test_a_hub_elsewhere_is_given_only_what_was_meant_for_it(tmp_path: Path, url: str) -> None:
    word = access.create(tmp_path, None).word
    key = (parse("key"),)
    assert token_for(settings(tmp_path), url) is None
    assert token_for(settings(tmp_path, api_url=url), url) is None  # the file's opens the hub of this directory
    assert token_for(settings(tmp_path, api_token=key), url) is None
    assert token_for(settings(tmp_path, api_token=key, api_url=url), url) == "key"
    assert token_for(settings(tmp_path), url, ours=True) == word


def test_a_directory_that_is_not_for_us_to_read_has_no_token(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert token_for(settings(tmp_path / "file"), "http://localhost") is None
