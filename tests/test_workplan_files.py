"""A workplan's file: what is read of it, and that a change of one value changes nothing else."""

import re
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from statehub.repos.task_line import DEFAULTS, Unwritable, new_line, plain, read_line
from statehub.repos.workplan_codes import Codes
from statehub.repos.workplan_edit import changed_text
from statehub.repos.workplan_file import Workplan, read_workplan, text_of
from statehub.repos.yaml_nodes import Refused

PLAN = """\
---
# ours
id: DEMO-WP-0001
title: "Revision-gated summary"   # in quotes
status: active
owner: claude
topic: platform
depends_on: [DEMO-WP-0000]
estimate: 3d
---
Why, scope, anything.

## Tasks
- [x] T01 Watermark table (P1)
- [/] T02 Listener with resync @codex
  - [ ] a part of it
* [ ] T03: Benchmark (depends: T01, OTHER-WP-0002-T03)
1. [!] T04 Decide (waits: decision on (long) retention)
2. [-] T05 TTL cache
\t
+ [X] Überschrift 😀
"""
NO_TASKS = """\
> - [ ] T11 in a quote

```
- [ ] T12 in code
```

    - [ ] T13 in code

<!--
- [ ] T14 in a comment
-->

Text, - [ ] T15 in a line, and [ ] a box.
- [a link](b) and a [x] later
- [x]no space
"""


def read(text: str, *known: str) -> Workplan:
    plan = read_workplan(text, lambda code: Codes(code, known))
    assert plan is not None
    return plan


def task(**values: Any) -> dict[str, Any]:
    return DEFAULTS | values


def test_a_file_says_what_the_specification_shows() -> None:
    plan = read(PLAN)
    assert plan.front.values == {
        "id": "DEMO-WP-0001", "title": "Revision-gated summary", "status": "active", "owner": "claude",
        "topic": "platform", "depends_on": ["DEMO-WP-0000"],
    }  # fmt: skip
    assert [(item.code, item.task.values) for item in plan.items] == [
        ("DEMO-WP-0001-T01", task(title="Watermark table", status="done", priority=1)),
        ("DEMO-WP-0001-T02", task(title="Listener with resync", status="progress", assignee="codex")),
        (None, task(title="a part of it")),
        ("DEMO-WP-0001-T03", task(title="Benchmark", depends_on=["T01", "OTHER-WP-0002-T03"])),
        ("DEMO-WP-0001-T04", task(title="Decide", status="wait", waiting_on="decision on (long) retention")),
        ("DEMO-WP-0001-T05", task(title="TTL cache", status="cancel")),
        (None, task(title="Überschrift 😀", status="done")),
    ]
    assert plan.problems == []


def test_what_only_looks_like_a_task_is_none() -> None:
    assert read(f"---\nid: A\n---\n{NO_TASKS}").items == []


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("- [ ] Mail @ada about (P1) things", {"title": "Mail @ada about (P1) things"}),
        ("- [ ] Ask \\@ada", {"title": "Ask @ada"}),
        ('- [ ] Ask @"Ada Lovelace" (P0)', {"title": "Ask", "assignee": "Ada Lovelace", "priority": 0}),
        ("- [ ] x (p3) (Depends: t01 t02)  ", {"title": "x", "priority": 3, "depends_on": ["t01", "t02"]}),
        ("- [ ] x (P3) @a-b.c", {"title": "x", "priority": 3, "assignee": "a-b.c"}),
        ("- [ ] x @a @b", {"title": "x @a", "assignee": "b"}),
        ("- [ ] x (waits: \\) one)", {"title": "x", "waiting_on": ") one"}),
        ("- [ ] x (waits: never closed", {"title": "x (waits: never closed"}),
        ("- [ ]\ttab", {"title": "tab"}),
    ],
)  # fmt: skip
def test_the_words_at_the_end_of_a_line_are_told_from_its_title(line: str, values: dict[str, Any]) -> None:
    found = read_line(line, "DEMO-WP-0001")
    assert found is not None
    assert found.values == task(**values)


def test_a_change_touches_its_own_words_and_nothing_else() -> None:
    plan = read(PLAN)
    codes = {item.code: item.at for item in plan.items}
    text = changed_text(
        plan, {"status": "finished", "title": "It's done", "depends_on": []},
        {
            codes["DEMO-WP-0001-T01"]: {"status": "todo", "assignee": "Ada L"},
            codes["DEMO-WP-0001-T02"]: {"assignee": None},
            codes["DEMO-WP-0001-T03"]: {"title": "Measure @all (P1)", "depends_on": ["T02"]},
            codes[None]: {"number": "T06"},
        },
        [{"code": "DEMO-WP-0001-T07", **task(title="New", waiting_on="a)b")}],
    )  # fmt: skip
    expected = (
        PLAN.replace("status: active", "status: finished")
        .replace('"Revision-gated summary"', '"It\'s done"')
        .replace("[DEMO-WP-0000]", "[]")
        .replace("- [x] T01 Watermark table (P1)", '- [ ] T01 Watermark table (P1) @"Ada L"')
        .replace(" @codex", "")
        .replace("T03: Benchmark (depends: T01, OTHER-WP-0002-T03)", "T03: Measure \\@all \\(P1) (depends: T02)")
        .replace("+ [X] Ü", "+ [X] T06 Ü")
        + "+ [ ] T07 New (waits: a\\)b)\n"
    )
    assert text == expected


def test_line_ends_marks_and_a_missing_last_newline_stay() -> None:
    text = "\ufeff" + PLAN.replace("\n", "\r\n").removesuffix("\r\n")
    plan = read(text)
    last = plan.items[-1].at
    changed = changed_text(
        plan, {"owner": None}, {last: {"status": "wait"}}, [{"code": "DEMO-WP-0001-T09", **task(title="y")}]
    )
    assert changed == text.replace("owner: claude", "owner: null").replace("[X]", "[!]") + "\r\n+ [ ] T09 y"


@pytest.mark.parametrize(
    ("content", "line", "why"),
    [
        (b"---\nid: A\n---\ncaf\xe9\n", 4, "UTF-8"),
        (b"---\nid: A\n---\n<<<<<<< HEAD\n- [ ] a\n=======\n- [ ] b\n>>>>>>> x\n", 4, "merge"),
        (b"---\ntitle: x\n---\n", 1, "no id"),
        (b"---\nid: a b\n---\n", 2, "takes letters"),
        (b"---\nid: [\n---\n", 3, "no YAML"),
        (b"---\nx: &a 1\nid: A\n---\n", 2, "anchors"),
        (b"x" * (2**20 + 1), 1, "1024 KiB"),
        (b"---\nid: A\n#" + b"x" * 2**16 + b"\n---\n", 1, "64 KiB"),
    ],
)
def test_a_file_that_cannot_be_taken_is_told_with_its_line(content: bytes, line: int, why: str) -> None:
    with pytest.raises(Refused, match=why) as refused:
        read_workplan(text_of(content), Codes)
    assert refused.value.line == line


@pytest.mark.parametrize(
    "part", ["(waits: ", "@a ", "(depends: ", "\\", "<<<<<<< \n", "> " * 50, "- [ ] ", "\t- [ ] x\n", "[" * 50]
)
def test_a_file_that_is_made_to_be_slow_is_read(part: str) -> None:
    """That it ends is the test: the suite has a limit, and a square of this size would not."""
    line = f"- [ ] T01 {part * (15_000 // len(part))}\n"
    text = "---\nid: A\n---\n" + line * 4 + part * (200_000 // len(part))
    read_workplan(text_of(text.encode()), Codes)


def test_each_problem_of_a_file_has_its_line_and_the_rest_counts() -> None:
    plan = read(
        "---\nid: A\nstatus: actve\ntitle: t\ntitle: u\nowner: [x]\n---\n"
        "- [?] T01 odd\n- [ ] T02\n- [ ] T03 a\n- [ ] T3 b\n- [ ] c\n"
    )
    assert [(line, message.split(";")[0]) for line, message in sorted(plan.problems)] == [
        (3, "status: found actve"), (5, "title: stands twice, first in line 4"),
        (6, "owner: is a list"), (8, "found [?]"), (9, "T02 has no title"),
        (11, "T3 stands twice, also in line 10"),
    ]  # fmt: skip
    assert "did you mean active?" in sorted(plan.problems)[0][1]
    assert [item.task.values["title"] for item in plan.items] == ["a", "c"]


def test_new_tasks_find_their_place_where_there_is_no_list_yet() -> None:
    new = [{"code": "A-T01", **task(title="x")}]
    assert changed_text(read("---\nid: A\n---\nwhy"), {}, {}, new) == "---\nid: A\n---\nwhy\n\n## Tasks\n- [ ] T01 x"
    below = changed_text(read("---\nid: A\n---\n## Tasks\nwhy\n## End\n"), {}, {}, new)
    assert [item.code for item in read(below).items] == ["A-T01"]
    assert re.sub(r"\n*- \[ \] T01 x\n*", "\n", below) == "---\nid: A\n---\n## Tasks\nwhy\n## End\n"


TEXTS = st.text(
    st.sampled_from("aä😀 @(P1)\\T0:\"'`*#<!->,[]x") | st.characters(exclude_categories=["Cs"]), max_size=24
)


@given(
    title=TEXTS,
    name=TEXTS,
    reason=TEXTS,
    priority=st.integers(0, 4),
    needs=st.lists(st.sampled_from(["T01", "B-T2"]), unique=True),
)
def test_any_value_that_is_written_is_read_again(
    title: str, name: str, reason: str, priority: int, needs: list[str]
) -> None:
    title = plain(title)
    assume(title)
    values = task(
        title=title, assignee=plain(name) or None, waiting_on=plain(reason) or None, priority=priority, depends_on=needs
    )
    found = read_line(new_line("- ", "T07", "A", frozenset(), values), "A")
    assert found is not None
    assert (found.number, found.values) == ("T07", values)


LINES = st.sampled_from(
    [
        "- [ ] T01 one", "  - [x] two (P1)", "1. [/] T03 three @ada", "```", "> - [ ] q", "<!--", "-->", "", "text",
        "\t- [ ] tab", "# Tasks", "---", "- plain", "    - [ ] code?", "- [ ]", "* [!] T04 x (waits: y)", "- [ ] (P1)",
        "===", "| a | b |", "~~~", "+ [-] äöü 😀", "[x]: /url", "- - [ ] deep", "<div>", "</div>",
    ]
)  # fmt: skip


@given(
    lines=st.lists(LINES, max_size=25),
    ends=st.lists(st.sampled_from(["\n", "\r\n", "\r"]), min_size=26, max_size=26),
    bom=st.booleans(), newline=st.booleans(), data=st.data(),
)  # fmt: skip
def test_whatever_a_file_has_a_change_leaves_every_other_line_as_it_was(
    lines: list[str], ends: list[str], bom: bool, newline: bool, data: st.DataObject
) -> None:
    text = ("\ufeff" if bom else "") + "---\nid: A\ntitle: t\n---\n"
    text += "".join(line + end for line, end in zip(lines, ends, strict=False))
    text = text if newline else text.rstrip("\r\n")
    plan = read_workplan(text, Codes)
    assume(plan is not None)
    assert plan is not None
    assert "".join(plan.lines) == text
    changes = {
        item.at: {"status": data.draw(st.sampled_from(["todo", "done", "wait"])), "assignee": "ada b"}
        for item in plan.items if data.draw(st.booleans())
    }  # fmt: skip
    new = [{"code": "A-T99", **task(title="new")}] if data.draw(st.booleans()) else []
    try:
        after = changed_text(plan, {}, changes, new)
    except Unwritable:
        assume(False)
    again = read(after)
    kept = [line for at, line in enumerate(plan.lines) if at not in changes]
    there = iter(again.lines)
    assert all(any(line.rstrip("\r\n") == seen.rstrip("\r\n") for seen in there) for line in kept)
    assert len(again.items) == len(plan.items) + len(new)
    if not new:
        assert [len(line) for line in again.lines] == [
            len(again.lines[at]) if at in changes else len(line) for at, line in enumerate(plan.lines)
        ]
        assert {item.at for item in again.items} == {item.at for item in plan.items}
