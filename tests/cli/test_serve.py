"""`inkseek serve` and `inkseek draw`: who is let in, and a folder that becomes a page."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from inkseek.cli.serve import access, gallery_name, open_service
from inkseek.errors import ConfigError, FormatError, GalleryError
from inkseek.service.client import Client
from tests.cli.calling import inkseek, refusal
from tests.cli.conftest import World

STROKES = [[[0, 0], [10, 10]], [[10, 0], [0, 10]]]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.8.8.8"])
def test_this_machine_needs_no_token(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("INKSEEK_TOKEN", raising=False)

    token, hosts = access(host)

    assert token is None
    assert {"localhost", "127.0.0.1", host} <= set(hosts)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "photos.example"])  # noqa: S104 - that is the question
def test_any_other_address_asks_for_a_new_token_each_time(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("INKSEEK_TOKEN", raising=False)

    token, hosts = access(host)

    assert token is not None
    assert len(token) >= 32
    assert token != access(host)[0]
    assert hosts == ()


def test_the_token_of_the_environment_is_taken_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INKSEEK_TOKEN", "sixteen letters!")

    assert access("127.0.0.1")[0] == access("0.0.0.0")[0] == "sixteen letters!"  # noqa: S104


@pytest.mark.parametrize("token", ["", "short", "sixteen letters\u00fc"])
def test_a_weak_token_is_refused(token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INKSEEK_TOKEN", token)

    with pytest.raises(ConfigError, match="INKSEEK_TOKEN: give at least 16 plain characters"):
        access("127.0.0.1")


def test_a_gallery_goes_by_its_folder() -> None:
    assert gallery_name(Path("photos.gallery")) == "photos"
    assert gallery_name(Path("/some/where/holiday")) == "holiday"
    assert gallery_name(Path("/")) == "gallery"


def test_two_galleries_of_one_name_are_refused(own: World, tmp_path: Path) -> None:
    twin = tmp_path / "elsewhere" / own.gallery.name
    twin.parent.mkdir()
    os.symlink(own.gallery, twin, target_is_directory=True)

    with pytest.raises(ConfigError, match="no two folders of the same name"):
        open_service([own.gallery, own.gallery], [], model="bundled", runtime="onnxruntime", threads=1)


def test_a_second_gallery_that_is_missing_is_refused(own: World, tmp_path: Path) -> None:
    with pytest.raises(GalleryError, match="no gallery here"):
        open_service([own.gallery, tmp_path / "none"], [], model="bundled", runtime="onnxruntime", threads=1)


def test_a_model_that_is_none_is_refused_before_anything_is_served(own: World, tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="no model folder"):
        open_service([own.gallery], [], model=str(tmp_path), runtime="onnxruntime", threads=1)


def test_missing_folders_and_taken_ports_are_one_sentence(own: World, tmp_path: Path) -> None:
    assert "no such folder" in refusal(inkseek("draw", tmp_path / "none"))
    assert not (tmp_path / "none.gallery").exists()
    assert "no such folder" in refusal(inkseek("serve", own.gallery, "--port", "0", "--allow", tmp_path / "none"))
    assert "cannot listen on 203.0.113.9" in refusal(inkseek("serve", own.gallery, "--host", "203.0.113.9"))


def test_draw_makes_a_gallery_and_a_page_of_a_folder(own: World, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "inkseek.cli.main", "draw", str(own.photos), "--gallery", str(tmp_path / "g")]
    command += ["--no-browser", "--port", "0", "--model", str(own.model)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        found = re.search(r"http://\S+", process.stderr.readline())
        assert found
        with Client(found.group()) as client:
            ends = time.monotonic() + 30
            while time.monotonic() < ends and client.call("GET", "/v1/jobs")["jobs"][0]["state"] != "done":
                time.sleep(0.05)
            answer = client.search(STROKES, k=9)
        process.send_signal(signal.SIGINT)
        process.wait(30)

    assert len(answer.results) == answer.photos == 3
    assert process.returncode == 0
