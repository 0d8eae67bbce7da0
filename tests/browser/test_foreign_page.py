"""A page of another origin in a real browser: it reads nothing, and nothing that it sends is written."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.browser.conftest import Watched
from tests.running import Hub


class Empty(BaseHTTPRequestHandler):
    """A page with nothing on it."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>elsewhere</title>")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def elsewhere() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Empty)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


# each tries to read, and gives what it got
READS = {
    "fetch": "fetch(url).then(r => r.text())",
    "no-cors": """fetch(url, {mode: 'no-cors'})
        .then(async r => r.status + await r.text()).then(t => t === '0' ? null : t)""",
    "script": """new Promise(done => { const s = document.createElement('script'); s.src = url;
        s.onload = () => done('loaded'); s.onerror = () => done(null); document.head.append(s) })""",
    "image": """new Promise(done => { const i = new Image();
        i.onload = () => done('drawn'); i.onerror = () => done(null); i.src = url })""",
    "stream": """new Promise(done => { const e = new EventSource(url.replace('summary', 'events'));
        e.onmessage = e.onopen = () => done('open'); e.onerror = () => { e.close(); done(null) } })""",
}
WRITES = {
    "json": "fetch(url, {method: 'POST', headers: {'Content-Type': 'application/json'}, body})",
    "text": "fetch(url, {method: 'POST', body})",
    "text, no-cors": "fetch(url, {method: 'POST', mode: 'no-cors', body})",
    "beacon": "Promise.resolve(navigator.sendBeacon(url, new Blob([body], {type: 'application/json'})))",
    "form": """new Promise(done => { const make = name => document.createElement(name);
        const form = make('form'), input = make('input'), there = make('iframe');
        there.name = 'there'; there.onload = () => done('sent'); document.body.append(there);
        form.method = 'POST'; form.action = url; form.enctype = 'text/plain'; form.target = 'there';
        input.name = body.slice(0, -1) + ', "x": "'; input.value = '"}';
        form.append(input); document.body.append(form); form.submit() })""",
}


@pytest.mark.parametrize("way", READS)
def test_nothing_is_read(shared_hub: Hub, watched: Watched, elsewhere: str, way: str) -> None:
    watched.page.goto(elsewhere)
    url = f"{shared_hub.url}/state/summary"
    script = f"url => {{ return ({READS[way]}).catch(() => null) }}"
    assert watched.page.evaluate(script, url) is None


@pytest.mark.parametrize("way", WRITES)
def test_nothing_is_written(shared_hub: Hub, watched: Watched, elsewhere: str, way: str) -> None:
    watched.page.goto(elsewhere)
    url, body = f"{shared_hub.url}/progress", '{"summary": "from elsewhere"}'
    script = f"([url, body]) => {{ return ({WRITES[way]}).then(() => 1).catch(() => null) }}"
    watched.page.evaluate(script, [url, body])
    watched.page.wait_for_load_state("networkidle")
    query = "select count(*) from progress_events where summary like '%%elsewhere%%'"
    assert shared_hub.database.value(query) == 0
    # the same from no page at all is written
    answer = shared_hub.ask("POST", "/progress", body=b'{"summary": "from here"}', Content_Type="application/json")
    assert answer.status == 201
