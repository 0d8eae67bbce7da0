"""Where the dashboard's pages are: in a wheel, and in a checkout after `make dashboard-build`."""

from pathlib import Path

_PACKAGE = Path(__file__).parent.parent
FOLDERS = (_PACKAGE / "_dashboard", _PACKAGE.parent / "dashboard" / "dist")
MISSING = (
    "the dashboard's pages are not here, and everything else works without them; "
    "in a checkout, install Node 18 or newer, then: make dashboard-build"
)


def find() -> Path | None:
    """The first of them that has pages."""
    return next((folder for folder in FOLDERS if (folder / "index.html").is_file()), None)
