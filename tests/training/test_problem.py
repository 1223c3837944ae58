"""What a method is told: embeddings of the seen classes alone, and the networks of an earlier run."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from inkseek.data.hierarchy import hierarchy_nodes, hierarchy_vectors
from inkseek.errors import ConfigError, FormatError
from inkseek.methods._base import Method
from inkseek.training.experiment import Experiment, FeatureConfig, SemanticsConfig, load_experiment
from inkseek.training.export import write_model_folder
from inkseek.training.problem import build_method, embeddings, open_extractor
from tests.contracts import problems

NAMES = problems.NAMES


def finished(name: str, folder: Path, settings: list[str]) -> Method:
    """A run folder as training leaves it, untrained."""
    experiment: Experiment = load_experiment(problems.CONFIGS / f"{name}-sketchy25.toml", settings)
    method = build_method(experiment, NAMES)
    with torch.no_grad():
        for parameter in method.retrieval_network().parameters():
            parameter.add_(0.001)  # no longer what an untrained method starts from
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(experiment.tree()))
    preprocessing = experiment.data.preprocessing.model_copy(update={"size": 32})
    write_model_folder(
        method,
        folder / "model",
        name=name,
        preprocessing=preprocessing,
        precision="float32",
        card="",
        with_weights=True,
    )
    return method.eval()


@pytest.mark.parametrize("name", ["sake", "finetune"])
def test_an_extractor_is_the_trained_network_of_a_run(name: str, tmp_path: Path) -> None:
    method = finished(name, tmp_path / "run", ["method.dimension=16"])
    extractor = open_extractor(FeatureConfig(run=str(tmp_path / "run"), taps=("code", "visual")), NAMES)
    assert extractor.dimension == 16 + 1280
    batch = problems.batch()
    with torch.no_grad():
        code = method.retrieval_network().code(batch.pixels, batch.modality)
    features = extractor(batch.pixels, batch.modality)
    torch.testing.assert_close(features[:, :16], code, rtol=1e-4, atol=1e-4)
    if name == "finetune":  # the photos' network makes something else of a sketch
        assert not torch.allclose(features[:9], extractor(batch.sketch.pixels, torch.ones(9)), atol=1e-2)


def test_a_run_that_cannot_be_tapped_is_refused(tmp_path: Path) -> None:
    finished("tcn", tmp_path / "run", ["method.dimension=16", 'method.metric="none"', "method.weights.metric=0.0"])
    with pytest.raises(FormatError, match="tcn ends in no backbone and projection"):
        open_extractor(FeatureConfig(run=str(tmp_path / "run")), NAMES)
    with pytest.raises(FormatError, match="not a finished run"):
        open_extractor(FeatureConfig(run=str(tmp_path / "nothing")), NAMES)


def test_a_run_that_saw_a_class_kept_from_training_is_refused(tmp_path: Path) -> None:
    finished("sake", tmp_path / "run", ["method.dimension=16"])
    with pytest.raises(ConfigError, match=r"features\.run: .* was trained on cat, which this experiment keeps"):
        open_extractor(FeatureConfig(run=str(tmp_path / "run")), tuple(name for name in NAMES if name != "cat"))


def test_embeddings_are_the_hierarchy_first_and_the_words_second(tmp_path: Path) -> None:
    words = np.arange(10, dtype=np.float32).reshape(5, 2) + 1
    np.savez(tmp_path / "words.npz", names=np.array(NAMES), vectors=words)
    both = SemanticsConfig(vectors=str(tmp_path / "words.npz"), hierarchy="path")
    places = hierarchy_vectors(NAMES, "path", nodes=hierarchy_nodes(NAMES))
    np.testing.assert_array_equal(embeddings(both, NAMES), np.concatenate([places, words], axis=1))
    alone = SemanticsConfig(vectors=str(tmp_path / "words.npz"), unit_rows=True)
    np.testing.assert_allclose(np.linalg.norm(embeddings(alone, NAMES), axis=1), 1, rtol=1e-6)
    with pytest.raises(ConfigError, match="name vectors or hierarchy"):
        SemanticsConfig.parse({}, "test", prefix="semantics")
