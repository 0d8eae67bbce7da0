"""Names of authors: the pattern of a body and that of a header say the same of every character."""

import re
from typing import Annotated
from urllib.parse import quote

import pytest
from pydantic import Field, TypeAdapter, ValidationError

from statehub import authors

in_a_body = re.compile(authors.PATTERN)


def test_a_header_takes_the_characters_that_a_body_takes() -> None:
    for code in (*range(0x10000), *range(0x10000, 0x110000, 253), *range(0xE0000 - 9, 0xE1000 + 9)):
        if not 0xD800 <= code <= 0xDFFF:
            name = f"a{chr(code)}b"
            decoded = authors.decoded(quote(name, safe=""))
            assert decoded == (name if in_a_body.fullmatch(name) else None), hex(code)


@pytest.mark.parametrize(
    "header",
    [
        "%C0%80",
        "%ED%A0%80",
        "%F4%90%80%80",
        "%80",
        "%E2%82",
        "%",
        "%G1",
        "100%",
        "\xe9",
        "%0A",
        "%C2%85",
        "%E2%80%A8",
        "%E2%80%AE",
        "%EF%BB%BF",
        "%F3%A0%81%81",
    ],
)
def test_what_is_no_utf_8_or_hides_is_no_name(header: str) -> None:
    assert authors.decoded(f"a{header}") is None


def test_a_name_has_200_characters_however_long_they_are_encoded() -> None:
    assert authors.decoded(quote("é" * 200)) == "é" * 200
    assert authors.decoded(quote("é" * 201)) is None
    assert authors.decoded("%c3%a9") == "é"
    assert authors.decoded("") == authors.decoded("%20") == ""


def test_a_model_reads_the_pattern_as_python_does() -> None:
    model = TypeAdapter(Annotated[str, Field(pattern=authors.PATTERN)])
    for name in ("Ada O\u2019Brien", "𠮷", "x" * 200):
        assert model.validate_python(name) == name
    for name in ("", " x", "a\n", "a\x85", "a\u202eb", "a\U000e0041", "x" * 201):
        with pytest.raises(ValidationError):
            model.validate_python(name)
