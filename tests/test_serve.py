"""`custodian serve` told to end, whatever it does just then; and what becomes of a PostgreSQL that others use too."""

import fcntl
import os
import pty
import signal
import subprocess
import sys
import termios
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from statehub import embedded
from statehub.postgres_process import read_pid_file
from tests.commands import DONE, Custodian
from tests.hubs import CUSTODIAN, free_port
from tests.running import eventually
from tests.test_alone import answers

# SIGTERM comes when the app has been loaded, and nothing of the server is there yet
WHILE_IT_LOADS = """
import os, signal
import uvicorn.config

load = uvicorn.config.Config.load

def loaded(self):
    load(self)
    os.kill(os.getpid(), signal.SIGTERM)

uvicorn.config.Config.load = loaded
"""


def take_terminal() -> None:
    """Standard input is the terminal of this session; and whoever runs the tests may do so by nohup."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def ignores(pid: int, number: int) -> bool:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    ignored = next(line.split()[1] for line in lines if line.startswith("SigIgn"))
    return bool(int(ignored, 16) >> (number - 1) & 1)


@pytest.mark.parametrize("command", [["serve"], ["dashboard", "--no-pages"]], ids=lambda command: command[0])
def test_told_to_end_while_the_app_is_loaded_it_ends_well(tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "sitecustomize.py").write_text(WHILE_IT_LOADS)
    custodian = Custodian(tmp_path, "")
    done = custodian(
        *command,
        PYTHONPATH=f"{tmp_path}:{custodian.environment()['PYTHONPATH']}",
        STATEHUB_DATABASE_URL="postgresql://nobody@127.0.0.1:1/nothing",
        STATEHUB_DATA_DIR=str(tmp_path / "data"),
        STATEHUB_API_PORT="0",
        STATEHUB_DASHBOARD_PORT="0",
    )
    assert "Traceback" not in done.stderr
    assert done.returncode == DONE


def test_who_was_told_to_ignore_that_the_terminal_goes_ignores_it() -> None:
    code = """
import os, signal
from statehub.cli.parts import stop_signals
for how in (signal.SIG_DFL, signal.SIG_IGN):
    signal.signal(signal.SIGHUP, how)
    with stop_signals() as stopping:
        os.kill(os.getpid(), signal.SIGHUP)
        print(len(stopping))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.split() == ["1", "0"]


@pytest.mark.skipif(sys.platform != "linux", reason="takes a terminal the way Linux gives one")
def test_one_whose_terminal_goes_ends_and_the_last_of_two_stops_postgres(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    ports = free_port(), free_port()
    custodian = Custodian(tmp_path, "")
    first, second = (
        custodian.environment(STATEHUB_DATA_DIR=str(data_dir), STATEHUB_API_PORT=str(port)) for port in ports
    )
    near, far = pty.openpty()
    with ExitStack() as stack:
        stack.callback(embedded.stop, data_dir)  # nothing stays, however it ends
        goes = stack.enter_context(
            subprocess.Popen(
                [*CUSTODIAN, "serve"], env=first, stdin=far, stdout=far, stderr=far, start_new_session=True,
                preexec_fn=take_terminal,
            )
        )  # fmt: skip
        stack.callback(goes.kill)
        os.close(far)
        eventually(lambda: answers(ports[0], "/openapi.json"), "the first answers", within_s=40)
        stays = stack.enter_context(
            subprocess.Popen(
                [*CUSTODIAN, "serve"], env=second, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                preexec_fn=partial(signal.signal, signal.SIGHUP, signal.SIG_IGN),
            )
        )  # fmt: skip
        stack.callback(stays.kill)
        eventually(lambda: answers(ports[1], "/openapi.json"), "the second answers", within_s=40)
        server = read_pid_file(data_dir / "postgres")
        os.close(near)
        assert goes.wait(30) == DONE
        assert ignores(stays.pid, signal.SIGHUP), "nohup asked for that"
        assert embedded.find(data_dir), "the second one has lost its database"
        assert read_pid_file(data_dir / "postgres") == server
        assert answers(ports[1], "/openapi.json")
        stays.terminate()
        said = stays.communicate(timeout=40)[0]
        assert stays.returncode == DONE, said
        assert embedded.find(data_dir) is None
