"""The page as a whole: safe, self-contained, readable without a script, and written with care."""

import itertools
import re
from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inkseek.errors import ConfigError
from inkseek.evaluation.report.grid import STRIPS
from inkseek.evaluation.report.nearest import FIRST
from inkseek.evaluation.report.page import SIZE_LIMIT, check_target, report_page, write_report
from inkseek.evaluation.report.thumbnails import Thumbnails
from tests.evaluation.report.saved_runs import draw_pictures, open_run, run_facts, write_run

HOSTILE = "<script>alert('x')</script>\"&"
VOID = {"meta", "img", "br"}


class Page(HTMLParser):
    """Tags of a page with their attributes, after a check that all are closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(page)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for found, attributes in self.tags if found == tag]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str, Path]:
    """A page of one measurement, one of three with hostile names, and the folder that all lie in."""
    root = tmp_path_factory.mktemp("machine")
    one = open_run(write_run(root / "one", training=True))
    draw_pictures(one)
    classes = (HOSTILE, "cow & bat", "x" * 80)
    split = str(root / "own.json")
    folders = [
        write_run(
            root / str(seed), name=f"{HOSTILE}{seed}", classes=classes, seed=seed, run=run_facts(seed), split=split
        )
        for seed in range(3)
    ]
    three = [open_run(folder) for folder in folders]
    return report_page([one]), report_page(three), root


@pytest.fixture(params=[0, 1], ids=["one", "three"])
def page(request: pytest.FixtureRequest, pages: tuple[str, str, Path]) -> str:
    one, three, _ = pages
    return (one, three)[request.param]


def test_names_are_words_and_never_markup(page: str, pages: tuple[str, str, Path]) -> None:
    found = Page(page)

    assert not found.all("script")
    assert not any(name.startswith("on") for _, attributes in found.tags for name in attributes)
    if page == pages[1]:
        assert HOSTILE in found.text
        assert HOSTILE not in page


def test_it_loads_nothing(page: str) -> None:
    found = Page(page)

    sources = [
        attributes[name] or ""
        for _, attributes in found.tags
        for name in ("src", "href", "srcset", "data", "action", "poster")
        if name in attributes
    ]
    assert all(source.startswith(("data:image/", "#")) for source in sources)
    assert not found.all("link")
    assert "//" not in re.sub(r"base64,[\w+/=]+", "", page)
    [policy] = [attributes for attributes in found.all("meta") if "http-equiv" in attributes]
    assert (policy["content"] or "").startswith("default-src 'none'; img-src data:; style-src 'unsafe-inline'")


def test_no_folder_of_the_machine_is_told(page: str, pages: tuple[str, str, Path]) -> None:
    assert str(pages[2]) not in page
    assert pages[2].name not in page
    assert ("own.json" in page) == (page == pages[1])


def test_it_can_be_listened_to(page: str) -> None:
    found = Page(page)

    assert found.all("html") == [{"lang": "en"}]
    assert all(attributes.get("alt") for attributes in found.all("img"))
    assert all(
        attributes.get("aria-hidden") == "true" or attributes.get("role") == "img" for attributes in found.all("svg")
    )
    assert page.count('<svg class="chart"') + page.count('<svg class="map"') == page.count("<desc>")
    assert len(found.all("table")) == len(found.all("caption"))
    assert all(attributes.get("scope") for attributes in found.all("th"))
    levels = [int(tag[1]) for tag, _ in found.tags if re.fullmatch(r"h\d", tag)]
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    names = [attributes["id"] for _, attributes in found.tags if "id" in attributes]
    assert len(names) == len(set(names))
    assert {(attributes["href"] or "")[1:] for attributes in found.all("a")} <= set(names)


def test_every_table_scrolls_in_its_own_box(page: str) -> None:
    assert len(re.findall(r'<div class="scroll"[^>]*>\n<table', page)) == page.count("<table")


def test_figures_are_those_of_the_measurement(pages: tuple[str, str, Path]) -> None:
    measurement = open_run(pages[2] / "one")
    page = pages[0]

    for protocol, means in measurement.evaluation["protocols"].items():
        block = page.split(f"<b>{protocol}</b>", 1)[1].split("</tbody>", 1)[0]
        for name, mean in (("micro", "mean over queries"), ("macro", "mean over classes")):
            row = block.split(mean, 1)[1].split("</tr>", 1)[0]
            assert re.findall(r"<td>(.*?)</td>", row) == [f"{value:.3f}" for value in means[name].values()]
    assert page.count('class="best"') == 0


def test_one_line_says_it_in_plain_words(pages: tuple[str, str, Path]) -> None:
    measurement = open_run(pages[2] / "one")
    share = measurement.per_query.values["standard/P@10"].mean()

    words = re.sub(r"<[^>]+>", "", pages[0].split('<p class="lead">', 1)[1].split("</p>", 1)[0])

    assert words == (
        "Each of 12 sketches was asked for among 20 photos of 4 classes that the encoder never saw in training. "
        f"Of the first 10 photos, {10 * share:.1f} are right on average, of at most 5.0, as some classes have fewer "
        "than 10 photos; in random order it would be 2.5."
    )
    assert "of the first 10 photos are right, of at most 5.0" in pages[0]
    assert "of the first 10 right (at most 5.0)" in pages[1]


def test_where_every_class_has_enough_photos_there_is_no_word_of_a_limit(tmp_path: Path) -> None:
    page = report_page([open_run(write_run(tmp_path / "run", each=(2, 10)))])

    assert "are right</strong> on average; in random" in page
    assert "at most" not in page


def test_the_best_of_several_is_marked(pages: tuple[str, str, Path]) -> None:
    measurements = [open_run(pages[2] / str(seed)) for seed in range(3)]
    values = [measurement.evaluation["protocols"]["standard"]["micro"]["mAP@all"] for measurement in measurements]

    cells = re.findall(r'mean over queries</small></th><td(?: class="(best)")?>', pages[1])[:3]

    assert cells == ["best" if value == max(values) else "" for value in values]


def test_repeats_have_an_interval_over_seeds(pages: tuple[str, str, Path]) -> None:
    assert 'id="seeds"' in pages[1]
    assert 'id="seeds"' not in pages[0]
    assert 'id="differences"' in pages[1]
    assert 'id="differences"' not in pages[0]


def test_past_five_measurements_tables_hold_all_and_figures_the_first(tmp_path: Path) -> None:
    runs = [open_run(write_run(tmp_path / str(seed), name=f"run{seed}", seed=seed)) for seed in range(6)]

    page = report_page(runs)

    assert "Tables hold all 6 measurements, figures the first 5 of them." in page
    assert page.count('<svg class="map"') == 5
    assert page.split('id="metrics"')[1].split("</section>")[0].count("run5") > 0


def test_binary_codes_are_shown_as_codes(tmp_path: Path) -> None:
    page = report_page([open_run(write_run(tmp_path / "run", codes=True))])

    assert "binary code of 8 bits (itq), Hamming distance" in page
    assert "mAP@all, expected" in page
    assert "the mean over all such orders" in page


def test_of_features_there_is_no_word_of_ties(pages: tuple[str, str, Path]) -> None:
    assert "the mean over all such orders" not in pages[0] + pages[1]


def test_noise_in_every_picture_keeps_the_page_below_its_limit(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (300, 300, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "noise.png")
    thumbnails = Thumbnails(tmp_path)

    pictures = STRIPS * (FIRST * len(thumbnails.photo("noise.png", "x")) + len(thumbnails.sketch("noise.png", "x")))

    assert thumbnails.lost == 0
    assert pictures < SIZE_LIMIT - 1_500_000


def test_a_report_takes_the_place_of_a_report_only(tmp_path: Path, pages: tuple[str, str, Path]) -> None:
    out = tmp_path / "new" / "report.html"
    write_report(pages[1], out)
    write_report(pages[0], out)
    assert out.read_text(encoding="utf-8") == pages[0]
    assert [file.name for file in out.parent.iterdir()] == ["report.html"]

    for own in (tmp_path / "thesis.html", tmp_path / "empty.html"):
        own.write_text("mine" if own.stem == "thesis" else "", encoding="utf-8")
        with pytest.raises(ConfigError, match="is no report of inkseek's"):
            write_report(pages[0], own)
    assert (tmp_path / "thesis.html").read_text(encoding="utf-8") == "mine"
    with pytest.raises(ConfigError, match="is a folder"):
        check_target(tmp_path)


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(ConfigError, match="cannot be written"):
        write_report("page", tmp_path / "file" / "report.html")


def test_a_name_that_is_no_text_is_shown_all_the_same(tmp_path: Path) -> None:
    run = open_run(write_run(tmp_path / "run"))
    classes: Sequence[str] = ("b\udc80t", *run.saved.class_names[1:])

    page = report_page([replace(run, saved=replace(run.saved, class_names=tuple(classes)))])

    assert "b?t" in page
    write_report(page, tmp_path / "report.html")
