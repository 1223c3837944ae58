"""What must be obtained by hand, from where, and how it should lie: sources that no program can rely on."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Piece:
    """One thing to obtain.

    Attributes:
        name: archive or folder.
        holds: what is in it.
        where: from what address, or by what command.
        md5: published checksum, where there is one.
        instead: it stands in place of the pieces before it.
    """

    name: str
    holds: str
    where: str
    md5: str | None = None
    instead: bool = False


@dataclass(frozen=True)
class Instructions:
    """How to get a data set by hand.

    Attributes:
        title: the data set.
        why: why it is not fetched.
        pieces: what to obtain.
        tree: folders below the data set's own, each with what it holds.
        terms: whom to name, and what use is allowed.
    """

    title: str
    why: str
    pieces: tuple[Piece, ...]
    tree: tuple[tuple[str, str], ...]
    terms: str


_SAKE = Piece(
    "dataset.zip",
    "256-pixel copies of Sketchy Extended and TU-Berlin Extended with SAKE's file lists",
    "from https://cs.jhu.edu/~qliu24/ZSSBIR/dataset.zip, linked from https://github.com/qliu24/SAKE; its own layout is "
    "read as it is",
    instead=True,
)
_SEMPCYC = "download_datasets.sh of https://github.com/AnjanDutta/sem-pcyc"

INSTRUCTIONS: Mapping[str, Instructions] = MappingProxyType(
    {
        "sketchy": Instructions(
            "Sketchy Extended",
            "its archives lie behind pages that want a person",
            (
                Piece(
                    "rendered_256x256.7z",
                    "75,481 sketches and the 12,500 original photos",
                    'from "Sketches and Photos" at https://sketchy.eye.gatech.edu '
                    "(the Google Drive file 0B7ISyeE8QtDdTjE1MG9Gcy1kSkE)",
                    "6a9dccbd07b48566c4754a7674087657",
                ),
                Piece(
                    "EXTEND_image_sketchy (zip)",
                    "73,002 photos: the originals and the 60,502 that Liu et al. added",
                    f"from the Google Drive file 0B2U-hnwRkpRrdGZKTzkwbkEwVkk, named in {_SEMPCYC}",
                ),
                _SAKE,
            ),
            (
                ("256x256/sketch/tx_000000000000/<class>/*.png", "75,481 sketches of 125 classes"),
                ("256x256/photo/tx_000000000000/<class>/*.jpg", "12,500 photos, 100 of each class"),
                ("EXTEND_image_sketchy/<class>/*.jpg", "73,002 photos"),
            ),
            "Sangkloy, Burnell, Ham, Hays, The Sketchy Database, SIGGRAPH 2016; Liu et al., Deep Sketch Hashing, CVPR "
            "2017; for research",
        ),
        "tuberlin-photos": Instructions(
            "Photos of TU-Berlin Extended",
            "they lie on a drive that wants a person",
            (
                Piece(
                    "ImageResized (zip)",
                    "204,489 photos of 250 classes",
                    f"from the Google Drive file 0B2U-hnwRkpRrMFVvTmFQa3dmSUk, named in {_SEMPCYC}",
                ),
                _SAKE,
            ),
            (
                ("png/<class>/*.png", "20,000 sketches, 80 of each class: inkseek data get tuberlin"),
                ("ImageResized/<class>/*.JPEG", "204,489 photos; misspelt folder names may stay, they are known"),
            ),
            "Zhang et al., SketchNet, CVPR 2016; for research",
        ),
        "quickdraw-extended": Instructions(
            "QuickDraw Extended",
            "users report since 2021 that the addresses of its authors fail",
            (
                Piece(
                    "QuickDraw_sketches_final.zip",
                    "330,000 sketches, 3,000 of each class",
                    "from http://datasets.cvc.uab.es/QuickDraw/, linked from "
                    "https://github.com/sounakdey/doodle2search; where it fails, ask its authors",
                ),
                Piece("QuickDraw_images_final.zip", "204,000 photos of 110 classes", "from the same place"),
                Piece(
                    "<word>.ndjson",
                    "all strokes of the 110 words, from which the sketches were chosen; no photos",
                    "by inkseek data get quickdraw --split quickdraw --classes all --out DIR",
                    instead=True,
                ),
            ),
            (
                ("QuickDraw_sketches_final/<class>/*.png", "330,000 sketches"),
                ("QuickDraw_images_final/<class>/*.jpg", "204,000 photos"),
            ),
            "Dey, Riba, Dutta, Lladós, Song, Doodle to Search, CVPR 2019; for research",
        ),
    }
)
