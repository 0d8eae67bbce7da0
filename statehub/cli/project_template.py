"""The text that `register-project` puts into a project: `scripts/project_claude_md.template`."""

from collections.abc import Mapping
from pathlib import Path

NAME = "project_claude_md.template"


def template_file() -> Path:
    """Inside the installed package, else among the scripts of a checkout."""
    packaged = Path(__file__).parent.parent / "_scripts" / NAME
    return packaged if packaged.is_file() else Path(__file__).parent.parent.parent / "scripts" / NAME


def filled(template: str, words: Mapping[str, str]) -> str:
    """The template with its words, `{DOMAIN}` and so on; put in one after the other."""
    for name, word in words.items():
        template = template.replace("{" + name + "}", word)
    return template
