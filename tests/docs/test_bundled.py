"""The model folder that the package carries: what lies in it, how large it is, what its card says."""

import re
from pathlib import Path

from inkseek.data.classes import class_list
from inkseek.evaluation.protocols import PROTOCOLS
from inkseek.retrieval.model_folder import open_model_folder

BUNDLED = Path(__file__).parents[2] / "src/inkseek/assets/bundled"
LIMIT = 16_000_000


def card() -> str:
    return (BUNDLED / "README.md").read_text(encoding="utf-8")


def test_it_holds_onnx_only_and_little_of_it() -> None:
    files = list(BUNDLED.rglob("*"))

    assert {file.name for file in files} == {"config.json", "encoder.onnx", "README.md"}
    assert sum(file.stat().st_size for file in files) <= LIMIT


def test_it_is_the_model_folder_named_bundled() -> None:
    folder = open_model_folder("bundled")

    assert folder.path.samefile(BUNDLED)
    assert folder.config.networks.served == ("encoder.onnx",)
    assert folder.config.precision == "float16"


def test_it_was_trained_on_the_seen_classes_of_the_second_split_only() -> None:
    seen = open_model_folder("bundled").config.seen_classes

    assert set(seen) == set(class_list("sketchy2_seen"))
    assert len(seen) == len(set(seen))


def test_its_card_states_terms_and_data() -> None:
    terms = card().partition("## Terms")[2].partition("##")[0]
    data = card().partition("## Training data")[2].partition("##")[0]

    assert "Apache-2.0" in terms
    assert "for research only" in " ".join(terms.split())
    assert re.search(r"^- ", data, flags=re.MULTILINE)


def test_its_card_states_figures_of_this_very_encoder_under_every_protocol() -> None:
    figures = card().partition("## Figures")[2]

    assert "Split sketchy2: " in figures
    assert "none of them seen in training" in figures
    assert f"fingerprint {open_model_folder('bundled').fingerprint[:12]}" in figures
    assert "mAP@all" in figures
    for protocol in PROTOCOLS:
        assert re.search(rf"^\| {protocol} \| queries \| 0\.\d{{3}} \|", figures, flags=re.MULTILINE)
