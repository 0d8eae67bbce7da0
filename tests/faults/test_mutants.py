"""A checker that lets a mutant live is no checker: each of these must die, and the app itself must live."""

import re

import pytest

from tests.conftest import Database
from tests.faults.duel import fight
from tests.faults.mutants import MUTANTS, slow_down


def test_the_app_as_it_is_survives(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    slow_down(monkeypatch)
    checker = fight(database)
    assert checker.violations == []
    together, served, _ = checker.compared
    assert together > served / 3
    assert checker.counts["refreshes"] > 10
    assert checker.counts["own writes read"] > 5


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_dies(name: str, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    slow_down(monkeypatch)
    mutate, charge = MUTANTS[name]
    mutate(monkeypatch)
    checker = fight(database)
    assert checker.violations, f"{name} lives: the checker is no checker"
    assert any(re.search(charge, violation) for violation in checker.violations), checker.violations
