"""`custodian register-project`: a project, its agents and the hub come to know each other."""

from pathlib import Path
from typing import Annotated

import typer

from statehub.cli.output import Json

app = typer.Typer()


@app.command("register-project")
def register_project(
    domain: Annotated[
        str | None, typer.Option(help="Its market domain; else its charter or classification says it.")
    ] = None,
    path: Annotated[
        Path | None, typer.Option(help="The project's directory; else the top of the checkout one is in.")
    ] = None,
    topic: Annotated[str | None, typer.Option(help="Its topic; else the domain's oldest active one.")] = None,
    mcp: Annotated[bool, typer.Option("--mcp", help="Register the MCP server in ~/.claude.json too.")] = False,
    hooks: Annotated[
        bool, typer.Option("--hooks", help="Show each new session the briefing, by .claude/settings.json.")
    ] = False,
    agents_md: Annotated[bool, typer.Option("--agents-md", help="Write AGENTS.md too, for Codex and Cursor.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show files and requests; change nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Register a project: its domain, topic and repository in the hub, and what its agents read, in CLAUDE.md.

    Reads project_charter_v*.md, .repo-classification.yaml, ~/.claude.json,
    GET /topics, /domains, /repos. Writes a block between markers in CLAUDE.md;
    in the hub a topic where the domain has none, the repository, and one
    milestone event. The same again changes nothing.

    Example: custodian register-project --domain infotech --mcp --hooks
    """
    from statehub.cli import register
    from statehub.cli.connect import connected
    from statehub.cli.project_files import checkout_of
    from statehub.cli.register_report import document_of, lines_of
    from statehub.cli.text import clean
    from statehub.settings import Settings

    wanted = register.Wanted(path or checkout_of(Path()), domain, topic, mcp, hooks, agents_md)
    with connected() as client:
        plan, done = register.register(client, wanted, Settings.load(), dry_run=dry_run)
    for warning in plan.warnings:
        typer.echo(f"custodian: {clean(warning)}", err=True)
    if as_json:
        import json

        typer.echo(json.dumps(document_of(plan, done), ensure_ascii=False))
        return
    for line in lines_of(plan, done):
        typer.echo(line)
