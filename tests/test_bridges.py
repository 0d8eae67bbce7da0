"""`make bridges`: each tunnel is one ssh with the right words, kept up, shown, and stopped; nothing else is."""

import http.client
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.hubs import free_port
from tests.running import Hub, eventually

SCRIPTS = Path(__file__).parent.parent / "scripts"
# says what it was told, refuses when the test wants that, else says that it is up and stays
SSH = """#!/bin/sh
printf '%s\\n' "$@" > "{place}/words"
echo $$ >> "{place}/pids"
[ -e "{place}/refuse" ] && {{ cat "{place}/refuse" >&2; exit 255; }}
for word in "$@"; do case "$word" in LocalCommand=*) sh -c "${{word#LocalCommand=}}" ;; esac; done
exec tail -f /dev/null
"""
TWO = """
[bridges.laptop]
host = "ada@laptop.example"
remote = ["api", "18001:mcp", { listen = 3000, port = "dashboard", bind = "0.0.0.0" }]

[bridges.office]
host = "office"
local = [18000, { listen = 8443, port = 443, host = "10.0.0.7" }]
options = { Port = 2222, Compression = true }
"""


@dataclass
class Place:
    """A checkout's bridges.toml, a home, and an ssh that writes down what it was told."""

    root: Path

    @property
    def file(self) -> Path:
        return self.root / "bridges.toml"

    def run(self, *words: str, **more: str) -> "subprocess.CompletedProcess[str]":
        environment = {"PATH": f"{self.root}/bin:/usr/bin:/bin", "HOME": str(self.root)} | more
        done = [sys.executable, str(SCRIPTS / "bridges.py"), *words, "--file", str(self.file)]
        return subprocess.run(done, env=environment, capture_output=True, text=True, timeout=60, check=False)

    def start(self, text: str = TWO, *words: str, **more: str) -> "subprocess.CompletedProcess[str]":
        self.file.write_text(text, encoding="utf-8")
        return self.run("start", "--back-off", "0.02", *words, **more)

    def words(self) -> list[str]:
        return (self.root / "words").read_text().splitlines()

    def pids(self) -> list[int]:
        """Of every ssh that was started."""
        written = self.root / "pids"
        return [int(line) for line in written.read_text().split()] if written.exists() else []


def lives(pid: int) -> bool:
    told = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(told.strip()) and not told.startswith("Z")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "ssh").write_text(SSH.format(place=tmp_path), encoding="utf-8")
    (programs / "ssh").chmod(0o755)
    there = Place(tmp_path)
    yield there
    there.run("stop")
    assert not [pid for pid in there.pids() if lives(pid)], "an ssh is left over"


ONE = '[bridges.one]\nhost = "h"\nlocal = ["api"]\n'


def test_a_bridge_is_one_ssh_that_asks_nobody_and_fails_when_a_port_cannot_be_had(place: Place) -> None:
    done = place.start('[bridges.one]\nhost = "ada@h"\nlocal = ["18000:api"]\nremote = ["mcp"]\n')
    assert done.returncode == 0, done.stderr
    words = place.words()
    assert words[:2] == ["-N", "-T"]
    assert words[-2:] == ["--", "ada@h"]
    told = {word for before, word in pairwise(words) if before == "-o"}
    assert {
        "BatchMode=yes", "ExitOnForwardFailure=yes", "ServerAliveInterval=15", "ServerAliveCountMax=3",
        "ControlPath=none",
    } <= told  # fmt: skip
    assert words[words.index("-L") + 1] == "127.0.0.1:18000:127.0.0.1:8000"
    assert words[words.index("-R") + 1] == "127.0.0.1:8001:127.0.0.1:8001"


def test_the_ports_are_those_of_the_settings(place: Place) -> None:
    place.start(ONE, STATEHUB_API_PORT="8123")
    assert "127.0.0.1:8123:127.0.0.1:8123" in place.words()


def test_all_of_them_are_started_and_shown_and_stopped(place: Place) -> None:
    done = place.start()
    assert done.returncode == 0, done.stderr
    assert "laptop: there 0.0.0.0:3000 → here 127.0.0.1:3000: open to others than that machine" in done.stderr
    assert re.search(r"laptop  ada@laptop.example  up since 20\d\d-.* ssh \d+, keeper \d+", done.stdout)
    assert "  there 127.0.0.1:18001 → here 127.0.0.1:8001\n" in done.stdout
    assert "  here 127.0.0.1:8443 → there 10.0.0.7:443\n" in done.stdout
    assert place.run("status").stdout == done.stdout
    pids = place.pids()
    assert place.start().stdout == done.stdout, "again changes nothing"
    assert place.pids() == pids
    stopped = place.run("stop")
    assert stopped.stdout == "laptop has stopped\noffice has stopped\n"
    assert not any(map(lives, pids))
    shown = place.run("status")
    assert shown.returncode == 1
    assert "office  office  stopped" in shown.stdout
    assert place.run("stop").stdout == "no bridge runs\n"


def test_options_are_sshs_own_and_cannot_undo_what_keeps_it_up(place: Place) -> None:
    place.start('[bridges.one]\nhost="h"\nlocal=["api"]\noptions={BatchMode=false,Port=2222,ServerAliveInterval=5}\n')
    told = [word for word in place.words() if "=" in word]
    assert "Port=2222" in told
    assert told.index("BatchMode=yes") < told.index("BatchMode=no"), "the first is the one that ssh takes"
    assert told.index("ServerAliveInterval=5") < told.index("ServerAliveInterval=15")


def test_a_bridge_whose_ssh_ends_comes_up_again(place: Place) -> None:
    place.start(ONE)
    (first,) = place.pids()
    os.kill(first, signal.SIGKILL)
    eventually(lambda: len(place.pids()) == 2 and place.run("status").returncode == 0, "up again", within_s=20)


def test_a_machine_that_refuses_is_tried_again_and_its_words_are_shown(place: Place) -> None:
    (place.root / "refuse").write_text("nonsense\nada@h: Permission denied\x1b[31m (publickey).\n")
    done = place.start(ONE, "--wait", "0.1")
    assert done.returncode == 1
    eventually(lambda: len(place.pids()) > 2, "it is tried again", within_s=20)
    shown = place.run("status").stdout
    assert re.search(r"one  h  not up; tried \d+ times: ada@h: Permission denied\[31m \(publickey\)\.  keeper", shown)
    (place.root / "refuse").unlink()
    eventually(lambda: place.run("status").returncode == 0, "it is let in", within_s=20)


def test_tries_come_later_each_time(place: Place) -> None:
    (place.root / "refuse").write_text("no\n")
    place.file.write_text(ONE)
    place.run("start", "--back-off", "3600", "--wait", "0")
    eventually(lambda: "tried 2 times: no" in place.run("status").stdout, "the first try is over", within_s=20)
    assert len(place.pids()) == 1


def test_what_the_file_says_otherwise_is_started_anew_and_what_it_says_no_more_is_stopped(place: Place) -> None:
    place.start()
    first = place.pids()
    changed = TWO[: TWO.index("[bridges.office]")].replace("18001", "18002")
    done = place.start(changed)
    assert done.returncode == 0, done.stdout
    assert not any(map(lives, first))
    assert len(place.pids()) == len(first) + 1
    assert "127.0.0.1:18002:127.0.0.1:8001" in place.words()
    assert "office" not in done.stdout


def test_a_keeper_that_was_killed_leaves_nothing_to_the_next(place: Place) -> None:
    started = place.start(ONE)
    keeper = int(re.findall(r"keeper (\d+)", started.stdout)[0])
    os.kill(keeper, signal.SIGKILL)
    eventually(lambda: not lives(keeper), "it is dead")
    assert "stopped" in place.run("status").stdout
    (first,) = place.pids()
    assert lives(first)
    assert place.start(ONE).returncode == 0
    assert not lives(first)
    assert len(place.pids()) == 2


def test_a_process_that_has_the_pid_now_is_not_stopped(place: Place) -> None:
    place.start(ONE)
    (file,) = place.root.glob(".local/state/statehub/bridges-*/one.json")
    told = file.read_text()
    place.run("stop")
    with subprocess.Popen(["tail", "-f", "/dev/null"]) as other:
        try:
            file.write_text(re.sub(r'"pid": \d+', f'"pid": {other.pid}', told))
            assert place.run("stop").returncode == 0
            assert other.poll() is None
            assert not file.exists()
        finally:
            other.kill()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[bridges.one\n", "is no TOML: Expected ']'"),
        ("[bridge.one]\n", "'bridge' is not known; a bridge is a table [bridges.NAME]"),
        ("bridges = 3\n", "a bridge is a table [bridges.NAME]"),
        ('[bridges."a b"]\nhost="h"\n', "the name 'a b' has other characters"),
        ("[bridges.one]\nlocal=['api']\n", "bridge one: host is what you would say to ssh"),
        ("[bridges.one]\nhost='-oProxyCommand=evil'\nlocal=['api']\n", "bridge one: host is what you would say to ssh"),
        ("[bridges.one]\nhost='h'\n", "bridge one has neither local nor remote"),
        ("[bridges.one]\nhost='h'\nlokal=['api']\n", "bridge one: 'lokal' is not known; there are host, local,"),
        ("[bridges.one]\nhost='h'\nlocal='api'\n", 'local is a list, as in local = ["api", "18001:mcp"]'),
        ("[bridges.one]\nhost='h'\nlocal=['web']\n", "a port is a number or one of api, mcp, dashboard (it is 'web')"),
        ("[bridges.one]\nhost='h'\nlocal=[70000]\n", "a port is a number or one of"),
        ("[bridges.one]\nhost='h'\nlocal=[true]\n", "a port is a number or one of"),
        ("[bridges.one]\nhost='h'\nlocal=[{ listen = 1, bind = 'a b' }]\n", "bind is an address (it is 'a b')"),
        ("[bridges.one]\nhost='h'\nlocal=[{ lissen = 1 }]\n", "'lissen' is not known"),
        ("[bridges.one]\nhost='h'\nlocal=[1]\noptions=['-v']\n", "options are ssh's, as in options = { Port = 2222 }"),
        ("[bridges.one]\nhost='h'\nlocal=[8000]\n[bridges.two]\nhost='g'\nlocal=['api']\n", "twice, by one and two"),
    ],
)  # fmt: skip
def test_a_file_that_is_wrong_is_one_line_and_nothing_is_started(place: Place, text: str, said: str) -> None:
    done = place.start(text)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"bridges: {place.file}")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (place.root / "pids").exists()


def test_without_a_file_it_says_how_to_begin_and_the_example_is_right(place: Place) -> None:
    done = place.run("start")
    assert done.returncode == 2
    assert "begin with: cp bridges.toml.example bridges.toml" in done.stderr
    example = (SCRIPTS.parent / "bridges.toml.example").read_text(encoding="utf-8")
    assert place.start(re.sub(r"(?m)^#(?=[\[\w])", "", example)).returncode == 0
    assert len(place.pids()) == 3


def test_the_shell_script_hands_on(place: Place) -> None:
    place.file.write_text(ONE)
    done = subprocess.run(
        [SCRIPTS / "bridges.sh", "status", "--file", place.file], capture_output=True, text=True, check=False,
        env={"PATH": os.environ["PATH"], "HOME": str(place.root)}, cwd="/",
    )  # fmt: skip
    assert (done.returncode, done.stdout.splitlines()[0]) == (1, "one  h  stopped"), done.stderr


@contextmanager
def sshd(place: Path, port: int) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """A server for the user that it runs as, which root is not; that user's name, and the server."""
    program = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin")
    if not program or not shutil.which("ssh-keygen"):
        pytest.skip("there is no sshd here (Debian: openssh-server)")
    user = pwd.getpwuid(os.geteuid() or pwd.getpwnam("nobody").pw_uid)
    place.chmod(0o755)
    for name in ("host", "key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", place / name], check=True)
    (place / "conf").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {place}/host\nAuthorizedKeysFile {place}/key.pub\n"
        "StrictModes no\nUsePAM yes\nPidFile none\n"
    )
    become: dict[str, Any] = {}
    if os.geteuid() == 0:
        os.chown(place / "host", user.pw_uid, user.pw_gid)
        become = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    with subprocess.Popen([program, "-D", "-e", "-f", place / "conf"], stderr=subprocess.PIPE, **become) as server:
        try:
            assert server.stderr
            while b"listening on" not in (line := server.stderr.readline()):
                assert line, "sshd does not start"
            yield user.pw_name, server
        finally:
            server.terminate()
            if server.stderr:
                server.stderr.read()


def test_through_a_real_sshd_a_hub_is_reached_from_both_ends_and_again_when_the_line_is_back(
    shared_hub: Hub, tmp_path: Path
) -> None:
    port, here, there = (free_port() for _ in range(3))
    place = tempfile.mkdtemp(prefix="statehub-sshd-")  # pytest's own directories are closed to others
    bridges = Place(tmp_path)

    def health(port: int) -> int:
        with (
            suppress(OSError, http.client.HTTPException),
            closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection,
        ):
            connection.request("GET", "/state/health")
            return connection.getresponse().status
        return 0

    try:
        with sshd(Path(place), port) as (user, server):
            text = f"""
                [bridges.both]
                host = "{user}@127.0.0.1"
                local = ["{here}:{shared_hub.port}"]
                remote = ["{there}:{shared_hub.port}"]
                [bridges.both.options]
                Port = {port}
                IdentityFile = "{place}/key"
                StrictHostKeyChecking = "no"
                UserKnownHostsFile = "/dev/null"
            """
            done = bridges.start(text, "--wait", "30")
            assert done.returncode == 0, done.stdout
            assert [health(here), health(there)] == [200, 200]
            children = subprocess.run(["pgrep", "-P", str(server.pid)], capture_output=True, text=True, check=True)
            for child in children.stdout.split():
                os.kill(int(child), signal.SIGKILL)  # the other end is gone, without a word
            eventually(lambda: health(here) == 0 or health(there) == 0 or not lives(int(child)), "the line is cut")
            eventually(lambda: [health(here), health(there)] == [200, 200], "it is back", within_s=30)
            assert bridges.run("stop").stdout == "both has stopped\n"
            assert [health(here), health(there)] == [0, 0]
            with closing(socket.create_server(("127.0.0.1", here))):  # so that ssh cannot have it
                refused = bridges.start(text, "--wait", "3")
            assert refused.returncode == 1
    finally:
        bridges.run("stop")
        shutil.rmtree(place)
