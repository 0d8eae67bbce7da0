"""search(): what is found by which words, in which order, and how it is shown."""

import json
from contextlib import closing
from typing import Any

import pytest

from tests.sql.world import (
    API,
    OWNER,
    Connection,
    Database,
    column,
    insert,
    make_decision,
    make_plan,
    make_repo,
    make_task,
    value,
)


def hits(connection: Connection, typed: str, size: int = 20, skip: int = 0, **only: Any) -> list[dict[str, Any]]:
    """The items that search() finds."""
    filters = [only.get(name) for name in ("kinds", "repos", "statuses")]
    found = value(connection, "select search(%s, %s, %s, %s, %s, %s)", typed, *filters, size, skip)
    items: list[dict[str, Any]] = json.loads(found)["items"]
    return items


def names(connection: Connection, typed: str, **only: Any) -> list[str]:
    """Their short names, without those of events."""
    return [hit["name"] for hit in hits(connection, typed, **only) if hit["kind"] != "progress"]


def set_language(connection: Connection, language: str) -> None:
    connection.execute("update search_language set language = %s", [language])


def test_every_kind_is_found_by_its_texts(owner_tx: Connection) -> None:
    repo = make_repo(owner_tx, "quark", name="The quark repository")
    insert(owner_tx, "topics", slug="quarks", title="About quark", domain="infotech")
    plan = make_plan(owner_tx, repo=repo, code="Q-1", title="Plan", description="quark in a description")
    make_task(owner_tx, plan, code="Q-1-T1", status="wait", waiting_on="the quark machine")
    make_decision(owner_tx, workplan=plan, code="D-1", context="which quark?")
    made = {"decision_type": "made", "decided_by": "ada", "rationale": "quark is best", "status": "resolved"}
    make_decision(owner_tx, workplan=plan, code="D-2", **made)
    insert(owner_tx, "progress_events", summary="quark arrived", author="ada")
    found = {(hit["kind"], hit["name"]) for hit in hits(owner_tx, "quark") if hit["kind"] != "progress"}
    assert found == {
        ("repo", "quark"), ("topic", "quarks"), ("workplan", "Q-1"), ("task", "Q-1-T1"), ("decision", "D-1"),
        ("decision", "D-2"),
    }  # fmt: skip
    assert "quark arrived" in [hit["title"] for hit in hits(owner_tx, "quark", kinds=["progress"])]


def test_a_hit_says_what_it_is_where_it_belongs_and_where_it_is_served(owner_tx: Connection) -> None:
    plan = make_plan(owner_tx, code="Q-1", repo=make_repo(owner_tx, "quark-repo"))
    make_task(owner_tx, plan, code="Q-1-T1", title="Find the muon", status="wait")
    [hit] = hits(owner_tx, "muon", kinds=["task"])
    assert hit.pop("at")
    assert hit.pop("rank") > 0
    assert hit == {
        "kind": "task", "name": "Q-1-T1", "title": "Find the muon", "status": "wait", "repo": "quark-repo",
        "workplan": "Q-1", "href": "/tasks/Q-1-T1", "highlight": {"field": "title", "parts": ["Find the ", "muon", ""]},
    }  # fmt: skip


def test_a_hit_in_the_title_comes_before_one_in_the_description(owner_tx: Connection) -> None:
    plan = make_plan(owner_tx)
    make_task(owner_tx, plan, code="A-1", title="Muon")
    make_task(owner_tx, plan, code="A-2", title="Another", description="muon " * 50)
    make_task(owner_tx, plan, code="A-3", title="One with a muon among many other words of no use here at all")
    assert names(owner_tx, "muon")[-1] == "A-2"
    assert names(owner_tx, "muon")[0] in ("A-1", "A-3")


def test_what_has_the_word_in_its_description_comes_before_what_waits_on_it(owner_tx: Connection) -> None:
    plan = make_plan(owner_tx)
    make_task(owner_tx, plan, code="A-1", waiting_on="the muon")
    make_task(owner_tx, plan, code="A-2", description="the muon")
    assert names(owner_tx, "muon") == ["A-2", "A-1"]


def test_words_may_stand_in_different_columns(owner_tx: Connection) -> None:
    make_task(owner_tx, make_plan(owner_tx), code="A-1", title="A muon", description="and a gluon")
    assert names(owner_tx, "gluon muon") == ["A-1"]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("muon gluon", {"A-3"}),
        ("muon or gluon", {"A-1", "A-2", "A-3"}),
        ("muon OR gluon -boson", {"A-1", "A-2", "A-3"}),
        ("muon -gluon", {"A-1"}),
        ('"gluon muon"', {"A-3"}),
        ('"muon gluon"', set()),
        ('muon -"gluon muon"', {"A-1"}),
        ('"gluon muon', {"A-3"}),
        ("„gluon muon“", {"A-3"}),
        ("MUON", {"A-1", "A-3"}),
        ("muo", {"A-1", "A-3"}),
        ("muo ", set()),
        ("muo gluon", set()),
        ("the muons", {"A-1", "A-3"}),
        ("-muon", set()),
        ("or", set()),
        ("muon or", {"A-1", "A-3"}),
        ("or or muon", {"A-1", "A-3"}),
        ("-", set()),
        ('"', set()),
        ("' & | ! ( ) <-> :* \\ muon", {"A-1", "A-3"}),
        ("muon:*", {"A-1", "A-3"}),
    ],
)
def test_what_is_typed_is_understood_as_on_the_web(owner_tx: Connection, typed: str, found: set[str]) -> None:
    plan = make_plan(owner_tx)
    make_task(owner_tx, plan, code="A-1", title="one muon")
    make_task(owner_tx, plan, code="A-2", title="one gluon")
    make_task(owner_tx, plan, code="A-3", title="one gluon muon")
    assert set(names(owner_tx, typed)) == found


def test_a_query_of_small_words_alone_still_finds(owner_tx: Connection) -> None:
    make_task(owner_tx, make_plan(owner_tx), code="A-1", title="The Who")
    assert names(owner_tx, "the who ", kinds=["task"]) == ["A-1"]


@pytest.mark.parametrize(
    ("language", "text", "typed"),
    [
        ("english", "Deployments are reviewed", "deploy reviewing"),
        ("english", "Die Übersicht der Datenbanken", "übersicht datenbanken"),
        ("english", "Die Übersicht der Datenbanken", "ÜBERSI"),
        ("english", "Straße nach Köln", "strasse"),
        ("german", "Die Übersicht der Datenbanken", "datenbank"),
        ("german", "Fehler in mehreren Häusern", "haus"),
        ("german", "The deployments are green", "deployments"),
        ("simple", "The deployments are green", "The deployments"),
    ],
)
def test_german_and_english_are_found(owner_tx: Connection, language: str, text: str, typed: str) -> None:
    set_language(owner_tx, language)
    make_task(owner_tx, make_plan(owner_tx), code="A-1", title=text)
    expected = [] if typed == "strasse" else ["A-1"]
    assert names(owner_tx, typed, kinds=["task"]) == expected


def test_a_whole_code_in_any_case_comes_first(owner_tx: Connection) -> None:
    plan = make_plan(owner_tx, code="Zeta-WP-0003", title="Plan")
    for number in range(3):
        make_task(owner_tx, plan, code=f"ZETA-WP-0003-T0{number}", title="See Zeta-WP-0003 zeta wp 0003")
    assert names(owner_tx, "zeta-wp-0003")[0] == "Zeta-WP-0003"
    assert names(owner_tx, " ZETA-wp-0003-t01 ") == ["ZETA-WP-0003-T01"]
    make_repo(owner_tx, "zeta.x_y")
    assert names(owner_tx, "Zeta.X_Y")[0] == "zeta.x_y"


@pytest.mark.parametrize("typed", ["wp-0003", "WP-0003", "wp-000", "zeta-wp", "zeta-wp-0003-t0", "wp 0003 zeta"])
def test_a_part_of_a_code_is_found(owner_tx: Connection, typed: str) -> None:
    make_plan(owner_tx, code="Zeta-WP-0003")
    make_plan(owner_tx, code="Zeta-WP-1003")
    make_task(owner_tx, make_plan(owner_tx, code="X"), code="ZETA-WP-0003-T01")
    found = names(owner_tx, typed)
    assert "ZETA-WP-0003-T01" in found
    assert ("Zeta-WP-1003" in found) == (typed == "zeta-wp")


@pytest.mark.parametrize(
    "typed", ["cache.py", "statehub/cache", "user@example.org", "foo_bar", "bar", "v1.2.3", "<b>bold"]
)
def test_things_that_are_joined_by_signs_are_found_by_all_and_by_each(owner_tx: Connection, typed: str) -> None:
    text = "In statehub/cache.py user@example.org wrote foo_bar for v1.2.3 &amp; <b>bold</b>"
    make_task(owner_tx, make_plan(owner_tx), code="A-1", description=text)
    assert names(owner_tx, typed, kinds=["task"]) == ["A-1"]


def test_filters_keep_kind_repo_and_status(owner_tx: Connection) -> None:
    one = make_plan(owner_tx, code="P-1", title="muon", repo=make_repo(owner_tx, "one"))
    two = make_plan(owner_tx, code="P-2", title="muon", repo=make_repo(owner_tx, "two"), status="blocked")
    make_task(owner_tx, one, code="T-1", title="muon", status="done")
    make_task(owner_tx, two, code="T-2", title="muon")
    make_decision(owner_tx, workplan=two, code="D-2", title="muon")
    assert sorted(names(owner_tx, "muon")) == ["D-2", "P-1", "P-2", "T-1", "T-2"]
    assert sorted(names(owner_tx, "muon", kinds=["task", "workplan"])) == ["P-1", "P-2", "T-1", "T-2"]
    assert sorted(names(owner_tx, "muon", repos=["TWO"])) == ["D-2", "P-2", "T-2"]
    assert sorted(names(owner_tx, "muon", statuses=["done", "blocked"])) == ["P-2", "T-1"]
    assert names(owner_tx, "muon", repos=["none-such"]) == []
    assert names(owner_tx, "T-1", repos=["two"]) == []


def test_pages_follow_each_other_without_a_gap(owner_tx: Connection) -> None:
    plan = make_plan(owner_tx)
    for number in range(7):
        make_task(owner_tx, plan, code=f"A-{number}", title="muon")
    paged = [hit["name"] for skip in (0, 3, 6) for hit in hits(owner_tx, "muon", 3, skip, kinds=["task"])]
    assert paged == names(owner_tx, "muon", kinds=["task"])
    assert len(set(paged)) == 7


HOSTILE = (
    "\x02muon\x03 <script>alert(1)</script> \x1b[31mmuon\u202e\U000e0041 "
    '[x](http://evil) StartSel="<b>" muon\'s &lt;b&gt; …'
)


def test_a_highlight_is_plain_text_in_parts_and_nothing_in_it_can_make_a_mark(owner_tx: Connection) -> None:
    make_task(owner_tx, make_plan(owner_tx), code="A-1", description=HOSTILE)
    [hit] = hits(owner_tx, "muon", kinds=["task"])
    assert hit["highlight"]["field"] == "description"
    parts = hit["highlight"]["parts"]
    assert parts[1::2] == ["muon", "muon"]
    assert "".join(parts) == (
        'muon <script>alert(1)</script> [31mmuon [x](http://evil) StartSel="<b>" muon\'s &lt;b&gt; …'
    )


@pytest.mark.parametrize("before", [0, 30, 61, 500, 19_000])
@pytest.mark.parametrize("after", [0, 50, 1000])
def test_a_highlight_is_what_stands_around_the_first_match(owner_tx: Connection, before: int, after: int) -> None:
    text = "x " * before + "Muon" + " y" * after
    parts = value(owner_tx, "select highlighted(%s, search_query('muon ', 'english'), 'english')", text[:20_000])
    if 2 * before + 4 > 20_000:
        assert parts is None
        return
    assert parts[1] == "Muon"
    assert len("".join(parts)) <= 242
    assert (parts[0][:1] == "…") == (before > 30)
    assert (parts[-1][-1:] == "…") == (len(text) >= max(1, 2 * before - 60) + 240)
    assert "".join(parts).strip("…") in text


@pytest.mark.parametrize(
    "text",
    [
        "w" * 3000,
        "word " * 230_000,
        "é" * 2100 + " " + "ü" * 1023,
        " ".join(f"{number:x}" for number in range(100_000)),
        " ".join(chr(0x20000 + number) for number in range(40_000)),
        "-".join(chr(0x20000 + number) for number in range(40_000)),
        "a" * 2047 + " <" * 1000,
        "\u0130" * 20_000,
        "'\\:&|!()" * 5000,
        "\x01\x02\x7f\u202e" * 100,
    ],
    ids=range(10),
)
def test_no_text_makes_a_write_fail(owner: Connection, text: str) -> None:
    plan = make_plan(owner, description=text)
    make_task(owner, plan, description=text, waiting_on=text, code="LONG-1")
    made = {"decision_type": "made", "decided_by": "ada", "rationale": "." + text, "status": "resolved"}
    make_decision(owner, context=text, **made)
    insert(owner, "progress_events", summary="." + text[:1900], author="ada")
    owner.execute("update tasks set description = 'now a muon ' || description")
    assert names(owner, "muon") == ["LONG-1"]


def plan_of(connection: Connection, typed: str, kind: str) -> str:
    """What PostgreSQL does to find the candidates of a kind."""
    statement = value(
        connection,
        "select search_candidates(k.kind, %s, 'english', null, null) from searched_kinds as k"
        " where k.kind = %s", typed, kind,
    )  # fmt: skip
    statement = statement.replace("$1", "'x'::tsquery")
    return "\n".join(column(connection, "explain " + statement))


@pytest.fixture(scope="module")
def filled(server: str, template: str) -> Any:
    """A database with 20,000 tasks and events."""
    from tests.sql.world import temporary_database

    with temporary_database(server, template) as database:
        with closing(database.connect(OWNER)) as owner:
            owner.execute("set statehub.bulk = on")
            plan = make_plan(owner)
            owner.execute(
                "insert into tasks (workplan, code, title, description)"
                " select %s, 'F-' || n, 'Task number' || n, 'about word' || n %% 1000"
                " from generate_series(1, 20000) as n", [plan],
            )  # fmt: skip
            owner.execute(
                "insert into progress_events (summary, author)"
                " select 'about word' || n % 1000, 'ada' from generate_series(1, 20000) as n"
            )
            owner.execute("analyze")
        yield database


@pytest.mark.parametrize("kind", ["task", "progress"])
def test_a_rare_word_is_found_by_the_index_and_a_common_one_among_the_newest(filled: Database, kind: str) -> None:
    with closing(filled.connect(API)) as api:
        rare = plan_of(api, "word77 ", kind)
        assert f"Bitmap Index Scan on search_{kind}_texts" in rare
        common = plan_of(api, "about ", kind)
        assert (
            "Index Scan Backward using " + {"task": "tasks_updated", "progress": "progress_events_pkey"}[kind] in common
        )
        assert f"search_{kind}_texts" not in common


def test_the_indexes_are_those_that_the_language_needs(filled: Database) -> None:
    with closing(filled.connect(API)) as api:
        wanted = column(api, "select name from search_indexes('english')")
        there = column(
            api,
            "select c.relname::text from pg_index as i inner join pg_class as c on i.indexrelid = c.oid"
            " where c.relname like 'search\\_%' and c.relname not like 'search_language%' and i.indisvalid order by 1",
        )
        assert there == sorted(wanted)
        assert len(wanted) == 10
        german = column(api, "select name from search_indexes('german')")
        assert not set(german) & set(wanted)


def test_the_log_is_searched_but_for_claims_which_have_nobodys_words(api_tx: Connection) -> None:
    make_task(api_tx, make_plan(api_tx), code="T-1")
    api_tx.execute("select * from claim_task('hildegard', 'T-1')")
    assert hits(api_tx, "hildegard") == []
    api_tx.execute("select * from release_task('T-1', 'hildegard', 1, 'too steep for hildegard')")
    insert(api_tx, "progress_events", summary="hildegard climbed", author="me")
    assert {hit["kind"] for hit in hits(api_tx, "hildegard")} == {"progress"}
    assert len(hits(api_tx, "hildegard")) == 2


@pytest.mark.parametrize("number", [900, 1400])
def test_what_only_the_oldest_of_a_small_table_has_is_found(database: Database, number: int) -> None:
    with closing(database.connect(OWNER)) as owner:
        plan = make_plan(owner)
        make_task(owner, plan, code="OLD", title="a yak")
        owner.execute(
            "insert into tasks (workplan, code, title) select %s, 'F-' || n, 'x' from generate_series(1, %s) as n",
            [plan, number],
        )
        owner.execute("analyze tasks")
        assert [hit["name"] for hit in hits(owner, "yak", kinds=["task"])] == ["OLD"]
