"""A port that is taken: by whom, and which setting chooses another."""

import errno
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from statehub.cli import sockets
from statehub.cli.ports import listen
from statehub.errors import Conflict, SettingsError
from tests.hubs import CUSTODIAN, free_port
from tests.running import Hub

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /proc, which says who listens")


def has_ipv6() -> bool:
    try:
        with closing(socket.create_server(("::1", 0), family=socket.AF_INET6)):
            return True
    except OSError:
        return False


IPV6 = pytest.mark.skipif(not has_ipv6(), reason="this machine has no ::1")


@contextmanager
def web_server(host: str, *words: str) -> Iterator[tuple[int, int]]:
    """Somebody else's server; its port and pid."""
    command = [sys.executable, "-u", *(words or ("-m", "http.server", "--bind", host, "0"))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout
            port = re.search(r"port (\d+)", process.stdout.readline())
            assert port
            yield int(port[1]), process.pid
        finally:
            process.kill()


def refusal(host: str, port: int, setting: str = "STATEHUB_API_PORT") -> str:
    """What is said when it cannot be had."""
    with pytest.raises(Conflict) as raised, listen(host, port, setting):
        pass
    return raised.value.detail


@LINUX
@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("127.0.0.1", "localhost"),
        ("0.0.0.0", "127.0.0.1"),  # noqa: S104
        ("127.0.0.1", "0.0.0.0"),  # noqa: S104
        pytest.param("::1", "::1", marks=IPV6),
        pytest.param("::", "127.0.0.1", marks=IPV6),
        pytest.param("::1", "::", marks=IPV6),
    ],
)
def test_who_has_the_port_is_named_and_the_setting_that_chooses_another(theirs: str, ours: str) -> None:
    with web_server(theirs) as (port, pid):
        said = refusal(ours, port, "STATEHUB_MCP_PORT")
    python = Path(sys.executable).name
    assert said == (
        f"port {port} on {ours} is taken by {python} -m http.server (process {pid});"
        " choose another port with STATEHUB_MCP_PORT, or 0 for any that is free"
    )


@LINUX
def test_only_who_is_in_the_way_is_named() -> None:
    with web_server("127.0.0.1") as (port, pid):
        assert f"(process {pid})" in sockets.owners("127.0.0.1", port)
        assert sockets.owners("127.0.0.2", port) == ""
        assert sockets.owners("::1", port) == ""
        assert sockets.owners("127.0.0.1", free_port()) == ""
        with closing(socket.create_connection(("127.0.0.1", port))) as client:  # who is connected does not listen
            assert sockets.owners("127.0.0.1", client.getsockname()[1]) == ""


@LINUX
def test_what_a_program_was_told_is_not_repeated(tmp_path: Path) -> None:
    script = tmp_path / "listens.py"
    script.write_text(
        "import socket\ns = socket.create_server(('127.0.0.1', 0)); print('port', s.getsockname()[1]); s.accept()\n"
    )
    for words, shown in (
        ((str(script), "--password=hunter2", "hunter3"), "listens.py"),
        (("-c", script.read_text(), "hunter4"), ""),
    ):
        with web_server("", *words) as (port, _):
            said = sockets.owners("127.0.0.1", port)
            assert said.startswith(f"{Path(sys.executable).name} {shown}".strip() + " (")
            assert "hunter" not in said


@LINUX
@pytest.mark.skipif(os.geteuid() != 0, reason="takes root, who can become somebody else")
def test_a_process_that_may_not_be_looked_into_is_told_by_its_user() -> None:
    with web_server("127.0.0.1") as (port, _):
        become = "import os; from statehub.cli import sockets; os.setgroups([]); os.setgid(65534); os.setuid(65534); "
        words = [sys.executable, "-c", f"{become} print(sockets.owners('127.0.0.1', {port}))"]
        asked = subprocess.run(words, capture_output=True, text=True, check=True)
    assert asked.stdout.strip() == "a process of user root"


def test_without_proc_the_port_is_still_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sockets, "_PROC", tmp_path)
    with web_server("127.0.0.1") as (port, _):
        assert refusal("127.0.0.1", port).startswith(f"port {port} on 127.0.0.1 is taken; choose another port with")


def test_a_state_hub_is_known_for_what_it_is(shared_hub: Hub) -> None:
    said = refusal("127.0.0.1", shared_hub.port)
    assert "; a State Hub answers there, and does not tell its data directory; choose another port" in said


def test_whoever_else_speaks_http_or_says_nothing_is_not_taken_for_a_hub() -> None:
    with web_server("127.0.0.1") as (port, _):
        assert "State Hub" not in refusal("127.0.0.1", port)
    with closing(socket.create_server(("127.0.0.1", 0))) as mute:
        done = threading.Event()

        def accept() -> None:
            connection, _ = mute.accept()
            with connection:
                connection.sendall(b"\x00\xff" * 2**16 + b"\r\n\r\n")
                done.wait(20)

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            assert "State Hub" not in refusal("127.0.0.1", mute.getsockname()[1])
        finally:
            done.set()
            thread.join()


def test_an_address_of_another_machine_is_said() -> None:
    with pytest.raises(SettingsError, match=r"cannot be bound to 192\.0\.2\.1") as raised, listen("192.0.2.1", 0):
        pass
    assert "STATEHUB_HOST" in raised.value.detail


def test_a_port_that_is_not_for_this_user_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(socket.socket, "bind", refuse)  # root may, and containers let anybody
    with pytest.raises(SettingsError, match="may not listen on port 80; choose one above 1023 with STATEHUB_API_PORT"):
        listen("127.0.0.1", 80).__enter__()


@pytest.mark.parametrize(("command", "setting"), [("serve", "STATEHUB_API_PORT"), ("mcp", "STATEHUB_MCP_PORT")])
def test_a_part_alone_says_so_too(command: str, setting: str, tmp_path: Path) -> None:
    with web_server("127.0.0.1") as (port, pid):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("STATEHUB_")}
        done = subprocess.run(
            [*CUSTODIAN, command], capture_output=True, text=True, timeout=60, check=False,
            env={**environment, setting: str(port), "STATEHUB_DATA_DIR": str(tmp_path / "data")},
        )  # fmt: skip
    assert done.returncode == 4, done.stderr
    assert f"is taken by {Path(sys.executable).name} -m http.server (process {pid})" in done.stderr
    assert setting in done.stderr
    assert not (tmp_path / "data" / "postgres").exists(), "and nothing was started for it"
