"""The result card: own ideas, arguments and votes, and how the group decided, for one participant alone."""

import random
import re
from dataclasses import replace

import pytest
from flask_babel import force_locale
from sqlalchemy import select

from app.pages.result_cards import decided_in_sentences, result_card_of
from app.pages.results import section_of
from ideas import journal
from ideas.blueprints import PhasePlan, QuestionPlan
from ideas.database import db, write
from ideas.forgetting import forget_ballots
from ideas.models import Activity, Anonymity, Ballot, Decision, Entry, Idea, Participant, Round
from ideas.queries.rankings import deciding_places, rankings_of
from ideas.services import guests, leaving, merging, moderation, participants, waves
from ideas.services.awards import mark_decisive
from ideas.services.ballots import cast_ballot
from ideas.services.ideas import IdeaForm, submit_idea, withdraw_idea
from ideas.services.next_rounds import How, NextRound, Selection, begin_next_round
from ideas.services.outcomes import set_outcomes
from tests import crowds, factories, verdicts
from tests.doubles import partly_here
from tests.statements import Statements
from tests.views.test_awards import Contest, begin


def words_of(response, status=200):
    assert response.status_code == status, response.get_data(as_text=True)
    text = re.sub(r"<(script|style)\b.*?</\1>", "", response.get_data(as_text=True), flags=re.DOTALL)
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))
    return re.sub(r"[⁨⁩]", "", text)


def card_of(room, who, n=1):
    session = db.session()
    round = session.query(Round).filter_by(challenge_id=room.id, n=n).one()
    return result_card_of(session, round, who.row, sees_result=True)


@pytest.fixture
def of(app):
    """A listed, closed room: two authors, four voters, an argument of each author on the idea of the other."""
    of = factories.listed_room()
    author, other = factories.participant(of, "Biene 12"), factories.participant(of, "Igel 3")
    ideas = [factories.idea(of, author, "Boxes"), factories.idea(of, other, "Cups"), factories.idea(of, other, "Bags")]
    ideas.append(factories.idea(of, other, "Nets"))
    factories.argument(ideas[1], author, "They break easily.")
    factories.argument(ideas[0], other, "They last long.")
    for n in range(4):
        factories.mark(of, factories.participant(of, f"Eule {n}"), {ideas[0]: 1, ideas[1]: 1 if n < 2 else -1})
    factories.mark(of, author, {ideas[1]: 1, ideas[2]: -1})
    return of, author, other, ideas


def test_an_author_reads_place_outcome_and_reason_and_how_the_group_decided(of, browser_of):
    room, author, other, ideas = of
    factories.close(room)
    set_outcomes(room.owner, room.round_id, [factories.entry_id(ideas[0])], Decision.CHOSEN, "We start in May.", seen=0)

    words = words_of(browser_of(author).get(f"{room.path}/my-result"))

    assert "Your ideas 1 Boxes Place 1 of 4" in words
    assert "Chosen We start in May." in words
    assert "They break easily. On the idea Cups" in words
    assert "They last long." not in words
    assert "You said yes to 1 of 2 ideas." in words
    assert "How the group decided" in words
    assert "5 of 6 who joined voted." in words
    assert "share of yes that is certain" in words
    theirs = words_of(browser_of(other).get(f"{room.path}/my-result"))
    assert theirs.count("It still waits for an answer of the organisation.") == 3
    assert "They last long. On the idea Boxes Chosen" in theirs
    assert "How you voted" not in theirs


def test_a_card_of_an_open_round_is_not_there(of, browser_of):
    room, author, *_ = of
    assert browser_of(author).get(f"{room.path}/my-result").status_code == 409


@pytest.mark.parametrize("rule", partly_here(crowds.RULES, "pairs", "stars"))
def test_the_places_on_all_cards_are_those_of_the_result(app, rule):
    room, people = crowds.group(rule)
    factories.close(room)

    with app.test_request_context():
        [ranking] = rankings_of(db.session(), room.round)
        lines = {line.ranked.idea.id: line for line in section_of(ranking).lines}
        cards = [card_of(room, person) for person in people]

    shown = {each.idea.id: each.places[0] for card in cards for each in card.ideas}
    assert shown.keys() == lines.keys()
    assert {id: place.place for id, place in shown.items()} == {id: line.ranked.place for id, line in lines.items()}
    assert {id: place.counts for id, place in shown.items()} == {id: line.counts for id, line in lines.items()}
    assert all(len(card.decisions[0].said) == 3 for card in cards)
    assert all(card.ballots[0].votes and card.ballots[0].said for card in cards)


@pytest.mark.parametrize("rule", partly_here(crowds.RULES, "approval", "ranked"))
def test_places_on_cards_are_those_of_the_printed_result_also_after_merges(app, browser_of, rule):
    """Some vote, with ballots by lot; two ideas are merged, one is hidden, and one is withdrawn."""
    lot = random.Random(rule)
    room = factories.listed_room(questions=(QuestionPlan(rule),))
    people = [factories.participant(room) for _ in range(12)]
    ideas = [factories.idea(room, person, f"Idea of {n}") for n, person in enumerate(people[:8])]
    entries = [factories.entry_id(idea) for idea in ideas]
    for n, person in enumerate(people[2:]):
        others = [entry for k, entry in enumerate(entries) if k != n + 2]
        crowds.cast(room, person, room.question_id, crowds.whole_ballot(rule, lot.sample(others, 5)))
    merging.merge_ideas(room.owner, ideas[1], ideas[4])
    moderation.hide_idea(room.owner, ideas[5], "Twice")
    withdraw_idea(people[6].actor, ideas[6])
    factories.close(room)
    page = browser_of(room.owner).get(f"{room.path}/result").get_data(as_text=True)
    found = re.findall(r'<li class="rank__item" id="idea-(\d+)">.*?<b class="rank__place">(\d+)', page, re.DOTALL)
    printed = {int(idea): int(place) for idea, place in found}

    with app.test_request_context():
        cards = [card_of(room, person) for person in people[:8]]

    on_cards = {each.idea.id: [place.place for place in each.places] for card in cards for each in card.ideas}
    expected = {idea: [printed[idea]] if idea in printed else [] for idea in ideas} | {ideas[1]: [printed[ideas[4]]]}
    assert on_cards == expected
    assert len(printed) == 5


def test_places_by_votes_and_jury_are_those_of_the_order_that_decides(app):
    room = verdicts.closed(verdicts.DISAGREEING, 60)
    places = deciding_places(db.session(), room.round)
    authors = db.session.scalars(select(Participant).join(Idea, Idea.author_id == Participant.id).distinct()).all()

    with app.test_request_context():
        cards = [card_of(room, factories.Somebody(room.owner, author.id, author.name)) for author in authors]

    ideas = [each for card in cards for each in card.ideas]
    assert {each.own.counted_as: each.places[0].place for each in ideas} == {
        entry: places.get(entry) for entry in (factories.entry_id(each.idea.id) for each in ideas)
    }
    assert len(ideas) == 4


@pytest.mark.parametrize("rule", crowds.RULES)
@pytest.mark.parametrize("language", ["en", "de"])
def test_a_voter_reads_own_votes_beside_the_places_by_every_rule(app, rule, language):
    room = crowds.closed(rule, QuestionPlan("approval", prompt="Doable?"))
    first = select(Ballot.participant_id).order_by(Ballot.participant_id)
    voter = factories.Somebody(room.owner, db.session.scalars(first).first(), "")

    with app.test_request_context(), force_locale(language):
        card = card_of(room, voter)

    assert [ballot.prompt for ballot in card.ballots][1] == "Doable?"
    for ballot in card.ballots:
        assert len(ballot.said) == 2
        assert all(vote.ideas and vote.places for vote in ballot.votes)
    assert not card.ideas


def test_ties_nobody_and_the_only_idea_are_said_in_words(app, browser_of):
    room = factories.listed_room()
    author = factories.participant(room)
    ideas = [factories.idea(room, author, f"Idea {n}") for n in range(3)]
    voter = factories.participant(room)
    factories.mark(room, voter, {ideas[0]: 1, ideas[1]: 1, ideas[2]: -1})
    factories.close(room)
    words = words_of(browser_of(author).get(f"{room.path}/my-result"))
    assert words.count("Place 1 of 3, shared with 1 other idea") == 2
    assert "Place 3 of 3" in words

    lonely = factories.listed_room()
    author = factories.participant(lonely)
    factories.idea(lonely, author, "Alone")
    factories.close(lonely)
    words = words_of(browser_of(author).get(f"{lonely.path}/my-result"))
    assert words.count("Nobody voted, so the ideas have no order.") == 2
    assert "Place 1" not in words


def test_a_person_who_only_looked_gets_a_kind_card(of, browser_of):
    room, *_ = of
    quiet = factories.participant(room)
    factories.close(room)

    words = words_of(browser_of(quiet).get(f"{room.path}/my-result"))

    assert "You read along this time" in words
    assert "How the group decided" in words


def test_merged_ideas_show_the_place_of_the_idea_that_stays_and_all_credit(of, browser_of):
    room, author, other, ideas = of
    voter = factories.participant(room, "Amsel 1")
    factories.mark(room, voter, {ideas[0]: 1, ideas[1]: -1})
    only = factories.participant(room, "Amsel 2")
    factories.mark(room, only, {ideas[0]: 1})
    merging.merge_ideas(room.owner, ideas[0], ideas[1])
    both = words_of(browser_of(voter).get(f"{room.path}/ballot/marks"))
    assert "You voted on “Cups” and on “Boxes”, which are one idea now." in both
    assert "latest vote" in both
    assert "“Boxes” is part of “Cups” now." in words_of(browser_of(only).get(f"{room.path}/ballot/marks"))
    factories.close(room)

    mine, theirs = (words_of(browser_of(who).get(f"{room.path}/my-result")) for who in (author, other))

    place = next(row.place for row in rankings_of(db.session(), room.round)[0].places if row.idea.id == ideas[1])
    assert "Merged into another idea, which stands for both: Cups" in mine
    assert f"Place {place} of 3" in mine
    assert "This idea was merged into yours: Boxes by Biene 12" in theirs
    assert "You voted on “Cups” and on “Boxes”" in words_of(browser_of(voter).get(f"{room.path}/my-result"))
    assert "is part of “Cups” now" in words_of(browser_of(only).get(f"{room.path}/my-result"))


def test_hidden_withdrawn_and_erased_ideas_say_what_became_of_them(of, browser_of):
    room, author, other, ideas = of
    moderation.hide_idea(room.owner, ideas[0], "Names a person")
    withdraw_idea(other.actor, ideas[2])
    moderation.redact_idea(room.owner, ideas[1], "Private address")
    factories.close(room)

    mine, theirs = (words_of(browser_of(who).get(f"{room.path}/my-result")) for who in (author, other))

    assert "Hidden by the moderators: Names a person" in mine
    assert "They break easily. On the idea Erased" in mine
    assert "You withdrew it." in theirs
    assert "They last long. On an idea that is no longer visible" in theirs
    assert "Private address" in theirs
    assert "Boxes" not in theirs


@pytest.mark.parametrize("anonymity", [Anonymity.FOR_GOOD, Anonymity.UNTIL_RESULT])
def test_a_card_names_others_only_where_the_result_does(app, browser_of, anonymity):
    room = factories.listed_room(anonymity=anonymity)
    author, child = factories.participant(room, "Biene 12"), factories.participant(room, "Igel 3")
    idea = factories.idea(room, author, "Boxes")
    submit_idea(child.actor, room.id, IdeaForm("More boxes", parents=(idea,)), op=factories.op())
    factories.close(room)

    words = words_of(browser_of(author).get(f"{room.path}/my-result"))

    assert "1 idea grew from yours: More boxes" in words
    assert ("Igel 3" in words) == (anonymity == Anonymity.UNTIL_RESULT)


def test_people_who_left_or_were_removed_keep_their_card(app, browser_of):
    room = factories.room()
    gone, barred, other = (factories.participant(room) for _ in range(3))
    ideas = [factories.idea(room, who, title) for who, title in ((gone, "Boxes"), (barred, "Cups"), (other, "Bags"))]
    factories.mark(room, gone, {ideas[2]: 1})
    factories.mark(room, other, {ideas[0]: 1})
    participants.bar_participant(room.owner, room.id, barred.id, "")
    leaving.leave_challenge(gone.actor, room.id, leaving.Parting.NOTHING)
    factories.close(room)

    mine, theirs = (words_of(browser_of(who).get(f"{room.path}/my-result")) for who in (gone, barred))

    assert "Boxes Place 1 of 2, shared with 1 other idea It still waits" in mine
    assert "You left this room." in mine
    assert "Bags" not in mine
    assert "How the group decided" not in mine
    assert "Cups Hidden by the moderators." in theirs
    assert "How the group decided" in theirs


def test_nobody_else_opens_a_card(of, browser_of, client):
    room, *_ = of
    factories.close(room)
    for browser in (client, browser_of(room.owner), browser_of(factories.guest())):
        assert browser.get(f"{room.path}/my-result").status_code in (302, 303, 403, 404)


def test_a_forgotten_round_says_what_nobody_can_know(of, browser_of):
    room, author, *_ = of
    factories.close(room)
    with write() as transaction:
        forget_ballots(journal.locked(transaction, room.id), transaction.session.get_one(Round, room.round_id))

    words = words_of(browser_of(author).get(f"{room.path}/my-result"))

    assert "How anybody voted was deleted for good." in words
    assert "You said yes" not in words
    assert "Place 1 of 4" in words


@pytest.mark.parametrize("ideas", [1, 60])
def test_a_card_costs_few_statements_at_any_number_of_ideas(app, browser_of, ideas):
    room = factories.listed_room()
    author, voter = factories.participant(room), factories.participant(room)
    written = [factories.idea(room, author) for _ in range(ideas)]
    for idea in written:
        factories.argument(idea, author)
    factories.mark(room, voter, dict.fromkeys(written, 1))
    if ideas > 1:
        moderation.hide_idea(room.owner, written[-1], "Twice")
        merging.merge_ideas(room.owner, written[-2], written[0])
    factories.close(room)
    for who in (author, voter):
        browser = browser_of(who)
        browser.get(f"{room.path}/my-result")
        with Statements() as statements:
            assert browser.get(f"{room.path}/my-result").status_code == 200
        assert len(statements.all) <= 20, statements.all


def test_ways_lead_to_the_card(of, browser_of):
    room, author, _, ideas = of
    assert "my-result" not in browser_of(author).get(f"{room.path}/me").get_data(as_text=True)
    factories.close(room)
    set_outcomes(room.owner, room.round_id, [factories.entry_id(ideas[0])], Decision.CHOSEN, "In May.", seen=0)
    browser = browser_of(author)
    for address in (room.path, f"{room.path}/me", f"{room.path}/result"):
        assert "/my-result" in browser.get(address).get_data(as_text=True), address
    news = re.findall(r'action="(/news/\d+)"', browser.get("/news").get_data(as_text=True))
    assert any("/my-result" in browser.post(address).location for address in news)
    assert "/my-result" not in browser_of(room.owner).get(f"{room.path}/result").get_data(as_text=True)


def test_votes_that_were_left_out_with_a_wave_are_told(app, browser_of):
    room = factories.listed_room()
    author = factories.participant(room)
    idea = factories.idea(room, author, "Boxes")
    crowd = [factories.participant(room) for _ in range(10)]
    wave = factories.wave(room, *crowd)
    factories.mark(room, crowd[0], {idea: 1})
    waves.exclude_wave(room.owner, wave)
    factories.close(room)

    words = words_of(browser_of(crowd[0]).get(f"{room.path}/my-result"))

    assert "Votes that they leave out with a wave of people are not counted and not kept." in words
    assert "You said yes" not in words
    assert "You read along this time" not in words


@pytest.mark.parametrize("is_late", [False, True], ids=["before the close", "after the close"])
def test_a_guest_with_an_account_has_one_card_of_both_participants(app, browser_of, is_late):
    room = factories.room()
    account = factories.account()
    first, second = factories.participant(room), factories.participant(room, actor=account)
    other = factories.participant(room)
    ideas = [factories.idea(room, who, title) for who, title in ((first, "Boxes"), (second, "Cups"), (other, "Bags"))]
    factories.argument(ideas[2], first, "They tear.")
    factories.mark(room, first, {ideas[2]: 1})
    acts = [lambda: factories.close(room), lambda: guests.adopt_guest(first.actor.person_id, account.account_id)]
    for act in acts if is_late else reversed(acts):
        act()

    words = words_of(browser_of(account).get(f"{room.path}/my-result"))

    assert "Your ideas 2" in words
    assert "Boxes" in words
    assert "Cups" in words
    assert "They tear. On the idea Bags" in words
    assert "You said yes to 1 of 1 idea." in words
    assert ("You voted here as a guest" in words) == is_late


def test_the_first_card_stays_while_the_next_round_runs(of, browser_of):
    room, author, other, ideas = of
    merging.merge_ideas(room.owner, ideas[2], ideas[0])
    factories.close(room)
    before = words_of(browser_of(author).get(f"{room.path}/my-result"))
    plan = (PhasePlan("open", (Activity.WRITE, Activity.VOTE)),)
    begin_next_round(room.owner, room.round_id, NextRound(Selection(How.TOP, top=1), plan, (QuestionPlan(),)))

    mine = words_of(browser_of(author).get(f"{room.path}/my-result"))
    theirs = words_of(browser_of(other).get(f"{room.path}/my-result?round=1"))

    assert "It still waits for an answer of the organisation." in before
    assert "It goes on in round 2." in mine
    assert "“Boxes” goes on in round 2." in words_of(browser_of(author).get(f"{room.path}/result?round=1"))
    assert "Place 1 of 3" in mine
    assert theirs.count("It goes on in round 2.") == 1
    assert theirs.count("It still waits for an answer of the organisation.") == 2
    assert browser_of(author).get(f"{room.path}/my-result?round=2").status_code == 409


def test_the_sentences_of_a_decision_fit_every_kind_of_close(app, browser_of):
    """None is empty, and each is one sentence."""
    rooms = [crowds.closed("ranked", voters=3), crowds.closed("grades"), crowds.closed("pairs", voters=0)]
    for room in rooms:
        with app.test_request_context():
            said = decided_in_sentences(rankings_of(db.session(), room.round)[0])

        assert len(said) == (1 if room is rooms[-1] else 3)
        assert all(re.fullmatch(r"[^.]+\.", sentence) for sentence in said), said


@pytest.mark.parametrize("anonymity", [Anonymity.NAMED, Anonymity.FOR_GOOD])
def test_an_award_stands_on_the_cards_of_its_people_and_can_be_claimed_there(app, browser_of, anonymity):
    of = Contest(anonymity=anonymity)
    mark_decisive(of.room.owner, of.argument, "It named the price.")
    of.close()
    critic, author = browser_of(of.critic), browser_of(of.author)
    assert "It was decisive" not in words_of(critic.get(f"{of.room.path}/my-result"))
    set_outcomes(of.room.owner, of.room.round_id, None, Decision.CHOSEN, "In May.", seen=0)
    of.given(browser_of(of.room.owner))

    mine, theirs = (words_of(browser.get(f"{of.room.path}/my-result")) for browser in (author, critic))
    page = author.get(f"{of.room.path}/my-result").get_data(as_text=True)

    assert "What you won Main prize Crates with a deposit" in mine
    assert "€600.00" in mine
    assert "€100.00" not in mine
    assert "€100.00" in theirs
    assert "It was decisive for this idea. It named the price." in theirs
    assert "Igel 3" not in mine
    assert ("/claim" in page) == (anonymity == Anonymity.FOR_GOOD)
    assert "What you won" not in words_of(browser_of(of.voter).get(f"{of.room.path}/my-result"))


def test_a_card_with_awards_costs_few_statements(app, browser_of):
    of = Contest(anonymity=Anonymity.FOR_GOOD)
    mark_decisive(of.room.owner, of.argument, "It named the price.")
    of.close()
    set_outcomes(of.room.owner, of.room.round_id, None, Decision.CHOSEN, "In May.", seen=0)
    of.given(browser_of(of.room.owner))
    for who in (of.author, of.critic):
        browser = browser_of(who)
        browser.get(f"{of.room.path}/my-result")

        with Statements() as statements:
            browser.get(f"{of.room.path}/my-result")

        assert len(statements.all) <= 21, statements.all


def test_a_parent_of_an_earlier_round_finds_the_award_on_the_card_of_the_later_one(app, browser_of):
    of = Contest().close()
    later = begin(of.room)
    [entry] = db.session.scalars(select(Entry.id).filter_by(round_id=later.round_id))
    cast_ballot(replace(factories.cast(later, of.voter, {}), marks={entry: 1}))
    factories.close(later)
    owner = browser_of(of.room.owner)
    seen = re.search(r'name="seen" value="(\w+)"', owner.get(f"{of.room.path}/awards/giving").get_data(as_text=True))[1]
    assert owner.post(f"/rounds/{later.round_id}/awards", data={"seen": seen}).status_code == 303

    words = words_of(browser_of(of.parent).get(f"{of.room.path}/my-result"))

    assert "Round 2" in words
    assert "What you won Main prize Crates with a deposit" in words
    assert "€300.00" in words
    assert "You read along this time" not in words
    assert "How the group decided" in words


def test_a_withdrawn_idea_has_no_part_in_the_one_it_was_merged_into(of, browser_of):
    room, author, other, ideas = of
    merging.merge_ideas(room.owner, ideas[0], ideas[1])
    withdraw_idea(author.actor, ideas[0])
    factories.close(room)
    set_outcomes(room.owner, room.round_id, None, Decision.CHOSEN, "In May.", seen=0)

    mine, theirs = (words_of(browser_of(who).get(f"{room.path}/my-result")) for who in (author, other))

    own = mine[mine.index("Your ideas") : mine.index("Your arguments")]
    assert "You withdrew it." in own
    assert "Place" not in own
    assert "Chosen" not in own
    assert "merged into yours" not in theirs


def test_cards_after_authors_erased_what_they_wrote(of, browser_of):
    room, author, other, ideas = of
    submit_idea(other.actor, room.id, IdeaForm("Boxes on wheels", parents=(ideas[0],)), factories.op())
    factories.close(room)
    leaving.erase_own_texts(author.actor, room.id)
    leaving.leave_challenge(other.actor, room.id, leaving.Parting.TEXTS)

    mine = words_of(browser_of(author).get(f"{room.path}/my-result"))

    assert "Erased by its author or the moderators Place 1 of 5" in mine
    assert "1 idea grew from yours: Erased" in mine
    assert "Boxes" not in mine
    assert "They break easily." not in mine
    assert "Igel 3" not in mine
