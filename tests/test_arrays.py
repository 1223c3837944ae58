"""Arrays on disk: what is written is read, and damage is one sentence."""

from pathlib import Path

import numpy as np
import pytest

from inkseek.arrays import load_arrays, save_arrays
from inkseek.errors import FormatError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    save_arrays(tmp_path / "some.npz", {"a": np.arange(300.0), "b": np.array(["né"])})
    return tmp_path / "some.npz"


def test_what_is_written_is_read(file: Path) -> None:
    found = load_arrays(file, "make it again")

    np.testing.assert_array_equal(found["a"], np.arange(300.0))
    assert found["b"].tolist() == ["né"]
    assert list(file.parent.iterdir()) == [file]


def test_a_file_cut_short_anywhere_is_damaged(file: Path) -> None:
    whole = file.read_bytes()
    for length in range(0, len(whole), 37):
        file.write_bytes(whole[:length])
        with pytest.raises(FormatError, match=r"some\.npz: is damaged; make it again"):
            load_arrays(file, "make it again")


def test_one_array_without_names_is_damaged(file: Path) -> None:
    with file.open("wb") as stream:
        np.save(stream, np.arange(3))

    with pytest.raises(FormatError, match="is damaged"):
        load_arrays(file, "make it again")


def test_objects_are_never_opened(file: Path) -> None:
    np.savez(file, a=np.array([{}], dtype=object))

    with pytest.raises(FormatError, match="is damaged"):
        load_arrays(file, "make it again")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"none\.npz: cannot be read \(No such file or directory\); make it again"):
        load_arrays(tmp_path / "none.npz", "make it again")
