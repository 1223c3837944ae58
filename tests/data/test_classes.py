import pytest

from inkseek.data.classes import CLASS_LISTS, ClassNames, class_key, class_list, quickdraw_aliases
from inkseek.data.splits import SPLITS, split_data_set
from inkseek.errors import SplitError


@pytest.mark.parametrize("spelling", ["hot-air_balloon", "Hot air balloon", "hot_air_balloon", " HOT-AIR-BALLOON "])
def test_spellings_share_a_key(spelling: str) -> None:
    assert class_key(spelling) == "hot_air_balloon"


def test_an_accent_may_be_a_letter_of_its_own() -> None:
    assert class_key("cafe\u0301") == class_key("CAF\u00c9") == "caf\u00e9"


def test_brackets_keep_classes_apart() -> None:
    assert class_key("mouse (animal)") == "mouse_(animal)" != class_key("mouse")


def test_lists_have_the_published_sizes_and_each_split_parts_its_data_set() -> None:
    sizes = [125, 100, 25, 104, 21, 100, 25, 250, 220, 30, 220, 30, 110, 80, 30]
    assert [len(class_list(name)) for name in CLASS_LISTS] == sizes
    for split in SPLITS:
        everything = set(class_list(split_data_set(split)))
        seen, unseen = (set(class_list(f"{split.replace('@', '_')}_{part}")) for part in ("seen", "unseen"))
        assert seen | unseen == everything
        assert not seen & unseen


def test_unknown_list_names_the_choices() -> None:
    with pytest.raises(SplitError, match="sketchy2_unseen"):
        class_list("tuberlin3")


def test_words_of_quickdraw_that_are_no_class_names() -> None:
    names = ClassNames(class_list("sketchy"), quickdraw_aliases())
    words = {
        "car": "car_(sedan)",
        "crocodile": "crocodilian",
        "hot air balloon": "hot-air_balloon",
        "hot dog": "hotdog",
        "motorbike": "motorcycle",
        "tennis racquet": "racket",
        "teddy-bear": "teddy_bear",
    }
    assert {word: names.find(word) for word in words} == words
    assert ClassNames(class_list("quickdraw"), quickdraw_aliases()).find("The Eiffel Tower") == "eiffel tower"
    assert len(quickdraw_aliases()) == 7 + 1


def test_an_alias_of_a_class_that_was_not_asked_for_is_refused() -> None:
    names = ClassNames(("cat",), quickdraw_aliases())
    assert names.find("car") is None
    assert names.find("Cat") == "cat"


def test_without_a_list_sketchy_spelling_wins_and_other_names_keep_their_first_spelling() -> None:
    names = ClassNames()
    assert names.find("hot air balloon") == "hot-air_balloon"
    assert names.find("Flying Saucer") == "Flying Saucer" == names.find("flying_saucer")
