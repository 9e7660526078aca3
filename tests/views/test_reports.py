"""The report of a result: the same facts as the result, for the same people, on one or two pages."""

import io
import re

import pypdf
import pytest

from app.pages.report_data import data_of, picture_name, with_pictures
from app.pages.reports import ReportPrize, report_of, title_of
from app.pages.results import section_of
from app.pages.turnout import duration_said
from app.pages.verdicts import verdict_part
from app.platform import limits, page_cache
from ideas import journal, typesetting
from ideas.blueprints import QuestionPlan
from ideas.database import db, write
from ideas.errors import NotClosed
from ideas.forgetting import forget_ballots
from ideas.models import Anonymity, Challenge, ResultShare, Round, Visibility
from ideas.queries.rankings import rankings_of
from ideas.queries.timelines import turnout_over_time
from ideas.services import moderation, sharing
from tests import crowds, factories, juries, reported, verdicts
from tests.doubles import partly_here
from tests.views.test_awards import Contest
from tests.views.test_statements import Statements


def path_of(of):
    return f"{of.path}/result/report"


def page_of(browser, of, query=""):
    response = browser.get(path_of(of) + query)
    assert response.status_code == 200
    return response.get_data(as_text=True)


def report_in(app, of):
    with app.test_request_context():
        return report_of(db.session(), of.round)


@pytest.mark.parametrize("rule", partly_here(crowds.RULES, "grades", "pairs"))
def test_a_report_has_the_places_of_the_result(app, rule):
    factories.noise()
    of = reported.closed_round(rule, ideas=12, argued=0, answered=0)

    report = report_in(app, of)

    with app.test_request_context():
        section = section_of(rankings_of(db.session(), of.round)[0])
        [vote] = report.votes
        assert [row.result for row in vote.lines] == section.lines[:8]
        assert [row.title for row in vote.lines] == [title_of(line.ranked.idea) for line in section.lines[:8]]
        assert vote.more == "and 4 more ideas"
        assert vote.lead.titles == [title_of(line.ranked.idea) for line in section.firsts]
        assert section.dots.said in vote.lead.sentences[1]
    assert [figure.number for figure in report.figures] == ["31", "30", "12", "0"]
    assert report.digest == section.ranking.digest


def test_a_report_has_outcomes_with_reasons_and_arguments_of_both_sides(app):
    report = report_in(app, reported.closed_round(ideas=7))

    assert [(figure.number, figure.unit) for figure in report.outcomes.counts] == [
        ("1", "Chosen"),
        ("1", "Taken further"),
        ("1", "Not now"),
        ("1", "Not taken"),
    ]
    assert [answered.reason for answered in report.outcomes.ahead] == [reported.REASON] * 2
    assert report.decided[0].startswith("The organisation chose “")
    assert [debated.place for debated in report.debated] == [1, 2, 3]
    for debated in report.debated:
        assert debated.pro == reported.FOR
        assert debated.contra == reported.AGAINST
        assert debated.more == "2 more arguments"


def test_only_the_earliest_visible_argument_on_each_side_is_shown(app):
    of = factories.room()
    people = [factories.participant(of) for _ in range(3)]
    idea = factories.idea(of, people[0])
    hidden = factories.argument(idea, people[1], "A rude remark")
    factories.argument(idea, people[1], "It is cheap")
    factories.argument(idea, people[2], "It is also good")
    factories.mark(of, people[1], {idea: 1})
    moderation.hide_argument(of.owner, hidden, "Rude")
    factories.close(of)

    [debated] = report_in(app, of).debated

    assert (debated.pro, debated.contra, debated.more) == ("It is cheap", "", "1 more argument")


def test_the_same_people_see_the_report_as_the_result(app, client, browser_of):
    closed, open_listed, listed = factories.room(), factories.listed_room(), factories.listed_room()
    person = factories.participant(closed)
    factories.close(closed)
    factories.close(listed)

    for stranger in (client, browser_of(factories.account())):
        assert stranger.get(path_of(closed)).location.startswith("/join?next=")
        assert stranger.get(path_of(listed)).status_code == 200
    for inside in (person, closed.owner):
        assert browser_of(inside).get(path_of(closed)).status_code == 200
    assert client.get(path_of(open_listed)).status_code == 409
    assert browser_of(open_listed.owner).get(path_of(open_listed)).status_code == 409
    with pytest.raises(NotClosed):
        report_in(app, open_listed)


def test_the_link_of_a_result_opens_its_report_and_pictures(app, client):
    of = reported.closed_round(ideas=7, pictures=1)
    sharing.share_result(of.owner, of.id, ResultShare.LINK, seen=ResultShare.OFF)
    token = db.session.get_one(Challenge, of.id).result_token

    page = page_of(client, of, f"?key={token}")

    assert client.get(f"/challenges/{of.id}/result/report?key=wrong").status_code == 404
    [picture] = re.findall(r'src="(/images/[^"]+)"', page)
    assert client.get(picture).status_code == 200
    assert f"/result?key={token}" in page
    assert "QR code" not in page
    assert "noindex" in page


def test_only_a_public_result_has_its_address_on_the_report(app, client):
    page = page_of(client, reported.closed_round(ideas=7, visibility=Visibility.LISTED))

    assert "QR code of the result" in page
    assert re.search(r"The whole result:.*/result\?round=1<", page)


def test_an_address_with_a_stale_key_shows_the_public_address(app, client):
    of = reported.closed_round(ideas=7, visibility=Visibility.LISTED)

    assert re.search(r"The whole result:.*/result\?round=1<", page_of(client, of, "?key=stale"))


def test_a_report_of_hidden_names_has_none(app, browser_of):
    of = reported.closed_round(ideas=7, anonymity=Anonymity.FOR_GOOD)

    assert "Kranich 5" not in page_of(browser_of(of.owner), of)


def test_an_erased_winner_keeps_its_place_without_words_and_picture(app, browser_of):
    of = reported.closed_round(ideas=7, pictures=7, answered=1)
    before = report_in(app, of)
    first = before.votes[0].lines[0].result.ranked.idea
    moderation.redact_idea(of.owner, first.id, "private")

    report = report_in(app, of)
    page = page_of(browser_of(of.owner), of)

    assert report.votes[0].lead.titles == ["Erased"]
    assert before.pictures[0].idea.id == first.id
    assert first.id not in [shown.idea.id for shown in report.pictures]
    assert first.title not in page
    assert "What the moderators did: 1 text erased." in page


def test_a_vote_without_votes_and_a_round_without_ideas_have_a_report(app, browser_of):
    nobody = reported.closed_round(ideas=3, voters=0, answered=0)
    empty = factories.room()
    factories.close(empty)

    page = page_of(browser_of(nobody.owner), nobody)

    assert "Nobody said yes" in page
    assert "Nobody voted, so the ideas have no order." in page
    assert 'class="chart"' not in page
    assert "No ideas, no ranking" in page_of(browser_of(empty.owner), empty)


def test_few_voters_have_no_turnout_over_time(app, browser_of):
    of = reported.closed_round(ideas=7, voters=9, answered=0)

    report = report_in(app, of)

    assert report.chart.points == []
    assert report.chart.note.startswith("So few people voted")


def test_the_turnout_over_time_counts_each_voter_once_and_at_least_five_together(app):
    factories.noise()
    of = reported.closed_round("approval", QuestionPlan("grades", "Doable?"), ideas=7, voters=30, minutes=20)

    timeline = turnout_over_time(db.session(), of.round)
    chart = report_in(app, of).chart

    assert timeline.people == 30
    assert min(part.people for part in timeline.parts) >= 5
    assert len(timeline.parts) > 2
    assert [point.y for point in chart.points] == sorted(point.y for point in chart.points)
    assert chart.points[-1].y == 1
    assert chart.people == "30"
    assert re.fullmatch(r"2\d minutes after the start, 30 people had voted.", chart.points[-1].said)


def test_the_turnout_over_time_counts_no_juror(app):
    of = juries.room()
    idea = factories.idea(of, factories.participant(of))
    for _ in range(10):
        factories.mark(of, factories.participant(of), {idea: 1}, question_id=of.question_id)
    for _ in range(2):
        juries.score(of, juries.juror(of), factories.entry_id(idea), 3, 2)
    reported.spread(of, minutes=20)
    factories.close(of)

    assert turnout_over_time(db.session(), of.round).people == 10


def test_forgotten_ballots_have_no_turnout_over_time(app, browser_of):
    of = reported.closed_round(ideas=7, anonymity=Anonymity.FOR_GOOD)
    assert report_in(app, of).chart.points
    with write() as transaction:
        forget_ballots(journal.locked(transaction, of.id), transaction.session.get_one(Round, of.round_id))

    chart = report_in(app, of).chart

    assert (chart.points, chart.note) == ([], "When anybody voted was deleted for good.")


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(60, "1 minute"), (5400, "90 minutes"), (7200, "2 hours"), (6000 * 60, "4 days"), (14 * 86400, "14 days")],
)
def test_a_duration_is_said_in_its_largest_whole_unit(app, seconds, said):
    with app.test_request_context():
        assert duration_said(seconds) == said


@pytest.mark.parametrize("ideas", [1, 300])
def test_a_report_costs_few_statements_at_any_number_of_ideas(app, browser_of, ideas):
    of = factories.room(questions=(QuestionPlan(), QuestionPlan("grades", "Doable?")))
    author, voter = factories.participant(of), factories.participant(of)
    written = [factories.idea(of, author) for _ in range(ideas)]
    factories.argument(written[0], voter)
    factories.mark(of, voter, {written[0]: 1}, question_id=of.question_id)
    factories.close(of)
    browser = browser_of(of.owner)
    browser.get(of.path)

    with Statements() as found:
        page_of(browser, of)

    assert len(found.all) <= 20, found.all


def test_prizes_that_stand_are_on_the_report_with_their_ideas(app, browser_of):
    contest = Contest().close()
    owner = browser_of(contest.room.owner)
    assert report_in(app, contest.room).prizes == []

    contest.given(owner)

    assert report_in(app, contest.room).prizes == [
        ReportPrize("Main prize", "Crates with a deposit", "€1,000.00"),
        ReportPrize("Lunch with the bakers", "Paper bags", ""),
    ]
    assert "Main prize · €1,000.00: Crates with a deposit" in pdf_of(owner, contest.room).pages[0].extract_text()
    assert "€1,000.00" in page_of(owner, contest.room)


@pytest.mark.parametrize("jury", ["agreeing", "disagreeing", "too few"])
def test_a_report_says_how_votes_and_jury_decided(app, browser_of, jury):
    of = verdicts.closed(verdicts.JURIES[jury], 40)
    owner = browser_of(of.owner)

    verdict = report_in(app, of).verdict
    page = page_of(owner, of)
    words = words_of(pdf_of(owner, of))

    with app.test_request_context():
        expected = verdict_part(rankings_of(db.session(), of.round)[0])
        assert [(line.place, line.said) for line in verdict.lines] == [
            (line.place, line.said) for line in expected.lines
        ]
    assert verdict.lead.titles == [line.idea.title for line in expected.firsts]
    assert (verdict.lead.kicker == "Nothing is decided") is (jury == "too few")
    for sentence in (*report_in(app, of).decided, *(line.said for line in verdict.lines)):
        assert words.count(bare(sentence)) == 1
    assert "Votes and jury side by side" in page
    assert ">The votes</h2>" in page


def test_a_report_says_what_the_moderators_did(app):
    of = factories.room()
    author = factories.participant(of)
    moderation.hide_idea(of.owner, factories.idea(of, author), "Rude")
    quiet = factories.room()
    for room in (of, quiet):
        factories.close(room)

    assert report_in(app, of).facts[-1] == "What the moderators did: 1 idea hidden or rejected."
    assert report_in(app, quiet).facts[-1] == "The moderators changed no text, no time and nobody’s part."


def test_a_report_of_an_earlier_round_stays(app, browser_of):
    of = reported.closed_round(ideas=7, answered=2)

    page = page_of(browser_of(of.owner), of, "?round=1")

    assert f"{of.path}/result?round=1" in page


def pdf_of(browser, of, query=""):
    response = browser.get(f"{path_of(of)}.pdf{query}")
    assert (response.status_code, response.mimetype) == (200, "application/pdf")
    assert response.headers["Content-Disposition"] == f"attachment; filename=schwarm-{of.id}-report.pdf"
    return pypdf.PdfReader(io.BytesIO(response.data))


# White space, hyphens and isolates: lines break.
UNSEEN = re.compile(r"[\s\u00ad\u2010\u2066-\u2069-]")


def bare(words):
    return UNSEEN.sub("", words)


def words_of(pdf):
    return bare("".join(page.extract_text() for page in pdf.pages))


@pytest.mark.parametrize("rule", partly_here(crowds.RULES, "approval", "ranked"))
def test_the_pdf_has_the_words_of_the_page(app, browser_of, rule):
    of = reported.closed_round(rule, QuestionPlan("grades", "Machbar?"), pictures=3, visibility=Visibility.LISTED)

    pdf = pdf_of(browser_of(of.owner), of)
    report = report_in(app, of)

    found = words_of(pdf)
    with app.test_request_context():
        lines = [line for vote in report.votes for line in vote.lines[:3]]
    said = [
        report.title,
        *report.decided,
        *(figure.unit for figure in report.figures),
        *(words for line in lines for words in (line.title, line.result.score, line.result.counts)),
        *(title for vote in report.votes for title in vote.lead.titles),
        *(sentence for vote in report.votes for sentence in vote.lead.sentences),
        *(answered.reason for answered in report.outcomes.ahead),
        report.debated[0].pro,
        report.debated[0].contra,
        *report.facts,
        report.chart.sentence,
        report.digest,
    ]
    assert [words for words in said if bare(words) not in found] == []
    assert len(pdf.pages) <= 2
    assert pdf.metadata.title == report.title


def test_the_pdf_is_for_the_same_people_and_of_the_same_round(app, client, browser_of):
    closed, open_room = factories.room(), factories.listed_room()
    person = factories.participant(closed)
    factories.close(closed)

    assert client.get(f"{path_of(closed)}.pdf").status_code in (302, 404)
    assert client.get(f"{path_of(open_room)}.pdf").status_code == 409
    assert "No ideas, no ranking" in pdf_of(browser_of(person), closed, "?round=1").pages[0].extract_text()
    assert browser_of(person).get(f"{path_of(closed)}.pdf?round=2").status_code == 409


def test_the_link_of_a_result_opens_the_pdf(app, client):
    of = reported.closed_round(ideas=7, pictures=1)
    sharing.share_result(of.owner, of.id, ResultShare.LINK, seen=ResultShare.OFF)
    token = db.session.get_one(Challenge, of.id).result_token

    [address] = re.findall(r'href="([^"]+report\.pdf[^"]*)"', page_of(client, of, f"?key={token}"))

    assert token in address
    assert client.get(address).data.startswith(b"%PDF-")
    assert client.get(address.replace(token, "wrong")).location.startswith("/join?next=")


def test_the_same_result_makes_the_same_pdf(app, browser_of):
    of = reported.closed_round(ideas=7, pictures=2)
    browser = browser_of(of.owner)

    first = browser.get(f"{path_of(of)}.pdf").data
    app.extensions[page_cache.EXTENSION].clear()

    assert browser.get(f"{path_of(of)}.pdf").data == first


def test_one_network_lets_the_worker_make_few_pdfs_and_a_kept_one_costs_nothing(app, client, monkeypatch):
    of = reported.closed_round(ideas=7, visibility=Visibility.LISTED)
    monkeypatch.setattr(limits, "TYPESETTING", "1 per 10 minutes")
    german = {"Accept-Language": "de"}

    assert [client.get(f"{path_of(of)}.pdf").status_code for _ in range(3)] == [200] * 3
    assert client.get(f"{path_of(of)}.pdf", headers=german).status_code == 429
    assert client.get(f"{path_of(of)}.pdf").status_code == 200
    elsewhere = {"REMOTE_ADDR": "198.51.100.7"}
    assert client.get(f"{path_of(of)}.pdf", headers=german, environ_base=elsewhere).status_code == 200


def test_a_kept_pdf_follows_what_is_erased(app, browser_of):
    of = reported.closed_round(ideas=7, answered=0, argued=0)
    browser = browser_of(of.owner)
    title = report_in(app, of).votes[0].lead.titles[0]
    assert bare(title) in words_of(pdf_of(browser, of))

    moderation.redact_idea(of.owner, rankings_of(db.session(), of.round)[0].places[0].idea.id, "private")

    assert bare(title) not in words_of(pdf_of(browser, of))


def test_a_picture_that_is_erased_meanwhile_leaves_the_report(app):
    of = reported.closed_round(ideas=7, pictures=2)
    report = report_in(app, of)
    gone, stays = report.pictures
    moderation.redact_idea(of.owner, gone.idea.id, "private")

    kept, files = with_pictures(db.session(), report)

    assert kept.pictures == [stays]
    assert list(files) == [picture_name(0)]
    with app.test_request_context(), typesetting.pdf_of("report", data_of(kept), files) as file:
        assert file.read().startswith(b"%PDF-")


def test_the_pdf_is_in_the_language_of_the_reader(app, browser_of):
    of = reported.closed_round(ideas=7)

    german = browser_of(of.owner).get(f"{path_of(of)}.pdf", headers={"Accept-Language": "de"}).data

    pdf = pypdf.PdfReader(io.BytesIO(german))
    assert pdf.trailer["/Root"]["/Lang"] == "de"
    assert "Beteiligung im Lauf der Zeit" in "".join(page.extract_text() for page in pdf.pages)


def test_texts_of_people_are_no_markup_in_the_pdf(app, browser_of):
    hostile = ('#read("/etc/passwd")', r"$x$ \ `a` *b* <c>", "漢字 😀 שלום")
    of = reported.closed_round(ideas=6, titles=hostile, title='#panic("title") $ \\', voters=12)

    found = words_of(pdf_of(browser_of(of.owner), of))

    for words in (*hostile[:2], '#panic("title") $ \\'):
        assert bare(words) in found


def test_without_its_packages_the_page_offers_printing_and_there_is_no_pdf(app, browser_of, monkeypatch):
    of = reported.closed_round(ideas=7)
    browser = browser_of(of.owner)
    assert "report.pdf" in page_of(browser, of)

    monkeypatch.setattr(typesetting, "NEEDED", ("no_such_package",))
    typesetting.is_available.cache_clear()
    page_cache.init_app(app)
    try:
        page = page_of(browser, of)

        assert "report.pdf" not in page
        assert "data-print" in page
        assert "Your browser prints this page" in page
        assert browser.get(f"{path_of(of)}.pdf").status_code == 404
    finally:
        monkeypatch.undo()
        typesetting.is_available.cache_clear()
