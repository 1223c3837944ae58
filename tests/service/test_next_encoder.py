"""What a re-index would change, and what it says when it has ended."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from inkseek.retrieval.model_folder import CONFIG, ModelFolder, open_model_folder
from inkseek.service import next_encoder
from inkseek.service.galleries import ServedGallery
from inkseek.service.next_encoder import NextEncoder
from tests.service.conftest import Open
from tests.service.test_galleries import finished
from tests.service.test_search import CROSS, search
from tests.tiny_model import write_tiny_model_folder


def offered(client: TestClient) -> Any:  # noqa: ANN401 - JSON
    """What the list says that a re-index would bring the gallery to."""
    [gallery] = client.get("/v1/galleries").json()["galleries"]
    return gallery["next_encoder"]


@pytest.fixture
def newer(tmp_path: Path) -> Path:
    """A model folder of another encoder."""
    return write_tiny_model_folder(tmp_path / "newer", dimension=8, name="newer", seed=1)


@pytest.fixture
def served(gallery_folder: Path, photos: Path) -> ServedGallery:
    """A gallery that the service's own encoder made."""
    return ServedGallery("photos", gallery_folder, [photos])


def test_a_gallery_of_the_services_encoder_has_nothing_to_gain(client: TestClient) -> None:
    assert offered(client) is None


def test_a_reindex_brings_a_gallery_to_the_encoder_that_was_offered(
    serve: Open, served: ServedGallery, newer: Path
) -> None:
    client = serve(served, model=newer)
    before = search(client, sketch={"strokes": CROSS})
    promised = offered(client)
    assert promised == {"name": "newer", "dimension": 8, "fingerprint": open_model_folder(newer).fingerprint[:12]}

    job = finished(client, client.post("/v1/galleries/photos/jobs", json={"kind": "reindex"}).json()["id"])

    assert (job["state"], job["added"], job["skipped"], job["folder"]) == ("done", 6, 0, None)
    [gallery] = client.get("/v1/galleries").json()["galleries"]
    assert (gallery["encoder"], gallery["next_encoder"]) == (promised, None)
    assert search(client, sketch={"strokes": CROSS})["results"] != before["results"]


def test_a_model_folder_that_has_gone_is_not_offered_and_its_job_says_why(
    serve: Open, served: ServedGallery, newer: Path
) -> None:
    client = serve(served, model=newer)
    assert offered(client)
    shutil.rmtree(newer)
    assert offered(client) is None

    job = finished(client, client.post("/v1/galleries/photos/jobs", json={"kind": "reindex"}).json()["id"])

    assert job["state"] == "failed"
    assert job["message"].startswith("newer: no model folder")


def test_a_model_folder_is_read_again_once_a_file_of_it_has_changed(
    newer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []

    def counting(path: str) -> ModelFolder:
        opened.append(path)
        return open_model_folder(path)

    monkeypatch.setattr(next_encoder, "open_model_folder", counting)
    encoder = NextEncoder(str(newer))
    first = encoder.folder()
    assert first is encoder.folder()
    assert len(opened) == 1

    other = write_tiny_model_folder(tmp_path / "other", dimension=16, seed=2)
    for file in (CONFIG, "encoder.onnx"):
        shutil.copy(other / file, newer / file)

    second = encoder.folder()
    assert first is not None
    assert second is not None
    assert second.fingerprint != first.fingerprint
    assert len(opened) == 2
