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
        ("approval", APPROVAL.encode() + "p,Grünfläche,1\n".encode("cp1252"), 2, "save the file as “CSV UTF-8”"),
        ("points", APPROVAL + rows(("p", "a", "1_0")), 2, "no number"),
        ("points", APPROVAL + rows(("p", "a", "٣")), 2, "no number"),
        ("points", APPROVAL + rows(("p", "a", "1.000")), 2, "'1.000' may mean 1000 or 1: write one of them"),
        ("points", APPROVAL + 'p,a,"1,500"\n', 2, "'1,500' may mean 1500 or 1"),
        ("points", APPROVAL + rows(("p", "a", "1.000.000")), 2, "no number"),
        ("points", "participant:idea:value\np:a:1\n", 1, "no column participant, idea, value"),
        ("ranked", RANKED + rows(("p", "Price > 5 Euro>Free")), 2, "put a name that contains one in"),
        ("ranked", RANKED + rows(("p", "a>b"), ("q", "Price > 5 Euro")), 3, "put a name that contains one in"),
        ("ranked", RANKED + rows(("p", "a>b"), ("q", "E = mc2")), 3, "put a name that contains one in"),
        ("ranked", RANKED + 'p,a>6""b\n'.replace('a>6""b', '"a>6""b"'), 2, "quotation mark within a name"),
    ],
)
def test_an_error_names_its_line(count, rule, text, line, says):
    result = count(rule, text)

    assert result.exit_code == 1
    assert result.stdout == ""
    assert f"ballots.csv, line {line}: " in result.stderr
    assert says in result.stderr
    assert "Traceback" not in result.stderr


def test_what_had_to_be_interpreted_is_reported(lines):
    composed, decomposed = "Gr\u00fcnfl\u00e4che", "Gru\u0308nfla\u0308che"
    text = f"Participant;Idea;Value\n1;{composed};2,5\n2;{decomposed};1\n3;Bank;0,5\n"
    ideas, noticed = lines("points", text.encode("utf-16"))

    assert {name: idea["score"] for name, idea in ideas.items()} == {composed: 3.5, "Bank": 0.5}
    assert noticed["interpreted"] == {
        "encoding": "utf-16",
        "separator": ";",
        "decimal_commas": 2,
        "joined_spellings": [composed],
    }
    assert "interpreted" not in lines("points", APPROVAL + rows(("p", "a", "2.5")))[1]


def test_a_later_spelling_of_the_same_name_replaces_the_mark(lines):
    ideas, noticed = lines("approval", APPROVAL + rows(("p", "\u00e4", 1), ("p", "a\u0308", -1)))

    assert list(ideas) == ["\u00e4"]
    assert noticed["replaced"] == 1


@pytest.mark.parametrize(
    ("order", "names"),
    [
        ('"Price > 5 Euro">Free', ["Price > 5 Euro", "Free"]),
        ('"a=b" = "say ""x""" > c', ["a=b", 'say "x"', "c"]),
        ("a > b = c", ["a", "b", "c"]),
        ("a>b=c", ["a", "b", "c"]),
    ],
)
def test_a_name_in_quotation_marks_may_contain_signs(lines, order, names):
    cell = '"' + order.replace('"', '""') + '"'

    assert set(lines("ranked", RANKED + f"p,{cell}\n")[0]) == set(names)


@pytest.mark.parametrize("rule", ["approval", "points", "grades", "stars", "ranked", "pairs"])
def test_an_idea_that_nobody_voted_on_can_be_named(lines, rule):
    text = {
        "ranked": RANKED + rows(("p", "a>c")),
        "pairs": PAIRS + rows(("p", "a", "c", "left")),
    }.get(rule, APPROVAL + rows(("p", "a", 1), ("q", "c", 1)))
    before, _ = lines(rule, text)
    ideas, noticed = lines(rule, text, "--idea", "b", "--idea", "c", "--idea", "d")

    assert set(ideas) == set("abcd")
    assert noticed["ideas"] == 4
    assert ideas["a"]["place"] == before["a"]["place"]
    assert rule == "ranked" or {name: ideas[name]["score"] for name in "ac"} == {n: before[n]["score"] for n in "ac"}


PREFLIB = """# TITLE: T-Shirts
# NUMBER ALTERNATIVES: 4
# ALTERNATIVE NAME 1: Sun > Moon
# ALTERNATIVE NAME 2: Say "x"
# ALTERNATIVE NAME 3: Ship
# ALTERNATIVE NAME 4: Nobody's
3: 1,{2,3}
1: 3
"""

PABULIB = """META
key;value
vote_type;{kind}
PROJECTS
project_id;cost;name
7;100;"Bank; wide"
8;200;Tree
9;300;Tree
VOTES
voter_id;vote;points
1;7,8;3,1
2;9;2
"""


@pytest.fixture
def count_file(app, tmp_path):
    def run(rule, name, text):
        file = tmp_path / name
        file.write_text(text)
        return app.test_cli_runner().invoke(args=["count", rule, str(file)])

    return run


def parsed(result):
    assert result.exit_code == 0, result.output
    *ideas, last = map(json.loads, result.stdout.splitlines())
    return {idea["idea"]: idea for idea in ideas}, last["noticed"]


@pytest.mark.parametrize("suffix", ["soc", "soi", "toc", "toi"])
def test_preflib_files_are_counted_as_they_are(count_file, suffix):
    ideas, noticed = parsed(count_file("ranked", f"votes.{suffix}", PREFLIB))

    assert set(ideas) == {"Sun > Moon", 'Say "x"', "Ship", "Nobody's"}
    assert (noticed["voters"], noticed["interpreted"]) == (4, {"source": "PrefLib"})
    assert ideas["Sun > Moon"]["place"] == 1
    assert ideas["Nobody's"]["place"] == 4


@pytest.mark.parametrize(
    ("rule", "kind", "scores"),
    [
        ("approval", "approval", {"Bank; wide": 0.5, "Tree (8)": 0.5, "Tree (9)": 0.5}),
        ("points", "cumulative", {"Bank; wide": 3, "Tree (8)": 1, "Tree (9)": 2}),
        ("ranked", "ordinal", None),
    ],
)
def test_pabulib_files_are_counted_by_the_rule_of_their_votes(count_file, rule, kind, scores):
    ideas, noticed = parsed(count_file(rule, "votes.pb", PABULIB.format(kind=kind)))

    assert set(ideas) == {"Bank; wide", "Tree (8)", "Tree (9)"}
    assert noticed["voters"] == 2
    assert scores is None or {name: idea["score"] for name, idea in ideas.items()} == scores


@pytest.mark.parametrize(
    ("rule", "name", "text", "line", "says"),
    [
        ("points", "votes.soc", PREFLIB, None, "count it with the rule ranked"),
        ("ranked", "votes.soc", PREFLIB + "2 voters: 1\n", 9, "no order"),
        ("ranked", "votes.soc", PREFLIB + "2: 1,5\n", 9, "alternative 5 has no name"),
        ("ranked", "votes.soc", PREFLIB + "9999999: 1\n", 9, "more than 1000000 voters"),
        ("approval", "votes.pb", PABULIB.format(kind="cumulative"), 1, "count it with the rule points"),
        ("stars", "votes.pb", PABULIB.format(kind="approval"), 1, "count it with the rule approval"),
        ("approval", "votes.pb", PABULIB.format(kind="choose"), 1, "no rule counts it"),
        ("approval", "votes.pb", PABULIB.format(kind="approval") + "3;10;1\n", 13, "project 10 is not listed"),
        ("points", "votes.pb", PABULIB.format(kind="cumulative") + "3;7,8;1\n", 13, "1 numbers of points for 2"),
        ("approval", "votes.pb", "voter_id;vote\n1;7\n", 1, "begins with META"),
    ],
)
def test_a_wrong_library_file_is_refused_by_line_and_reason(count_file, rule, name, text, line, says):
    result = count_file(rule, name, text)

    assert result.exit_code == 1
    assert says in result.stderr
    assert line is None or f"{name}, line {line}: " in result.stderr


@needs_full_data
@pytest.mark.parametrize(
    ("rule", "file", "voters", "ideas"),
    [
        ("ranked", "ballots-tshirt/ballots.soc", 30, 11),
        ("ranked", "ballots-burlington-2006/ballots.toi", 9788, 6),
        ("approval", "pb-nl-assen-2024/instance.pb", 84, 14),
    ],
)
def test_published_files_are_read_whole(app, rule, file, voters, ideas):
    result = app.test_cli_runner().invoke(args=["count", rule, str(full(file))])
    found, noticed = parsed(result)

    assert (noticed["voters"], len(found)) == (voters, ideas)


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
