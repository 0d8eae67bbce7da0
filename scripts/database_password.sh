#!/usr/bin/env bash
# Makes sure that .env has a password for the Docker database, and the URL with it; generates one on first use.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ -f .env ] && grep -qE '^STATEHUB_POSTGRES_PASSWORD=.+' .env; then exit 0; fi
password=$(python3 -c 'import secrets; print(secrets.token_urlsafe(24))')
umask 077
[ -f .env ] || cp .env.example .env
chmod 600 .env
port=$(sed -nE 's/^STATEHUB_POSTGRES_PORT=([0-9]+).*/\1/p' .env | tail -n 1)
{
  printf '\n# generated on first use of the Docker database\n'
  printf 'STATEHUB_POSTGRES_PASSWORD=%s\n' "$password"
  if ! grep -qE '^STATEHUB_DATABASE_URL=.+' .env; then
    printf 'STATEHUB_DATABASE_URL=postgresql://statehub:%s@127.0.0.1:%s/statehub\n' "$password" "${port:-5432}"
  fi
} >> .env
echo 'a password for the Docker database was generated into .env; custodian and make use that database from now on'
