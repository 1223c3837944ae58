"""The first road, end to end through the command alone: train, index, search, evaluate."""

import json
import types
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkseek.data.classes import class_list
from inkseek.pictures.preprocessing import read_query
from inkseek.retrieval.encoder import load_encoder
from tests.cli.calling import inkseek, keys
from tests.e2e.conftest import EACH, SEEN, SIZE, STEPS, UNSEEN, Run

pytestmark = pytest.mark.slow

METRICS = ("mAP@all", "mAP@25", "P@25", "mAP@100", "P@100", "mAP@200", "P@200")
EVALUATION = {
    "format": int,
    "inkseek": str,
    "run": {"seed": int, "settings": str, "commits": [str]},
    "model": dict.fromkeys(("name", "method", "fingerprint", "runtime", "precision"), str),
    "data": {
        "manifest": str,
        "split": str,
        "gallery_mode": str,
        "generalized": type(None),
        "queries": int,
        "gallery": int,
        "classes": int,
        "skipped": int,
        "seen_in_training": [],
    },
    "zero_shot": bool,
    "feature": {"kind": str, "dimension": int, "codes": type(None)},
    "protocols": {
        name: {mean: dict.fromkeys(METRICS, float) for mean in ("micro", "macro")}
        for name in ("standard", "sake", "sempcyc", "doodle", "zse")
    },
    "per_class": {name: {"queries": int, "mAP@all": float} for name in UNSEEN},
}
SEARCH = {
    "format": int,
    "gallery": {"path": str, "photos": int, "fingerprint": str},
    "query": {"source": str, "kind": str},
    "k": int,
    "milliseconds": dict.fromkeys(("render", "encode", "search", "total"), float),
    "results": [{"rank": int, "id": int, "path": str, "score": float, "class": types.NoneType}],
}


@pytest.fixture(scope="module")
def gallery(finished: Run) -> Path:
    """The photos of all classes, indexed with the encoder of the run."""
    folder = finished.data.parent / "gallery"
    arguments = (
        "index",
        finished.data / "photo",
        "--gallery",
        folder,
        "--model",
        finished.folder,
        "--exclude",
        "unicorn",
    )
    tree = inkseek(*arguments, "--json").json()
    assert tree["photos"] == tree["report"]["added"] == EACH * len(SEEN + UNSEEN)
    assert tree["report"]["bad"] == {"corrupt": 1}
    return folder


@pytest.fixture
def query(finished: Run) -> Path:
    return finished.data / "sketch" / "pear" / "3.png"


def read(path: Path) -> Any:  # noqa: ANN401 - a JSON file
    return json.loads(path.read_text(encoding="utf-8"))


def test_a_run_is_one_folder(finished: Run) -> None:
    # what other tests measured lies beside
    assert {entry.name for entry in finished.folder.iterdir()} - {"evaluations"} == {
        *("config.json", "environment.json", "data-report.json", "metrics.jsonl", "tensorboard", "checkpoint", "model")
    }
    assert {file.name for file in (finished.folder / "model").iterdir()} == {
        *("config.json", "encoder.onnx", "model.safetensors", "README.md")
    }
    assert {file.name for file in (finished.folder / "checkpoint").iterdir()} == {"state.json", "state.safetensors"}
    assert len(list((finished.folder / "tensorboard").glob("events.*"))) == 1


def test_train_prints_its_result_alone(finished: Run) -> None:
    tree = finished.done.json()
    assert (tree["format"], tree["run"], tree["model"]) == (1, str(finished.folder), str(finished.folder / "model"))
    assert set(tree["figures"]) == {"held_out"}
    assert f"{STEPS * 4} sketches and 12 photos of 104 seen classes" in finished.done.err


def test_the_configuration_is_resolved_and_what_the_encoder_needs_is_in_the_model(finished: Run) -> None:
    config, model = read(finished.folder / "config.json"), read(finished.folder / "model/config.json")
    assert (config["method"]["name"], config["method"]["dimension"]) == ("sake", 16)
    assert config["training"]["augmentation"]["flip"] == 0.5
    assert config["data"]["preprocessing"] == model["preprocessing"]
    assert (model["preprocessing"]["size"], model["feature"]["dimension"]) == (SIZE, 16)
    assert model["seen_classes"] == sorted(class_list("sketchy2_seen"))


def test_the_environment_names_everything_else(finished: Run) -> None:
    tree = read(finished.folder / "environment.json")
    assert set(tree) == {"commits", "python", "versions", "device", "manifest", "pictures", "split"}
    assert tree["pictures"] == 2 * len(SEEN) * (EACH - 5)
    assert not set(tree["split"]["seen"]) & set(tree["split"]["unseen"])
    assert set(tree["versions"]) >= {"inkseek", "torch"}


def test_unseen_and_unknown_classes_are_in_the_report_of_the_data(finished: Run) -> None:
    skipped = [
        (Path(entry["path"]).name, entry["fault"]) for entry in read(finished.folder / "data-report.json")["skipped"]
    ]
    assert skipped.count(("unicorn", "folder outside the class list")) == 2
    assert {name for name, fault in skipped if fault == "class is not seen"} == set(UNSEEN)


def test_every_step_is_in_the_journal(finished: Run) -> None:
    records = [json.loads(line) for line in (finished.folder / "metrics.jsonl").read_text().splitlines()]
    steps = [record for record in records if record["kind"] == "step"]
    assert [record["step"] for record in steps] == [*range(1, STEPS + 1)]
    assert all(
        np.isfinite([record[key] for key in ("classification", "distillation", "total")]).all() for record in steps
    )
    (held_out,) = [record for record in records if record["kind"] == "held_out"]
    assert 0 < held_out["mAP@all"] <= 1


def test_search_answers_in_the_published_form(finished: Run, gallery: Path, query: Path) -> None:
    done = inkseek("search", gallery, query, "-k", "7", "--json")
    tree = done.json()
    assert done.err == ""
    assert keys(tree) == SEARCH
    assert (tree["format"], tree["k"], tree["query"]) == (1, 7, {"source": str(query), "kind": "sketch"})
    assert tree["gallery"] == {
        "path": str(gallery),
        "photos": EACH * len(SEEN + UNSEEN),
        "fingerprint": load_encoder(finished.folder).fingerprint,
    }
    times = tree["milliseconds"]
    assert times["total"] == pytest.approx(times["render"] + times["encode"] + times["search"], abs=0.01)
    assert [result["rank"] for result in tree["results"]] == [*range(1, 8)]
    assert all(one["score"] >= other["score"] for one, other in pairwise(tree["results"]))
    assert len({result["id"] for result in tree["results"]}) == 7


def test_a_score_is_the_cosine_of_what_the_encoder_gives(finished: Run, gallery: Path, query: Path) -> None:
    encoder = load_encoder(finished.folder)
    sketch = encoder.encode_sketch(read_query(query, encoder.config.preprocessing)[None])[0]
    for result in inkseek("search", gallery, query, "--json").json()["results"]:
        pixels = read_query(result["path"], encoder.config.preprocessing, modality="photo")
        photo = encoder.encode_photo(pixels[None])[0]
        assert result["score"] == pytest.approx(float(sketch @ photo), abs=2e-3)


def test_a_photo_finds_itself(finished: Run, gallery: Path) -> None:
    photo = finished.data / "photo" / "window" / "5.jpg"
    tree = inkseek("search", gallery, photo, "--photo", "--json").json()
    assert tree["query"]["kind"] == "photo"
    assert Path(tree["results"][0]["path"]) == photo
    assert tree["results"][0]["score"] == pytest.approx(1, abs=2e-3)


def test_paths_alone_are_the_same_photos_in_the_same_order(gallery: Path, query: Path) -> None:
    done = inkseek("search", gallery, query, "-k", "5", "--paths-only")
    results = inkseek("search", gallery, query, "-k", "5", "--json").json()["results"]
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == [result["path"] for result in results]


def test_strokes_and_vectors_are_queries_too(gallery: Path, tmp_path: Path) -> None:
    points = [[10, 10], [90, 12], [50, 80], [10, 10]]
    (tmp_path / "q.json").write_text(json.dumps({"format": 1, "strokes": [points]}))
    path = " ".join(f"{'ML'[i > 0]}{x},{y}" for i, (x, y) in enumerate(points))
    (tmp_path / "q.svg").write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg"><path d="{path}" stroke="black" fill="none"/></svg>'
    )
    (tmp_path / "q.ndjson").write_text(
        json.dumps({"word": "cat", "key_id": "1", "drawing": [[*zip(*points, strict=True)]]})
    )
    found = [
        inkseek("search", gallery, tmp_path / f"q.{kind}", "--paths-only").out for kind in ("json", "svg", "ndjson")
    ]
    assert found[0] == found[1] == found[2]
    assert len(found[0].splitlines()) == 10


def test_a_second_index_reads_nothing_and_a_removed_photo_is_gone(finished: Run, gallery: Path, query: Path) -> None:
    arguments = ("--gallery", gallery, "--model", finished.folder, "--exclude", "unicorn", "--json")
    report = inkseek("index", finished.data / "photo", *arguments).json()["report"]
    assert (report["added"], report["unchanged"], report["known_bad"]) == (0, EACH * len(SEEN + UNSEEN), 1)
    first = inkseek("search", gallery, query, "--json").json()["results"][0]
    assert inkseek("gallery", "remove", gallery, first["path"], "--json").json()["removed"] == 1
    assert first["path"] not in inkseek("search", gallery, query, "-k", "100", "--paths-only").out.splitlines()
    assert inkseek("index", finished.data / "photo", *arguments).json()["report"]["added"] == 1
    again = inkseek("search", gallery, query, "--json").json()["results"][0]
    assert (again["path"], again["score"]) == (first["path"], first["score"])
    assert again["id"] > first["id"]


def test_evaluate_answers_in_the_published_form(finished: Run) -> None:
    done = inkseek("evaluate", finished.folder, "--data", finished.data, "--split", "sketchy2", "--json")
    tree = done.json()
    assert keys(tree) == EVALUATION
    assert tree["format"] == 2
    assert tree["model"]["name"] == "tiny"
    assert (tree["model"]["method"], tree["model"]["runtime"], tree["model"]["precision"]) == (
        "sake",
        "onnxruntime",
        "float32",
    )
    assert tree["model"]["fingerprint"] == load_encoder(finished.folder).fingerprint
    counts = {key: tree["data"][key] for key in ("split", "queries", "gallery", "classes", "skipped")}
    assert counts == {"split": "sketchy2", "queries": 24, "gallery": 24, "classes": 3, "skipped": 1}
    assert tree["zero_shot"] is True
    assert all(0 <= tree["protocols"]["standard"]["micro"][name] <= 1 for name in METRICS)
    assert tree["protocols"]["sake"]["micro"]["mAP@all"] >= tree["protocols"]["standard"]["micro"]["mAP@all"]
    assert {facts["queries"] for facts in tree["per_class"].values()} == {EACH}


def test_evaluate_says_what_it_passed_by(finished: Run) -> None:
    done = inkseek("evaluate", finished.folder, "--data", finished.data, "--split", "sketchy2")
    assert done.code == 0
    assert "folder outside the class list │ 2 " in done.err
    assert "corrupt                       │ 1 " in done.err
    assert "no picture of 18 test classes of sketchy2: cabin, cow, dolphin" in done.err
    assert "airplane" not in done.err  # left out on purpose
    assert "mAP@all" in done.out


def test_every_class_may_be_a_test_class_but_then_it_is_not_zero_shot(finished: Run) -> None:
    tree = inkseek("evaluate", finished.folder, "--data", finished.data, "--split", "all", "--json").json()
    assert tree["data"]["seen_in_training"] == sorted(SEEN)
    assert tree["zero_shot"] is False
    assert tree["data"]["classes"] == len(SEEN + UNSEEN) + 1
    assert tree["data"]["split"] == "all"
    assert set(tree["per_class"]) == {*SEEN, *UNSEEN, "unicorn"}


def test_a_split_that_shares_classes_with_training_is_refused(finished: Run) -> None:
    done = inkseek("evaluate", finished.folder, "--data", finished.data, "--split", "sketchy1", "--json")
    assert (done.code, done.out) == (2, "")
    assert "tiny was trained on" in done.err
    assert "--split all" in done.err
