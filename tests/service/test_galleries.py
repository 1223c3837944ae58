"""Galleries, jobs, and the state of the service over HTTP."""

import time
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from inkseek.retrieval.embedding import open_or_create_gallery
from inkseek.retrieval.encoder import load_encoder
from inkseek.service.galleries import ServedGallery
from tests.retrieval.conftest import write_photo
from tests.service.conftest import Open
from tests.service.test_search import CROSS, search

TOKEN = "a token that is long enough"  # noqa: S105


def finished(client: TestClient, job: str) -> Any:  # noqa: ANN401 - JSON
    """A job when it has ended."""
    ends = time.monotonic() + 30
    while time.monotonic() < ends:
        found = client.get(f"/v1/jobs/{job}").json()
        if found["state"] not in {"waiting", "running"}:
            return found
    raise AssertionError("the job does not end")


def test_the_list_says_what_is_served(client: TestClient, photos: Path) -> None:
    tree = client.get("/v1/galleries").json()

    [gallery] = tree["galleries"]
    assert (gallery["name"], gallery["photos"], gallery["state"]) == ("photos", 6, "ready")
    assert gallery["folders"] == [{"id": 0, "name": "photos", "indexed": True, "photos": 6}]
    assert gallery["encoder"]["name"] == "tiny"
    assert tree["limits"]["k"] == 60
    assert 0 < tree["stroke_width"] < 0.1
    assert str(photos) not in str(tree)


def test_an_empty_gallery_is_filled_from_an_allowed_folder(
    serve: Open, tmp_path: Path, photos: Path, tiny: Path
) -> None:
    folder = tmp_path / "new.gallery"
    open_or_create_gallery(folder, load_encoder(tiny)).close()
    client = serve(ServedGallery("new", folder, [photos]))
    assert client.get("/v1/galleries").json()["galleries"][0]["state"] == "empty"
    assert search(client, sketch={"strokes": CROSS})["results"] == []

    started = client.post("/v1/galleries/new/jobs", json={"kind": "index", "folder": 0})
    job = finished(client, started.json()["id"])

    assert started.status_code == 202
    assert (job["state"], job["added"], job["skipped"], job["done"], job["total"]) == ("done", 6, 0, 6, 6)
    assert job["rate"] > 0
    assert job["seconds_left"] == 0
    assert len(search(client, sketch={"strokes": CROSS})["results"]) == 6


def test_new_photos_are_found_after_a_job(client: TestClient, photos: Path) -> None:
    write_photo(photos / "trip" / "new.png", 77)

    finished(client, client.post("/v1/galleries/photos/jobs", json={"kind": "index", "folder": 0}).json()["id"])

    assert "new.png" in [hit["name"] for hit in search(client, sketch={"strokes": CROSS})["results"]]


def test_only_allowed_folders_are_indexed(client: TestClient) -> None:
    for body in (
        {"kind": "index"},
        {"kind": "index", "folder": 1},
        {"kind": "index", "folder": "/etc"},
        {"kind": "rm"},
    ):
        answer = client.post("/v1/galleries/photos/jobs", json=body)
        assert answer.status_code == 422
        assert answer.json()["error"]["code"] == "invalid_request"


def test_unknown_jobs_are_not_found(client: TestClient) -> None:
    assert client.get("/v1/jobs/j99").status_code == 404
    assert client.delete("/v1/jobs/j99").status_code == 404


def test_facets_say_what_can_be_filtered_by(client: TestClient) -> None:
    facets = client.get("/v1/galleries/photos/facets").json()

    assert {"name": "trip", "photos": 2} in facets["folders"]
    assert facets["classes"] == []
    assert facets["tags"] == []
    assert facets["first"] <= facets["last"]


def test_samples_are_drawings_that_find_something(client: TestClient) -> None:
    samples = client.get("/v1/samples").json()["samples"]

    assert len(samples) == 21
    assert search(client, sketch={"strokes": samples[0]["strokes"]})["results"]


def test_health_and_metrics(client: TestClient) -> None:
    search(client, sketch={"strokes": CROSS})
    client.get("/v1/items/7.5")

    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ready"}
    text = client.get("/metrics").text
    assert 'inkseek_requests_total{route="/v1/search",status="200"} 1.0' in text
    assert 'inkseek_photos{gallery="photos"} 6.0' in text
    assert 'step="encode"' in text
    assert "7.5" not in text


def test_a_damaged_gallery_is_not_ready(client: TestClient, gallery_folder: Path) -> None:
    database = gallery_folder / "gallery.sqlite"
    for file in gallery_folder.glob("gallery.sqlite-*"):
        file.unlink()
    database.write_bytes(b"\x00" * database.stat().st_size)

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["error"]["code"] == "gallery"


def test_a_token_is_asked_for_and_the_page_gets_a_cookie(serve: Open, gallery_folder: Path) -> None:
    client = serve(ServedGallery("photos", gallery_folder), token=TOKEN)
    assert client.get("/v1/galleries").status_code == 401
    assert client.get("/metrics").status_code == 401
    assert client.get("/openapi.json").status_code == 401
    assert client.post("/v1/session").status_code == 401
    assert client.get("/healthz").status_code == 200

    answer = client.post("/v1/session", headers={"Authorization": f"Bearer {TOKEN}"})

    assert answer.status_code == 204
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert TOKEN not in cookie
    assert client.get("/v1/galleries").status_code == 200


def test_an_unknown_address_has_the_same_shape_of_error(client: TestClient) -> None:
    assert client.get("/v2/search").json()["error"]["code"] == "not_found"
    assert client.get("/v1/search").json()["error"]["code"] == "method_not_allowed"
