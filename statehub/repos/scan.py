"""What is below `workplans/`, by one look at the directories. Imports next to nothing."""
# ruff: noqa: PTH116, PTH118
# a look at 1,000 files must cost little, and a Path costs as much as a stat

import os

FOLDER = "workplans"
_ENDS = (".md", ".MD", ".Md", ".mD")
Stamp = tuple[int, int, int, int]
Entry = tuple[str, str, bool, Stamp]


def entries(root: str) -> list[Entry]:
    """Path in the repository, path on the disk, whether it is a link, and stamp of each `*.md`; in order."""
    found: list[Entry] = []
    folders = [FOLDER]
    while folders:
        folder = folders.pop()
        try:
            inside = os.scandir(os.path.join(root, folder))
        except (FileNotFoundError, NotADirectoryError):
            continue
        with inside:
            for entry in inside:
                if entry.name[0] == ".":
                    continue
                if entry.is_dir(follow_symlinks=False):
                    folders.append(f"{folder}/{entry.name}")
                elif entry.name.endswith(_ENDS):
                    stamp = stamp_of(entry.stat(follow_symlinks=False))
                    found.append((f"{folder}/{entry.name}", entry.path, entry.is_symlink(), stamp))
    found.sort()
    return found


def stamp_of(status: os.stat_result) -> Stamp:
    """When and how the file was last changed."""
    return status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino


def identity(root: str) -> list[int]:
    """Tells a checkout from one that stood at the same path before."""
    found = []
    for path in (root, os.path.join(root, ".git")):
        try:
            found.append(os.stat(path).st_ino)
        except OSError:
            continue
    return found
