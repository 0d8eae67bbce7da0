"""Stored text is somebody's: what could pass for something else is taken out, and what is too long is cut. Pure."""

import unicodedata
from collections.abc import Mapping
from typing import Any

# joiners are part of words and of emoji; every other format character hides something or turns the reading direction
_JOINERS = "\u200c\u200d"
_HIDDEN = {"Cc", "Cf", "Cs", "Co"}
_ALLOWED = "\n\t" + _JOINERS
# variation selectors beyond the first sixteen carry bytes unseen
_SELECTORS = range(0xE0100, 0xE01F0)
LONGEST_TITLE = 160
LONGEST = 4000
_CAPS = (LONGEST, 1000, 300, 100, 40)
MOST_CHARACTERS = 30_000
_MOST_ITEMS = 500


def clean(text: str, longest: int = LONGEST) -> str:
    """The text without control, bidi, tag and other hidden characters; cut to `longest` characters, and says so."""
    if not (text.isascii() and text.isprintable()):
        text = text.replace("\r\n", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
        text = "".join(c for c in text if c in _ALLOWED or not _is_hidden(c))
    if len(text) <= longest:
        return text
    return f"{text[:longest].rstrip()}… [{len(text) - longest} more characters]"


def one_line(text: str, longest: int = LONGEST_TITLE) -> str:
    """A title, or what is shown as one."""
    if len(shown := " ".join(clean(text, 10 * longest).split())) <= longest:
        return shown
    return shown[: longest - 1].rstrip() + "…"


def cleaned(value: Any, longest: int = LONGEST) -> Any:
    """A JSON value whose every string, names included, is clean."""
    if isinstance(value, str):
        return clean(value, longest)
    if isinstance(value, Mapping):
        return {clean(str(name), 100): cleaned(inner, longest) for name, inner in list(value.items())[:_MOST_ITEMS]}
    if isinstance(value, list | tuple):
        return [cleaned(inner, longest) for inner in value[:_MOST_ITEMS]]
    return value


def bounded(value: Any, measure: Any) -> Any:
    """The value, clean, its strings cut as far as it takes for the whole to have at most MOST_CHARACTERS."""
    for longest in _CAPS:
        shown = cleaned(value, longest)
        if len(measure(shown)) <= MOST_CHARACTERS:
            return shown
    return shown


def _is_hidden(character: str) -> bool:
    return unicodedata.category(character) in _HIDDEN or ord(character) in _SELECTORS
