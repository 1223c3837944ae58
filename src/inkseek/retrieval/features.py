"""Retrieval features as arrays: the one check that whoever computes with them makes."""

import numpy as np
from numpy.typing import NDArray

from inkseek.errors import DataError


def check_finite(features: NDArray[np.floating], side: str) -> None:
    """Refuse features that hold NaN or infinity.

    Args:
        features: [n, d].
        side: what they are features of, for the sentence.

    Raises:
        DataError: it names the first such row and counts them.
    """
    finite = np.isfinite(features).all(axis=1)
    if not finite.all():
        raise DataError(
            f"{side} feature {int(np.argmin(finite))} is not finite ({int((~finite).sum())} of {len(features)} rows); "
            "the encoder is damaged, export it again"
        )
