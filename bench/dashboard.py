"""How long does a page of the dashboard take to show something, with 10,000 workplans and 100,000 tasks?

Pages of a fresh build, served by `custodian dashboard` for `custodian serve`, in Chromium, whose own clock is read:
from the navigation, with an empty cache, until the page's charts, tables and lists have rows and a frame is drawn.
Each takes turns with a page of the same server that has no data to ask for: one script of as many bytes as the
page's, which draws a table of 100 rows. A filter is measured from its change to the frame that shows the rows; its
peer is the same request, sent by a bare fetch. A change is measured from its UPDATE to the frame that shows it, two
in a row; its peer is a page that listens to the same stream and fetches the one row. Layout shift is the sum of what
Chromium tells of the load.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from statistics import median
from urllib.error import URLError
from urllib.request import urlopen

from _board import load
from _changes import Changes
from _common import make_database, paired_ratio, report, spread, temporary_server
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parent.parent
ROUNDS, FILTERS = 5, 30
CUSTODIAN = [sys.executable, "-m", "statehub.cli.main"]
# what must be there before a page counts as drawn
PAGES = {
    "overview": ("/", [".chart svg", ".feed .entry"]),
    "overview_all": ("/", [".repos .repo", ".asks .ask", ".chart svg"]),
    "workstreams": ("/workstreams", [".table tr[data-index]"]),
    "workplan": ("/workplan?code=REPO-0-WP-0000", [".tasks .task", ".feed .entry"]),
    "decisions": ("/decisions", [".decisions .decision", ".chart svg"]),
    "progress": ("/progress", [".feed .entry", ".chart svg"]),
    "search": ("/search?q=part", [".hits .hit"]),
}
WATCH = """
window.moved = 0;
new PerformanceObserver((list) => { for (const one of list.getEntries()) window.moved += one.value; })
  .observe({type: "layout-shift", buffered: true});
window.framed = () => new Promise((done) => requestAnimationFrame(() => {
  const after = new MessageChannel();
  after.port1.onmessage = () => done(performance.now());
  after.port2.postMessage(null);
}));
window.until = async (holds) => {
  const latest = performance.now() + 30_000;
  while (!holds()) {
    if (performance.now() > latest) throw new Error(`nothing is drawn: ${location.href}: ${holds}`);
    await new Promise(requestAnimationFrame);
  }
  return window.framed();
};
"""
DRAWN = "(wanted) => window.until(() => wanted.every((one) => document.querySelector(one)))"
SCRIPTS = """() => performance.getEntriesByType("resource")
  .filter(({name}) => new URL(name).pathname.endsWith(".js"))
  .reduce((sum, {decodedBodySize}) => sum + decodedBodySize, 0)
"""
# changes the repository's filter; the counter and the first row tell when its rows are shown
FILTER = """async (slug) => {
  const began = performance.now();
  const field = document.querySelector("select[name=repo]");
  field.value = slug;
  field.dispatchEvent(new Event("change", {bubbles: true}));
  const first = () => document.querySelector(".table tr[data-index]")?.textContent ?? "";
  return await window.until(() => first().includes(slug.toUpperCase() + "-WP-")) - began;
}"""
FETCH = """async (address) => {
  const began = performance.now();
  await (await fetch(address)).json();
  return performance.now() - began;
}"""
PEER = "<!doctype html><title>Peer</title><body><table></table><script type=module src={}></script>\n"
PEER_ROWS = """const table = document.querySelector("table");
for (let i = 0; i < 100; i++) table.insertRow().append(...["code", "title", "status"].map((name) => {
  const cell = document.createElement("td");
  cell.textContent = `${name} ${i}`;
  return cell;
}));
"""


def free_port() -> int:
    """A port that nobody listens on right now."""
    with closing(socket.create_server(("127.0.0.1", 0))) as place:
        return int(place.getsockname()[1])


@contextmanager
def process(command: list[str], environment: dict[str, str], address: str) -> Iterator[None]:
    """That command, from its first answer to the end."""
    running = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            try:
                urlopen(address, timeout=5).close()  # noqa: S310  (ours)
                break
            except (URLError, ConnectionError):
                time.sleep(0.05)
        yield
    finally:
        running.terminate()
        running.wait(20)


@contextmanager
def serving(place: Path, url: str) -> Iterator[str]:
    """The address of the dashboard, whose pages are built for this run and lie in `place`/pages."""
    build = [sys.executable, str(ROOT / "scripts" / "build_dashboard.py"), "--output", str(place / "pages")]
    subprocess.run(build, check=True, stdout=subprocess.DEVNULL)
    (place / "sitecustomize.py").write_text(
        "from pathlib import Path\nfrom statehub.dashboard import folders\n"
        f"folders.FOLDERS = (Path({str(place / 'pages')!r}),)\n"
    )
    ours = {name: value for name, value in os.environ.items() if not name.startswith("STATEHUB_")}
    hub, board = free_port(), free_port()
    environment = {
        **ours, "STATEHUB_DATABASE_URL": url, "STATEHUB_DATA_DIR": str(place / "data"), "STATEHUB_API_PORT": str(hub),
        "STATEHUB_API_URL": f"http://127.0.0.1:{hub}", "STATEHUB_DASHBOARD_PORT": str(board),
        "PYTHONPATH": os.pathsep.join([str(place), str(ROOT)]),
    }  # fmt: skip
    with ExitStack() as stack:
        for command, port in (("serve", hub), ("dashboard", board)):
            path = "/state/health" if command == "serve" else "/"
            stack.enter_context(process([*CUSTODIAN, command], environment, f"http://127.0.0.1:{port}{path}"))
        yield f"http://127.0.0.1:{board}"


def make_peer(pages: Path, name: str, size: int) -> None:
    """A page /peer-`name` with one script of that many bytes, most of it functions that nobody calls."""
    lines, length = [PEER_ROWS], len(PEER_ROWS)
    while length < size:
        lines.append(f"export const f{len(lines)} = (one, other) => one.map((each) => each * other + {len(lines)});\n")
        length += len(lines[-1])
    (pages / f"peer-{name}.js").write_text("".join(lines), encoding="utf-8")
    (pages / f"peer-{name}.html").write_text(PEER.format(f"/peer-{name}.js"), encoding="utf-8")


@contextmanager
def opened(browser: Browser) -> Iterator[Page]:
    """A page of a profile without a cache."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.add_init_script(WATCH)
    try:
        yield context.new_page()
    finally:
        context.close()


def drawn(browser: Browser, address: str, wanted: list[str]) -> tuple[float, int, float]:
    """Milliseconds until it is drawn, bytes of its scripts, and how far it moved half a second later."""
    with opened(browser) as page:
        page.goto(address, wait_until="commit")
        took = float(page.evaluate(DRAWN, wanted))
        page.wait_for_timeout(500)
        return took, int(page.evaluate(SCRIPTS)), float(page.evaluate("window.moved"))


def filtered(browser: Browser, board: str) -> tuple[list[float], list[float]]:
    """Milliseconds of filters of /workstreams, and of the same requests by themselves."""
    ours, theirs = [], []
    with opened(browser) as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{board}/workstreams")
        page.evaluate(DRAWN, [".table tr[data-index]", "select[name=repo] option:nth-child(40)"])
        for number in range(FILTERS):
            took = page.evaluate(FILTER, f"repo-{number + 10}")
            alone = page.evaluate(FETCH, next(url for url in reversed(asked) if "/api/workplans?" in url))
            if number >= 3:
                ours.append(float(took))
                theirs.append(float(alone))
    return ours, theirs


def changed(browser: Browser, board: str, url: str) -> tuple[list[float], list[float]]:
    """Milliseconds until a change by psql is shown, and until a bare fetch has it; in turns."""
    changes, ours, theirs = Changes(url), [], []
    for _ in range(ROUNDS):
        with opened(browser) as page:
            ours += changes.of_page(page, board)
        with opened(browser) as page:
            theirs += changes.of_fetch(page, board)
    return ours, theirs


def main() -> None:
    chromium = shutil.which("chromium") or sys.exit("no chromium here; on Debian: apt install chromium")
    times: dict[str, list[float]] = {name: [] for name in PAGES}
    peers: dict[str, list[float]] = {name: [] for name in PAGES}
    sizes, moved = dict.fromkeys(PAGES, 0), dict.fromkeys(PAGES, 0.0)
    args = ["--disable-gpu", "--disable-background-networking", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with temporary_server() as server, tempfile.TemporaryDirectory(prefix="statehub-bench-") as directory:
        place = Path(directory)
        url = make_database(server)
        load(url)
        with serving(place, url) as board, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=args)
            for name, (path, wanted) in PAGES.items():  # warms up, and tells how large the peer has to be
                _, sizes[name], _ = drawn(browser, board + path, wanted)
                make_peer(place / "pages", name, sizes[name])
            for _ in range(ROUNDS):
                for name, (path, wanted) in PAGES.items():
                    took, _, shifted = drawn(browser, board + path, wanted)
                    times[name].append(took)
                    moved[name] = max(moved[name], shifted)
                    peers[name].append(drawn(browser, f"{board}/peer-{name}", ["tr"])[0])
            filters, fetches = filtered(browser, board)
            changes, bare_changes = changed(browser, board, url)
            browser.close()
    ratios = {f"{name}_vs_static": paired_ratio(times[name], peers[name]) for name in PAGES}
    ratios = {
        "page_vs_static": max(ratios.values()), "filter_vs_fetch": paired_ratio(filters, fetches),
        "change_vs_fetch": paired_ratio(changes, bare_changes),
        "page_s": max(median(found) for name, found in times.items() if name != "overview_all") / 1000,
        "overview_all_s": median(times["overview_all"]) / 1000, "filter_ms": median(filters),
        "change_ms": median(changes), "change_p90_ms": sorted(changes)[len(changes) * 9 // 10],
        "script_kb": max(sizes.values()) / 1000, "layout_shift": max(moved.values()), **ratios,
    }  # fmt: skip
    figures = {f"{name}_ms": median(found) for name, found in times.items()}
    figures |= {f"{name}_static_ms": median(found) for name, found in peers.items()}
    figures |= {f"{name}_kb": size / 1000 for name, size in sizes.items()}
    figures |= {f"{name}_shift": shift for name, shift in moved.items()}
    figures |= {"filter_p90_ms": sorted(filters)[len(filters) * 9 // 10], "fetch_ms": median(fetches)}
    figures |= {"change_max_ms": max(changes), "bare_change_ms": median(bare_changes)}
    rows = [
        (name, spread(times[name]), spread(peers[name]), f"{sizes[name] / 1000:.0f}", f"{moved[name]:.4f}")
        for name in PAGES
    ]
    rows.append(("a filter", spread(filters), spread(fetches), "", ""))
    rows.append(("a change", spread(changes), spread(bare_changes), "", ""))
    columns = ("page", "ms", "peer ms", "script kB", "shift")
    report("dashboard", (__doc__ or "").splitlines()[0], columns, rows, ratios, figures)


if __name__ == "__main__":
    main()
