"""A round closes by itself when a quarter more people confirm its winners."""

from ideas.voting.closing import Look


def test_a_quarter_more_people_confirm_the_same_winners():
    first = Look(40, (2, 5))

    assert first.confirmed_by == 50
    assert Look(50, (2, 5)).confirms(first)
    assert not Look(49, (2, 5)).confirms(first)
    assert not Look(90, (2, 6)).confirms(first)
    assert not Look(90, (2, 5)).confirms(None)


def test_the_number_of_people_who_confirm_is_rounded_up():
    assert Look(41, ()).confirmed_by == 52


def test_other_winners_start_anew():
    first, same, other = Look(40, (2, 5)), Look(44, (2, 5)), Look(45, (2, 6))

    assert same.kept(first) == first
    assert other.kept(first) == other
    assert first.kept(None) == first
