"""docs/governance.md against the schema: what it names is there, and what guards a rule is named."""

import re
from collections.abc import Iterator
from contextlib import closing
from fnmatch import fnmatchcase

import pytest

from statehub.queries import sql_dir
from tests.sql.world import column, temporary_database
from tests.test_docs import ROOT, read

PAGE = "docs/governance.md"
# what guards no rule of the state, and why
EXCUSED = {
    "code_files_only_row": "belongs to migrate",
    "legacy_interfaces_*": "the legacy meter: counts, no state",
    "legacy_usage_*": "the legacy meter: counts, no state",
    "search_language_*": "one setting, written by migrate",
    "domains_slug_form": "domains are seeded; nobody writes them over the API",
    "*_pkey": "a row has an id",
    "_yoyo*": "belongs to migrate",
    "yoyo*": "belongs to migrate",
}
CONSTRAINTS = """
    select c.conname::text from pg_constraint as c
    where c.connamespace = 'statehub'::regnamespace and c.conrelid <> 0 and c.contype in ('c', 'u', 'f')
    union all
    select i.indexrelid::regclass::text from pg_index as i inner join pg_class as c on i.indrelid = c.oid
    where c.relnamespace = 'statehub'::regnamespace and i.indisunique and i.indexprs is not null
"""
TRIGGERS = """
    select c.relname || '.' || t.tgname from pg_trigger as t inner join pg_class as c on t.tgrelid = c.oid
    where c.relnamespace = 'statehub'::regnamespace and not t.tgisinternal
"""
RELATIONS = """
    select relname::text from pg_class where relnamespace = 'statehub'::regnamespace and relkind in ('r', 'v')
    union all select typname::text from pg_type where typnamespace = 'statehub'::regnamespace and typtype = 'e'
"""
FUNCTIONS = "select distinct proname || '()' from pg_proc where pronamespace = 'statehub'::regnamespace"


def rules() -> Iterator[tuple[str, list[str], list[str]]]:
    """Rule, names of what enforces it, its tests."""
    for line in read(PAGE).splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and len(cells) == 3 and cells[0] != "Rule":
            yield cells[0], re.findall(r"`([^`]+)`", cells[1]), re.findall(r"`([^`]+)`", cells[2])


NAMES = sorted({name for _, names, _ in rules() for name in names} - {"not null"})
TESTS = sorted({test for _, _, tests in rules() for test in tests})


@pytest.fixture(scope="module")
def there(server: str, template: str) -> dict[str, list[str]]:
    """What the schema has, of each sort."""
    with temporary_database(server, template) as database, closing(database.connect()) as connection:
        return {
            "constraint": column(connection, CONSTRAINTS),
            "trigger": column(connection, TRIGGERS),
            "relation": column(connection, RELATIONS),
            "function": column(connection, FUNCTIONS),
        }


def test_every_rule_names_what_enforces_it_and_its_tests() -> None:
    assert len(list(rules())) > 30
    assert [rule for rule, names, tests in rules() if not (names and tests)] == []


@pytest.mark.parametrize("name", NAMES)
def test_what_is_named_is_there(there: dict[str, list[str]], name: str) -> None:
    if name.endswith(".sql"):
        assert list(sql_dir().rglob(name))
        return
    names = [*there["constraint"], *there["relation"], *there["function"], *there["trigger"]]
    names += [trigger.split(".")[1] for trigger in there["trigger"]]
    assert any(fnmatchcase(each, name) for each in names), name


@pytest.mark.parametrize("test", TESTS)
def test_a_test_that_is_named_is_there(test: str) -> None:
    path, _, function = test.partition("::")
    text = (ROOT / path).read_text(encoding="utf-8")
    assert not function or f"\ndef {function}(" in text


def test_every_constraint_and_every_trigger_is_named_or_excused(there: dict[str, list[str]]) -> None:
    known = [*NAMES, *EXCUSED]
    constraints = [name for name in there["constraint"] if not any(fnmatchcase(name, each) for each in known)]
    triggers = [
        name
        for name in there["trigger"]
        if not any(fnmatchcase(name, e) or fnmatchcase(name.split(".")[1], e) for e in known)
    ]
    assert (sorted(constraints), sorted(triggers)) == ([], [])


def test_nothing_is_excused_that_is_not_there(there: dict[str, list[str]]) -> None:
    names = [*there["constraint"], *there["relation"], *there["trigger"]]
    assert [each for each in EXCUSED if each != "*_pkey" and not any(fnmatchcase(name, each) for name in names)] == []
