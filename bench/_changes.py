"""For dashboard: how long after a commit by `psql` a page shows it, by the page's own clock (the machine's, as ours).

The peer is the least that a page could do: an EventSource, one bare fetch of the row, and no more.
"""

import time

from _common import connect
from playwright.sync_api import Page

PLAN = "REPO-0-WP-0000"
PAIRS = 5
RENAMES = (
    ("update workplans set title = %s where code = %s", PLAN),
    ("update tasks set title = %s where code = %s", f"{PLAN}-T0"),
)
# when a text is shown, in ms of the epoch: the promise is kept on the window while we commit
AWAIT = """([selector, text]) => {
  window.shown = window.until(() => document.querySelector(selector)?.textContent.includes(text))
    .then((at) => performance.timeOrigin + at);
}"""
LISTEN = """() => new Promise((done) => {
  window.source = new EventSource("/api/state/events");
  window.source.addEventListener("change", done, {once: true});
})"""
AWAIT_FETCHED = """([address, text]) => {
  window.shown = new Promise((done) => {
    const read = async () => {
      const found = await (await fetch(address)).text();
      if (!found.includes(text)) return;
      window.source.removeEventListener("change", read);
      done(performance.timeOrigin + performance.now());
    };
    window.source.addEventListener("change", read);
  });
}"""


class Changes:
    """Renames a plan and one of its tasks, in turns; each change is made when the one before is shown."""

    def __init__(self, url: str) -> None:
        self.connection = connect(url)
        self.number = 0

    def _shown(self, page: Page, script: str, places: tuple[str, str]) -> list[float]:
        took = []
        for (rename, code), place in zip(RENAMES, places, strict=True):
            self.number += 1
            text = f"Change {self.number}."
            page.evaluate(script, [place, text])
            began = time.time()
            self.connection.execute(rename, (text, code))
            took.append(float(page.evaluate("() => window.shown")) - began * 1000)
        return took

    def of_page(self, page: Page, board: str) -> list[float]:
        """Milliseconds of changes on an open page of the plan; the first two, which warm up, do not count."""
        page.goto(f"{board}/workstreams?plan={PLAN}")
        page.evaluate("(wanted) => window.until(() => document.querySelector(wanted))", ".detail .task")
        return [one for _ in range(PAIRS + 1) for one in self._shown(page, AWAIT, (".detail h2", ".detail .tasks"))][2:]

    def of_fetch(self, page: Page, board: str) -> list[float]:
        """The same of a page that only listens and fetches."""
        page.goto(f"{board}/peer-workstreams")
        page.evaluate(LISTEN)
        places = (f"/api/workplans/{PLAN}", f"/api/tasks/{PLAN}-T0")
        return [one for _ in range(PAIRS + 1) for one in self._shown(page, AWAIT_FETCHED, places)][2:]
