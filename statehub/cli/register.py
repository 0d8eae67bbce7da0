"""`custodian register-project`: all is looked at and worked out first (`plan`), then written (`carry_out`)."""

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from statehub import calls
from statehub.calls import Call
from statehub.cli import claude_code
from statehub.cli.claude_code import HOME_FILE
from statehub.cli.managed_block import put_block
from statehub.cli.project_domain import Domain, classification_of, domain_of
from statehub.cli.project_files import Change, check_writable, content_of, keep_copy, project_at, target_of, write
from statehub.cli.project_rows import repo_of, topic_of
from statehub.cli.project_template import filled, template_file
from statehub.cli.session_hook import FILE as SETTINGS
from statehub.cli.session_hook import put_hook
from statehub.errors import Conflict
from statehub.settings import Settings

if TYPE_CHECKING:
    from statehub.client import Client

TRIES = 5
NO_ID_YET = "(the id of the new topic)"


@dataclass(frozen=True)
class Wanted:
    """What was asked for."""

    path: Path
    domain: str | None = None
    topic: str | None = None
    mcp: bool = False
    hooks: bool = False
    agents_md: bool = False


@dataclass(frozen=True)
class Plan:
    """What will be done: nothing of it is done yet. `make_topic` and `put_repo` are None where nothing changes."""

    root: Path
    slug: str
    domain: Domain
    topic: str
    topic_id: str | None
    make_topic: Call[Any] | None
    put_repo: Call[Any] | None
    names: tuple[str, ...]
    others: tuple[Change, ...]
    mcp: claude_code.Registration
    warnings: tuple[str, ...] = ()

    def files(self, topic_id: str | None = None) -> list[Change]:
        """All files, changed or not."""
        words = {
            "DOMAIN": self.domain.slug,
            "TOPIC_ID": topic_id or self.topic_id or NO_ID_YET,
            "PROJECT_NAME": self.slug,
        }
        block = filled(template_file().read_text(encoding="utf-8"), words)
        changes: dict[Path, Change] = {}
        for name in self.names:
            target = target_of(self.root, name)
            if target not in changes:  # AGENTS.md may be a link to CLAUDE.md
                before = content_of(target)
                changes[target] = Change(name, target, before, put_block(before or b"", block, name))
        return [*changes.values(), *self.others]

    def event(self, files: list[Change]) -> Call[Any] | None:
        """The milestone; None where nothing was new."""
        changed = [name for name, call in (("topic", self.make_topic), ("repo", self.put_repo)) if call]
        changed += [change.name for change in files if change.is_one]
        if not changed:
            return None
        return calls.progress.create(
            event_type="milestone",
            summary=f"{self.slug} is registered with State Hub",
            repo=self.slug,
            topic=self.topic,
            detail={"path": str(self.root), "changed": changed},
        )


@dataclass(frozen=True)
class Done:
    """What was done."""

    topic_id: str | None
    files: list[Change]
    event: int | None = None
    copies: list[Path] = field(default_factory=list)


def register(
    client: "Client", wanted: Wanted, settings: Settings, *, dry_run: bool = False
) -> tuple[Plan, Done | None]:
    """Plan it and do it; None where it is only planned."""
    for left in reversed(range(TRIES)):
        made = plan(client, wanted, settings)
        if dry_run:
            break
        try:
            return made, carry_out(client, made)
        except Conflict:  # somebody did the same at the same time, or wrote a file meanwhile: what is left to do?
            if not left:
                raise
    return made, None


def plan(client: "Client", wanted: Wanted, settings: Settings) -> Plan:
    """Look at everything, and write nothing. Raises whatever is in the way."""
    topics = {topic["slug"]: topic for topic in client.pages(calls.topics.list(limit=500))}
    domains = {domain["slug"]: domain["name"] for domain in client.pages(calls.domains.list(limit=500))}
    root = project_at(wanted.path)
    classified = classification_of(root, tuple(topics))
    domain = domain_of(wanted.domain, root, classified, tuple(domains))
    topic = topic_of(client, domain.slug, wanted.topic, topics)
    make_topic = None
    if topic is None:
        make_topic = calls.topics.create(slug=domain.slug, title=domains[domain.slug], domain=domain.slug)
    slug, put_repo, warnings = repo_of(client, root, domain, classified)
    others = []
    if wanted.hooks:
        target = target_of(root, SETTINGS)
        before = content_of(target)
        others.append(Change(SETTINGS, target, before, put_hook(before)))
    server = claude_code.server_of(settings)
    if wanted.mcp:
        target = claude_code.config_file()
        before = content_of(target)
        others.append(Change(HOME_FILE, target, before, claude_code.register(before, server, HOME_FILE), 0o600))
    made = Plan(
        root=root,
        slug=slug,
        domain=domain,
        topic=topic["slug"] if topic else domain.slug,
        topic_id=topic["id"] if topic else None,
        make_topic=make_topic,
        put_repo=put_repo,
        names=("CLAUDE.md", "AGENTS.md") if wanted.agents_md else ("CLAUDE.md",),
        others=tuple(others),
        mcp=claude_code.registration(server),
        warnings=(*classified.problems, *warnings),
    )
    for change in made.files():
        if change.is_one:
            check_writable(change)
    return made


def carry_out(client: "Client", made: Plan) -> Done:
    """Do it: the hub's rows first, since the files name them; the event last, since it says that all is there."""
    topic_id = client.do(made.make_topic)["id"] if made.make_topic else made.topic_id
    if made.put_repo:
        client.do(made.put_repo)
    files = made.files(topic_id)
    changed = [change for change in files if change.is_one]
    ending = time.strftime(".before-state-hub-%Y%m%dT%H%M%SZ", time.gmtime())
    copies = [keep_copy(change, ending) for change in changed if change.name == HOME_FILE and change.before]
    write(changed)
    event = made.event(files)
    return Done(topic_id, files, client.do(event)["id"] if event else None, copies)
