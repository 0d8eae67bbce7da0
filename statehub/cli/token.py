"""`custodian token`: the access tokens of this data directory."""

import json
from typing import Annotated

import typer

from statehub.access import AccessToken
from statehub.cli.output import Json, print_json
from statehub.settings import Settings

app = typer.Typer(help="Access tokens: once there is one, every request needs one.", no_args_is_help=True)

Name = Annotated[
    str | None, typer.Option(help="Whose it is: the author of what its bearer writes; without one, there is one token.")
]


@app.command()
def create(name: Name = None, as_json: Json = False) -> None:
    """Make an access token, add it to DATA_DIR/token (mode 0600), and print it.

    A hub that runs on this data directory asks for it within a second; custodian finds it by itself.

    Example: custodian token create --name ada
    """
    from statehub import access

    settings = Settings.load()
    _tell(settings, access.create(settings.data_dir, name), as_json)


@app.command()
def rotate(name: Name = None, as_json: Json = False) -> None:
    """Replace an access token in DATA_DIR/token, and print the new one; the hub refuses the old one within a second.

    Example: custodian token rotate --name ada
    """
    from statehub import access

    settings = Settings.load()
    _tell(settings, access.rotate(settings.data_dir, name), as_json)


@app.command()
def show(name: Name = None, as_json: Json = False) -> None:
    """Print the access tokens of STATEHUB_API_TOKEN and of DATA_DIR/token, one a line; exit 5 where there is none.

    Example: curl -H "Authorization: Bearer $(custodian token show --name ada)" http://127.0.0.1:8000/state/summary
    """
    from statehub import access

    settings = Settings.load()
    tokens = access.select([*settings.api_token, *access.read(settings.data_dir)], name)
    if as_json:
        rows = [{"name": token.name, "token": token.word} for token in tokens]
        print_json("custodian/tokens/1", tokens=rows)
        return
    for token in tokens:
        typer.echo(token.word)


def _tell(settings: Settings, token: AccessToken, as_json: bool) -> None:
    from statehub.access import path_of

    path = path_of(settings.data_dir)
    if as_json:
        document = {"schema": "custodian/token/1", "name": token.name, "token": token.word, "file": str(path)}
        typer.echo(json.dumps(document))
        return
    typer.echo(token.word)
    typer.echo(
        f"custodian: kept in {path}. Every request to this hub needs a token now; custodian on this machine finds it.\n"
        "custodian: elsewhere set STATEHUB_API_TOKEN to it, or send it as Authorization: Bearer TOKEN",
        err=True,
    )
