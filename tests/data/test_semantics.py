from pathlib import Path

import numpy as np
import pytest

from inkseek.data.classes import class_list
from inkseek.data.semantics import imagenet_relation

MASK = Path(__file__).parents[3] / "shared/splits/semantic/sake_imagenet_mask_sketchy_split1.npz"
SEVERAL_SYNSETS = {
    *("bread", "car_(sedan)", "chair", "dog", "fish", "guitar", "lizard", "pear", "pistol", "spoon", "violin"),
    *("wading_bird", "window"),
}


def test_rows_of_all_classes() -> None:
    rows = imagenet_relation(class_list("sketchy"))
    assert rows.shape == (125, 1000)
    assert rows.dtype == np.float32
    values = {round(float(value), 4) for value in np.unique(rows)}
    assert values == {0.0, 0.25, 0.3333, 1.0}
    empty = [name for name, row in zip(class_list("sketchy"), rows, strict=True) if not row.any()]
    assert empty == ["chicken", "seagull", "tree", "windmill"]


def test_rows_follow_the_names_and_an_unknown_class_is_zero() -> None:
    rows = imagenet_relation(("zebra", "flux capacitor", "Zebra"))
    assert rows[0, 340] == 1.0
    np.testing.assert_array_equal(rows[0], rows[2])
    assert not rows[1].any()


@pytest.mark.real
@pytest.mark.skipif(not MASK.exists(), reason="the released mask is not here")
def test_table_agrees_with_the_mask_that_sake_released() -> None:
    with np.load(MASK, allow_pickle=False) as released:
        names, mask = [str(name) for name in released["names"]], released["mask"]
    rows = imagenet_relation(names)
    np.testing.assert_array_equal(rows > 0, mask > 0)
    differs = ~np.isclose(rows, mask, atol=1e-6)
    # the release does not state the order of a class's synsets, on which these entries depend
    assert differs.sum() == 51
    assert {names[position] for position in np.flatnonzero(differs.any(axis=1))} == SEVERAL_SYNSETS
