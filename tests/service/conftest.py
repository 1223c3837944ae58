"""A service over a small gallery of real files, asked without a socket."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from inkseek.retrieval.embedding import index_folder, open_or_create_gallery
from inkseek.retrieval.encoder import load_encoder
from inkseek.service.app import create_app
from inkseek.service.galleries import ServedGallery
from inkseek.service.limits import ServiceLimits
from inkseek.service.service import Service
from tests.retrieval.conftest import photos
from tests.tiny_model import write_tiny_model_folder

LIMITS = ServiceLimits(body_bytes=200_000, pixels=1_000_000, k=60)

__all__ = ["photos"]

Open = Callable[..., TestClient]


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder; read only."""
    return write_tiny_model_folder(tmp_path_factory.mktemp("model") / "tiny")


@pytest.fixture
def gallery_folder(tmp_path: Path, photos: Path, tiny: Path) -> Path:
    """A gallery of these photos."""
    encoder = load_encoder(tiny, threads=1)
    with open_or_create_gallery(tmp_path / "photos.gallery", encoder) as gallery:
        index_folder(gallery, photos, encoder, workers=1)
    return tmp_path / "photos.gallery"


@pytest.fixture
def serve(tiny: Path) -> Iterator[Open]:
    """Open a service and a client of it."""
    opened: list[tuple[TestClient, Service]] = []

    def start(
        *served: ServedGallery, token: str | None = None, limits: ServiceLimits = LIMITS, model: Path = tiny
    ) -> TestClient:
        service = Service(served, limits=limits, threads=2, model=str(model))
        client = TestClient(create_app(service, token=token, hosts=("testserver",)))
        opened.append((client, service))
        client.__enter__()
        return client

    yield start
    for client, service in opened:
        client.__exit__(None, None, None)
        service.close()


@pytest.fixture
def client(serve: Open, gallery_folder: Path, photos: Path) -> TestClient:
    """A client of a service with one gallery."""
    return serve(ServedGallery("photos", gallery_folder, [photos]))
