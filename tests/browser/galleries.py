"""Galleries of the tests' own, made quickly by a tiny encoder."""

from pathlib import Path

from inkseek.retrieval.embedding import index_folder, open_or_create_gallery
from inkseek.retrieval.encoder import load_encoder
from inkseek.service.galleries import ServedGallery


def gallery_of(folder: Path, photos: Path, model: Path) -> ServedGallery:
    """A gallery of a folder of photos, by the encoder of a model folder."""
    encoder = load_encoder(model, threads=1)
    with open_or_create_gallery(folder, encoder) as gallery:
        index_folder(gallery, photos, encoder, workers=1)
    return ServedGallery(folder.stem, folder, [photos])
