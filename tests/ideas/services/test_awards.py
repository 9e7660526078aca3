"""Awards: who gets which part, decisive arguments, corrections, and names under awards that hide authors."""

import json
import re
from collections import Counter
from dataclasses import replace

import pytest
from sqlalchemy import select, text

from ideas import audit
from ideas.blueprints import PhasePlan, QuestionPlan
from ideas.database import db
from ideas.drawing import drawn
from ideas.errors import Changed, Conflict, Invalid, NotClosed, NotFound, OutcomesStand
from ideas.models import (
    Activity,
    Anonymity,
    Argument,
    Award,
    AwardClaim,
    AwardPart,
    Challenge,
    Decision,
    Entry,
    JournalEntry,
    Role,
    TieRule,
)
from ideas.prizes import PrizePlan, PrizeRules
from ideas.queries.awards import (
    awards_in,
    last_award,
    name_under,
    order_of,
    proposed,
    version_of,
    version_of_name,
    why_name_removed,
)
from ideas.queries.rankings import ranking_of
from ideas.queries.rounds import current_round
from ideas.services import deleting, facilitations, guests, ideas, leaving, merging, moderation
from ideas.services.awards import (
    claim_award,
    give_anew,
    give_awards,
    mark_decisive,
    remove_name,
    unmark_decisive,
    withdraw_award,
    withdraw_claim,
)
from ideas.services.ballots import cast_ballot
from ideas.services.ideas import IdeaForm
from ideas.services.leaving import Parting
from ideas.services.next_rounds import How, NextRound, Selection, begin_next_round
from ideas.services.outcomes import set_outcomes
from tests import factories

PRIZES = PrizeRules((PrizePlan("First", 500_00), PrizePlan("Second", 250_00), PrizePlan("Third", 100_00)))
ONE = PrizeRules((PrizePlan("The prize", 100_00),))


@pytest.fixture
def room(app, noise):
    return factories.room(prizes=PRIZES)


def contest(prizes=ONE, **fields):
    return factories.room(prizes=prizes, **fields)


def build(room, author, *parents, title="A child"):
    return ideas.submit_idea(author.actor, room.id, IdeaForm(title, parents=parents), factories.op())


def people(room, n):
    return [factories.participant(room) for _ in range(n)]


def rank(room, *written):
    """Close the round with these ideas in this order, each group of ids a tie."""
    groups = [each if isinstance(each, tuple) else (each,) for each in written]
    for voter in range(len(groups)):
        wanted = {idea: 1 for group in groups[: len(groups) - voter] for idea in group}
        factories.mark(room, factories.participant(room), wanted)
    factories.close(room)


def round_of(room):
    db.session.rollback()
    return current_round(db.session(), room.id)


def proposals(room):
    round = round_of(room)
    return proposed(db.session(), round, order_of(db.session(), round))


def give(room):
    round = round_of(room)
    return give_awards(room.owner, round.id, seen=version_of(db.session(), round, proposals(room)))


def standing(room):
    db.session.rollback()
    return [award for award in awards_in(db.session(), room.id) if award.withdrawn_seq is None]


def got(room):
    """`{participant: cents}` of all standing awards; None for the organisation."""
    found = Counter()
    for award in standing(room):
        for part in award.parts:
            found[part.participant_id] += part.cents
    return dict(found)


def last(room):
    return last_award(db.session(), round_of(room))


def latest(room, kind):
    query = select(JournalEntry.body).filter_by(chain_id=room.chain_id, kind=kind).order_by(JournalEntry.seq.desc())
    return json.loads(db.session.scalars(query.limit(1)).one())


class TestGiving:
    def test_the_best_ideas_get_the_prizes_in_order(self, room):
        authors = people(room, 4)
        written = [factories.idea(room, author) for author in authors]
        rank(room, *written)

        assert give(room) == 3

        assert got(room) == {authors[0].id: 500_00, authors[1].id: 250_00, authors[2].id: 100_00}
        assert [award.entry_id for award in standing(room)] == [factories.entry_id(i) for i in written[:3]]
        body = latest(room, "award")
        assert [(a["entry"], a["prizes"], a["cents"]) for a in body["awards"]] == [
            (factories.entry_id(written[n]), [n], cents) for n, cents in enumerate((500_00, 250_00, 100_00))
        ]
        assert "seed" not in body
        assert factories.journal_holds() == []

    def test_awards_never_change_the_result(self, room):
        authors = people(room, 3)
        rank(room, *(factories.idea(room, author) for author in authors))
        before = ranking_of(db.session(), round_of(room))

        give(room)
        withdraw_award(room.owner, standing(room)[0].id, "A mistake", seen=last(room))

        after = ranking_of(db.session(), round_of(room))
        assert (after.digest, after.places) == (before.digest, before.places)

    def test_three_tied_for_two_prizes_share_them_exactly(self, app, noise):
        room = contest(PrizeRules((PrizePlan("First", 500_00), PrizePlan("Second", 250_01))))
        authors = people(room, 3)
        rank(room, tuple(factories.idea(room, author) for author in authors))

        give(room)

        assert got(room) == {authors[0].id: 250_01, authors[1].id: 250_00, authors[2].id: 250_00}
        assert all(award.is_shared and award.prizes == [0, 1] for award in standing(room))

    def test_a_tie_is_drawn_by_the_seed_that_the_opening_bound(self, app, noise):
        room = contest(PrizeRules((PrizePlan("First", 500_00),), tie=TieRule.DRAWN))
        authors = people(room, 3)
        written = [factories.idea(room, author) for author in authors]
        rank(room, tuple(written))
        seed = db.session.get_one(Challenge, room.id).draw_seed
        order = drawn(seed, [factories.entry_id(i) for i in written])

        give(room)

        [award] = standing(room)
        assert (award.entry_id, award.is_drawn, award.cents) == (order[0], True, 500_00)
        assert (latest(room, "award")["seed"], latest(room, "award")["lots"]) == (seed.hex(), [order])

    def test_nothing_is_proposed_where_nobody_voted_or_wrote(self, app, noise):
        for ideas_written in (0, 2):
            room = contest()
            for author in people(room, ideas_written):
                factories.idea(room, author)
            factories.close(room)

            assert proposals(room) == []
            with pytest.raises(Conflict):
                give(room)

    def test_fewer_ideas_than_prizes_leave_prizes_over(self, room):
        [author] = people(room, 1)
        rank(room, factories.idea(room, author))

        give(room)

        assert got(room) == {author.id: 500_00}

    def test_an_open_round_gives_no_awards(self, room):
        factories.idea(room, *people(room, 1))

        with pytest.raises(NotClosed):
            give_awards(room.owner, room.round_id, seen="")

    def test_only_members_give_awards(self, room, noise):
        author, guide = people(room, 2)
        written = factories.idea(room, author)
        facilitations.share_facilitation(room.owner, room.id, guide.id)
        rank(room, written)

        for actor in (author.actor, guide.actor, noise.room.owner):
            with pytest.raises(NotFound):
                give_awards(actor, room.round_id, seen="")

    def test_the_second_of_two_members_is_told_that_awards_stand(self, room):
        author, *_ = people(room, 1)
        rank(room, factories.idea(room, author))
        seen = version_of(db.session(), round_of(room), proposals(room))
        other = factories.member(room.organisation_id, room.owner, Role.OWNER)

        give_awards(room.owner, room.round_id, seen=seen)

        with pytest.raises(Changed):
            give_awards(other, room.round_id, seen=seen)
        with pytest.raises(Conflict):
            give(room)
        assert len(standing(room)) == 1

    def test_a_proposal_that_changed_meanwhile_is_not_given(self, room):
        author, parent = people(room, 2)
        first = factories.idea(room, parent)
        rank(room, build(room, author, first))
        seen = version_of(db.session(), round_of(room), proposals(room))
        facilitations.share_facilitation(room.owner, room.id, parent.id)

        with pytest.raises(Changed):
            give_awards(room.owner, room.round_id, seen=seen)

    def test_a_prize_without_an_amount_names_everybody(self, app, noise):
        room = contest(PrizeRules((PrizePlan("Lunch"),)))
        author, parent = people(room, 2)
        rank(room, build(room, author, factories.idea(room, parent)))

        give(room)

        [award] = standing(room)
        assert award.cents is None
        assert {(part.participant_id, part.cents) for part in award.parts} == {(author.id, None), (parent.id, None)}


class TestFamily:
    def test_parents_and_decisive_arguments_take_their_shares(self, app, noise):
        room = contest()
        author, parent, critic = people(room, 3)
        child = build(room, author, factories.idea(room, parent))
        mark_decisive(room.owner, factories.argument(child, critic), "It changed the recipe.")
        factories.argument(child, parent)
        rank(room, child)

        give(room)

        assert got(room) == {author.id: 60_00, parent.id: 30_00, critic.id: 10_00}

    def test_grandparents_take_nothing(self, app, noise):
        room = contest()
        author, parent, grandparent = people(room, 3)
        rank(room, build(room, author, build(room, parent, factories.idea(room, grandparent))))

        give(room)

        assert got(room) == {author.id: 70_00, parent.id: 30_00}

    @pytest.mark.parametrize("how", ["facilitator", "withdrawn", "hidden"])
    def test_a_parent_that_takes_no_part_leaves_it_to_the_idea(self, app, noise, how):
        room = contest()
        author, parent, other = people(room, 3)
        first = factories.idea(room, parent)
        child = build(room, author, first, factories.idea(room, other))
        if how == "facilitator":
            facilitations.share_facilitation(room.owner, room.id, parent.id)
        elif how == "withdrawn":
            ideas.withdraw_idea(parent.actor, first)
        else:
            moderation.hide_idea(room.owner, first, "Off topic")
        rank(room, child)

        give(room)

        assert got(room) == {author.id: 85_00, other.id: 15_00}

    def test_facilitation_that_is_given_later_tells_no_hidden_author(self, app, noise):
        room = contest(anonymity=Anonymity.FOR_GOOD)
        author, guide = people(room, 2)
        facilitations.share_facilitation(room.owner, room.id, guide.id)
        rank(room, factories.idea(room, author), factories.idea(room, guide))
        before = proposals(room)

        facilitations.share_facilitation(room.owner, room.id, author.id)

        assert proposals(room) == before
        assert [part.person for part in before[0].parts] == [author.id]

    def test_an_idea_of_a_facilitator_takes_no_part_where_authors_are_hidden(self, app, noise):
        room = contest(anonymity=Anonymity.FOR_GOOD)
        [guide] = people(room, 1)
        facilitations.share_facilitation(room.owner, room.id, guide.id)
        rank(room, factories.idea(room, guide))

        give(room)

        assert got(room) == {None: 100_00}

    def test_a_seed_idea_that_wins_keeps_its_part_with_the_organisation(self, app, noise):
        room = contest(seed_ideas="Oats")
        [seed] = order_ideas(room)
        [critic] = people(room, 1)
        mark_decisive(room.owner, factories.argument(seed, critic), "It convinced us.")
        rank(room, seed)

        give(room)

        assert got(room) == {None: 90_00, critic.id: 10_00}

    def test_authors_of_merged_ideas_share_equally(self, app, noise):
        room = contest(PrizeRules((PrizePlan("The prize", 100_01),)))
        first, second, parent = people(room, 3)
        one, two = factories.idea(room, first), build(room, second, factories.idea(room, parent))
        merging.merge_ideas(room.owner, two, one)
        rank(room, one)

        give(room)

        # The parent's 30.00 are of the whole; of 70.01 the authors get 35.00 each, and the first one the cent.
        assert got(room) == {parent.id: 30_00, first.id: 35_01, second.id: 35_00}

    def test_a_parent_that_was_merged_into_its_child_is_no_parent(self, app, noise):
        room = contest()
        author, parent = people(room, 2)
        old = factories.idea(room, parent)
        child = build(room, author, old)
        merging.merge_ideas(room.owner, old, child)
        rank(room, child)

        give(room)

        assert got(room) == {author.id: 50_00, parent.id: 50_00}

    def test_a_cent_for_seven_authors_goes_to_the_earliest(self, app, noise):
        room = contest(PrizeRules((PrizePlan("A cent", 1),)))
        authors = people(room, 7)
        written = [factories.idea(room, author) for author in authors]
        for gone in written[:-1]:
            merging.merge_ideas(room.owner, gone, written[-1])
        rank(room, written[-1])

        give(room)

        assert got(room) == {author.id: int(n == 0) for n, author in enumerate(authors)}

    def test_a_parent_of_an_earlier_round_takes_its_part(self, app, noise):
        room = contest()
        author, parent = people(room, 2)
        old = factories.idea(room, parent)
        child = build(room, author, old)
        rank(room, child, old)
        plans = (PhasePlan("vote", (Activity.VOTE,)),)
        selection = Selection(How.TOP, top=1)
        second = begin_next_round(room.owner, room.round_id, NextRound(selection, plans, (QuestionPlan(),)))
        later = factories.Room(room.id, second, room.organisation_id, room.code, room.owner)
        factories.start(later)
        entry = order_ideas(later, entries=True)
        cast_ballot(replace(factories.cast(later, factories.participant(later), {}), marks={entry[0]: 1}))
        factories.close(later)

        give(later)

        assert got(room) == {author.id: 70_00, parent.id: 30_00}

    def test_a_prize_given_anew_follows_the_merges_of_its_own_round(self, app, noise):
        room = contest()
        author, parent, newcomer = people(room, 3)
        old = factories.idea(room, parent)
        child = build(room, author, old)
        rank(room, child, old)
        give(room)
        withdraw_award(room.owner, standing(room)[0].id, "A mistake", seen=last(room))
        plans = (PhasePlan("open", (Activity.WRITE, Activity.VOTE)),)
        selection = Selection(How.TOP, top=2)
        second = begin_next_round(room.owner, room.round_id, NextRound(selection, plans, (QuestionPlan(),)))
        factories.start(factories.Room(room.id, second, room.organisation_id, room.code, room.owner))
        merging.merge_ideas(room.owner, factories.idea(room, newcomer), old)

        given = awards_in(db.session(), room.id)[0]
        give_anew(room.owner, given.id, given.entry_id, "It was right.", seen=last(room))

        assert got(room) == {author.id: 70_00, parent.id: 30_00}

    def test_awards_of_a_round_stand_before_those_of_a_later_one(self, app, noise):
        room = contest()
        [author] = people(room, 1)
        rank(room, factories.idea(room, author))
        seen = version_of(db.session(), round_of(room), proposals(room))
        plans = (PhasePlan("vote", (Activity.VOTE,)),)
        begin_next_round(room.owner, room.round_id, NextRound(Selection(How.TOP, top=1), plans, (QuestionPlan(),)))

        with pytest.raises(Conflict):
            give_awards(room.owner, room.round_id, seen=seen)


def order_ideas(room, *, entries=False):
    column = Entry.id if entries else Entry.idea_id
    return list(db.session.scalars(select(column).filter_by(round_id=room.round_id).order_by(Entry.id)))


class TestDecisive:
    @pytest.fixture
    def argued(self, room):
        author, critic = people(room, 2)
        idea = factories.idea(room, author)
        return idea, factories.argument(idea, critic), critic

    def test_a_mark_can_be_undone(self, room, argued):
        mark_decisive(room.owner, argued[1], "It saved the budget.")
        assert db.session.get_one(Argument, argued[1]).decisive_reason == "It saved the budget."

        unmark_decisive(room.owner, argued[1])

        argument = db.session.get_one(Argument, argued[1])
        assert (argument.decisive_seq, argument.decisive_reason) == (None, "")
        with pytest.raises(Conflict):
            unmark_decisive(room.owner, argued[1])
        assert list(audit.check(db.session())) == []

    def test_a_mark_needs_a_reason_and_a_member(self, room, argued, noise):
        with pytest.raises(Invalid):
            mark_decisive(room.owner, argued[1], " ")
        for actor in (argued[2].actor, noise.room.owner):
            with pytest.raises(NotFound):
                mark_decisive(actor, argued[1], "Mine")

    def test_the_room_hears_nothing_before_the_close(self, room, argued, recorded):
        recorded.clear()
        mark_decisive(room.owner, argued[1], "It saved the budget.")

        assert [lane for lane, _ in factories.lane_updates(recorded)] == ["facilitators"]

    def test_nothing_is_marked_once_ideas_were_answered(self, room, argued):
        rank(room, argued[0])
        set_outcomes(room.owner, room.round_id, None, Decision.CHOSEN, "We start.", seen=0)

        with pytest.raises(OutcomesStand):
            mark_decisive(room.owner, argued[1], "Late")

    def test_nothing_is_marked_once_awards_were_given(self, room, argued):
        rank(room, argued[0])
        give(room)

        with pytest.raises(OutcomesStand):
            mark_decisive(room.owner, argued[1], "Late")

    def test_an_erased_argument_keeps_its_part_and_loses_the_reason(self, room, argued):
        mark_decisive(room.owner, argued[1], "It quotes the words.")
        moderation.redact_argument(room.owner, argued[1], "")
        rank(room, argued[0])

        give(room)

        assert got(room)[argued[2].id] == 50_00
        assert db.session.get_one(Argument, argued[1]).decisive_reason == ""

    def test_a_hidden_argument_takes_no_part(self, room, argued):
        mark_decisive(room.owner, argued[1], "It saved the budget.")
        moderation.hide_argument(room.owner, argued[1], "")
        rank(room, argued[0])

        give(room)

        assert argued[2].id not in got(room)


class TestCorrections:
    @pytest.fixture
    def given(self, room):
        authors = people(room, 4)
        written = [factories.idea(room, author) for author in authors]
        rank(room, *written)
        give(room)
        return authors, written

    def test_a_prize_is_given_anew_with_history(self, room, given):
        authors, written = given
        first = standing(room)[0]
        withdraw_award(room.owner, first.id, "Its author works for us.", seen=last(room))
        entry = factories.entry_id(written[3])

        anew = give_anew(room.owner, first.id, entry, "The next one.", seen=last(room))

        assert got(room) == {authors[3].id: 500_00, authors[1].id: 250_00, authors[2].id: 100_00}
        assert db.session.get_one(Award, anew).replaces_id == first.id
        assert len(awards_in(db.session(), room.id)) == 4
        assert list(audit.check(db.session())) == []

    def test_a_prize_is_given_anew_once(self, room, given):
        _, written = given
        first = standing(room)[0]
        with pytest.raises(Conflict):
            give_anew(room.owner, first.id, factories.entry_id(written[3]), "Too early", seen=last(room))
        withdraw_award(room.owner, first.id, "A mistake", seen=last(room))
        with pytest.raises(Conflict):
            withdraw_award(room.owner, first.id, "Again", seen=last(room))
        seen = last(room)
        give_anew(room.owner, first.id, factories.entry_id(written[3]), "The next one", seen=seen)

        with pytest.raises(Changed):
            give_anew(room.owner, first.id, factories.entry_id(written[2]), "Another", seen=seen)
        with pytest.raises(Conflict):
            give_anew(room.owner, first.id, factories.entry_id(written[2]), "Another", seen=last(room))

    def test_a_prize_is_not_given_twice_by_way_of_a_second_giving(self, room, given):
        _, written = given
        before = standing(room)
        for award in before:
            withdraw_award(room.owner, award.id, "All anew", seen=last(room))

        give(room)

        with pytest.raises(Conflict):
            give_anew(room.owner, before[0].id, factories.entry_id(written[3]), "Twice", seen=last(room))
        assert sum(got(room).values()) == 850_00

    @pytest.mark.parametrize("act", ["withdraw", "anew"])
    def test_a_correction_needs_a_reason_and_a_member(self, room, given, noise, act):
        award = standing(room)[0]
        if act == "anew":
            withdraw_award(room.owner, award.id, "A mistake", seen=last(room))
        entry, seen = award.entry_id, last(room)

        def correct(actor, reason):
            if act == "anew":
                give_anew(actor, award.id, entry, reason, seen=seen)
            else:
                withdraw_award(actor, award.id, reason, seen=seen)

        with pytest.raises(Invalid):
            correct(room.owner, "")
        for actor in (given[0][0].actor, noise.room.owner):
            with pytest.raises(NotFound):
                correct(actor, "Because")

    def test_a_prize_goes_to_ideas_of_the_ranking_only(self, room, given, noise):
        award = standing(room)[0]
        withdraw_award(room.owner, award.id, "A mistake", seen=last(room))

        with pytest.raises(NotFound):
            give_anew(room.owner, award.id, noise_entry(noise), "Elsewhere", seen=last(room))


def noise_entry(noise):
    return factories.entry_id(factories.idea(noise.room, noise.people[0]))


class TestAudit:
    """Awards and decisive arguments that were changed beside the journal are found."""

    @pytest.fixture
    def given(self, room):
        author, critic = people(room, 2)
        idea = factories.idea(room, author)
        mark_decisive(room.owner, factories.argument(idea, critic), "It saved the budget.")
        rank(room, idea)
        give(room)
        assert self.found() == []

    def found(self):
        db.session.rollback()
        return [found.problem for found in audit.check(db.session())]

    @pytest.mark.parametrize(
        ("change", "problem"),
        [
            ("UPDATE award SET cents = cents + 1", "award 1 is not the one of the journal"),
            ("UPDATE award SET entry_id = (SELECT max(id) FROM entry)", "award 1 is not the one of the journal"),
            ("UPDATE award_part SET cents = cents - 1", "award 1 is not the one of the journal"),
            ("UPDATE award SET withdrawn_seq = 1", "award 1 was withdrawn or given without an act"),
            ("UPDATE argument SET decisive_seq = NULL", "the mark of argument 1 is not the one of the journal"),
        ],
        ids=["amount", "winner", "part", "withdrawn", "mark"],
    )
    def test_a_change_is_found(self, given, noise, change, problem):
        noise_entry(noise)
        db.session.execute(text(change))
        db.session.commit()

        assert [re.sub(r"\d+", "1", found) for found in self.found()] == [problem]


class TestPeople:
    @pytest.fixture
    def hidden(self, app, noise):
        room = contest(anonymity=Anonymity.FOR_GOOD)
        author, other = people(room, 2)
        rank(room, factories.idea(room, author), factories.idea(room, other))
        give(room)
        return room, author, other

    def claims(self):
        db.session.rollback()
        return {(claim.participant_id, claim.name) for claim in db.session.scalars(select(AwardClaim))}

    def test_an_author_claims_an_award_and_takes_the_name_back(self, hidden):
        room, author, _ = hidden
        [award] = standing(room)

        claim_award(author.actor, award.id, "  Baker  of the month ")
        assert self.claims() == {(author.id, "Baker of the month")}
        claim_award(author.actor, award.id, "Somebody")
        assert self.claims() == {(author.id, "Somebody")}
        withdraw_claim(author.actor, award.id)

        assert self.claims() == set()
        with pytest.raises(Conflict):
            withdraw_claim(author.actor, award.id)
        assert factories.journal_holds() == []

    def test_a_member_takes_a_name_away_with_a_reason_and_learns_no_author(self, hidden):
        room, author, other = hidden
        [award] = standing(room)
        [part] = award.parts
        with pytest.raises(NotFound):
            remove_name(room.owner, part.id, "Nothing there", seen=0)
        claim_award(author.actor, award.id, "Somebody rude")
        seen = version_of_name(name_under(db.session(), part.id))
        for actor in (other.actor, author.actor):
            with pytest.raises(NotFound):
                remove_name(actor, part.id, "Not yours", seen=seen)
        with pytest.raises(Invalid):
            remove_name(room.owner, part.id, " ", seen=seen)
        with pytest.raises(Changed):
            remove_name(room.owner, part.id, "Rude", seen=seen - 1)
        assert self.claims() == {(author.id, "Somebody rude")}

        remove_name(room.owner, part.id, "Rude", seen=seen)

        assert self.claims() == set()
        assert why_name_removed(db.session(), award) == "Rude"
        own = select(JournalEntry).filter_by(chain_id=room.chain_id)
        entry = db.session.scalars(own.order_by(JournalEntry.seq.desc())).first()
        assert json.loads(entry.body) == {"kind": "unclaim", "round": room.round_id, "award": award.id}
        claim_award(author.actor, award.id, "Baker of the month")
        assert self.claims() == {(author.id, "Baker of the month")}

    def test_nobody_claims_what_is_not_theirs(self, hidden):
        room, _, other = hidden

        with pytest.raises(NotFound):
            claim_award(other.actor, standing(room)[0].id, "Me")

    def test_where_names_are_shown_nobody_types_another(self, room):
        [author] = people(room, 1)
        rank(room, factories.idea(room, author))
        give(room)

        with pytest.raises(Conflict):
            claim_award(author.actor, standing(room)[0].id, "A star")

    def test_a_withdrawn_award_is_not_claimed(self, hidden):
        room, author, _ = hidden
        [award] = standing(room)
        withdraw_award(room.owner, award.id, "A mistake", seen=last(room))

        with pytest.raises(Conflict):
            claim_award(author.actor, award.id, "Me")

    @pytest.mark.parametrize("parting", [Parting.NAME, Parting.TEXTS])
    def test_a_typed_name_goes_with_the_name_of_the_person(self, hidden, parting):
        room, author, _ = hidden
        claim_award(author.actor, standing(room)[0].id, "Me")

        leaving.leave_challenge(author.actor, room.id, parting)

        assert self.claims() == set()
        assert got(room) == {author.id: 100_00}

    def test_a_guest_who_signs_in_keeps_parts_and_names(self, app, noise):
        room = contest(anonymity=Anonymity.FOR_GOOD)
        account, [author] = factories.account(), people(room, 1)
        staying = factories.participant(room, actor=account)
        rank(room, factories.idea(room, author))
        give(room)
        claim_award(author.actor, standing(room)[0].id, "Me")

        guests.adopt_guest(author.actor.person_id, account.account_id)

        assert got(room) == {staying.id: 100_00}
        assert self.claims() == {(staying.id, "Me")}

    def test_deleting_the_challenge_deletes_its_awards(self, hidden):
        room, author, _ = hidden
        [award] = standing(room)
        claim_award(author.actor, award.id, "Me")
        withdraw_award(room.owner, award.id, "A mistake", seen=last(room))
        give_anew(room.owner, award.id, award.entry_id, "Right after all", seen=last(room))

        deleting.delete_challenge(room.owner, room.id, db.session.get_one(Challenge, room.id).title)

        for table in (Award, AwardPart, AwardClaim):
            assert db.session.scalars(select(table)).all() == []
