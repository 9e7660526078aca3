"""Slugs: what a title becomes in an address."""

import re

import pytest

from ideas import slugs


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("How do we halve packaging waste?", "how-do-we-halve-packaging-waste"),
        ("Größe & Spaß: Ein Straßenfest für Łódź", "groesse-and-spass-ein-strassenfest-fuer-lodz"),
        ("L’été à l’Île d’Oléron", "lete-a-lile-doleron"),
        ("What's new in 2027?", "whats-new-in-2027"),
        ("ＦＵＬＬ ＷＩＤＴＨ ①", "full-width-1"),
        ("🐝🐝🐝", "challenge"),
        ("كيف نوفر الماء؟", "challenge"),
        ("ماء and water", "and-water"),
        ("..", "challenge"),
        ("../../etc/passwd", "etc-passwd"),
        ("2027", "challenge-2027"),
        ("New", "challenge-new"),
        ("new?", "challenge-new"),
        ("—", "challenge"),
        ("a\u0000b%2Fc", "a-b-2fc"),
    ],
)
def test_a_title_becomes_ascii_words_with_hyphens(title, slug):
    assert slugs.slug_of(title) == slug


def test_a_long_title_is_cut_at_a_word():
    slug = slugs.slug_of("What would make our canteen a place where people meet, talk and stay for longer than a meal?")

    assert slug == "what-would-make-our-canteen-a-place-where-people-meet-talk"
    assert slugs.slug_of("Donaudampfschiff" * 12) == ("donaudampfschiff" * 12)[: slugs.LENGTH]


def test_a_slug_with_the_number_of_a_copy_fits_its_column():
    taken = {slugs.slug_of("x" * 300)} | {f"{slugs.slug_of('x' * 300)}-{n}" for n in range(2, 1200)}

    assert len(slugs.free_slug("x" * 300, taken)) <= 80


@pytest.mark.parametrize("title", ["🐝", "..", "2027", "New", "a" * 200, "ｘ", "-- - -", "İstanbul’da ne yapalım?"])
def test_no_slug_is_a_number_or_needs_escaping(title):
    assert re.fullmatch(r"(?=[0-9-]*[a-z])[a-z0-9]+(-[a-z0-9]+)*", slugs.slug_of(title))


def test_the_same_title_gets_a_number():
    taken = {"our-name", "our-name-2", "our-name-4"}

    assert slugs.free_slug("Our name", taken) == "our-name-3"
    assert slugs.free_slug("Our name!", set()) == "our-name"
