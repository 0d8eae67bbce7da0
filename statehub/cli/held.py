"""The claims that agents of this user hold: claim_seq by agent and task, kept between commands.

One small file a claim, below XDG_STATE_HOME. Where one is lost, `--claim N` says the number; a lease ends by itself.
"""

import json
import os
import tempfile
from pathlib import Path
from typing import TypedDict
from urllib.parse import quote

from statehub.errors import Malformed, NotFound


class Held(TypedDict):
    """A claim, and the hub that gave it."""

    task: str
    claim_seq: int
    hub: str


def state_dir() -> Path:
    """Where they are kept."""
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state") / "statehub" / "claims"


def remember(agent: str, held: Held) -> None:
    """Keep a claim; the file is whole, or it is not there."""
    path = _path(agent, held["task"])
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as file:
        json.dump(held, file)
    Path(file.name).replace(path)


def forget(agent: str, task: str) -> None:
    """The claim has ended."""
    _path(agent, task).unlink(missing_ok=True)


def claim_seq_of(agent: str, task: str, hub: str) -> int:
    """The number that was remembered. Raises NotFound, and says what to do."""
    held = _read(_path(agent, task))
    if held is None or held["hub"] != hub:
        raise NotFound(f"{agent} has not claimed {task} from here; do: custodian claim {task}, or say --claim N")
    return held["claim_seq"]


def only_task(agent: str, hub: str) -> str:
    """The one task that this agent holds. Raises NotFound where it holds none, Malformed where several."""
    found = [held for held in map(_read, sorted(_folder(agent).glob("*.json"))) if held and held["hub"] == hub]
    if len(found) == 1:
        return found[0]["task"]
    if not found:
        raise NotFound(f"{agent} has claimed nothing from here; name a task")
    raise Malformed(f"{agent} holds {', '.join(held['task'] for held in found)}; say which")


def _folder(agent: str) -> Path:
    return state_dir() / _quoted(agent)


def _path(agent: str, task: str) -> Path:
    return _folder(agent) / f"{_quoted(task.lower())}.json"


def _quoted(name: str) -> str:
    # no separator and no leading dot gets through
    return quote(name, safe="").replace(".", "%2E")[:200]


def _read(path: Path) -> Held | None:
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        return Held(task=str(held["task"]), claim_seq=int(held["claim_seq"]), hub=str(held["hub"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
