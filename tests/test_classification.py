"""Reading `.repo-classification.yaml`: what is valid, and each problem with its line. No database."""

import re
from pathlib import Path

import pytest

from statehub.repos import classification
from statehub.repos.classification import MAX_BYTES, Classification, Problem, read, read_file
from statehub.vocabularies import DOMAINS

ROOT = Path(__file__).parent.parent
VALID = """\
schema: repo-classification/v1.0
slug: state-hub
name: State Hub
category: tooling            # what it is
domain: infotech
capability_tags: [coordination, mcp]
business_stake: [operations]
topic: platform
"""


def changed(key: str, value: str) -> bytes:
    """The valid file with another value for this key."""
    return re.sub(rf"^{key}:.*$", lambda _: f"{key}: {value}", VALID, flags=re.MULTILINE).encode()


def only_problem(content: bytes) -> Problem:
    """The one problem of this file, which makes it invalid."""
    found = read(content, "a.yaml")
    assert found.classification is None
    [problem] = found.problems
    assert problem.severity == "error"
    assert str(problem).startswith("a.yaml")
    assert str(problem).isprintable()
    return problem


def test_a_valid_file_is_read_without_a_word() -> None:
    found = read(VALID.encode())
    assert found.problems == ()
    assert found.classification == Classification(
        "state-hub", "State Hub", "tooling", "infotech", ("coordination", "mcp"), ("operations",), "platform"
    )


def test_our_own_file_is_valid() -> None:
    found = read_file(ROOT)
    assert found.problems == ()
    assert found.classification is not None


def test_the_domains_are_those_of_the_seed() -> None:
    seed = (ROOT / "sql/seed/domains.sql").read_text(encoding="utf-8")
    assert tuple(re.findall(r"^\('([a-z-]+)'", seed, re.MULTILINE)) == DOMAINS


def test_a_topic_may_be_left_out() -> None:
    found = read(VALID.replace("topic: platform\n", "").encode())
    assert found.classification
    assert "topic" not in found.classification.document()


def test_a_topic_is_one_of_those_that_are_given() -> None:
    [problem] = read(VALID.replace("platform", "platfrom").encode(), topics=("platform", "product")).problems
    assert (problem.line, problem.allowed, problem.nearest) == (8, ("platform", "product"), "platform")


@pytest.mark.parametrize(
    ("key", "value", "line", "message", "nearest"),
    [
        ("schema", "repo-classification/v2.0", 1, 'found "repo-classification/v2.0"', classification.SCHEMA),
        ("schema", "1.0", 1, "which is a number", None),
        ("slug", "State Hub", 2, "takes lower-case letters", None),
        ("slug", "", 2, "is empty", None),
        ("slug", "~", 2, "is empty", None),
        ("slug", "2026", 2, "which is a number; put it in quotes", None),
        ("slug", "2026-11-23", 2, "which is a date; put it in quotes", None),
        ("slug", "true", 2, "take for a boolean; put it in quotes", None),
        ("slug", "[state-hub]", 2, "is a list; it must be text", None),
        ("slug", "{a: b}", 2, "is a mapping; it must be text", None),
        ("slug", "a/../b", 2, "takes lower-case letters", None),
        ("slug", "x" * 64, 2, "takes lower-case letters", None),
        ("name", "no", 3, "found no, which YAML readers take for a boolean", None),
        ("name", '" "', 3, "must have 1 to 1,000 characters", None),
        ("name", "x" * 1001, 3, "must have 1 to 1,000 characters", None),
        ("name", r'"\ud800"', 3, "lone surrogate", None),
        ("name", r'"a\0b"', 3, "has a NUL", None),
        ("name", "!!python/name:os.system x", 3, "of the type 'python/name:os.system'", None),
        ("category", "toolling", 4, 'found "toolling"', "tooling"),
        ("category", "Tooling", 4, 'found "Tooling"', "tooling"),
        ("category", "on", 4, "take for a boolean", None),
        ("category", r'"\e[31mred"', 4, r'found "\u001b[31mred"', None),
        ("domain", "infotec", 5, 'found "infotec"', "infotech"),
        ("domain", "health-care", 5, 'found "health-care"', "healthcare"),
        ("domain", "zzz", 5, 'found "zzz"', None),
        ("capability_tags", "mcp", 6, "is text; it must be a list", None),
        ("capability_tags", "", 6, "is nothing; it must be a list", None),
        ("capability_tags", "[mcp, no]", 6, "found no, which YAML readers", None),
        ("capability_tags", "[mcp, 1.5]", 6, 'found "1.5", which is a number', None),
        ("capability_tags", "[mcp, [a]]", 6, "is a list; it must be text", None),
        ("capability_tags", "['']", 6, "each word must have 1 to 200", None),
        ("capability_tags", f"[{', '.join(f't{n}' for n in range(101))}]", 6, "has 101 words; takes at most 100", None),
        ("business_stake", "{a: b}", 7, "is a mapping; it must be a list", None),
        ("topic", "The Platform", 8, "takes lower-case letters", None),
    ],
)
def test_a_wrong_value_is_told_with_its_line(
    key: str, value: str, line: int, message: str, nearest: str | None
) -> None:
    problem = only_problem(changed(key, value))
    assert (problem.line, problem.key, problem.nearest) == (line, key, nearest)
    assert message in problem.message


def test_a_wrong_word_of_a_vocabulary_names_all_its_words() -> None:
    problem = only_problem(changed("domain", "infotec"))
    assert problem.allowed == DOMAINS
    assert str(problem) == (f'a.yaml:5: domain: found "infotec"; takes {", ".join(DOMAINS)}; did you mean infotech?')


def test_a_quoted_boolean_is_a_word() -> None:
    found = read(changed("name", '"no"').replace(b"[coordination, mcp]", b"['on', \"1\"]")).classification
    assert found
    assert (found.name, found.capability_tags) == ("no", ("on", "1"))


def test_every_problem_is_told_at_once() -> None:
    content = VALID.replace("tooling", "tool").replace("infotech", "tech").replace("slug: state-hub\n", "")
    found = read(content.encode()).problems
    assert [(problem.line, problem.key) for problem in found] == [(3, "category"), (4, "domain"), (0, "")]
    assert "lacks slug" in str(found[-1])


def test_an_unknown_key_is_a_warning_and_is_kept() -> None:
    more = "catgory: tooling\nowner: {name: Ada, since: 2020-01-01, n: 3, x: 1.5, yes: ~, huge: 0x10}\n"
    found = read((VALID + more).encode())
    assert [(problem.severity, problem.line, problem.key, problem.nearest) for problem in found.problems] == [
        ("warning", 9, "catgory", "category"),
        ("warning", 10, "owner", None),
    ]
    assert found.classification
    assert found.classification.document()["owner"] == {
        "name": "Ada", "since": "2020-01-01", "n": 3, "x": 1.5, "yes": None, "huge": "0x10",
    }  # fmt: skip


def test_a_key_that_a_request_means_otherwise_is_left_out() -> None:
    found = read((VALID + "path: somewhere\n").encode())
    assert [(problem.severity, problem.key) for problem in found.problems] == [("warning", "path")]
    assert found.classification
    assert found.classification.more == {}


def test_a_word_that_stands_twice_counts_once() -> None:
    found = read(changed("capability_tags", "[mcp, mcp]"))
    assert [problem.severity for problem in found.problems] == ["warning"]
    assert found.classification
    assert found.classification.capability_tags == ("mcp",)


def test_a_key_that_stands_twice_is_told_with_both_lines() -> None:
    problem = only_problem((VALID + "slug: other\n").encode())
    assert (problem.line, problem.key, problem.message) == (9, "slug", "stands twice, first in line 2")


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        (b"", 0, "is empty; it needs schema, slug, name"),
        (b"# nothing\n", 0, "is empty"),
        (b"---\n...\n", 0, "is empty"),
        (b"- slug: a\n", 1, "is a list; it must be a mapping"),
        (b"just a sentence\n", 1, "is text; it must be a mapping"),
        (b"slug: a\n\tname: b\n", 2, "indent with spaces, not tabs"),
        (b"slug: a: b\n", 1, "is no YAML"),
        (b"slug: 'a\n", 1, "is no YAML"),
        (b"slug: [a\n", 1, "is no YAML"),
        (b"slug: a\n---\nslug: b\n", 2, "a second document"),
        (b"slug: a\nname: \x00\n", 2, "is no YAML"),
        (b"slug: a\nname: \x1b[31m\n", 2, "is no YAML"),
        (b"slug: a\nname: \xff\n", 2, "is not UTF-8"),
        (VALID.encode("utf-16"), 1, "is not UTF-8"),
        (b"slug: &a x\nname: *a\n", 1, "anchors and aliases are not taken"),
        (b"slug: a\nname: *a\n", 2, "anchors and aliases are not taken"),
        (b"slug: a\nx: " + b"[" * 16_000, 2, "is nested more than 10 deep"),
        (b"slug: a\nx: " + b"{a: " * 4_000, 2, "is nested more than 10 deep"),
        (b"x:\n" + b"- " * 8_000, 2, "is nested more than 10 deep"),
        (b"#" * (MAX_BYTES + 1), 0, "is over 16 KiB"),
        (b"%FOO BAR\n", 2, "is no YAML"),
        (b"!!set {a}\n", 1, "of the type 'set'"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_classification_says_so_in_one_line(content: bytes, line: int, message: str) -> None:
    problem = only_problem(content)
    assert message in problem.message
    assert problem.line == line


@pytest.mark.parametrize("key", ["? [a]\n", "? {a: b}\n", '"": x\n', '"\\e[31m": x\n', "? !!binary AA==\n: x\n"])
def test_a_key_that_is_no_word_is_told(key: str) -> None:
    found = read((VALID + key).encode())
    assert all(str(problem).isprintable() for problem in found.problems)
    assert [problem.line for problem in found.problems] == [9]


def test_a_byte_order_mark_is_only_a_warning() -> None:
    found = read(VALID.encode("utf-8-sig"))
    assert found.classification
    assert [(problem.severity, problem.line) for problem in found.problems] == [("warning", 1)]


def test_a_file_that_cannot_be_read_is_a_problem(tmp_path: Path) -> None:
    [missing] = read_file(tmp_path).problems
    assert str(missing) == f"{tmp_path / classification.FILE_NAME}: is not there"
    (tmp_path / classification.FILE_NAME).mkdir()
    [directory] = read_file(tmp_path).problems
    assert "cannot be read" in directory.message
    [no_name] = read_file(Path("a\0b")).problems
    assert "cannot be read" in no_name.message


@pytest.mark.parametrize(
    "name", ["State Hub", "no", "1.5", "null", "a: b", "- x", "# y", "'", '"', "Ünïcödé 😀", "a ", "\t"]
)
def test_what_is_written_reads_back_as_it_was(name: str) -> None:
    ours = Classification(
        "a", f"x{name}", "tooling", "energy", (name.strip() or "t", "on"), (), None, more={"k": [1, name]}
    )
    found = read(ours.text().encode())
    assert found.classification == ours
