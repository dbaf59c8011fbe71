"""Knows that a thing is taken for ours only when that is sure."""

from connector.renamed_match import Found, Thing, match

A, B, C = Thing("a", "a", "ka", "Never"), Thing("b", "b", "kb", "Often"), Thing("c", "c", "kc", "Always")
OURS = (A, B, C)


def found(*theirs: Thing) -> dict[str, str | None]:
    """By key of theirs: which of ours is the same, None where nobody can say."""
    return {key: each.key if each.is_same else None for key, each in match(OURS, theirs).items()}


def test_what_nobody_changed_is_the_same() -> None:
    assert match(OURS, OURS) == {key: Found(key, is_same=True) for key in "abc"}


def test_another_name_with_the_same_mark_and_words_is_the_same() -> None:
    assert found(Thing("x", "x", "ka", "Never"), B) == {"x": "a", "b": "b"}


def test_names_that_were_swapped_are_told_apart_by_their_marks() -> None:
    assert found(Thing("b", "b", "ka", "Never"), Thing("a", "a", "kb", "Often")) == {"b": "a", "a": "b"}


def test_another_name_and_other_words_are_not_the_same() -> None:
    assert found(Thing("x", "x", "ka", "Not at all"), B) == {"x": None, "b": "b"}


def test_another_sort_is_not_the_same_under_any_name() -> None:
    text = Thing("x", "x", "ka", "Never", sort="text")
    assert found(text, B) == {"x": None, "b": "b"}
    assert found(Thing("a", "a", "ka", "Never", sort="text"), B) == {"a": None, "b": "b"}


def test_words_may_be_corrected_where_the_name_stays() -> None:
    assert match(OURS, (Thing("a", "a", "ka", "Never ever"), B))["a"] == Found("a", is_same=True, is_reworded=True)


def test_words_that_were_swapped_are_not_the_same() -> None:
    assert found(Thing("a", "a", "ka", "Often"), Thing("b", "b", "kb", "Never"), C) == {"a": None, "b": None, "c": "c"}


def test_a_new_thing_under_an_old_name_is_not_the_old_one() -> None:
    assert found(Thing("x", "x", "ka", "Never"), Thing("a", "a", "new", "Sometimes")) == {"x": "a", "a": None}
    assert found(Thing("a", "a", "new", "Sometimes"), B) == {"a": None, "b": "b"}


def test_a_thing_that_was_deleted_and_made_again_is_the_same() -> None:
    assert found(Thing("a", "a", "new", "Never"), B) == {"a": "a", "b": "b"}


def test_without_any_marks_names_count_unless_words_moved() -> None:
    assert found(Thing("a", "a", "1", "Never!"), Thing("b", "b", "2", "Often")) == {"a": "a", "b": "b"}
    assert found(Thing("a", "a", "", "Often"), Thing("b", "b", "", "Never")) == {"a": None, "b": None}


def test_a_mark_that_two_have_tells_nothing_but_the_name_does() -> None:
    assert found(Thing("x", "x", "ka", "Never"), Thing("y", "y", "ka", "Never")) == {}
    assert found(Thing("a", "a", "ka", "Never"), Thing("y", "y", "ka", "Never"), B) == {"a": "a", "b": "b"}


def test_an_unknown_thing_is_none_of_ours() -> None:
    assert found(Thing("x", "x", "new", "Never"), B) == {"b": "b"}


def test_two_that_could_be_one_are_neither() -> None:
    ours = (Thing("a", "a", "ka", "Never"), Thing("a2", "b", "", "Never"))
    theirs = (Thing("x", "b", "ka", "Never"), Thing("y", "b", "", "Never"))
    assert {each.key for each in match(ours, theirs).values() if each.is_same} == {"a", "a2"}
