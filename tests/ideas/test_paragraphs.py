"""A translation stands beside its source, paragraph by paragraph, whatever was typed and left out."""

from hypothesis import given
from hypothesis import strategies as st

from ideas.paragraphs import joined, paragraphs_of, side_by_side
from ideas.services.orders import WorkForm

SOURCE = "Rye is sticky.\n\n \n\nWet hands help.\nA bowl, too.\n\nThat is all."

typed = st.lists(st.text("ab \n", max_size=6), min_size=3, max_size=3)


def test_the_paragraphs_of_a_source_stand_between_empty_lines():
    assert paragraphs_of(SOURCE) == ["Rye is sticky.", "Wet hands help.\nA bowl, too.", "That is all."]
    assert side_by_side("", "Roggen") == []


@given(typed)
def test_every_paragraph_keeps_its_place_when_it_is_stored(parts):
    text = WorkForm(paragraphs=tuple(parts)).checked().text

    shown = [pair.target for pair in side_by_side(SOURCE, text)]
    assert ["".join(each.split()) for each in shown] == ["".join(each.split()) for each in parts]
    assert joined(shown) == text, "it is stored as it was the next time, too"


def test_a_text_with_more_paragraphs_than_its_source_stands_beside_the_last_one():
    text = "Eins\n\nZwei\n\nDrei\n\nVier"

    assert [pair.target for pair in side_by_side(SOURCE, text)] == ["Eins", "Zwei", "Drei\n\nVier"]
