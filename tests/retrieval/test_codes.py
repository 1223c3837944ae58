import numpy as np
import pytest
from numpy.typing import NDArray

from inkseek.errors import ConfigError, DataError
from inkseek.retrieval.codes import CODES, binary_codes
from inkseek.retrieval.itq import fit_itq
from inkseek.retrieval.search import Modality

Features = NDArray[np.float32]


def clustered(count: int, modality: Modality, seed: int, classes: int = 10) -> Features:
    """Unit rows around class centres; sketches and photos are offset from each other."""
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(0).standard_normal((classes, 32))
    rows = centres[np.arange(count) % classes] + 0.5 * rng.standard_normal((count, 32))
    rows += (1.0 if modality == "sketch" else -1.0) * np.random.default_rng(1).standard_normal(32)
    unit: NDArray[np.float64] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit.astype(np.float32)


QUERIES, GALLERY = clustered(80, "sketch", 2), clustered(120, "photo", 3)
TRAINING: dict[Modality, Features] = {"sketch": clustered(150, "sketch", 4), "photo": clustered(90, "photo", 5)}


def distances(kind: str, bits: int = 16) -> NDArray[np.int64]:
    queries, gallery = binary_codes(kind, queries=QUERIES, gallery=GALLERY, training=TRAINING, bits=bits)
    counted: NDArray[np.int64] = np.bitwise_count(queries[:, np.newaxis] ^ gallery).sum(axis=2, dtype=np.int64)
    return counted


@pytest.mark.parametrize("kind", CODES)
def test_codes_tell_classes_apart(kind: str) -> None:
    found = distances(kind)
    same = np.arange(80)[:, np.newaxis] % 10 == np.arange(120) % 10

    assert found[same].mean() < 0.6 * found[~same].mean()


def test_default_codes_come_from_training_features_alone() -> None:
    """One query's code does not depend on the other queries, nor a photo's on the rest of the gallery."""
    queries, gallery = binary_codes("itq", queries=QUERIES, gallery=GALLERY, training=TRAINING, bits=16)
    fewer = binary_codes("itq", queries=QUERIES[:1], gallery=GALLERY[5:], training=TRAINING, bits=16)

    np.testing.assert_array_equal(fewer[0], queries[:1])
    np.testing.assert_array_equal(fewer[1], gallery[5:])
    itq = fit_itq(TRAINING["sketch"], TRAINING["photo"], bits=16)
    np.testing.assert_array_equal(itq.encode(QUERIES, "sketch"), queries)


@pytest.mark.parametrize("kind", [kind for kind, facts in CODES.items() if facts.fitted_on == "measured"])
def test_transductive_codes_take_the_measured_pictures(kind: str) -> None:
    """Each side is centred by its own mean; directions come from the side that the source names."""
    facts = CODES[kind]
    itq = fit_itq(QUERIES, GALLERY, bits=16, rotation=facts.rotation, basis=facts.basis)

    queries, gallery = binary_codes(kind, queries=QUERIES, gallery=GALLERY, training=None, bits=16)

    np.testing.assert_array_equal(queries, itq.encode(QUERIES, "sketch"))
    np.testing.assert_array_equal(gallery, itq.encode(GALLERY, "photo"))
    np.testing.assert_allclose(itq.means["photo"], GALLERY.mean(axis=0), atol=1e-6)
    fitted_on = {"sketch": QUERIES, "photo": GALLERY}[facts.basis] - itq.means[
        "sketch" if facts.basis == "sketch" else "photo"
    ]
    covariance = (fitted_on @ itq.projection).T @ (fitted_on @ itq.projection)
    largest = np.linalg.eigvalsh(fitted_on.T @ fitted_on)[-16:].sum()
    np.testing.assert_allclose(np.trace(covariance), largest)


def test_every_kind_is_another_code() -> None:
    found = [distances(kind) for kind in CODES]

    assert [facts.name for facts in CODES.values()] == list(CODES)
    assert next(iter(CODES)) == "itq"
    for i, one in enumerate(found):
        for other in found[i + 1 :]:
            assert (one != other).any()


def test_codes_have_the_asked_length() -> None:
    queries, gallery = binary_codes("itq-transductive", queries=QUERIES, gallery=GALLERY, bits=32)

    assert queries.shape == (80, 4)
    assert gallery.shape == (120, 4)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ConfigError, match="'lsh' are unknown; choose itq, itq-transductive, itq-released"):
        binary_codes("lsh", queries=QUERIES, gallery=GALLERY)


@pytest.mark.parametrize(
    ("given", "missing"),
    [((), "no sketch and no photo features"), (("sketch",), "no photo features"), (("photo",), "no sketch features")],
)
def test_missing_training_features_are_asked_for(given: tuple[Modality, ...], missing: str) -> None:
    training = {name: TRAINING[name] for name in given}

    with pytest.raises(DataError, match=f"there are {missing} of them; give training sketches and photos"):
        binary_codes("itq", queries=QUERIES, gallery=GALLERY, training=training or None, bits=16)


def test_too_few_queries_for_transductive_codes_are_refused() -> None:
    with pytest.raises(DataError, match="need more than 16 features to fit on, found 9"):
        binary_codes("itq-released", queries=QUERIES[:9], gallery=GALLERY, bits=16)
