"""The demo's gallery is fetched with apt's own tools, and only photos of it are kept."""

import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inkseek.errors import DataError
from inkseek.retrieval.stamps import StampRule, caption_of, distinct_colours, is_photo, stamp_photos

RULE = StampRule(
    package="stamps",
    root="usr/share/stamps",
    rule="photos only",
    drawn_folders=("cartoon",),
    drawn_stamps=("food/pizza",),
    mirrored_suffix="_mirror",
    least_side=48,
    least_colours=100,
)

APT = """\
import pathlib, shutil, sys
here = pathlib.Path(__file__).parent
with (here / "calls").open("a") as calls:
    calls.write(" ".join(sys.argv[1:]) + "\\n")
if (here / "offline").exists():
    if sys.argv[-1] == "update":
        print("W: Failed to fetch http://deb.example/InRelease  Could not resolve 'deb.example'", file=sys.stderr)
    else:
        sys.exit("E: Unable to locate package stamps")
if "download" in sys.argv and not (here / "nothing").exists():
    shutil.copy(here / "stamps.zip", "stamps_1_all.deb")
"""

DPKG = """\
import pathlib, sys, zipfile
if (pathlib.Path(__file__).parent / "damaged").exists():
    sys.exit("dpkg-deb: error: not a Debian format archive")
zipfile.ZipFile(sys.argv[2]).extractall(sys.argv[3])
"""


def noise(seed: int, side: int = 64) -> Image.Image:
    rng = np.random.default_rng(seed)
    return Image.fromarray(rng.integers(0, 256, (side, side, 4), dtype=np.uint8) | np.array([0, 0, 0, 255], np.uint8))


def executable(path: Path, text: str) -> None:
    path.write_text(f"#!{sys.executable}\n{text}")
    path.chmod(0o755)


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "tools"
    folder.mkdir()
    executable(folder / "apt-get", APT)
    executable(folder / "dpkg-deb", DPKG)
    stamps = tmp_path / "stamps"
    pictures = {
        "animals/owl": noise(1),
        "animals/owl_mirror": noise(2),
        "animals/owl_again": noise(1),
        "animals/cartoon/fox": noise(3),
        "animals/flat": Image.new("RGBA", (64, 64), (200, 30, 30, 255)),
        "food/pizza": noise(4),
        "food/red_apple": noise(5),
        "food/tiny": noise(6, 40),
    }
    with zipfile.ZipFile(folder / "stamps.zip", "w") as package:
        for stem, picture in pictures.items():
            stamps.mkdir(exist_ok=True)
            picture.save(stamps / "one.png")
            package.write(stamps / "one.png", f"{RULE.root}/{stem}.png")
        package.writestr(f"{RULE.root}/animals/owl.txt", "An owl – awake.\nde.utf8=Eine Eule.\n")
        package.writestr(f"{RULE.root}/animals/owl.ogg", "sound")
        package.writestr("usr/share/doc/stamps/copyright", "License: example")
    monkeypatch.setenv("PATH", str(folder))
    return folder


def test_keeps_photos_and_english_captions_only(tools: Path, tmp_path: Path) -> None:
    steps: list[tuple[str, int, int]] = []
    folder, captions = stamp_photos(RULE, tmp_path / "cache", lambda *step: steps.append(step))
    kept = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    assert kept == ["animals/owl.png", "food/red_apple.png"]
    assert captions == {"animals/owl": "An owl – awake.", "food/red_apple": "red apple"}
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [folder.parent.name], "nothing else stays"
    names = list(dict.fromkeys(doing for doing, _, _ in steps))
    assert names == ["fetching stamps (megabytes)", "unpacking the photos", "choosing the photos"]
    assert all(0 <= done <= total for _, done, total in steps)


def test_has_lists_of_its_own_and_fetches_once(tools: Path, tmp_path: Path) -> None:
    first = stamp_photos(RULE, tmp_path / "cache", lambda *_: None)
    assert stamp_photos(RULE, tmp_path / "cache", lambda *_: None) == first
    calls = (tools / "calls").read_text().splitlines()
    assert [call.split()[-2:] for call in calls] == [["Acquire::http::Timeout=30", "update"], ["download", "stamps"]]
    assert all(f"Dir::State::Lists={tmp_path / 'cache'}" in call and f"Dir::Cache={tmp_path}" in call for call in calls)


def test_another_rule_is_another_folder(tools: Path, tmp_path: Path) -> None:
    first, _ = stamp_photos(RULE, tmp_path / "cache", lambda *_: None)
    second, captions = stamp_photos(RULE.model_copy(update={"drawn_stamps": ()}), tmp_path / "cache", lambda *_: None)
    assert first != second
    assert "food/pizza" in captions


@pytest.mark.parametrize("name", ["apt-get", "dpkg-deb"])
def test_missing_tool_is_one_sentence(tools: Path, tmp_path: Path, name: str) -> None:
    (tools / name).unlink()
    with pytest.raises(DataError, match=rf"{name} is not on this machine; .*PHOTOS=folder.*--photos"):
        stamp_photos(RULE, tmp_path / "cache", lambda *_: None)
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("offline", r"could not fetch stamps \(Failed to fetch http://deb.example/InRelease .*\); .*PHOTOS=folder"),
        ("nothing", r"apt-get brought no stamps; .*PHOTOS=folder"),
        ("damaged", r"could not unpack stamps_1_all.deb \(dpkg-deb: error: not a Debian.*\); .*PHOTOS=folder"),
    ],
)
def test_failure_is_one_sentence_and_leaves_nothing(tools: Path, tmp_path: Path, fault: str, sentence: str) -> None:
    (tools / fault).touch()
    with pytest.raises(DataError, match=sentence):
        stamp_photos(RULE, tmp_path / "cache", lambda *_: None)
    assert not list((tmp_path / "cache").iterdir())


def test_package_without_photos_is_refused(tools: Path, tmp_path: Path) -> None:
    rule = RULE.model_copy(update={"root": "usr/share/elsewhere"})
    with pytest.raises(DataError, match="stamps of this system holds no photo in usr/share/elsewhere"):
        stamp_photos(rule, tmp_path / "cache", lambda *_: None)


def test_cache_that_cannot_be_written_is_one_sentence(tools: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file, no folder")
    with pytest.raises(DataError, match="cannot keep the demo's photos"):
        stamp_photos(RULE, tmp_path / "cache", lambda *_: None)


def test_colours_count_opaque_pixels_at_five_bits() -> None:
    pixels = np.zeros((2, 3, 4), np.uint8)
    pixels[..., 3] = 255
    pixels[0, 0, :3] = 7, 7, 7
    pixels[0, 1, :3] = 8, 0, 0
    pixels[1, 0] = 90, 90, 90, 10
    assert distinct_colours(Image.fromarray(pixels)) == 2


def test_a_transparent_picture_has_no_colour() -> None:
    assert not is_photo(RULE, "space/void", Image.new("RGBA", (64, 64), (0, 0, 0, 0)))


def test_caption_falls_back_to_the_file_name() -> None:
    assert caption_of("animals/owl.png", {"animals/owl": "An owl."}) == "An owl."
    assert caption_of("trip/red_car-2.jpeg", {}) == "red car 2"
