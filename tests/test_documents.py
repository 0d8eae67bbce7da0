"""JSON in: strict where `json` is lenient, and never anything but Malformed or Invalid."""

import json
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statehub.documents import dump, parse, pointer
from statehub.errors import Invalid, Malformed

STORABLE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | STORABLE,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(STORABLE, inner, max_size=3),
    max_leaves=10,
)


def pointers(body: str) -> list[str]:
    with pytest.raises(Invalid) as raised:
        parse(body.encode("utf-8", "surrogatepass"))
    return [error["pointer"] for error in raised.value.extra["errors"]]


@given(DOCUMENTS)
def test_a_document_comes_back_as_it_went_out(document: Any) -> None:
    assert parse(dump(document).encode()) == document


@given(st.binary() | st.text(alphabet='{}[]":,0123eE+-.\\u0dNaI \n', max_size=30).map(str.encode))
def test_whatever_comes_in_is_a_document_or_an_error_of_ours(body: bytes) -> None:
    try:
        document = parse(body)
    except (Malformed, Invalid):
        return
    assert json.loads(dump(document)) == document


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "no JSON"),
        (b"   ", "no JSON"),
        (b"{", "no JSON"),
        (b"{'a': 1}", "no JSON"),
        (b'{"a": 1,}', "no JSON"),
        (b'{"a": 1} {"b": 2}', "no JSON"),
        (b"nul", "no JSON"),
        (b'{"a": 01}', "no JSON"),
        (b'"a\nb"', "no JSON"),
        (b"\xef\xbb\xbf{}", "no JSON"),
        ("{}".encode("utf-16"), "UTF-8"),
        (b'{"a": "\xff"}', "UTF-8"),
        (b'"\xed\xa0\x80"', "UTF-8"),
        (b"[" * 100_000, "deep"),
        (b'{"a":' * 100_000, "deep"),
        (b'{"a": 1, "a": 2}', "stands twice"),
        (b'{"a": {"b": 1, "b": 1}}', "stands twice"),
        (b"[" + b"1" * 5000 + b"]", "no JSON"),
    ],
)
def test_what_is_no_json_is_malformed(body: bytes, why: str) -> None:
    with pytest.raises(Malformed, match=why):
        parse(body)


@pytest.mark.parametrize("depth", [*range(100, 1000, 100), *range(900, 1010, 3), 3000, 10_000])
def test_depth_is_taken_or_refused_and_nothing_else(depth: int) -> None:
    for opening, closing in (("[", "]"), ('{"a":', "}")):
        try:
            parse((opening * depth + "1" + closing * depth).encode())
        except Malformed as error:
            assert "deep" in error.detail  # noqa: PT017


@pytest.mark.parametrize("text", [r"\u0000", r"\ud800", r"\udfff", r"a\ud83d b", r"\udc00\ud800"])
def test_text_that_cannot_be_stored_is_invalid_with_a_pointer(text: str) -> None:
    assert pointers(f'"{text}"') == [""]
    assert pointers(f'{{"a": [1, {{"b/c~d": "{text}"}}]}}') == ["/a/1/b~1c~0d"]
    assert pointers(f'{{"a": {{"{text}": 1}}}}') == ["/a"]
    assert pointers(f'{{"x": "{text}", "y": ["{text}"]}}') == ["/x", "/y/0"]


def test_a_pointer_holds_nothing_that_cannot_be_sent() -> None:
    for found in pointers(r'{"\ud800": {"a": "\ud800"}, "\u0000": ["\u0000"]}'):
        found.encode()


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400", "-1e400"])
def test_a_number_that_is_none_is_invalid_with_a_pointer(number: str) -> None:
    assert pointers(f'{{"detail": {{"a": [{number}]}}}}') == ["/detail/a/0"]


def test_a_pair_of_surrogates_is_a_character() -> None:
    assert parse(rb'"\ud83d\ude00"') == "😀"


def test_a_number_keeps_its_digits() -> None:
    number = 10**4000
    assert parse(dump(number).encode()) == number
    assert sys.get_int_max_str_digits() == 4300, "the limit is Python's own"


def test_a_pointer_escapes() -> None:
    assert pointer() == ""
    assert pointer("a", 0, "b/c", "~1") == "/a/0/b~1c/~01"


def test_what_goes_out_is_compact_and_plain() -> None:
    assert dump({"ä": [1, None, True]}) == '{"ä":[1,null,true]}'
    with pytest.raises(ValueError, match="JSON compliant"):
        dump(float("nan"))
