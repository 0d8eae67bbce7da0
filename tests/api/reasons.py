"""Why the hub may refuse what fits the document: rules about other rows, or that JSON Schema has no words for."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Reason:
    """A refusal: its status, all of its detail, and why no schema tells it beforehand. `method`: of this one only."""

    status: int
    detail: str
    why: str
    method: str = ""

    def explains(self, method: str, status: int, detail: str) -> bool:
        """Whether this is the refusal; an item of a list tells its number first."""
        told = re.fullmatch(f"(?:item [0-9]+: )?{self.detail}", detail, re.DOTALL)
        return status == self.status and self.method in ("", method) and told is not None


REASONS = (
    Reason(400, "this is no cursor.*", "opaque: only the hub can write one"),
    Reason(400, "this is no revision token.*", "the same"),
    Reason(400, ".* has a NUL in it", "PostgreSQL's text has no NUL; no pattern says that of every string"),
    Reason(410, "the (token|database) .*", "a token of another epoch"),
    Reason(412, "the row is at version [0-9]+, not [0-9]+;.*", "If-Match names another version"),
    Reason(422, "this Idempotency-Key was used for another request.*", "it depends on what was sent before"),
    Reason(422, "There is no [a-z]+ .*; GET /[a-z]+ lists them", "a reference to a row that is not there"),
    Reason(422, "There is no [a-z]+ [^;]*", "the same, of a sync"),
    Reason(422, "domain is none of the domains;.*", "domains are rows"),
    Reason(400, "(since|until): takes the years 1 to 9999", "date-time has no range"),
    Reason(422, "[a-z_]+ takes the years 1 to 9999", "date-time has no range"),
    Reason(422, "([0-9]+/)?[a-z_]+: takes the years 1 to 9999", "date-time has no range"),
    Reason(422, "code takes letters.*", "a code must not look like an id: a pattern has no not"),
    Reason(422, "slug must not look like an id", "the same"),
    Reason(422, "code is a word of the routes below /tasks;.*", "in any case of letters"),
    Reason(422, "the items name different authors;.*", "a list has one author"),
    Reason(422, "text or a number that cannot be stored", "a NUL somewhere in JSON of any form"),
    Reason(422, "no [a-z]+ interface of that name is registered;.*", "interfaces are rows"),
    Reason(422, "the address says .*, the document .*; they must agree", "path and body are apart in OpenAPI"),
    Reason(422, "the file is .*", "the document is another tool's file: text, of which OpenAPI knows nothing more"),
    Reason(422, "line [0-9]+: .*", "the same, of an exported hub"),
    Reason(422, ".* in the batch cannot be taken", "it compares the batch with rows, and with itself"),
    Reason(422, "parent a task cannot be its own parent", "it compares two rows"),
    Reason(422, "depends_on a [a-z]+ cannot depend on itself", "the same"),
    Reason(422, "superseded_by a decision cannot supersede itself", "it compares two rows", "PATCH"),
    Reason(422, "topic a decision needs a topic.*", "a change meets what is there", "PATCH"),
    Reason(422, "rationale a decision that is made needs.*", "the same", "PATCH"),
    Reason(422, "status a pending decision is open.*", "the same", "PATCH"),
    Reason(422, "superseded_by a decision that names its successor.*", "the same", "PATCH"),
)


def explained(method: str, status: int, detail: str) -> bool:
    """Whether one of the reasons explains this refusal."""
    return any(reason.explains(method, status, detail) for reason in REASONS)
