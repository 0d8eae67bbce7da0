"""Node, and what `make install` puts beside these tests for it."""

import shutil
import subprocess
from pathlib import Path

import pytest

PLACE = Path(__file__).parent


def node() -> str:
    """The program; a test that needs it is skipped where it, or its packages, are missing."""
    program = shutil.which("node")
    if program is None:
        pytest.skip("no node here")
    if not (PLACE / "node_modules/gpt-tokenizer").is_dir():
        pytest.skip("tests/mcp/node_modules is missing: make mcp-install")
    return program


def count_tokens(text: str) -> int:
    """How many tokens it is, to o200k."""
    command = [node(), str(PLACE / "count_tokens.mjs")]
    return int(subprocess.run(command, input=text, capture_output=True, text=True, check=True, timeout=60).stdout)
