"""Revision tokens: what goes in comes out, and nothing else is taken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statehub.errors import Malformed
from statehub.tokens import Cut, Token

XIDS = st.integers(min_value=0, max_value=2**50)


@st.composite
def cuts(draw: st.DrawFn) -> Cut:
    xmin = draw(XIDS)
    running = draw(st.frozensets(st.integers(min_value=0, max_value=500), max_size=20))
    xmax = xmin + max([*running, draw(st.integers(min_value=0, max_value=10))]) + 1
    return Cut(xmin, xmax, frozenset(xmin + distance for distance in running))


TOKENS = st.builds(Token, st.text("0123456789abcdef", min_size=12, max_size=12), XIDS, XIDS, cuts(), st.none() | XIDS)


@given(TOKENS)
def test_a_token_is_read_as_it_was_written(token: Token) -> None:
    assert Token.parse(str(token)) == token


@given(TOKENS)
def test_a_token_fits_in_a_header_and_in_a_query(token: Token) -> None:
    assert set(str(token)) <= set("0123456789abcdefghijklmnopqrstuvwxyz.~")


@given(st.text() | st.text("0123456789abcdef.~", max_size=40))
def test_text_that_no_token_writes_is_refused(text: str) -> None:
    try:
        token = Token.parse(text)
    except Malformed:
        return
    assert str(token) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "~",
        "abcdefabcdef",
        "abcdefabcdef.1.2.3",
        "abcdefabcdef.1.2.3.4~",
        "abcdefabcdef.1.2.3.4~5~6",
        "abcdefabcdef.1.2.3.",
        "abcdefabcdef.-1.2.3.4",
        "abcdefabcdef.+1.2.3.4",
        "abcdefabcdef.1_0.2.3.4",
        "abcdefabcdef.01.2.3.4",
        "abcdefabcdef.1.2.3.4.2.1",
        "abcdefabcdef.1.2.3.4.1.1",
        "abcdefabcdef.1.2.3.4.1 ",
        " abcdefabcdef.1.2.3.4",
        "ABCDEFABCDEF.1.2.3.4",
        "abcdefabcdeg.1.2.3.4",
        "abcdefabcdef.A.2.3.4",
        "abcdefabcdef.\u0661.2.3.4",
        "abcdefabcdef.zzzzzzzzzzzzzz.2.3.4",
        "abcdefabcdef.1.2.3" + ".1" * 3000,
        "\0",
        "null",
    ],
)
def test_a_token_that_is_none_is_malformed_and_says_where_to_take_one(text: str) -> None:
    with pytest.raises(Malformed, match="X-StateHub-Revision"):
        Token.parse(text)


@pytest.mark.parametrize(("at", "number"), [(1, 2**63), (2, 2**63), (3, 2**63), (4, 2**63), (5, 2**63), (6, 2**64)])
def test_a_number_that_the_database_has_no_room_for_is_refused(at: int, number: int) -> None:
    def write(number: int) -> str:
        return (
            "0123456789abcdefghijklmnopqrstuvwxyz"[number] if number < 36 else write(number // 36) + write(number % 36)
        )

    parts = ["abcdefabcdef", "1", "1", "1", "1", "0"]
    own = "5"
    if at < 6:
        parts[at] = write(number)
    else:
        own = write(number)
    with pytest.raises(Malformed):
        Token.parse(".".join(parts) + "~" + own)


def test_a_cut_reads_what_postgres_writes() -> None:
    assert Cut.parse("10:20:12,15") == Cut(10, 20, frozenset({12, 15}))
    assert Cut.parse("10:10:") == Cut(10, 10)


def test_a_cut_sees_what_had_ended_when_it_was_taken() -> None:
    cut = Cut.parse("10:20:10,15")
    assert [xid for xid in range(8, 23) if cut.sees(xid)] == [8, 9, 11, 12, 13, 14, 16, 17, 18, 19]


def test_a_token_stays_short() -> None:
    idle = Token("abcdefabcdef", 4_000_000, 10_000_000, Cut(900_000_000, 900_000_000), 900_000_001)
    assert len(str(idle)) < 50
    busy = Token("abcdefabcdef", 1, 1, Cut(900_000_000, 900_000_999, frozenset(range(900_000_000, 900_000_900))))
    assert Token.parse(str(busy)) == busy, "nine hundred writers in progress"
