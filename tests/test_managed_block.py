"""A block between markers: the text around it stays, byte for byte, and twice is once."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from statehub.cli.managed_block import BEGIN, END, put_block
from statehub.cli.project_template import filled, template_file
from statehub.errors import Invalid

EXACT = settings(max_examples=300, deadline=None)
# ends of lines of every kind, in every order; markers that are none
PIECES = st.sampled_from(
    [b"a", b" ", b"\t", b"\n", b"\r\n", b"\r", b"\0", b"\xff", b"\xef\xbb\xbf", "ö".encode(), b"<!-- state-hub:beg",
     b"see <!-- state-hub:begin --> here", b"<!-- state-hub:ending -->"]
)  # fmt: skip
TEXTS = st.lists(PIECES, max_size=12).map(b"".join).filter(lambda text: not text.startswith((b"\xff\xfe", b"\xfe\xff")))
BLOCKS = st.sampled_from(["one", "one\ntwo", "one\n\ntwo\n", "{DOMAIN} ö"])


def apart(text: bytes) -> tuple[bytes, bytes, bytes]:
    """What stands before the block, the block, what stands after."""
    first, last = text.index(BEGIN.encode()), text.index(END.encode()) + len(END)
    return text[:first], text[first:last], text[last:]


@EXACT
@given(TEXTS, BLOCKS, BLOCKS)
@example(b"x\r", "one\ntwo", "one")
@example(b"\r", "one", "two")
@example(b"\xef\xbb\xbf", "one", "two")
@example(b"a\n\r\n", "one\ntwo", "two")
def test_whatever_is_there_stays_and_twice_is_once(text: bytes, block: str, other: str) -> None:
    once = put_block(text, block, "CLAUDE.md")
    assert once.startswith(text)
    assert set(once[len(text) : once.index(BEGIN.encode(), len(text))]) <= {10, 13}
    assert put_block(once, block, "CLAUDE.md") == once
    changed = put_block(once, other, "CLAUDE.md")
    assert (apart(changed)[0], apart(changed)[2]) == (apart(once)[0], apart(once)[2])
    assert put_block(changed, block, "CLAUDE.md") == once


@EXACT
@given(TEXTS, TEXTS, BLOCKS, st.sampled_from([b"\n", b"\r\n"]))
def test_a_block_in_the_middle_is_replaced_in_place(before: bytes, after: bytes, block: str, eol: bytes) -> None:
    around = before + eol, eol + after
    text = around[0] + BEGIN.encode() + eol + b"old" + eol + END.encode() + around[1]
    found = put_block(text, block, "CLAUDE.md")
    assert found.startswith(around[0] + BEGIN.encode() + eol)
    assert found.endswith(eol + END.encode() + around[1])
    lines = block.strip().encode().splitlines()
    assert found == around[0] + eol.join([BEGIN.encode(), *lines, END.encode()]) + around[1]
    assert put_block(found, block, "CLAUDE.md") == found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"", b"B\none\nE\n"),
        (b"a", b"a\n\nB\none\nE\n"),
        (b"a\n", b"a\n\nB\none\nE\n"),
        (b"a\n\n", b"a\n\nB\none\nE\n"),
        (b"a\r\nb", b"a\r\nb\r\n\r\nB\r\none\r\nE\r\n"),
        (b"\xef\xbb\xbf", b"\xef\xbb\xbfB\none\nE\n"),
        (b"\xef\xbb\xbfB\nx\nE", b"\xef\xbb\xbfB\none\nE"),
        (b"B \nx\nE \t\nmore", b"B\none\nE \t\nmore"),
        (b"see B in a line\nB\nE\n", b"see B in a line\nB\none\nE\n"),
    ],
)
def test_where_it_goes_and_how_its_lines_end(text: bytes, expected: bytes) -> None:
    def real(short: bytes) -> bytes:
        return re.sub(rb"\bB\b", BEGIN.encode(), re.sub(rb"\bE\b", END.encode(), short))

    assert put_block(real(text), "one", "CLAUDE.md") == real(expected)


def test_a_block_of_an_older_version_is_known_by_its_first_words() -> None:
    old = b"a\n<!-- state-hub:begin -->\nold\n<!-- state-hub:end of it -->\nb\n"
    assert put_block(old, "new", "CLAUDE.md") == f"a\n{BEGIN}\nnew\n{END}\nb\n".encode()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"a\n{BEGIN}\nb", "begin in line 2"),
        (f"{END}\r\n", "end in line 1"),
        (f"{END}\n{BEGIN}\n", "end in line 1, begin in line 2"),
        (f"{BEGIN}\n{END}\n{BEGIN}\n{END}\n", "begin in line 3"),
        (f"{BEGIN}\n{BEGIN}\n{END}\n", "begin in line 2"),
        (f"{BEGIN}\n{END}\n{END}", "end in line 3"),
    ],
)
def test_markers_that_are_no_pair_are_refused_with_their_lines(text: str, told: str) -> None:
    with pytest.raises(Invalid, match=told):
        put_block(text.encode(), "one", "CLAUDE.md")


def test_utf_16_is_refused() -> None:
    with pytest.raises(Invalid, match="save it as UTF-8"):
        put_block("a".encode("utf-16"), "one", "CLAUDE.md")


def test_the_template_is_short_fits_every_encoding_and_has_its_three_words() -> None:
    text = template_file().read_text(encoding="ascii")
    assert len(text) < 2000
    assert set(re.findall(r"\{\w+\}", text)) == {"{PROJECT_NAME}", "{DOMAIN}", "{TOPIC_ID}"}
    assert "state-hub:" not in text
    assert filled("{DOMAIN} {PROJECT_NAME}", {"DOMAIN": "a", "PROJECT_NAME": "{DOMAIN}"}) == "a {DOMAIN}"
