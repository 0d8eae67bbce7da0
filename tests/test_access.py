"""The token file, and which tokens a hub takes as it changes. Needs no database."""

import os
import stat
import threading
from pathlib import Path

import pytest

from statehub import access
from statehub.access import AccessToken, parse
from statehub.errors import Conflict, NotFound, SettingsError, Unauthorized
from statehub.keyring import LOOK_EVERY_S, Keyring


@pytest.mark.parametrize(
    ("word", "name", "secret"),
    [
        ("secret", None, "secret"),
        ("ada:secret", "ada", "secret"),
        ("ada@example.org:a:b", "ada@example.org", "a:b"),
        ("x" * 100 + ":y", "x" * 100, "y"),
    ],
)
def test_a_token_is_a_word_that_may_carry_a_name(word: str, name: str | None, secret: str) -> None:
    token = parse(word)
    assert token == AccessToken(name, word)
    assert token.secret == secret


@pytest.mark.parametrize(
    "word", ["", " ", "two words", "ada:", ":secret", "a,b", "é", "tab\t", "line\n", "nul\0", "x" * 101 + ":y"]
)
def test_anything_else_is_no_token(word: str) -> None:
    with pytest.raises(ValueError, match=r"^$"):
        parse(word)


def test_a_token_is_made_in_a_directory_that_is_not_there_and_nobody_else_reads_it(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        made = access.create(tmp_path / "a" / "b", "ada")
    finally:
        os.umask(old)
    file = tmp_path / "a" / "b" / "token"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert file.read_text() == made.word + "\n"
    assert made.word.startswith("ada:")
    assert len(made.secret) >= 43
    assert [path.name for path in file.parent.iterdir()] == ["token"]


def test_the_file_is_nobody_elses_from_its_first_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    modes: list[int] = []
    really = os.fsync

    def fsync(file: int) -> None:  # between the first byte and the name
        modes.append(stat.S_IMODE(os.fstat(file).st_mode))
        assert not (tmp_path / "token").exists()
        really(file)

    monkeypatch.setattr(os, "fsync", fsync)
    access.create(tmp_path, None)
    assert modes == [0o600]


def test_each_name_has_one_token_and_rotate_replaces_it_alone(tmp_path: Path) -> None:
    plain, ada = access.create(tmp_path, None), access.create(tmp_path, "ada")
    for name in (None, "ada"):
        with pytest.raises(Conflict, match="custodian token rotate"):
            access.create(tmp_path, name)
    new = access.rotate(tmp_path, "ada")
    assert new.name == "ada"
    assert new.secret != ada.secret
    assert access.read(tmp_path) == [plain, new]
    assert stat.S_IMODE((tmp_path / "token").stat().st_mode) == 0o600
    with pytest.raises(NotFound, match="custodian token create"):
        access.rotate(tmp_path, "bob")
    with pytest.raises(NotFound):
        access.rotate(tmp_path / "nowhere", None)
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("name", ["", "two words", "a:b", "a,b", "é", "x" * 101])
def test_a_name_that_cannot_stand_in_a_token_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError, match="cannot stand in a token"):
        access.create(tmp_path, name)
    assert not (tmp_path / "token").exists()


def test_what_a_killed_writer_left_is_in_nobodys_way(tmp_path: Path) -> None:
    (tmp_path / ".token.new").write_text("half a tok")
    made = access.create(tmp_path, None)
    assert access.read(tmp_path) == [made]


def test_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    threads = [threading.Thread(target=access.create, args=(tmp_path, f"agent-{n}")) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {token.name for token in access.read(tmp_path)} == {f"agent-{n}" for n in range(20)}


def test_a_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    access.create(tmp_path, None)
    for mode in (0o640, 0o604, 0o620, 0o610):
        (tmp_path / "token").chmod(mode)
        with pytest.raises(SettingsError, match="open to other users: chmod 600"):
            access.read(tmp_path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_file_of_another_user_is_refused(tmp_path: Path) -> None:
    access.create(tmp_path, None)
    os.chown(tmp_path / "token", 12345, -1)
    with pytest.raises(SettingsError, match="belongs to another user"):
        access.read(tmp_path)


@pytest.mark.parametrize("content", ["", "\n", "two words:\nada:\n", "a,b\n", "\udcff\n"])
def test_a_file_without_tokens_is_refused_and_not_taken_for_none(tmp_path: Path, content: str) -> None:
    file = tmp_path / "token"
    file.touch(mode=0o600)
    file.write_bytes(content.encode(errors="surrogateescape"))
    with pytest.raises(SettingsError) as raised:
        access.read(tmp_path)
    assert str(file) in str(raised.value)
    assert "ada" not in str(raised.value)


def test_neither_a_link_nor_a_pipe_nor_a_directory_is_read(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.touch(mode=0o600)
    elsewhere.write_text("secret\n")
    for make in (lambda path: path.symlink_to(elsewhere), lambda path: os.mkfifo(path, 0o600), Path.mkdir):
        data_dir = tmp_path / f"data-{id(make)}"
        data_dir.mkdir()
        make(data_dir / "token")
        with pytest.raises(SettingsError):
            access.read(data_dir)


class Clock:
    """Seconds that pass when told."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def bearer(token: AccessToken) -> bytes:
    return f"Bearer {token.word}".encode()


def test_without_a_token_everybody_may_in(tmp_path: Path) -> None:
    assert not Keyring().asks()
    assert not Keyring((), tmp_path).asks()
    assert Keyring((parse("secret"),)).asks()


def test_a_hub_that_must_have_a_token_lets_nobody_in_without_one(tmp_path: Path) -> None:
    keyring = Keyring((), tmp_path, required=True)
    assert keyring.asks()
    for sent in (None, b"", b"Bearer ", b"Bearer x"):
        with pytest.raises(Unauthorized):
            keyring.name_of(sent)


@pytest.mark.parametrize(
    "sent",
    [
        None, b"", b"Bearer", b"Bearer ", b"secret", b"Bearer secre", b"Bearer secret2", b"Bearer SECRET",
        b"Basic secret", b"Bearer secret secret", b"Bearer\tsecret", b"Bearer ada", b"Bearer ada:", b"Bearer :secret",
        b"Bearer key",        b"Bearer bob:key", b"Bearer ada:key,secret", b"Bearer \xff", b" Bearer secret",
    ],
)  # fmt: skip
def test_nothing_but_a_whole_token_lets_in(sent: bytes | None) -> None:
    keyring = Keyring((parse("ada:key"), parse("secret")))
    with pytest.raises(Unauthorized) as raised:
        keyring.name_of(sent)
    assert "custodian token show" in raised.value.detail


def test_the_bearers_name_is_the_tokens() -> None:
    keyring = Keyring((parse("ada:key"), parse("secret"), parse("bob:key")))
    assert keyring.name_of(b"Bearer ada:key") == "ada"
    assert keyring.name_of(b"bearer  bob:key ") == "bob"
    assert keyring.name_of(b"BEARER secret") is None


def test_the_file_is_looked_at_once_a_second_at_most(tmp_path: Path) -> None:
    clock = Clock()
    keyring = Keyring((), tmp_path, clock=clock)
    assert not keyring.asks()
    made = access.create(tmp_path, "ada")
    clock.now += LOOK_EVERY_S / 2
    assert not keyring.asks()
    clock.now += LOOK_EVERY_S / 2
    assert keyring.asks()
    assert keyring.name_of(bearer(made)) == "ada"
    new = access.rotate(tmp_path, "ada")
    assert keyring.name_of(bearer(made)) == "ada"
    clock.now += LOOK_EVERY_S
    assert keyring.asks()
    with pytest.raises(Unauthorized):
        keyring.name_of(bearer(made))
    assert keyring.name_of(bearer(new)) == "ada"
    (tmp_path / "token").unlink()
    clock.now += LOOK_EVERY_S
    assert not keyring.asks()


def test_the_settings_tokens_and_the_files_are_taken_together(tmp_path: Path) -> None:
    clock, made = Clock(), access.create(tmp_path, "ada")
    keyring = Keyring((parse("bob:key"),), tmp_path, clock=clock)
    assert keyring.asks()
    assert keyring.name_of(bearer(made)) == "ada"
    assert keyring.name_of(b"Bearer bob:key") == "bob"
    (tmp_path / "token").unlink()
    clock.now += LOOK_EVERY_S
    assert keyring.asks()
    assert keyring.name_of(b"Bearer bob:key") == "bob"
    with pytest.raises(Unauthorized):
        keyring.name_of(bearer(made))


@pytest.mark.parametrize("spoilt", ["others read it", "empty", "no token", "a link"])
def test_a_file_that_is_spoilt_under_a_running_hub_lets_nobody_in_until_it_is_mended(
    tmp_path: Path, spoilt: str, caplog: pytest.LogCaptureFixture
) -> None:
    clock, made, file = Clock(), access.create(tmp_path, None), tmp_path / "token"
    keyring = Keyring((parse("bob:key"),), tmp_path, clock=clock)
    assert keyring.asks()
    match spoilt:
        case "others read it":
            file.chmod(0o644)
        case "empty":
            file.write_text("")
        case "no token":
            file.write_text("ada:\n")
        case _:
            file.rename(tmp_path / "moved")
            file.symlink_to("moved")
    for _ in range(3):
        clock.now += LOOK_EVERY_S
        assert keyring.asks()
    assert len(caplog.records) == 1
    assert made.word not in caplog.text
    with pytest.raises(Unauthorized):
        keyring.name_of(bearer(made))
    assert keyring.name_of(b"Bearer bob:key") == "bob"
    file.unlink()
    mended = access.create(tmp_path, None)
    clock.now += LOOK_EVERY_S
    assert keyring.asks()
    assert keyring.name_of(bearer(mended)) is None
