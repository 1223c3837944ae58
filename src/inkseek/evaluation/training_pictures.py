"""Pictures of the seen classes that stand for what an encoder was trained on: codes and spectra are fitted on them."""

from collections.abc import Collection

from inkseek.data.classes import class_key
from inkseek.data.galleries import distinct
from inkseek.data.manifest import Manifest
from inkseek.data.views import HELD_OUT_PER_CLASS, EvaluationData, evaluation_view, held_out
from inkseek.errors import DataError

PER_CLASS = 50
"""Sketches and photos taken of each class."""


def training_pictures(manifest: Manifest, seen_classes: Collection[str], per_class: int = PER_CLASS) -> EvaluationData:
    """Sketches and photos of the seen classes, less those that are held out of every training.

    Of each class and modality the `per_class` pictures that come first by content hash after the held-out ones: the
    choice depends on contents alone.

    Raises:
        DataError: the data set has no sketch or no photo of a seen class.
    """
    keys = {class_key(name) for name in seen_classes}
    names = [name for name in manifest.class_names if class_key(name) in keys]
    seen = distinct(manifest.select(classes=names))
    first, aside = held_out(seen, per_class + HELD_OUT_PER_CLASS), frozenset(held_out(seen).rows)
    sample = Manifest(seen.root, tuple(row for row in first.rows if row not in aside))
    try:
        return evaluation_view(sample, names)
    except DataError:
        raise DataError(
            f"{manifest.root}: holds no training pictures of the encoder's {len(keys)} seen classes, sketches and "
            "photos; give a data set that does with --training-data"
        ) from None
