from pathlib import Path

import numpy as np
import pytest

from inkseek.retrieval.gallery import Gallery
from inkseek.retrieval.index import Index
from inkseek.retrieval.recall import packed_recall
from tests.retrieval.galleries import description, filled, unit_rows


def test_all_is_found_where_all_is_rescored(tmp_path: Path) -> None:
    with filled(tmp_path / "g", unit_rows(200, 16)) as gallery:
        assert packed_recall(gallery) == 1


def test_it_is_the_part_of_the_closest_others_that_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inkseek.retrieval.index.LEAST_RESCORED", 1)
    monkeypatch.setattr("inkseek.retrieval.index.OVERSAMPLE", 2)
    features = unit_rows(300, 16)
    with filled(tmp_path / "g", features) as gallery:
        exact, packed = (Index(gallery, kind).search(features, 6).ids for kind in ("exact", "packed"))
        parts = []
        for own, (wanted, given) in enumerate(zip(exact, packed, strict=True), start=1):
            closest = [i for i in wanted if i != own][:5]
            found = [i for i in given if i != own][:5]
            parts.append(len(set(closest) & set(found)) / 5)
        assert packed_recall(gallery, k=5, queries=300) == pytest.approx(np.mean(parts), abs=1e-3)
        assert 0.2 < np.mean(parts) < 1
        assert packed_recall(gallery, k=5, queries=20) == packed_recall(gallery, k=5, queries=20)
        assert packed_recall(gallery, k=5, queries=20, seed=1) != packed_recall(gallery, k=5, queries=20, seed=2)


@pytest.mark.parametrize("count", [0, 1])
def test_where_there_is_nothing_to_find_nothing_is_missed(tmp_path: Path, count: int) -> None:
    with (
        Gallery.create(tmp_path / "empty", description())
        if not count
        else filled(tmp_path / "g", unit_rows(1, 8)) as gallery
    ):
        assert packed_recall(gallery) == 1
