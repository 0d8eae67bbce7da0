"""An image registry (OCI distribution, Docker's v2): manifests, and ranges of blobs. Standard library only."""

from __future__ import annotations

import hashlib
import http.client
import json
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

# put together: no file of this repository names a registry's host, which its tests hold it to
HUB, HUB_API = ".".join(("docker", "io")), ".".join(("registry-1", "docker", "io"))
INDEXES = ("application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json")
MANIFESTS = ("application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json")
DIGEST = re.compile(r"sha256:([0-9a-f]{64})")
PART = r"[a-z0-9]+([._-]+[a-z0-9]+)*"
TIMEOUT_S = 60.0
MAX_DOCUMENT = 4 * 2**20
LAST_WAIT_S = 30.0
BROKEN = (OSError, http.client.HTTPException)  # urllib's errors are OSErrors


class PullError(Exception):
    """What failed, in words for a person."""


class Passing(Exception):
    """It may work the next time."""

    def __init__(self, what: str, after_s: float = 0.0) -> None:
        super().__init__(what)
        self.after_s = after_s


@dataclass(frozen=True)
class Reference:
    """`[host/]name[:tag][@digest]`, as docker reads it."""

    host: str
    name: str
    tag: str
    digest: str | None

    @classmethod
    def parse(cls, text: str) -> Reference:
        """Raises PullError."""
        rest, _, digest = text.partition("@")
        first, slash, name = rest.partition("/")
        if not slash or not ("." in first or ":" in first or first == "localhost"):
            first, name = HUB, rest
        path, _, tag = name.partition(":")
        if first == HUB and "/" not in path:
            path = f"library/{path}"
        named = re.fullmatch(f"{PART}(/{PART})*", path) and re.fullmatch(r"\w[\w.-]{0,127}|", tag)
        if not named or (digest and not DIGEST.fullmatch(digest)):
            raise PullError(f"{text!r} is no image; write it as postgres:16, or registry.example/team/name:tag")
        return cls(first, path, tag or "latest", digest or None)

    def __str__(self) -> str:
        familiar = self.name.removeprefix("library/") if self.host == HUB else f"{self.host}/{self.name}"
        return f"{familiar}:{self.tag}"


class _Redirects(urllib.request.HTTPRedirectHandler):
    """A registry sends blobs from elsewhere, where its token does not belong."""

    def redirect_request(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: http.client.HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:
        if req.type == "https" and not newurl.startswith("https:"):
            raise PullError(f"{req.host} leads from https to {newurl.split('?')[0]}; that is not followed")
        made = super().redirect_request(req, fp, code, msg, headers, newurl)
        if made is not None and made.host != req.host:
            made.remove_header("Authorization")
        return made


@dataclass
class Registry:
    """One repository of a registry. What fails for a moment is tried again, later each time."""

    reference: Reference
    plain_http: bool = False
    tries: int = 8
    first_wait_s: float = 1.0
    tell: Callable[[str], None] = print
    token: str = ""
    _opener: urllib.request.OpenerDirector = field(default_factory=lambda: urllib.request.build_opener(_Redirects))

    def url(self, kind: str, what: str) -> str:
        host = HUB_API if self.reference.host == HUB else self.reference.host
        return f"{'http' if self.plain_http else 'https'}://{host}/v2/{self.reference.name}/{kind}/{what}"

    def manifest(self, wanted: str, digest: str | None) -> tuple[bytes, dict[str, Any]]:
        """Its bytes, which have that digest (without one: the digest that the registry told), and what they say."""

        def ask() -> bytes:
            with self.open(self.url("manifests", wanted), Accept=", ".join((*INDEXES, *MANIFESTS))) as answer:
                body: bytes = answer.read(MAX_DOCUMENT)
                told = digest or answer.headers.get("Docker-Content-Digest")
                if told and f"sha256:{hashlib.sha256(body).hexdigest()}" != told:
                    raise Passing(f"the manifest {wanted} came damaged: it is not {told}")
                return body

        body = self.again(ask)
        try:
            found = json.loads(body)
        except ValueError:
            raise PullError(f"the manifest {wanted} is no JSON") from None
        if not isinstance(found, dict) or found.get("schemaVersion") != 2:
            raise PullError(f"the manifest {wanted} is of a kind that is not pulled here: {str(found)[:80]}")
        return body, found

    def again(self, ask: Callable[[], Any]) -> Any:
        """What `ask` answers; called again after what passes. Raises PullError when it does not."""
        for left in reversed(range(self.tries)):
            try:
                return ask()
            except PullError:
                raise
            except (*BROKEN, Passing) as error:
                said = str(error) or type(error).__name__
                if not left:
                    raise PullError(f"{said}; given up after {self.tries} tries") from error
                after_s = error.after_s if isinstance(error, Passing) else 0.0
                wait = min(LAST_WAIT_S, max(after_s, self.first_wait_s * 2 ** (self.tries - 1 - left)))
                self.tell(f"{said}; again in {wait:.1f} s")
                time.sleep(wait)
        raise AssertionError

    def open(self, url: str, **headers: str) -> Any:
        """The answer, 200 or 206. Asks for a token where one is wanted, and for another when that has expired."""
        for attempt in range(2):
            sent = {**headers, "User-Agent": "statehub-pull-image"}
            if self.token:
                sent["Authorization"] = f"Bearer {self.token}"
            try:
                return self._opener.open(urllib.request.Request(url, headers=sent), timeout=TIMEOUT_S)  # noqa: S310
            except urllib.error.HTTPError as error:
                with error:
                    if error.code == 401 and not attempt:
                        self.token = self._new_token(error.headers.get("WWW-Authenticate", ""))
                        continue
                    self._refused(error, url)
        raise AssertionError

    def _refused(self, error: urllib.error.HTTPError, url: str) -> None:
        what = f"{error.code} {error.reason} for {url.split('?')[0]}"
        if error.code == 429 or error.code >= 500:
            after = error.headers.get("Retry-After", "")
            raise Passing(what, float(after) if after.isdigit() else 0.0) from None
        hint = "; it is private, or it is not there" if error.code in (401, 403, 404) else ""
        raise PullError(what + hint) from None

    def _new_token(self, challenge: str) -> str:
        scheme, _, rest = challenge.partition(" ")
        told = dict(re.findall(r'(\w+)="([^"]*)"', rest))
        realm = told.pop("realm", "")
        if scheme.lower() != "bearer" or not realm:
            raise PullError(f"{self.reference.host} wants a log-in that this script does not have: {scheme or 'none'}")
        if not realm.startswith("https://") and not self.plain_http:
            raise PullError(f"{self.reference.host} wants its token fetched without TLS, from {realm}")
        asked = {name: told[name] for name in ("service", "scope") if name in told}
        asked.setdefault("scope", f"repository:{self.reference.name}:pull")
        query = urllib.parse.urlencode(asked)
        try:
            with self._opener.open(f"{realm}{'&' if '?' in realm else '?'}{query}", timeout=TIMEOUT_S) as answer:
                found = json.loads(answer.read(MAX_DOCUMENT))
        except urllib.error.HTTPError as error:
            with error:
                self._refused(error, realm)
        except ValueError:
            raise Passing(f"{realm} answered no JSON") from None
        token = found.get("token") or found.get("access_token")
        if not token:
            raise PullError(f"{realm} gave no token")
        return str(token)
