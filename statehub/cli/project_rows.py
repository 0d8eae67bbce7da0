"""The rows that a project needs in the hub: which topic is its, and what write makes or mends its repository."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from statehub import calls
from statehub.calls import Call
from statehub.cli.project_domain import Classified, Domain, name_of, slug_of_name
from statehub.cli.project_files import is_at
from statehub.errors import Conflict, NotFound

if TYPE_CHECKING:
    from statehub.answers import Repo, Topic
    from statehub.client import Client


def topic_of(client: "Client", domain: str, asked: str | None, topics: Mapping[str, "Topic"]) -> "Topic | None":
    """The topic that is asked for, else the domain's oldest active one; None where one is to be made."""
    active = list(client.pages(calls.topics.list(status="active", domain=domain, sort="created_at", limit=500)))
    if asked is not None:
        chosen = next((topic for topic in topics.values() if asked.lower() in (topic["slug"], topic["id"])), None)
        there = f"{domain} has {', '.join(topic['slug'] for topic in active) or 'none that is active'}"
        if chosen is None:
            raise NotFound(f"there is no topic {asked[:80]!r}; {there}. To add it: custodian topic add")
        if chosen["domain"] != domain or chosen["status"] != "active":
            raise Conflict(
                f"the topic {chosen['slug']} is {chosen['status']}, of the domain {chosen['domain']}; {there}"
            )
        return chosen
    if active:  # what was made in one transaction is equally old
        return min(active, key=lambda topic: (topic["created_at"], topic["slug"]))
    if domain in topics:
        found = topics[domain]
        raise Conflict(
            f"{domain} has no active topic, and the topic of that name is {found['status']}, of the domain"
            f" {found['domain']}; choose one with --topic, or: custodian topic set {domain} --status active"
        )
    return None


def repo_of(
    client: "Client", root: Path, domain: Domain, classified: Classified
) -> tuple[str, Call[Any] | None, list[str]]:
    """The short name, the write that registers it here (None: it is), and what is to be told."""
    repos = list(client.pages(calls.repos.list(limit=500)))
    here = [repo for repo in repos if is_at(repo["path"], root)]
    here.sort(key=lambda repo: repo["status"] != "active")
    slug = classified.slug or (here[0]["slug"] if here else slug_of_name(root.name))
    found = next((repo for repo in repos if repo["slug"] == slug), None)
    told = [
        f"{repo['slug']} is registered at {root} too: custodian repo list shows both"
        for repo in here
        if repo["slug"] != slug and repo["status"] == "active"
    ]
    if classified.whole:
        if classified.whole.domain != domain.slug:
            told.append(
                f"{domain.by} says {domain.slug}, the classification {classified.whole.domain}; it goes in as"
                f" {domain.slug}: make them agree"
            )
        document = classified.whole.document() | {"domain": domain.slug, "path": str(root)}
        same = found is not None and _is_classified_so(found, document)
        if found and found["path"] not in (None, str(root)):
            told.append(f"{slug} was registered at {found['path']}; it is here now")
        return slug, None if same else calls.classify_repo(slug, document), told
    if found is None:
        name = name_of(root)
        return slug, calls.repos.create(slug=slug, name=name, domain=domain.slug, path=str(root)), told
    if found["path"] and found not in here:
        raise Conflict(
            f"{slug} is registered at {found['path']}; if it has moved here: custodian repo set {slug} --path"
            f" {shlex.quote(str(root))};"
            " if this is another one, give it a slug of its own in .repo-classification.yaml"
        )
    wanted = {"path": str(root), "domain": domain.slug, "status": "active"}
    row: Mapping[str, Any] = found
    changed = {key: value for key, value in wanted.items() if row[key] != value}
    return slug, calls.repos.update(slug, version=found["version"], **changed) if changed else None, told


def _is_classified_so(repo: "Repo", document: Mapping[str, Any]) -> bool:
    columns = ("name", "category", "domain", "capability_tags", "business_stake", "path")
    row: Mapping[str, Any] = repo
    return (
        all(row[column] == document[column] for column in columns)
        and row["classification"] == {key: value for key, value in document.items() if key != "path"}
        and row["classification_version"] == document["schema"]
        and row["status"] == "active"
    )
