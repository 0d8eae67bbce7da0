"""A block of text between markers in somebody's file: what stands around it stays, byte for byte."""

import re

from statehub.errors import Invalid

BEGIN = "<!-- state-hub:begin (custodian register-project writes this block; the text around it is yours) -->"
END = "<!-- state-hub:end -->"
BOM = b"\xef\xbb\xbf"
# a marker is a line of its own; one that is told of within a line is none
_MARKER = re.compile(rb"^(?:\xef\xbb\xbf)?(<!-- state-hub:(begin|end)\b[^\r\n]*-->)[ \t]*(\r?\n|\r?\Z)", re.MULTILINE)


def put_block(text: bytes, block: str, name: str) -> bytes:
    """The text with this block in place of the one that is there, else at its end. The same again changes nothing.

    Raises Invalid where the markers are no pair, or the text is none.
    """
    if text.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Invalid(f"{name} is UTF-16; save it as UTF-8, then run this again")
    found = list(_MARKER.finditer(text))
    if [marker[2] for marker in found] not in ([], [b"begin", b"end"]):
        lines = ", ".join(f"{marker[2].decode()} in line {_line(text, marker)}" for marker in found)
        raise Invalid(
            f"the markers of State Hub's block in {name} are no pair (found {lines}); mend them by hand, or take the"
            " block away with its markers, then run this again"
        )
    whole = f"{BEGIN}\n{block.strip()}\n{END}".encode()
    if found:
        first, last = found
        eol = b"\r\n" if first[3].startswith(b"\r") else b"\n"
        return text[: first.start(1)] + whole.replace(b"\n", eol) + text[last.end(1) :]
    ended = re.search(rb"\r?\n", text)
    eol = ended[0] if ended else b"\n"
    return text + _space(text, eol) + whole.replace(b"\n", eol) + eol


def _space(text: bytes, eol: bytes) -> bytes:
    """What makes an empty line after the text."""
    if text in (b"", BOM) or re.search(rb"(\A|\n)\r?\n\Z", text):
        return b""
    return eol if text.endswith(b"\n") else eol + eol


def _line(text: bytes, marker: "re.Match[bytes]") -> int:
    return text.count(b"\n", 0, marker.start(1)) + 1
