"""How a workplan's tasks are called: by their codes, and in its file by the number alone."""

from collections.abc import Iterable, Mapping

from statehub.repos.task_line import number_of


class Codes:
    """The codes of one plan's tasks that are known already; a word of the file may name one of them.

    `titles`, by code in lower case, tell which of two lines with one number is the task that is known.
    """

    def __init__(self, plan: str, known: Iterable[str] = (), titles: Mapping[str, set[str]] | None = None) -> None:
        self.plan = plan
        self.titles = titles or {}
        self.known = {code.lower(): code for code in known}
        self.words = frozenset(self.known)
        self.numbers: dict[int, str] = {}
        for code in sorted(self.known.values()):
            if (number := number_of(self._short(code))) is not None:
                self.numbers.setdefault(number, code)

    def code_of(self, word: str) -> str:
        """The code that this word of the file stands for."""
        if (known := self.known.get(word.lower()) or self.known.get(f"{self.plan}-{word}".lower())) is not None:
            return known
        number = number_of(self._short(word))
        if number is None:
            return word
        return self.numbers.get(number) or f"{self.plan}-T{number:02}"

    def word_of(self, code: str) -> str:
        """How the file calls it: T03, where that is enough."""
        short = self._short(code)
        return short if number_of(short) is not None and self.code_of(short) == code else code

    def number_of(self, code: str) -> int:
        """3 for …-T03; 0 for a code that is not made like that."""
        return number_of(self._short(code)) or 0

    def _short(self, code: str) -> str:
        prefix = self.plan + "-"
        return code[len(prefix) :] if code.lower().startswith(prefix.lower()) else code
