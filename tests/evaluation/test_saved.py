"""A measurement on disk says what was measured, or what is wrong with it."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from inkseek.data.manifest import Manifest
from inkseek.data.views import EvaluationData, evaluation_view
from inkseek.errors import DataError, FormatError
from inkseek.evaluation.evaluate import CodeRequest, Measurement, evaluate
from inkseek.evaluation.keeping import check_target, default_target, measurement_name, save_measurement
from inkseek.evaluation.per_query import load_per_query
from inkseek.evaluation.saved import EVALUATION, FEATURES, QUERIES, SavedEvaluation, open_evaluations
from inkseek.evaluation.selection import Selection, select
from tests.evaluation.fakes import TALL, WIDE, FakeEncoder, as_encoder, write_data
from tests.evaluation.test_provenance import write_run


@pytest.fixture
def selection(tmp_path: Path) -> Selection:
    write_data(tmp_path / "data", {WIDE: 2, TALL: 3}, {WIDE: 4, TALL: 5})
    return select(tmp_path / "data")


@pytest.fixture
def measured(selection: Selection) -> Measurement:
    return evaluate(as_encoder(FakeEncoder()), selection.view)


def test_what_is_saved_is_read_again(tmp_path: Path, measured: Measurement) -> None:
    save_measurement(tmp_path / "kept", measured, "tiny, all")

    (found,) = open_evaluations(tmp_path / "kept")

    assert (found.name, found.evaluation) == ("tiny, all", measured.evaluation)
    assert found.class_names == (TALL, WIDE)
    assert found.root == tmp_path / "data"
    for table, encoded in ((found.queries, measured.queries), (found.gallery, measured.gallery)):
        np.testing.assert_array_equal(table.features, encoded.features)
        np.testing.assert_array_equal(table.labels, encoded.labels)
        assert table.paths == encoded.paths
        np.testing.assert_array_equal(table.digests, encoded.digests)
    assert (found.training, found.training_class_names) == ({}, ())
    values = load_per_query(tmp_path / "kept" / QUERIES).values["standard/mAP@all"]
    assert values.mean() == measured.evaluation["protocols"]["standard"]["micro"]["mAP@all"]


def test_training_features_are_kept_beside_features_and_not_beside_codes(tmp_path: Path) -> None:
    manifest = write_data(tmp_path / "data", {WIDE: 9, TALL: 9}, {WIDE: 9, TALL: 9})
    view, training = evaluation_view(manifest, [TALL, WIDE]), evaluation_view(manifest, [WIDE])
    encoder = as_encoder(WideEncoder())

    plain = evaluate(encoder, view, training=training)
    coded = evaluate(encoder, view, training=training, codes=CodeRequest("itq", 8))
    for name, measurement in (("plain", plain), ("coded", coded)):
        save_measurement(tmp_path / name, measurement, name)

    kept = SavedEvaluation.open(tmp_path / "plain")
    assert (set(kept.training), kept.training_class_names) == ({"sketch", "photo"}, (WIDE,))
    kept = SavedEvaluation.open(tmp_path / "coded")
    assert kept.training == {}
    assert (str(kept.queries.features.dtype), kept.queries.features.shape) == ("uint8", (18, 1))
    assert kept.evaluation["feature"] == {"kind": "binary", "dimension": 8, "codes": "itq"}
    means = {name: found["macro"]["mAP@all"] for name, found in kept.evaluation["protocols"].items()}
    per_class = np.mean([facts["mAP@all"] for facts in kept.evaluation["per_class"].values()])
    assert per_class == pytest.approx(means["expected"], abs=1e-12) != pytest.approx(means["standard"], abs=1e-12)


class WideEncoder(FakeEncoder):
    """Features of eight values, so that there is something to make eight bits of."""

    def __init__(self) -> None:
        super().__init__(dimension=8)
        self.random = np.random.default_rng(0)

    def encode_sketch(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        return self.random.standard_normal((len(pixels), 8), dtype=np.float32)

    encode_photo = encode_sketch


def test_a_folder_that_is_no_measurement_is_not_touched(tmp_path: Path, measured: Measurement) -> None:
    with pytest.raises(DataError, match="exists and holds photo; choose another folder"):
        save_measurement(tmp_path / "data", measured, "tiny")
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == ["photo", "sketch"]


def test_a_folder_with_another_file_beside_a_measurement_is_not_touched(tmp_path: Path, measured: Measurement) -> None:
    save_measurement(tmp_path / "kept", measured, "tiny")
    (tmp_path / "kept" / "thesis.txt").write_text("years of work")

    with pytest.raises(DataError, match=r"kept: exists and holds thesis\.txt; choose another folder with --out"):
        check_target(tmp_path / "kept")


def test_a_damaged_measurement_can_be_measured_again(tmp_path: Path, measured: Measurement) -> None:
    save_measurement(tmp_path / "kept", measured, "tiny")
    (tmp_path / "kept" / FEATURES).write_bytes(b"no zip")
    (tmp_path / "kept" / ".DS_Store").touch()

    save_measurement(tmp_path / "kept", measured, "again")

    assert SavedEvaluation.open(tmp_path / "kept").name == "again"


@pytest.mark.parametrize("name", [EVALUATION, "notes"])
def test_a_folder_that_has_but_the_name_of_a_measurement_is_not_touched(tmp_path: Path, name: str) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / name).write_text('{"mine": 1}')

    with pytest.raises(DataError, match="mine: exists and"):
        check_target(tmp_path / "mine")


def test_a_file_is_no_target(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(DataError, match="is a file"):
        check_target(tmp_path / "file")


def test_an_older_measurement_is_replaced(tmp_path: Path, measured: Measurement) -> None:
    save_measurement(tmp_path / "kept", measured, "older")
    save_measurement(tmp_path / "kept", measured, "newer")

    assert SavedEvaluation.open(tmp_path / "kept").name == "newer"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "kept"]


@pytest.mark.parametrize("damage", [b"", b"no zip", b"PK\x03\x04 cut short"])
def test_damaged_features_are_named(tmp_path: Path, measured: Measurement, damage: bytes) -> None:
    save_measurement(tmp_path / "kept", measured, "tiny")
    (tmp_path / "kept" / FEATURES).write_bytes(damage)

    with pytest.raises(FormatError, match=r"features.npz: is damaged; measure again"):
        open_evaluations(tmp_path / "kept")


def test_another_format_is_named(tmp_path: Path, measured: Measurement) -> None:
    save_measurement(tmp_path / "kept", measured, "tiny")
    with np.load(tmp_path / "kept" / FEATURES, allow_pickle=False) as arrays:
        np.savez(tmp_path / "kept" / FEATURES, allow_pickle=False, **{**arrays, "format": np.array(9)})

    with pytest.raises(FormatError, match="format 9, but this inkseek reads 1"):
        open_evaluations(tmp_path / "kept")


def test_a_folder_without_measurements_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"holds no measurement; make one with inkseek evaluate"):
        open_evaluations(tmp_path)


def test_a_run_keeps_each_of_its_measurements(tmp_path: Path, selection: Selection) -> None:
    """Other pictures under the same names, and another runtime, are other measurements; the same one has one place."""
    encoder = FakeEncoder(folder=write_run(tmp_path / "run") / "model")
    other = write_data(tmp_path / "other" / "data", {WIDE: 1}, {WIDE: 1})

    def target(view: EvaluationData) -> Path | None:
        return default_target(as_encoder(encoder), view, "data-all")

    places = [target(selection.view), target(selection.view), target(evaluation_view(other, [WIDE]))]
    encoder.runtime = "another"
    places.append(target(selection.view))

    assert places[0] == places[1]
    assert len(set(places)) == 3
    assert all(place and place.parent == tmp_path / "run" / "evaluations" for place in places)


def test_an_encoder_outside_a_run_has_no_place_of_its_own(selection: Selection) -> None:
    assert default_target(as_encoder(FakeEncoder()), selection.view, "data-all") is None


def test_all_measurements_of_a_run_are_opened_by_name(tmp_path: Path, measured: Measurement) -> None:
    for name in ("b", "a"):
        save_measurement(tmp_path / "run" / "evaluations" / name, measured, name)

    assert [found.name for found in open_evaluations(tmp_path / "run")] == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{}", "not a result of format 2"),
        ("[]", "not a result of format 2"),
        ('{"format": 1}', "not a result of format 2"),
        ('{"format": 2}', "lacks data, feature"),
        ("[" * 100_000, "is damaged"),
    ],
)
def test_a_result_that_is_none_is_named(tmp_path: Path, measured: Measurement, text: str, sentence: str) -> None:
    save_measurement(tmp_path / "kept", measured, "tiny")
    (tmp_path / "kept" / EVALUATION).write_text(text)

    with pytest.raises(FormatError, match=rf"evaluation\.json: {sentence}.*; measure again"):
        open_evaluations(tmp_path / "kept")


@pytest.mark.parametrize(
    "change",
    [
        {"gallery_labels": np.zeros(3, dtype=np.int64)},
        {"gallery_labels": np.full(9, 7)},
        {"queries_paths": np.array(["one"])},
        {"queries_digests": np.zeros((1, 32), np.uint8)},
        {"gallery_features": np.zeros(9, np.float32)},
    ],
)
def test_columns_that_do_not_fit_are_named(
    tmp_path: Path, measured: Measurement, change: dict[str, NDArray[np.generic]]
) -> None:
    save_measurement(tmp_path / "kept", measured, "tiny")
    with np.load(tmp_path / "kept" / FEATURES, allow_pickle=False) as arrays:
        np.savez(tmp_path / "kept" / FEATURES, allow_pickle=False, **{**arrays, **change})

    with pytest.raises(FormatError, match=r"features\.npz: holds no measurement; measure again"):
        open_evaluations(tmp_path / "kept")


def test_names_that_are_no_text_are_kept(tmp_path: Path) -> None:
    name = b"caf\xe9".decode("utf-8", "surrogateescape")
    manifest = write_data(tmp_path / "data", {WIDE: 1}, {WIDE: 1})
    rows = tuple(replace(row, class_name=name, path=f"{row.path.split('/')[0]}/{name}/0.png") for row in manifest.rows)
    for side in ("sketch", "photo"):
        (tmp_path / "data" / side / WIDE).rename(tmp_path / "data" / side / name)
    measured = evaluate(as_encoder(FakeEncoder()), evaluation_view(Manifest(tmp_path / "data", rows), [name]))

    save_measurement(tmp_path / "kept", measured, name)

    (found,) = open_evaluations(tmp_path / "kept")
    assert (found.class_names, list(found.evaluation["per_class"])) == ((name,), [name])


def test_a_name_tells_every_choice_that_is_not_the_default(tmp_path: Path, selection: Selection) -> None:
    assert measurement_name(tmp_path / "my data", selection, None) == "my_data-all"
    assert measurement_name(tmp_path / "data", selection, CodeRequest("itq", 32)) == "data-all-itq-32"
    split = tmp_path / "mine.json"
    split.write_text(json.dumps({"seen": [WIDE], "unseen": [TALL]}), encoding="utf-8")
    chosen = select(tmp_path / "data", str(split), gallery="distinct")
    assert measurement_name(tmp_path / "data.v2", chosen, None) == "data.v2-mine-distinct"


def test_the_result_is_plain_json(tmp_path: Path, measured: Measurement) -> None:
    save_measurement(tmp_path / "kept", measured, "tiny")

    assert json.loads((tmp_path / "kept" / EVALUATION).read_text(encoding="utf-8")) == measured.evaluation
