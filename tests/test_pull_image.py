"""`scripts/pull_image.py`: whatever happens on the way, what is written has its digests, or it is said what failed."""

import io
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.registry import MIB, Registry, digest_of, serving
from tests.running import eventually

SCRIPT = Path(__file__).parent.parent / "scripts" / "pull_image.py"
CHUNKS = 4  # of the large layer, the second blob; the config and the small layer are one each


@pytest.fixture
def registry() -> Iterator[Registry]:
    there = Registry()
    there.fill()
    with serving(there) as port:
        there.port = port
        yield there


def words(registry: Registry, *more: str, image: str = "") -> list[str]:
    ours = ["--plain-http", "--back-off", "0", "--chunk-mib", "1", "--platform", "linux/amd64"]
    return [sys.executable, str(SCRIPT), image or registry.image, *ours, *more]


def pull(
    registry: Registry, place: Path, *more: str, image: str = "", path: str = ""
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        words(registry, *more, image=image), cwd=place, capture_output=True, text=True, timeout=60, check=False,
        env={"PATH": path + os.environ["PATH"]},
    )  # fmt: skip


def check(registry: Registry, content: bytes, machine: str = "amd64") -> None:
    """The tar is that image, for docker and as an OCI layout, to the last byte."""
    files: dict[str, bytes] = {}
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        for member in tar:
            found = tar.extractfile(member)
            assert found
            assert member.name not in files
            files[member.name] = found.read()
    for name, body in files.items():
        if name.startswith("blobs/"):
            assert name == "blobs/" + digest_of(body).replace(":", "/")
    (row,) = json.loads(files["manifest.json"])
    assert row["RepoTags"] == [registry.image]
    assert json.loads(files[row["Config"]])["architecture"] == machine
    (entry,) = json.loads(files["index.json"])["manifests"]
    body = files["blobs/" + entry["digest"].replace(":", "/")]
    assert (len(body), registry.manifests[entry["digest"]][1]) == (entry["size"], body)
    layers = [layer["digest"] for layer in json.loads(body)["layers"]]
    assert row["Layers"] == ["blobs/" + digest.replace(":", "/") for digest in layers]
    assert {files[name] for name in row["Layers"]} == {registry.blobs[digest] for digest in layers}
    assert json.loads(files["oci-layout"]) == {"imageLayoutVersion": "1.0.0"}


def pulled(registry: Registry, place: Path, *more: str) -> str:
    """It worked; what it said."""
    done = pull(registry, place, "--output", "image.tar", *more)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "image.tar\n"
    check(registry, (place / "image.tar").read_bytes())
    assert [file.name for file in place.iterdir()] == ["image.tar"], "nothing is left beside it"
    return done.stderr


def test_an_image_comes_in_ranges_each_once(registry: Registry, tmp_path: Path) -> None:
    said = pulled(registry, tmp_path)
    assert "2 layers" in said
    assert "every layer has its digest" in said
    assert len(registry.asked) == len(set(registry.asked)) == 1 + CHUNKS + 1
    assert max(end - begin for begin, end, _ in registry.asked) == MIB


def test_the_platform_is_chosen_and_another_is_refused_with_those_that_there_are(
    registry: Registry, tmp_path: Path
) -> None:
    done = pull(registry, tmp_path, "--output", "image.tar", "--platform", "linux/arm64")
    assert done.returncode == 0, done.stderr
    check(registry, (tmp_path / "image.tar").read_bytes(), "arm64")
    refused = pull(registry, tmp_path, "--platform", "plan9/mips")
    assert refused.returncode == 1
    assert "no image for plan9/mips; there are: linux/amd64/v8, linux/arm64/v8\n" in refused.stderr


def test_a_token_is_fetched_when_one_is_wanted_and_again_when_it_has_expired(
    registry: Registry, tmp_path: Path
) -> None:
    registry.wants_token, registry.token_uses = True, 3
    pulled(registry, tmp_path)
    assert 2 <= len(registry.tokens) - 1 <= 4, "one of them is none: the first request has no token"


def test_the_token_does_not_go_where_the_blobs_are(registry: Registry, tmp_path: Path) -> None:
    registry.wants_token = True
    other = Registry(blobs=registry.blobs)
    with serving(other) as elsewhere:
        registry.elsewhere = other.elsewhere = elsewhere
        pulled(registry, tmp_path)
    assert len(other.headers) == 1 + CHUNKS + 1
    assert all("Authorization" not in headers for headers in other.headers)


@pytest.mark.parametrize("fault", ["cut", "500", "429", "shift"])
def test_what_passes_is_tried_again(registry: Registry, tmp_path: Path, fault: str) -> None:
    registry.faults = [fault, "", fault, fault, "", "", fault]
    said = pulled(registry, tmp_path)
    assert said.count("again in 0.0 s") == 4
    assert len(registry.asked) == 1 + CHUNKS + 1 + 4


@pytest.mark.parametrize("fault", ["cut", "500"])
def test_what_does_not_pass_is_said_and_what_came_is_kept(registry: Registry, tmp_path: Path, fault: str) -> None:
    registry.faults = [""] * 3 + [fault] * 3
    done = pull(registry, tmp_path, "--output", "image.tar", "--tries", "3")
    assert done.returncode == 1
    assert "given up after 3 tries" in done.stderr
    assert "the same command goes on" in done.stderr
    assert not (tmp_path / "image.tar").exists()
    before = len(registry.asked)
    pulled(registry, tmp_path)
    assert len(registry.asked) - before == 1 + CHUNKS + 1 - 3


@pytest.mark.parametrize("faults", [["", "", "spoil"], ["", "spoil1", "", "spoil1", "", "spoil2"]])
def test_chunks_that_came_damaged_are_found_and_mended(registry: Registry, tmp_path: Path, faults: list[str]) -> None:
    registry.faults = faults
    said = pulled(registry, tmp_path)
    assert "came damaged" in said
    assert "mended" in said


def test_where_two_copies_differ_more_are_fetched_until_two_are_the_same(registry: Registry, tmp_path: Path) -> None:
    registry.faults = ["", "", "spoil1", "", "", "", "spoil2", "spoil4"]
    assert "mended; wrong chunks: 1\n" in pulled(registry, tmp_path)


def test_bytes_that_are_always_wrong_are_never_written(registry: Registry, tmp_path: Path) -> None:
    registry.always = "spoil"
    done = pull(registry, tmp_path, "--output", "image.tar")
    assert done.returncode == 1
    assert "cannot be had" in done.stderr
    assert "each the same as before" in done.stderr
    assert not (tmp_path / "image.tar").exists()
    registry.always = ""
    pulled(registry, tmp_path)


def test_a_server_without_ranges_is_read_from_the_begin_and_what_it_cut_is_kept(
    registry: Registry, tmp_path: Path
) -> None:
    registry.ignores_ranges = True
    registry.faults = ["", "cut", "", "spoil", "spoil2"]
    pulled(registry, tmp_path)


def test_killed_in_the_middle_it_goes_on_and_fetches_nothing_twice(registry: Registry, tmp_path: Path) -> None:
    registry.faults = ["", "", "", "hang"]
    with subprocess.Popen(words(registry, "--output", "image.tar"), cwd=tmp_path, stderr=subprocess.DEVNULL) as process:
        eventually(registry.hanging.is_set, "the fourth chunk is asked for", within_s=20)
        process.kill()
    registry.over.set()
    before = set(registry.asked[:3])
    again = len(registry.asked)
    pulled(registry, tmp_path)
    assert not before & set(registry.asked[again:])
    assert len(registry.asked) - again == 1 + CHUNKS + 1 - 3


def test_a_chunk_that_is_not_on_disk_as_it_came_is_fetched_again_alone(registry: Registry, tmp_path: Path) -> None:
    registry.faults = [""] * 4 + ["404"]
    assert pull(registry, tmp_path, "--output", "image.tar").returncode == 1
    (part,) = (tmp_path / "image.tar.parts").glob("*.part")
    with part.open("r+b") as file:
        file.seek(MIB + 17)
        file.write(b"otherwise")
    with part.with_suffix(".chunks").open("a") as journal:
        journal.write("3 0123")  # and the note of the last one was cut
    before = len(registry.asked)
    pulled(registry, tmp_path)
    assert [begin // MIB for begin, _, _ in registry.asked[before:]] == [1, 3, 0]


def test_a_manifest_that_came_damaged_is_asked_for_again(registry: Registry, tmp_path: Path) -> None:
    registry.spoilt_manifests = 2
    assert "came damaged" in pulled(registry, tmp_path)


def test_a_digest_in_the_name_is_held_to(registry: Registry, tmp_path: Path) -> None:
    digest = digest_of(registry.manifests["1"][1])
    done = pull(registry, tmp_path, "--output", "image.tar", image=f"{registry.image}@{digest}")
    assert done.returncode == 0, done.stderr
    registry.manifests[digest] = (registry.manifests[digest][0], registry.manifests[digest][1] + b" ")
    refused = pull(registry, tmp_path, "--tries", "2", image=f"{registry.image}@{digest}")
    assert refused.returncode == 1
    assert f"it is not {digest}" in refused.stderr


@pytest.mark.parametrize(
    ("image", "said"),
    [
        ("Bad Name", "'Bad Name' is no image"),
        ("a/../b", "is no image"),
        ("app@sha256:12", "is no image"),
        ("127.0.0.1:{port}/team/app:2", "404 Not Found"),
        ("127.0.0.1:1/team/app:2", "Connection refused"),
    ],
)
def test_what_is_no_image_is_said(registry: Registry, tmp_path: Path, image: str, said: str) -> None:
    done = pull(registry, tmp_path, "--tries", "1", image=image.format(port=registry.port))
    is_a_name = ":" in image and "@" not in image
    assert done.returncode == (1 if is_a_name else 2)
    assert ("the same command goes on" in done.stderr) == is_a_name
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("code", [0, 1])
def test_docker_loads_what_was_pulled(registry: Registry, tmp_path: Path, code: int) -> None:
    programs, place = tmp_path / "bin", tmp_path / "place"
    programs.mkdir()
    place.mkdir()
    docker = programs / "docker"
    docker.write_text(f'#!/bin/sh\ntest "$*" = load || exit 9\ncat > "{tmp_path}/loaded"\nexit {code}\n')
    docker.chmod(0o755)
    done = pull(registry, place, "--load", path=f"{programs}:")
    assert done.returncode == code, done.stderr
    check(registry, (tmp_path / "loaded").read_bytes())
    assert bool([*place.iterdir()]) == bool(code), "only when it was loaded nothing is kept"


def test_two_at_once_do_not_write_into_each_others_parts(registry: Registry, tmp_path: Path) -> None:
    registry.faults = ["hang"]
    with subprocess.Popen(words(registry, "--output", "image.tar"), cwd=tmp_path, stderr=subprocess.DEVNULL) as process:
        eventually(registry.hanging.is_set, "it is at work", within_s=20)
        refused = pull(registry, tmp_path, "--output", "image.tar")
        registry.over.set()
        assert process.wait(20) == 0
    assert refused.returncode == 1
    assert "another process pulls into" in refused.stderr
    check(registry, (tmp_path / "image.tar").read_bytes())


def test_the_hub_of_docker_is_meant_where_no_host_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(SCRIPT.parent))
    import image_registry

    parse: Any = image_registry.Reference.parse
    for text, url, name in (
        ("postgres", "https://{api}/v2/library/postgres/manifests/latest", "postgres:latest"),
        ("team/app:2", "https://{api}/v2/team/app/manifests/2", "team/app:2"),
        ("localhost/app:2", "https://localhost/v2/app/manifests/2", "localhost/app:2"),
        ("r.example:5000/a/b", "https://r.example:5000/v2/a/b/manifests/latest", "r.example:5000/a/b:latest"),
    ):
        reference = parse(text)
        there = image_registry.Registry(reference).url("manifests", reference.tag)
        assert (there, str(reference)) == (url.format(api=image_registry.HUB_API), name)
