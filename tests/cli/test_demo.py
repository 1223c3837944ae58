"""The demo: packaged drawings, their right photos, the figures, the page and the verb itself."""

import json
import math
import re
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import typer
from PIL import Image
from typer.testing import CliRunner, Result

from inkseek.cli import demo_run
from inkseek.cli.demo import demo
from inkseek.cli.demo_drawings import demo_set, drawings_folder
from inkseek.cli.demo_page import demo_page, drawing_svg, thumbnail
from inkseek.cli.demo_results import DemoResult, DrawingResult, FoundPhoto, chance_at, figures, hits_at
from inkseek.data.classes import class_key, class_list
from inkseek.errors import DataError, GalleryError, InkseekError
from inkseek.retrieval.stamps import Progress, StampRule
from inkseek.sketch.model import Drawing
from inkseek.sketch.readers import read_drawing
from tests.tiny_model import write_tiny_model_folder

LINE = Drawing.from_points([[(0, 0), (10, 5)], [(2, 2), (3, 9)]])


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_tiny_model_folder(tmp_path / "model", seen_classes=("penguin", "wading_bird"))


@pytest.fixture
def gallery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stands for the fetched photos: one right photo for the cow and for the penguin, and three of something else."""
    folder = tmp_path / "photos"
    captions = {
        "animals/mammals/bovines/cow": "A cow.",
        "animals/birds/penguin": "A penguin.",
        "food/pear": "A <pear> & more.",
        "food/fig": "A fig.",
        "food/kiwi": "A kiwi.",
    }
    rng = np.random.default_rng(0)
    for stem in captions:
        (folder / stem).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (40, 60, 3), dtype=np.uint8)).save(folder / f"{stem}.png")

    def fetched(rule: StampRule, cache: Path, progress: Progress) -> tuple[Path, dict[str, str]]:
        progress("fetching", 1, 1)
        return folder, captions

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(demo_run, "stamp_photos", fetched)
    monkeypatch.chdir(tmp_path)
    return folder


def call(*arguments: str | Path) -> Result:
    app = typer.Typer()
    app.command()(demo)
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if result.exception is not None:
        raise result.exception
    return result


def drawn(right: Sequence[bool], *, seen: bool = False, name: str = "cow") -> DrawingResult:
    photos = tuple(
        FoundPhoto(rank, rank, f"{rank}.png", "", 1 - rank / 10, flag) for rank, flag in enumerate(right, start=1)
    )
    return DrawingResult(name, name, LINE, seen, {"total": 2.0}, photos, 1)


def test_about_twenty_drawings_most_of_unseen_classes() -> None:
    things = demo_set().drawings
    assert 18 <= len(things) <= 24
    assert sum(thing.seen_as is None for thing in things) >= 14
    assert len({thing.name for thing in things}) == len(things)


def test_what_was_written_down_as_seen_agrees_with_the_class_list() -> None:
    seen = {class_key(name): name for name in class_list("sketchy2_seen")}
    assert all(thing.seen_as == seen.get(class_key(thing.class_name)) for thing in demo_set().drawings)


def test_every_drawing_reads_and_every_file_is_listed() -> None:
    files = {path.name for path in drawings_folder().glob("*.json")} - {"captions.json"}
    assert files == {thing.file for thing in demo_set().drawings}
    for thing in demo_set().drawings:
        drawing = read_drawing(drawings_folder() / thing.file)
        assert 5 <= len(drawing.strokes) <= 30
        assert drawing.point_count > 60
        points = json.loads((drawings_folder() / thing.file).read_text())["strokes"]
        assert all(isinstance(value, int) and 0 <= value <= 255 for stroke in points for xy in stroke for value in xy)


def test_no_photo_is_right_for_two_drawings_and_none_is_left_out_of_the_gallery_by_name() -> None:
    right = [stem for thing in demo_set().drawings for stem in thing.right]
    assert len(right) == len(set(right))
    assert all(thing.right for thing in demo_set().drawings)
    rule = demo_set().gallery
    assert not any(set(stem.split("/")[:-1]) & set(rule.drawn_folders) or stem in rule.drawn_stamps for stem in right)


@pytest.mark.parametrize(("photos", "right", "k"), [(7, 2, 3), (6, 0, 2), (5, 5, 1), (4, 1, 9), (6, 5, 3)])
def test_chance_is_the_share_of_all_draws(photos: int, right: int, k: int) -> None:
    draws = list(combinations(range(photos), min(k, photos)))
    expected = sum(min(draw) < right for draw in draws) / len(draws)
    assert chance_at([right], photos, k) == pytest.approx(expected)


def test_figures_are_means_over_drawings() -> None:
    results = [drawn([True, False]), drawn([False, False, True]), drawn([False] * 5), drawn([True] * 5)]
    assert (hits_at(results, 1), hits_at(results, 2), hits_at(results, 5)) == (2, 2, 3)
    shares = figures(results, 10)
    assert shares == {"hit@1": 0.5, "hit@5": 0.75, "chance@5": pytest.approx(0.5)}


def test_prints_photos_figures_and_next_commands(gallery: Path, model: Path) -> None:
    result = call("--model", model)
    lines = result.stdout.splitlines()
    assert sum("never trained on as a sketch ·" in line for line in lines) == len(demo_set().drawings) - 1
    assert any(re.fullmatch(r"penguin · trained on as a sketch · \d+\.\d ms", line) for line in lines)
    assert sum(bool(re.match(r"  [1-5]  -?\d\.\d{3}  [✓ ] ", line)) for line in lines) == 5 * len(demo_set().drawings)
    assert any(re.match(r"hit@1 \d\.\d{3}  hit@5 \d\.\d{3}  chance@5 \d\.\d{3}  \(", line) for line in lines)
    assert any("time a query" in line for line in lines)
    assert "demo --photos ~/Pictures" in result.stderr
    assert "inkseek-demo/index.html" in result.stderr.replace("\n", "")


def test_json_is_all_of_stdout_and_complete(gallery: Path, model: Path) -> None:
    tree = json.loads(call("--model", model, "--json", "--out", "pages/one").stdout)
    assert tree["format"] == 1
    assert tree["gallery"]["photos"] == 5
    assert Path(tree["page"]) == Path("pages/one/index.html")
    assert Path(tree["page"]).is_file()
    by_name = {drawing["name"]: drawing for drawing in tree["drawings"]}
    cow, giraffe = by_name["cow"], by_name["giraffe"]
    assert (cow["right_in_gallery"], giraffe["right_in_gallery"]) == (1, 0)
    assert [photo["rank"] for photo in cow["results"]] == [1, 2, 3, 4, 5]
    assert [photo["caption"] for photo in cow["results"] if photo["right"]] == ["A cow."]
    assert not any(photo["right"] for photo in giraffe["results"])
    assert [name for name, drawing in by_name.items() if drawing["seen_in_training"]] == ["penguin"]
    assert set(cow["milliseconds"]) == {"render", "encode", "search", "total"}
    assert tree["figures"]["hit@5"] == tree["figures"]["chance@5"] == pytest.approx(2 / len(by_name)), "all are shown"


def test_second_run_uses_the_kept_gallery(gallery: Path, model: Path, tmp_path: Path) -> None:
    first = json.loads(call("--model", model, "--json").stdout)
    second = json.loads(call("--model", model, "--json").stdout)
    assert first["gallery"] == second["gallery"]
    assert Path(first["gallery"]["path"]).is_relative_to(tmp_path / "cache" / "inkseek")
    ids = [[photo["id"] for photo in drawing["results"]] for drawing in first["drawings"]]
    assert ids == [[photo["id"] for photo in drawing["results"]] for drawing in second["drawings"]]


def test_own_folder_has_file_names_for_captions_and_no_figures(gallery: Path, model: Path, tmp_path: Path) -> None:
    own = tmp_path / "own" / "trip"
    own.mkdir(parents=True)
    for number in range(7):
        Image.new("RGB", (30, 20), (30 * number, 90, 200 - number)).save(own / f"red_car-{number}.jpg")
    (own / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    result = call("--model", model, "--photos", own.parent)
    assert "hit@" not in result.stdout
    assert "red car 3" in result.stdout
    assert "1 files could not be read" in result.stderr
    tree = json.loads(call("--model", model, "--photos", own.parent, "--json").stdout)
    assert tree["figures"] is None
    assert tree["gallery"]["photos"] == 7
    assert all(photo["right"] is None for drawing in tree["drawings"] for photo in drawing["results"])
    page = Path(tree["page"]).read_text()
    assert "hit@" not in page
    assert "chance@" not in page


def test_folder_without_photos_is_one_sentence(gallery: Path, model: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="holds no readable photo; give a folder"):
        call("--model", model, "--photos", tmp_path / "empty")
    with pytest.raises(GalleryError, match="no such folder"):
        call("--model", model, "--photos", tmp_path / "nowhere")
    assert not [file for file in (tmp_path / "cache").rglob("*") if file.is_file()], "no empty gallery is left behind"


def test_the_path_of_the_page_is_one_line(gallery: Path, model: Path, tmp_path: Path) -> None:
    out = tmp_path / ("a long name " * 12).strip()
    assert f"page: {out / 'index.html'}" in call("--model", model, "--out", out).stderr.splitlines()


def test_page_that_cannot_be_written_is_one_sentence(gallery: Path, model: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file, no folder")
    with pytest.raises(InkseekError, match=r"cannot be written .*--out"):
        call("--model", model, "--out", tmp_path / "taken")


def test_page_needs_no_other_host(gallery: Path, model: Path, tmp_path: Path) -> None:
    call("--model", model)
    page = (tmp_path / "inkseek-demo" / "index.html").read_text(encoding="utf-8")
    sources = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert len(sources) == 5 * len(demo_set().drawings)
    assert all(source.startswith("data:image/jpeg;base64,") for source in sources)
    assert not re.search(r"https?://|url\(|@import|<script|<link", page)
    assert "default-src 'none'; img-src data:" in page
    assert "prefers-color-scheme: dark" in page
    assert "A &lt;pear&gt; &amp; more." in page
    assert "A <pear>" not in page
    assert page.count("<li class=right>") == 2
    assert page.count("<article") == len(demo_set().drawings)
    assert "Never trained on as a sketch" in page


def test_page_escapes_what_it_did_not_write(tmp_path: Path) -> None:
    Image.new("RGB", (10, 10)).save(tmp_path / "1.png")
    photo = FoundPhoto(1, 1, "1.png", '"><b>', 0.5, None)
    drawing = DrawingResult("<i>", "x", LINE, True, {"total": 1.0}, (photo,), None)
    result = DemoResult((drawing,), 1, tmp_path, tmp_path, "<model>", "ab", "onnxruntime", None)
    page = demo_page(result, ["a && b"])
    assert "<b>" not in page
    assert "<i>" not in page
    assert "<model>" not in page
    assert "a &amp;&amp; b" in page


def test_thumbnail_is_small_and_survives_a_lost_file(tmp_path: Path) -> None:
    Image.new("RGB", (900, 300), "red").save(tmp_path / "wide.png")
    assert thumbnail(tmp_path / "wide.png").startswith("data:image/jpeg;base64,/9j/")
    assert thumbnail(tmp_path / "gone.png") == ""


def test_svg_holds_every_stroke() -> None:
    svg = drawing_svg(LINE, 'a "cow"')
    assert svg.count("<polyline") == 2
    assert 'aria-label="a &quot;cow&quot;"' in svg
    assert all(math.isfinite(float(value)) for value in re.findall(r"[\d.]+(?=[, ])", svg.split("points")[1]))


def test_cache_is_in_the_home_folder_by_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert demo_run.cache_folder() == tmp_path / ".cache" / "inkseek"
