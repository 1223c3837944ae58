"""The result of a measurement: its keys, its facts, what it refuses and what it skips."""

import json
from importlib.metadata import version
from pathlib import Path

import pytest

from inkseek.data.report import ReadReport
from inkseek.data.views import evaluation_view
from inkseek.errors import ConfigError, DataError, PictureFault, SplitError
from inkseek.evaluation.evaluate import CodeRequest, evaluate
from inkseek.evaluation.protocols import PROTOCOLS
from tests.evaluation.fakes import (
    TALL,
    WIDE,
    BrokenEncoder,
    FakeEncoder,
    as_encoder,
    write_data,
)

METRICS = ["mAP@all", "mAP@25", "P@25", "mAP@100", "P@100", "mAP@200", "P@200"]


def perfect(precision: float) -> dict[str, object]:
    """Every relevant photo before all others, in a gallery smaller than every cut."""
    return {metric: pytest.approx(precision) if metric.startswith("P@") else 1.0 for metric in METRICS}


def test_the_result_has_the_published_keys_and_is_json(tmp_path: Path) -> None:
    manifest = write_data(tmp_path, {WIDE: 2, TALL: 3}, {WIDE: 4, TALL: 5})

    found = evaluate(as_encoder(FakeEncoder()), evaluation_view(manifest, [WIDE, TALL]), split="sketchy2").evaluation

    micro = perfect(precision=(2 * 4 + 3 * 5) / 5 / 9)
    macro = perfect(precision=(4 + 5) / 2 / 9)
    assert json.loads(json.dumps(found)) == {
        "format": 2,
        "inkseek": version("inkseek"),
        "run": None,
        "model": {
            "name": "tiny",
            "method": "none",
            "fingerprint": "f" * 64,
            "runtime": "fake",
            "precision": "float32",
        },
        "data": {
            "manifest": manifest.hash,
            "split": "sketchy2",
            "gallery_mode": "as_listed",
            "generalized": None,
            "queries": 5,
            "gallery": 9,
            "classes": 2,
            "skipped": 0,
            "seen_in_training": [],
        },
        "zero_shot": True,
        "feature": {"kind": "float", "dimension": 2, "codes": None},
        "protocols": {
            **{name: {"micro": micro, "macro": macro} for name in ("standard", "sake", "sempcyc")},
            "doodle": dict.fromkeys(("micro", "macro"), perfect(precision=0)),
            "zse": dict.fromkeys(("micro", "macro"), perfect(precision=1)),
        },
        "per_class": {TALL: {"queries": 3, "mAP@all": 1.0}, WIDE: {"queries": 2, "mAP@all": 1.0}},
    }
    assert list(found["protocols"]["sake"]["macro"]) == METRICS


def test_each_picture_is_encoded_once(tmp_path: Path) -> None:
    manifest = write_data(tmp_path, {WIDE: 40, TALL: 5}, {WIDE: 70, TALL: 1})
    encoder = FakeEncoder()
    dealt_with: list[int] = []

    evaluate(as_encoder(encoder), evaluation_view(manifest, [WIDE, TALL]), advance=dealt_with.append)

    assert sum(count for modality, count in encoder.batches if modality == "sketch") == 45
    assert sum(count for modality, count in encoder.batches if modality == "photo") == 71
    assert sum(dealt_with) == len(manifest)


def test_a_named_split_with_classes_seen_in_training_is_refused(tmp_path: Path) -> None:
    manifest = write_data(tmp_path, {WIDE: 1, TALL: 1}, {WIDE: 1, TALL: 1})
    encoder = FakeEncoder(seen_classes=("Bat", "cup", "car (sedan)"))
    data = evaluation_view(manifest, [WIDE, TALL, "car_(sedan)"])

    with pytest.raises(SplitError, match=r"trained on 2 test classes of sketchy1 \(bat, car_\(sedan\)\)"):
        evaluate(as_encoder(encoder), data, split="sketchy1")
    assert encoder.batches == []


def test_all_classes_are_measured_and_the_seen_ones_named(tmp_path: Path) -> None:
    manifest = write_data(tmp_path, {WIDE: 1, TALL: 1}, {WIDE: 1, TALL: 1})
    encoder = FakeEncoder(seen_classes=("bat", "cup"))

    found = evaluate(as_encoder(encoder), evaluation_view(manifest, [WIDE, TALL])).evaluation

    assert found["zero_shot"] is False
    assert found["data"]["seen_in_training"] == [TALL]
    assert found["data"]["split"] == "all"


def test_unreadable_pictures_are_skipped_and_counted(tmp_path: Path) -> None:
    manifest = write_data(tmp_path, {WIDE: 3, TALL: 2}, {WIDE: 3, TALL: 2})
    (tmp_path / "sketch" / WIDE / "1.png").write_bytes(b"no picture")
    (tmp_path / "photo" / WIDE / "2.png").unlink()
    report = ReadReport()
    report.add("photo/door/3.png", PictureFault.EMPTY, "holds no bytes")
    report.add("photo/cup", "folder outside the class list", "3 files")

    found = evaluate(as_encoder(FakeEncoder()), evaluation_view(manifest, [WIDE, TALL]), report=report).evaluation

    assert found["data"]["skipped"] == 3
    assert (found["data"]["queries"], found["data"]["gallery"]) == (4, 4)
    assert found["per_class"][WIDE] == {"queries": 2, "mAP@all": 1.0}
    assert report.counts[PictureFault.MISSING] == 1
    assert [entry.path for entry in report.skipped[2:]] == [
        str(tmp_path / "sketch" / WIDE / "1.png"),
        str(tmp_path / "photo" / WIDE / "2.png"),
    ]


def test_queries_of_a_class_without_photos_are_skipped_and_counted(tmp_path: Path) -> None:
    manifest = write_data(tmp_path, {WIDE: 3, TALL: 2}, {WIDE: 3})

    found = evaluate(as_encoder(FakeEncoder()), evaluation_view(manifest, [WIDE, TALL])).evaluation

    assert (found["data"]["queries"], found["data"]["skipped"], found["data"]["classes"]) == (3, 2, 2)
    assert list(found["per_class"]) == [WIDE]


def test_nothing_readable_on_one_side_is_an_error(tmp_path: Path) -> None:
    manifest = write_data(tmp_path, {WIDE: 1}, {WIDE: 2})
    for file in (tmp_path / "photo" / WIDE).iterdir():
        file.write_bytes(b"")

    with pytest.raises(DataError, match="none of 2 photo pictures could be read"):
        evaluate(as_encoder(FakeEncoder()), evaluation_view(manifest, [WIDE]))


def test_features_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    manifest = write_data(tmp_path, {WIDE: 1}, {WIDE: 2})

    with pytest.raises(DataError, match=r"gallery feature 0 is not finite \(2 of 2 rows\)"):
        evaluate(as_encoder(BrokenEncoder()), evaluation_view(manifest, [WIDE]))


def test_only_the_protocols_asked_for_are_measured(tmp_path: Path) -> None:
    manifest = write_data(tmp_path, {WIDE: 1}, {WIDE: 2})

    found = evaluate(
        as_encoder(FakeEncoder()), evaluation_view(manifest, [WIDE]), protocols=[PROTOCOLS["sake"]]
    ).evaluation

    assert list(found["protocols"]) == ["sake"]
    assert found["per_class"] == {WIDE: {"queries": 1, "mAP@all": 1.0}}


def test_only_unseen_classes_must_be_new_where_seen_ones_are_added(tmp_path: Path) -> None:
    manifest = write_data(tmp_path, {WIDE: 1, TALL: 1}, {WIDE: 1, TALL: 1})
    encoder, data = as_encoder(FakeEncoder(seen_classes=(TALL,))), evaluation_view(manifest, [WIDE, TALL])

    found = evaluate(encoder, data, split="mine", unseen=(WIDE,)).evaluation

    assert found["zero_shot"] is True
    with pytest.raises(SplitError, match="bat"):
        evaluate(encoder, data, split="mine", unseen=(WIDE, TALL))


def test_codes_on_training_pictures_need_some(tmp_path: Path) -> None:
    manifest = write_data(tmp_path, {WIDE: 1}, {WIDE: 1})

    with pytest.raises(DataError, match="fitted on training pictures"):
        evaluate(as_encoder(FakeEncoder(dimension=8)), evaluation_view(manifest, [WIDE]), codes=CodeRequest("itq", 8))


def test_unknown_codes_are_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="choose itq, itq-transductive"):
        CodeRequest("lsh")


@pytest.mark.parametrize("bits", [0, 12, -8])
def test_bits_are_a_multiple_of_eight(bits: int) -> None:
    with pytest.raises(ConfigError, match=f"not {bits}; ask for 64"):
        CodeRequest("itq", bits)


def test_codes_that_cannot_be_fitted_are_refused_before_anything_is_encoded(tmp_path: Path) -> None:
    manifest = write_data(tmp_path, {WIDE: 3}, {WIDE: 3})
    data, narrow, wide = evaluation_view(manifest, [WIDE]), FakeEncoder(), FakeEncoder(dimension=64)

    with pytest.raises(ConfigError, match="64 bits cannot be made of features of 2 values"):
        evaluate(as_encoder(narrow), data, training=data, codes=CodeRequest("itq"))
    with pytest.raises(DataError, match=r"more than 8 pictures, here are 6"):
        evaluate(as_encoder(wide), data, training=data, codes=CodeRequest("itq", 8))
    with pytest.raises(DataError, match=r"more than 8 pictures, here are 3"):
        evaluate(as_encoder(wide), data, codes=CodeRequest("itq-released", 8))
    assert narrow.batches == wide.batches == []
