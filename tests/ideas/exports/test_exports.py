"""The exports of a closed round are complete, safe in spreadsheets, and keep the promised anonymity."""

import csv
import hashlib
import io
import json
import re
import threading
from datetime import UTC, datetime, timedelta
from zipfile import ZipFile

import openpyxl
import pytest
from PIL import Image as Pillow

from app.rules import presenter_of
from ideas import clock, journal
from ideas.actor import OPERATOR
from ideas.blueprints import QuestionPlan
from ideas.conditions import Conditions
from ideas.database import db
from ideas.errors import NotClosed
from ideas.exports import FORMATS, INTERIM
from ideas.exports.ballots import write_ballots
from ideas.exports.cells import JURY, RANKING, TEXTS, fitting, neutral
from ideas.exports.contents import contents_of, instant
from ideas.exports.csv import ENGLISH, GERMAN, PLAIN, write_csv, write_hands_csv, write_table
from ideas.exports.json import write_json
from ideas.exports.pictures import write_pictures
from ideas.exports.xlsx import write_workbook, write_xlsx
from ideas.marks import Cast
from ideas.models import Anonymity, EntryStatus, Idea, Result, Rights, Stance
from ideas.polis import read_conversation
from ideas.queries.counts import published
from ideas.queries.rankings import rankings_of
from ideas.services import assessing, ballots, challenges, grouping, ideas, moderation
from ideas.services.arguments import withdraw_argument
from ideas.services.feeds import deal
from ideas.services.imports import import_conversation
from ideas.services.rounds import close_round
from ideas.voting.assessing import METHOD
from ideas.voting.rules import key_of
from tests import crowds, factories, verdicts
from tests.conversations import RAW

COLUMNS = "place,idea,source_id,title,author,yes,no,skip,judged,score,low,high,status"
COLUMNS += ",question,rule,reads,p_top,places,counts,few,smoothed,earlier_p_top,earlier_places"
COLUMNS += ",text,arguments_for,arguments_against,written_at,picture,outcome,outcome_reason,builds_on,group,group_name"
COLUMNS += ",rights,rights_version,rights_words"


def as_csv(round, **options):
    out = io.BytesIO()
    write_csv(db.session(), round, out, **options)
    return out.getvalue().decode()


def rows_of(round, **options):
    return list(csv.DictReader(io.StringIO(as_csv(round, **options), newline="")))


def idea_of(idea_id):
    return db.session.get_one(Idea, idea_id)


def as_json(round):
    out = io.BytesIO()
    write_json(db.session(), round, out)
    return json.loads(out.getvalue())


def as_book(round):
    out = io.BytesIO()
    write_xlsx(db.session(), round, out)
    out.seek(0)
    return openpyxl.load_workbook(out)


def latest_marks(round):
    """The latest marks in the ballot file."""
    out = io.BytesIO()
    write_ballots(db.session(), round, out)
    recount = journal.Recount()
    for seq, body in json.loads(out.getvalue())["journal"]:
        recount.read(seq, json.loads(body))
    return [
        {"pseudonym": who, "entry": key_of(subject)[0], "versus": key_of(subject)[1], "value": value}
        for (who, _, subject), (value, _) in recount.latest.items()
    ]


def table(sheet):
    head, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in rows]


class FullRoom:
    """A room with visible, hidden and withdrawn ideas, arguments and marks, which is closed afterwards."""

    def __init__(self, **form):
        self.room = factories.room(**form)
        self.ann, self.ben, self.cy = (factories.participant(self.room, name) for name in ("Ann 1", "Ben 2", "Cy 3"))
        self.good = factories.idea(self.room, self.ann, "Good idea", "With a text")
        self.bad = factories.idea(self.room, self.ben, "Bad idea")
        self.hidden = factories.idea(self.room, self.ben, "Hidden idea")
        self.back = factories.idea(self.room, self.cy, "Taken back", "Secret words")
        factories.argument(self.good, self.ben, "It is good", Stance.FOR)
        self.regretted = factories.argument(self.good, self.cy, "I regret this", Stance.AGAINST)
        factories.mark(self.room, self.ben, {self.good: 1, self.back: 1})
        factories.mark(self.room, self.cy, {self.good: 1, self.bad: -1, self.hidden: 0})
        factories.mark(self.room, self.ann, {self.bad: 1})
        factories.mark(self.room, self.ann, {self.bad: -1})
        moderation.hide_idea(self.room.owner, self.hidden, "Off topic")
        ideas.withdraw_idea(self.cy.actor, self.back)
        withdraw_argument(self.cy.actor, self.regretted)

    @property
    def round(self):
        return self.room.round

    def close(self):
        factories.close(self.room)
        return self


@pytest.fixture
def full_room(app, noise):
    return FullRoom().close()


@pytest.mark.parametrize("write", [form.write for form in FORMATS.values()], ids=FORMATS)
def test_an_open_round_cannot_be_exported(app, write):
    open_one = FullRoom()
    out = io.BytesIO()

    with pytest.raises(NotClosed):
        write(db.session(), open_one.round, out)

    assert out.getvalue() == b""
    write(db.session(), open_one.close().round, out)
    assert out.getvalue()


def test_the_csv_has_its_columns_and_unix_line_ends(full_room):
    text = as_csv(full_room.round)

    assert text.splitlines()[0] == COLUMNS == ",".join((*RANKING, *TEXTS))
    assert "\r" not in text
    assert text.endswith("\n")


def test_tables_of_a_round_with_a_jury_have_its_scores_and_both_places(app):
    room = verdicts.closed(verdicts.DISAGREEING, 60)

    rows = [[row[name] for name in ("title", "place", *JURY[:5])] for row in rows_of(room.round)]
    sheet = table(as_book(room.round)["Ranking"])
    about = dict(as_book(room.round)["About"].values)

    assert rows == [
        [verdicts.TITLES[0], "1", "3", "4", "0.333333333", "3", "0.400000000"],
        [verdicts.TITLES[1], "2", "1", "2", "3.000000000", "3", "0.666666667"],
        [verdicts.TITLES[2], "3", "4", "3", "2.000000000", "3", "0.333333333"],
        [verdicts.TITLES[3], "4", "2", "1", "4.000000000", "3", "0.600000000"],
    ]
    assert [[row["place"], row["decided_place"], row["jury_score"]] for row in sheet] == [
        [1, 3, pytest.approx(1 / 3)],
        [2, 1, 3],
        [3, 4, 2],
        [4, 2, 4],
    ]
    assert about["Jury"].startswith("The jury decides with 60 %, the crowd with 40 %. Criteria: Useful? (weight 2)")


def test_a_table_leaves_the_place_of_an_idea_with_too_few_jurors_empty(app):
    room = verdicts.closed(verdicts.TOO_FEW, 60)

    rows = [[row[name] for name in ("place", *JURY[:5])] for row in rows_of(room.round)]

    assert rows[0] == ["1", "", "", "", "1", ""]
    assert as_json(room.round)["verdict"]["ranking"][0]["jury_score"] is None


def test_a_document_of_a_round_with_a_jury_says_how_both_decided(app):
    room = verdicts.closed(verdicts.DISAGREEING, 60)

    document = as_json(room.round)

    assert {name: document["verdict"][name] for name in ("jury", "best_grade")} == {"jury": 60, "best_grade": 4}
    assert [(c["name"], c["weight"], c["jurors"]) for c in document["verdict"]["criteria"]] == [
        ("Useful?", 2, 3),
        ("Doable?", 1, 3),
    ]
    first = document["verdict"]["ranking"][0]
    assert first == {
        "entry": first["entry"],
        "place": 1,
        "tied": False,
        "crowd_place": 2,
        "jury_place": 2,
        "jury_score": 3.0,
        "jurors": 3,
        "medians": [3.0, 3.0],
        "share": 0.666666667,
        "crowd_share": 0.666666667,
        "jury_share": 0.666666667,
    }
    assert "verdict" not in as_json(crowds.closed("approval").round)


def test_every_format_names_the_ideas_from_which_an_idea_grew(app):
    room = factories.room(phases=factories.STEPS)
    author = factories.participant(room)
    oats, rye = factories.idea(room, author, "Oats"), factories.idea(room, author, "Rye")
    both = ideas.submit_idea(author.actor, room.id, ideas.IdeaForm("Both", parents=(oats, rye)), factories.op())
    factories.close(room)

    rows = {row["idea"]: row["builds_on"] for row in rows_of(room.round)}
    document = as_json(room.round)
    out = io.BytesIO()
    FORMATS["pack"].write(db.session(), room.round, out)
    pack = json.loads(ZipFile(out).read("ideas.json"))

    assert rows == {str(oats): "", str(rye): "", str(both): f"{oats} {rye}"}
    assert [e["builds_on"] for e in document["entries"] if e["idea"] == both] == [[oats, rye]]
    assert [e["builds_on"] for e in pack if e["idea"] == both] == [[oats, rye]]


def test_every_format_names_the_group_of_an_idea(app):
    room = factories.room(phases=factories.STEPS)
    author = factories.participant(room)
    oats, rye, tea = (factories.idea(room, author, title) for title in ("Oats", "Rye", "Tea"))
    group = grouping.group_ideas(room.owner, room.round_id, [oats, rye], "Bread")
    factories.close(room)

    rows = {int(row["idea"]): (row["group"], row["group_name"]) for row in rows_of(room.round)}
    entries = {e["idea"]: (e["group"], e["group_name"]) for e in as_json(room.round)["entries"]}
    out = io.BytesIO()
    write_xlsx(db.session(), room.round, out)
    head, *lines = openpyxl.load_workbook(out)["Ideas"].iter_rows(values_only=True)
    sheet = [dict(zip(head, line, strict=True)) for line in lines]
    ideas_sheet = {row["idea"]: (row["group"], row["group_name"]) for row in sheet}

    assert rows == {oats: (str(group), "Bread"), rye: (str(group), "Bread"), tea: ("", "")}
    assert entries == {oats: (group, "Bread"), rye: (group, "Bread"), tea: (None, None)}
    assert ideas_sheet == {oats: (group, "Bread"), rye: (group, "Bread"), tea: (None, "")}


def test_every_format_has_the_rights_that_were_given_with_an_idea_and_no_time(app):
    room = factories.room(anonymity=Anonymity.FOR_GOOD, conditions=Conditions(Rights.ON_AWARD, "A licence."))
    author = factories.participant(room)

    def submit(title, n):
        return ideas.submit_idea(author.actor, room.id, ideas.IdeaForm(title, rights=n), factories.op())

    first = submit("Oats", 1)
    for n, wanted in ((2, Conditions(Rights.OTHER, "Ask us.")), (None, Conditions())):
        form = factories.form(anonymity=Anonymity.FOR_GOOD, conditions=wanted)
        challenges.revise_challenge(room.owner, room.id, form)
        last = submit(f"Rye {n}", n)
    second = last - 1
    out = io.BytesIO()
    INTERIM["csv"].write(db.session(), room.round, out)
    interim = list(csv.DictReader(io.StringIO(out.getvalue().decode())))
    factories.close(room)

    expected = {first: ("on_award", "1", "A licence."), second: ("other", "2", "Ask us."), last: ("", "", "")}
    for rows in (interim, rows_of(room.round)):
        told = {int(row["idea"]): (row["rights"], row["rights_version"], row["rights_words"]) for row in rows}
        assert told == expected
        assert {row["written_at"] for row in rows} == {""}
    document, book = as_json(room.round), as_book(room.round)
    assert {e["idea"]: e["rights"] for e in document["entries"]} == {first: 1, second: 2, last: None}
    assert document["rights"][1] == {"version": 2, "rights": "other", "words": "Ask us."}
    assert [row["rights_words"] for row in table(book["Rights"])] == ["A licence.", "Ask us."]
    assert {row["idea"]: row["rights_version"] for row in table(book["Ideas"])} == {first: 1, second: 2, last: None}


def test_the_csv_ranks_the_visible_entries(full_room):
    first, second = rows_of(full_room.round)

    assert first == {
        "place": "1",
        "idea": str(full_room.good),
        "source_id": "",
        "title": "Good idea",
        "author": "Ann 1",
        "yes": "2",
        "no": "0",
        "skip": "0",
        "judged": "2",
        "score": "1.000000000",
        "low": "0.342380228",
        "high": "1.000000000",
        "status": "visible",
        "question": str(full_room.room.question_id),
        "rule": "approval",
        "reads": "0",
        "p_top": "1.000000000",
        "places": "1 to 1",
        "counts": "1=2",
        "few": "0",
        "smoothed": "0.750000000",
        "earlier_p_top": "",
        "earlier_places": "",
        "text": "With a text",
        "arguments_for": "• It is good",
        "arguments_against": "",
        "written_at": instant(idea_of(full_room.good).created_at),
        "picture": "",
        "outcome": "",
        "outcome_reason": "",
        "builds_on": "",
        "group": "",
        "group_name": "",
        "rights": "",
        "rights_version": "",
        "rights_words": "",
    }
    assert (second["title"], second["yes"], second["no"], second["place"]) == ("Bad idea", "0", "2", "2")


def test_the_option_all_also_ranks_hidden_and_pending_ideas_but_no_withdrawn_one(full_room):
    rows = rows_of(full_room.round, among_all=True)

    assert [row["title"] for row in rows] == ["Good idea", "Hidden idea", "Bad idea"]
    assert [row["place"] for row in rows] == ["1", "2", "2"]
    assert rows[1]["status"] == "hidden"
    assert (rows[1]["low"], rows[1]["high"], rows[1]["skip"]) == ("0.000000000", "1.000000000", "1")


def test_the_option_all_keeps_the_certainty_of_the_ranked_ideas(app):
    room = crowds.closed("approval")
    assessing.assess_missing()
    ranked = {row["idea"]: row for row in rows_of(room.round)}
    certain = ("p_top", "places", "reads", "counts")

    rows = {row["idea"]: row for row in rows_of(room.round, among_all=True)}

    assert all(ranked[idea][column] for idea in ranked for column in ("p_top", "places"))
    assert all(rows[idea][column] == ranked[idea][column] for idea in ranked for column in certain)


@pytest.mark.parametrize(("dialect", "separator", "low"), [(GERMAN, ";", "0,342380228"), (ENGLISH, ",", "0.342380228")])
def test_a_table_for_a_spreadsheet_has_the_signs_of_its_language(full_room, dialect, separator, low):
    out = io.BytesIO()
    write_csv(db.session(), full_room.round, out, dialect=dialect)

    assert out.getvalue().startswith(b"\xef\xbb\xbf")
    text = out.getvalue().decode("utf-8-sig")
    assert text.count("\r\n") == 3
    first, _second = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator)
    assert (first["title"], first["low"], first["yes"]) == ("Good idea", low, "2")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", first["written_at"])
    # The dialog of LibreOffice divides rows at commas, semicolons and tabs, but within quotation marks.
    assert set(re.sub(r'"([^"]|"")*"', "", text)) == {separator, "\r", "\n"}


def test_arguments_stand_in_a_cell_for_each_stance_with_a_line_for_each_argument(app):
    room = factories.room()
    author, other = factories.participant(room), factories.participant(room)
    idea = factories.idea(room, author, "Trees", "First line\nsecond; line")
    for stance, words in ((Stance.FOR, "=1+1"), (Stance.FOR, "Shade\nin summer"), (Stance.AGAINST, "Leaves")):
        factories.argument(idea, other, words, stance)
    factories.close(room)

    [row] = rows_of(room.round)

    assert row["text"] == "First line\nsecond; line"
    assert row["arguments_for"] == "• =1+1\n• Shade in summer"
    assert row["arguments_against"] == "• Leaves"


def test_pictures_lie_beside_the_table_under_the_names_that_it_has(app):
    room = factories.room()
    author = factories.participant(room)
    shown = factories.idea(room, author, "Shown", image=factories.picture(size=(30, 20)))
    taken_back = factories.idea(room, author, "Taken back", image=factories.picture())
    factories.idea(room, author, "Without")
    ideas.withdraw_idea(author.actor, taken_back)
    factories.close(room)
    out = io.BytesIO()
    write_pictures(db.session(), room.round, out)

    with ZipFile(out) as packed:
        assert packed.namelist() == [f"idea-{shown}.webp"]
        assert Pillow.open(io.BytesIO(packed.read(f"idea-{shown}.webp"))).size == (30, 20)
    assert {row["title"]: row["picture"] for row in rows_of(room.round)} == {
        "Shown": f"idea-{shown}.webp",
        "Without": "",
    }


def test_times_of_the_workbook_are_times(full_room):
    book = as_book(full_room.round)

    for sheet in ("Ideas", "Arguments"):
        assert all(isinstance(row["written_at"], datetime) for row in table(book[sheet]))
    [good] = [row for row in table(book["Ideas"]) if row["idea"] == full_room.good]
    assert abs(good["written_at"] - idea_of(full_room.good).created_at.replace(tzinfo=None)) < timedelta(seconds=1)


class TestInterim:
    """The export of an open round."""

    def rows(self, room, name="csv"):
        out = io.BytesIO()
        INTERIM[name].write(db.session(), room.round, out)
        if name == "xlsx":
            return table(openpyxl.load_workbook(out)["Ideas"])
        return list(csv.DictReader(io.StringIO(out.getvalue().decode("utf-8-sig"), newline="")))

    @pytest.mark.parametrize("name", ["csv", "xlsx"])
    def test_it_holds_ideas_and_arguments_without_counts_marks_and_reads(self, app, name):
        open_one = FullRoom()

        rows = self.rows(open_one.room, name)

        assert [row["title"] for row in rows] == ["Good idea", "Bad idea", "Hidden idea"]
        assert [row["status"] for row in rows] == ["visible", "visible", "hidden"]
        assert rows[0]["arguments_for"] == "• It is good"
        counted = {"place", "yes", "no", "skip", "judged", "score", "low", "high", "reads", "counts", "p_top"}
        assert not counted & set(rows[0])
        assert "Secret words" not in str(rows)

    def test_each_row_says_that_it_is_interim_and_when(self, app):
        rows = self.rows(FullRoom().room)

        assert {row["state"] for row in rows} == {"interim"}
        assert abs(datetime.fromisoformat(rows[0]["state_at"]) - clock.now()) < timedelta(minutes=1)

    def test_the_workbook_says_so_too_and_its_times_are_times(self, app):
        room, out = FullRoom().room, io.BytesIO()

        INTERIM["xlsx"].write(db.session(), room.round, out)

        book = openpyxl.load_workbook(out)
        about = dict(book["About"].iter_rows(values_only=True))
        assert about["State"] == "interim"
        rows = table(book["Ideas"])
        assert {row["state"] for row in rows} == {"interim"}
        assert {row["state_at"] for row in rows} == {about["State at (UTC)"]}
        assert all(isinstance(row[at], datetime) for row in rows for at in ("state_at", "written_at"))

    def test_sealed_ideas_and_their_pictures_are_absent(self, app):
        room = factories.room(phases=factories.ALONE_FIRST)
        author = factories.participant(room)
        factories.idea(room, author, "Still sealed", image=factories.picture())
        out = io.BytesIO()

        INTERIM["pictures"].write(db.session(), room.round, out)

        assert self.rows(room) == self.rows(room, "xlsx") == []
        with ZipFile(out) as packed:
            assert packed.namelist() == []

    @pytest.mark.parametrize("level", [Anonymity.UNTIL_RESULT, Anonymity.FOR_GOOD])
    def test_hidden_authors_stay_hidden(self, app, level):
        rows = self.rows(FullRoom(anonymity=level).room)

        assert {(row["author"], row["written_at"]) for row in rows} == {("", "")}


def test_an_idea_without_a_vote_is_exported(app):
    room = factories.room()
    factories.idea(room, factories.participant(room), "Nobody looked")
    factories.close(room)

    [row] = rows_of(room.round)

    assert (row["judged"], row["score"], row["smoothed"], row["place"]) == ("0", "", "0.500000000", "1")


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\tx",
        "\rx",
        "\nx",
        "  =1+1",
        "\u00a0=1",
        "\u200b=1",
        "\ufeff=1",
        "＝1＋1",
        "＋1",
        "－1",
        "＠SUM",
        "﹦1",
    ],
)
def test_a_cell_that_a_spreadsheet_would_run_gets_an_apostrophe(text):
    assert neutral(text) == "'" + text


@pytest.mark.parametrize("text", ["", "  ", "A = B", "3-1", "'=1", "“=”", "用車", "a@example.org", "–1"])
def test_harmless_cells_stay_unchanged(text):
    assert neutral(text) == text


@pytest.mark.parametrize("formula", ["=1+1", "=cmd|' /C calc'!A0", "+1", "-1+1", "@SUM(A1)", "\uff1d1"])
@pytest.mark.parametrize("between", [";", "; ", ';"', "\t"])
def test_a_formula_after_a_foreign_cell_separator_is_neutralised(formula, between):
    assert neutral(f"a{between}{formula}") == f"a{between}'{formula}"


@pytest.mark.parametrize("text", ["yes ;-)", "no ;-(", "a; b", "1; 2", "a;b=c"])
def test_a_harmless_semicolon_stays_unchanged(text):
    assert neutral(text) == text


def test_formulas_in_titles_and_names_are_neutralised_in_the_csv(app):
    room = factories.room()
    author = factories.participant(room, "=cmd|'/C calc'!A0")
    factories.idea(room, author, '=HYPERLINK("http://evil.example","Win")')
    factories.close(room)

    [row] = rows_of(room.round)

    assert row["title"] == '\'=HYPERLINK("http://evil.example","Win")'
    assert row["author"] == "'=cmd|'/C calc'!A0"


def test_the_json_holds_every_entry_with_its_status(full_room):
    document = as_json(full_room.round)

    assert document["schwarm"] == 4
    assert document["challenge"]["title"] == full_room.round.challenge.title
    assert [question["rule"] for question in document["questions"]] == ["approval"]
    by_idea = {entry["idea"]: entry for entry in document["entries"]}
    assert {i: by_idea[i]["status"] for i in by_idea} == {
        full_room.good: "visible",
        full_room.bad: "visible",
        full_room.hidden: "hidden",
        full_room.back: "withdrawn",
    }
    assert (by_idea[full_room.hidden]["title"], by_idea[full_room.hidden]["place"]) == ("Hidden idea", None)
    assert document["result"]["digest"] == db.session.get_one(Result, full_room.room.round_id).counts_digest


def test_the_words_of_withdrawn_ideas_and_arguments_are_not_exported(full_room):
    document = as_json(full_room.round)

    [back] = [entry for entry in document["entries"] if entry["idea"] == full_room.back]
    [regretted] = [a for a in document["arguments"] if a["argument"] == full_room.regretted]
    assert (back["title"], back["text"], back["author"], back["yes"]) == ("", "", None, None)
    assert (regretted["text"], regretted["author"], regretted["status"]) == ("", None, "withdrawn")
    assert "Secret words" not in json.dumps(document)


def test_a_redacted_idea_is_exported_without_words_and_with_its_counts(full_room):
    moderation.redact_idea(full_room.room.owner, full_room.good, "Unlawful")

    [first, _] = rows_of(full_room.round)

    assert (first["title"], first["yes"], first["place"]) == ("", "2", "1")


def test_no_export_contains_the_id_of_a_person(full_room):
    document = as_json(full_room.round)

    keys = {key for part in ("entries", "arguments") for row in document[part] for key in row}
    assert not keys & {"participant", "person", "author_id", "account", "secret", "client", "at"}
    people = [full_room.ann, full_room.ben, full_room.cy]
    secrets = [secret for p in people for secret in (p.row.secret.hex(), p.row.person.return_nonce)]
    assert not any(secret in json.dumps(document) for secret in secrets)
    assert full_room.round.key.hex() not in json.dumps(document)


@pytest.mark.parametrize(
    ("level", "shown"),
    [(Anonymity.NAMED, True), (Anonymity.UNTIL_RESULT, True), (Anonymity.FOR_GOOD, False)],
)
def test_exports_show_authors_according_to_the_anonymity_level(app, level, shown):
    full_room = FullRoom(anonymity=level).close()

    everything = as_csv(full_room.round, among_all=True) + json.dumps(as_json(full_room.round))
    book = as_book(full_room.round)
    cells = [str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row]

    assert ("Ann 1" in everything) is shown
    assert ("Ann 1" in cells) is shown


def test_no_row_of_another_challenge_is_exported(full_room, noise):
    document = as_json(full_room.round)

    assert "Noise" not in json.dumps(document)
    assert "Noise" not in as_csv(full_room.round, among_all=True)


def test_the_sheets_of_the_workbook_agree_with_the_json(full_room):
    book, document = as_book(full_room.round), as_json(full_room.round)

    assert book.sheetnames == ["Ranking", "Ideas", "Arguments", "Discussion", "About"]
    ranking = table(book["Ranking"])
    assert tuple(ranking[0]) == RANKING
    assert [(row["place"], row["title"], row["yes"]) for row in ranking] == [(1, "Good idea", 2), (2, "Bad idea", 0)]
    assert abs(ranking[0]["low"] - 0.342380228) < 1e-9
    assert {row["idea"] for row in table(book["Ideas"])} == {entry["idea"] for entry in document["entries"]}
    assert [row["text"] for row in table(book["Arguments"])] == ["It is good", ""]
    about = dict(row[:2] for row in book["About"].iter_rows(values_only=True))
    assert about["Result's SHA-256"] == document["result"]["digest"]
    assert instant(about["Closed at (UTC)"].replace(tzinfo=UTC)) == document["round"]["closed_at"]


def test_a_text_beyond_the_limit_of_a_cell_is_cut_for_spreadsheets_only(full_room):
    # Excel counts UTF-16 units: an emoji is two of them.
    long = "👍" * 20_000
    assert fitting("👍" * 16_383) == "👍" * 16_383
    assert fitting("x" + long) == "x" + "👍" * 16_382 + "…"
    out = {name: io.BytesIO() for name in ("plain", "german")}

    write_table(("text",), [[long]], out["plain"], PLAIN)
    write_table(("text",), [[long]], out["german"], GERMAN)

    assert long in out["plain"].getvalue().decode()
    assert len(out["german"].getvalue().decode("utf-8-sig").splitlines()[1].strip('"')) == 16_384


def test_the_workbook_is_written_without_the_database(full_room):
    contents = contents_of(db.session(), full_room.round)
    db.session.rollback()  # as in `write_xlsx`: forget the loaded rows
    db.session.remove()
    out = io.BytesIO()

    thread = threading.Thread(target=write_workbook, args=(contents, out))
    thread.start()
    thread.join()

    out.seek(0)
    assert "Ranking" in openpyxl.load_workbook(out).sheetnames


def test_no_cell_of_the_workbook_is_a_formula_or_a_link(app):
    stored = import_conversation(OPERATOR, read_conversation(RAW), "Canteen")
    close_round(OPERATOR, stored.round)
    book = as_book(factories._room(stored.challenge, OPERATOR).round)

    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert any(str(cell.value).startswith("=HYPERLINK") for cell in cells)
    assert {cell.data_type for cell in cells} <= {"s", "n", "d"}
    assert not any(cell.hyperlink for cell in cells)


def test_an_imported_conversation_exports_its_own_ids_and_every_status(app):
    stored = import_conversation(OPERATOR, read_conversation(RAW), "Canteen")
    close_round(OPERATOR, stored.round)
    round = factories._room(stored.challenge, OPERATOR).round

    rows = {row["source_id"]: row for row in rows_of(round, among_all=True)}

    assert set(rows) == {"0", "1", "2", "3", "4", "5", "6"}
    assert rows["0"]["title"] == "Mehrweg statt Einweg: für alle, überall."
    assert rows["1"]["status"] == EntryStatus.PENDING
    assert rows["4"]["title"].startswith("'=HYPERLINK")
    assert sum(q["voters"] for q in as_json(round)["questions"]) == 4


def test_two_exports_of_one_round_are_equal(full_room):
    assert as_csv(full_room.round) == as_csv(full_room.round)
    assert as_json(full_room.round) == as_json(full_room.round)


def test_the_exported_digest_is_the_digest_of_the_published_counts(full_room):
    result = db.session.get_one(Result, full_room.room.round_id)
    counts = journal.canonical(published(json.loads(result.body), full_room.round))

    assert hashlib.sha256(counts).hexdigest() == as_json(full_room.round)["result"]["digest"]


def test_assessments_by_an_earlier_and_by_the_present_method_are_exported(app, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(assessing, "METHOD", 1)
        room = crowds.closed("approval", of=factories.company())
    assessing.assess_missing()

    kept = as_json(room.round)["assessments"]
    rows = rows_of(room.round)

    assert [assessment["method"] for assessment in kept] == [1, METHOD]
    assert [hashlib.sha256(journal.canonical(a["body"])).hexdigest() for a in kept] == [a["digest"] for a in kept]
    assert [row["earlier_places"] for row in rows] == [row["places"] for row in rows] != [""] * len(rows)
    assert all(row["earlier_p_top"] for row in rows)


class TestHands:
    """Every format separates hand counts from marks."""

    @pytest.fixture
    def counted(self, app, noise):
        from ideas.services.hands import count_hands

        full_room = FullRoom()
        for value, n in ((1, 4711), (-1, 12)):
            count_hands(full_room.room.owner, full_room.room.question_id, factories.entry_id(full_room.good), value, n)
        return full_room.close()

    def rows(self, full_room):
        entry, question = factories.entry_id(full_room.good), full_room.room.question_id
        return [(entry, full_room.good, "Good idea", value, n, question) for value, n in ((1, 4711), (-1, 12))]

    def test_csv_writes_hand_counts_into_a_file_of_their_own(self, counted):
        out = io.BytesIO()
        write_hands_csv(db.session(), counted.round, out)

        head, *rows = csv.reader(io.StringIO(out.getvalue().decode(), newline=""))
        assert head == ["entry", "idea", "title", "value", "n", "question"]
        assert rows == [[str(cell) for cell in row] for row in self.rows(counted)]
        assert "4711" not in as_csv(counted.round)

    def test_json_lists_hand_counts(self, counted):
        document = as_json(counted.round)

        assert document["hands"] == [
            {"question": q, "entry": e, "value": v, "n": n} for e, _, _, v, n, q in self.rows(counted)
        ]
        assert "4711" not in json.dumps({**document, "hands": []})
        assert document["result"]["turnout"] == 3

    def test_xlsx_has_a_sheet_of_hand_counts(self, counted):
        book = as_book(counted.round)

        assert [tuple(row.values()) for row in table(book["Hands"])] == self.rows(counted)
        assert all("4711" not in str(list(book[name].values)) for name in ("Ranking", "Ideas"))

    def test_a_title_in_the_file_of_hand_counts_is_no_formula(self, app):
        from ideas.services.hands import count_hands

        room = factories.room()
        idea = factories.idea(room, factories.participant(room), "=1+1")
        count_hands(room.owner, room.question_id, factories.entry_id(idea), 1, 3)
        factories.close(room)
        out = io.BytesIO()
        write_hands_csv(db.session(), room.round, out)

        assert "'=1+1" in out.getvalue().decode()

    def test_a_workbook_without_hand_counts_has_no_sheet_for_them(self, full_room):
        assert "Hands" not in as_book(full_room.round).sheetnames
        assert as_json(full_room.round)["hands"] == []

    def test_an_open_round_exports_no_hand_counts(self, app):
        open_one = FullRoom()

        with pytest.raises(NotClosed):
            write_hands_csv(db.session(), open_one.round, io.BytesIO())


MARKS = {
    "approval": [{0: 1, 1: -1, 2: 0}, {0: 1, 1: 1, 2: -1}, {0: -1, 1: 1, 2: 1}],
    "pairs": [{(0, 1): 1, (1, 2): 1}, {(0, 1): 1, (0, 2): 0}, {(1, 2): -1, (0, 2): 1}],
    "points": [{0: 5, 1: 2}, {0: 1, 2: 4}, {1: 3, 2: 3}],
    "grades": [{0: 5, 1: 2, 2: 0}, {0: 4, 1: -1, 2: 1}, {0: 3, 1: 3, 2: 3}],
    "stars": [{0: 1, 1: -1}, {0: 1, 2: 1}, {1: -1, 2: -1}],
    "ranked": [{0: 1, 1: 2, 2: 3}, {0: 1, 2: 2}, {1: 1, 0: 2}],
}
COLUMNS_OF = {"pairs": "participant,left,right,winner", "ranked": "participant,order"}


class TestEveryRule:
    def voted(self, *rules):
        room = factories.room(questions=tuple(QuestionPlan(rule, f"By {rule}?") for rule in rules))
        author = factories.participant(room)
        entries = [factories.entry_id(factories.idea(room, author)) for _ in range(3)]
        for n in range(12):
            voter = factories.participant(room)
            for question in room.round.questions:
                deal(voter.actor, question.id, 2)
                marks = {
                    tuple(entries[i] for i in s) if isinstance(s, tuple) else entries[s]: value
                    for s, value in MARKS[question.rule][n % 3].items()
                }
                cast = Cast(voter.id, room.round_id, factories.op(), "tab", 1, marks, question.id)
                ballots.cast_ballot(cast)
        factories.close(room)
        return room

    @pytest.mark.parametrize("rule", MARKS)
    def test_a_count_of_the_ballot_file_gives_the_same_result(self, app, tmp_path, rule):
        room = self.voted(rule)
        [question] = as_json(room.round)["questions"]
        file = tmp_path / "marks.csv"
        file.write_text(self.as_ballots(rule, latest_marks(room.round)))
        seed, top = question["uncertainty"]["seed"], question["options"]["top"]

        said = app.test_cli_runner().invoke(args=["count", rule, str(file), "--seed", str(seed), "--top", str(top)])

        assert said.exit_code == 0, said.output
        counted = {line["idea"]: line for line in map(json.loads, said.stdout.splitlines()) if "idea" in line}
        assert len(counted) == len(question["ranking"]) == 3
        for entry in question["ranking"]:
            again = counted[str(entry["entry"])]
            assert (again["place"], again["places"]) == (entry["place"], entry["places"])
            for name in ("score", "low", "high", "p_top"):
                assert again[name] == pytest.approx(entry[name], abs=2e-6)

    def test_the_runoff_beside_the_ranking_follows_from_the_ballot_file(self, app, tmp_path):
        """Here it names another winner than the ranking: the idea of all second places is eliminated first."""
        room = factories.room(questions=(QuestionPlan("ranked"),))
        author = factories.participant(room)
        a, b, c = (factories.entry_id(factories.idea(room, author)) for _ in range(3))
        orders = {(a, b, c): 6, (c, b, a): 5, (b, a, c): 2, (b, c, a): 1}
        for order, people in orders.items():
            for _ in range(people):
                voter = factories.participant(room)
                for n, placed in enumerate((reversed(order), order), start=1):  # they change their minds
                    marks = {entry: place for place, entry in enumerate(placed, start=1)}
                    cast = Cast(voter.id, room.round_id, factories.op(), "tab", n, marks, room.question_id)
                    ballots.cast_ballot(cast)
        factories.close(room)
        [ranking] = rankings_of(db.session(), room.round)
        shown = presenter_of(ranking.rule).comparison(ranking.rule, ranking)
        file = tmp_path / "orders.csv"
        file.write_text(self.as_ballots("ranked", latest_marks(room.round)))

        said = app.test_cli_runner().invoke(args=["count", "ranked", str(file)])

        *_, last = map(json.loads, said.stdout.splitlines())
        assert [row.figures.entry for row in ranking.places if row.place == 1] == [b]
        assert last["noticed"]["instant_runoff"] == [str(entry) for entry in shown.runoff] == [str(a)]

    def as_ballots(self, rule, marks):
        """The marks in the format that `count` reads, without empty marks."""
        lines = [COLUMNS_OF.get(rule, "participant,idea,value")]
        if rule == "ranked":
            for who in sorted({m["pseudonym"] for m in marks}):
                placed = sorted((m["value"], m["entry"]) for m in marks if m["pseudonym"] == who and m["value"])
                lines.append(f"{who},{'>'.join(str(entry) for _, entry in placed)}")
        for m in marks:
            who, entry, versus, value = (m[name] for name in ("pseudonym", "entry", "versus", "value"))
            if rule == "pairs":
                lines.append(f"{who},{entry},{versus},{ {1: 'left', -1: 'right', 0: 'skip'}[value] }")
            elif rule != "ranked" and value != {"grades": -1, "stars": 0}.get(rule):
                lines.append(f"{who},{entry},{value}")
        return "\n".join(lines) + "\n"

    def test_every_format_contains_every_question_with_its_reads(self, app):
        room = self.voted("grades", "pairs")

        document, book, rows = as_json(room.round), as_book(room.round), rows_of(room.round)

        assert [q["prompt"] for q in document["questions"]] == ["By grades?", "By pairs?"]
        assert [q["voters"] for q in document["questions"]] == [12, 12]
        grades, pairs = document["questions"]
        assert grades["reads"] == {"least": 8, "median": 8.0, "most": 8, "gini": 0.0}
        assert sum(entry["reads"] for entry in pairs["ranking"]) == 12 * 2 * 2
        assert [row["rule"] for row in rows] == ["grades"] * 3 + ["pairs"] * 3
        assert {row["yes"] for row in rows if row["rule"] == "grades"} == {""}
        assert table(book["Ranking"])[0]["counts"] == "5=4 4=4 3=4"
        about = {row[0]: row[1] for row in book["About"].iter_rows(values_only=True)}
        assert "minimum 8" in about[f"Question {grades['id']}: reads"]
