"""Ideas written alone: only their author sees them until the reveal, and everybody afterwards."""

import json

import pytest

from ideas import policy
from ideas.database import db
from ideas.errors import Conflict, NotFound, PhaseForbids, Refusal
from ideas.models import Anonymity, Entry, EntryStatus, JournalEntry, Reveal, Tier
from ideas.queries.ballots import markable
from ideas.queries.challenges import challenge_row
from ideas.queries.ideas import idea_rows
from ideas.queries.rankings import ranking_of
from ideas.queries.rooms import figures_of, missed_since
from ideas.queries.rounds import current_round
from ideas.services import arguments, ballots, challenges, guests, ideas, moderation, participants, rounds, steering
from tests import factories

ROOM, FACILITATORS = "room", "facilitators"


@pytest.fixture
def room(app, noise):
    return factories.room(phases=factories.ALONE_FIRST)


@pytest.fixture
def other(room):
    return factories.participant(room, "Other")


def entry(idea: int) -> Entry:
    db.session.rollback()
    return db.session.scalars(db.select(Entry).filter_by(idea_id=idea)).one()


def seen(room: factories.Room, by: factories.Somebody | None = None) -> set[int]:
    """The ids of the ideas in the room, or of the ideas of one author."""
    db.session.rollback()
    if by is not None:
        return {row.id for row in idea_rows(db.session(), room.round, author_id=by.id)}
    return {row.id for row in idea_rows(db.session(), room.round)}


def reveals(room: factories.Room) -> list[tuple[int, int]]:
    """Each reveal as `(position, entries)`."""
    db.session.rollback()
    rows = db.session.scalars(db.select(Reveal).filter_by(round_id=room.round_id).order_by(Reveal.id))
    return [(row.position, row.entries) for row in rows]


class TestWhileAlone:
    def test_only_its_author_sees_a_sealed_idea(self, room, author, other):
        idea = factories.idea(room, author)

        assert seen(room) == set()
        assert seen(room, by=author) == {idea}
        facilitator = policy.access_of(db.session(), room.owner, room.id)
        assert not policy.sees_entry(facilitator, entry(idea), entry(idea).idea)
        assert not policy.sees_entry(
            policy.access_of(db.session(), other.actor, room.id), entry(idea), entry(idea).idea
        )
        assert policy.sees_entry(policy.access_of(db.session(), author.actor, room.id), entry(idea), entry(idea).idea)

    def test_lanes_learn_only_the_number_of_sealed_ideas(self, room, author, recorded):
        idea = factories.idea(room, author)
        named = (f"participant-{author.id}", (f"idea-{idea}",))

        assert factories.lane_updates(recorded)[-3:] == [(ROOM, ("figures",)), (FACILITATORS, ("figures",)), named]
        figures = figures_of(db.session(), room.round)
        assert (figures.ideas, figures.sealed) == (0, 1)

    @pytest.mark.parametrize(
        "act",
        [
            lambda author, idea: ideas.edit_idea(author.actor, idea, ideas.IdeaForm("Better")),
            lambda author, idea: ideas.withdraw_idea(author.actor, idea),
        ],
        ids=["edit", "withdraw"],
    )
    def test_later_actions_on_a_sealed_idea_do_not_name_it(self, room, author, recorded, act):
        idea = factories.idea(room, author)
        factories.lane_updates(recorded)

        act(author, idea)

        named = (f"participant-{author.id}", (f"idea-{idea}",))
        assert factories.lane_updates(recorded) == [(ROOM, ("figures",)), (FACILITATORS, ("figures",)), named]

    def test_a_withdrawn_sealed_idea_leaves_the_figures_and_returns_sealed(self, room, author, recorded):
        idea = factories.idea(room, author)
        ideas.withdraw_idea(author.actor, idea)
        assert figures_of(db.session(), room.round).sealed == 0
        factories.lane_updates(recorded)

        ideas.reinstate_idea(author.actor, idea)

        assert entry(idea).sealed
        assert figures_of(db.session(), room.round).sealed == 1
        assert factories.lane_updates(recorded)[0] == (ROOM, ("figures",))

    def test_nobody_but_the_author_can_act_on_a_sealed_idea(self, room, author, other):
        idea = factories.idea(room, author)
        acts = {
            "argue": lambda: factories.argument(idea, other),
            "edit": lambda: ideas.edit_idea(other.actor, idea, ideas.IdeaForm("Mine now")),
            "withdraw": lambda: ideas.withdraw_idea(other.actor, idea),
            "approve": lambda: moderation.approve_idea(room.owner, idea),
            "hide": lambda: moderation.hide_idea(room.owner, idea, ""),
            "restore": lambda: moderation.restore_idea(room.owner, idea),
            "redact": lambda: moderation.redact_idea(room.owner, idea, ""),
            "focus": lambda: steering.spotlight_idea(room.owner, room.round_id, idea),
        }
        said = {}
        for name, act in acts.items():
            with pytest.raises(Refusal) as refusal:
                act()
            said[name] = type(refusal.value)

        # Each action answers not found, except the argument, which the phase forbids.
        assert said == {name: PhaseForbids if name == "argue" else NotFound for name in acts}

    def test_a_sealed_idea_cannot_be_voted_on(self, room, author, other):
        idea = factories.idea(room, author)
        entry(idea).round.phases[0].activities = ["write", "debate", "vote"]  # no plan permits this; a stored row might
        db.session.commit()

        with pytest.raises(ballots.CastRefused, match="not_found"):
            factories.mark(room, other, {idea: 1})
        with pytest.raises(NotFound):
            factories.argument(idea, other)
        assert markable(db.session(), room.round, other.row) == {}

    @pytest.mark.parametrize("how", ["by oneself", "by a facilitator"])
    def test_a_rename_does_not_reveal_sealed_ideas(self, room, author, recorded, how):
        shown = factories.idea(room, author)
        factories.step(room, "build")
        factories.step(room, "write")
        factories.idea(room, author)
        factories.lane_updates(recorded)

        if how == "by oneself":
            participants.rename_myself(author.actor, room.id, "Badger")
        else:
            participants.rename_participant(room.owner, room.id, author.id, "Badger")

        handles = (author.row.handle, f"idea-{shown}")
        assert factories.lane_updates(recorded) == [(ROOM, handles), (FACILITATORS, handles)]

    def test_stricter_anonymity_does_not_name_sealed_ideas(self, room, author, recorded):
        factories.idea(room, author)
        factories.lane_updates(recorded)

        challenges.revise_challenge(room.owner, room.id, factories.form(anonymity=Anonymity.FOR_GOOD))

        assert all(not h.startswith("idea-") for _, handles in factories.lane_updates(recorded) for h in handles)

    def test_the_sign_in_of_a_guest_does_not_name_sealed_ideas(self, room, author, recorded):
        holder = factories.account()
        factories.participant(room, "Holder", holder)
        idea = factories.idea(room, author)
        factories.lane_updates(recorded)

        guests.adopt_guest(author.actor.person_id, holder.account_id)

        others = [handles for lane, handles in factories.lane_updates(recorded) if lane in (ROOM, FACILITATORS)]
        assert others
        assert f"idea-{idea}" not in str(others)
        assert entry(idea).sealed
        assert {row.id for row in idea_rows(db.session(), room.round, author_id=entry(idea).idea.author_id)} == {idea}

    def test_a_removal_does_not_name_sealed_ideas(self, room, author, recorded):
        idea = factories.idea(room, author)
        factories.lane_updates(recorded)

        participants.bar_participant(room.owner, room.id, author.id, "")

        assert factories.lane_updates(recorded) == [
            (ROOM, ("figures",)),
            (FACILITATORS, (author.row.handle, "figures")),
        ]
        assert entry(idea).sealed
        assert figures_of(db.session(), room.round).sealed == 0

    def test_the_company_page_counts_a_sealed_idea_and_the_journal_holds_a_digest(self, room, author):
        idea = factories.idea(room, author, "Secret so far")

        assert (challenge_row(db.session(), room.id).ideas, challenge_row(db.session(), room.id).pending) == (1, 0)
        bodies = db.session.scalars(db.select(JournalEntry.body).filter_by(chain_id=room.chain_id)).all()
        assert json.loads(bodies[-1])["sealed"] == 1
        assert all(b"Secret" not in body for body in bodies)
        assert entry(idea).sealed


class TestReveal:
    def test_a_reveal_shows_every_idea_at_once_on_every_screen(self, room, author, other, recorded):
        first, second = factories.idea(room, author), factories.idea(room, other)
        factories.lane_updates(recorded)

        factories.step(room, "build")

        assert seen(room) == {first, second}
        place, named = f"round-{room.round_id}", {f"idea-{first}", f"idea-{second}"}
        updates = factories.lane_updates(recorded)
        for lane in (ROOM, FACILITATORS):
            handles = [h for name, handles in updates if name == lane for h in handles]
            assert set(handles) == {place, "figures", *named}
        assert updates[-2:] == [(f"participant-{who.id}", (place,)) for who in (author, other)]
        assert reveals(room) == [(1, 2)]
        assert factories.journal_holds() == []

    def test_the_reveal_stores_actor_and_time_and_the_journal_lists_the_entries(self, room, author):
        idea = factories.idea(room, author)

        factories.step(room, "vote")

        row = db.session.scalars(db.select(Reveal).filter_by(round_id=room.round_id)).one()
        assert (row.account_id, row.person_id, row.position) == (room.owner.account_id, room.owner.person_id, 3)
        body = db.session.scalars(
            db.select(JournalEntry.body).filter_by(chain_id=room.chain_id, kind="reveal")
        ).one()  # fmt: skip
        assert json.loads(body)["entries"] == [entry(idea).id]

    def test_a_phase_without_sealed_ideas_has_no_reveal(self, room, author):
        ideas.withdraw_idea(author.actor, factories.idea(room, author))

        factories.step(room, "build")

        assert reveals(room) == []

    def test_a_step_back_hides_no_revealed_idea(self, room, author, other):
        idea = factories.idea(room, author)
        factories.step(room, "build")

        factories.step(room, "write")

        assert seen(room) == {idea}
        assert not entry(idea).sealed
        assert idea in [row.id for row in idea_rows(db.session(), room.round, statuses=[EntryStatus.VISIBLE])]

    def test_ideas_of_a_re_entered_silent_phase_wait_for_their_own_reveal(self, room, author, other):
        first = factories.idea(room, author)
        factories.step(room, "build")
        factories.step(room, "write")

        second = factories.idea(room, other)

        assert seen(room) == {first}
        factories.step(room, "debate")
        assert seen(room) == {first, second}
        assert reveals(room) == [(1, 1), (2, 1)]

    def test_a_visible_idea_cannot_be_edited_in_a_silent_phase(self, room, author):
        idea = factories.idea(room, author)
        factories.step(room, "build")
        ideas.edit_idea(author.actor, idea, ideas.IdeaForm("In the open"))
        factories.step(room, "write")

        with pytest.raises(PhaseForbids):
            ideas.edit_idea(author.actor, idea, ideas.IdeaForm("Seen at once"))

        ideas.withdraw_idea(author.actor, idea)
        assert entry(idea).status == EntryStatus.WITHDRAWN

    def test_a_withdrawn_visible_idea_returns_visible(self, room, author):
        idea = factories.idea(room, author)
        factories.step(room, "build")
        ideas.withdraw_idea(author.actor, idea)
        factories.step(room, "write")

        ideas.reinstate_idea(author.actor, idea)

        assert not entry(idea).sealed
        assert seen(room) == {idea}

    def test_an_idea_withdrawn_before_the_reveal_stays_sealed(self, room, author):
        kept, gone = factories.idea(room, author), factories.idea(room, author)
        ideas.withdraw_idea(author.actor, gone)

        factories.step(room, "build")

        assert seen(room) == {kept}
        assert entry(gone).sealed
        assert seen(room, by=author) == {kept, gone}
        factories.close(room)
        assert entry(gone).sealed
        assert seen(room) == {kept}

    def test_an_idea_withdrawn_before_the_reveal_can_return_afterwards(self, room, author, recorded):
        idea = factories.idea(room, author)
        ideas.withdraw_idea(author.actor, idea)
        factories.step(room, "build")
        factories.lane_updates(recorded)

        ideas.reinstate_idea(author.actor, idea)

        assert seen(room) == {idea}
        assert factories.lane_updates(recorded)[0] == (ROOM, (f"idea-{idea}", "figures"))

    def test_a_revealed_idea_that_needs_approval_goes_to_the_facilitators(self, app, noise, recorded):
        room = factories.room(phases=factories.ALONE_FIRST, approval=True)
        author = factories.participant(room)
        idea = factories.idea(room, author)
        with pytest.raises(NotFound):
            moderation.approve_idea(room.owner, idea)
        factories.lane_updates(recorded)

        factories.step(room, "build")

        updates = factories.lane_updates(recorded)
        assert f"idea-{idea}" not in str([handles for lane, handles in updates if lane == ROOM])
        assert f"idea-{idea}" in str([handles for lane, handles in updates if lane == FACILITATORS])
        assert figures_of(db.session(), room.round).ideas == 0
        moderation.approve_idea(room.owner, idea)
        assert entry(idea).shown

    def test_the_idea_of_a_removed_author_is_revealed_hidden(self, room, author):
        idea = factories.idea(room, author)
        participants.bar_participant(room.owner, room.id, author.id, "")

        factories.step(room, "build")

        [row] = idea_rows(db.session(), room.round)
        assert (row.id, row.status) == (idea, EntryStatus.HIDDEN)
        moderation.restore_idea(room.owner, idea)
        assert entry(idea).shown

    def test_the_close_reveals_the_remaining_sealed_ideas(self, room, author):
        idea, gone = factories.idea(room, author, "Kept"), factories.idea(room, author, "Taken back")
        ideas.withdraw_idea(author.actor, gone)

        factories.close(room)

        ranking = ranking_of(db.session(), room.round, among_all=True)
        assert [ranked.idea.id for ranked in (*ranking.places, *ranking.apart)] == [idea]
        assert reveals(room) == [(4, 1)]
        assert factories.journal_holds() == []

    def test_the_catch_up_contains_the_handles_of_a_reveal(self, room, author):
        idea = factories.idea(room, author)
        away = current_round(db.session(), room.id).challenge.seq

        factories.step(room, "build")

        missed = missed_since(db.session(), room.round, [ROOM], away).handles[ROOM]
        assert {f"idea-{idea}", f"round-{room.round_id}", "figures"} <= set(missed)

    def test_a_step_between_two_silent_phases_reveals_nothing(self, app, noise):
        alone = factories.ALONE_FIRST[0]
        room = factories.room(phases=(alone, alone, *factories.ALONE_FIRST[1:]))
        idea = factories.idea(room, factories.participant(room))

        rounds.step_to_phase(room.owner, room.round_id, 1)

        assert entry(idea).sealed
        rounds.step_to_phase(room.owner, room.round_id, 2)
        assert not entry(idea).sealed


def test_a_repeated_op_after_the_sign_in_makes_no_second_idea(room, author):
    holder = factories.account()
    factories.participant(room, "Holder", holder)
    op, form = factories.op(), ideas.IdeaForm("Only once")
    first = ideas.submit_idea(author.actor, room.id, form, op)

    guests.adopt_guest(author.actor.person_id, holder.account_id)

    assert ideas.submit_idea(holder, room.id, form, op) == first
    assert figures_of(db.session(), room.round).sealed == 1


def test_a_lane_is_told_only_of_arguments_that_its_audience_sees(room, author, other, recorded):
    shown, hidden = factories.idea(room, other), factories.idea(room, other)
    factories.step(room, "debate")
    on_shown, on_hidden, taken_back = (factories.argument(i, author) for i in (shown, hidden, shown))
    moderation.hide_idea(room.owner, hidden, "")
    arguments.withdraw_argument(author.actor, taken_back)
    factories.lane_updates(recorded)

    participants.rename_myself(author.actor, room.id, "Badger")

    by_lane = dict(factories.lane_updates(recorded))
    assert by_lane[ROOM] == (author.row.handle, f"argument-{on_shown}")
    assert set(by_lane[FACILITATORS][1:]) == {f"argument-{i}" for i in (on_shown, on_hidden, taken_back)}


def test_an_idea_of_an_open_phase_is_named_and_visible_at_once(app, noise, recorded):
    room = factories.room(phases=factories.STEPS)
    author = factories.participant(room)
    factories.lane_updates(recorded)

    idea = factories.idea(room, author)

    assert factories.lane_updates(recorded)[0] == (ROOM, (f"idea-{idea}", "figures"))
    assert seen(room) == {idea}
    with pytest.raises(Conflict):
        moderation.approve_idea(room.owner, idea)


@pytest.mark.parametrize("tier", [Tier.COMPANY, Tier.HALL])
def test_a_proxy_does_not_count_as_a_person(room, author, tier):
    before = figures_of(db.session(), room.round).people
    author.row.tier = tier
    db.session.commit()

    assert figures_of(db.session(), room.round).people == before - 1
