"""What a packed index finds of what an exact one finds."""

import numpy as np

from inkseek.retrieval.gallery import Gallery
from inkseek.retrieval.index import Index


def packed_recall(gallery: Gallery, *, k: int = 10, queries: int = 100, seed: int = 0) -> float:
    """recall@k of packed search: the part of the k exactly closest pictures that it finds too, over sampled pictures.

    Queries are pictures of the gallery, each without itself. A sketch is farther from every photo than photos are from
    each other, so recall for sketches is lower.

    A gallery of fewer than two pictures has a recall of 1: nothing can be missed.

    Args:
        gallery: its stored vectors are compared.
        k: pictures compared for each query.
        queries: pictures sampled; a smaller gallery gives all it has.
        seed: of the sample.
    """
    with gallery.transaction(write=False):
        exact, packed = Index(gallery), Index(gallery, "packed")
        if len(exact) < 2:
            return 1.0
        sampled = np.random.default_rng(seed).choice(exact.ids, min(queries, len(exact)), replace=False)
        features = gallery.vectors_of(sampled).astype(np.float32)
        wanted, given = (index.search(features, k + 1).ids for index in (exact, packed))
    found = total = 0
    for picture_id, closest, proposed in zip(sampled, wanted, given, strict=True):
        others = closest[closest != picture_id][:k]
        found += int(np.isin(others, proposed[proposed != picture_id][:k]).sum())
        total += len(others)
    return found / total
