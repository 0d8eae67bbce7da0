"""docker-compose.yml as far as it goes without an engine."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    document = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    found: dict[str, Any] = document["services"]
    return found


def test_every_port_is_bound_to_loopback(services: dict[str, Any]) -> None:
    ports = [port for service in services.values() for port in service["ports"]]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_postgres_is_16_with_a_health_check(services: dict[str, Any]) -> None:
    assert services["postgres"]["image"] == "postgres:16-alpine"
    assert "pg_isready" in " ".join(services["postgres"]["healthcheck"]["test"])


def test_pgadmin_is_a_profile(services: dict[str, Any]) -> None:
    assert services["pgadmin"]["profiles"] == ["tools"]


def test_no_password_has_a_default(services: dict[str, Any]) -> None:
    passwords = [
        value for service in services.values() for name, value in service["environment"].items() if "PASSWORD" in name
    ]
    assert len(passwords) == 2
    assert all(re.fullmatch(r"\$\{STATEHUB_POSTGRES_PASSWORD:\?[^}]+\}", value) for value in passwords)


def test_a_password_is_generated_once_and_kept(tmp_path: Path) -> None:
    (tmp_path / "scripts").mkdir()
    for name in ("scripts/database_password.sh", ".env.example"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    script = ["bash", str(tmp_path / "scripts/database_password.sh")]
    subprocess.run(script, check=True, capture_output=True)
    first = (tmp_path / ".env").read_text(encoding="utf-8")
    (password,) = re.findall(r"^STATEHUB_POSTGRES_PASSWORD=(.{20,})$", first, re.MULTILINE)
    assert f"STATEHUB_DATABASE_URL=postgresql://statehub:{password}@127.0.0.1:5432/statehub" in first
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600
    subprocess.run(script, check=True, capture_output=True)
    assert (tmp_path / ".env").read_text(encoding="utf-8") == first
