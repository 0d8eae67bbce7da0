"""JSON that somebody else's program keeps in a file: what we do not change comes out as it went in."""

import json
import re
from typing import Any, NoReturn

from statehub.errors import Invalid

BOM = b"\xef\xbb\xbf"


def read_object(content: bytes | None, name: str) -> dict[str, Any]:
    """The object in it; empty where there is no file or nothing in it. Raises Invalid, and says where."""
    if content is None or not content.removeprefix(BOM).strip():
        return {}
    try:
        found = json.loads(content.removeprefix(BOM).decode(), object_pairs_hook=_unique, parse_constant=_refuse)
    except RecursionError:
        raise Invalid(f"{name} is nested too deep; it stays as it is") from None
    except ValueError as error:  # of the decoder too
        raise Invalid(f"{name} is no JSON: {error}; mend it, then run this again. It stays as it is") from None
    if not isinstance(found, dict):
        raise Invalid(f"{name} is JSON, but no object; mend it, then run this again. It stays as it is")
    return found


def write_object(document: dict[str, Any], like: bytes | None) -> bytes:
    """The object, indented as the file was; two spaces where it is new."""
    before = (like or b"").removeprefix(BOM).decode()
    indent = re.search(r'\n([ \t]+)"', before)
    text = json.dumps(document, ensure_ascii=False, indent=indent[1] if indent else 2)
    try:
        body = text.encode()
    except UnicodeEncodeError:  # a lone surrogate, which only an escape can write
        body = json.dumps(document, indent=indent[1] if indent else 2).encode()
    if "\r\n" in before:
        body = body.replace(b"\n", b"\r\n")
    ended = re.search(r"\r?\n\Z", before)
    end = ended[0].encode() if ended else b"" if before.strip() else b"\n"
    return (BOM if (like or b"").startswith(BOM) else b"") + body + end


def part_of(document: dict[str, Any], key: str, empty: Any, name: str) -> Any:
    """The value there, which must be of the type of `empty`; put there where it is missing. Raises Invalid."""
    if document.get(key) is None:
        document[key] = empty
    found = document[key]
    if not isinstance(found, type(empty)):
        wanted = "an object" if isinstance(empty, dict) else "a list"
        raise Invalid(f"{key} in {name} is not {wanted}; mend it, then run this again. It stays as it is")
    return found


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for n, (key, _) in enumerate(pairs) if key in dict(pairs[:n]))
        raise ValueError(f"the key {twice!a} stands twice")
    return found


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number")
