"""The hub against its own OpenAPI document: every operation, phase and check, data that fits and data that does not.

`STATEHUB_FUZZ_S` is how long; `make fuzz S=600` is the long run, whose seed is a new one each time.
"""

import os
import subprocess
import sys
from pathlib import Path

from tests.api.reasons import REASONS, explained
from tests.api.world import fill
from tests.running import Hub

CONFIG = Path(__file__).with_name("schemathesis.toml")
ROOT = CONFIG.parents[2]
SECONDS = int(os.environ.get("STATEHUB_FUZZ_S", "40"))
SEED = os.environ.get("STATEHUB_FUZZ_SEED", "1")


def test_the_hub_does_what_its_document_says_whatever_is_sent(hub: Hub, tmp_path: Path) -> None:
    fill(hub)
    program = Path(sys.executable).with_name("schemathesis")
    command = [str(program), "--config-file", str(CONFIG), "--no-color", "run", f"{hub.url}/openapi.json"]
    # the working directory is where the tool leaves what it remembers; the hooks are found by the path
    run = subprocess.run(
        [*command, "--max-time", str(SECONDS), "--seed", SEED, "--output-sanitize", "false"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=2 * SECONDS + 120,
        check=False,
    )
    print(run.stdout)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "Stateful" in run.stdout


def test_a_reason_explains_its_own_refusal_only() -> None:
    told = "There is no repo x; GET /repos lists them"
    assert explained("POST", 422, told)
    assert explained("POST", 422, f"item 3: {told}")
    assert not explained("POST", 400, told)
    assert not explained("POST", 422, f"{told}, and more")
    assert not explained("POST", 422, "topic a decision needs a topic, a workplan, or both")
    assert explained("PATCH", 422, "topic a decision needs a topic, a workplan, or both")
    assert len({reason.detail for reason in REASONS}) == len(REASONS)
