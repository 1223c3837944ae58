"""The demo's gallery: photo cut-outs of Debian's drawing stamps, fetched once into a cache folder.

The package is fetched with apt's own tools over a package list of its own, so that neither root nor a fresh list of the
system is needed, and its signature is checked as for any package of the system.
"""

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
from PIL import Image

from inkseek.config import Config
from inkseek.errors import DataError
from inkseek.pictures.decode import decode_rgba

DOWNLOAD_MEGABYTES = 161
"""Size of the package in Debian 12; only the length of the progress bar."""

REMEDY = "pass a folder of your own photos instead: make demo PHOTOS=folder, or inkseek demo --photos folder"

_OPAQUE = 200
_SAMPLED_SIDE = 256
_POLL_SECONDS = 0.1
_FAULTS = ("W: Failed to fetch", "E:", "dpkg-deb: error:")

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done and how much there is."""


class StampRule(Config):
    """Which stamps of the package are photos.

    Attributes:
        package: Debian package.
        root: folder of the stamps inside the package.
        rule: the same rule in words.
        drawn_folders: names of folders, at any depth, whose stamps are drawn.
        drawn_stamps: single drawn stamps, path without suffix.
        mirrored_suffix: end of the name of a copy that faces the other way.
        least_side: shortest long side, pixels.
        least_colours: fewest distinct colours of `distinct_colours`.
    """

    package: str
    root: str
    rule: str
    drawn_folders: tuple[str, ...]
    drawn_stamps: tuple[str, ...]
    mirrored_suffix: str
    least_side: int
    least_colours: int


def stamp_photos(rule: StampRule, cache: Path, progress: Progress) -> tuple[Path, dict[str, str]]:
    """Folder of the gallery's photos and their captions, fetched on the first call.

    Args:
        rule: package, and which of its stamps are photos.
        cache: folder that keeps the photos; 18 MB stay there, 400 MB are used while unpacking.
        progress: told of every step.

    Returns:
        The folder, and the captions: path inside the folder without suffix -> English caption.

    Raises:
        DataError: apt-get or dpkg-deb is missing or fails, the package holds no photo, or the disk is full.
    """
    digest = hashlib.sha256(rule.model_dump_json().encode()).hexdigest()[:8]
    kept = cache / f"{rule.package}-{digest}"
    try:
        if not kept.is_dir():
            _fetch(rule, kept, progress)
        captions = json.loads((kept / "captions.json").read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{kept}: cannot keep the demo's photos ({error.strerror}); {REMEDY}") from None
    return kept / "photos", captions


def distinct_colours(picture: Image.Image) -> int:
    """Number of colours of a picture's opaque pixels, at 5 bits a channel.

    A photo has hundreds, a flat drawing a few dozen. Every n-th pixel is read, so that the long side is at most 256.

    Args:
        picture: mode RGBA.
    """
    step = -(-max(picture.size) // _SAMPLED_SIDE)
    pixels = np.asarray(picture)[::step, ::step]
    levels = pixels[pixels[..., 3] > _OPAQUE][:, :3].astype(np.int64) >> 3
    return len(np.unique(levels @ np.array([1024, 32, 1])))


def is_photo(rule: StampRule, stem: str, picture: Image.Image) -> bool:
    """Whether a stamp counts as a photo.

    Args:
        rule: the gallery's rule.
        stem: path inside the folder of the stamps, without suffix.
        picture: mode RGBA.
    """
    *folders, name = stem.split("/")
    drawn = bool(set(rule.drawn_folders) & set(folders)) or stem in rule.drawn_stamps
    if drawn or name.endswith(rule.mirrored_suffix) or max(picture.size) < rule.least_side:
        return False
    return distinct_colours(picture) >= rule.least_colours


def _fetch(rule: StampRule, kept: Path, progress: Progress) -> None:
    apt, dpkg = _tool("apt-get"), _tool("dpkg-deb")
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept.parent, prefix="fetching-") as name:
        work = Path(name)
        package = _download(apt, rule.package, work, progress)
        progress("unpacking the photos", 0, 1)
        _run([dpkg, "-x", str(package), str(work / "tree")], work, f"unpack {package.name}")
        package.unlink()
        result = work / "result"
        _keep_photos(rule, work / "tree", result, progress)
        result.rename(kept)


def _tool(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise DataError(f"the demo's photos come from a Debian package, and {name} is not on this machine; {REMEDY}")
    return path


def _download(apt: str, package: str, work: Path, progress: Progress) -> Path:
    for folder in ("lists/partial", "archives/partial"):
        (work / folder).mkdir(parents=True)
    options = {
        "Dir::State::Lists": work / "lists",
        "Dir::Cache": work,
        "Dir::Cache::Archives": work / "archives",
        "Debug::NoLocking": 1,
        "APT::Sandbox::User": "root",
        "Acquire::Retries": 1,
        "Acquire::http::Timeout": 30,
    }
    command = [apt, "-q", *(part for key, value in options.items() for part in ("-o", f"{key}={value}"))]
    doing = f"fetching {package} (megabytes)"
    progress(doing, 0, DOWNLOAD_MEGABYTES)
    _run([*command, "update"], work, f"fetch {package}")
    _run([*command, "download", package], work, f"fetch {package}", lambda: progress(doing, *_arrived(work)))
    found = list(work.glob("*.deb"))
    if not found:
        raise DataError(f"apt-get brought no {package}; {REMEDY}")
    return found[0]


def _arrived(work: Path) -> tuple[int, int]:
    megabytes = sum(path.stat().st_size for path in work.glob("*.deb")) // 1_000_000
    return megabytes, max(megabytes, DOWNLOAD_MEGABYTES)


def _run(command: list[str], work: Path, purpose: str, poll: Callable[[], None] = lambda: None) -> None:
    environment = {**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
    log = work / "log"
    with (
        log.open("ab") as output,
        subprocess.Popen(  # noqa: S603 - fixed arguments, no shell
            command, cwd=work, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        ) as process,
    ):
        while process.poll() is None:
            poll()
            time.sleep(_POLL_SECONDS)
    if process.returncode:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        faults = [line for line in lines if line.startswith(_FAULTS)] or [f"exit status {process.returncode}"]
        reason = faults[0].removeprefix("W: ").removeprefix("E: ")
        raise DataError(f"could not {purpose} ({reason}); {REMEDY}")


def _keep_photos(rule: StampRule, tree: Path, result: Path, progress: Progress) -> None:
    captions: dict[str, str] = {}
    stamps = tree / rule.root
    files = sorted(stamps.rglob("*.png"))
    for stem, file in _photos(rule, stamps, files, progress):
        target = result / "photos" / f"{stem}.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
        captions[stem] = _caption(file)
    if not captions:
        raise DataError(f"{rule.package} of this system holds no photo in {rule.root}; {REMEDY}")
    terms = tree / "usr/share/doc" / rule.package / "copyright"
    if terms.is_file():
        shutil.copyfile(terms, result / "copyright")
    (result / "captions.json").write_text(json.dumps(captions, ensure_ascii=False, indent=1), encoding="utf-8")


def _photos(rule: StampRule, stamps: Path, files: list[Path], progress: Progress) -> Iterator[tuple[str, Path]]:
    seen: set[str] = set()
    for done, file in enumerate(files, start=1):
        progress("choosing the photos", done, len(files))
        data = file.read_bytes()
        digest = hashlib.sha256(data).hexdigest()
        stem = file.relative_to(stamps).with_suffix("").as_posix()
        if digest not in seen and is_photo(rule, stem, decode_rgba(data, str(file))):
            seen.add(digest)
            yield stem, file


def _caption(file: Path) -> str:
    text = file.with_suffix(".txt")
    lines = text.read_text(encoding="utf-8", errors="replace").splitlines() if text.is_file() else []
    return lines[0].strip() if lines else file_caption(file.stem)


def file_caption(stem: str) -> str:
    """Caption of a photo that has none: its file name in words."""
    return " ".join(stem.replace("_", " ").replace("-", " ").split())


def caption_of(path: str, captions: Mapping[str, str]) -> str:
    """Caption of a gallery's photo.

    Args:
        path: of the photo inside the gallery's folder.
        captions: path without suffix -> caption; a photo that is missing there is named after its file.
    """
    stem = Path(path).with_suffix("").as_posix()
    return captions.get(stem) or file_caption(Path(path).stem)
