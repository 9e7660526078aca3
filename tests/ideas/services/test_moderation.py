"""Moderation: every action is recorded once, with a reason that can be erased."""

import pytest

from ideas.database import db
from ideas.errors import Conflict, Forbidden, Invalid, NotFound, RoundIsClosed
from ideas.models import Act, Argument, Entry, EntryStatus, IdeaVersion, Image, JournalEntry
from ideas.queries.ideas import acts_against, argument_rows, idea_rows
from ideas.services import ideas, moderation
from tests import factories


@pytest.fixture
def idea(room, author):
    return factories.idea(room, author, "Words", "More words", factories.picture())


@pytest.fixture
def remark(idea, author):
    return factories.argument(idea, author, "An argument")


def status(idea_id: int) -> EntryStatus:
    db.session.rollback()
    return db.session.scalars(db.select(Entry).filter_by(idea_id=idea_id)).one().status


def shown(room) -> tuple[set[int], set[int]]:
    """The ids of the visible ideas and arguments."""
    db.session.rollback()
    rows = idea_rows(db.session(), room.round, statuses=[EntryStatus.VISIBLE])
    return {r.id for r in rows}, {r.id for r in argument_rows(db.session(), room.round)}


def test_hiding_removes_an_idea_with_its_arguments_and_restoring_returns_them(room, idea, remark, advances):
    moderation.hide_idea(room.owner, idea, " an insult ")
    assert shown(room) == (set(), set())
    assert acts_against(db.session(), room.id, [f"idea-{idea}"])[f"idea-{idea}"].reason == "an insult"

    moderation.restore_idea(room.owner, idea)

    assert shown(room) == ({idea}, {remark})
    assert [e.lane for e in advances if f"idea-{idea}" in e.handles].count("room") >= 2
    assert factories.journal_holds() == []


def test_the_author_reads_only_the_reason_of_the_latest_hiding(room, idea):
    moderation.hide_idea(room.owner, idea, "an insult")
    moderation.restore_idea(room.owner, idea)
    moderation.hide_idea(room.owner, idea, "")

    assert acts_against(db.session(), room.id, [f"idea-{idea}"])[f"idea-{idea}"].reason == ""


def test_each_action_requires_its_status(room, idea):
    for act in (moderation.approve_idea, moderation.restore_idea):
        with pytest.raises(Conflict):
            act(room.owner, idea)
    moderation.hide_idea(room.owner, idea, "")

    for act in (moderation.approve_idea, lambda actor, i: moderation.hide_idea(actor, i, "")):
        with pytest.raises(Conflict):
            act(room.owner, idea)
    assert status(idea) == EntryStatus.HIDDEN


def test_pending_ideas_are_approved_or_rejected(app):
    room = factories.room(approval=True)
    author = factories.participant(room)
    good, bad = factories.idea(room, author), factories.idea(room, author)

    moderation.approve_idea(room.owner, good)
    moderation.hide_idea(room.owner, bad, "off topic")

    assert (status(good), status(bad)) == (EntryStatus.VISIBLE, EntryStatus.HIDDEN)
    with pytest.raises(Conflict):
        moderation.approve_idea(room.owner, good)
    assert factories.journal_holds() == []


def test_a_facilitator_cannot_restore_a_withdrawn_idea(room, author, idea):
    ideas.withdraw_idea(author.actor, idea)

    for act in (moderation.restore_idea, moderation.approve_idea, lambda a, i: moderation.hide_idea(a, i, "")):
        with pytest.raises(Conflict):
            act(room.owner, idea)


def test_arguments_are_hidden_and_restored(room, idea, remark):
    moderation.hide_argument(room.owner, remark, "rude")
    assert shown(room) == ({idea}, set())
    with pytest.raises(Conflict):
        moderation.hide_argument(room.owner, remark, "rude")
    assert acts_against(db.session(), room.id, [f"argument-{remark}"])[f"argument-{remark}"].reason == "rude"

    moderation.restore_argument(room.owner, remark)

    assert shown(room) == ({idea}, {remark})
    with pytest.raises(Conflict):
        moderation.restore_argument(room.owner, remark)


def test_actor_and_reason_are_stored_outside_the_journal(room, idea):
    moderation.hide_idea(room.owner, idea, "an insult")

    act = db.session.scalars(db.select(Act).filter_by(chain_id=room.chain_id, kind="hide")).one()
    entry = db.session.get_one(JournalEntry, (room.chain_id, act.seq))
    assert (act.kind, act.handle, act.account_id, act.reason) == (
        "hide",
        f"idea-{idea}",
        room.owner.account_id,
        "an insult",
    )
    assert b"insult" not in entry.body


def test_the_length_of_a_reason_is_limited(room, idea, remark):
    for act, number in (
        (moderation.hide_idea, idea),
        (moderation.hide_argument, remark),
        (moderation.redact_idea, idea),
        (moderation.redact_argument, remark),
    ):
        with pytest.raises(Invalid):
            act(room.owner, number, "x" * 301)


def test_a_closed_round_permits_no_hiding_and_no_restoring(room, idea, remark):
    factories.close(room)

    for act in (
        lambda: moderation.hide_idea(room.owner, idea, ""),
        lambda: moderation.restore_idea(room.owner, idea),
        lambda: moderation.approve_idea(room.owner, idea),
        lambda: moderation.hide_argument(room.owner, remark, ""),
        lambda: moderation.restore_argument(room.owner, remark),
    ):
        with pytest.raises(RoundIsClosed):
            act()


class TestRedaction:
    def test_a_redaction_erases_words_and_pictures_of_every_version(self, app, room, author, idea):
        ideas.edit_idea(author.actor, idea, ideas.IdeaForm("Worse words", "x", factories.picture(size=(9, 9))))
        assert db.session.scalar(db.select(db.func.count()).select_from(Image)) == 2

        moderation.redact_idea(room.owner, idea, "unlawful")

        versions = db.session.scalars(db.select(IdeaVersion).filter_by(idea_id=idea)).all()
        assert [(v.title, v.text, v.image_id) for v in versions] == [("", "", None)] * 2
        assert all(v.redacted_at for v in versions)
        assert db.session.scalar(db.select(db.func.count()).select_from(Image)) == 0
        [row] = idea_rows(db.session(), room.round)
        assert row.is_redacted
        assert row.image is None
        with pytest.raises(Conflict):
            moderation.redact_idea(room.owner, idea, "")
        assert factories.journal_holds() == []

    def test_a_redaction_works_after_the_close_and_keeps_the_counts(self, room, idea, remark):
        voter = factories.participant(room)
        factories.mark(room, voter, {idea: 1})
        factories.close(room)

        moderation.redact_idea(room.owner, idea, "unlawful")
        moderation.redact_argument(room.owner, remark, "unlawful")

        argument = db.session.get_one(Argument, remark)
        assert (argument.text, argument.status) == ("", EntryStatus.VISIBLE)
        assert status(idea) == EntryStatus.VISIBLE
        with pytest.raises(Conflict):
            moderation.redact_argument(room.owner, remark, "")
        assert factories.journal_holds() == []

    def test_the_author_cannot_edit_a_redacted_idea(self, room, author, idea):
        ideas.edit_idea(author.actor, idea, ideas.IdeaForm("Permitted before"))

        moderation.redact_idea(room.owner, idea, "unlawful")

        with pytest.raises(Conflict):
            ideas.edit_idea(author.actor, idea, ideas.IdeaForm("The same again"))

    def test_a_redaction_keeps_the_ideas_of_others(self, room, idea):
        other = factories.idea(room, factories.participant(room), "Kept", image=factories.picture())

        moderation.redact_idea(room.owner, idea, "")

        kept = next(row for row in idea_rows(db.session(), room.round) if row.id == other)
        assert kept.title == "Kept"
        assert kept.image


ACTS = {
    "approve idea": lambda actor, idea, remark: moderation.approve_idea(actor, idea),
    "hide idea": lambda actor, idea, remark: moderation.hide_idea(actor, idea, ""),
    "restore idea": lambda actor, idea, remark: moderation.restore_idea(actor, idea),
    "redact idea": lambda actor, idea, remark: moderation.redact_idea(actor, idea, ""),
    "hide argument": lambda actor, idea, remark: moderation.hide_argument(actor, remark, ""),
    "restore argument": lambda actor, idea, remark: moderation.restore_argument(actor, remark),
    "redact argument": lambda actor, idea, remark: moderation.redact_argument(actor, remark, ""),
}


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS.keys())
def test_only_facilitators_of_this_room_moderate(room, noise, author, idea, remark, act):
    with pytest.raises(Forbidden):
        act(author.actor, idea, remark)
    with pytest.raises(NotFound):
        act(noise.room.owner, idea, remark)
    with pytest.raises(NotFound):
        act(room.owner, 9999, 9999)
    assert status(idea) == EntryStatus.VISIBLE
    assert db.session.get_one(Argument, remark).text == "An argument"
