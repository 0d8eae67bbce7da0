#!/usr/bin/env bash
# Compiles requirements.lock from pyproject.toml: every extra, every platform, hashes, no index address.
set -euo pipefail
cd "$(dirname "$0")/.."
"${UV:-uv}" pip compile --quiet --universal --python-version 3.11 --all-extras --generate-hashes \
  --no-emit-index-url --no-emit-find-links --no-header --output-file requirements.lock pyproject.toml
