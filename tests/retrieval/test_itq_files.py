from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from inkseek.errors import FormatError
from inkseek.retrieval.itq import Itq
from inkseek.retrieval.search import Modality
from tests.retrieval.test_itq import correlated, fitted


def test_a_saved_fit_encodes_the_same(tmp_path: Path) -> None:
    itq, rows = fitted(), correlated(30, 12, 7)
    path = tmp_path / "codes.npz"
    itq.save(path)
    itq.save(path)

    loaded = Itq.load(path, 12)

    assert [file.name for file in tmp_path.iterdir()] == ["codes.npz"]
    np.testing.assert_array_equal(loaded.projection, itq.projection)
    modalities: tuple[Modality, ...] = ("sketch", "photo")
    for modality in modalities:
        np.testing.assert_array_equal(loaded.encode(rows, modality), itq.encode(rows, modality))


def test_a_fit_that_cannot_be_written_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: Any, **options: Any) -> None:  # noqa: ANN401 - takes whatever comes
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OSError, match="No space"):
        fitted().save(tmp_path / "codes.npz")
    assert not list(tmp_path.iterdir())


def test_a_fit_for_other_features_is_refused(tmp_path: Path) -> None:
    fitted().save(tmp_path / "codes.npz")
    with pytest.raises(FormatError, match="fitted on features of 12 values, these have 512"):
        Itq.load(tmp_path / "codes.npz", 512)


def saved_with(path: Path, **changed: NDArray[Any]) -> Path:
    arrays = {
        "format": np.array(1),
        "sketch_mean": np.zeros(12),
        "photo_mean": np.zeros(12),
        "projection": np.eye(12)[:, :8],
    }
    np.savez(
        path,
        allow_pickle=False,
        **{name: array for name, array in {**arrays, **changed}.items() if array.shape != (0,)},
    )
    return path


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"format": np.array(2)}, "format 2, but this inkseek reads 1"),
        ({"photo_mean": np.empty(0)}, "holds no binary codes"),
        ({"format": np.array("one")}, "holds no binary codes"),
        ({"sketch_mean": np.zeros(11)}, "is damaged"),
        ({"projection": np.eye(12)[:, :7]}, "is damaged"),
        ({"projection": np.eye(12)[:, :0]}, "is damaged"),
        ({"projection": np.ones(12)}, "is damaged"),
        ({"projection": np.full((12, 8), np.nan)}, "is damaged"),
        ({"projection": np.eye(12, dtype=np.float32)[:, :8]}, "is damaged"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, changed: dict[str, NDArray[Any]], sentence: str) -> None:
    with pytest.raises(FormatError, match=sentence):
        Itq.load(saved_with(tmp_path / "codes.npz", **changed), 12)


def test_a_pickled_array_is_never_opened(tmp_path: Path) -> None:
    objects = np.eye(12)[:, :8].astype(object)
    np.savez(
        tmp_path / "codes.npz",
        format=np.array(1),
        sketch_mean=np.zeros(12),
        photo_mean=np.zeros(12),
        projection=objects,
    )
    with pytest.raises(FormatError, match="is damaged"):
        Itq.load(tmp_path / "codes.npz", 12)


def test_what_is_no_file_of_ours_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="cannot be read"):
        Itq.load(tmp_path / "missing.npz", 12)
    with pytest.raises(FormatError, match="cannot be read"):
        Itq.load(tmp_path, 12)
    for name, data in {"empty": b"", "text": b"0" * 100, "zip": b"PK\x03\x04" + bytes(60)}.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(FormatError, match="is damaged"):
            Itq.load(tmp_path / name, 12)
    np.save(tmp_path / "array.npy", np.zeros(3))
    with pytest.raises(FormatError, match="is damaged"):
        Itq.load(tmp_path / "array.npy", 12)


def test_damage_anywhere_is_refused_or_harmless(tmp_path: Path) -> None:
    """Every byte of the file in turn, and every length: a clear error, or the fit as it was."""
    itq, path = fitted(8, 8), tmp_path / "codes.npz"
    itq.save(path)
    whole = path.read_bytes()
    damaged = [whole[:i] + bytes([whole[i] ^ 0xFF]) + whole[i + 1 :] for i in range(0, len(whole), 3)]
    damaged += [whole[:length] for length in range(0, len(whole), 17)]
    refused = 0
    for data in damaged:
        path.write_bytes(data)
        try:
            loaded = Itq.load(path, 8)
        except FormatError:
            refused += 1
        else:
            np.testing.assert_array_equal(loaded.projection, itq.projection)
    assert refused > len(damaged) / 2
