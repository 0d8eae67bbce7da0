"""SSH tunnels to or from other machines, as bridges.toml lists them: started, kept up, shown, stopped."""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import time
import unicodedata
from datetime import datetime
from pathlib import Path

from bridge_config import LOOPBACK, Bridge, ConfigError, load
from bridge_keeper import Keeper, State


def main() -> int:
    """0: all are up; 1: some are not; 2: the file is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, prog="scripts/bridges.sh")
    parser.add_argument("what", choices=["start", "status", "stop", "keep"])
    parser.add_argument("name", nargs="?", help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, default=Path("bridges.toml"), help="(%(default)s)")
    parser.add_argument("--wait", type=float, default=10.0, help="seconds for all to be up (%(default)s)")
    parser.add_argument("--back-off", type=float, default=1.0, help="first seconds between two tries (%(default)s)")
    options = parser.parse_args()
    file = options.file.absolute()
    place = place_of(file)
    if options.what == "stop":
        return stop(place)
    try:
        bridges = load(file)
    except ConfigError as error:
        print(f"bridges: {error}", file=sys.stderr)
        return 2
    if options.what == "keep":
        Keeper(bridges[options.name], place / f"{options.name}.json", options.back_off).run()
        return 0
    if options.what == "start":
        start(bridges, place, file, options.back_off, options.wait)
    return show(bridges, place)


def place_of(file: Path) -> Path:
    """Where the states of that file's bridges are kept."""
    home = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(home) / "statehub" / f"bridges-{hashlib.sha256(os.fsencode(file)).hexdigest()[:8]}"


def start(bridges: dict[str, Bridge], place: Path, file: Path, back_off_s: float, wait_s: float) -> None:
    """Those that do not run; those that the file has otherwise now are stopped first, or for good."""
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name, state in states(place).items():
        bridge = bridges.get(name)
        wanted = bridge and bridge.command(f"kill -USR1 {state.keeper.pid}")
        if state.command != wanted or not state.keeper.lives():
            _end(place / f"{name}.json", state)
    for bridge in bridges.values():
        for forward in bridge.forwards:
            if forward.bind not in (LOOPBACK, "::1", "localhost"):
                _say(f"{bridge.name}: {forward}: open to others than {'that' if forward.remote else 'this'} machine")
        if bridge.name not in states(place):
            words = ["keep", bridge.name, "--file", str(file), "--back-off", str(back_off_s)]
            with (place / f"{bridge.name}.log").open("ab") as log:
                subprocess.Popen(
                    [sys.executable, __file__, *words], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                    start_new_session=True,
                )  # fmt: skip
    deadline = time.monotonic() + wait_s
    while time.monotonic() < deadline and not all(_is_up(place, name) for name in bridges):
        time.sleep(0.05)


def stop(place: Path) -> int:
    """All that were started from this file, and nothing else."""
    there = states(place)
    for name, state in there.items():
        _end(place / f"{name}.json", state)
        print(f"{name} has stopped")
    if not there:
        print("no bridge runs")
    return 0


def show(bridges: dict[str, Bridge], place: Path) -> int:
    """A line for each, and one for each of its ports."""
    if not bridges:
        print("bridges.toml has no bridge")
    for name, bridge in bridges.items():
        state = states(place).get(name)
        if state is None or not state.keeper.lives():
            print(f"{name}  {bridge.host}  stopped")
        elif _is_up(place, name):
            assert state.ssh  # noqa: S101
            print(
                f"{name}  {bridge.host}  up since {_time(state.since)}  ssh {state.ssh.pid}, keeper {state.keeper.pid}"
            )
        else:
            said = f": {_clean(state.said)}" if state.said else ""
            print(f"{name}  {bridge.host}  not up; tried {state.ended + 1} times{said}  keeper {state.keeper.pid}")
        for forward in bridge.forwards:
            print(f"  {forward}")
    return 0 if all(_is_up(place, name) for name in bridges) else 1


def states(place: Path) -> dict[str, State]:
    """What was written down, by name."""
    found = {file.stem: State.read(file) for file in sorted(place.glob("*.json"))}
    return {name: state for name, state in found.items() if state}


def _is_up(place: Path, name: str) -> bool:
    state = State.read(place / f"{name}.json")
    return bool(state and state.is_up and state.keeper.lives() and state.ssh and state.ssh.lives())


def _end(file: Path, state: State) -> None:
    state.keeper.end()
    if (last := State.read(file)) and last.ssh:  # its keeper was killed, now or before
        last.ssh.end()
    file.unlink(missing_ok=True)


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _clean(text: str) -> str:
    """What another machine said, without what would move the cursor."""
    return "".join(char for char in text if unicodedata.category(char)[0] != "C")[:200]


def _say(text: str) -> None:
    print(f"bridges: {text}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
