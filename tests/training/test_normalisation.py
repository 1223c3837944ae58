"""Within-class normalisation: its formula, and that the folded network gives the mapped codes."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from inkseek.errors import ConfigError, ManifestError
from inkseek.methods._base import Method
from inkseek.training.experiment import load_experiment
from inkseek.training.normalisation import (
    LabelledCodes,
    NormalisationConfig,
    centred_network,
    fold,
    within_class_map,
)
from inkseek.training.problem import build_method
from tests.contracts import problems
from tests.reference import normalisation_reference as reference

STRENGTH = NormalisationConfig(ridge=0.5, gap=2.0)


def codes(seed: int, dimension: int = 6) -> tuple[LabelledCodes, LabelledCodes]:
    """Sketches and photos of classes that partly have only one of them; photos lie elsewhere."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(5, dimension))
    labels = np.array([0, 0, 1, 1, 1, 2, 2, 4, 4]), np.array([0, 1, 1, 2, 2, 2, 3, 3])
    scale = np.linspace(0.2, 2.0, dimension)
    sketch, photo = (centres[y] + scale * rng.normal(size=(len(y), dimension)) for y in labels)
    return LabelledCodes(sketch, labels[0]), LabelledCodes(photo + 3.0, labels[1])


def method(name: str = "baseline", *more: str) -> Method:
    experiment = load_experiment(problems.CONFIGS / f"{name}-sketchy25.toml", ["method.dimension=16", *more])
    return build_method(experiment, problems.NAMES).eval()


@given(seed=st.integers(0, 10_000), ridge=st.floats(0.01, 100), gap=st.floats(0, 10))
@settings(max_examples=30, deadline=None)
def test_the_map_is_its_formula(seed: int, ridge: float, gap: float) -> None:
    sketch, photo = codes(seed)
    doubles = [part.codes.astype(np.float64) for part in (sketch, photo)]
    expected = reference.within_class_map(doubles[0], sketch.labels, doubles[1], photo.labels, ridge, gap)
    found = within_class_map(sketch, photo, NormalisationConfig(ridge=ridge, gap=gap))
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-9)


@given(seed=st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_a_constant_of_a_modality_and_a_rotation_of_the_space_change_nothing(seed: int) -> None:
    sketch, photo = codes(seed)
    rng = np.random.default_rng(seed)
    rotation = np.linalg.qr(rng.normal(size=(6, 6)))[0]
    turned = (
        LabelledCodes(sketch.codes @ rotation.T + rng.normal(size=6), sketch.labels),
        LabelledCodes(photo.codes @ rotation.T + rng.normal(size=6), photo.labels),
    )
    wanted = rotation @ within_class_map(sketch, photo, STRENGTH) @ rotation.T
    np.testing.assert_allclose(within_class_map(*turned, STRENGTH), wanted, rtol=1e-6, atol=1e-9)


def test_a_large_ridge_changes_lengths_alone() -> None:
    found = within_class_map(*codes(0), NormalisationConfig(ridge=1e9))
    np.testing.assert_allclose(found / found[0, 0], np.eye(6), atol=1e-6)


def test_what_varies_within_classes_is_shrunk_most() -> None:
    sketch, photo = codes(0)
    found = within_class_map(sketch, photo, NormalisationConfig(ridge=0.1, gap=0.0))
    assert np.linalg.norm(found @ np.eye(6)[5]) < np.linalg.norm(found @ np.eye(6)[0])


def test_without_a_common_class_there_is_no_gap_to_measure() -> None:
    sketch, photo = codes(0)
    with pytest.raises(ManifestError, match="no class has both"):
        within_class_map(sketch, LabelledCodes(photo.codes, photo.labels + 10), STRENGTH)


def test_the_network_gives_the_mapped_codes_and_no_mean_of_a_modality() -> None:
    trained = method()
    network, centre = centred_network(trained)
    with torch.no_grad():
        centre.mean.normal_()
        batch = problems.batch()
        before = network.code(batch.pixels, batch.modality).numpy()
        shapes = {key: value.shape for key, value in network.state_dict().items()}
        is_photo = batch.modality.numpy() > 0
        sketch, photo = (LabelledCodes(before[mask], batch.labels.numpy()[mask]) for mask in (~is_photo, is_photo))
        fold(trained, sketch, photo, STRENGTH)
        after = network.code(batch.pixels, batch.modality).numpy()
    transform = within_class_map(sketch, photo, STRENGTH)
    for mask, part in ((~is_photo, sketch), (is_photo, photo)):
        wanted = (part.codes - part.codes.mean(axis=0)) @ transform
        np.testing.assert_allclose(after[mask], wanted, rtol=1e-3, atol=1e-3 * np.abs(wanted).max())
    assert {key: value.shape for key, value in network.state_dict().items()} == shapes


@pytest.mark.parametrize("name", ["sake", "tcn", "baseline"])
def test_a_network_without_a_centre_is_refused(name: str) -> None:
    more = {
        "tcn": ['method.metric="none"', "method.weights.metric=0.0"],
        "baseline": ["method.centred=false"],
    }
    with pytest.raises(ConfigError, match=f"normalisation: {name} as configured has no network"):
        centred_network(method(name, *more.get(name, [])))
