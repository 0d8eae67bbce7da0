"""Commands that run the hub, its parts one by one, and look after it: up, down, logs, serve, mcp, dashboard, doctor."""

from typing import Annotated

import typer

from statehub.cli.output import Json, print_json

app = typer.Typer()

Replace = Annotated[
    bool, typer.Option("--replace", help="End the one that serves alone on that port, and go on from it.")
]


@app.command()
def up(
    detach: Annotated[bool, typer.Option("--detach", help="Return when the hub is ready; `down` stops it.")] = False,
) -> None:
    """Start everything: embedded PostgreSQL (unless STATEHUB_DATABASE_URL is set), schema, seed, API, MCP, dashboard.

    Reads the settings; writes the data directory. Prints the addresses; Ctrl-C stops all that it started.

    Example: custodian up --detach
    """
    from statehub.cli import up as supervisor

    raise typer.Exit(supervisor.detach() if detach else supervisor.run())


@app.command()
def down() -> None:
    """Stop the hub of this data directory, wherever it was started.

    Example: custodian down
    """
    from statehub.cli import up as supervisor

    raise typer.Exit(supervisor.stop())


@app.command()
def logs(
    lines: Annotated[int, typer.Option(min=0, help="How many of the last lines to begin with.")] = 50,
    follow: Annotated[bool, typer.Option("--follow/--no-follow", help="Go on as lines come, until Ctrl-C.")] = True,
) -> None:
    """Follow the log of a hub that `up --detach` started; exit 5 where there is none.

    Reads DATA_DIR/hub.log; what stood in it before it became too long is in hub.log.1.

    Example: custodian logs --lines 200 --no-follow
    """
    from statehub.cli import hublog
    from statehub.settings import Settings

    hublog.print_log(hublog.path_of(Settings.load().data_dir), lines, follow=follow)


@app.command()
def serve(
    workers: Annotated[int, typer.Option(min=1, max=64, help="API processes that share the port.")] = 1,
    replace: Replace = False,
    fd: Annotated[int | None, typer.Option(hidden=True)] = None,
    with_parent: Annotated[bool, typer.Option(hidden=True)] = False,
) -> None:
    """Serve the API in the foreground: what a container or a service manager runs.

    Reads the settings; the schema must be at head (custodian migrate). Answers 503 while the database is away.

    Example: custodian serve --workers 2
    """
    from statehub.cli import serve as server

    if workers > 1:
        server.serve_many(workers, replace=replace)
    else:
        server.serve(fd=fd, with_parent=with_parent, replace=replace)


@app.command()
def mcp(
    stdio: Annotated[bool, typer.Option("--stdio", help="Serve one client on stdin and stdout.")] = False,
    replace: Replace = False,
    fd: Annotated[int | None, typer.Option(hidden=True)] = None,
    with_parent: Annotated[bool, typer.Option(hidden=True)] = False,
) -> None:
    """Serve MCP in the foreground, for agents: by HTTP on STATEHUB_MCP_PORT (/mcp, /sse), or by stdio.

    Speaks to STATEHUB_API_URL, else to the hub of this data directory, which may come and go. `up` starts one too.

    Example: custodian mcp --stdio
    """
    from statehub.cli import mcp as server

    if stdio:
        server.serve_stdio()
    else:
        server.serve(fd=fd, with_parent=with_parent, replace=replace)


@app.command()
def dashboard(
    link: Annotated[bool, typer.Option("--link", help="Print the address, with the key if one is asked for.")] = False,
    name: Annotated[str | None, typer.Option(help="With --link: whose access token the key is made of.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="With --link: print JSON for machines.")] = False,
    with_pages: Annotated[bool, typer.Option("--pages/--no-pages", hidden=True)] = True,
    fd: Annotated[int | None, typer.Option(hidden=True)] = None,
    with_parent: Annotated[bool, typer.Option(hidden=True)] = False,
) -> None:
    """Serve the dashboard in the foreground, for browsers, on STATEHUB_DASHBOARD_PORT; or print its address.

    Speaks to STATEHUB_API_URL, else to the hub of this data directory, which may come and go. `up` starts one too.
    --link reads hub.json and the access tokens. Where there is a token, a browser needs that link once.

    Example: custodian dashboard --link
    """
    if link:
        from statehub.cli import links

        links.print_link(name, as_json=as_json)
    elif name is not None or as_json:
        raise typer.BadParameter("--name and --json go with --link")
    else:
        from statehub.cli import dashboard as server

        server.serve(fd=fd, with_parent=with_parent, with_pages=with_pages)


@app.command()
def doctor(as_json: Json = False) -> None:
    """Say what is wrong with this hub, and what to do about it; exit 1 where something is.

    Reads the settings, the hub, its database, ~/.claude.json and the disk; writes nothing.

    Example: custodian doctor
    """
    from statehub.cli import doctor as physician
    from statehub.cli.columns import colours

    findings = physician.examine()
    healthy = all(finding.status != "fail" for finding in findings)
    if as_json:
        print_json("custodian/doctor/1", ok=healthy, findings=[vars(each) for each in findings])
    else:
        for line in physician.lines_of(findings, marks=colours()):
            typer.echo(line)
    raise typer.Exit(0 if healthy else 1)
