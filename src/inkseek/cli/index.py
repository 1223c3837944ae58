"""`inkseek index`: a folder of photos into a gallery."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inkseek.cli.output import messages, print_json, progress_bar
from inkseek.errors import DataError

if TYPE_CHECKING:
    from inkseek.retrieval.embedding import IndexReport
    from inkseek.retrieval.gallery import Gallery


def index(
    folder: Annotated[Path, typer.Argument(help="Folder of photos; folders inside it are searched too.")],
    gallery: Annotated[Path, typer.Option(help="Gallery folder; made if it does not exist.")],
    exclude: Annotated[
        list[str] | None,
        typer.Option(help="Glob of files or folders to leave out. Repeatable; later calls need not repeat it."),
    ] = None,
    exclude_nothing: Annotated[
        bool, typer.Option("--exclude-nothing", help="Forget what earlier calls left out of this folder.")
    ] = False,
    retry: Annotated[
        bool, typer.Option("--retry", help="Read files again that were bad before, as after installing `heif`.")
    ] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Go on: look for changes again and again.")] = False,
    model: Annotated[str, typer.Option(help="Model folder, run folder, or `bundled`.")] = "bundled",
    runtime: Annotated[str, typer.Option(help="onnxruntime or openvino.")] = "onnxruntime",
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Add a folder of photos to a gallery; later calls read only what changed."""
    from inkseek.retrieval.changes import watch_pause
    from inkseek.retrieval.embedding import index_folder, open_or_create_gallery
    from inkseek.retrieval.encoder import load_encoder
    from inkseek.retrieval.scan import Scan

    Scan(folder)  # a missing folder is refused before a gallery is made
    encoder = load_encoder(model, runtime=runtime)
    encoder.open()
    left_out = exclude or ([] if exclude_nothing else None)
    with open_or_create_gallery(gallery, encoder) as opened:
        with progress_bar() as bar:
            task = bar.add_task("index", total=None, note="")
            report = index_folder(
                opened,
                folder,
                encoder,
                exclude=left_out,
                retry=retry,
                progress=lambda done, total: bar.update(task, completed=done, total=total),
            )
        _say_skipped(opened, report)
        _require_photos(report, folder)
        _say(opened, report, as_json=as_json)
        while watch:
            time.sleep(watch_pause(report.seconds))
            report = index_folder(opened, folder, encoder, exclude=left_out, workers=1)
            if report.added + report.changed + report.renamed + report.removed:
                _say(opened, report, as_json=as_json)


def _say_skipped(gallery: "Gallery", report: "IndexReport") -> None:
    skipped = [f"{entry.path}: {entry.detail}" for entry in gallery.bad()]
    skipped += [f"{path}: cannot be opened; give yourself the right to read it" for path in report.unreadable]
    for line in skipped:
        messages().print(f"skipped {line}", markup=False, soft_wrap=True)


def _say(gallery: "Gallery", report: "IndexReport", *, as_json: bool) -> None:
    photos = len(gallery)
    if as_json:
        print_json({"format": 1, "gallery": str(gallery.folder), "photos": photos, "report": report.to_json()})
        return
    bad = f"{sum(1 for _ in gallery.bad()) + len(report.unreadable)} skipped"
    if report.known_bad:
        bad += f" ({report.known_bad} known to be bad and not read again: --retry)"
    messages().print(
        f"{gallery.folder}: {photos} photos; {report.added} added, {report.changed} changed, {report.renamed} renamed, "
        f"{report.removed} removed, {report.unchanged} unchanged, {bad}; {report.seconds:.1f} s",
        markup=False,
        soft_wrap=True,
    )


def _require_photos(report: "IndexReport", folder: Path) -> None:
    """Refuse a folder of which nothing is in the gallery now.

    Raises:
        DataError: no picture file in it could be read, or there is none.
    """
    if report.added + report.changed + report.unchanged + report.renamed:
        return
    counts = dict(report.bad)
    if report.known_bad:
        counts["bad before, read again with --retry"] = report.known_bad
    if report.unreadable:
        counts["cannot be opened"] = len(report.unreadable)
    if counts:
        reasons = "; ".join(f"{fault}: {count}" for fault, count in counts.items())
        raise DataError(f"{folder}: none of its picture files could be read ({reasons}); mend them, or index another")
    raise DataError(f"{folder}: holds no picture file; give a folder of JPEG, PNG, WebP, GIF, BMP, TIFF or HEIC files")
