"""An image registry for tests: a real HTTP server with one image, which can do what networks and registries do."""

import hashlib
import json
import random
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

MIB = 2**20
INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


@dataclass
class Registry:
    """The image `team/app:1` for two platforms, and what is to go wrong."""

    port: int = 0
    blobs: dict[str, bytes] = field(default_factory=dict)
    manifests: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    layers: list[str] = field(default_factory=list)
    # faults of the next answers with a blob, first to last; "" is none
    faults: list[str] = field(default_factory=list)
    always: str = ""
    spoilt_manifests: int = 0
    ignores_ranges: bool = False
    elsewhere: int = 0  # port that blobs are sent from
    wants_token: bool = False
    token_uses: int = 10**9
    tokens: dict[str, int] = field(default_factory=dict)
    # (begin, end, digest) of each range that was asked for, and headers of those requests
    asked: list[tuple[int, int, str]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    hanging: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def image(self) -> str:
        return f"127.0.0.1:{self.port}/team/app:1"

    def fill(self) -> None:
        chance = random.Random(7)  # noqa: S311
        entries: list[dict[str, Any]] = []
        for machine in ("amd64", "arm64"):
            layers = [chance.randbytes(size) for size in (3 * MIB + 5, 1000)]
            config = json.dumps({"architecture": machine, "os": "linux"}).encode()
            rows = [{"digest": self._keep(content), "size": len(content)} for content in (config, *layers)]
            document = {"schemaVersion": 2, "mediaType": MANIFEST, "config": rows[0], "layers": [*rows[1:], rows[1]]}
            digest = self._keep_manifest(MANIFEST, document)
            entries.append({"digest": digest, "platform": {"os": "linux", "architecture": machine, "variant": "v8"}})
            self.layers += [digest_of(content) for content in layers]
        entries.append({"digest": entries[0]["digest"], "platform": {"os": "unknown", "architecture": "unknown"}})
        index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}
        self.manifests["1"] = self.manifests[self._keep_manifest(INDEX, index)]

    def _keep(self, content: bytes) -> str:
        self.blobs[digest_of(content)] = content
        return digest_of(content)

    def _keep_manifest(self, kind: str, document: dict[str, Any]) -> str:
        body = json.dumps(document).encode()
        self.manifests[digest_of(body)] = (kind, body)
        return digest_of(body)


class Handler(BaseHTTPRequestHandler):
    server: "_Server"
    registry: ClassVar[Registry]
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        there = self.registry
        if self.path.startswith("/token?"):
            assert "scope=repository%3Ateam%2Fapp%3Apull" in self.path
            assert "service=here" in self.path
            with there.lock:
                token = f"t{len(there.tokens)}"
                there.tokens[token] = there.token_uses
            self._answer(200, json.dumps({"token": token}).encode())
            return
        if there.wants_token and not self._is_let_in():
            realm = (
                f'Bearer realm="http://127.0.0.1:{there.port}/token",service="here",scope="repository:team/app:pull"'
            )
            self._answer(401, b"{}", WWW_Authenticate=realm)
            return
        _, _, rest = self.path.partition("/v2/team/app/")
        kind, _, what = rest.partition("/")
        if kind == "manifests" and what in there.manifests:
            form, body = there.manifests[what]
            spoilt = there.spoilt_manifests > 0
            there.spoilt_manifests -= spoilt
            sent = body[:-1] + b" " if spoilt else body
            self._answer(200, sent, Content_Type=form, Docker_Content_Digest=digest_of(body))
        elif kind == "blobs" and what in there.blobs:
            self._blob(what)
        else:
            self._answer(404, b"{}")

    def _is_let_in(self) -> bool:
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        with self.registry.lock:
            left = self.registry.tokens.get(token, 0)
            self.registry.tokens[token] = left - 1
        return left > 0

    def _blob(self, digest: str) -> None:
        there, content = self.registry, self.registry.blobs[digest]
        if there.elsewhere and self.server.server_port != there.elsewhere:
            self._answer(307, b"", Location=f"http://127.0.0.1:{there.elsewhere}{self.path}")
            return
        wanted = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        assert wanted
        begin, end = int(wanted[1]), int(wanted[2]) + 1
        with there.lock:
            there.asked.append((begin, end, digest))
            there.headers.append(dict(self.headers))
            fault = there.faults.pop(0) if there.faults else there.always
        if fault == "hang":
            there.hanging.set()
            there.over.wait(60)
        if fault.isdigit():
            self._answer(int(fault), b"", Retry_After="0")
            return
        if there.ignores_ranges:
            begin, end = 0, len(content)
        body = bytearray(content[begin:end])
        if fault.startswith("spoil"):
            body[len(body) // 2] ^= int(fault[5:] or "1")
        of = f"bytes {begin + (fault == 'shift')}-{end - 1}/{len(content)}"
        status, more = (200, {}) if there.ignores_ranges else (206, {"Content_Range": of})
        self._answer(status, bytes(body), cut=fault == "cut", **more)

    def _answer(self, status: int, body: bytes, *, cut: bool = False, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if cut else body)
        if cut:
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Nothing."""


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """A client that was killed is none of ours."""


@contextmanager
def serving(registry: Registry) -> Iterator[int]:
    """A server for it; its port."""
    handler = type("Handler", (Handler,), {"registry": registry})
    with _Server(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield int(server.server_address[1])
        finally:
            registry.over.set()
            server.shutdown()
            thread.join()
