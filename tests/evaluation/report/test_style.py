"""The style sheet in numbers: contrast on both backgrounds, and colours that everybody can tell apart."""

import itertools
import re
from importlib import resources

import numpy as np
import pytest
from numpy.typing import NDArray

STYLE = resources.files("inkseek").joinpath("evaluation", "report", "style.css").read_text(encoding="utf-8")
LIGHT, DARK = re.findall(r":root \{(.*?)\}", STYLE, flags=re.DOTALL)
THEMES = pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
SERIES = ("s1", "s2", "s3", "s4", "s5")

TEXT, GRAPHICS = 4.5, 3.0
"""Least contrast of WCAG 2.2, success criteria 1.4.3 and 1.4.11."""

# Machado, Oliveira and Fernandes (IEEE TVCG 2009), severity 1, on linear RGB.
SEEN_BY = {
    "everybody": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
LEAST_DISTANCE = 0.06
"""In OKLab, where the step from black to white is 1 and a just noticeable one about 0.02."""


def colour(theme: str, name: str) -> NDArray[np.float64]:
    """sRGB values in [0, 1] of a variable, given as #rrggbb or as three numbers."""
    found = re.search(rf"--{name}: (#[0-9a-f]{{6}}|\d+ \d+ \d+);", theme)
    assert found, name
    value = found[1]
    numbers = [int(value[place : place + 2], 16) for place in (1, 3, 5)] if value[0] == "#" else map(int, value.split())
    return np.array(list(numbers)) / 255


def linear(srgb: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def contrast(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    light = sorted(float(linear(part) @ [0.2126, 0.7152, 0.0722]) for part in (one, other))
    return (light[1] + 0.05) / (light[0] + 0.05)


def oklab(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """Björn Ottosson's OKLab of linear RGB."""
    cones = np.array(
        [
            [0.4122214708, 0.5363325363, 0.0514459929],
            [0.2119034982, 0.6806995451, 0.1073969566],
            [0.0883024619, 0.2817188376, 0.6299787005],
        ]
    )
    lab = np.array(
        [
            [0.2104542553, 0.7936177850, -0.0040720468],
            [1.9779984951, -2.4285922050, 0.4505937099],
            [0.0259040371, 0.7827717662, -0.8086757660],
        ]
    )
    seen: NDArray[np.float64] = lab @ np.cbrt(cones @ np.clip(rgb, 0, 1))
    return seen


def test_the_measure_of_contrast_is_that_of_the_guidelines() -> None:
    black, white, grey = np.zeros(3), np.ones(3), np.full(3, 0x77 / 255)

    assert contrast(black, white) == pytest.approx(21)
    assert contrast(grey, white) == pytest.approx(4.48, abs=0.005)


@THEMES
@pytest.mark.parametrize("background", ["paper", "card", "chip"])
@pytest.mark.parametrize("ink", ["ink", "soft"])
def test_text_can_be_read(theme: str, ink: str, background: str) -> None:
    assert contrast(colour(theme, ink), colour(theme, background)) >= TEXT


@THEMES
@pytest.mark.parametrize("name", [*SERIES, "faint", "frame"])
def test_graphics_can_be_seen(theme: str, name: str) -> None:
    assert contrast(colour(theme, name), colour(theme, "card")) >= GRAPHICS


@THEMES
@pytest.mark.parametrize("name", [*SERIES, "soft"])
def test_the_letter_in_a_chip_and_the_sign_in_a_badge_can_be_seen(theme: str, name: str) -> None:
    # A letter in a chip is bold and stands beside the name that it abbreviates.
    assert contrast(colour(theme, "on"), colour(theme, name)) >= GRAPHICS


@THEMES
@pytest.mark.parametrize("hue", ["right", "wrong"])
@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 0.75, 1.0])
def test_numbers_on_the_confusion_map_can_be_read(theme: str, hue: str, share: float) -> None:
    strength = re.search(r"--heat: ([\d.]+);", theme)
    assert strength
    alpha = (0.08 + 0.92 * share) * float(strength[1])
    cell = alpha * colour(theme, hue) + (1 - alpha) * colour(theme, "card")

    assert contrast(colour(theme, "ink"), cell) >= TEXT


@THEMES
@pytest.mark.parametrize("eyes", list(SEEN_BY))
def test_everybody_can_tell_the_measurements_apart(theme: str, eyes: str) -> None:
    seen = {name: oklab(SEEN_BY[eyes] @ linear(colour(theme, name))) for name in SERIES}
    distances = {
        pair: float(np.linalg.norm(seen[pair[0]] - seen[pair[1]])) for pair in itertools.combinations(SERIES, 2)
    }

    assert min(distances.values()) >= LEAST_DISTANCE, distances


@THEMES
def test_the_map_uses_the_colours_of_right_and_wrong(theme: str) -> None:
    assert np.array_equal(colour(theme, "right"), colour(theme, "s1"))
    assert np.array_equal(colour(theme, "wrong"), colour(theme, "s2"))


def test_curves_differ_by_dash_as_well() -> None:
    dashes = [re.search(rf"\.curve\.{name} \{{[^}}]*?(stroke-dasharray: [^;]+)?; }}", STYLE) for name in SERIES]

    assert len({dash[1] if dash else None for dash in dashes}) == len(SERIES)


def test_nothing_is_fetched() -> None:
    assert "url(" not in STYLE
    assert "@import" not in STYLE
