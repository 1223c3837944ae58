"""Kinds of binary codes: what they are fitted on, and which published numbers used them."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from inkseek.errors import ConfigError, DataError
from inkseek.retrieval.itq import Basis, Update, fit_itq
from inkseek.retrieval.search import Modality


@dataclass(frozen=True)
class CodeFacts:
    """One way to get binary codes out of retrieval features.

    Attributes:
        name: word under which results are printed.
        fitted_on: features of training pictures, or the very queries and photos that are measured.
        basis: modality that principal directions and rotation are learnt from; each is centred by its own mean.
        rotation: update rule, see `inkseek.retrieval.itq.learn_rotation`.
        source: where the definition stands, and who used it.
    """

    name: str
    fitted_on: Literal["training", "measured"]
    basis: Basis
    rotation: Update
    source: str


CODES: Mapping[str, CodeFacts] = MappingProxyType(
    {
        row.name: row
        for row in (
            CodeFacts(
                name="itq",
                fitted_on="training",
                basis="both",
                rotation="correct",
                source="Gong and Lazebnik (CVPR 2011), fitted on training features as a served code has to be",
            ),
            CodeFacts(
                name="itq-transductive",
                fitted_on="measured",
                basis="sketch",
                rotation="correct",
                source="as SEM-PCYC (CVPR 2019, arXiv 1903.03372), DSN, TCN and PSKD release it, fitted on the query "
                "sketches, with the rotation of Gong and Lazebnik (CVPR 2011)",
            ),
            CodeFacts(
                name="itq-released",
                fitted_on="measured",
                basis="sketch",
                rotation="released",
                source="AnjanDutta/sem-pcyc, haowang1992/DSN, haowang1992/TCN and acmmm22anonymous/PSKD, line by line: "
                "fitted on the query sketches, with a transposed factor in the rotation's update",
            ),
            CodeFacts(
                name="itq-released-photo",
                fitted_on="measured",
                basis="photo",
                rotation="released",
                source="huangzongheng/MATHM: as itq-released, fitted on the gallery's photos",
            ),
        )
    }
)


def binary_codes(
    kind: str,
    *,
    queries: NDArray[np.floating],
    gallery: NDArray[np.floating],
    training: Mapping[Modality, NDArray[np.floating]] | None = None,
    bits: int = 64,
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Binary codes of query sketches and gallery photos.

    Args:
        kind: a name of `CODES`.
        queries: [q, d] retrieval features of sketches.
        gallery: [g, d] retrieval features of photos.
        training: retrieval features of training pictures by modality; needed where `fitted_on` is `training`.
        bits: length of a code, a multiple of 8, at most d.

    Returns:
        Codes of the queries uint8 [q, bits / 8] and of the gallery [g, bits / 8], packed.

    Raises:
        ConfigError: the kind is unknown, or `bits` does not fit.
        DataError: training features are needed and missing, too few features to fit on, or one is not finite.
    """
    if kind not in CODES:
        raise ConfigError(f"binary codes {kind!r} are unknown; choose {', '.join(CODES)}")
    facts = CODES[kind]
    sketches, photos = queries, gallery
    if facts.fitted_on == "training":
        missing = [name for name in ("sketch", "photo") if not training or name not in training]
        if training is None or missing:
            raise DataError(
                f"binary codes {kind!r} are fitted on training pictures, and there are no {' and no '.join(missing)} "
                "features of them; give training sketches and photos, or choose itq-transductive, "
                "which is fitted on the measured pictures"
            )
        sketches, photos = training["sketch"], training["photo"]
    itq = fit_itq(sketches, photos, bits=bits, rotation=facts.rotation, basis=facts.basis)
    return itq.encode(queries, "sketch"), itq.encode(gallery, "photo")
