"""Ideas are written by their author while the phase permits it; a repeated op makes no second idea."""

import io

import pytest
from PIL import Image as Pillow
from sqlalchemy import func, select

from ideas.actor import NOBODY
from ideas.database import db
from ideas.errors import (
    Barred,
    Conflict,
    Forbidden,
    ImageRefused,
    Invalid,
    NotFound,
    NumberReused,
    PhaseForbids,
    RoundIsClosed,
)
from ideas.events import StreamAdvanced
from ideas.models import Entry, EntryStatus, Idea, IdeaVersion, Image, JournalEntry
from ideas.services import ideas, moderation, participants
from ideas.services.ideas import IdeaForm
from tests import factories
from tests.factories import op


def entry_of(idea_id: int) -> Entry:
    db.session.rollback()
    return db.session.scalars(select(Entry).filter_by(idea_id=idea_id)).one()


def room_hears(recorded: list[object], idea_id: int) -> bool:
    return any(isinstance(e, StreamAdvanced) and e.lane == "room" and f"idea-{idea_id}" in e.handles for e in recorded)


class TestSubmit:
    def test_a_submitted_idea_has_title_text_and_picture(self, room, author):
        upload = factories.picture("JPEG", (80, 60))

        idea = ideas.submit_idea(author.actor, room.id, IdeaForm(" Reusable\ncrates ", "**Yes**\r\n", upload), op())

        version = entry_of(idea).version
        assert (version.title, version.text, version.n) == ("Reusable crates", "**Yes**", 1)
        assert entry_of(idea).status == EntryStatus.VISIBLE
        image = db.session.get_one(Image, version.image_id)
        assert Pillow.open(io.BytesIO(image.data)).size == (80, 60)
        assert db.session.get_one(Idea, idea).author_id == author.id
        assert factories.journal_holds() == []

    def test_a_repeated_op_gives_the_same_idea(self, room, author):
        number = op()
        first = ideas.submit_idea(author.actor, room.id, IdeaForm("Once"), number)

        again = ideas.submit_idea(author.actor, room.id, IdeaForm(" Once"), number.upper())

        assert again == first
        with pytest.raises(NumberReused) as refusal:
            ideas.submit_idea(author.actor, room.id, IdeaForm("Twice"), number)
        assert refusal.value.answer == first
        assert db.session.scalar(select(func.count()).select_from(Idea).filter_by(challenge_id=room.id)) == 1
        assert entry_of(first).version.title == "Once"

    def test_a_repeated_op_is_answered_after_the_close_too(self, room, author):
        number = op()
        first = ideas.submit_idea(author.actor, room.id, IdeaForm("Once"), number)
        factories.close(room)

        assert ideas.submit_idea(author.actor, room.id, IdeaForm("Once"), number) == first
        with pytest.raises(RoundIsClosed):
            ideas.submit_idea(author.actor, room.id, IdeaForm("Twice"), op())

    @pytest.mark.parametrize("number", ["", "1", "not-a-uuid", "00000000-0000-0000-0000-00000000000g"])
    def test_an_op_that_is_no_uuid_is_refused(self, room, author, number):
        with pytest.raises(Invalid):
            ideas.submit_idea(author.actor, room.id, IdeaForm("Once"), number)

    def test_every_problem_of_a_form_is_reported_at_once(self, room, author):
        with pytest.raises(Invalid) as refusal:
            ideas.submit_idea(author.actor, room.id, IdeaForm("  ", "x" * 5001), op())

        assert refusal.value.problems == {"title": "missing", "text": "too_long"}

    def test_only_the_picture_of_a_participant_is_encoded(self, room, author, monkeypatch):
        mine = ideas.submit_idea(author.actor, room.id, IdeaForm("Mine"), op())
        worked = []
        monkeypatch.setattr("ideas.pictures.run_task", lambda task, upload, side: worked.append(upload))
        picture = IdeaForm("Theirs", image=factories.picture("PNG", (8, 8)))

        for stranger in (NOBODY, factories.participant(factories.room(), "Elsewhere").actor):
            with pytest.raises((Forbidden, NotFound)):
                ideas.submit_idea(stranger, room.id, picture, op())
            with pytest.raises((Forbidden, NotFound)):
                ideas.edit_idea(stranger, mine, picture)

        assert worked == []
        ideas.submit_idea(author.actor, room.id, picture, op())
        assert worked == [picture.image]

    def test_a_refused_picture_stores_no_idea(self, room, author):
        with pytest.raises(ImageRefused):
            ideas.submit_idea(author.actor, room.id, IdeaForm("Once", "", io.BytesIO(b"GIF89a")), op())

        assert db.session.scalar(select(func.count()).select_from(Idea).filter_by(challenge_id=room.id)) == 0

    def test_only_a_writing_phase_accepts_ideas(self, app):
        room = factories.room(phases=factories.STEPS)
        author = factories.participant(room)
        factories.step(room, "debate")

        with pytest.raises(PhaseForbids):
            factories.idea(room, author)

        factories.step(room, "write")
        assert factories.idea(room, author)

    def test_a_removed_participant_cannot_submit_an_idea(self, room, author):
        participants.bar_participant(room.owner, room.id, author.id, "")

        with pytest.raises(Barred):
            factories.idea(room, author)

    def test_a_participant_of_another_room_cannot_submit_an_idea(self, room, noise):
        with pytest.raises(NotFound):
            ideas.submit_idea(noise.people[0].actor, room.id, IdeaForm("Hello"), op())
        with pytest.raises(Forbidden):
            ideas.submit_idea(factories.guest(), noise.room.id, IdeaForm("Hello"), op())


class TestApproval:
    @pytest.fixture
    def room(self, app):
        return factories.room(approval=True)

    def test_only_facilitators_and_the_author_learn_of_a_pending_idea(self, room, author, advances):
        idea = factories.idea(room, author)

        assert entry_of(idea).status == EntryStatus.PENDING
        assert {e.lane for e in advances} == {"facilitators", author.row.lane}

    def test_changes_of_a_pending_idea_never_reach_the_room(self, room, author, recorded):
        edited, withdrawn, rejected = (factories.idea(room, author) for _ in range(3))
        ideas.edit_idea(author.actor, edited, IdeaForm("Better words"))
        ideas.withdraw_idea(author.actor, withdrawn)
        ideas.reinstate_idea(author.actor, withdrawn)
        moderation.hide_idea(room.owner, rejected, "no")
        moderation.redact_idea(room.owner, rejected, "no")

        assert not any(room_hears(recorded, idea) for idea in (edited, withdrawn, rejected))
        moderation.approve_idea(room.owner, edited)
        assert room_hears(recorded, edited)

    def test_an_edited_idea_waits_for_approval_again_and_leaves_the_room(self, room, author, recorded):
        idea = factories.idea(room, author)
        moderation.approve_idea(room.owner, idea)
        recorded.clear()

        ideas.edit_idea(author.actor, idea, IdeaForm("Other words"))

        assert entry_of(idea).status == EntryStatus.PENDING
        assert room_hears(recorded, idea)

    def test_a_reinstated_idea_waits_for_approval_again(self, room, author):
        idea = factories.idea(room, author)
        moderation.approve_idea(room.owner, idea)
        ideas.withdraw_idea(author.actor, idea)

        ideas.reinstate_idea(author.actor, idea)

        assert entry_of(idea).status == EntryStatus.PENDING


class TestEdit:
    def test_an_edit_makes_a_new_version_and_keeps_the_old_one(self, room, author):
        idea = factories.idea(room, author, "First", "words", factories.picture())
        picture = entry_of(idea).version.image_id

        ideas.edit_idea(author.actor, idea, IdeaForm("Second", "other words"))

        version = entry_of(idea).version
        assert (version.n, version.title, version.text, version.image_id) == (2, "Second", "other words", picture)
        titles = db.session.scalars(select(IdeaVersion.title).filter_by(idea_id=idea).order_by(IdeaVersion.n))
        assert list(titles) == ["First", "Second"]
        assert factories.journal_holds() == []

    def test_an_edit_without_a_change_makes_no_version(self, room, author):
        idea = factories.idea(room, author, "First", "words", factories.picture())

        ideas.edit_idea(author.actor, idea, IdeaForm("Second", "words"))
        ideas.edit_idea(author.actor, idea, IdeaForm("Second", "words"))

        assert entry_of(idea).version.n == 2
        ideas.edit_idea(author.actor, idea, IdeaForm("Second", "words", drop_image=True))
        assert entry_of(idea).version.n == 3

    def test_a_picture_is_replaced_or_dropped(self, room, author):
        idea = factories.idea(room, author, image=factories.picture())
        first = entry_of(idea).version.image_id

        ideas.edit_idea(author.actor, idea, IdeaForm("x", image=factories.picture(size=(9, 9))))
        second = entry_of(idea).version.image_id
        ideas.edit_idea(author.actor, idea, IdeaForm("x", drop_image=True))

        assert None not in (first, second)
        assert first != second
        assert entry_of(idea).version.image_id is None

    def test_marks_survive_an_edit_and_the_journal_orders_edit_and_marks(self, room, author):
        idea = factories.idea(room, author, "What was read")
        voter = factories.participant(room)
        factories.mark(room, voter, {idea: 1})

        ideas.edit_idea(author.actor, idea, IdeaForm("Something else"))

        rows = db.session.scalars(db.select(JournalEntry).filter_by(chain_id=room.chain_id).order_by(JournalEntry.seq))
        assert [row.kind for row in rows][-2:] == ["mark", "edit"]
        assert factories.own_marks(db.session(), room.round, voter.row) == {factories.entry_id(idea): 1}

    @pytest.mark.parametrize("status", ["hidden", "withdrawn"])
    def test_a_hidden_or_withdrawn_idea_cannot_be_edited(self, room, author, status):
        idea = factories.idea(room, author)
        if status == "hidden":
            moderation.hide_idea(room.owner, idea, "")
        else:
            ideas.withdraw_idea(author.actor, idea)

        with pytest.raises(Conflict):
            ideas.edit_idea(author.actor, idea, IdeaForm("x"))


class TestWithdraw:
    def test_an_author_withdraws_an_idea_and_reinstates_it(self, room, author, recorded):
        idea = factories.idea(room, author)

        ideas.withdraw_idea(author.actor, idea)
        assert entry_of(idea).status == EntryStatus.WITHDRAWN
        with pytest.raises(Conflict):
            ideas.withdraw_idea(author.actor, idea)

        ideas.reinstate_idea(author.actor, idea)
        assert entry_of(idea).status == EntryStatus.VISIBLE
        with pytest.raises(Conflict):
            ideas.reinstate_idea(author.actor, idea)
        assert room_hears(recorded, idea)

    def test_withdrawing_does_not_undo_the_hiding_by_a_facilitator(self, room, author):
        idea = factories.idea(room, author)
        moderation.hide_idea(room.owner, idea, "insult")

        for act in (ideas.withdraw_idea, ideas.reinstate_idea):
            with pytest.raises(Conflict):
                act(author.actor, idea)

        assert entry_of(idea).status == EntryStatus.HIDDEN


OWN_ACTS = [
    lambda actor, idea: ideas.edit_idea(actor, idea, IdeaForm("Mine now")),
    ideas.withdraw_idea,
    ideas.reinstate_idea,
]


@pytest.mark.parametrize("act", OWN_ACTS, ids=["edit", "withdraw", "reinstate"])
class TestOnlyTheAuthor:
    def test_others_get_not_found_for_an_authors_action(self, room, noise, author, act):
        idea = factories.idea(room, author)
        if act is ideas.reinstate_idea:
            ideas.withdraw_idea(author.actor, idea)

        for stranger in (factories.participant(room).actor, noise.people[0].actor):
            with pytest.raises(NotFound):
                act(stranger, idea)
        act(author.actor, idea)

    def test_an_unknown_idea_is_not_found(self, author, act):
        with pytest.raises(NotFound):
            act(author.actor, 9999)

    def test_authors_act_only_while_the_phase_permits_writing(self, app, act):
        room = factories.room(phases=factories.STEPS)
        author = factories.participant(room)
        idea = factories.idea(room, author)
        if act is ideas.reinstate_idea:
            ideas.withdraw_idea(author.actor, idea)
        factories.step(room, "vote")

        with pytest.raises(PhaseForbids):
            act(author.actor, idea)
        factories.close(room)
        with pytest.raises(RoundIsClosed):
            act(author.actor, idea)

    def test_a_removed_author_cannot_act(self, room, author, act):
        idea = factories.idea(room, author)
        participants.bar_participant(room.owner, room.id, author.id, "")

        with pytest.raises(Barred):
            act(author.actor, idea)
