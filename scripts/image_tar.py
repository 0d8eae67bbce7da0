"""The tar that `docker load` takes: an OCI layout, with the manifest.json of `docker save`. Standard library only."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from image_registry import PullError, Reference

if TYPE_CHECKING:
    from pathlib import Path


def write_tar(target: IO[bytes], folder: Path, reference: Reference, body: bytes) -> None:
    """Every blob is verified once more as it is copied."""
    manifest = json.loads(body)
    config, layers = manifest["config"], manifest["layers"]
    entry = {
        "mediaType": manifest.get("mediaType", "application/vnd.oci.image.manifest.v1+json"),
        "digest": f"sha256:{hashlib.sha256(body).hexdigest()}", "size": len(body),
        "annotations": {"org.opencontainers.image.ref.name": reference.tag},
    }  # fmt: skip
    docker = {
        "Config": _path(config["digest"]), "RepoTags": [str(reference)],
        "Layers": [_path(row["digest"]) for row in layers],
    }  # fmt: skip
    with tarfile.open(fileobj=target, mode="w|") as tar:
        _add(tar, "oci-layout", b'{"imageLayoutVersion":"1.0.0"}')
        _add(tar, "index.json", json.dumps({"schemaVersion": 2, "manifests": [entry]}).encode())
        _add(tar, "manifest.json", json.dumps([docker]).encode())
        _add(tar, _path(entry["digest"]), body)
        for digest in dict.fromkeys(row["digest"] for row in (config, *layers)):
            file = folder / digest.partition(":")[2]
            member = tarfile.TarInfo(_path(digest))
            member.size = file.stat().st_size
            with file.open("rb") as content:
                copied = _Hashed(content)
                tar.addfile(member, copied)
            if copied.hash.hexdigest() != file.name:
                file.unlink()
                raise PullError(f"{digest} was damaged on this machine's disk after it had come whole")


@dataclass
class _Hashed:
    """Read, and hashed meanwhile."""

    content: IO[bytes]

    def __post_init__(self) -> None:
        self.hash = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        found = self.content.read(size)
        self.hash.update(found)
        return found


def _path(digest: str) -> str:
    return "blobs/" + digest.replace(":", "/")


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))
