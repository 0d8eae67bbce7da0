"""What the state machine may send: documents for Hypothesis to draw."""

from typing import Any

from hypothesis import strategies as st

texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12).filter(str.strip)
times = st.sampled_from([None, "2030-01-01T00:00:00Z", "2020-02-03T04:05:06.789+02:00"])
priorities = st.integers(0, 4)
PATCHES: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "topics": {"title": texts, "status": st.sampled_from(["active", "paused", "archived"])},
    "repos": {
        "name": texts,
        "status": st.sampled_from(["active", "archived"]),
        "domain": st.sampled_from(["infotech", "energy"]),
    },
    "workplans": {
        "title": texts,
        "owner": st.none() | texts,
        "status": st.sampled_from(["proposed", "ready", "active", "blocked", "backlog", "finished", "archived"]),
        "priority": priorities,
        "due_at": times,
    },
    "tasks": {
        "title": texts,
        "status": st.sampled_from(["wait", "todo", "progress", "done", "cancel"]),
        "priority": priorities,
        "assignee": st.none() | texts,
        "waiting_on": st.none() | texts,
        "due_at": times,
    },
    "decisions": {"title": texts, "context": st.sampled_from(["", "the invoice"]), "due_at": times},
}


@st.composite
def patches(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    """Some of what may be changed."""
    names = draw(st.lists(st.sampled_from(sorted(PATCHES[kind])), unique=True, max_size=3))
    return {name: draw(PATCHES[kind][name]) for name in names}
