"""The small examples in the guide for companies: the counting code finds the same numbers and places."""

import re

import pytest

from app.pages.guides import guide_of
from app.platform.i18n import LANGUAGES
from app.rules import presenters
from app.rules.grades import GRADES
from ideas.pay import Effort
from ideas.voting import approval
from ideas.voting.ranked import pairwise
from ideas.voting.rules import SCALES, Approval, Grades, Pairwise, Points, Ranked, Stars
from ideas.voting.scores import Counts, profile_of, scores

RATIO = re.compile(r"(\d+) : (\d+)")


@pytest.fixture(params=LANGUAGES)
def examples(request, one_app):
    """`{name of a rule: its example}`."""
    with one_app.test_request_context(headers={"Accept-Language": request.param}):
        (section,) = (each for each in guide_of("company", request.param).sections if each.anchor == "examples")
        titles = {str(presenter.title): presenter.name for presenter in presenters()}
        _, *pieces = re.split(r"^### (.+)$", section.source, flags=re.MULTILINE)
        yield {titles[title]: text for title, text in zip(pieces[::2], pieces[1::2], strict=True)}


def rows_of(text):
    """The cells of a table, without its head."""
    lines = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("|")]
    return lines[2:]


def places_of(rule, counts, entries):
    return {score.entry: score for score in scores(rule, range(1, entries + 1), counts)}


def marks(*columns):
    """The counts of votes: `(value, the numbers of each entry)`."""
    return [(n, 0, value, people) for value, column in columns for n, people in enumerate(column, 1)]


def percent(share):
    return f"{round(share * 100)} %"


def test_every_way_to_vote_has_an_example(examples):
    assert set(examples) == {presenter.name for presenter in presenters()}


def test_yes_or_no(examples):
    rows = rows_of(examples["approval"])
    yes, no = ([int(row[n]) for row in rows] for n in (1, 2))
    found = places_of(Approval(), Counts(max(map(sum, zip(yes, no, strict=True))), marks((1, yes), (-1, no))), 3)

    for n, row in enumerate(rows, 1):
        assert row[3:] == [percent(yes[n - 1] / (yes[n - 1] + no[n - 1])), percent(found[n].low), str(found[n].place)]
        assert found[n].low == approval.wilson(yes[n - 1], no[n - 1])[0]


def test_pairs(examples):
    rows = rows_of(examples["pairs"])
    answers = [tuple(map(int, each)) for each in RATIO.findall(examples["pairs"])]
    names = {"bench": 1, "pudding": 2, "school": 3, "wall": 4}
    pairs = [("bench", "wall"), ("bench", "pudding"), ("wall", "school")]
    counted = [
        row
        for (one, other), (won, lost) in zip(pairs, answers, strict=True)
        for row in _answers_on(names[one], names[other], won, lost)
    ]
    found = places_of(Pairwise(), Counts(8, counted), 4)

    assert {sum(each) for each in answers} == {8}
    for n, row in enumerate(rows, 1):
        assert row[1:] == [*map(str, (found[n].yes, found[n].no)), percent(found[n].score), str(found[n].place)]


def _answers_on(one, other, won, lost):
    """The counts of a pair, whose first entry has the lower id."""
    low, high, first, second = (one, other, won, lost) if one < other else (other, one, lost, won)
    return [(low, high, 1, first), (low, high, -1, second)]


def test_points(examples):
    rows = rows_of(examples["points"])
    given = [[int(row[person]) for row in rows] for person in (1, 2, 3)]
    counted = [(n, 0, points, 1) for ballot in given for n, points in enumerate(ballot, 1)]
    found = places_of(Points(), Counts(3, counted), 3)

    assert [sum(ballot) for ballot in given] == [Points().budget] * 3
    for n, row in enumerate(rows, 1):
        assert row[4:] == [str(int(found[n].score)), str(found[n].place)]
    extra = Points(quadratic=True)
    assert (extra.fits([3]), extra.fits([4])) == (True, False)


def test_grades(examples):
    rows = rows_of(examples["grades"])
    words = [str(GRADES[name]) for name in SCALES[Grades().steps]]
    given = [[words.index(word) for word in row[1].split(", ")] for row in rows]
    counted = [(n, 0, grade, 1) for n, grades in enumerate(given, 1) for grade in grades]
    found = places_of(Grades(), Counts(5, counted), 3)

    assert given == [sorted(grades) for grades in given]
    for n, row in enumerate(rows, 1):
        middle = sorted(given[n - 1])[2]
        assert row[2:] == [words[middle], str(found[n].place)]
        assert middle - 0.5 <= found[n].score <= middle + 0.5


def test_stars_and_lemons(examples):
    rows = rows_of(examples["stars"])
    stars, lemons = ([int(row[n]) for row in rows] for n in (1, 2))
    found = places_of(Stars(), Counts(12, marks((1, stars), (-1, lemons))), 3)

    for n, row in enumerate(rows, 1):
        assert row[3:] == [str(int(found[n].score)), str(found[n].place)]


def test_order(examples):
    rows = rows_of(examples["ranked"])
    names = rows[0][0].split(", ")
    orders = [
        (int(people), tuple((names.index(name) + 1, place) for place, name in enumerate(order.split(", "), 1)))
        for order, people in rows
    ]
    counts = Counts(7, [], orders)
    found = places_of(Ranked(), counts, 3)
    wins = pairwise(*profile_of(Ranked(), range(1, 4), counts))

    assert [found[n].place for n in (1, 2, 3)] == [1, 2, 3]
    said = [tuple(map(int, each)) for each in RATIO.findall(examples["ranked"])]
    assert said == [(wins[a][b], wins[b][a]) for a, b in ((0, 1), (1, 2), (2, 0))]
    last = examples["ranked"].rstrip().splitlines()[-1]
    assert last.lower().endswith(f": {', '.join(names)}.".lower())


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_example_of_the_pay_line(language):
    (section,) = (each for each in guide_of("company", language).sections if each.anchor == "pay")
    amounts = re.findall(r"(\d+[.,]\d\d) €", section.source)
    euros, people, minutes, more = map(
        int, re.search(r"(\d+) € \w+ (\d+) \D+(\d+) \D+\d+[.,]\d\d € \D+ (\d+) ", section.source).groups()
    )
    rates = [Effort(n, minutes).rate_of(euros * 100) for n in (people, more)]

    assert [float(amount.replace(",", ".")) for amount in amounts] == [*(rate / 100 for rate in rates), 13.90]
    assert rates[1] < 1390 < rates[0]
