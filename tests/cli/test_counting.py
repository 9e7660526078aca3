"""The command `count` reads a file of ballots and prints one line of JSON per idea. Each error names its line."""

import csv
import json

import pytest

from tests.conversations import full, needs_full_data
from tests.ideas.voting import profiles_of

APPROVAL = "participant,idea,value\n"
PAIRS = "participant,left,right,winner\n"
RANKED = "participant,order\n"


@pytest.fixture
def count(app, tmp_path):
    """Count some text by a rule: `count("approval", "participant,…", "--top", 1)`."""
    runner = app.test_cli_runner()

    def run(rule, text, *options):
        file = tmp_path / "ballots.csv"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return runner.invoke(args=["count", rule, str(file), *map(str, options)])

    return run


@pytest.fixture
def lines(count):
    """Run `count` and return the ideas by name, in the order of the lines, and the notices."""

    def run(rule, text, *options):
        result = count(rule, text, *options)
        assert result.exit_code == 0, result.output
        *ideas, last = map(json.loads, result.stdout.splitlines())
        return {idea["idea"]: idea for idea in ideas}, last["noticed"]

    return run


def rows(*marks):
    return "".join(",".join(map(str, mark)) + "\n" for mark in marks)


def test_count_prints_one_line_per_idea_best_first_and_one_line_of_notices(count):
    result = count(
        "approval", APPROVAL + rows(("Biene 1", "Rad", -1), ("Biene 1", "Solar", 1), ("Otter 2", "Solar", 1))
    )

    first, second, noticed = map(json.loads, result.stdout.splitlines())
    assert list(first) == list(second) == ["idea", "place", "places", "score", "low", "high", "p_top", "smoothed"]
    assert (first["idea"], first["place"], first["score"], first["smoothed"]) == ("Solar", 1, 1, 0.75)
    assert (second["idea"], second["place"], second["low"]) == ("Rad", 2, 0)
    assert noticed["noticed"]["too_few"] == ["Rad", "Solar"]
    assert noticed["noticed"]["voters"] == 2


@pytest.mark.parametrize(
    ("rule", "text", "scores"),
    [
        ("approval", APPROVAL + rows(("p", "a", 1), ("q", "b", 1), ("q", "a", "-1")), {"a": 0.5, "b": 1}),
        ("points", APPROVAL + rows(("p", "a", 3), ("p", "b", 1), ("q", "b", 1)), {"a": 3, "b": 2}),
        ("quadratic", APPROVAL + rows(("p", "a", 9), ("p", "b", 4), ("q", "b", 4)), {"b": 4, "a": 3}),
        ("grades", APPROVAL + rows(("p", "a", "Good"), ("q", "a", 2), ("p", "b", "excellent")), {"b": 5, "a": 2.5}),
        ("stars", APPROVAL + rows(("p", "a", 1), ("q", "a", 1), ("q", "b", -1)), {"a": 2, "b": -1}),
        ("ranked", RANKED + rows(("p", "a>b=c>d"), ("q", "a")), {"a": 1, "b": 5 / 12, "c": 5 / 12, "d": 1 / 6}),
    ],
)
def test_every_rule_reads_its_columns(lines, rule, text, scores):
    ideas, noticed = lines(rule, text)

    assert {name: idea["score"] for name, idea in ideas.items()} == pytest.approx(scores, abs=1e-6)
    assert noticed["rule"] == rule


def test_pairs_report_skips_and_a_disconnected_graph(lines):
    ideas, noticed = lines(
        "pairs", PAIRS + rows(("p", "a", "b", "left"), ("p", "c", "d", "right"), ("q", "a", "c", "skip"))
    )

    assert [ideas[name]["place"] for name in "abcd"] == [1, 3, 3, 1]
    assert noticed["skips"] == 1
    assert noticed["disconnected"] == [["a", "b"], ["c", "d"]]
    assert noticed["ties"] == [["a", "d"], ["b", "c"]]


def test_a_connected_graph_is_not_reported(lines):
    assert lines("pairs", PAIRS + rows(("p", "a", "b", "left")))[1]["disconnected"] == []


def test_ranked_ballots_are_also_counted_by_borda_and_instant_runoff(lines):
    text = "participant,order,weight\n" + rows(("p", "a>b>c", 4), ("q", "b>c>a", 3), ("r", "c>b>a", 2))
    ideas, noticed = lines("ranked", text)

    assert list(ideas) == ["b", "c", "a"]
    assert noticed["borda"] == {"b": 12, "a": 8, "c": 7}
    assert noticed["instant_runoff"] == ["b"]


def test_a_later_line_replaces_an_earlier_one(lines):
    ideas, noticed = lines("approval", APPROVAL + rows(("p", "a", 1), ("p", "a", -1)))

    assert (ideas["a"]["score"], ideas["a"]["smoothed"]) == (0, pytest.approx(1 / 3, abs=1e-6))
    assert (noticed["marks"], noticed["replaced"]) == (1, 1)


def test_bands_contain_the_places_and_chances_sum_to_the_top(lines):
    marks = [
        (f"p{person}", idea, 1 if person % (at + 1) == 0 else -1)
        for person in range(60)
        for at, idea in enumerate("abcde")
    ]
    ideas, _ = lines("approval", APPROVAL + rows(*marks), "--top", 2)

    assert all(idea["places"][0] <= idea["place"] <= idea["places"][1] for idea in ideas.values())
    assert sum(idea["p_top"] for idea in ideas.values()) == pytest.approx(2, abs=1e-5)
    assert ideas["a"]["p_top"] == 1
    assert ideas["a"]["places"] == [1, 1]


def test_the_draws_depend_on_the_seed_and_not_on_the_order_of_lines(count):
    marks = [
        (f"p{person}", idea, (person * at) % 3 - 1) for person in range(20) for at, idea in enumerate("abcd", start=1)
    ]
    once = count("approval", APPROVAL + rows(*marks), "--seed", 7).stdout

    assert count("approval", APPROVAL + rows(*marks), "--seed", 7).stdout == once
    assert count("approval", APPROVAL + rows(*reversed(marks)), "--seed", 7).stdout == once
    assert count("approval", APPROVAL + rows(*marks), "--seed", 8).stdout != once


def test_a_file_without_marks_has_no_ideas(lines):
    assert lines("approval", APPROVAL) == ({}, {"rule": "approval", "voters": 0, "ideas": 0, "marks": 0, "replaced": 0})


def test_files_written_by_spreadsheets_are_accepted(lines):
    """A byte order mark, CRLF, quotes, blanks, other columns, an empty line, a quoted line break."""
    text = '\ufeffparticipant,when,idea,value\r\np,12:00," Solar, auf dem Dach ",1\r\n\r\nq,,"Zwei\nZeilen",-1\r\n'

    assert list(lines("approval", text)[0]) == ["Solar, auf dem Dach", "Zwei\nZeilen"]


@pytest.mark.parametrize(
    ("rule", "text", "line", "says"),
    [
        ("approval", "", 1, "empty"),
        ("approval", "participant,value\n", 1, "no column idea"),
        ("approval", APPROVAL + rows(("p", "a", 1), ("p", "b", 2)), 3, "value: '2' is not one of 1, 0, -1"),
        ("approval", APPROVAL + rows(("p", "a", "nan")), 2, "no number"),
        ("approval", APPROVAL + rows(("p", "a", "yes")), 2, "no number"),
        ("approval", APPROVAL + rows(("", "a", 1)), 2, "participant is empty"),
        ("approval", APPROVAL + rows(("p", " ", 1)), 2, "idea is empty"),
        ("approval", APPROVAL + "p,a\n", 2, "2 cells under 3 columns"),
        ("approval", "participant,idea,value,idea\np,a,1,b\n", 1, "more than one column idea"),
        ("approval", APPROVAL + 'p,"a,1\n' + rows(("q", "a", 1), ("r", "a", 1)), 2, "end of data"),
        ("approval", APPROVAL + 'p,"a\nb",2\n', 2, "not one of 1, 0, -1"),
        ("approval", APPROVAL.encode() + b"p,a,1\np,\xff,1\n", 3, "not UTF-8"),
        ("points", APPROVAL + rows(("p", "a", -1)), 2, "less than 0"),
        ("points", APPROVAL + rows(("p", "a", "inf")), 2, "no number"),
        ("points", APPROVAL + rows(("p", "a", "1e200")), 2, "value: '1e200' is more than 1000000000"),
        ("grades", APPROVAL + rows(("p", "a", "super")), 2, "no number"),
        ("grades", APPROVAL + rows(("p", "a", 2.5)), 2, "no grade"),
        ("stars", APPROVAL + rows(("p", "a", 0)), 2, "not one of 1, -1"),
        ("pairs", PAIRS + rows(("p", "a", "b", "a")), 2, "winner: 'a' is not one of left, right, skip"),
        ("pairs", PAIRS + rows(("p", "a", "a", "left")), 2, "compared with itself"),
        ("ranked", RANKED + rows(("p", "a>b"), ("q", "a>>b")), 3, "without a name"),
        ("ranked", RANKED + rows(("p", "a>b=a")), 2, "'a' is placed twice"),
        ("ranked", "participant,order,weight\np,a,-2\n", 2, "weight: '-2' is less than 0"),
        ("ranked", "participant,order,weight\np,a,1e308\n", 2, "weight: '1e308' is more than"),
        ("ranked", "participant,order,weight,weight\np,a,1,2\n", 1, "more than one column weight"),
    ],
)
def test_an_error_names_its_line(count, rule, text, line, says):
    result = count(rule, text)

    assert result.exit_code == 1
    assert result.stdout == ""
    assert f"ballots.csv, line {line}: " in result.stderr
    assert says in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("args", [("plurality", "x"), ("approval", "/no/such/file.csv"), ("approval",)])
def test_an_unknown_rule_or_a_missing_file_is_refused(app, args):
    result = app.test_cli_runner().invoke(args=["count", *args])

    assert result.exit_code == 2
    assert "Traceback" not in result.stderr


@needs_full_data
def test_a_wiki_survey_counted_from_its_file_has_the_expected_scores(lines):
    name = "wikisurvey-en-eviction-experts"
    votes = [row for row in profiles_of.rows_of(full(name) / "votes.csv") if row["valid"] == "1"]
    expected = {row["idea_id"]: row for row in csv.DictReader((full(name) / "expected.csv").open())}
    marks = [
        (r["session_id"], r["left_id"], r["right_id"], "left" if r["winner_id"] == r["left_id"] else "right")
        for r in votes
    ]
    ideas, noticed = lines("pairs", PAIRS + rows(*marks))

    assert (noticed["marks"], noticed["voters"]) == (699, 24)
    for idea, line in ideas.items():
        assert 100 * line["smoothed"] == pytest.approx(float(expected[idea]["bt_score_ridge0.1"]), abs=1e-4)
