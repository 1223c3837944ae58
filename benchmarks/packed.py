"""Claim: a packed index finds what an exact one finds. Real photos, sketches and photos as queries.

The packed index scores the photos exactly whose codes are closest. `recall@10` is the part of the ten exactly closest
photos among them, for so many candidates; `by_size` has it for parts of the gallery, to tell how it goes on.

    python benchmarks/packed.py SKETCHES PHOTOS [PHOTOS ...]        folders of pictures
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inkseek.pictures.preprocessing import read_query
from inkseek.retrieval.embedding import index_folder, open_or_create_gallery
from inkseek.retrieval.encoder import RetrievalEncoder, load_encoder
from inkseek.retrieval.gallery import Gallery
from inkseek.retrieval.packed_index import PackedIndex
from inkseek.retrieval.rows import read_rows
from inkseek.retrieval.sign_codes import sign_codes, thresholds
from subjects import print_result

K = 10
CANDIDATES = (10, 20, 50, 100, 200, 500, 1000, 2000)
QUERIES = 500


def recalls(vectors: NDArray[np.float16], queries: NDArray[np.float32], *, skip_first: bool) -> dict[int, float]:
    """recall@10 by number of candidates; `skip_first` leaves a query's own photo out."""
    above = thresholds(vectors)
    packed = PackedIndex(sign_codes(vectors, above))
    first = int(skip_first)
    scores = queries @ vectors.astype(np.float32).T
    wanted = np.argsort(-scores, axis=1, kind="stable")[:, first : first + K]
    _, proposed = packed.search(sign_codes(queries, above), max(CANDIDATES) + first)
    return {
        count: round(float(np.mean([np.isin(w, p[: count + first]) for w, p in zip(wanted, proposed, strict=True)])), 4)
        for count in CANDIDATES
    }


def sketch_features(encoder: RetrievalEncoder, folder: Path) -> NDArray[np.float32]:
    """Features of evenly spread sketches of a folder."""
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in {".png", ".jpg", ".svg", ".json"})
    chosen = files[:: max(1, len(files) // QUERIES)][:QUERIES]
    pixels = [read_query(path, encoder.config.preprocessing) for path in chosen]
    return np.concatenate([encoder.encode_sketch(one[None]) for one in pixels])


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("sketches", type=Path)
    options.add_argument("photos", type=Path, nargs="+")
    options.add_argument("--model", default="bundled", help="model folder, run folder or bundled")
    chosen = options.parse_args()
    encoder = load_encoder(chosen.model)
    with tempfile.TemporaryDirectory() as name:
        with open_or_create_gallery(Path(name) / "photos.gallery", encoder) as gallery:
            for folder in chosen.photos:
                index_folder(gallery, folder, encoder)
        with Gallery.open(Path(name) / "photos.gallery") as gallery:
            vectors = read_rows(gallery).values
    photos = vectors[:: max(1, len(vectors) // QUERIES)][:QUERIES].astype(np.float32)
    sketches = sketch_features(encoder, chosen.sketches)
    print_result(
        {
            "photos": len(vectors),
            "dimension": vectors.shape[1],
            "recall@10_of_photos": recalls(vectors, photos, skip_first=True),
            "recall@10_of_sketches": recalls(vectors, sketches, skip_first=False),
            "recall@10_of_sketches_by_size": {
                len(part): recalls(part, sketches, skip_first=False)
                for part in (vectors[::8], vectors[::4], vectors[::2])
            },
        }
    )


if __name__ == "__main__":
    main()
