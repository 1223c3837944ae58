"""Looks: nothing overflows or is too small to hit on any window, light and dark; colours keep their contrast."""

import re
from importlib import resources
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import NewSheet

PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
SMALL: dict[str, Any] = {"viewport": {"width": 320, "height": 568}, "has_touch": True, "is_mobile": True}
WIDE: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}}
TABLET: dict[str, Any] = {"viewport": {"width": 820, "height": 1180}, "has_touch": True}
LYING: dict[str, Any] = {"viewport": {"width": 740, "height": 360}, "has_touch": True, "is_mobile": True}
HUGE: dict[str, Any] = {"viewport": {"width": 3840, "height": 2160}}

SMALL_TARGETS = """least => [...document.querySelectorAll("button, select, input:not([type=file]), a[href]")]
    .filter((control) => control.checkVisibility() && !control.matches(".skip, .link"))
    .map((control) => [control.id || control.className, control.getBoundingClientRect()])
    .filter(([, box]) => box.width < least || box.height < least)
    .map(([name, box]) => `${name} ${box.width} x ${box.height}`)"""

TEXT = (("ink", 4.5), ("soft", 4.5), ("accent", 4.5), ("bad", 4.5))
PAIRS = [
    *((text, ground, ratio) for (text, ratio), ground in product(TEXT, ("paper", "card"))),
    ("ink", "chip", 4.5), ("ink", "hover", 4.5), ("ink", "accent-soft", 4.5), ("accent", "accent-soft", 4.5),
    ("soft", "chip", 4.5), ("bad", "accent-soft", 4.5),
    ("on-accent", "accent", 4.5), ("on-accent", "accent-hover", 4.5),
    ("good", "card", 3), ("edge", "card", 3), ("edge", "paper", 3),
]  # fmt: skip


def tokens(scheme: int) -> dict[str, str]:
    """Colour tokens of the style sheet, light (0) or dark (1)."""
    style = resources.files("inkseek").joinpath("service", "page", "tokens.css").read_text(encoding="utf-8")
    found = re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", style)
    return {name: pair[scheme] for name, *pair in found}


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb, as WCAG 2.2 has it."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground", "least"), PAIRS)
def test_colours_keep_their_contrast(scheme: int, text: str, ground: str, least: float) -> None:
    colours = tokens(scheme)
    light, dark = sorted((luminance(colours[text]), luminance(colours[ground])), reverse=True)

    assert (light + 0.05) / (dark + 0.05) >= least


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "window", "scheme", "least"),
    [
        ("phone-light", PHONE, "light", 36), ("phone-dark", PHONE, "dark", 36), ("small", SMALL, "light", 36),
        ("wide-light", WIDE, "light", 24), ("wide-dark", WIDE, "dark", 24), ("huge", HUGE, "dark", 24),
        ("tablet", TABLET, "light", 32), ("lying", LYING, "dark", 32),
    ],
)  # fmt: skip
def test_every_window_holds_the_page(
    new_sheet: NewSheet, address: str, pictures: Path, name: str, window: dict[str, Any], scheme: str, least: int
) -> None:
    sheet = new_sheet(address, color_scheme=scheme, **window)
    page = sheet.page

    def look(state: str) -> None:
        page.screenshot(path=pictures / f"{name}-{state}.png")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.evaluate(
            "document.querySelector('.desk').scrollWidth <= document.querySelector('.desk').clientWidth"
        )
        assert page.evaluate(SMALL_TARGETS, least) == []

    look("1-welcome")
    sheet.start_from("giraffe")
    page.locator(".tile img.loaded").nth(4).wait_for()
    look("2-found")
    page.locator(".tile").first.click()
    page.locator("#detail-photo.loaded").wait_for()
    look("3-detail")
    page.locator("#detail-similar").click()
    page.locator("#filters-toggle").click()
    page.locator("#mixing").wait_for()
    look("4-mixed")


@pytest.mark.real
def test_the_theme_chosen_here_stays(new_sheet: NewSheet, address: str) -> None:
    page = new_sheet(address, color_scheme="light").page
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)

    page.locator("#theme").click()
    page.locator('html[data-theme="dark"]').wait_for()
    assert page.evaluate(ground) != light
    page.reload()

    assert page.evaluate(ground) != light
    page.get_by_role("button", name="Light theme").wait_for()
