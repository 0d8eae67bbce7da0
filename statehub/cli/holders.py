"""A locked file says whose lock it is: its holder writes its pid there. That of a former one counts for nothing."""

import os
from contextlib import suppress
from pathlib import Path


def sign(handle: int) -> None:
    """Write our pid into the file that we have locked."""
    os.ftruncate(handle, 0)
    os.pwrite(handle, str(os.getpid()).encode(), 0)


def signer(handle: int) -> int | None:
    """Pid of the holder of that file; None where it has not signed yet."""
    written = os.pread(handle, 20, 0)
    pid = int(written) if written.isdigit() else 0
    return pid if pid and has_open(pid, handle) else None


def has_open(pid: int, handle: int) -> bool:
    """Whether that process has this very file open: a dead one's pid may be a stranger's by now.

    Where that cannot be seen (no /proc, another user's process), whoever has the pid is taken for it.
    """
    ours = os.fstat(handle)
    try:
        places = [*Path(f"/proc/{pid}/fd").iterdir()]
    except PermissionError:
        return True
    except OSError:
        return not Path("/proc/self").exists()
    for place in places:
        with suppress(OSError):  # it has been closed
            if os.path.samestat(ours, place.stat()):
                return True
    return False
