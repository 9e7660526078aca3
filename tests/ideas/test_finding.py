"""Finding texts in spite of typing errors."""

import pytest

from ideas.finding import WordIndex


def found(typed, *texts):
    """Which of these titles a search finds, the best first."""
    scores = WordIndex().find(typed, {n: [(text, 1.0)] for n, text in enumerate(texts)})
    return [texts[n] for n in sorted(scores, key=lambda n: -scores[n])]


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("packaging", "How do we halve our packaging?"),
        ("pakaging", "How do we halve our packaging?"),
        ("pcakaging", "How do we halve our packaging?"),
        ("PACKAGNG halve", "How do we halve our packaging?"),
        ("verpakung", "Mehrwegverpackungen für die Bäckerei"),
        ("baeckerei", "Mehrwegverpackungen für die Bäckerei"),
        ("bäckrei", "Mehrwegverpackungen für die Bäckerei"),
        ("backerei", "Mehrwegverpackungen für die Bäckerei"),
        ("strasse", "Die Straße gehört allen"),
        ("kafe", "Ein Café am Markt"),
        ("brto", "Das Brot von gestern"),
        ("nam", "A name for the bread"),
        ("面包", "昨天的面包怎么办"),
        ("хлебб", "Что делать с хлебом"),
        ("🍞", "What about 🍞?"),
    ],
)
def test_a_title_is_found_despite_an_error(typed, title):
    assert found(typed, title, "Quiet hours on the third floor") == [title]


@pytest.mark.parametrize("typed", ["zebra", "packaging zebra", "xyz", "q", "🎉"])
def test_a_word_that_stands_nowhere_finds_nothing(typed):
    assert found(typed, "How do we halve our packaging?") == []


def test_what_stands_there_as_typed_comes_first():
    titles = ["Broad avenues", "Breads of the world", "Bread from yesterday"]

    assert found("bread", *titles) == ["Bread from yesterday", "Breads of the world", "Broad avenues"]


def test_the_weight_of_a_text_counts():
    texts = {1: [("A name", 1.0), ("Mill & Oven", 0.8)], 2: [("The old mill", 1.0), ("Mill & Oven", 0.8)]}

    assert WordIndex().find("mill", texts) == {1: 0.8, 2: 1.0}


def test_words_may_stand_in_several_texts():
    assert WordIndex().find("name mill", {1: [("A name for the bread", 1.0), ("Mill & Oven", 0.8)]}) == {1: 0.9}


def test_an_index_follows_its_texts_and_forgets_what_is_gone():
    index = WordIndex()
    assert index.find("bread", {1: [("Bread", 1.0)], 2: [("Rolls", 1.0)]}) == {1: 1.0}

    assert index.find("bread", {1: [("Cake", 1.0)], 2: [("Rolls", 1.0)]}) == {}
    assert index.find("cake", {1: [("Cake", 1.0)]}) == {1: 1.0}
    assert "rolls" not in str(vars(index))
