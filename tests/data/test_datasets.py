import pytest

from inkseek.data.classes import class_key, class_list, tuberlin_aliases
from inkseek.data.datasets import DATA_SETS, ClassCounts, data_set_of, known_data_set, published_counts
from inkseek.errors import DataError


@pytest.mark.parametrize(
    ("name", "classes", "splits", "sketches", "photos"),
    [
        ("sketchy", 125, ("sketchy1", "sketchy2", "sketchy1@sempcyc"), 75_481, 73_002),
        ("tuberlin", 250, ("tuberlin", "tuberlin@sempcyc"), 20_000, 204_489),
        ("quickdraw", 110, ("quickdraw",), 330_000, 204_000),
    ],
)
def test_facts(name: str, classes: int, splits: tuple[str, ...], sketches: int, photos: int) -> None:
    facts = DATA_SETS[name]
    assert (len(facts.class_names), facts.splits, facts.sketches, facts.photos) == (classes, splits, sketches, photos)
    assert "https://" in facts.obtain


def test_published_counts_of_each_data_set_add_up() -> None:
    for name, totals in (
        ("sketchy", (75_481, 85_502, 73_002)),
        ("tuberlin", (20_000, 27_989, 0)),
        ("quickdraw", (92_291, 54_151, 0)),
    ):
        counts = published_counts(name)
        assert tuple(counts) == class_list(name)
        sums = tuple(
            sum(getattr(count, kind) or 0 for count in counts.values())
            for kind in ("sketches", "photos", "extended_photos")
        )
        assert sums == totals
    assert published_counts("quickdraw")["cake"] == ClassCounts(5_262, 1_709, None)
    assert published_counts("quickdraw")["teapot"] == ClassCounts(None, None, None)
    assert published_counts("sketchy")["skyscraper"].extended_photos == 161


def test_an_unknown_data_set_names_the_choices() -> None:
    with pytest.raises(DataError, match="sketchy, tuberlin, quickdraw"):
        published_counts("imagenet")


def test_no_photo_folder_of_tuberlin_is_the_name_of_another_class() -> None:
    aliases = tuberlin_aliases()
    classes = {class_key(name) for name in class_list("tuberlin")}
    assert len(aliases) == 52
    assert not set(aliases) & classes
    assert {class_key(name) for name in aliases.values()} <= classes


def test_a_data_set_is_told_by_its_classes() -> None:
    assert data_set_of(class_list("sketchy2_unseen")) == "sketchy"
    misspelt = tuple(tuberlin_aliases())[:20]
    assert data_set_of(misspelt) == "tuberlin"
    assert data_set_of(misspelt[:19]) is None
    assert data_set_of(["trombone", "chandelier", "wrist-watch"]) == "tuberlin"
    assert data_set_of(["cat", "dog"]) is None  # known to all
    assert data_set_of(["cat", "palm tree"], ["sketchy", "quickdraw"]) == "quickdraw"
    assert data_set_of([]) is None
    mostly = [*class_list("quickdraw_unseen")]
    assert data_set_of([*mostly, "a", "b", "c"]) == "quickdraw"
    assert data_set_of([*mostly, "a", "b", "c", "d"]) is None


def test_few_classes_tell_nothing_where_nothing_else_does() -> None:
    unseen = class_list("tuberlin_unseen")
    assert known_data_set(unseen[:19]) is None
    assert known_data_set(unseen[:20]) == "tuberlin"
