"""Text of the database is text: no control sequence, no markup of it gets through to a terminal."""

import unicodedata


def clean(text: object) -> str:
    """Without control, format (bidi, tag) and private characters; line ends become spaces."""
    spaced = " ".join(str(text or "").split())
    return "".join(char for char in spaced if unicodedata.category(char) not in ("Cc", "Cf", "Co", "Cs"))


def clean_lines(text: object, indent: str = "") -> str:
    """The same for text of several lines, which keep their own indentation."""
    found = []
    for line in str(text or "").splitlines():
        line = line.expandtabs(4)
        found.append((indent + " " * (len(line) - len(line.lstrip(" "))) + clean(line)).rstrip())
    return "\n".join(found)
