#!/usr/bin/env python3
"""Pull a Docker image in chunks that are verified and can be resumed; Python's standard library is all it takes.

For machines whose large downloads get corrupted or cut (WSL2). The result is a
tar that `docker load` takes, and that is an OCI layout as well. Killed or
failed, the same command goes on: what was verified is not fetched again.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from image_blobs import Blob
from image_registry import DIGEST, INDEXES, PullError, Reference, Registry
from image_tar import write_tar

if TYPE_CHECKING:
    from collections.abc import Iterator

MACHINES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm/v7", "i686": "386"}
DRAWN_EVERY_S = 0.2


@dataclass
class Meter:
    """Bytes that are there of all that are wanted: one line on a terminal's stderr."""

    total: int = 0
    done: int = 0
    drawn_at: float = 0.0

    def came(self, size_bytes: int) -> None:
        self.done += size_bytes
        now = time.monotonic()
        if sys.stderr.isatty() and (now - self.drawn_at > DRAWN_EVERY_S or self.done == self.total):
            self.drawn_at = now
            share = 100 * self.done // max(1, self.total)
            print(f"\r\x1b[2K{share:3} %  {self.done:,} of {self.total:,} bytes", end="", file=sys.stderr, flush=True)

    def tell(self, text: str) -> None:
        """A line of its own."""
        start = "\r\x1b[2K" if sys.stderr.isatty() else ""
        print(f"{start}pull_image: {text}", file=sys.stderr, flush=True)


def main() -> int:
    """Pull what the command line says; the exit code."""
    options = _options()
    meter = Meter()
    try:
        reference = Reference.parse(options.image)
    except PullError as error:
        meter.tell(str(error))
        return 2
    try:
        name = re.sub(r"[^\w.-]+", "_", str(reference))
        output = options.output or (None if options.load else Path(f"{name}.tar"))
        folder = options.parts or (output.with_name(f"{output.name}.parts") if output else Path(f"{name}.parts"))
        registry = Registry(reference, options.plain_http, options.tries, options.back_off, meter.tell)
        with _held(folder):
            manifest = _pull(registry, options.platform, folder, options.chunk_mib * 2**20, meter)
            if output:
                _write_file(output, folder, reference, manifest)
                print(output)
            if options.load:
                _load(folder, reference, manifest)
        if not options.keep_parts:
            shutil.rmtree(folder)
    except (PullError, OSError) as error:
        meter.tell(f"{error}\npull_image: what was verified is kept; the same command goes on from there")
        return 1
    except KeyboardInterrupt:
        meter.tell("interrupted; the same command goes on from here")
        return 130
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, epilog="example: scripts/pull_image.py postgres:16-alpine --load",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    here = MACHINES.get(platform.machine(), platform.machine())
    add = parser.add_argument
    add("image", help="[host/]name[:tag][@digest]; without a host that of Docker's own hub")
    add("--output", type=Path, help="tar to write; without --load: NAME_TAG.tar here")
    add("--load", action="store_true", help="hand it to `docker load`")
    add("--platform", default=f"linux/{here}", help="os/architecture[/variant] (%(default)s)")
    add("--parts", type=Path, help="directory for what has come so far (beside the output, with .parts)")
    add("--keep-parts", action="store_true", help="do not remove it in the end")
    add("--chunk-mib", type=int, default=8, help="size of a chunk (%(default)s)")
    add("--tries", type=int, default=8, help="for each request (%(default)s)")
    add("--back-off", type=float, default=1.0, help="seconds before the second try; then twice as long (%(default)s)")
    add("--plain-http", action="store_true", help="a registry without TLS: on this machine, say")
    options = parser.parse_args()
    if options.chunk_mib < 1 or options.tries < 1 or options.back_off < 0:
        parser.error("--chunk-mib and --tries are at least 1, --back-off at least 0")
    if options.load and not shutil.which("docker"):
        parser.error("--load takes docker, which is not here; --output writes a file for a machine that has it")
    return options


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """The directory for the parts, for one process at a time; the kernel lets go when that dies."""
    import fcntl

    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PullError(f"another process pulls into {folder}") from None
        yield


def _pull(registry: Registry, wanted: str, folder: Path, chunk_bytes: int, meter: Meter) -> bytes:
    """All blobs into the folder; the bytes of the manifest."""
    reference = registry.reference
    body, manifest = registry.manifest(reference.digest or reference.tag, reference.digest)
    if manifest.get("mediaType") in INDEXES or "manifests" in manifest:
        digest = _chosen(manifest, wanted)
        body, manifest = registry.manifest(digest, digest)
    blobs = [manifest.get("config"), *manifest.get("layers", [])]
    if not all(_is_blob(blob) for blob in blobs):
        raise PullError(f"the manifest of {reference} has no config, or layers that are kept elsewhere")
    sizes = {blob["digest"]: blob["size"] for blob in blobs}
    meter.total = sum(sizes.values())
    meter.tell(f"{reference} ({wanted}): {len(sizes) - 1} layers, {meter.total:,} bytes")
    for digest, size in sizes.items():
        Blob(registry, folder, digest, size, chunk_bytes, meter.came).pull()
    meter.tell("every layer has its digest")
    return body


def _is_blob(blob: Any) -> bool:
    return (
        isinstance(blob, dict)
        and DIGEST.fullmatch(str(blob.get("digest"))) is not None
        and isinstance(blob.get("size"), int)
        and not blob.get("urls")
    )


def _chosen(index: dict[str, Any], wanted: str) -> str:
    """Digest of the manifest for that platform."""
    there: dict[str, str] = {}
    for entry in index.get("manifests", []):
        told = entry.get("platform", {})
        words = [told.get("os"), told.get("architecture"), told.get("variant")]
        if told.get("os") != "unknown" and DIGEST.fullmatch(str(entry.get("digest"))):  # else an attestation
            there.setdefault("/".join(word for word in words if word), entry["digest"])
    for name, digest in there.items():
        if name == wanted or name.startswith(f"{wanted}/"):
            return digest
    raise PullError(f"there is no image for {wanted}; there are: {', '.join(sorted(there)) or 'none'}")


def _write_file(output: Path, folder: Path, reference: Reference, body: bytes) -> None:
    """Aside, then put in place: whole or not there."""
    aside = output.with_name(f".{output.name}.part")
    try:
        with aside.open("wb") as target:
            write_tar(target, folder, reference, body)
            target.flush()
            os.fsync(target.fileno())
        aside.replace(output)
    finally:
        aside.unlink(missing_ok=True)


def _load(folder: Path, reference: Reference, body: bytes) -> None:
    with subprocess.Popen(["docker", "load"], stdin=subprocess.PIPE) as docker:
        assert docker.stdin  # noqa: S101
        try:
            with docker.stdin as target:
                write_tar(target, folder, reference, body)
        except BrokenPipeError:
            pass
        except PullError:
            docker.kill()
            raise
    if docker.returncode:
        raise PullError(f"docker load failed with {docker.returncode}")


if __name__ == "__main__":
    sys.exit(main())
