"""Seed ideas of the company: listed as any other idea, with a proxy as their author."""

import json

import pytest

from ideas import policy
from ideas.actor import Actor
from ideas.blueprints import IdeaRules, PhasePlan
from ideas.database import db, write
from ideas.errors import AnonymityPromised, Conflict, Forbidden, Invalid, NameTaken, NotFound, RoundIsClosed
from ideas.models import Activity, Anonymity, Challenge, Entry, JournalEntry, Participant, Tier
from ideas.proxies import add_proxy_ideas, proxy_of
from ideas.queries.ballots import markable
from ideas.queries.challenges import challenge_row
from ideas.queries.ideas import idea_rows
from ideas.queries.rooms import figures_of, participant_rows
from ideas.queries.rounds import current_round
from ideas.seed_lists import SeedLine
from ideas.services import challenges, ideas, proxies, rounds
from tests import factories

LIST = "Rye\nSpelt | ancient and nutty\n\nOat"
ALONE = (
    PhasePlan("write", (Activity.WRITE,), others_visible=False),
    PhasePlan("vote", (Activity.VOTE,)),
)


@pytest.fixture
def company(app, noise):
    return factories.company(name="Mill & Oven")


def rows_of(room):
    db.session.rollback()
    return idea_rows(db.session(), room.round)


def kinds_of(room) -> list[str]:
    rows = db.session.scalars(db.select(JournalEntry).filter_by(chain_id=room.chain_id).order_by(JournalEntry.seq))
    return [row.kind for row in rows]


class TestSeedIdeasOfADraft:
    def test_the_seed_ideas_of_a_draft_become_ideas_when_it_is_published(self, company):
        draft = factories.draft(company, blueprint="prioritise", seed_ideas=LIST)
        assert rows_of(draft) == []

        challenges.publish_challenge(draft.owner, draft.id)

        assert [(row.title, row.text, row.author) for row in rows_of(draft)] == [
            ("Rye", "", "Mill & Oven"),
            ("Spelt", "ancient and nutty", "Mill & Oven"),
            ("Oat", "", "Mill & Oven"),
        ]
        assert db.session.get_one(Challenge, draft.id).seed_ideas == ""
        assert kinds_of(draft) == ["open", "phase", "entry", "entry", "entry"]
        assert factories.journal_holds() == []

    def test_a_challenge_without_seed_ideas_has_no_proxy(self, company):
        room = factories.room(company)

        assert db.session.query(Participant).filter_by(challenge_id=room.id).count() == 0

    def test_the_seed_ideas_can_be_revised_with_the_draft(self, company):
        draft = factories.draft(company, seed_ideas=LIST)

        challenges.revise_challenge(draft.owner, draft.id, factories.form(seed_ideas="Oat"))
        challenges.publish_challenge(draft.owner, draft.id)

        assert [row.title for row in rows_of(draft)] == ["Oat"]

    def test_seed_ideas_follow_the_idea_rules_of_the_challenge(self, company):
        with pytest.raises(Invalid) as refused:
            factories.draft(company, seed_ideas="Oat\nSourdough", ideas=IdeaRules(title_max=5))
        assert refused.value.problems == {"seed_ideas": "line_too_long:2"}

        with pytest.raises(Invalid) as refused:
            factories.draft(company, blueprint="pick_a_name", seed_ideas=LIST)
        assert refused.value.problems == {"seed_ideas": "line_not_wanted:2"}

    def test_seed_ideas_of_a_silent_phase_wait_for_the_reveal(self, company):
        room = factories.room(company, phases=ALONE, seed_ideas=LIST)
        assert rows_of(room) == []
        assert figures_of(db.session(), room.round).sealed == 3

        rounds.step_to_phase(room.owner, room.round_id, 1)

        assert len(rows_of(room)) == 3
        assert factories.journal_holds() == []

    def test_seed_ideas_need_no_approval(self, company):
        room = factories.room(company, approval=True, seed_ideas="Oat")

        assert [row.status for row in rows_of(room)] == ["visible"]


class TestSeedIdeas:
    def test_a_facilitator_adds_a_list_once_per_op(self, company, advances):
        room = factories.room(company)
        number = factories.op()
        advances.clear()

        assert proxies.add_seed_ideas(room.owner, room.id, LIST, number) == 3
        assert proxies.add_seed_ideas(room.owner, room.id, LIST, number) == 3

        assert [row.title for row in rows_of(room)] == ["Rye", "Spelt", "Oat"]
        assert {e.lane for e in advances} == {"room", "facilitators"}
        assert {e.challenge_id for e in advances} == {room.id}
        assert proxies.add_seed_ideas(room.owner, room.id, "Millet", factories.op()) == 1
        assert db.session.query(Participant).filter_by(challenge_id=room.id).count() == 1
        assert factories.journal_holds() == []

    def test_only_a_facilitator_adds_seed_ideas(self, company):
        room = factories.room(company)
        guest = factories.participant(room)

        with pytest.raises(Forbidden):
            proxies.add_seed_ideas(guest.actor, room.id, LIST, factories.op())
        with pytest.raises(NotFound):
            proxies.add_seed_ideas(factories.account(), room.id, LIST, factories.op())
        assert rows_of(room) == []

    def test_a_list_with_a_problem_adds_no_idea_and_names_the_line(self, company):
        room = factories.room(company)

        for typed, problem in (("Oat\noat", "line_twice:2:1"), ("  \n", "missing")):
            with pytest.raises(Invalid) as refused:
                proxies.add_seed_ideas(room.owner, room.id, typed, factories.op())
            assert refused.value.problems == {"seed_ideas": problem}
        assert rows_of(room) == []

    def test_a_draft_and_a_closed_round_accept_no_seed_ideas(self, company):
        draft, room = factories.draft(company), factories.room(company)
        factories.close(room)

        with pytest.raises(Conflict):
            proxies.add_seed_ideas(draft.owner, draft.id, LIST, factories.op())
        with pytest.raises(RoundIsClosed):
            proxies.add_seed_ideas(room.owner, room.id, LIST, factories.op())


class TestProxy:
    @pytest.fixture
    def room(self, company):
        return factories.room(company, seed_ideas=LIST)

    def test_the_proxy_is_missing_from_counts_and_lists(self, room):
        before = figures_of(db.session(), room.round).people
        factories.participant(room)

        assert (before, figures_of(db.session(), room.round).people) == (0, 1)
        assert challenge_row(db.session(), room.id).people == 1
        assert len(participant_rows(db.session(), room.id)) == 1

    def test_the_proxy_takes_no_place_in_a_full_room(self, company):
        room = factories.room(company, seed_ideas=LIST, capacity=2)

        factories.participant(room)
        assert factories.participant(room)

    def test_every_participant_can_vote_on_seed_ideas(self, room):
        voter = factories.participant(room)

        assert len(markable(db.session(), room.round, voter.row)) == 3

    def test_the_person_of_a_proxy_cannot_steer(self, room):
        proxy = db.session.query(Participant).filter_by(challenge_id=room.id).one()

        assert proxy.tier == Tier.COMPANY
        assert proxy.person.account_id is None
        assert not policy.facilitates(db.session(), Actor(proxy.person_id), db.session.get_one(Challenge, room.id))

    def test_the_proxy_gets_another_name_if_its_name_is_taken(self, company):
        room = factories.room(company)
        factories.participant(room, "MILL & oven")

        proxies.add_seed_ideas(room.owner, room.id, "Oat", factories.op())

        assert [row.author for row in rows_of(room)] == ["Mill & Oven 2"]
        with pytest.raises(NameTaken):
            factories.participant(room, "Mill & Oven 2")

    def test_the_name_of_a_proxy_is_cut_to_the_limit(self, app):
        room = factories.room(factories.company(name="M" * 60), seed_ideas="Oat")

        assert [row.author for row in rows_of(room)] == ["M" * 40]

    def test_an_anonymous_room_hides_the_name_of_the_proxy(self, company):
        room = factories.room(company, seed_ideas="Oat", anonymity=Anonymity.FOR_GOOD)

        assert [row.author for row in rows_of(room)] == [None]

    def test_seed_ideas_do_not_fix_the_anonymity(self, company):
        room = factories.room(company, seed_ideas="Oat", anonymity=Anonymity.FOR_GOOD)

        challenges.revise_challenge(room.owner, room.id, factories.form(anonymity=Anonymity.NAMED))

        assert [row.author for row in rows_of(room)] == ["Mill & Oven"]
        challenges.revise_challenge(room.owner, room.id, factories.form(anonymity=Anonymity.FOR_GOOD))
        factories.idea(room, factories.participant(room))
        with pytest.raises(AnonymityPromised):
            challenges.revise_challenge(room.owner, room.id, factories.form(anonymity=Anonymity.NAMED))

    def test_each_tier_has_its_own_proxy(self, room):
        with write() as transaction:
            chain = challenges.journal.locked(transaction, room.id)
            round = current_round(transaction.session, room.id)
            hall = proxy_of(transaction.session, chain.challenge, Tier.HALL, "The hall")
            same = proxy_of(transaction.session, chain.challenge, Tier.HALL, "Another")
            add_proxy_ideas(chain, round, hall, [SeedLine("Called out")])
            assert hall is same

        assert (rows_of(room)[0].title, rows_of(room)[0].author) == ("Called out", "The hall")
        assert figures_of(db.session(), room.round).people == 0
        assert factories.journal_holds() == []


def test_the_journal_contains_no_text_of_a_seed_idea(company):
    room = factories.room(company, seed_ideas="A word that is nowhere else")

    bodies = db.session.scalars(db.select(JournalEntry.body).filter_by(chain_id=room.chain_id)).all()

    assert b"nowhere else" not in b"".join(bodies)
    entry = json.loads(bodies[-1])
    assert entry["entry"] == db.session.query(Entry).filter_by(round_id=room.round_id).one().id


def test_seed_ideas_do_not_change_the_rules_for_participants(company):
    """The design contest still requires a picture."""
    room = factories.room(company, blueprint="design_contest", seed_ideas="Oat")
    author = factories.participant(room)

    with pytest.raises(Invalid) as refused:
        ideas.submit_idea(author.actor, room.id, ideas.IdeaForm("Mine"), factories.op())
    assert refused.value.problems == {"image": "missing"}
    assert factories.idea(room, author, image=factories.picture())
