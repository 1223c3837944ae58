"""The table for human readers says what the result says."""

import io
import re
from pathlib import Path

from rich.console import Console

from inkseek.data.views import evaluation_view
from inkseek.evaluation.evaluate import evaluate
from inkseek.evaluation.table import evaluation_table
from tests.evaluation.fakes import TALL, WIDE, FakeEncoder, as_encoder, write_data


def text_of(tmp_path: Path, encoder: FakeEncoder) -> str:
    manifest = write_data(tmp_path, {WIDE: 2, TALL: 3}, {WIDE: 4, TALL: 5})
    paper = io.StringIO()
    evaluation = evaluate(as_encoder(encoder), evaluation_view(manifest, [WIDE, TALL])).evaluation
    Console(width=120, file=paper).print(evaluation_table(evaluation))
    return paper.getvalue()


def test_table_names_model_data_protocols_and_classes(tmp_path: Path) -> None:
    text = text_of(tmp_path, FakeEncoder())

    assert "tiny (method none, float32 on fake, 2-d float, fingerprint ffffffffffff)" in text
    assert "split all: 5 sketches against 9 photos of 2 classes, 0 skipped" in text
    assert "gallery as listed" in text
    assert re.search(r"standard +micro( +[01]\.\d{4}){2} +0\.5111 ", text)
    assert re.search(r"zse +macro( +[01]\.\d{4}){7} *\n", text)
    assert re.search(r"bat\W+3\W+1\.0000", text)


def test_table_says_which_classes_were_trained_on(tmp_path: Path) -> None:
    assert "not zero-shot: trained on bat" in text_of(tmp_path, FakeEncoder(seen_classes=("bat",)))
