import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkseek.data.classes import class_list
from inkseek.data.splits import ClassSplit, named_split, overlap, with_pseudo_unseen
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


@pytest.mark.parametrize(("name", "seen", "unseen"), [("sketchy1", 100, 25), ("sketchy2", 104, 21)])
def test_named_splits(name: str, seen: int, unseen: int) -> None:
    split = named_split(name)
    assert (len(split.seen), len(split.validation), len(split.unseen)) == (seen, 0, unseen)
    assert set(split.class_names) == set(class_list("sketchy"))
    assert split.seen == tuple(sorted(split.seen))


def test_an_unknown_split_names_the_choices() -> None:
    with pytest.raises(SplitError, match="sketchy1, sketchy2"):
        named_split("sketchy3")


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
