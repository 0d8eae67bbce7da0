"""What clients may send, against the schema: the same words, the same columns, the same limits."""

import re
from collections.abc import Iterator
from contextlib import closing
from typing import Any, get_args, get_origin

import psycopg
import pytest
from pydantic import ValidationError

from statehub import models, vocabularies
from statehub.routes.rows import KINDS
from tests.running import API, Hub

LITERALS = {
    name: get_args(value) for name, value in vars(vocabularies).items() if str(value).startswith("typing.Literal[")
}
NOT_SENT = {"keyword_kind": "nobody writes keywords over HTTP"}
NOT_STORED = {"followed_kind": "a filter of the event stream"}
WRITTEN: Any = [kind for kind in KINDS if kind.create]
# who writes is a column of events alone
AUTHOR = {"author", "author_kind"}
# columns that the API's role may write, and that no client sends
OURS = {
    "repos": {"classification", "classification_version", "last_synced_at"},
    "workplans": {"source_path", "sync_base"},
    "workstreams": {"source_path", "sync_base"},
}


@pytest.fixture
def api(shared_hub: Hub) -> Iterator[psycopg.Connection[Any]]:
    """A connection as the app has it; nothing is written here."""
    with closing(shared_hub.database.connect(API)) as connection:
        yield connection


def snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def columns(api: psycopg.Connection[Any], kind: str, privilege: str) -> set[str]:
    """What the API's role may write."""
    query = """
        select a.attname::text from kinds as k inner join pg_attribute as a on a.attrelid = k.tbl::regclass
        where k.kind = %s and a.attnum > 0 and not a.attisdropped and has_column_privilege(a.attrelid, a.attnum, %s)
    """
    return {name for (name,) in api.execute(query, [kind, privilege])}


def test_every_vocabulary_has_the_words_of_the_database_in_their_order(api: psycopg.Connection[Any]) -> None:
    there = dict(
        api.execute("select name, array_agg(value order by position) from vocabularies group by name").fetchall()
    )
    assert {snake(name): list(words) for name, words in LITERALS.items() if snake(name) not in NOT_STORED} == {
        name: words for name, words in there.items() if name not in NOT_SENT
    }
    assert set(NOT_SENT) <= set(there)


@pytest.mark.parametrize("kind", WRITTEN, ids=lambda kind: kind.path)
def test_the_fields_of_a_document_are_the_columns_that_may_be_written(api: psycopg.Connection[Any], kind: Any) -> None:
    ours, about = OURS.get(kind.path, set()), set() if kind.path == "progress" else AUTHOR
    assert set(kind.create.model_fields) - about | ours == columns(api, kind.path, "INSERT")
    if kind.patch is not models.Document:
        assert set(kind.patch.model_fields) - about - {"claim_seq"} | ours == columns(api, kind.path, "UPDATE")
    else:
        assert columns(api, kind.path, "UPDATE") == set()


@pytest.mark.parametrize("kind", WRITTEN, ids=lambda kind: kind.path)
def test_what_must_be_sent_is_what_the_database_cannot_make_up(api: psycopg.Connection[Any], kind: Any) -> None:
    query = """
        select a.attname::text from kinds as k inner join pg_attribute as a on a.attrelid = k.tbl::regclass
        where k.kind = %s and a.attnum > 0 and a.attnotnull and not a.atthasdef and a.attidentity = ''
    """
    made_up = (
        {"code", "author", "repo"} if kind.path not in ("workplans", "workstreams") else {"code"}
    )  # by triggers and by the API
    needed = {name for (name,) in api.execute(query, [kind.path])} - made_up
    assert {name for name, field in kind.create.model_fields.items() if field.is_required()} == needed


@pytest.mark.parametrize("kind", [kind for kind in WRITTEN if kind.end], ids=lambda kind: kind.path)
def test_a_change_needs_no_field_and_takes_null_only_where_the_column_does(
    api: psycopg.Connection[Any], kind: Any
) -> None:
    query = """
        select a.attname::text from kinds as k inner join pg_attribute as a on a.attrelid = k.tbl::regclass
        where k.kind = %s and a.attnum > 0 and a.attnotnull
    """
    never_null = {name for (name,) in api.execute(query, [kind.path])}
    assert kind.patch().columns() == {}
    for name in set(kind.patch.model_fields) - AUTHOR - {"claim_seq"}:
        try:
            kind.patch.model_validate({name: None})
            refused = False
        except ValidationError:
            refused = True
        assert refused == (name in never_null), name


@pytest.mark.parametrize("kind", [kind for kind in WRITTEN if kind.end], ids=lambda kind: kind.path)
def test_the_end_of_a_kind_is_one_of_its_statuses(kind: Any) -> None:
    assert kind.end in get_args(kind.patch.model_fields["status"].annotation)


def test_a_field_that_is_not_sent_is_not_written() -> None:
    sent: dict[str, Any] = {"workplan": "W", "title": "T", "priority": 0, "due_at": None}
    assert models.TaskCreate.model_validate(sent).columns() == sent


def test_a_time_needs_its_zone_and_is_passed_on_exactly() -> None:
    with pytest.raises(ValidationError, match="timezone"):
        models.TaskPatch.model_validate({"due_at": "2026-01-02T03:04:05"})
    found = models.TaskPatch.model_validate({"due_at": "2026-01-02T03:04:05.123456+02:00"}).columns()
    assert found == {"due_at": "2026-01-02T01:04:05.123456Z"}


@pytest.mark.parametrize("model", [kind.create for kind in WRITTEN], ids=lambda model: model.__name__)
def test_a_field_that_nobody_knows_is_refused(model: type[models.Document]) -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        model.model_validate({"colour": "red"})


def test_the_literals_are_found() -> None:
    assert len(LITERALS) == 11
    assert all(get_origin(getattr(vocabularies, name)) is not None for name in LITERALS)
