"""The result of a measurement: figures, and everything that they depend on, ready to be written as JSON."""

from typing import Final, Literal, TypedDict

FORMAT: Final = 2
"""Of an `Evaluation` as JSON."""


class ModelFacts(TypedDict):
    """Which encoder was measured."""

    name: str
    method: str
    fingerprint: str
    runtime: str
    precision: str


class RunFacts(TypedDict):
    """Which run trained the encoder, where it was measured in its run folder.

    `settings` is the SHA-256 of the run's configuration without its seed: two runs with equal settings are repeats.
    """

    seed: int
    settings: str
    commits: list[str]


class DataFacts(TypedDict):
    """What it was measured on: hash of all rows, split, and counts of what was measured and what was not.

    `gallery_mode`: which photos of a class stand in the gallery. `generalized`: how seen classes were added, or None.
    `skipped` counts pictures that could not be read and queries without a photo of their class. `seen_in_training`
    names the test classes that the encoder was trained on.
    """

    manifest: str
    split: str
    gallery_mode: str
    generalized: str | None
    queries: int
    gallery: int
    classes: int
    skipped: int
    seen_in_training: list[str]


class FeatureFacts(TypedDict):
    """What was compared: real values, or binary codes and how they were made."""

    kind: Literal["float", "binary"]
    dimension: int
    codes: str | None


ClassFacts = TypedDict("ClassFacts", {"queries": int, "mAP@all": float})
"""Queries of one class, and their mean."""


class Evaluation(TypedDict):
    """The result of `evaluate`.

    `run` is None for an encoder outside a run folder. `protocols`: name -> `micro` (mean over queries) and `macro`
    (mean over classes) -> metric -> value. `per_class`: class with a query that counts -> number of queries and
    mAP@all under the `main_protocol` of those measured.
    """

    format: Literal[2]
    inkseek: str
    model: ModelFacts
    run: RunFacts | None
    data: DataFacts
    zero_shot: bool
    feature: FeatureFacts
    protocols: dict[str, dict[str, dict[str, float]]]
    per_class: dict[str, ClassFacts]
