"""Texts are alike by their words: in other forms, in compounds, in German and English."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ideas import similarity
from ideas.similarity import TextIndex, groups_among, shared_words, stem_of, words_of

TEXTS = {
    1: ("Fahrradwege in der ganzen Stadt", ""),
    2: ("Mehr Bäume an der Hauptstraße", "Schatten im Sommer"),
    3: ("Reusable bottles for every event", ""),
    4: ("Ein Häuschen für Bücher am Spielplatz", ""),
}


def index_of(texts):
    index = TextIndex()
    for key, (title, text) in texts.items():
        index.add(key, title, text)
    return index


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("Ein Radweg für die Stadt", 1),
        ("BAUM pflanzen: Hauptstrasse", 2),
        ("a reusable bottle at events", 3),
        ("Bücherhäuschen beim Spielplatz", 4),
    ],
)
def test_a_text_is_found_by_other_forms_of_its_words(typed, found):
    assert index_of(TEXTS).similar(typed)[0].key == found


def test_nothing_is_like_a_text_with_other_words_or_none():
    index = index_of(TEXTS)

    assert index.similar("Quantum chromodynamics lecture") == []
    assert index.similar("") == index.similar("…!?") == index.similar("und oder aber") == []


def test_a_rare_word_tells_more_than_a_common_one():
    index = index_of({n: (f"Coffee machine number {n}", "") for n in range(50)} | {99: ("Coffee with oats", "")})

    assert index.similar("oats for our coffee")[0].key == 99


def test_words_are_folded_and_stems_lose_their_endings():
    assert words_of("Größere Straßen, Café-Ecke") == ["grossere", "strassen", "cafe", "ecke"]
    assert stem_of("strassen") == stem_of("strasse")
    assert stem_of("bus") == "bus"


def test_shared_words_are_shown_as_they_were_written():
    assert shared_words("Radwege für die Stadt", "Ein Radweg in der Innenstadt") == ["Radwege", "Stadt"]


WORDS = st.sampled_from(["radweg", "fahrrad", "baum", "bäume", "bottle", "bottles", "oats", "haus", "häuser", "stadt"])
TITLES = st.lists(WORDS, min_size=1, max_size=5).map(" ".join)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 6), st.none() | TITLES), max_size=25), TITLES)
def test_an_index_that_followed_every_change_answers_as_a_new_one(changes, typed):
    followed, texts = TextIndex(), {}
    for key, title in changes:
        if title is None:
            followed.remove(key)
            texts.pop(key, None)
        else:
            followed.add(key, title)
            texts[key] = (title, "")

    fresh = index_of(texts)

    assert [(m.key, round(m.score, 9)) for m in followed.similar(typed, most=9)] == [
        (m.key, round(m.score, 9)) for m in fresh.similar(typed, most=9)
    ]
    assert len(followed) == len(texts)


def test_many_changes_leave_nothing_behind():
    index = TextIndex()
    for n in range(500):
        index.add(1, f"Word{n} again")

    assert len(index) == 1
    assert [match.key for match in index.similar("Word499 again")] == [1]
    assert index.similar("Word3", at_least=0.9) == []
    assert not any("word3" in feature for feature in vars(index)["_numbers"])


def test_others_run_while_many_texts_are_looked_through(monkeypatch):
    pauses = []
    monkeypatch.setattr(similarity, "pause", lambda: pauses.append(len(pauses)))
    texts = {n: (f"Fahrradwege {n}", "") for n in range(60)}

    groups_among(index_of(texts), texts)

    assert len(pauses) >= 12
