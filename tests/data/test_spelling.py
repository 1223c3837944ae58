import pytest

from inkseek.data.spelling import nearest_names, spelling_key, with_nearest


@pytest.mark.parametrize("name", ["wrist-watch", "wrist watch", "Wrist_Watch", "wristwatch"])
def test_spellings_of_a_name_share_a_key(name: str) -> None:
    assert spelling_key(name) == "wristwatch"


def test_brackets_tell_names_apart() -> None:
    assert spelling_key("mouse (animal)") != spelling_key("mouse animal")


def test_the_most_alike_come_first_in_their_own_spelling() -> None:
    assert nearest_names(["elefant", "qqq"], ["Elephant", "elevator", "tree"]) == [["Elephant", "elevator"], []]


def test_among_many_names_those_with_the_same_first_letter_are_compared() -> None:
    many = [f"word{number}" for number in range(6_000)]
    assert nearest_names(["elefant"], [*many, "elephant", "relefant"]) == [["elephant"]]


def test_an_error_lists_every_name() -> None:
    assert with_nearest(["catt", "xyz"], ["cat", "dog"]) == "'catt' (nearest: cat), 'xyz'"
