#!/usr/bin/env bash
# SSH tunnels to or from other machines, as bridges.toml lists them: scripts/bridges.sh start | status | stop
set -euo pipefail
cd "$(dirname "$0")/.."
python=.venv/bin/python
[ -x "$python" ] || python=${PYTHON:-python3}
"$python" -c 'import tomllib' 2>/dev/null || { echo 'bridges: this takes Python 3.11 or newer' >&2; exit 2; }
exec "$python" scripts/bridges.py "$@"
