"""The page and the files of a result: sealed before the close, the same for everybody after it."""

import io
import re
from zipfile import ZipFile

import pytest

from app.pages import live_ranking
from app.platform import page_cache
from ideas.blueprints import QuestionPlan
from ideas.database import db, write
from ideas.exports import FORMATS
from ideas.models import Anonymity, Assessment, Stance, Visibility
from ideas.queries.ideas import idea_rows
from ideas.services import assessing, ideas, moderation
from ideas.services.feeds import deal
from ideas.services.readiness import measure_readiness
from ideas.voting import other_methods, readiness
from ideas.voting.assessing import METHOD
from tests import crowds, factories
from tests.doubles import partly_here


def result(of):
    return f"{of.path}/result"


def text(response):
    return response.get_data(as_text=True)


@pytest.fixture
def of(app):
    """A listed, closed room with three ideas, the second and third with equal votes; one idea is hidden and one
    withdrawn.
    """
    from ideas.services import moderation

    of = factories.listed_room()
    author = factories.participant(of, "Biene 12")
    voters = [factories.participant(of, f"Igel {n}") for n in range(12)]
    first = factories.idea(of, author, "Boxes that come back", "They *return*.")
    second = factories.idea(of, author, "Deposit cups")
    third = factories.idea(of, author, "Bring a bag")
    hidden = factories.idea(of, author, "Something rude")
    factories.argument(first, voters[0], "The dishwasher stands still", Stance.FOR)
    remark = factories.argument(first, voters[1], "A rude remark", Stance.AGAINST)
    for n, voter in enumerate(voters):
        factories.mark(of, voter, {first: 1 if n < 11 else -1})
        if n < 4:
            factories.mark(of, voter, {second: 1, third: 1})
    moderation.hide_idea(of.owner, hidden, "Insults someone")
    moderation.hide_argument(of.owner, remark, "Also rude")
    withdrawn = factories.idea(of, author, "Never mind")
    ideas.withdraw_idea(author.actor, withdrawn)
    factories.close(of)
    return of


def test_the_result_is_sealed_before_the_close(app, client):
    sealed = factories.listed_room()

    response = client.get(result(sealed))

    assert response.status_code == 409
    assert "sealed" in text(response)
    assert client.get(f"{result(sealed)}.csv").status_code == 302


def test_facilitators_cannot_export_an_open_round(app, browser_of):
    sealed = factories.room()

    for form in FORMATS:
        assert browser_of(sealed.owner).get(f"{result(sealed)}.{form}").status_code == 409


def test_everybody_sees_the_result_of_a_listed_challenge(of, client):
    page = text(client.get(result(of)))

    assert "Boxes that come back" in page
    assert "11 of 12 yes" in page
    assert "<em>return</em>" in page
    assert "The dishwasher stands still" in page
    assert "by <bdi>Biene 12</bdi>" in page


def test_only_people_inside_see_the_result_of_a_challenge_by_link(app, client, browser_of):
    closed = factories.room()
    person = factories.participant(closed)
    factories.close(closed)

    for stranger in (client, browser_of(factories.account())):
        assert stranger.get(result(closed)).location.startswith("/join?next=")
        assert stranger.get(f"/challenges/{closed.id}/result").status_code == 404
    assert browser_of(person).get(result(closed)).status_code == 200
    assert browser_of(closed.owner).get(result(closed)).status_code == 200


def test_ties_and_too_few_votes_are_shown(of, client):
    page = text(client.get(result(of)))

    assert re.findall(r'rank__place">(\d+)', page) == ["1", "2", "2"]
    assert "2 ideas share their place with another one." in page
    assert page.count("(shared)") == 2
    assert page.count("too few votes</span>") == 2
    assert page.count("interval--few") == 2


@pytest.mark.parametrize(("rule", "said"), [("approval", "Each of them: 11 of 11 say yes."), ("ranked", None)])
def test_ideas_that_tie_for_the_first_place_are_shown_as_equals(app, browser_of, rule, said):
    """Yes to all three ideas; or orders that form a cycle, with one of the three less often on top."""
    room = factories.room(questions=(QuestionPlan(rule),))
    author = factories.participant(room)
    a, b, c = (factories.entry_id(factories.idea(room, author, title)) for title in "ABC")
    for order in [(a, b, c)] * 4 + [(b, c, a)] * 3 + [(c, a, b)] * 3 + [(c, b, a)]:
        marks = {entry: 1 if rule == "approval" else place for place, entry in enumerate(order, 1)}
        crowds.cast(room, factories.participant(room), room.question_id, marks)
    factories.close(room)

    page = text(browser_of(room.owner).get(result(room)))
    first = page.split('<section class="winner')[1].split("</section>")[0]

    assert "3 ideas share the first place" in first
    assert re.findall(r'href="#idea-\d+"><span[^>]*>([ABC])<', first) == ["A", "B", "C"]
    assert "<h1" in first.split("winner__tied")[0]
    assert (said in first) if said else ("Each of them" not in first)


def test_only_facilitators_see_hidden_and_withdrawn_ideas(of, client, browser_of):
    stranger, owner = text(client.get(result(of))), text(browser_of(of.owner).get(result(of)))

    for words in ("Something rude", "Insults someone", "Never mind", "A rude remark", "Also rude"):
        assert words in owner
        assert words not in stranger
    assert "redaction" in owner
    assert "redaction" not in stranger


@pytest.mark.parametrize(
    ("anonymity", "shown"), [(Anonymity.NAMED, True), (Anonymity.UNTIL_RESULT, True), (Anonymity.FOR_GOOD, False)]
)
def test_names_are_shown_according_to_the_anonymity_level(app, browser_of, anonymity, shown):
    closed = factories.room(anonymity=anonymity)
    author = factories.participant(closed, "Biene 12")
    idea = factories.idea(closed, author)
    factories.argument(idea, author)
    factories.mark(closed, factories.participant(closed), {idea: 1})
    factories.close(closed)

    assert ("Biene 12" in text(browser_of(closed.owner).get(result(closed)))) is shown


def test_the_explanation_contains_the_winners_numbers(of, client):
    page = text(client.get(f"{result(of)}/explanation"))

    assert "(11 + 1) / (11 + 1 + 2) = 0.8571" in page
    assert "0.6461 … 0.9851" in page


def test_many_votes_are_drawn_as_at_most_150_dots(app, client):
    from ideas.voting import approval

    standing = approval.rank([approval.ApprovalCounts(1, 300, 100)])[0]
    assert standing.yes == 300

    macro = "{% from 'components/swarm.html' import gathered %}{{ gathered(300, 100, 'label', most=150) }}"
    with app.test_request_context():
        drawn = app.jinja_env.from_string(macro).render()

    assert drawn.count("M") == 150
    assert drawn.count("<path") == 2


def test_a_round_without_ideas_or_votes_has_a_result_page(app, browser_of):
    empty, silent = factories.room(), factories.room()
    factories.idea(silent, factories.participant(silent), "Nobody cared")
    for of in (empty, silent):
        factories.close(of)

    assert "No ideas, no ranking" in text(browser_of(empty.owner).get(result(empty)))
    page = text(browser_of(silent.owner).get(result(silent)))
    assert "Nobody voted" in page
    assert "Nobody cared" in page


def test_the_result_of_a_rehearsal_says_so(app, browser_of):
    rehearsed = factories.room(is_rehearsal=True)
    factories.close(rehearsed)

    assert "rehearsal" in text(browser_of(rehearsed.owner).get(result(rehearsed)))


def test_lower_places_are_folded_without_splitting_a_tie(app, browser_of):
    closed = factories.room()
    author, voter = factories.participant(closed), factories.participant(closed)
    found = [factories.idea(closed, author) for _ in range(30)]
    factories.mark(closed, voter, {found[0]: 1})
    factories.close(closed)

    page = text(browser_of(closed.owner).get(result(closed)))
    assert "Show all 30 places" not in page  # 29 ideas share the second place

    closed = factories.room()
    author, voters = factories.participant(closed), [factories.participant(closed) for _ in range(24)]
    found = [factories.idea(closed, author) for _ in range(24)]
    for n, person in enumerate(voters):
        factories.mark(closed, person, dict.fromkeys(found[n:], 1))
    factories.close(closed)

    assert "Show all 24 places" in text(browser_of(closed.owner).get(result(closed)))


def test_a_redacted_idea_loses_its_words_and_keeps_its_counts(of, browser_of):
    owner = browser_of(of.owner)
    page = text(owner.get(result(of)))
    idea = re.search(r'rank__item" id="idea-(\d+)"', page).group(1)

    owner.post(f"/ideas/{idea}/redaction", data={"version": "1", "words": "unlawful"})

    page = text(owner.get(result(of)))
    assert "Boxes that come back" not in page
    assert "This text was erased" in page
    assert "11 of 12 yes" in page


def test_facilitators_download_the_result(of, browser_of, client):
    owner = browser_of(of.owner)

    csv = owner.get(f"{result(of)}.csv")
    assert csv.mimetype == "text/csv"
    assert "attachment" in csv.headers["Content-Disposition"]
    columns = "place,idea,source_id,title,author,yes,no,skip,judged,score,low,high,status,question,rule,reads"
    assert text(csv).splitlines()[0].startswith(columns)
    assert "Something rude" not in text(csv)
    assert "Something rude" in text(owner.get(f"{result(of)}.csv?all=1"))
    assert owner.get(f"{result(of)}.json").json["schwarm"] == 4
    assert owner.get(f"{result(of)}.xlsx").data[:2] == b"PK"
    assert owner.get(f"{result(of)}.pdf").status_code == 404


def test_only_facilitators_download_the_result(of, client, browser_of):
    assert client.get(f"{result(of)}.csv").status_code == 302
    assert browser_of(factories.account()).get(f"{result(of)}.csv").status_code == 403


# Hand counts


@pytest.fixture
def in_a_hall(app):
    """A closed room in which one person voted for the first idea, and a hall for the second."""
    from ideas.services.hands import count_hands

    of = factories.listed_room()
    author, voter = factories.participant(of), factories.participant(of)
    first, second = factories.idea(of, author, "Boxes that come back"), factories.idea(of, author, "Deposit cups")
    factories.mark(of, voter, {first: 1})
    count_hands(of.owner, of.question_id, factories.entry_id(second), 1, 4711)
    count_hands(of.owner, of.question_id, factories.entry_id(second), -1, 12)
    factories.close(of)
    return of


def test_hand_counts_are_shown_apart_and_added_only_on_demand(in_a_hall, client):
    page, added = text(client.get(result(in_a_hall))), text(client.get(f"{result(in_a_hall)}?hands=1"))

    assert "4,711" in page.split('id="hands"')[1].split("</section>")[0]
    assert "Nobody can recount a hall" in page
    winner, added_winner = (p.split('class="winner"')[1].split("</h1>")[0] for p in (page, added))
    assert "Boxes that come back" in winner
    assert "Deposit cups" in added_winner
    assert "Nobody can recount a hall" in added
    assert "Shows of hands are added here" not in page


def test_a_rule_without_hand_votes_offers_no_sum(app, client):
    from ideas.services.hands import count_hands

    of = crowds.voted("grades", visibility=Visibility.LISTED)
    count_hands(of.owner, of.question_id, idea_rows(db.session(), of.round)[0].entry_id, 1, 4711)
    factories.close(of)

    page = text(client.get(f"{result(of)}?hands=1"))

    hall = page.split('id="hands"')[1].split("</section>")[0]
    assert "4,711" in hall
    assert "a show of hands is not a vote" in hall
    assert "?hands=1" not in hall
    assert "Shows of hands are added here" not in page


def test_hand_counts_are_excluded_from_votes_and_turnout(in_a_hall, client):
    for address in (result(in_a_hall), f"{result(in_a_hall)}?hands=1"):
        turnout = text(client.get(address)).split('class="facts"')[1]
        assert "of 2 who joined voted" in turnout
        assert "1 vote on these ideas." in turnout


def test_a_result_without_hand_counts_does_not_mention_hands(of, client):
    page = text(client.get(f"{result(of)}?hands=1"))

    assert "hands" not in page.split("<main")[1].lower()


def test_hand_counts_are_downloaded_as_a_separate_file(in_a_hall, browser_of):
    browser = browser_of(in_a_hall.owner)
    assert "result.csv?hands=1" in text(browser.get(result(in_a_hall)))

    response = browser.get(f"{result(in_a_hall)}.csv?hands=1")

    assert f"schwarm-{in_a_hall.id}-hands.csv" in response.headers["Content-Disposition"]
    assert text(response).splitlines()[0] == "entry,idea,title,value,n,question"
    assert "4711" in text(response)
    assert "4711" not in text(browser.get(f"{result(in_a_hall)}.csv"))


# Every rule


SAID = {
    "approval": ("30 of 30 say yes.", "100%", "30 of 30 yes"),
    "pairs": ("39 of 48 comparisons won.", "81%", "better in 39 of 48 comparisons"),
    "points": ("114 points from 27 of 30 people.", "114", "points from 27 of 30 people"),
    "grades": (
        "22 of 30 people gave the grade “Very good” or a better one.",
        "Very good\N{NO-BREAK SPACE}−",
        "Excellent 8 · Very good 14 · Good 5 · Poor 2",
    ),
    "stars": ("22 stars, 3 lemons.", "+19", "22 stars · 3 lemons"),
    "ranked": (
        "27 of 30 people have it on their list, 17 of them in first place.",
        "78%",
        "first on 17 lists, on 27 of 30 lists in total",
    ),
}


SOURCES = {
    "approval": "Wilson’s interval (1927)",
    "pairs": "Bradley and Terry 1952",
    "points": "Agresti and Coull 1998",
    "grades": "Balinski and Laraki 2007",
    "stars": "Klein and Garcia 2015",
    "ranked": "Schulze 2011",
}


@pytest.mark.parametrize("rule", partly_here(crowds.RULES, "approval", "points", "ranked"))
class TestEveryRule:
    @pytest.fixture
    def room(self, app, rule):
        return crowds.closed(rule, voters=30)

    @pytest.fixture
    def page(self, room, browser_of):
        return text(browser_of(room.owner).get(result(room)))

    def test_winner_and_rows_are_described_in_the_words_of_the_rule(self, page, rule):
        sentence, score, counts = SAID[rule]

        assert sentence in page
        assert f'rank__value">{score}<' in page
        assert counts in page
        assert page.count('class="interval"') == 5
        assert not re.search(r">\s*-\d", page)  # a minus sign, no hyphen

    def test_chances_and_possible_places_are_shown(self, page):
        sure = r"(Very likely|Probably|Possibly|Hardly)"
        assert re.search(rf"{sure} among the best 3 \((more than 9|less than |[1-9])?[05]%\)", page)
        assert re.search(r"Almost certainly place \d to \d", page)

    def test_the_explanation_uses_the_numbers_of_the_chosen_idea(self, room, browser_of, rule):
        owner = browser_of(room.owner)
        page = text(owner.get(f"{result(room)}/explanation"))
        ideas = re.findall(r'<option value="(\d+)"', page)
        assert len(ideas) == 5

        pages = [text(owner.get(f"{result(room)}/explanation?question=1&idea={idea}")) for idea in ideas]

        assert len({re.search(r'class="formula">(.*?)</p>', p, re.DOTALL).group(1) for p in pages}) >= 4
        assert all(SOURCES[rule] in p for p in pages)
        assert all("Efron and Tibshirani 1993" in p for p in pages)
        assert not any("× -" in p for p in pages)

    def test_a_result_with_too_few_votes_claims_nothing(self, app, browser_of, rule):
        few = crowds.voted(rule, voters=4)
        for _ in range(5):
            factories.participant(few)
        factories.close(few)

        page = text(browser_of(few.owner).get(result(few)))

        assert "Only 4 people voted:" in page
        assert page.count('class="interval interval--few"') == 5
        assert "favourite" not in page

    def test_the_start_page_shows_the_support_for_the_winner(self, app, client, rule):
        crowds.closed(rule, voters=30, visibility=Visibility.LISTED)

        assert f'aria-label="{SAID[rule][0]}"' in text(client.get("/"))


def test_a_hidden_idea_does_not_enter_the_formula_of_the_others(app, browser_of):
    """The interval uses the most points that any person gave: 6 here, and 4 if two ideas are hidden."""
    plain, less = crowds.closed("points"), crowds.voted("points")
    for title in (crowds.TITLES[0], crowds.TITLES[-1]):
        moderation.hide_idea(less.owner, titled(less, title), "Off topic")
    factories.close(less)

    pages = [text(browser_of(room.owner).get(f"{result(room)}/explanation")) for room in (plain, less)]

    assert [re.search(r"2 × 0 \+ 2 × (\d+)\) / \(24 \+ 4\)", page).group(1) for page in pages] == ["6", "4"]


def test_two_questions_have_a_section_each_and_a_common_table(app, browser_of):
    room = crowds.closed("approval", QuestionPlan("grades", "How doable is it?"))

    page = text(browser_of(room.owner).get(result(room)))

    assert page.count("<h1") == 1
    assert page.count('class="ranking ') == 2
    assert "How doable is it?" in page
    both = page[page.index('id="both"') : page.index('id="question-1"')]
    assert all(title in both for title in crowds.TITLES)
    assert "Very good" in both
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_a_closed_ranked_ballot_is_also_counted_by_other_methods(app, browser_of, monkeypatch):
    runoff, counted = other_methods.instant_runoff, []
    monkeypatch.setattr(other_methods, "instant_runoff", lambda *form: counted.append(form) or runoff(*form))
    room = crowds.voted("ranked", voters=25, live_ranking=True)
    owner = browser_of(room.owner)
    assert "Boxes that come back" in text(owner.get(f"{room.path}/live-ranking"))
    assert counted == []
    factories.close(room)

    page = text(owner.get(result(room)))

    assert "Instant runoff" in text(owner.get(result(room)))
    assert len(counted) == 1
    other = crowds.closed("ranked", voters=26)
    assert "Instant runoff" in text(browser_of(other.owner).get(result(other)))
    assert len(counted) == 2
    assert "Instant runoff" in page
    assert re.search(r"Boxes that come back</span></th><td class=\"num\">1</td><td class=\"num\">1</td>", page)


def test_disconnected_comparisons_are_reported(app, browser_of):
    room = factories.room(questions=(QuestionPlan("pairs"),))
    author = factories.participant(room)
    a, b, c, d = sorted(factories.entry_id(factories.idea(room, author)) for _ in range(4))
    for _ in range(12):
        crowds.cast(room, factories.participant(room), room.question_id, {(a, b): 1, (c, d): 1})
    factories.close(room)

    assert "form 2 separate groups of ideas" in text(browser_of(room.owner).get(result(room)))


def test_a_missing_assessment_is_announced_and_the_page_reloads(app, browser_of):
    room = crowds.closed("points")
    owner = browser_of(room.owner)
    assert "waiting-page" not in text(owner.get(result(room)))
    with write() as transaction:
        transaction.session.delete(transaction.session.get_one(Assessment, (room.round_id, METHOD)))
    app.extensions[page_cache.EXTENSION].clear()  # no act deletes it, so that the journal tells nothing

    page = text(owner.get(result(room)))

    assert "<waiting-page>" in page
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in page
    assert "We are still calculating" in page
    assert "favourite" not in page


def test_a_result_of_an_earlier_method_says_that_it_was_assessed_again(app, browser_of, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(assessing, "METHOD", 1)
        room = crowds.closed("approval")
    owner = browser_of(room.owner)
    before = text(owner.get(result(room)))
    assessing.assess_missing()

    page = text(owner.get(result(room)))

    assert "by a better method" in page
    assert "Almost certainly place" in page
    assert "by a better method" not in before
    assert "Almost certainly place" not in before


def test_below_twenty_voters_no_interval_is_drawn(app, browser_of):
    rooms = [crowds.closed("approval", voters=voters) for voters in (19, 20)]
    few, enough = (text(browser_of(of.owner).get(result(of))) for of in rooms)

    assert "interval__dot" in few
    assert "interval__bar" not in few
    assert "The bar shows where it lies" not in few
    assert "interval__bar" in enough
    assert "The bar shows where it lies" in enough


def test_reads_are_shown_with_their_spread(app, browser_of):
    room = factories.room()
    author = factories.participant(room)
    found = [factories.idea(room, author) for _ in range(3)]
    for _ in range(4):
        person = factories.participant(room)
        deal(person.actor, room.question_id, 2)
        factories.mark(room, person, {found[0]: 1})
    factories.close(room)

    page = text(browser_of(room.owner).get(result(room)))

    assert "Each idea was shown to 2 to 3 people (median: 3)." in page
    assert "Gini coefficient 0.08" in page


class TestLiveRanking:
    def test_a_sealed_round_shows_no_live_ranking(self, app, browser_of):
        room = crowds.voted("points")
        person = factories.participant(room)
        live = crowds.voted("points", live_ranking=True)

        for who in (person, room.owner):
            browser = browser_of(who)
            for path in ("live-ranking", "live-ranking/parts?only=live-ranking", "result", "result/explanation"):
                response = browser.get(f"/challenges/{room.id}/{path}")
                assert response.status_code == 409
                assert "Boxes that come back" not in text(response)
            assert "standings" not in text(browser.get(room.path))
        assert "Boxes that come back" in text(browser_of(live.owner).get(f"{live.path}/live-ranking"))

    def test_people_inside_see_the_live_ranking_and_are_told_before(self, app, client, browser_of):
        room = crowds.voted("grades", live_ranking=True, visibility=Visibility.LISTED)
        announcement = "Everyone in the room sees the order while people vote."
        assert announcement in text(client.get(f"/join/{room.code}"))
        assert announcement not in text(client.get(f"/join/{factories.listed_room().code}"))
        person = browser_of(factories.participant(room))

        assert announcement in text(person.get(room.path))
        part = text(person.get(f"/challenges/{room.id}/live-ranking/parts?only=live-ranking"))
        assert re.findall(r'rank__place">(\d)', part) == ["1", "2", "3", "4", "5"]
        assert "Very good" in part
        assert client.get(f"{room.path}/live-ranking").location.startswith(f"/join/{room.code}?key=")

    def test_the_live_ranking_is_rendered_once_and_omits_ideas_hidden_since(self, app, browser_of, monkeypatch):
        room = crowds.voted("approval", live_ranking=True)
        person, path = (
            browser_of(factories.participant(room)),
            f"/challenges/{room.id}/live-ranking/parts?only=live-ranking",
        )
        first = text(person.get(path))
        drawn = []
        real = live_ranking.section_of
        monkeypatch.setattr(live_ranking, "section_of", lambda ranking: drawn.append(1) or real(ranking))

        assert text(browser_of(room.owner).get(path)) == first
        assert drawn == []
        moderation.hide_idea(room.owner, titled(room, crowds.TITLES[0]), "Off topic")

        assert crowds.TITLES[0] in first
        assert crowds.TITLES[0] not in text(person.get(path))
        assert drawn == [1]

    def test_the_live_ranking_redirects_to_the_result_after_the_close(self, app, browser_of):
        room = crowds.closed("approval", live_ranking=True)

        assert browser_of(room.owner).get(f"{room.path}/live-ranking").location == result(room)


def titled(room, title):
    return next(row.id for row in idea_rows(db.session(), room.round) if row.title == title)


class TestReadiness:
    def readiness_part(self, room, browser_of):
        return text(browser_of(room.owner).get(f"/challenges/{room.id}/console/parts?only=readiness"))

    def test_readiness_that_was_not_measured_says_so(self, app, browser_of):
        assert "Nothing to show yet" in self.readiness_part(factories.room(), browser_of)

    def test_readiness_shows_what_is_missing_and_no_count(self, app, browser_of):
        room = crowds.voted("approval", voters=6)
        for _ in range(15):
            factories.participant(room)
        measure_readiness(room.round_id)

        part = self.readiness_part(room, browser_of)

        assert "Not yet." in part
        assert "4 more people must vote before we can tell." in part
        assert "20 votes are missing" in part
        assert "in front with" not in part
        assert "6 of 22 who joined voted, 0 of them are done." in part
        assert not any(title in part for title in crowds.TITLES)

    def test_a_settled_vote_is_shown_in_words_and_dots(self, app, browser_of):
        room = crowds.voted("approval", voters=40, auto_close=True)
        measure_readiness(room.round_id)

        part = self.readiness_part(room, browser_of)

        assert "Enough." in part
        assert part.count("readiness__steps-full") == 20
        assert "in front with 100% certainty." in part
        assert "It closes when 50 people have voted, or all who joined, and the same ideas are still in front." in part

    def test_readiness_says_when_it_rests_on_a_sample(self, app, browser_of, monkeypatch):
        room = crowds.voted("approval")
        measure_readiness(room.round_id)
        assert "random sample" not in self.readiness_part(room, browser_of)
        monkeypatch.setattr(readiness, "EXACT_MARKS", 0)
        monkeypatch.setattr(readiness, "CELLS", 12 * 10)  # yes and no on six ideas
        factories.idea(room, factories.participant(room))
        measure_readiness(room.round_id)

        assert "certainty is estimated from a random sample of 10 voters." in self.readiness_part(room, browser_of)

    def test_the_console_shows_the_readiness_of_each_question(self, app, browser_of):
        room = crowds.voted("points", QuestionPlan("grades", "Doable?"), voters=12)
        measure_readiness(room.round_id)

        page = text(browser_of(room.owner).get(f"/challenges/{room.id}/console"))

        assert page.count('class="readiness__question"') == 2
        assert "Doable?" in page


class TestInterim:
    """Facilitators take the ideas of an open round with them."""

    def address(self, room, form="csv"):
        return f"{room.path}/ideas.{form}"

    def test_a_facilitator_gets_the_open_ideas_marked_as_interim(self, app, browser_of):
        room = factories.room()
        voter = factories.participant(room)
        idea = factories.idea(room, factories.participant(room), "Trees; and =shade")
        factories.mark(room, voter, {idea: 1})
        owner = browser_of(room.owner)

        answer = owner.get(self.address(room, "de.csv"))

        assert f"schwarm-{room.id}-interim.de.csv" in answer.headers["Content-Disposition"]
        assert answer.data.startswith(b'\xef\xbb\xbf"state";"state_at";"idea";')
        assert b'"interim";' in answer.data
        assert f'href="{self.address(room, "de.csv")}"' in text(owner.get(f"{room.path}/console"))
        assert owner.get(f"{room.path}/result.csv").status_code == 409
        assert owner.get(self.address(room, "xml")).status_code == 404

    def test_pictures_are_offered_where_ideas_may_have_them(self, app, browser_of):
        room = factories.room()
        idea = factories.idea(room, factories.participant(room), "Trees", image=factories.picture())

        with ZipFile(io.BytesIO(browser_of(room.owner).get(self.address(room, "pictures")).data)) as packed:
            assert packed.namelist() == [f"idea-{idea}.webp"]

    def test_a_closed_round_has_its_result_instead(self, app, browser_of):
        room = factories.room()
        factories.close(room)

        assert browser_of(room.owner).get(self.address(room)).location == f"{room.path}/result"


def test_the_result_offers_tables_by_language_and_pictures_only_if_there_are_any(app, browser_of):
    plain, pictured = factories.room(), factories.room()
    for room, image in ((plain, None), (pictured, factories.picture())):
        factories.idea(room, factories.participant(room), "Trees", image=image)
        factories.close(room)

    pages = [text(browser_of(room.owner).get(f"{room.path}/result")) for room in (plain, pictured)]

    for room, page in zip((plain, pictured), pages, strict=True):
        assert all(f'href="{room.path}/result.{form}"' in page for form in ("de.csv", "en.csv", "csv"))
        assert (f"{room.path}/result.pictures" in page) == (room is pictured)
    assert browser_of(pictured.owner).get(f"{pictured.path}/result.pictures").data.startswith(b"PK")


def test_the_result_names_all_the_best_where_several_are_wanted(app, browser_of):
    of = crowds.closed("grades", QuestionPlan("points", options={"top": 1}))

    page = text(browser_of(of.owner).get(result(of)))

    assert page.count("The best three:") == 1
    assert page.index("Boxes that come back") < page.index("The best three:")


def test_a_tie_at_the_cut_is_said_with_the_best(app, client):
    of = factories.listed_room(questions=(QuestionPlan(options={"top": 2}),))
    ideas = [factories.idea(of, factories.participant(of), f"Idea {n}") for n in range(4)]
    for _ in range(12):
        factories.mark(of, factories.participant(of), dict.fromkeys(ideas[:3], 1) | {ideas[3]: -1})
    factories.close(of)

    assert "On the first two places, with ties, are 3 ideas" in text(client.get(result(of)))


def test_a_result_of_three_ideas_does_not_call_the_best_three_firm(app, client):
    of = factories.listed_room()
    ideas = [factories.idea(of, factories.participant(of), f"Idea {n}") for n in range(3)]
    for n in range(12):
        factories.mark(of, factories.participant(of), {ideas[n % 3]: 1})
    factories.close(of)

    page = text(client.get(result(of)))

    assert "best three" not in page
    assert "among the best 3" not in page
