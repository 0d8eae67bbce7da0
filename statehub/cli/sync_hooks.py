"""Git hooks: a check before each commit, a sync after each merge. What is in a hook already stays, and still runs."""

import os
import re
import shlex
import shutil
import stat
import subprocess
import sys
from pathlib import Path

from statehub.errors import NotFound, StateHubError
from statehub.repos.history import plain_environment

BEGIN, END = "# >>> state-hub sync: kept by custodian sync --install-hook >>>", "# <<< state-hub sync <<<"
KEPT = ".before-state-hub"
_SHELL = re.compile(rb"#!\s*(?:/\S*/)?(?:env\s+)?(?:/\S*/)?(?:ba|da|z|k|a)?sh\b[^\n]*\n")
# a commit must be possible while the hub is away (3), and in a repository that it does not know (5)
BLOCKS = {
    "pre-commit": """\
if [ -d workplans ]; then
    {custodian} sync --check || case $? in
        3 | 5) echo 'state-hub: the workplans were not checked' >&2 ;;
        *) echo 'state-hub: run custodian sync, then commit again' >&2; exit 1 ;;
    esac
fi""",
    "post-merge": """\
if [ -d workplans ]; then
    {custodian} sync || echo 'state-hub: the workplans are not in sync, see above' >&2
fi""",
}


def install(root: Path) -> list[str]:
    """Install both, or bring them up to date; a line each of what was done. Honours core.hooksPath and worktrees."""
    folder = _folder(root)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [_install(folder / name, block) for name, block in BLOCKS.items()]
    except OSError as error:
        raise StateHubError(f"{folder}: the hooks cannot be written: {error.strerror}") from None


def _folder(root: Path) -> Path:
    asked = ["git", "rev-parse", "--path-format=absolute", "--git-path", "hooks"]
    try:
        told = subprocess.run(asked, cwd=root, env=plain_environment(), capture_output=True, text=True, check=False)
    except OSError:
        raise NotFound("git is not on the PATH") from None
    if told.returncode:
        raise NotFound(f"{root} is no git repository")
    return Path(told.stdout.rstrip("\n"))


def _install(hook: Path, block: str) -> str:
    ours = f"{BEGIN}\n{block.format(custodian=_command())}\n{END}\n".encode()
    before = hook.read_bytes() if hook.exists() else None
    if before is None:
        text, done = b"#!/bin/sh\n" + ours, "installed"
    elif (there := _block(before)) is not None:
        text, done = before[: there[0]] + ours + before[there[1] :], "brought up to date"
        if text == before:
            return f"{hook} is as it should be"
    elif (first := _SHELL.match(before)) is not None:
        text, done = before[: first.end()] + ours + before[first.end() :], "added to what was there"
    else:
        kept = hook.with_name(hook.name + KEPT)
        if kept.exists():
            raise StateHubError(f"{kept} is in the way; look into it, and move it elsewhere")
        _replace(kept, before, stat.S_IMODE(hook.stat().st_mode))
        run = f'exec "$(dirname "$0")/{kept.name}" "$@"\n'
        text, done = b"#!/bin/sh\n" + ours + run.encode(), f"installed; what was there runs after it, as {kept.name}"
    mode = stat.S_IMODE(hook.stat().st_mode) if before is not None else 0o777 & ~_umask()
    _replace(hook, text, mode | (mode & 0o444) >> 2)
    return f"{hook} {done}"


def _block(text: bytes) -> tuple[int, int] | None:
    begin = text.find(BEGIN.encode())
    end = text.find(END.encode() + b"\n", begin)
    return None if begin < 0 or end < 0 else (begin, end + len(END) + 1)


def _replace(path: Path, content: bytes, mode: int) -> None:
    """Whole, and where a link leads to: the link stays."""
    place = Path(os.path.realpath(path))
    temporary = place.with_name(f".{place.name}.{os.getpid()}")
    temporary.write_bytes(content)
    temporary.chmod(mode)
    temporary.replace(place)


def _command() -> str:
    """How the hook calls us: git runs it with whatever PATH the committer has."""
    program = shutil.which(sys.argv[0])
    launcher = Path(program).absolute().with_name("custodian") if program else None
    if launcher is None or not launcher.is_file():
        return f"{shlex.quote(sys.executable)} -m statehub.cli.main"
    return shlex.quote(str(launcher))


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
