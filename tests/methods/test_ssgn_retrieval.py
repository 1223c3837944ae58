"""SSGN's reduction, what it serves, and its configurations."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime  # type: ignore[import-untyped]
import pytest
import torch
from torch import Tensor, nn

from inkseek.errors import ConfigError
from inkseek.methods import _ssgn_networks
from inkseek.methods._base import Batch
from inkseek.methods._networks import Extractor, FeatureBranch, SharedNetwork, Tap
from inkseek.methods._ssgn_networks import FusedReduction, SketchHead, fit_reductions
from inkseek.methods.ssgn import Ssgn, SsgnConfig
from inkseek.training.experiment import load_experiment
from inkseek.training.export import ServedBranch, export_onnx
from tests.contracts import problems
from tests.methods import feature_level
from tests.methods.ssgn_cases import (
    BATCH,
    CLASSES,
    EMBEDDING,
    VISUAL,
    array,
    build,
    config,
    every_switch,
    features,
    random,
)
from tests.reference import ssgn_reference as reference

CONFIGS = sorted(problems.CONFIGS.glob("ssgn-*.toml"))


@pytest.mark.parametrize("standardised", [False, True])
@pytest.mark.parametrize("modalities", [1, 2])
def test_reductions_equal_singular_vectors_in_several_blocks(
    modalities: int, standardised: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_ssgn_networks, "_BLOCK", 16)
    mixing = random(5, 7, 7)
    features = [random(seed, 40 + 9 * seed, 7) @ mixing + seed for seed in range(modalities)]
    for rows in features:
        rows[:, 3] = 2.0  # a value that never varies
    reductions = [FusedReduction(7, 4).double() for _ in features]
    fit_reductions(list(zip(reductions, features, strict=True)), standardised=standardised)
    standards = [reference.standard(array(rows), standardised=standardised) for rows in features]
    centred = [(array(rows) - m) / q for rows, (m, q) in zip(features, standards, strict=True)]
    directions, scale = reference.pca(centred, 4)
    for reduction, rows, own in zip(reductions, features, centred, strict=True):
        np.testing.assert_allclose(reduction(rows), scale * own @ directions.T, atol=1e-6)
    found = torch.stack([r(x).var(dim=0, correction=0).mean() for r, x in zip(reductions, features, strict=True)])
    torch.testing.assert_close(found.mean(), torch.ones((), dtype=torch.float64))


@pytest.mark.parametrize("common", [False, True])
def test_each_modality_is_reduced_by_training_features(common: bool) -> None:
    method = build(common_basis=common, standardised=False)
    sketch, photo = features(feature_level.batch(visual=VISUAL, classes=3, each=9))
    method.begin(sketch, photo)
    centred = [array(rows - rows.mean(dim=0)) for rows in (sketch, photo)]
    for i, reduction in enumerate((method.sketch_head.reduction, method.photo_head)):
        directions, scale = reference.pca(centred if common else [centred[i]], 8)
        np.testing.assert_allclose(reduction((sketch, photo)[i]), scale * centred[i] @ directions.T, atol=1e-4)


def test_values_are_standardised_when_asked_for() -> None:
    sketch, photo = features(feature_level.batch(visual=VISUAL, classes=3, each=9))
    stretch = torch.linspace(1, 100, VISUAL)
    plain, stretched = build(standardised=True), build(standardised=True)
    plain.begin(sketch, photo)
    stretched.begin(sketch * stretch, photo * stretch)
    torch.testing.assert_close(plain.photo_head(photo), stretched.photo_head(photo * stretch), atol=1e-4, rtol=1e-4)


def test_before_that_the_first_values_are_taken_as_they_are() -> None:
    sketch, photo = features(BATCH)
    found = build().reduced(BATCH)
    assert torch.equal(found[0], sketch[:, :8])
    assert torch.equal(found[1], photo[:, :8])


def test_too_many_components_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"method\.dimension: the fused feature has 20 values, .* to 21"):
        build(dimension=21)
    sketch, photo = features(BATCH)
    method = build()
    with pytest.raises(ConfigError, match=r"method\.dimension: 8 training pictures .* at most 7 .*, not 8"):
        method.begin(sketch, photo[:8])
    method.begin(sketch, photo[:9])
    common = build(common_basis=True)
    with pytest.raises(ConfigError, match=r"method\.dimension: 9 training pictures .* at most 7 .*, not 8"):
        common.begin(sketch[:4], photo[:5])
    common.begin(sketch[:5], photo[:5])


class TwoStages(feature_level.TinyBackbone):
    def __init__(self) -> None:
        super().__init__()
        self.stage_dimensions = (2, 3)

    def stages(self, pixels: Tensor, modality: Tensor) -> tuple[Tensor, ...]:
        colour = super().stages(pixels, modality)[-1]
        return colour[:, :2], colour


def test_fusion_is_a_choice_of_taps() -> None:
    choices: tuple[tuple[tuple[Tap, ...], int], ...] = ((("stages", "visual"), 5), (("visual",), 3))
    for taps, width in choices:
        extractor = Extractor(SharedNetwork(TwoStages(), nn.Linear(3, 4)), taps)
        problem = replace(feature_level.problem(visual=4, embedding=EMBEDDING, classes=CLASSES), extractor=extractor)
        method = Ssgn(config(dimension=2), problem)
        assert method.photo_head.directions.shape == method.sketch_head.reduction.directions.shape == (2, width)
        assert method.retrieval_network()(torch.rand(2, 3, 4, 4), torch.tensor([0.0, 1.0])).shape == (2, 2)


@every_switch
def test_a_query_is_the_mean_of_its_samples(changes: dict[str, Any]) -> None:
    head = build(**changes).eval().sketch_head
    fused, _ = features(BATCH)
    with torch.no_grad():
        found = head(fused)
        sketch = head.reduction(fused)
        samples = [
            list(head.decoder(z.expand(len(sketch), -1), head.condition(sketch), sketch).values())[-1]
            for z in head.noise
        ]
    assert len(samples) == 3
    torch.testing.assert_close(found, sum(samples) / len(samples))
    assert (samples[0] - samples[1]).abs().max() > 1e-4


def test_samples_are_drawn_once_with_the_runs_seed() -> None:
    fused, _ = features(BATCH)
    first, same, other = build(seed=1).eval(), build(seed=1).eval(), build(seed=2).eval()
    with torch.no_grad():
        torch.manual_seed(5)
        found = first.sketch_head(fused)
        torch.manual_seed(6)
        assert torch.equal(first.sketch_head(fused), found)
        assert torch.equal(same.sketch_head(fused), found)
    assert not torch.equal(first.sketch_head.noise, other.sketch_head.noise)
    assert "sketch.head.noise" in first.retrieval_network().state_dict()


@pytest.mark.parametrize("test_condition", ["predicted", "zero"])
def test_retrieval_never_reads_the_true_class(test_condition: str) -> None:
    method = build(test_condition=test_condition).eval()
    network = method.retrieval_network()
    pixels, modality = torch.rand(4, 3, 5, 5) * 255, torch.tensor([0.0, 1.0, 0.0, 1.0])
    with torch.no_grad():
        before = network(pixels, modality)
        method.embeddings.normal_()
        method.class_names = ("other",) * CLASSES
        assert torch.equal(network(pixels, modality), before)
    held = {value.data_ptr() for value in network.state_dict().values()}
    assert method.embeddings.data_ptr() not in held


def test_labels_change_training_and_not_retrieval() -> None:
    method = build(true_share=1.0).eval()
    labels = BATCH.sketch.labels.flip(0)
    turned = Batch(replace(BATCH.sketch, labels=labels), replace(BATCH.photo, labels=labels))
    with torch.no_grad():
        torch.manual_seed(1)
        first = method.losses(BATCH)["reconstruction"]
        torch.manual_seed(1)
        second = method.losses(turned)["reconstruction"]
        assert not torch.equal(first, second)
        sketches = [method.sketch_head(features(batch)[0]) for batch in (BATCH, turned)]
    assert torch.equal(*sketches)


def test_the_condition_in_use_is_predicted_or_zero() -> None:
    sketch = torch.randn(5, 8)
    head = build().eval().sketch_head
    assert head.predictor is not None
    assert torch.equal(head.condition(sketch), head.predictor(sketch))
    zero = build(test_condition="zero").sketch_head
    assert zero.predictor is None
    assert torch.equal(zero.condition(sketch), torch.zeros(5, EMBEDDING))


def test_both_branches_are_served_for_any_number_of_pictures(tmp_path: Path) -> None:
    network = build().eval().retrieval_network()
    for branch in (network.sketch, network.photo):
        assert isinstance(branch, FeatureBranch)
        export_onnx(ServedBranch(branch).eval(), 8, tmp_path / "branch.onnx", "float32")
        session = onnxruntime.InferenceSession(str(tmp_path / "branch.onnx"), providers=["CPUExecutionProvider"])
        pixels = torch.randint(0, 256, (5, 8, 8, 3), dtype=torch.uint8)
        with torch.no_grad():
            expected = nn.functional.normalize(branch(pixels.permute(0, 3, 1, 2).float()), dim=1)
        for rows in (1, 5):
            (found,) = session.run(None, {"pixels": pixels[:rows].numpy()})
            np.testing.assert_allclose(found, expected[:rows], atol=1e-5)


def test_the_photo_branch_is_the_reduction_alone() -> None:
    method = build()
    network = method.retrieval_network()
    assert isinstance(network.photo, FeatureBranch)
    assert isinstance(network.sketch, FeatureBranch)
    assert network.photo.head is method.photo_head
    assert isinstance(network.sketch.head, SketchHead)


@pytest.mark.parametrize("file", CONFIGS, ids=lambda file: file.stem)
def test_configurations_are_experiments(file: Path) -> None:
    experiment = load_experiment(file, [])
    assert isinstance(experiment.method, SsgnConfig)
    assert experiment.features is not None
    assert experiment.features.taps == ("stages", "visual")
    assert experiment.semantics is not None
    assert experiment.semantics.unit_rows
    assert experiment.training.batch.paired


def test_there_is_a_configuration_for_each_of_its_data_sets() -> None:
    assert [file.stem for file in CONFIGS] == ["ssgn-sketchy2", "ssgn-sketchy25", "ssgn-tuberlin"]
