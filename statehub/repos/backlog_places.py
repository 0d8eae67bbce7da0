"""What a Backlog.md folder's words mean: its settings, milestones, and names of other tasks."""

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from statehub.repos.frontmatter import Page
from statehub.repos.imported import Imported
from statehub.repos.storable import given, shown, time
from statehub.repos.yaml_nodes import Refused, json_of, read_mapping

MAX_BYTES = 64 * 2**10
_HEADING = re.compile(r"\A\s*## Description[ \t]*\n+")


class Settings:
    """What config.yml says: prefix of ids, statuses in their order, and how dates are written."""

    PLACES = ("config.yml", "config.yaml")
    CANONICAL: Mapping[str, str] = {
        "to do": "todo", "todo": "todo", "in progress": "progress", "done": "done", "blocked": "wait",
    }  # fmt: skip

    def __init__(self, files: Mapping[str, str], found: Imported) -> None:
        self.statuses: dict[str, str] = {}
        self.prefix: str | None = None
        self.forms: list[str] = []
        for path in self.PLACES:
            if path in files:
                self._read(path, files[path], found)

    def _read(self, path: str, text: str, found: Imported) -> None:
        try:
            if len(text) > MAX_BYTES:
                raise Refused(0, f"is over {MAX_BYTES // 1024} KiB")
            root = read_mapping(text.removeprefix("\ufeff"))
            said = {str(name.value): json_of(node) for name, node in root.value} if root else {}
        except Refused as refused:
            found.skip(f"{path}:{refused.line}", f"{refused}; the usual settings are taken")
            return
        listed = said.get("statuses")
        named = [name.casefold() for name in listed if isinstance(name, str)] if isinstance(listed, list) else []
        # its own words for how far a task is stand in the order in which a task goes through them
        for number, name in enumerate(named):
            self.statuses[name] = "todo" if number == 0 else "done" if number == len(named) - 1 else "progress"
        prefix = said.get("task_prefix")
        self.prefix = prefix if isinstance(prefix, str) and prefix else None
        form = str(said.get("date_format", "")).lower()
        for word, sign in (("yyyy", "%Y"), ("mm/dd", "%m/%d"), ("dd/mm", "%d/%m"), ("dd.mm", "%d.%m")):
            form = form.replace(word, sign)
        if form.startswith(("%d", "%m")):  # any other is ISO 8601, or near enough
            day = form.split()[0]
            self.forms = [f"{day} %H:%M", day]

    def status_of(self, named: object) -> str | None:
        """Our word for it; None where it is unknown."""
        if named is None or named == "":
            return "todo"
        word = named.casefold() if isinstance(named, str) else ""
        return self.CANONICAL.get(word) or self.statuses.get(word)

    def time(self, written: object) -> str | None:
        """RFC 3339; None where there is none, or none that can be read."""
        return time(written, self.forms)


class Milestones:
    """The workplans: of the milestones that have a file, and of those that tasks name."""

    def __init__(self, files: Sequence[tuple[str, Page, bool]], found: Imported) -> None:
        self.found = found
        self.codes: dict[str, str] = {}
        for code, page, archived in files:
            title = page.fields.get("title")
            kept = {key: value for key, value in page.fields.items() if key not in ("id", "title") and value}
            taken = found.add(
                "workplan", f"milestone {shown(code)}", kept, code=code, title=title, priority=2,
                status="archived" if archived else "active", description=_HEADING.sub("", page.body).strip(),
            )  # fmt: skip
            if taken:
                self.codes.setdefault(code.casefold(), code)
                self.codes.setdefault(str(title).strip().casefold(), code)
                at = time(page.fields.get("created_date"))
                found.event("workplan", code, "created", f"Workplan {code} created: {title}", at)

    def take(self, named: Any, path: str) -> None:
        """A milestone that a task names and no file has becomes a workplan all the same."""
        if named is None or named == "" or self.code_of(named) != self.found.inbox:
            return
        if not given(named):
            self.found.skip(path, f"its milestone {shown(named)!r} is no name; kept in {self.found.inbox}")
            return
        word = named.strip()
        code = word if re.fullmatch(r"m-\d+", word, re.IGNORECASE) else self._code(word)
        row = {"code": code, "title": word, "status": "active", "priority": 2, "description": ""}
        if self.found.add("workplan", f"milestone {shown(word)}", {}, **row):
            self.codes[word.casefold()] = code

    def code_of(self, named: Any) -> str:
        """The workplan of a task that names this milestone."""
        return (
            self.codes.get(named.strip().casefold(), self.found.inbox) if isinstance(named, str) else self.found.inbox
        )

    def _code(self, name: str) -> str:
        word = re.sub(r"[^A-Za-z0-9._]+", "-", name).strip("-.")[:50]
        code = f"{self.found.repo.upper()}-{word}"[:90]
        if not (word and name.isascii()) or self.found.has("workplan", code):
            code += f"-{hashlib.sha256(name.encode(errors='replace')).hexdigest()[:6]}"
        return code.replace("--", "-")


class References:
    """Names of tasks. A project that changed the prefix of its ids has references with the former one."""

    def __init__(self, found: Imported, codes: Sequence[str], prefix: str | None) -> None:
        self.found = found
        self.codes = {code.lower(): code for code in codes}
        seen = Counter(code.lower().partition("-")[0] for code in codes)
        self.prefix = (prefix or (seen.most_common(1)[0][0] if seen else "task")).lower()

    def resolve(self, named: object) -> str | None:
        """The id that is meant; None where no task has it."""
        if isinstance(named, bool) or not isinstance(named, str | int | float):
            return None
        word = str(named).strip().lower()
        number = word.removeprefix("task-")
        return self.codes.get(word) or self.codes.get(f"{self.prefix}-{number}")

    def depend(self, code: str, path: str, listed: object) -> None:
        """Dependencies of a task; one that is not here is said."""
        for named in listed if isinstance(listed, list) else [] if listed in (None, "") else [listed]:
            if (needed := self.resolve(named)) is None:
                self.found.skip(f"{path} → {shown(named)}", "depends on what is not in the folder; kept in detail")
            else:
                self.found.depend("task", code, needed)
