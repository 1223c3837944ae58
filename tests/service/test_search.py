"""Searching over HTTP."""

import base64
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from starlette.testclient import TestClient

from inkseek.pictures.preprocessing import sketch_pixels
from inkseek.retrieval.encoder import load_encoder
from inkseek.retrieval.gallery import Gallery
from inkseek.retrieval.packed_index import PackedIndex
from inkseek.retrieval.search import Searcher
from inkseek.service.galleries import ServedGallery
from inkseek.service.models import SketchQuery
from inkseek.sketch.model import Drawing
from tests.service.conftest import Open

CROSS = [[[0, 0], [100, 100]], [[100, 0], [0, 100]]]


def in_base64(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode("ascii")


def search(client: TestClient, **query: Any) -> Any:  # noqa: ANN401 - JSON
    answer = client.post("/v1/search", json=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def refused(client: TestClient, status: int, code: str, **query: Any) -> str:  # noqa: ANN401 - JSON
    answer = client.post("/v1/search", json=query)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), answer.text
    message: str = answer.json()["error"]["message"]
    return message


def names(found: Any) -> list[str]:  # noqa: ANN401 - JSON
    return [hit["name"] for hit in found["results"]]


def test_strokes_find_what_the_package_finds(client: TestClient, gallery_folder: Path, tiny: Path) -> None:
    found = search(client, sketch={"strokes": CROSS}, k=6)

    encoder = load_encoder(tiny)
    with Gallery.open(gallery_folder) as gallery:
        pixels = sketch_pixels(Drawing.from_points(CROSS), encoder.config.preprocessing)
        hits = Searcher(gallery, encoder).search(pixels, k=6).hits
    assert [(hit["id"], hit["rank"]) for hit in found["results"]] == [(hit.id, hit.rank) for hit in hits]
    assert [hit["score"] for hit in found["results"]] == pytest.approx([hit.score for hit in hits], abs=1e-6)
    assert found["gallery"] == "photos"
    assert found["photos"] == 6
    assert set(found["milliseconds"]) == {"render", "encode", "search", "total"}


def test_a_packed_index_is_asked_where_it_is_wanted(
    serve: Open, client: TestClient, gallery_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    compare = PackedIndex.search

    def counted(index: PackedIndex, codes: NDArray[np.uint8], k: int) -> object:
        asked.append(k)
        return compare(index, codes, k)

    monkeypatch.setattr(PackedIndex, "search", counted)
    exact = search(client, sketch={"strokes": CROSS})["results"]
    assert asked == []
    packed = serve(ServedGallery("photos", gallery_folder, kind="packed"))
    assert search(packed, sketch={"strokes": CROSS})["results"] == exact
    assert len(asked) == 1


def test_a_photo_finds_itself_first(client: TestClient, photos: Path) -> None:
    found = search(client, photo={"picture": in_base64(photos / "2.png")})

    assert found["results"][0]["name"] == "2.png"
    assert found["results"][0]["score"] == pytest.approx(1, abs=1e-3)
    assert {hit["folder"] for hit in found["results"]} == {"", "trip"}
    assert not any(str(photos) in str(value) for hit in found["results"] for value in hit.values())


def test_a_picture_of_a_sketch_is_one(client: TestClient, tmp_path: Path) -> None:
    pixels = np.full((64, 64), 255, np.uint8)
    pixels[20:24, 8:56] = 0
    Image.fromarray(pixels).save(tmp_path / "line.png")

    by_picture = search(client, sketch={"picture": in_base64(tmp_path / "line.png")})
    by_strokes = search(client, sketch={"strokes": [[[8, 22], [56, 22]]]})

    assert names(by_picture)[0] == names(by_strokes)[0]


def test_a_mix_lies_between_its_parts(client: TestClient) -> None:
    photo = {"id": search(client, sketch={"strokes": CROSS})["results"][-1]["id"]}

    def score(weights: dict[str, float]) -> float:
        found = search(client, sketch={"strokes": CROSS}, photo=photo, weights=weights)
        [of_photo] = [hit["score"] for hit in found["results"] if hit["id"] == photo["id"]]
        return float(of_photo)

    scores = [score({"sketch": 1 - share, "photo": share}) for share in (0.0, 0.3, 0.7, 1.0)]
    assert scores == sorted(scores)
    assert scores[-1] == pytest.approx(1, abs=1e-3)


def test_more_like_this_leaves_itself_out(client: TestClient) -> None:
    first = search(client, sketch={"strokes": CROSS})["results"][0]["id"]

    found = client.post(f"/v1/search/similar/{first}", json={}).json()

    assert len(found["results"]) == 5
    assert first not in [hit["id"] for hit in found["results"]]
    assert [hit["rank"] for hit in found["results"]] == [1, 2, 3, 4, 5]


def test_filters_narrow_the_search(client: TestClient) -> None:
    assert set(names(search(client, sketch={"strokes": CROSS}, filters={"folder": "trip"}))) == {"4.jpg", "5.jpg"}
    assert names(search(client, sketch={"strokes": CROSS}, filters={"folder": "nowhere"})) == []
    assert names(search(client, sketch={"strokes": CROSS}, filters={"classes": ["cat"]})) == []
    assert names(search(client, sketch={"strokes": CROSS}, filters={"until": "1999-12-31"})) == []
    assert len(names(search(client, sketch={"strokes": CROSS}, filters={"since": "1999-12-31"}))) == 6


@pytest.mark.parametrize("folder", ["../", "..", "a/../../b", "\u0000"])
def test_a_folder_filter_shows_nothing_from_elsewhere(client: TestClient, folder: str) -> None:
    found = search(client, sketch={"strokes": CROSS}, filters={"folder": folder})

    assert set(names(found)) <= {"0.png", "1.png", "2.png", "3.png", "4.jpg", "5.jpg"}


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"sketch": {}},
        {"sketch": {"strokes": []}},
        {"sketch": {"strokes": [[]]}},
        {"sketch": {"strokes": [[[1]]]}},
        {"sketch": {"strokes": [[[1, 2, 3, 4, 5]]]}},
        {"sketch": {"strokes": [[[1, "x"]]]}},
        {"sketch": {"strokes": [[[1, 1e300]]]}},
        {"sketch": {"strokes": CROSS, "picture": "aGk="}},
        {"sketch": {"picture": "not base64!"}},
        {"photo": {"id": 0}},
        {"photo": {"id": 2**70}},
        {"photo": {"path": "/etc/passwd"}},
        {"sketch": {"strokes": CROSS}, "k": 0},
        {"sketch": {"strokes": CROSS}, "k": 61},
        {"sketch": {"strokes": CROSS}, "more": 1},
        {"sketch": {"strokes": CROSS}, "filters": {"since": "yesterday"}},
        {"sketch": {"strokes": CROSS}, "filters": {"folder": "/etc"}},
        {"sketch": {"strokes": CROSS}, "photo": {"id": 1}, "weights": {"sketch": 0, "photo": 0}},
    ],
    ids=str,
)
def test_nonsense_is_refused_in_one_sentence(client: TestClient, query: dict[str, Any]) -> None:
    message = refused(client, 422, "invalid_request", **query)

    assert "\n" not in message
    assert len(message) < 300


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_numbers_that_are_none_are_refused(client: TestClient, number: str) -> None:
    body = f'{{"sketch": {{"strokes": [[[{number}, 1], [2, 3]]]}}}}'
    answer = client.post("/v1/search", content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "invalid_request"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_query_is_refused(client: TestClient, body: bytes) -> None:
    answer = client.post("/v1/search", content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code in {400, 422}
    assert answer.json()["error"]["code"] == "invalid_request"


def test_pictures_that_are_none_are_refused(client: TestClient) -> None:
    refused(client, 422, "bad_picture", photo={"picture": base64.b64encode(b"not a picture").decode()})
    refused(client, 422, "bad_picture", sketch={"picture": ""})


def test_a_blank_sketch_is_refused_by_name(client: TestClient, tmp_path: Path) -> None:
    Image.new("L", (50, 50), 255).save(tmp_path / "blank.png")

    refused(client, 422, "no_ink", sketch={"picture": in_base64(tmp_path / "blank.png")})


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded(client: TestClient, tmp_path: Path) -> None:
    side = math.isqrt(1_000_000) + 1
    Image.new("1", (side, side)).save(tmp_path / "bomb.png")

    refused(client, 413, "too_large", photo={"picture": in_base64(tmp_path / "bomb.png")})


def test_too_many_strokes_are_refused(client: TestClient) -> None:
    refused(client, 422, "invalid_request", sketch={"strokes": [[[0, 0]]] * 2001})


def test_too_many_points_together_are_refused() -> None:
    stroke = [[0, 0]] * 60_000
    with pytest.raises(ValueError, match="100000 points together"):
        SketchQuery(strokes=[stroke, stroke])


def test_an_oversize_request_is_refused(client: TestClient) -> None:
    refused(client, 413, "too_large", photo={"picture": "A" * 300_000})


def test_an_unknown_gallery_and_an_unknown_photo_are_not_found(client: TestClient) -> None:
    refused(client, 404, "not_found", gallery="other", sketch={"strokes": CROSS})
    refused(client, 404, "not_found", photo={"id": 99})
    assert client.post("/v1/search/similar/99", json={}).json()["error"]["code"] == "not_found"


def test_a_removed_photo_leaves_the_answers(client: TestClient, gallery_folder: Path) -> None:
    gone = search(client, sketch={"strokes": CROSS})["results"][0]["id"]
    with Gallery.open(gallery_folder) as gallery:
        gallery.remove([gone])

    found = search(client, sketch={"strokes": CROSS})

    assert gone not in [hit["id"] for hit in found["results"]]
    assert [hit["rank"] for hit in found["results"]] == [1, 2, 3, 4, 5]
