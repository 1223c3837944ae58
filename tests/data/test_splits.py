from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkseek.data.classes import class_list
from inkseek.data.datasets import published_counts
from inkseek.data.splits import ClassSplit, named_split, overlap, read_split, split_data_set, with_pseudo_unseen
from inkseek.errors import SplitError


@pytest.mark.parametrize(
    ("seen", "validation", "unseen"),
    [
        (("cat", "dog"), (), ("dog",)),
        (("cat",), ("dog",), ("dog",)),
        (("cat", "dog"), ("dog",), ()),
        (("cat", "hot-air_balloon"), (), ("hot air balloon",)),
        (("cat", "cat"), (), ()),
    ],
)
def test_a_class_in_two_places_is_refused(
    seen: tuple[str, ...], validation: tuple[str, ...], unseen: tuple[str, ...]
) -> None:
    with pytest.raises(SplitError, match="stand twice: "):
        ClassSplit(seen, validation, unseen)


def test_a_split_needs_a_seen_class() -> None:
    with pytest.raises(SplitError, match="at least one seen class"):
        ClassSplit((), (), ("cat",))


@pytest.mark.parametrize(
    ("name", "data_set", "seen", "unseen"),
    [
        ("sketchy1", "sketchy", 100, 25),
        ("sketchy1@sempcyc", "sketchy", 100, 25),
        ("sketchy2", "sketchy", 104, 21),
        ("tuberlin", "tuberlin", 220, 30),
        ("tuberlin@sempcyc", "tuberlin", 220, 30),
        ("quickdraw", "quickdraw", 80, 30),
    ],
)
def test_named_splits(name: str, data_set: str, seen: int, unseen: int) -> None:
    split = named_split(name)
    assert (len(split.seen), len(split.validation), len(split.unseen)) == (seen, 0, unseen)
    assert split_data_set(name) == data_set
    assert set(split.class_names) == set(class_list(data_set))
    assert split.seen == tuple(sorted(split.seen))


def test_the_two_draws_of_twenty_five_are_different_classes() -> None:
    ours, other = named_split("sketchy1").unseen, named_split("sketchy1@sempcyc").unseen
    assert overlap(ours, other) == ("bell", "squirrel", "tank", "wheelchair")
    assert overlap(named_split("tuberlin").unseen, named_split("tuberlin@sempcyc").unseen) == ("rollerblades",)


def test_every_class_of_sakes_split_of_tuberlin_has_four_hundred_photos() -> None:
    photos = {name: published_counts("tuberlin")[name].photos for name in named_split("tuberlin").unseen}
    assert min((count or 0, name) for name, count in photos.items()) == (401, "trombone")


def test_an_unknown_split_names_the_choices() -> None:
    for function in (named_split, split_data_set):
        with pytest.raises(SplitError, match="sketchy1, sketchy2, tuberlin, quickdraw, sketchy1@sempcyc, tuberlin@"):
            function("sketchy3")


@given(count=st.integers(0, 103), seed=st.integers(0, 10**6))
def test_pseudo_unseen_classes_come_from_the_seen_ones(count: int, seed: int) -> None:
    split = named_split("sketchy2")
    held = with_pseudo_unseen(split, count, seed)
    assert held.unseen == split.unseen
    assert len(held.validation) == count
    assert set(held.validation) | set(held.seen) == set(split.seen)


def test_pseudo_unseen_classes_depend_on_the_seed_and_on_no_order() -> None:
    split = named_split("sketchy2")
    backwards = ClassSplit(split.seen[::-1], (), split.unseen)
    assert with_pseudo_unseen(split, 15, 0).validation == with_pseudo_unseen(backwards, 15, 0).validation
    assert with_pseudo_unseen(split, 15, 0).validation != with_pseudo_unseen(split, 15, 1).validation


def test_one_seen_class_must_stay() -> None:
    with pytest.raises(SplitError, match="at least one must stay"):
        with_pseudo_unseen(ClassSplit(("cat", "dog"), (), ()), 2, 0)


def test_overlap_sees_through_spelling() -> None:
    assert overlap(("teddy_bear", "cat"), ("Teddy Bear",)) == ("teddy_bear",)


def _write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_a_split_of_ones_own(tmp_path: Path) -> None:
    file = _write(tmp_path / "split.json", '{"seen": ["dog", "cat"], "unseen": ["bat"], "validation": ["cow"]}')
    assert read_split(file) == ClassSplit(("cat", "dog"), ("cow",), ("bat",))
    assert read_split(_write(file, '{"unseen": ["bat"], "seen": ["cat"]}')) == ClassSplit(("cat",), (), ("bat",))


def test_a_byte_order_mark_is_no_part_of_a_split(tmp_path: Path) -> None:
    file = _write(tmp_path / "split.json", '\ufeff{"seen": ["cat"], "unseen": ["bat"]}')
    assert read_split(file).unseen == ("bat",)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            '{"seen": ["cat", "Hot air balloon"], "unseen": ["hot-air_balloon"]}',
            r"twice: hot_air_balloon \(seen, unseen",
        ),
        ('{"seen": ["cat"], "unseen": ["bat"], "validation": ["bat"]}', r"twice: bat \(validation, unseen"),
        ('{"seen": ["cat"]}', "missing key unseen; add it"),
        ('{"seen": "cat", "unseen": []}', "seen: Input should be a valid"),
        ('{"seen": [], "unseen": ["cat"]}', "at least one seen class"),
        ('{"seen": ["cat"], "unseen": ["bat"], "test": []}', "unknown key test; remove it"),
        ("[1]", r"\(whole file\): Input should be an object"),
        ("seen: cat", "no JSON; write"),
        ("[" * 100_000, "no JSON; write"),
        ('{"seen": ["cat"], "unseen": ["bat"], "unseen": ["cow"]}', "key unseen stands twice"),
    ],
)
def test_a_split_file_with_a_fault_is_named(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(SplitError, match=f"split.json: .*{sentence}"):
        read_split(_write(tmp_path / "split.json", text))


def test_a_missing_split_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SplitError, match=r"none.json: cannot be read \(No such file"):
        read_split(tmp_path / "none.json")
