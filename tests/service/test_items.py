"""Single photos over HTTP."""

import os
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from starlette.testclient import TestClient

from inkseek.retrieval.embedding import index_folder, open_or_create_gallery
from inkseek.retrieval.encoder import load_encoder
from inkseek.retrieval.gallery import Gallery
from inkseek.service.galleries import ServedGallery
from tests.retrieval.conftest import write_photo
from tests.service.conftest import Open
from tests.service.test_search import CROSS, search


@pytest.fixture
def ids(gallery_folder: Path) -> dict[str, int]:
    """File name -> id."""
    with Gallery.open(gallery_folder) as gallery:
        return {path.name: picture_id for picture_id, path in gallery.paths()}


def test_facts_of_a_photo_hold_no_path(client: TestClient, ids: dict[str, int], photos: Path) -> None:
    item = client.get(f"/v1/items/{ids['4.jpg']}").json()

    assert (item["name"], item["folder"], item["width"], item["height"]) == ("4.jpg", "trip", 48, 40)
    assert item["bytes"] == (photos / "trip" / "4.jpg").stat().st_size
    assert item["class"] is None
    assert item["tags"] == []
    assert str(photos) not in str(item)


def test_a_thumbnail_is_a_small_jpeg_without_notes(client: TestClient, photos: Path, gallery_folder: Path) -> None:
    exif = Image.Exif()
    exif[0x010F] = "a secret of the camera"
    Image.new("RGB", (1200, 900), "red").save(photos / "large.jpg", exif=exif)
    client.post("/v1/galleries/photos/jobs", json={"kind": "index", "folder": 0})
    while client.get("/v1/jobs").json()["jobs"][0]["state"] in {"waiting", "running"}:
        pass
    with Gallery.open(gallery_folder) as gallery:
        [large] = [picture_id for picture_id, path in gallery.paths() if path.name == "large.jpg"]

    content = client.get(f"/v1/items/{large}").json()["content"]
    answer = client.get(f"/v1/items/{large}/thumbnail", params={"side": 160, "content": content})
    view = client.get(f"/v1/items/{large}/picture")

    assert answer.headers["content-type"] == "image/jpeg"
    assert "max-age" in answer.headers["cache-control"]
    assert Image.open(BytesIO(answer.content)).size == (160, 120)
    assert Image.open(BytesIO(view.content)).size == (1200, 900)
    assert b"secret" not in answer.content + view.content


def test_a_picture_is_kept_only_under_the_word_for_its_content(
    client: TestClient, ids: dict[str, int], photos: Path
) -> None:
    address = f"/v1/items/{ids['0.png']}/thumbnail"
    content = client.get(f"/v1/items/{ids['0.png']}").json()["content"]
    assert "immutable" in client.get(address, params={"content": content}).headers["cache-control"]
    assert "no-cache" in client.get(address).headers["cache-control"]

    write_photo(photos / "0.png", 99)
    client.post("/v1/galleries/photos/jobs", json={"kind": "index", "folder": 0})
    while client.get("/v1/jobs").json()["jobs"][0]["state"] in {"waiting", "running"}:
        pass

    assert "no-cache" in client.get(address, params={"content": content}).headers["cache-control"]


@pytest.mark.parametrize("side", ["1", "100000", "x", "-1"])
def test_only_known_sides_are_made(client: TestClient, ids: dict[str, int], side: str) -> None:
    answer = client.get(f"/v1/items/{ids['0.png']}/thumbnail", params={"side": side})

    assert answer.status_code == 422


@pytest.mark.parametrize("picture_id", ["99", "0", "-1", "x", "..%2f..%2fetc%2fpasswd", str(2**70)])
def test_an_id_that_is_none_finds_nothing(client: TestClient, picture_id: str) -> None:
    for path in ("", "/thumbnail", "/picture"):
        answer = client.get(f"/v1/items/{picture_id}{path}")
        assert answer.status_code in {404, 422}
        assert answer.json()["error"]["code"] in {"not_found", "invalid_request"}


def test_a_file_that_is_gone_is_not_found(client: TestClient, ids: dict[str, int], photos: Path) -> None:
    (photos / "0.png").unlink()

    answer = client.get(f"/v1/items/{ids['0.png']}/thumbnail")

    assert answer.status_code == 404
    assert str(photos) not in answer.text


def test_a_link_out_of_the_folder_is_not_followed(
    client: TestClient, ids: dict[str, int], photos: Path, tmp_path: Path
) -> None:
    secret = write_photo(tmp_path / "private" / "secret.png", 99)
    (photos / "0.png").unlink()
    (photos / "0.png").symlink_to(secret)

    assert client.get(f"/v1/items/{ids['0.png']}/thumbnail").status_code == 404


def test_a_folder_that_became_a_link_is_not_followed(
    client: TestClient, ids: dict[str, int], photos: Path, tmp_path: Path
) -> None:
    write_photo(tmp_path / "private" / "4.jpg", 99)
    (photos / "trip").rename(photos / "moved")
    (photos / "trip").symlink_to(tmp_path / "private", target_is_directory=True)

    assert client.get(f"/v1/items/{ids['4.jpg']}/picture").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/page/../guards.py",
        "/page/%2e%2e/guards.py",
        "/page/..%2fguards.py",
        "/page//etc/passwd",
        "/page/%00",
        "/../app.py",
    ],
)
def test_the_pages_files_are_all_that_is_given(client: TestClient, path: str) -> None:
    answer = client.get(path)

    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not_found"


@pytest.mark.parametrize(
    "name",
    [b"<img src=x onerror=alert(1)>.png", b"a\nb\r\nSet-Cookie: x.png", b"\xff\xfe.png", b"\"'`.png", b"a..%2f.png"],
)
def test_hostile_file_names_are_only_text(serve: Open, tmp_path: Path, photos: Path, tiny: Path, name: bytes) -> None:
    source = write_photo(photos / "plain.png", 50)
    (photos / os.fsdecode(name)).write_bytes(source.read_bytes())
    for other in photos.rglob("*"):
        if other.is_file() and os.fsencode(other.name) != name:
            other.unlink()
    encoder = load_encoder(tiny, threads=1)
    with open_or_create_gallery(tmp_path / "g", encoder) as gallery:
        index_folder(gallery, photos, encoder, workers=1)
    client = serve(ServedGallery("g", tmp_path / "g"))

    [found] = search(client, sketch={"strokes": CROSS})["results"]

    assert found["name"] == name.decode("utf-8", "replace")
    assert client.get(f"/v1/items/{found['id']}").json()["name"] == found["name"]
    assert client.get(f"/v1/items/{found['id']}/thumbnail").status_code == 200
    assert client.get("/v1/galleries/g/facets").status_code == 200
