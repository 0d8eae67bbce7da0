"""Settings: where they come from, what they take, and what is said when they don't."""

import dataclasses
from pathlib import Path

import pytest

from statehub.errors import SettingsError
from statehub.settings import PREFIX, Settings, config_file


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The config file of a user who has no setting in the environment."""
    for setting in dataclasses.fields(Settings):
        monkeypatch.delenv(PREFIX + setting.name.upper(), raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / "statehub").mkdir()
    return tmp_path / "statehub" / "env"


def test_without_anything_the_hub_is_on_loopback_and_its_data_at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setenv("HOME", "/home/somebody")
    settings = Settings.load({})
    assert settings == Settings()
    assert settings.base_url == "http://127.0.0.1:8000"
    assert settings.data_dir == Path("/home/somebody/.local/share/statehub")
    assert settings.database_url is None


def test_the_xdg_directories_are_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "/elsewhere/data")
    monkeypatch.setenv("XDG_CONFIG_HOME", "/elsewhere/config")
    assert Settings.load({}).data_dir == Path("/elsewhere/data/statehub")
    assert config_file() == Path("/elsewhere/config/statehub/env")


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("database_url", "postgresql:///hub", "postgresql:///hub"),
        ("listen", "off", False),
        ("listen", "TRUE", True),
        ("listen", "0", False),
        ("api_port", "0", 0),
        ("api_port", " 65535 ", 65535),
        ("stale_limit", "0.5", 0.5),
        ("poll_interval", "3", 3.0),
        ("summary_limit", "10000", 10000),
        ("allowed_hosts", "hub.example, other ,", ("hub.example", "other")),
        ("data_dir", "/srv/hub", Path("/srv/hub")),
        ("log_level", "WARNING", "warning"),
        ("agent", "", None),
        ("api_port", "   ", 8000),
    ],
)
def test_a_setting_is_read_from_the_environment(name: str, text: str, value: object) -> None:
    assert getattr(Settings.load({PREFIX + name.upper(): text}), name) == value


@pytest.mark.parametrize(
    ("name", "text", "takes"),
    [
        ("API_PORT", "http", "a whole number from 0 to 65535"),
        ("API_PORT", "65536", "a whole number from 0 to 65535"),
        ("API_PORT", "-1", "a whole number from 0 to 65535"),
        ("API_PORT", "80.5", "a whole number from 0 to 65535"),
        ("SUMMARY_LIMIT", "0", "a whole number from 1 to 10000"),
        ("POLL_INTERVAL", "0", "a number of seconds above 0"),
        ("POLL_INTERVAL", "-1", "a number of seconds above 0"),
        ("POLL_INTERVAL", "nan", "a number of seconds above 0"),
        ("STALE_LIMIT", "inf", "a number of seconds above 0"),
        ("STALE_LIMIT", "10 minutes", "a number of seconds above 0"),
        ("LISTEN", "maybe", "on or off"),
        ("LOG_LEVEL", "loud", "debug or info or warning or error"),
        ("LOG_FORMAT", "xml", "text or json"),
    ],
)
def test_a_bad_value_is_one_line_that_names_it_and_says_what_it_takes(name: str, text: str, takes: str) -> None:
    with pytest.raises(SettingsError) as raised:
        Settings.load({PREFIX + name: text})
    assert str(raised.value) == f"STATEHUB_{name} is {text!r}; it takes {takes}"


def test_every_setting_is_reached_by_its_name_and_has_a_default() -> None:
    assert Settings.load({"STATEHUB_NOTHING_OF_THE_KIND": "1", "API_PORT": "1"}) == Settings()
    assert {"database_url", "api_port", "stale_limit"} <= {setting.name for setting in dataclasses.fields(Settings)}


def test_settings_do_not_change() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().api_port = 1  # type: ignore[misc]


def test_the_config_file_is_read_as_a_shell_would(config: Path) -> None:
    config.write_text(
        """
        # the hub of the office
        STATEHUB_API_PORT=8123
        export STATEHUB_AGENT="ada lovelace"
        STATEHUB_HOST = '::1'
        STATEHUB_DATABASE_URL=postgresql:///hub?host=/run&a=b
        SOMETHING_ELSE=1
        """
    )
    settings = Settings.load()
    assert settings.api_port == 8123
    assert settings.agent == "ada lovelace"
    assert settings.base_url == "http://[::1]:8123"
    assert settings.database_url == "postgresql:///hub?host=/run&a=b"


def test_the_environment_goes_before_the_config_file(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config.write_text("STATEHUB_API_PORT=8123\nSTATEHUB_AGENT=file\n")
    monkeypatch.setenv("STATEHUB_API_PORT", "9000")
    assert (Settings.load().api_port, Settings.load().agent) == (9000, "file")


def test_a_config_file_that_is_not_there_is_none(config: Path) -> None:
    assert Settings.load() == Settings()


@pytest.mark.parametrize(
    "content", [b"STATEHUB_API_PORT 8123", b"STATEHUB_AGENT=ok\njust words\n", b"STATEHUB_AGENT=\xff\xfe"]
)
def test_a_config_file_that_cannot_be_read_is_named(config: Path, content: bytes) -> None:
    config.write_bytes(content)
    with pytest.raises(SettingsError, match=str(config)) as raised:
        Settings.load()
    assert "\n" not in str(raised.value)


def test_a_config_file_that_is_a_directory_is_named(config: Path) -> None:
    config.mkdir()
    with pytest.raises(SettingsError, match=str(config)):
        Settings.load()


def test_the_working_directory_is_never_read(config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = tmp_path / "somebody-elses-project"
    project.mkdir()
    (project / ".env").write_text("STATEHUB_API_PORT=1\n")
    (project / "env").write_text("STATEHUB_API_PORT=1\n")
    monkeypatch.chdir(project)
    assert Settings.load().api_port == 8000


def test_where_the_hub_answers_can_be_said() -> None:
    assert Settings.load({"STATEHUB_API_URL": "https://hub.example/"}).base_url == "https://hub.example"


@pytest.mark.parametrize("bad", ["nonsense", "127.0.0.1:8000", "http://", "ftp://hub.example", "http://a b"])
def test_an_address_that_is_none_is_said_at_once(bad: str) -> None:
    with pytest.raises(SettingsError, match=r"^STATEHUB_API_URL is .*; it takes the address of an API"):
        Settings.load({"STATEHUB_API_URL": bad})
