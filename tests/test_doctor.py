"""`custodian doctor` finds what is wrong, and names the remedy."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from statehub.cli import doctor
from statehub.settings import Settings
from tests.commands import DONE, FAILED, Custodian
from tests.running import Hub

Examine = Callable[..., tuple[int, dict[str, dict[str, str]]]]


@pytest.fixture
def examine(hub: Hub, custodian: Custodian) -> Examine:
    """Exit code, and the findings by name."""

    def run(**more: Any) -> tuple[int, dict[str, dict[str, str]]]:
        told = {"STATEHUB_DATABASE_URL": hub.database.url, "STATEHUB_DATA_DIR": str(custodian.home), **more}
        done = custodian("doctor", "--json", **told)
        document = json.loads(done.stdout)
        assert (document["schema"], document["ok"]) == ("custodian/doctor/1", done.returncode == DONE)
        return done.returncode, {finding["name"]: finding for finding in document["findings"]}

    return run


def test_a_healthy_hub_is_all_right_and_nothing_is_written(hub: Hub, custodian: Custodian, examine: Examine) -> None:
    before = {name: n for name, n in hub.settled().json["revision"].items() if name != "token"}
    code, found = examine()
    assert (code, {finding["status"] for finding in found.values()}) == (DONE, {"ok"})
    assert hub.get("/state/summary?refresh=true").json["revision"] | before == hub.settled().json["revision"]
    assert not list(custodian.home.iterdir())
    shown = custodian("doctor", STATEHUB_DATABASE_URL=hub.database.url, STATEHUB_DATA_DIR=str(custodian.home)).stdout
    assert [line.split()[:2] for line in shown.splitlines()] == [["ok", name] for name in found]


def test_triggers_that_are_off_and_code_of_another_version_are_found(hub: Hub, examine: Examine) -> None:
    hub.execute("alter table tasks disable trigger user")
    hub.execute("update code_files set checksum = 'other'")
    code, found = examine()
    assert code == FAILED
    assert (found["triggers"]["status"], found["triggers"]["remedy"]) == ("fail", "custodian migrate --reload")
    assert "tasks." in found["triggers"]["detail"]
    assert (found["schema"]["status"], found["schema"]["remedy"]) == ("fail", "custodian migrate")
    assert found["hub"]["status"] == "fail"


def test_a_hub_and_a_database_that_are_away_are_found(custodian: Custodian, examine: Examine) -> None:
    code, found = examine(STATEHUB_API_URL="http://127.0.0.1:9", STATEHUB_DATABASE_URL="postgresql://127.0.0.1:9/none")
    assert code == FAILED
    assert (found["hub"]["status"], found["database"]["status"]) == ("fail", "fail")
    assert "custodian up" in found["hub"]["remedy"]


def test_an_empty_database_is_found(examine: Examine, server: str) -> None:
    code, found = examine(STATEHUB_DATABASE_URL=server)
    assert (code, found["schema"]["remedy"]) == (FAILED, "custodian migrate && custodian seed")


def test_a_token_file_that_others_read_is_found(custodian: Custodian, examine: Examine) -> None:
    path = custodian.home / "token"
    path.write_text("x" * 40)
    path.chmod(0o644)
    # it is no setting: the client leaves alone what it must not use
    [finding] = [doctor._token_file(Settings(data_dir=custodian.home))]
    assert (finding.status, "chmod 600" in finding.detail) == ("fail", True)
    path.chmod(0o600)
    assert examine()[1]["access"]["detail"].startswith("1 access tokens")


def test_an_address_that_others_reach_takes_a_token(examine: Examine) -> None:
    code, found = examine(STATEHUB_HOST="0.0.0.0")  # noqa: S104
    assert (code, found["address"]["remedy"]) == (FAILED, "custodian token create")
    code, found = examine(STATEHUB_HOST="0.0.0.0", STATEHUB_API_TOKEN="a-secret-of-some-length")  # noqa: S104
    assert (code, found["address"]["status"]) == (DONE, "warn")


@pytest.mark.parametrize(
    ("content", "status"),
    [
        ('{"mcpServers": {"state-hub": {"type": "http", "url": "http://localhost:8001/mcp"}}}', "ok"),
        ('{"mcpServers": {"other": {"command": "custodian", "args": ["mcp", "--stdio"]}}}', "ok"),
        ('{"mcpServers": {"state-hub": {"type": "http", "url": "http://localhost:9/mcp"}}}', "warn"),
        ('{"mcpServers": {}}', "warn"),
        ("{}", "warn"),
        ("[]", "warn"),
        ("no json", "warn"),
    ],
)
def test_whether_claude_code_knows_the_mcp_server_is_told(
    custodian: Custodian, examine: Examine, content: str, status: str
) -> None:
    (custodian.home / ".claude.json").write_text(content)
    found = examine()[1]["mcp"]
    assert (found["status"], "claude mcp add" in found["remedy"]) == (status, status == "warn")


def test_notifications_that_do_not_arrive_are_found(examine: Examine, server: str) -> None:
    code, found = examine(STATEHUB_LISTEN_URL=server)  # another database of the server: LISTEN works, and hears nothing
    assert (code, found["notifications"]["status"]) == (FAILED, "fail")
    assert "STATEHUB_LISTEN_URL" in found["notifications"]["remedy"]
    code, found = examine(STATEHUB_LISTEN="off")
    assert (code, found["notifications"]["status"]) == (DONE, "warn")


def test_a_bad_setting_is_a_finding(examine: Examine) -> None:
    code, found = examine(STATEHUB_API_PORT="eighty")
    assert (code, found["settings"]["status"]) == (FAILED, "fail")
