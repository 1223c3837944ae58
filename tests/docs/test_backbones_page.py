"""The page on backbones: its tables say what the code says."""

import torch
from torch import nn

from inkseek.encoders.backbone import BACKBONES
from inkseek.encoders.build import build_backbone
from inkseek.encoders.efficientnet_lite import VARIANTS
from inkseek.encoders.public import MEAN, STD
from inkseek.encoders.weights import CHECKPOINTS
from tests.docs.loading import ROOT

PAGE = (ROOT / "docs/backbones.md").read_text(encoding="utf-8")


def rows_after(heading: str) -> dict[str, list[str]]:
    """Rows of the first table behind a heading, by the backbone in their first cell."""
    lines = PAGE.partition(f"# {heading}\n")[2].splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("|---")) + 1
    end = next(number for number, line in enumerate(lines[start:], start) if not line.startswith("|"))
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[start:end]]
    return {first.strip("`"): rest for first, *rest in cells}


def test_the_networks_are_as_the_table_has_them() -> None:
    table = rows_after("Backbones")
    assert tuple(table) == BACKBONES
    for name, cells in table.items():
        with torch.device("meta"):
            backbone = build_backbone(name)
        *stages, visual = backbone.stage_dimensions
        parameters = sum(parameter.numel() for parameter in backbone.parameters())
        convolutions = sum(isinstance(module, nn.Conv2d) for module in backbone.modules())
        assert cells == [str(visual), ", ".join(map(str, stages)), f"{parameters:,}", str(convolutions)]


def test_the_weights_are_as_the_table_has_them() -> None:
    table = rows_after("Weights")
    assert tuple(table) == BACKBONES
    for name, variant in VARIANTS.items():
        assert table[name][0] == f"pip package `{variant.package.replace('_', '-')}`"
    for name, checkpoint in CHECKPOINTS.items():
        digits = checkpoint.sha256[:16]
        assert table[name] == [checkpoint.origin, f"`{checkpoint.file}`", f"`{digits}`", checkpoint.licence]


def test_the_normalisation_is_as_the_table_has_it() -> None:
    assert f"mean {MEAN}, std {STD}" in PAGE
