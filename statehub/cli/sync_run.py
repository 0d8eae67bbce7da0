"""One repository's sync: read both sides, decide, write the files first, then the hub, in one request.

Files first, since the base is kept in the hub: killed between the two, the next sync finds both sides the same and only
moves the base. The other way round it would take the old file for a change.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from statehub import calls
from statehub.cli.progress import Progress
from statehub.cli.sync_memory import Memory
from statehub.cli.sync_outcome import Report, Wish
from statehub.errors import Conflict, Invalid, NotFound, StateHubError
from statehub.repos import checkout, tree
from statehub.repos.reconcile import Rules, overlaid
from statehub.repos.survey import Finding, Refusals, Survey, decide, refusals, refuse_unknown, survey, vanished
from statehub.repos.task_line import Unwritable
from statehub.repos.workplan_edit import changed_text
from statehub.repos.yaml_nodes import Refused

if TYPE_CHECKING:
    from statehub.client import Client

TRIES = 20


class Sync:
    """One sync of the repository `repo`, checked out at `root`."""

    def __init__(self, client: "Client", repo: str, root: str, wish: Wish, progress: Progress | None = None) -> None:
        self.client, self.repo, self.root, self.wish = client, repo, root, wish
        self.progress = progress or Progress("sync")
        self.place = checkout.place_of(root)
        self.refused: Refusals = {}
        self.barred: dict[str, Finding] = {}
        self.unwritable: dict[str, Finding] = {}
        self.there: dict[tuple[str, str], bool] = {}
        self.rebased: dict[str, Any] = {}
        self.epoch = ""
        self.read: dict[str, bytes] = {}
        self.disk: dict[str, bytes] = {}

    def run(self) -> Report:
        """Do it. Raises StateHubError where the hub cannot be asked."""
        with checkout.held(self.place, lambda: self.progress.step("another sync of this repository runs")):
            tree.clear(self.root)
            return self._run()

    def _run(self) -> Report:
        self._read_hub()
        self.memory = Memory(self.place, self.root, self.epoch)
        self._read_files()
        for _ in range(TRIES):
            self._decide()
            if self.wish.check:
                return self._report(None)
            if not self._write_files():
                continue
            if self.texts:
                self.memory.note_pulled(self.outcomes, self.hub)
            self.progress.step("writing to the hub")
            rows = [outcome.row for outcome in self.outcomes.values() if outcome.sends] + self._archived()
            try:
                sent = self.client.do(calls.sync_plans(self.repo, rows))["counts"] if rows else None
            except (Conflict, Invalid) as error:
                self._learn(error, rows)
                continue
            told = {finding.file for finding in [*self.survey.findings, *refusals(self.survey, self.refused)]}
            self.memory.note_agreed(self.outcomes, self.survey, self.hub, self.read, self._archived(), told)
            return self._report(sent)
        raise Conflict(f"{self.repo} kept changing while it was synced; what was not synced is as it was, try again")

    def _read_hub(self) -> None:
        body, tag = self.client.get_plans(self.repo)
        self.tag, self.epoch = tag, tag.rpartition(".")[0]
        self.hub = {plan["code"].lower(): plan for plan in body["workplans"]}

    def _read_files(self, moved: str | None = None) -> None:
        """All of them; or again, because that one moved: what we wrote ourselves is nobody's change."""
        found, left = tree.walk(self.root)
        before = dict(self.read)
        disk = dict(self.disk)
        self.files = {file.path: file for file in found}
        self.read, self.disk = {}, {}
        self.first = [Finding(path, 1, why) for path, why in left]
        for path, file in self.files.items():
            try:
                content = tree.read(file)
            except Refused as refused:
                self.first.append(Finding(path, 1, str(refused)))
                continue
            ours = moved != path and disk.get(path) == content
            if not ours and path in disk and disk[path] != before[path]:
                self._rebase(path)
            self.read[path], self.disk[path] = before[path] if ours else content, content

    def _rebase(self, path: str) -> None:
        """Somebody went on with a file that we have written: what it took from the hub is its base now."""
        for code, outcome in self.outcomes.items():
            if self.survey.plans[code][0] == path and (row := self.hub.get(code)) is not None:
                self.rebased[code] = overlaid(self._bases().get(code, row["sync_base"]), outcome.pulled)

    def _bases(self) -> dict[str, Any]:
        return self.memory.bases | self.rebased

    def _decide(self) -> None:
        self.progress.step("reading workplans", len(self.read), "files")
        self.survey: Survey = survey(self._counted(), self.hub, self.memory.settled(self.read, self.hub, self.barred))
        self.survey.paths |= set(self.files)
        for code in self.barred:
            self.survey.plans.pop(code, None)
        refuse_unknown(self.survey, self.hub, self._exists, self.refused)
        while True:
            unwritable = frozenset(self.unwritable)
            rules = Rules(self.wish.prefer, self.wish.write, unwritable=unwritable, commit=self.memory.commit)
            self.outcomes = decide(self.survey, self.hub, self._bases(), rules, self.refused)
            if older := self.memory.older(self.outcomes, self.survey, self.hub):
                self.outcomes = decide(self.survey, self.hub, self._bases() | older, rules, self.refused)
            if self._edit():
                return

    def _counted(self) -> Iterator[tuple[str, bytes]]:
        for told in self.read.items():
            yield told
            self.progress.advance()

    def _edit(self) -> bool:
        """Make the files' new texts; false where one cannot take them: then it is left as it is."""
        self.texts: dict[str, bytes] = {}
        before = len(self.unwritable)
        for code, outcome in self.outcomes.items():
            path, plan = self.survey.plans[code]
            try:
                if outcome.writes:
                    self.texts[path] = changed_text(plan, outcome.values, outcome.tasks, outcome.new).encode()
            except Unwritable as error:
                line = min([at + 1 for at in outcome.tasks], default=plan.front.line_of("id"))
                self.unwritable[code] = Finding(path, line, f"the hub's values cannot be written here: {error}")
        return len(self.unwritable) == before

    def _write_files(self) -> bool:
        """Whether all were written; false where one was changed by somebody meanwhile, or cannot be written."""
        codes = {path: code for code, (path, _) in self.survey.plans.items()}
        for path, content in self.read.items():
            wanted = self.texts.get(path, content)
            if wanted == self.disk[path]:
                continue
            try:
                tree.replace(self.files[path], self.disk[path], wanted)
                self.disk[path] = wanted
            except tree.Moved:
                self._read_files(path)
                return False
            except Refused as refused:
                if path not in self.texts:
                    raise StateHubError(f"{path} {refused}") from None
                self.unwritable[codes[path]] = Finding(path, 1, str(refused))
                return False
        return True

    def _archived(self) -> list[dict[str, Any]]:
        if not self.wish.prune:
            return []
        rows = []
        for plan in vanished(self.survey, self.hub):
            base = (plan["sync_base"] or {}) | {"status": "archived"}
            gone = {"code": plan["code"], "version": plan["version"], "status": "archived"}
            rows.append({**gone, "source_path": None, "sync_base": base})
        return rows

    def _exists(self, kind: str, code: str) -> bool:
        if (kind, code) not in self.there:
            try:
                self.client.do(getattr(calls, kind).get(code))
                self.there[kind, code] = True
            except NotFound:
                self.there[kind, code] = False
        return self.there[kind, code]

    def _learn(self, error: StateHubError, rows: list[dict[str, Any]]) -> None:
        """What the hub did not take, so that the rest goes in. Raises the error where it says nothing of that."""
        if isinstance(error, Conflict) and "cannot depend on" in error.detail:
            words = error.detail.split()
            self.refused[words[0].lower(), words[4].rstrip(":").lower()] = "that closes a cycle; it is left out"
            return
        faults = error.extra.get("errors") or []
        if not faults:
            raise error
        for fault in faults:
            self._refuse(error, fault["pointer"].split("/")[2:], fault["detail"], rows)
        self._read_hub()

    def _refuse(self, error: StateHubError, pointer: list[str], detail: str, rows: list[dict[str, Any]]) -> None:
        if not pointer:
            raise error
        plan = rows[int(pointer[0])]
        row = plan["tasks"][int(pointer[2])] if pointer[1:2] == ["tasks"] and len(pointer) > 2 else plan
        rest = pointer[3:] if row is not plan else pointer[1:]
        if rest[:1] == ["depends_on"] and len(rest) == 2:
            self.refused[row["code"].lower(), row["depends_on"][int(rest[1])].lower()] = detail
        elif isinstance(error, Invalid) or "belongs to another" in detail:
            path, file = self.survey.plans[plan["code"].lower()]
            item = file.tasks.get(row["code"])
            line = item.at + 1 if item else file.front.line_of(rest[0] if rest else "id")
            told = f"{rest[0]}: {detail}" if rest else detail
            self.barred[plan["code"].lower()] = Finding(path, line, told)

    def _report(self, sent: Mapping[str, Any] | None) -> Report:
        done = Report(self.repo, self.root, sent=sent)
        done.workplans = len(self.survey.plans) + len(self.survey.settled)
        done.tasks = sum(len(plan.items) for _, plan in self.survey.plans.values())
        done.tasks += sum(self.memory.tasks_of(path) for path in self.survey.settled.values())
        done.findings = [*self.first, *self.survey.findings, *self.barred.values(), *self.unwritable.values()]
        done.findings += refusals(self.survey, self.refused)
        for code, outcome in self.outcomes.items():
            path = self.survey.plans[code][0]
            done.outcomes[code] = path, outcome
            done.findings += [Finding(path, line, message) for line, message in outcome.problems]
            done.findings += [Finding(path, line, message, "warning") for line, message in outcome.notes]
        for plan in vanished(self.survey, self.hub):
            if self.wish.prune:
                done.archived.append(plan["code"])
                continue
            told = f"{plan['code']} ({plan['title']}) has no file any more; --prune archives it in the hub"
            done.findings.append(Finding(plan["source_path"] or "workplans", 1, told, "warning"))
        done.written = [] if self.wish.check else [path for path in self.texts if self.disk[path] != self.read[path]]
        done.findings.sort(key=lambda finding: (finding.file, finding.line))
        return done
