"""What `[training.batch]` and `[training.augmentation]` may say together."""

from typing import Any

import pytest

from inkseek.config import read_toml
from inkseek.errors import ConfigError
from inkseek.training.experiment import AugmentationConfig, Experiment, ViewConfig, parse_experiment
from tests.contracts.problems import CONFIGS

PAIRS = {"sampling": "pairs", "sketches": 8, "photos": 8}


def parsed(batch: dict[str, Any], augmentation: dict[str, Any] | None = None) -> Experiment:
    tree = read_toml(CONFIGS / "sake-sketchy25.toml")
    tree["training"] |= {"batch": batch, "augmentation": augmentation or {}}
    return parse_experiment(tree, "test.toml")


@pytest.mark.parametrize("sampling", ["pairs", "balanced_pairs", "aligned_pairs"])
def test_samplings_of_pairs(sampling: str) -> None:
    steps = {"steps": 10} if sampling == "balanced_pairs" else {}
    assert parsed(PAIRS | steps | {"sampling": sampling}, {"paired": True}).training.batch.paired


@pytest.mark.parametrize(
    ("batch", "augmentation", "message"),
    [
        (PAIRS | {"photos": 9}, {}, r"training\.batch\.sketches and training\.batch\.photos must be equal"),
        (PAIRS | {"steps": 3}, {}, r'training\.batch\.steps is for sampling = "balanced_pairs" alone'),
        (PAIRS | {"sampling": "balanced_pairs"}, {}, r"training\.batch\.steps: .* set the steps of an epoch"),
        (PAIRS | {"sampling": "shuffled", "steps": 3}, {}, r"training\.batch\.steps is for"),
        (PAIRS | {"sampling": "balanced", "classes": 3}, {}, r"training\.batch\.classes must divide"),
        (PAIRS | {"sampling": "shuffled"}, {"paired": True}, r"training\.augmentation\.paired wants pairs"),
        (PAIRS, {"probability": 1.1}, r"training\.augmentation\.probability"),
        (PAIRS, {"about": "center"}, r"training\.augmentation\.about"),
        (PAIRS, {"view": {"hue": 0.6}}, r"training\.augmentation\.view\.hue"),
        (PAIRS, {"view": {"blur": 0.5}}, r"training\.augmentation\.view\.blur"),
    ],
)
def test_what_contradicts_itself_is_an_error_that_names_the_key(
    batch: dict[str, Any], augmentation: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=rf"test\.toml: .*{message}"):
        parsed(batch, augmentation)


def test_features_of_a_frozen_network_have_no_batch_norms_to_measure() -> None:
    tree = read_toml(CONFIGS / "ssgn-sketchy25.toml")
    tree["training"]["norm_batches"] = 5
    with pytest.raises(ConfigError, match=r"test\.toml: training\.norm_batches is for .* set it to 0"):
        parse_experiment(tree, "test.toml")


def test_the_papers_draw_can_be_written_down() -> None:
    draw: dict[str, Any] = {"rotation": 30, "scale": 0.3, "translation": 0.0446, "each": 0.5, "probability": 0.7}
    draw |= {"about": "corner", "fill": "black", "thickness": 0, "view": {"jitter": 0.8, "hue": 0.1}}
    found = parsed({"sketches": 32, "photos": 64}, draw).training.augmentation
    assert (found.about, found.fill, found.each, found.probability, found.paired) == (
        "corner",
        "black",
        0.5,
        0.7,
        False,
    )
    assert found.view == ViewConfig() == AugmentationConfig().view
