"""Posting a challenge: the product keeps what a challenge promises."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from ideas import blueprints, clock, codes
from ideas.database import db
from ideas.drawing import SEED_BYTES, commitment
from ideas.errors import AnonymityPromised, Conflict, Invalid, NotFound, RoundIsClosed
from ideas.models import Activity, Anonymity, Challenge, JournalEntry, Origin, Round, TieRule, Visibility
from ideas.prizes import PrizePlan, PrizeRules, prize_rules_of
from ideas.promises import rules_digest
from ideas.queries.rounds import current_round
from ideas.services import challenges
from ideas.services.challenges import ChallengeForm
from ideas.voting.awards import Shares
from tests import factories


@pytest.fixture
def company(app, noise):
    return factories.company()


def stored(room) -> Challenge:
    db.session.rollback()
    return db.session.get_one(Challenge, room.id)


class TestDraft:
    def test_a_draft_stores_the_form(self, company):
        closes = clock.from_ms(1_800_000_000_000)
        form = ChallengeForm(
            title=" A  name\n",
            brief="**brief**\r\n",
            rules="rules",
            prize="bread",
            language="de",
            blueprint="live_brainstorm",
            visibility=Visibility.LISTED,
            anonymity=Anonymity.UNTIL_RESULT,
            approval=True,
            capacity=300,
            closes_at=closes,
            is_rehearsal=True,
        )

        challenge = db.session.get_one(Challenge, challenges.draft_challenge(company.owner, company.id, form))

        assert (challenge.title, challenge.brief, challenge.rules, challenge.prize) == (
            "A name", "**brief**", "rules", "bread",
        )  # fmt: skip
        assert (challenge.language, challenge.visibility, challenge.anonymity) == (
            "de", Visibility.LISTED, Anonymity.UNTIL_RESULT,
        )  # fmt: skip
        assert challenge.approval
        assert challenge.capacity == 300
        assert challenge.created_by == company.owner.account_id
        assert challenge.published_at is None
        assert codes.normalised(challenge.code) == challenge.code
        round = current_round(db.session(), challenge.id)
        assert round.origin == Origin.REHEARSAL
        assert [(p.name, p.activities, p.ends_at) for p in round.phases] == [
            ("write", ["write"], None),
            ("build", ["write"], None),
            ("debate", ["debate"], None),
            ("vote", ["vote"], closes),
            ("closed", [], None),
        ]
        assert [q.rule for q in round.questions] == ["approval"]

    def test_an_open_contest_permits_writing_discussion_and_vote_until_its_closing_date(self, company):
        closes = clock.now() + timedelta(hours=1)
        room = factories.room(company, blueprint="open_contest", closes_at=closes)

        [contest, closed] = room.round.phases

        for activity in (Activity.WRITE, Activity.DEBATE, Activity.VOTE):
            assert contest.permits(activity, closes - timedelta(seconds=1))
            assert not contest.permits(activity, closes + timedelta(seconds=1))
            assert not closed.permits(activity, clock.now())

    def test_every_problem_of_a_form_is_reported_at_once(self, company):
        form = ChallengeForm("", brief="x" * 5001, prize="x" * 5001, blueprint="import", capacity=1)

        with pytest.raises(Invalid) as refusal:
            challenges.draft_challenge(company.owner, company.id, form)

        assert refusal.value.problems == {
            "title": "missing",
            "brief": "too_long",
            "prize": "too_long",
            "blueprint": "unknown",
            "capacity": "out_of_range",
        }

    @pytest.mark.parametrize("name", list(blueprints.CHOICES))
    def test_every_blueprint_ends_with_the_closed_phase(self, company, name):
        phases = factories.draft(company, blueprint=name).round.phases

        assert phases[-1].name == "closed"
        assert phases[-1].activities == []
        assert "vote" in phases[-2].activities
        assert all(p.others_visible or p.activities == ["write"] for p in phases)

    def test_every_field_of_a_draft_can_be_changed(self, company):
        draft = factories.draft(company, blueprint="open_contest")
        form = factories.form(title="Other", blueprint="live_brainstorm", language="de", is_rehearsal=True)

        challenges.revise_challenge(company.owner, draft.id, form)
        challenges.revise_challenge(company.owner, draft.id, form)

        assert (stored(draft).title, stored(draft).language, stored(draft).blueprint) == (
            "Other", "de", "live_brainstorm",
        )  # fmt: skip
        assert [p.name for p in draft.round.phases] == ["write", "build", "debate", "vote", "closed"]
        assert draft.round.origin == Origin.REHEARSAL
        assert stored(draft).seq == 0

    def test_a_draft_can_be_deleted_but_no_published_challenge(self, company):
        draft, room = factories.draft(company), factories.room(company)

        challenges.delete_draft(company.owner, draft.id)

        assert db.session.get(Challenge, draft.id) is None
        assert db.session.get(Round, draft.round_id) is None
        with pytest.raises(Conflict):
            challenges.delete_draft(company.owner, room.id)
        assert stored(room)

    def test_a_room_code_is_never_given_twice(self, company, monkeypatch):
        taken = factories.room(company).code
        made = iter([taken, taken, "000ABC"])
        monkeypatch.setattr(codes, "new_code", lambda: next(made))

        assert factories.draft(company).code == "000ABC"


class TestPublish:
    def test_publishing_starts_the_journal_and_leads_into_the_lobby(self, company):
        draft = factories.draft(company, starts_at_once=False)

        challenges.publish_challenge(company.owner, draft.id)

        [row] = db.session.scalars(db.select(JournalEntry).filter_by(chain_id=draft.chain_id))
        body = json.loads(row.body)
        assert (row.seq, row.kind) == (1, "open")
        assert body["rules"] == rules_digest(stored(draft), draft.round)
        assert body["questions"] == [[draft.question_id, "approval", {"top": 3}]]
        assert draft.round.is_in_lobby
        assert [p.started_at for p in draft.round.phases] == [None, None]
        with pytest.raises(Conflict):
            challenges.publish_challenge(company.owner, draft.id)
        assert factories.journal_holds() == []

    def test_the_digest_of_the_rules_covers_every_promise(self, company):
        room = factories.room(company)
        digests = [rules_digest(stored(room), room.round)]
        for change in (
            {"title": "Other"},
            {"brief": "Other"},
            {"rules": "Other"},
            {"prize": "Other"},
            {"anonymity": Anonymity.FOR_GOOD},
            {"approval": True},
            {"closes_at": clock.from_ms(1_800_000_000_000)},
        ):
            challenges.revise_challenge(company.owner, room.id, factories.form(**change))
            digests.append(rules_digest(stored(room), room.round))

        assert len(set(digests)) == len(digests)


class TestPrizes:
    """The prizes are fixed with the publication, and so is a draw."""

    RULES = PrizeRules((PrizePlan("First prize", 500_00),), tie=TieRule.DRAWN)

    def test_a_draw_is_bound_in_the_entry_that_opens_the_round(self, company):
        draft = factories.draft(company, prizes=self.RULES, starts_at_once=False)
        assert stored(draft).draw_seed is None

        challenges.publish_challenge(company.owner, draft.id)

        seed = stored(draft).draw_seed
        body = json.loads(db.session.get_one(JournalEntry, (draft.chain_id, 1)).body)
        assert body["draw"] == commitment(seed)
        assert len(seed) == SEED_BYTES
        assert factories.journal_holds() == []

    @pytest.mark.parametrize("rules", [PrizeRules(), PrizeRules((PrizePlan("A walk"),))], ids=["none", "shared"])
    def test_nothing_is_bound_where_nothing_is_drawn(self, company, rules):
        room = factories.room(company, prizes=rules)

        assert stored(room).draw_seed is None
        assert "draw" not in json.loads(db.session.get_one(JournalEntry, (room.chain_id, 1)).body)

    def test_the_digest_of_the_rules_covers_prizes_shares_and_the_tie_rule(self, company):
        rooms = [
            factories.room(company, prizes=rules)
            for rules in (
                PrizeRules(),
                self.RULES,
                replace(self.RULES, tie=TieRule.SHARED),
                replace(self.RULES, shares=Shares(0, 0)),
                replace(self.RULES, currency="CHF"),
            )
        ]
        named = PrizeRules((PrizePlan("Second prize", 500_00),), tie=TieRule.DRAWN)
        rooms.append(factories.room(company, prizes=named))
        first = rooms[0].round

        digests = {rules_digest(stored(room), first) for room in rooms}

        assert len(digests) == len(rooms)

    def test_a_published_challenge_keeps_its_prizes(self, company):
        room = factories.room(company, prizes=self.RULES)

        challenges.revise_challenge(company.owner, room.id, factories.form(prizes=PrizeRules()))

        assert prize_rules_of(stored(room)) == self.RULES

    @pytest.mark.parametrize(
        ("rules", "problem"),
        [
            (PrizeRules((PrizePlan(" "),)), "prize-0-name"),
            (PrizeRules((PrizePlan("A", 0),)), "prize-0-amount"),
            (PrizeRules((PrizePlan("A", winners=0),)), "prize-0-winners"),
            (PrizeRules((PrizePlan("A"),) * 7), "prizes"),
            (PrizeRules(currency="ABC"), "currency"),
            (PrizeRules(shares=Shares(-1, 0)), "parents_share"),
            (PrizeRules(shares=Shares(60, 41)), "parents_share"),
        ],
        ids=["name", "amount", "winners", "many", "currency", "negative", "over"],
    )
    def test_wrong_prizes_are_refused(self, company, rules, problem):
        with pytest.raises(Invalid) as refused:
            factories.draft(company, prizes=rules)

        assert list(refused.value.problems) == [problem]


class TestRevise:
    def test_texts_and_dates_change_after_publication_and_the_journal_records_it(self, company, advances):
        room = factories.room(company, blueprint="open_contest")
        advances.clear()
        closes = clock.from_ms(1_800_000_000_000)
        form = factories.form(
            title="Other", visibility=Visibility.LISTED, capacity=7, closes_at=closes, blueprint="live_brainstorm",
            language="de", is_rehearsal=True,
        )  # fmt: skip

        challenges.revise_challenge(company.owner, room.id, form)

        assert (stored(room).title, stored(room).visibility, stored(room).capacity) == ("Other", Visibility.LISTED, 7)
        assert [(p.name, p.ends_at) for p in room.round.phases] == [("open", closes), ("closed", None)]
        assert (stored(room).language, stored(room).blueprint, room.round.origin) == ("en", "open_contest", Origin.LIVE)
        assert {e.lane for e in advances} == {"room", "facilitators"}
        last = db.session.get_one(JournalEntry, (room.chain_id, stored(room).seq))
        assert json.loads(last.body)["rules"] == rules_digest(stored(room), room.round)
        assert factories.journal_holds() == []

    def test_a_closed_challenge_cannot_be_revised(self, company):
        room = factories.room(company)
        factories.close(room)

        with pytest.raises(RoundIsClosed):
            challenges.revise_challenge(company.owner, room.id, factories.form(title="Other"))


LEVELS = list(Anonymity)


class TestAnonymity:
    @pytest.mark.parametrize("before", LEVELS)
    @pytest.mark.parametrize("after", LEVELS)
    def test_anonymity_is_never_weakened_after_the_first_idea(self, app, before, after):
        room = factories.room(anonymity=before)
        factories.idea(room, factories.participant(room))
        form = factories.form(anonymity=after)

        if LEVELS.index(after) < LEVELS.index(before):
            with pytest.raises(AnonymityPromised):
                challenges.revise_challenge(room.owner, room.id, form)
            assert stored(room).anonymity == before
        else:
            challenges.revise_challenge(room.owner, room.id, form)
            assert stored(room).anonymity == after

    def test_a_change_to_anonymous_updates_every_open_screen(self, app, advances):
        room = factories.room(anonymity=Anonymity.NAMED)
        author = factories.participant(room)
        idea = factories.idea(room, author)
        advances.clear()

        challenges.revise_challenge(room.owner, room.id, factories.form(title="Only the title"))
        assert all(f"idea-{idea}" not in e.handles for e in advances)
        advances.clear()

        challenges.revise_challenge(room.owner, room.id, factories.form(anonymity=Anonymity.FOR_GOOD))
        assert all(f"idea-{idea}" in e.handles for e in advances)
        assert {e.lane for e in advances} == {"room", "facilitators"}

    def test_anonymity_is_free_before_the_first_idea_of_this_challenge(self, company):
        room = factories.room(company, anonymity=Anonymity.FOR_GOOD)

        challenges.revise_challenge(company.owner, room.id, factories.form(anonymity=Anonymity.NAMED))

        assert stored(room).anonymity == Anonymity.NAMED

    def test_a_withdrawn_idea_also_fixes_the_anonymity(self, company):
        room = factories.room(company, anonymity=Anonymity.FOR_GOOD)
        author = factories.participant(room)
        factories.ideas.withdraw_idea(author.actor, factories.idea(room, author))

        with pytest.raises(AnonymityPromised):
            challenges.revise_challenge(company.owner, room.id, factories.form(anonymity=Anonymity.UNTIL_RESULT))


def test_the_current_round_is_the_latest_one(app):
    room = factories.room()
    with factories.write() as transaction:
        second = Round(challenge_id=room.id, n=2, key=b"k" * 32)
        transaction.session.add(second)
        transaction.session.flush()
        number = second.id

    assert current_round(db.session(), room.id).id == number
    with pytest.raises(NotFound):
        current_round(db.session(), 9999)
