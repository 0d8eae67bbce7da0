"""Which names an author may have, and how a header carries them: percent-encoded UTF-8. Both patterns say the same."""

import re
from collections.abc import Iterator
from urllib.parse import unquote

LONGEST = 200
# control characters, every space but the plain one, what hides or turns what stands beside it
_BARRED = (
    (0x00, 0x1F), (0x7F, 0xA0), (0xAD, 0xAD), (0x61C, 0x61C), (0x1680, 0x1680), (0x180E, 0x180E), (0x2000, 0x200F),
    (0x2028, 0x202F), (0x205F, 0x206F), (0x3000, 0x3000), (0xD800, 0xDFFF), (0xFEFF, 0xFEFF), (0xFFF0, 0xFFFF),
    (0xE0000, 0xE0FFF),
)  # fmt: skip
_ALLOWED = [(end + 1, begin - 1) for (_, end), (begin, _) in zip(_BARRED, (*_BARRED[1:], (0x110000, 0)), strict=True)]
_ENDS = (0x7F, 0x7FF, 0xFFFF, 0x10FFFF)  # of UTF-8 in one, two, three, four bytes


def _escaped(code: int) -> str:
    # \u is what Python, ECMAScript and Rust have in common; of what is beyond it, they share nothing but the character
    return chr(code) if code > 0xFFFF else f"\\u{code:04x}"


def _sequences(low: int, high: int) -> Iterator[list[tuple[int, int]]]:
    """The UTF-8 of these code points: for each sequence, from which to which each byte goes."""
    for end in _ENDS:
        if low <= end < high:
            yield from _sequences(low, end)
            low = end + 1
    for bits in (6, 12, 18):
        rest = (1 << bits) - 1
        if high > 0x7F and low & ~rest != high & ~rest:
            if low & rest:
                yield from _sequences(low, low | rest)
                yield from _sequences((low | rest) + 1, high)
                return
            if high & rest != rest:
                yield from _sequences(low, (high & ~rest) - 1)
                yield from _sequences(high & ~rest, high)
                return
    yield list(zip(chr(low).encode(), chr(high).encode(), strict=True))


def _digits(low: int, high: int) -> str:
    digits = "".join(f"{digit:X}{digit:x}" if digit > 9 else str(digit) for digit in range(low, high + 1))
    digits = digits.replace("0123456789", "0-9").replace("AaBbCcDdEeFf", "A-Fa-f")
    return digits if len(digits) == 1 else f"[{digits}]"


def _percent(low: int, high: int) -> str:
    """These bytes, percent-encoded."""
    (first, begin), (last, end) = divmod(low, 16), divmod(high, 16)
    if first == last:
        return f"%{_digits(first, first)}{_digits(begin, end)}"
    parts = []
    if begin:
        parts.append(_digits(first, first) + _digits(begin, 15))
        first += 1
    if end < 15:
        last -= 1
    if first <= last:
        parts.append(_digits(first, last) + _digits(0, 15))
    if end < 15:
        parts.append(_digits(last + 1, last + 1) + _digits(0, end))
    return "%" + (parts[0] if len(parts) == 1 else f"(?:{'|'.join(parts)})")


# surrogates are no characters of a pattern, and reach none
_CLASS = "".join(f"{_escaped(low)}-{_escaped(high)}" for low, high in _BARRED if low != 0xD800)
_ENCODED = "|".join(
    "".join(_percent(*byte) for byte in sequence) for low, high in _ALLOWED for sequence in _sequences(low, high)
)
PATTERN = f"^[^ {_CLASS}][^{_CLASS}]{{0,{LONGEST - 1}}}$"
HEADER_PATTERN = f"^(?:[ -$&-~]|{_ENCODED}){{0,{LONGEST}}}$"
_header = re.compile(HEADER_PATTERN)


def decoded(header: str) -> str | None:
    """The name in a header, empty where it says none; None where it is no name."""
    return unquote(header).strip() if _header.fullmatch(header) else None
