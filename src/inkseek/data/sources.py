"""Sources of a data set as a configuration names them: `[[data.sources]]` tables of a training file."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Literal

from inkseek.config import Config
from inkseek.data.layouts import probe, read_class_folders, read_folders, read_sketchy
from inkseek.data.manifest import Manifest, Modality
from inkseek.data.quickdraw import read_quickdraw
from inkseek.data.report import ReadReport
from inkseek.errors import ConfigError


class DataSource(Config):
    """One collection on disk.

    Attributes:
        layout: how its files lie; "auto" finds out, as `inkseek evaluate` does: any layout of a published data set, a
            manifest or a CSV file.
        path: its folder, relative to the folder of the configuration or absolute.
        modality: "sketch" or "photo", for `class_folders` only.
        name: name in manifests and reports; the folder's own name by default.
    """

    layout: Literal["auto", "sketchy", "folders", "class_folders", "quickdraw"]
    path: str
    modality: Modality | None = None
    name: str | None = None


def read_sources(
    sources: Sequence[DataSource], base_dir: Path, classes: Collection[str] | None = None
) -> tuple[list[Manifest], ReadReport]:
    """Read every source: one manifest each, in order, and one report over all.

    The first source is the benchmark, which holds out and measures; it must have both modalities.

    Args:
        sources: at least one.
        base_dir: folder that relative paths start from.
        classes: canonical names to read; None reads every class.

    Raises:
        ConfigError: there is no source, the first is of one modality, or `modality` stands where it does not belong.
        DataError: a source is missing or holds nothing readable.
    """
    if not sources or sources[0].layout not in {"auto", "sketchy", "folders"}:
        raise ConfigError(
            "data.sources: the first source is the benchmark; give it the layout auto, sketchy or folders"
        )
    found = [_read_source(source, base_dir / source.path, classes) for source in sources]
    return [manifest for manifest, _ in found], ReadReport().merge(report for _, report in found)


def _read_source(source: DataSource, root: Path, classes: Collection[str] | None) -> tuple[Manifest, ReadReport]:
    match source.layout, source.modality:
        case "auto", None:
            found = probe(root, classes, source.name)
            return found.manifest, found.report
        case "sketchy", None:
            return read_sketchy(root, classes, source.name)
        case "folders", None:
            return read_folders(root, classes, source.name)
        case "quickdraw", None:
            return read_quickdraw(root, classes, source.name)
        case "class_folders", "sketch" | "photo" as modality:
            return read_class_folders(root, modality, classes, source.name)
        case "class_folders", None:
            raise ConfigError(f"data.sources: {source.path}: class_folders need modality, sketch or photo; add it")
        case _:
            raise ConfigError(f"data.sources: {source.path}: {source.layout} take no modality; remove it")
