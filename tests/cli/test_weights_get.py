"""`inkseek weights get`: the public checkpoint, whole and checked, or nothing."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from tests.cli.calling import Done, inkseek, keys, refusal
from tests.cli.checkpoint_files import (
    FILE,
    OTHER,
    PUBLIC,
    TENSORS,
    given,
    listed,
    small_weights_folder,
    weights_import,
)
from tests.data.serving import Reply, Site, serve


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("inkseek.data.download.time.sleep", lambda _: None)
    return small_weights_folder(tmp_path, monkeypatch)


@pytest.fixture
def site() -> Iterator[Site]:
    with serve({FILE: PUBLIC}) as found:
        yield found


def weights_get(site: Site, *options: str | Path) -> Done:
    return inkseek("weights", "get", "resnet50", "--from", site.base, *options)


def test_the_public_checkpoint_is_fetched(folder: Path, site: Site) -> None:
    done = weights_get(site, "--json")

    tree = done.json()
    assert keys(tree) == {
        "format": int,
        "folder": str,
        "skipped": bool,
        "backbone": str,
        "present": bool,
        "origin": str,
        "licence": str,
        "checkpoint": {"file": str, "url": str, "sha256": str},
        "source": {"file": str, "sha256": str, "url": str, "added": str, "public": bool},
    }
    assert not tree["skipped"]
    assert tree["source"]["url"] == site.url(FILE)
    assert tree["source"]["public"]
    assert listed("resnet50")["present"]
    assert torch.equal(load_file(folder / "resnet50/weights.safetensors")["fc.weight"], TENSORS["fc.weight"])
    assert sorted(path.name for path in folder.iterdir()) == ["resnet50"]
    assert len(site.requests) == 1

    again = weights_get(site)
    assert "the public checkpoint) are there already" in again.err
    assert len(site.requests) == 1


def test_an_imported_public_checkpoint_is_not_fetched(folder: Path, site: Site) -> None:
    weights_import(given(folder, PUBLIC))
    assert weights_get(site, "--json").json()["skipped"]
    assert not site.requests


def test_other_weights_are_replaced_by_fetched_ones_only_by_force(folder: Path, site: Site) -> None:
    weights_import(given(folder, OTHER))
    assert "holds weights from mine.pth" in refusal(weights_get(site))
    assert not site.requests
    assert weights_get(site, "--force", "--json").json()["source"]["file"] == FILE


def test_bytes_of_another_checksum_are_not_kept(folder: Path, site: Site) -> None:
    site.replies = [Reply(body=OTHER)]
    done = weights_get(site)
    assert done.code == 2
    assert f"arrived damaged 2 times (SHA-256 {hashlib.sha256(OTHER).hexdigest()} instead of" in done.err
    assert [path for path in folder.rglob("*") if path.is_file()] == []


def test_a_broken_transfer_goes_on_at_the_next_call(folder: Path, site: Site) -> None:
    site.replies = [Reply(send=1000), Reply(503)]
    done = weights_get(site)
    assert done.code == 2
    assert "1000 bytes are kept, call again to go on" in done.err.splitlines()[-1]
    assert not listed("resnet50")["present"]

    site.replies = [Reply()]
    assert weights_get(site, "--json").json()["source"]["public"]
    assert site.ranges[-1] == "bytes=1000-"


def test_an_address_that_has_no_such_file(folder: Path, site: Site) -> None:
    site.files.clear()
    assert f"{site.url(FILE)}: the server answers 404 Not Found" in weights_get(site).err
    wrong = inkseek("weights", "get", "resnet50", "--from", "http://example.org")
    assert "not an https address" in wrong.err


def test_another_folder_and_what_to_set_for_it(folder: Path, site: Site) -> None:
    other = folder.parent / "elsewhere"
    done = weights_get(site, "--folder", other)
    assert done.err.splitlines()[-1] == f"to train from them set INKSEEK_WEIGHTS to {other}"
    assert (other / "resnet50/weights.safetensors").is_file()
    assert not listed("resnet50")["present"]
    assert "INKSEEK_WEIGHTS" not in weights_get(site, "--folder", folder).err
