"""A map of sketches and photos together: t-SNE of the retrieval features (van der Maaten and Hinton, JMLR 2008)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from inkseek.errors import MissingExtraError
from inkseek.evaluation.report.html import figure, plural, section, text
from inkseek.evaluation.report.kept import comparable
from inkseek.evaluation.report.shown import DRAWN, Shown, spaced

POINTS = 1500
"""Pictures on a map at most."""

PERPLEXITY = 30.0
SEED = 0
FEWEST = 8
"""Pictures below which there is no map."""

HIGHLIGHTED = 5
"""Classes in colour: as many as there are colours that everybody can tell apart."""

NAMED = 30
"""Classes up to which the grey ones bear their names too."""

SIDE = 640
MARGIN = 24


@dataclass(frozen=True, eq=False)
class Projection:
    """Pictures on a plane.

    Attributes:
        places: [n, 2] in units of the drawing.
        labels: [n].
        sketches: [n] whether a sketch.
        total: pictures that the points were taken from.
    """

    places: NDArray[np.float64]
    labels: NDArray[np.int64]
    sketches: NDArray[np.bool_]
    total: int


def needs_report_extra() -> None:
    """Refuse in one sentence without what draws maps.

    Raises:
        MissingExtraError: scikit-learn is not installed.
    """
    if find_spec("sklearn") is None:
        raise MissingExtraError("scikit-learn", "report")


def tsne(features: NDArray[np.float32]) -> NDArray[np.float64]:
    """Places on a plane such that close pictures stay close: [n, d] unit rows -> [n, 2].

    t-SNE with Euclidean distances (the order of cosine), perplexity 30 or a third of a small number of pictures, begun
    from the first two principal components, with a fixed seed.
    """
    needs_report_extra()
    manifold, threads = import_module("sklearn.manifold"), import_module("threadpoolctl")
    perplexity = min(PERPLEXITY, (len(features) - 1) / 3)
    # Principal components need a plane to lie in.
    start = "pca" if np.linalg.matrix_rank(features - features.mean(axis=0)) > 1 else "random"
    model = manifold.TSNE(perplexity=perplexity, init=start, learning_rate="auto", random_state=SEED)
    # One thread: sums have one order, and on a busy machine threads that wait for each other are slower.
    with threads.threadpool_limits(1):
        places: NDArray[np.float64] = model.fit_transform(features).astype(np.float64)
    return places


def subsample(labels: NDArray[np.int64], sketches: NDArray[np.bool_], most: int) -> NDArray[np.int64]:
    """Positions of at most `most` pictures: all, or as many of each class and modality, at even distances."""
    if len(labels) <= most:
        return np.arange(len(labels))
    keys = 2 * labels + sketches
    parts = [np.flatnonzero(keys == key) for key in np.unique(keys)]
    share = max(1, most // len(parts))
    chosen = np.sort(np.concatenate([part[spaced(len(part), share)] for part in parts]))
    return chosen[spaced(len(chosen), most)]


def projection_section(runs: Sequence[Shown]) -> str:
    """A map of every measurement."""
    lead = (
        "Every point is a query or a photo of the gallery; pictures with like features lie close (t-SNE of both "
        "modalities together, seed fixed). In a good encoder the sketches of a class lie among its photos. Distances "
        "between far groups and the sizes of groups mean nothing."
    )
    return section("map", "A map of the pictures", lead, "".join(_figure(run, runs[0]) for run in runs[:DRAWN]))


def project(run: Shown) -> Projection | None:
    """The map of a measurement; None where there are too few pictures."""
    saved = run.measurement.saved
    labels = np.concatenate([saved.gallery.labels, saved.queries.labels])
    sketches = np.arange(len(labels)) >= len(saved.gallery.labels)
    chosen = subsample(labels, sketches, POINTS)
    if len(chosen) < FEWEST:
        return None
    features = np.concatenate([comparable(saved.gallery.features), comparable(saved.queries.features)])
    places = tsne(features[chosen])
    low, high = places.min(axis=0), places.max(axis=0)
    unit = (places - low) / np.maximum(high - low, 1e-9)
    return Projection(MARGIN + unit * (SIDE - 2 * MARGIN), labels[chosen], sketches[chosen], len(labels))


def _figure(run: Shown, first: Shown) -> str:
    title = run.label if run.letter else "Sketches and photos"
    found = project(run)
    if found is None:
        return figure(title, f"<p>A map needs at least {FEWEST} pictures.</p>\n")
    names = [text(name) for name in run.measurement.saved.class_names]
    colours = _colours(run, first)
    note = f"{plural(len(found.labels), 'picture')}"
    if len(found.labels) < found.total:
        most = int(np.bincount(2 * found.labels + found.sketches).max())
        note += f" of {found.total:,}: at most {most} of each class and modality, at even distances in the list"
    note += f". In colour: {len(colours)} classes spread evenly from the best to the worst."
    return figure(title, _picture(run, found, names, colours) + _key(found, names, colours), note=note)


def _colours(run: Shown, first: Shown) -> dict[int, str]:
    """Label -> class name of a colour. Maps of the same classes colour the same ones: those that `first` chooses."""
    names, chosen = run.measurement.saved.class_names, first.measurement.saved.class_names
    source = first if names == chosen else run
    spread = source.classes[spaced(len(source.classes), HIGHLIGHTED)].tolist()
    return {label: f"c{place + 1}" for place, label in enumerate(spread)}


def _picture(run: Shown, found: Projection, names: Sequence[str], colours: Mapping[int, str]) -> str:
    labels = sorted(set(found.labels.tolist()), key=lambda label: (label in colours, label))
    points = "".join(_points(found, label, names[label], colours.get(label, "")) for label in labels)
    words = "".join(_words(found, labels, names, colours))
    return (
        f'<svg class="map" viewBox="0 0 {SIDE} {SIDE}" role="img">\n'
        f"<title>Map of sketches and photos, {run.words}</title>\n"
        f"<desc>t-SNE of {len(found.labels)} pictures; dots are photos, crosses are sketches.</desc>\n"
        f"{points}{words}</svg>\n"
    )


def _points(found: Projection, label: int, name: str, colour: str) -> str:
    """Dots and crosses of one class: one path each, which keeps the page small."""
    own = found.labels == label
    dots = "".join(f"M{x:.0f} {y:.0f}h0" for x, y in found.places[own & ~found.sketches].tolist())
    crosses = "".join(f"M{x - 3:.0f} {y - 3:.0f}l6 6m0-6l-6 6" for x, y in found.places[own & found.sketches].tolist())
    return (
        f'<g class="points {colour}"><title>{name}</title><path class="dots" d="{dots}"/>'
        f'<path class="crosses" d="{crosses}"/></g>\n'
    )


def _words(found: Projection, labels: Sequence[int], names: Sequence[str], colours: Mapping[int, str]) -> Iterator[str]:
    """Names above their photos, those in colour first; one that would cover another moves aside."""
    taken: list[tuple[float, float]] = []
    for label in reversed(labels):
        if label not in colours and len(labels) > NAMED:
            continue
        x, y = _above(found, label)
        for step in (0, 16, -16, 32, -32, 48, -48):
            if all(abs(x - other) > 70 or abs(y + step - beside) > 14 for other, beside in taken):
                y += step
                break
        taken.append((x, y))
        kind = "named" if label in colours else "other"
        side, anchor = _anchor(x)
        yield f'<text class="{kind}" x="{side:.0f}" y="{y:.0f}" text-anchor="{anchor}">{names[label]}</text>\n'


def _above(found: Projection, label: int) -> tuple[float, float]:
    """A place above most photos of a class, or above its sketches where the map has no photo of it."""
    own = found.labels == label
    photos = own & ~found.sketches
    places = found.places[photos if photos.any() else own]
    return float(np.median(places[:, 0])), max(float(np.quantile(places[:, 1], 0.1)) - 9.0, 14.0)


def _anchor(x: float) -> tuple[float, str]:
    """Where a word begins, ends or has its middle, so that it stays within the picture."""
    if x < SIDE / 5:
        return max(x - MARGIN, 2.0), "start"
    if x > SIDE * 4 / 5:
        return min(x + MARGIN, SIDE - 2.0), "end"
    return x, "middle"


def _key(found: Projection, names: Sequence[str], colours: Mapping[int, str]) -> str:
    """Legend: the shapes, then the colours."""
    dot, cross = "M7 6h0", "M3 2l8 8m0-8l-8 8"
    entries = [("", "dots", dot, "photo"), ("", "crosses", cross, "sketch")]
    entries += [(colour, "dots", dot, names[label]) for label, colour in colours.items()]
    items = "".join(
        f'<li><svg class="swatch point" viewBox="0 0 14 12" aria-hidden="true"><g class="points {colour}">'
        f'<path class="{shape}" d="{path}"/></g></svg><span>{words}</span></li>\n'
        for colour, shape, path, words in entries
    )
    grey = "" if set(found.labels.tolist()) <= colours.keys() else "<li>grey: the other classes</li>\n"
    return f'<ul class="legend">\n{items}{grey}</ul>\n'
