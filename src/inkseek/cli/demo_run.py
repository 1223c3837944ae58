"""The demo's work: photos, gallery, one search for each drawing, and the page."""

import hashlib
import os
import shlex
import shutil
import sys
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np

from inkseek.cli.demo_drawings import DrawnThing, demo_set, drawings_folder
from inkseek.cli.demo_page import demo_page
from inkseek.cli.demo_results import SHOWN, DemoResult, DrawingResult, FoundPhoto
from inkseek.cli.output import messages, progress_bar
from inkseek.data.classes import class_key
from inkseek.errors import DataError, InkseekError
from inkseek.retrieval.embedding import index_folder, open_or_create_gallery
from inkseek.retrieval.encoder import RetrievalEncoder, load_encoder
from inkseek.retrieval.gallery import Gallery
from inkseek.retrieval.scan import Scan
from inkseek.retrieval.search import Searcher
from inkseek.retrieval.stamps import caption_of, stamp_photos
from inkseek.sketch.readers import read_drawing

PAGE = "index.html"


class Steps:
    """A bar on a terminal, a line for each step elsewhere."""

    def __init__(self) -> None:
        self.progress = progress_bar()
        self._task = self.progress.add_task("", total=None, note="")
        self._doing = ""

    def __call__(self, doing: str, done: int, total: int) -> None:
        """Show how far a step is."""
        if doing != self._doing and not self.progress.console.is_terminal:
            self.progress.console.print(f"{doing} ...", markup=False)
        self._doing = doing
        self.progress.update(self._task, description=doing, completed=done, total=total)


class Photos:
    """The photos to search: the fetched gallery, or someone's own folder.

    Attributes:
        folder: where they lie, absolute.
        captions: path without suffix -> caption; empty for an own folder.
        credit: where they come from, or None for an own folder.
    """

    def __init__(self, own: Path | None, steps: Steps) -> None:
        """Find them, or fetch them.

        Raises:
            DataError: they cannot be fetched.
        """
        self.captions: dict[str, str] = {}
        self.credit: str | None = None
        if own is None:
            rule = demo_set().gallery
            own, self.captions = stamp_photos(rule, cache_folder(), steps)
            self.credit = f"cut-outs of Debian's package {rule.package}, under the licence in its copyright file."
        self.folder = own.resolve()


def run_demo(photos: Path | None, model: str) -> DemoResult:
    """Index the photos and search them with every drawing.

    Args:
        photos: folder of photos, or None for the fetched gallery.
        model: model folder, run folder or `bundled`.

    Raises:
        DataError: the gallery cannot be fetched, or the folder holds no readable photo.
        GalleryError: there is no such folder, or the cache cannot be written.
        FormatError: wrong model folder.
    """
    encoder = load_encoder(model)
    encoder.open()
    steps = Steps()
    with steps.progress:
        found = Photos(photos, steps)
        gallery = _indexed(encoder, found, steps)
    with gallery:
        size = len(gallery)
        drawings = _search_all(gallery, encoder, found)
        return DemoResult(
            drawings=tuple(drawings),
            photos=size,
            folder=found.folder,
            gallery=gallery.folder,
            model=encoder.config.name,
            fingerprint=encoder.fingerprint,
            runtime=encoder.runtime,
            credit=found.credit,
        )


def cache_folder() -> Path:
    """Folder for what can be made again: `$XDG_CACHE_HOME/inkseek`, by default `~/.cache/inkseek`."""
    root = os.environ.get("XDG_CACHE_HOME")
    return (Path(root) if root else Path.home() / ".cache") / "inkseek"


def write_page(result: DemoResult, out: Path, commands: Sequence[str]) -> Path:
    """Write the page and return its path.

    Raises:
        InkseekError: the folder cannot be written.
    """
    page = out / PAGE
    try:
        out.mkdir(parents=True, exist_ok=True)
        page.write_text(demo_page(result, commands), encoding="utf-8")
    except OSError as error:
        raise InkseekError(f"{page}: cannot be written ({error.strerror}); give another folder with --out") from None
    return page


def next_commands(result: DemoResult, model: str) -> list[str]:
    """Commands that carry on from the demo: the same gallery again, then a folder of one's own."""
    inkseek = _program()
    encoder = "" if model == "bundled" else f" --model {shlex.quote(model)}"
    drawing = _short(drawings_folder() / demo_set().drawings[0].file)
    return [
        f"{inkseek} search {_short(result.gallery)} {drawing} -k 10",
        f"{inkseek} demo --photos ~/Pictures{encoder}",
        f"{inkseek} index ~/Pictures --gallery pictures.gallery{encoder}",
        f"{inkseek} search pictures.gallery sketch.png -k 10",
    ]


def _indexed(encoder: RetrievalEncoder, photos: Photos, steps: Steps) -> Gallery:
    digest = hashlib.sha256(os.fsencode(photos.folder)).hexdigest()
    name = f"{encoder.fingerprint[:12]}-{digest[:12]}"
    Scan(photos.folder)  # a missing folder is refused before a gallery is made
    gallery = open_or_create_gallery(cache_folder() / "galleries" / name, encoder)
    try:
        report = index_folder(
            gallery, photos.folder, encoder, progress=lambda done, total: steps("indexing the photos", done, total)
        )
        if not len(gallery):
            shutil.rmtree(gallery.folder)
            raise DataError(f"{photos.folder}: holds no readable photo; give a folder of JPEG, PNG or WebP files")
    except BaseException:
        gallery.close()
        raise
    refused = sum(report.bad.values()) + report.known_bad
    if refused:
        messages().print(f"{refused} files could not be read as photos and were skipped", markup=False)
    return gallery


def _search_all(gallery: Gallery, encoder: RetrievalEncoder, photos: Photos) -> list[DrawingResult]:
    searcher = Searcher(gallery, encoder)
    size = encoder.config.preprocessing.size
    # The first run of a network allocates its buffers; a person meets that once, so no drawing is charged for it.
    searcher.search(np.full((size, size), 255, np.uint8))
    seen = {class_key(name) for name in encoder.config.seen_classes}
    stems = None
    if photos.credit:
        stems = {path.relative_to(photos.folder).with_suffix("").as_posix() for _, path in gallery.paths()}
    return [_search_one(searcher, thing, photos, seen, stems) for thing in demo_set().drawings]


def _search_one(
    searcher: Searcher, thing: DrawnThing, photos: Photos, seen: Collection[str], stems: Collection[str] | None
) -> DrawingResult:
    file = drawings_folder() / thing.file
    found = searcher.search_file(file, k=SHOWN)
    shown = []
    for hit in found.hits:
        path = hit.path.relative_to(photos.folder)
        right = None if stems is None else path.with_suffix("").as_posix() in thing.right
        caption = caption_of(path.as_posix(), photos.captions)
        shown.append(FoundPhoto(hit.rank, hit.id, path.as_posix(), caption, hit.score, right))
    return DrawingResult(
        name=thing.name,
        class_name=thing.class_name,
        drawing=read_drawing(file),
        seen=class_key(thing.class_name) in seen,
        milliseconds=found.milliseconds,
        photos=tuple(shown),
        right=None if stems is None else len(set(thing.right) & set(stems)),
    )


def _program() -> str:
    return "inkseek" if shutil.which("inkseek") else _short(Path(sys.executable).parent / "inkseek")


def _short(path: Path) -> str:
    inside = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
    return shlex.quote(str(inside))
