"""Samplings that make pairs: what is in a pair, what an epoch shows, and what cannot be paired."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from inkseek.errors import ConfigError
from inkseek.training.batches import Choice, Order, epoch_choices
from inkseek.training.experiment import BatchConfig

Labels = tuple[NDArray[np.int64], NDArray[np.int64]]

SIZE = 4
STEPS = {"pairs": 0, "balanced_pairs": 5, "aligned_pairs": 0}


def labels_of(sketches: list[int], photos: list[int]) -> Labels:
    return np.array(sketches), np.array(photos)


def first_of_class(labels: Labels) -> NDArray[np.int64]:
    """Every second sketch is drawn from the last photo of its class; the others are drawn from none."""
    places = {int(label): place for place, label in enumerate(labels[1])}
    return np.array([places.get(int(label), -1) if place % 2 else -1 for place, label in enumerate(labels[0])])


def order_of(sampling: str, labels: Labels, size: int = SIZE, seed: int = 0) -> Order:
    tree = {"sampling": sampling, "sketches": size, "photos": size, "steps": STEPS[sampling]}
    return Order(labels, BatchConfig.parse(tree, "test"), seed, first_of_class(labels))


def epoch_of(order: Order, epoch: int) -> Choice:
    choices = [choice for _, choice in epoch_choices(order, epoch)]
    return Choice(np.concatenate([c.sketch for c in choices]), np.concatenate([c.photo for c in choices]))


some_labels = st.builds(
    labels_of,
    st.lists(st.integers(0, 5), max_size=30).map(lambda more: [0, 1, 1, *more]),
    st.lists(st.integers(1, 6), max_size=30).map(lambda more: [1, 2, *more]),
)


@pytest.mark.parametrize("sampling", STEPS)
@given(labels=some_labels, size=st.integers(2, 9), seed=st.integers(0, 9))
def test_a_pair_is_of_one_class(sampling: str, labels: Labels, size: int, seed: int) -> None:
    try:
        order = order_of(sampling, labels, size, seed)
    except ConfigError:
        assert sampling == "aligned_pairs"
        assert (first_of_class(labels) < 0).all()
        return
    for epoch in range(2):
        for _, choice in epoch_choices(order, epoch):
            assert len(choice.sketch) == len(choice.photo) == size
            assert np.array_equal(labels[0][choice.sketch], labels[1][choice.photo])


@pytest.mark.parametrize("sampling", STEPS)
def test_order_is_a_function_of_seed_epoch_and_step(sampling: str) -> None:
    labels = labels_of([0, 1, 2] * 20, [2, 1, 0] * 25)
    order, again, other = (order_of(sampling, labels, seed=seed) for seed in (1, 1, 2))
    assert order.steps >= 3
    resumed = dict(epoch_choices(again, 3, first_step=2))
    assert list(resumed) == list(range(2, order.steps))
    for step, choice in resumed.items():
        assert np.array_equal(choice.sketch, order.choice(3, step).sketch)
        assert np.array_equal(choice.photo, order.choice(3, step).photo)
    for stranger in (other.choice(3, 2), order.choice(2, 2), order.choice(3, 1)):
        assert not np.array_equal(stranger.sketch, order.choice(3, 2).sketch)
        assert not np.array_equal(stranger.photo, order.choice(3, 2).photo)


def test_pairs_show_each_photo_once_an_epoch() -> None:
    labels = labels_of([0, 0, 1, 7], [0, 1, 9] * 6)
    order = order_of("pairs", labels)
    assert order.steps == 3  # twelve photos of classes 0 and 1; class 9 has no sketch
    shown = epoch_of(order, 1)
    assert np.array_equal(np.sort(shown.photo), np.flatnonzero(labels[1] != 9))
    assert 3 not in shown.sketch  # class 7 has no photo


def test_pairs_drop_the_incomplete_last_batch() -> None:
    order = order_of("pairs", labels_of([0], [0] * 11))
    assert order.steps == 2
    assert len(np.unique(epoch_of(order, 0).photo)) == 8


def test_pairs_draw_sketches_of_a_class_uniformly() -> None:
    order = order_of("pairs", labels_of([0] * 5 + [1], [0] * 40 + [1] * 40), size=40)
    sketches = np.concatenate([epoch_of(order, epoch).sketch for epoch in range(100)])
    counts = np.bincount(sketches, minlength=6)
    assert counts[5] == 4000
    assert np.abs(counts[:5] - 800).max() < 130  # five standard deviations


def test_balanced_pairs_draw_classes_and_pictures_uniformly() -> None:
    labels = labels_of([0] * 30 + [1] * 3 + [2] + [5], [0] * 2 + [1] * 10 + [2] * 40 + [6])
    order = order_of("balanced_pairs", labels, size=60)
    assert order.steps == 5
    epochs = [epoch_of(order, epoch) for epoch in range(20)]
    photos = np.concatenate([choice.photo for choice in epochs])
    classes = np.bincount(labels[1][photos], minlength=7)
    assert classes[[5, 6]].tolist() == [0, 0]
    assert np.abs(classes[:3] - 2000).max() < 190  # five standard deviations
    assert np.abs(np.bincount(photos)[:2] / classes[0] - 1 / 2).max() < 0.06
    sketches = np.bincount(np.concatenate([choice.sketch for choice in epochs]))
    assert np.abs(sketches[30:33] / classes[1] - 1 / 3).max() < 0.06


def test_balanced_pairs_pair_anew() -> None:
    """Sketch and photo are drawn on their own, so every pair of a class comes about."""
    order = order_of("balanced_pairs", labels_of([0] * 3, [0] * 3), size=60)
    shown = epoch_of(order, 0)
    assert len(np.unique(3 * shown.sketch + shown.photo)) == 9


def test_aligned_pairs_show_each_drawn_sketch_once_with_its_photo() -> None:
    labels = labels_of([0] * 9 + [1] * 9, [0, 0, 1])
    aligned = np.array([-1, 0, 1, 0, -1, 1, 0, 1, 0, 2, 2, 2, 2, -1, -1, 2, -1, -1])
    order = Order(labels, BatchConfig(sampling="aligned_pairs", sketches=3, photos=3), 0, aligned)
    assert order.steps == 4
    shown = epoch_of(order, 2)
    assert len(np.unique(shown.sketch)) == 12
    assert np.array_equal(shown.photo, aligned[shown.sketch])
    assert (shown.photo >= 0).all()


@pytest.mark.parametrize("sampling", STEPS)
def test_fewer_pictures_than_a_batch_make_one_step(sampling: str) -> None:
    order = order_of(sampling, labels_of([0, 0, 1], [0, 1]), size=7)
    assert order.steps == (STEPS[sampling] or 1)
    assert len(order.choice(0, 0).photo) == 7


@pytest.mark.parametrize(
    ("sampling", "labels"),
    [
        ("pairs", labels_of([0, 1], [2, 3])),
        ("balanced_pairs", labels_of([0, 1], [2, 3])),
        ("aligned_pairs", labels_of([0], [0])),
    ],
)
def test_nothing_to_pair(sampling: str, labels: Labels) -> None:
    with pytest.raises(ConfigError, match=rf'training\.batch\.sampling: "{sampling}" wants .* there is none'):
        order_of(sampling, labels)


def test_aligned_pairs_of_pictures_whose_origin_is_unknown() -> None:
    with pytest.raises(ConfigError, match=r'"aligned_pairs" wants a sketch whose file name tells'):
        Order(labels_of([0, 0], [0]), BatchConfig(sampling="aligned_pairs", sketches=2, photos=2), 0)
