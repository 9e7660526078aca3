"""Flags tell moderators of a text, name nobody, and hide nothing by themselves."""

import json
import threading

import pytest
from flask import current_app
from sqlalchemy import event

from ideas import audit, journal
from ideas.anonymising import anonymise_challenge
from ideas.database import db, write
from ideas.errors import Barred, Changed, Conflict, Forbidden, Invalid, NotFound, OwnText, RoundIsClosed
from ideas.models import Act, Challenge, Flag, FlagKind, Idea, JournalEntry, StreamItem, Tier
from ideas.people import new_participant, new_person
from ideas.queries.flags import WORDS_SHOWN, flagged_count, flagged_texts
from ideas.queries.news import news_of
from ideas.services import (
    deleting,
    facilitations,
    flags,
    guests,
    ideas,
    leaving,
    merging,
    moderation,
    participants,
    queue,
)
from ideas.services.flags import FlagForm
from ideas.services.ideas import IdeaForm
from ideas.services.queue import ChosenText
from tests import factories

OFF_TOPIC = FlagForm(FlagKind.OFF_TOPIC)


@pytest.fixture
def room(app, noise):
    return factories.room()


@pytest.fixture
def author(room):
    return factories.participant(room)


@pytest.fixture
def reader(room):
    return factories.participant(room)


@pytest.fixture
def idea(room, author):
    return factories.idea(room, author, "A loud idea")


def flag(who, idea_id, kind=FlagKind.INSULTING, words=""):
    flags.flag_idea(who.actor, idea_id, FlagForm(kind, words))


def waiting(room):
    db.session.expire_all()
    found = flagged_texts(db.session(), room.round)
    assert flagged_count(db.session(), room.round) == len(found)
    return found


def states():
    return [str(state) for state in db.session.scalars(db.select(Flag.state).order_by(Flag.id))]


def entries(room, kind):
    rows = db.session.scalars(
        db.select(JournalEntry.body).filter_by(chain_id=room.chain_id, kind=kind).order_by(JournalEntry.seq)
    )
    found = [json.loads(row) for row in rows]
    return [{key: value for key, value in one.items() if key not in ("salt", "kind", "round")} for one in found]


def sound():
    return factories.journal_holds() == [] and list(audit.check(db.session())) == []


def test_flags_of_a_text_wait_together_without_their_authors(room, idea, reader):
    other = factories.participant(room)
    flag(reader, idea, words="Rude  ")
    flag(other, idea, FlagKind.OFF_TOPIC, "Beside the point")

    [found] = waiting(room)

    assert (found.handle, found.title, found.flags, found.doubtful, found.weight) == (
        f"idea-{idea}",
        "A loud idea",
        2,
        0,
        2,
    )
    assert found.kinds == {FlagKind.INSULTING: 1, FlagKind.OFF_TOPIC: 1}
    assert found.words == ("Beside the point", "Rude")
    assert factories.shown(idea), "nothing is hidden automatically"
    for who in (reader, other):
        assert who.name not in repr(found)
        assert f"participant-{who.id}" not in repr(found)


def test_the_journal_holds_a_flag_under_a_salt_and_without_a_person(room, idea, reader):
    flag(reader, idea, words="Rude")
    flags.take_back_idea_flag(reader.actor, idea)

    assert entries(room, "flag") == entries(room, "unflag") == [{"idea": idea}]
    bodies = db.session.scalars(db.select(JournalEntry.body).where(JournalEntry.kind.in_(("flag", "unflag")))).all()
    assert all(len(json.loads(body)["salt"]) == 32 for body in bodies)
    assert waiting(room) == []
    assert states() == []
    assert sound()


def test_only_facilitators_and_the_own_tabs_hear_of_a_flag(room, idea, author, reader):
    flag(reader, idea)

    seq = db.session.scalar(db.select(JournalEntry.seq).filter_by(kind="flag"))
    lanes = set(db.session.scalars(db.select(StreamItem.lane).filter_by(chain_id=room.chain_id, seq=seq)))
    assert lanes == {"facilitators", f"participant-{reader.id}"}


def test_the_time_of_a_flag_is_the_hour(room, idea, reader, frozen_clock):
    frozen_clock.advance(1234)
    flag(reader, idea)

    at = db.session.scalar(db.select(Flag.flagged_at))
    assert (at.hour, at.minute, at.second) == (9, 0, 0)


def test_a_person_flags_a_text_once(room, idea, reader):
    flag(reader, idea)

    with pytest.raises(Conflict):
        flag(reader, idea, FlagKind.REPEAT)

    assert [text.flags for text in waiting(room)] == [1]


def test_a_decided_flag_is_not_given_again_before_the_words_change(room, idea, author, reader):
    flag(reader, idea)
    factories.keep(room, room.owner, f"idea-{idea}")
    with pytest.raises(Conflict):
        flag(reader, idea)

    ideas.edit_idea(author.actor, idea, IdeaForm("A louder idea"))
    flag(reader, idea)

    assert [(text.flags, text.version) for text in waiting(room)] == [(1, 2)]


def test_own_texts_are_not_flagged(room, idea, author):
    argument = factories.argument(idea, author)

    with pytest.raises(OwnText):
        flag(author, idea)
    with pytest.raises(OwnText):
        flags.flag_argument(author.actor, argument, OFF_TOPIC)


def test_strangers_and_removed_people_do_not_flag(room, idea, reader):
    with pytest.raises(Forbidden):
        flags.flag_idea(room.owner, idea, OFF_TOPIC)
    participants.bar_participant(room.owner, room.id, reader.id, "")
    with pytest.raises(Barred):
        flag(reader, idea)
    assert waiting(room) == []


def test_a_removal_or_a_departure_does_not_tell_whose_flag_it_was(room, idea, reader):
    others = [factories.participant(room) for _ in range(2)]
    for who in (reader, *others):
        flag(who, idea, words="Rude")
    before = waiting(room)

    participants.bar_participant(room.owner, room.id, reader.id, "")
    assert waiting(room) == before
    participants.readmit_participant(room.owner, room.id, reader.id)
    leaving.leave_challenge(others[0].actor, room.id, leaving.Parting.NAME)

    assert waiting(room) == before


def test_too_long_words_and_an_other_reason_without_words_are_refused(room, idea, reader):
    for kind, words in ((FlagKind.INSULTING, "x" * 301), (FlagKind.OTHER, " ")):
        with pytest.raises(Invalid):
            flag(reader, idea, kind, words)


def test_sealed_ideas_are_not_there_to_flag(app):
    room = factories.room(phases=factories.ALONE_FIRST)
    author, reader = factories.participant(room), factories.participant(room)
    sealed = factories.idea(room, author)

    with pytest.raises(NotFound):
        flag(reader, sealed)


def test_pending_hidden_withdrawn_and_erased_texts_are_not_there_to_flag(room, author, reader):
    hidden, withdrawn, erased = (factories.idea(room, author) for _ in range(3))
    moderation.hide_idea(room.owner, hidden, "")
    ideas.withdraw_idea(author.actor, withdrawn)
    moderation.redact_idea(room.owner, erased, "")
    argument = factories.argument(factories.idea(room, author), author)
    moderation.hide_argument(room.owner, argument, "")

    for key in (hidden, withdrawn, erased):
        with pytest.raises(NotFound):
            flag(reader, key)
    with pytest.raises(NotFound):
        flags.flag_argument(reader.actor, argument, OFF_TOPIC)


def test_a_closed_round_takes_no_flag_and_no_decision(room, idea, reader):
    flag(reader, idea)
    [seen] = waiting(room)
    factories.close(room)

    with pytest.raises(RoundIsClosed):
        flag(factories.participant(room), idea)
    with pytest.raises(RoundIsClosed):
        flags.take_back_idea_flag(reader.actor, idea)
    with pytest.raises(RoundIsClosed):
        queue.approve_texts(room.owner, room.id, [ChosenText(seen.handle, seen.version, seen.until)])
    assert waiting(room) == []


def test_to_keep_a_text_rejects_its_flags_and_to_hide_it_upholds_them(room, idea, author, reader):
    argument = factories.argument(idea, author, "You are all wrong")
    flag(reader, idea)
    flags.flag_argument(reader.actor, argument, OFF_TOPIC)
    assert {text.handle for text in waiting(room)} == {f"idea-{idea}", f"argument-{argument}"}

    factories.keep(room, room.owner, f"idea-{idea}")
    moderation.hide_argument(room.owner, argument, "Insults someone")

    assert states() == ["rejected", "upheld"]
    assert waiting(room) == []
    assert entries(room, "flags") == [{"idea": idea, "rejected": 1}, {"argument": argument, "upheld": 1}]
    acts = db.session.execute(db.select(Act.kind, Act.handle).filter_by(chain_id=room.chain_id)).tuples().all()
    assert acts[-2:] == [("keep", f"idea-{idea}"), ("hide", f"argument-{argument}")]
    assert factories.shown(idea)
    assert sound()


def test_only_facilitators_decide(room, idea, reader):
    flag(reader, idea)

    with pytest.raises(Forbidden):
        factories.keep(room, reader.actor, f"idea-{idea}")
    assert states() == ["open"]


def test_a_decision_is_about_the_flags_and_words_that_the_moderator_saw(room, idea, author, reader):
    flag(reader, idea)
    [seen] = waiting(room)
    flag(factories.participant(room), idea, words="It names my neighbour")

    queue.approve_texts(room.owner, room.id, [ChosenText(seen.handle, seen.version, seen.until)])

    assert states() == ["rejected", "open"]
    [later] = waiting(room)
    ideas.edit_idea(author.actor, idea, IdeaForm("Another idea"))
    with pytest.raises(Changed):
        queue.approve_texts(room.owner, room.id, [ChosenText(later.handle, later.version, later.until)])
    assert states() == ["rejected", "open"]


def test_a_flag_of_words_that_their_author_changed_is_not_rejected(room, idea, author, reader):
    flag(reader, idea)
    ideas.edit_idea(author.actor, idea, IdeaForm("A calm idea"))
    [found] = waiting(room)
    assert (found.earlier, found.title) == (1, "A calm idea")

    factories.keep(room, room.owner, f"idea-{idea}")

    assert states() == ["outdated"]


def test_a_text_that_its_author_withdrew_is_not_kept(room, idea, author, reader):
    flag(reader, idea)
    [seen] = waiting(room)
    ideas.withdraw_idea(author.actor, idea)

    with pytest.raises(Changed):
        queue.approve_texts(room.owner, room.id, [ChosenText(seen.handle, seen.version, seen.until)])

    assert states() == ["open"]


def test_a_person_who_flagged_two_versions_counts_once(room, idea, author, reader):
    flag(reader, idea)
    kept = factories.keep(room, room.owner, f"idea-{idea}")
    ideas.edit_idea(author.actor, idea, IdeaForm("Still loud"))
    flag(reader, idea, FlagKind.OFF_TOPIC)
    queue.undo_act(room.owner, room.id, kept)
    assert states() == ["open", "open"]

    [found] = waiting(room)

    assert (found.flags, found.weight, found.earlier, found.kinds) == (1, 1, 0, {FlagKind.OFF_TOPIC: 1})
    queue.approve_texts(room.owner, room.id, [ChosenText(found.handle, found.version, found.until)])
    assert states() == ["outdated", "rejected"]


def test_three_rejected_flags_lower_the_weight_of_the_others(room, author, reader):
    texts = [factories.idea(room, author) for _ in range(5)]
    for key in texts[:3]:
        flag(reader, key)
        factories.keep(room, room.owner, f"idea-{key}")
    flag(reader, texts[3])
    flag(factories.participant(room), texts[4])

    heavy, light = waiting(room)

    assert (heavy.handle, heavy.weight, heavy.doubtful) == (f"idea-{texts[4]}", 1, 0)
    assert (light.handle, light.weight, light.doubtful, light.flags) == (f"idea-{texts[3]}", 0.5, 1, 1)


def test_decisions_can_be_taken_back_until_the_close(room, idea, reader):
    flag(reader, idea)
    kept = factories.keep(room, room.owner, f"idea-{idea}")
    queue.undo_act(room.owner, room.id, kept)
    assert len(waiting(room)) == 1
    with pytest.raises(Changed):
        queue.undo_act(room.owner, room.id, kept)

    moderation.hide_idea(room.owner, idea, "Insults someone")
    assert states() == ["upheld"]
    moderation.restore_idea(room.owner, idea)

    assert len(waiting(room)) == 1
    assert [sum(body.get(name, 0) for body in entries(room, "flags")) for name in ("upheld", "rejected")] == [0, 0]
    assert sound()


def test_flags_follow_what_becomes_of_a_text(room, idea, author, reader):
    other = factories.idea(room, factories.participant(room))
    flag(reader, idea)

    ideas.withdraw_idea(author.actor, idea)
    assert waiting(room) == []
    ideas.reinstate_idea(author.actor, idea)
    assert len(waiting(room)) == 1

    merging.merge_ideas(room.owner, idea, other)
    [found] = waiting(room)
    assert (found.handle, found.is_merged) == (f"idea-{idea}", True)
    moderation.hide_idea(room.owner, other, "")
    assert waiting(room) == []
    moderation.restore_idea(room.owner, other)
    factories.keep(room, room.owner, f"idea-{idea}")
    assert states() == ["rejected"]
    assert sound()


def test_the_flags_of_an_erased_text_are_upheld_and_wait_no_longer(room, idea, author, reader):
    argument = factories.argument(idea, author)
    flag(reader, idea)
    flags.flag_argument(reader.actor, argument, OFF_TOPIC)

    moderation.redact_idea(room.owner, idea, "")
    moderation.redact_argument(room.owner, argument, "")

    assert states() == ["upheld", "upheld"]


def test_a_removal_upholds_the_flags_of_the_texts_that_it_hides(room, idea, author, reader):
    flag(reader, idea)

    participants.bar_participant(room.owner, room.id, author.id, "")

    assert states() == ["upheld"]


def test_many_flags_cost_as_many_statements_as_one(room, idea, author):
    people = [factories.participant(room) for _ in range(30)]
    other = factories.idea(room, author)

    def cost():
        asked, round = [], room.round
        assert round.challenge.flags
        note = lambda _connection, _cursor, statement, *_: asked.append(statement)  # noqa: E731
        event.listen(db.engine, "before_cursor_execute", note)
        found = flagged_texts(db.session(), round)
        event.remove(db.engine, "before_cursor_execute", note)
        return found, asked

    flag(people[0], idea)
    _, one = cost()
    for n, who in enumerate(people[1:]):
        flag(who, idea, words=f"Reason {n:02}")
        flag(who, other)
    found, many = cost()

    assert [text.flags for text in found] == [30, 29]
    assert len(many) == len(one) <= 2, many
    assert len(found[0].words) == WORDS_SHOWN
    assert found[0].more_words == 29 - WORDS_SHOWN


def test_a_room_without_flags_is_not_asked_for_them(room, idea):
    round, asked = room.round, []
    assert round.challenge.flags == 0
    note = lambda _connection, _cursor, statement, *_: asked.append(statement)  # noqa: E731
    event.listen(db.engine, "before_cursor_execute", note)
    assert flagged_texts(db.session(), round) == []
    assert flagged_count(db.session(), round) == 0
    event.remove(db.engine, "before_cursor_execute", note)
    assert asked == []


def test_two_flags_of_one_person_at_the_same_time_are_one(room, idea, reader):
    app, ready, answers = current_app._get_current_object(), threading.Barrier(2), []

    def go():
        with app.app_context():
            ready.wait()
            try:
                answers.append(flags.flag_idea(reader.actor, idea, OFF_TOPIC))
            except Conflict:
                answers.append("conflict")

    threads = [threading.Thread(target=go) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(map(str, answers)) == ["None", "conflict"]
    assert [text.flags for text in waiting(room)] == [1]
    assert sound()


def test_a_facilitator_who_takes_part_flags_like_everybody_and_decides(room, idea, reader):
    facilitations.share_facilitation(room.owner, room.id, reader.id)
    flag(reader, idea)

    factories.keep(room, reader.actor, f"idea-{idea}")

    assert states() == ["rejected"]
    assert [row.reason for row in news_of(db.session(), reader.actor)] == [], (
        "nobody tells them what they did themselves"
    )


def test_five_hundred_flags_of_one_text_are_decided_together(room, idea):
    with write() as transaction:
        session, first = transaction.session, db.session.get_one(Idea, idea)
        people = [new_participant(room.id, new_person(session).id, f"Reader {n}", Tier.OPEN) for n in range(500)]
        session.add_all(people)
        session.flush()
        for person in people:
            row = Flag(round_id=room.round_id, participant_id=person.id, idea_id=idea, version=1)
            row.kind, row.words, row.flagged_at = FlagKind.REPEAT, f"Words of {person.name}", first.created_at
            session.add(row)
        transaction.session.get_one(Challenge, room.id).flags = 500
    [found] = waiting(room)
    assert (found.flags, len(found.words), found.more_words) == (500, WORDS_SHOWN, 490)

    moderation.hide_idea(room.owner, idea, "Already exists")

    assert states() == ["upheld"] * 500
    assert entries(room, "flags") == [{"idea": idea, "upheld": 500}]


def test_the_flags_of_a_guest_move_to_the_account(room, idea, author):
    account = factories.account()
    holder = factories.participant(room, actor=account)
    guest = factories.participant(room)
    own, other = factories.idea(room, holder), factories.idea(room, author)
    flag(guest, idea, words="The guest")
    flag(holder, idea, words="The account")
    flag(guest, other)
    flag(guest, own)

    guests.adopt_guest(guest.actor.person_id, account.account_id)

    rows = db.session.execute(db.select(Flag.participant_id, Flag.idea_id, Flag.words).order_by(Flag.id)).tuples().all()
    assert rows == [(holder.id, idea, "The account"), (holder.id, other, "")]


def test_to_erase_ones_texts_erases_the_words_of_ones_flags(room, idea, author, reader):
    flag(reader, idea, words="It is about me")
    flag(factories.participant(room), idea, words="Rude")

    leaving.leave_challenge(reader.actor, room.id, leaving.Parting.TEXTS)

    [found] = waiting(room)
    assert (found.flags, found.words) == (2, ("Rude",))


def test_flags_go_with_the_people_and_with_the_challenge(room, idea, reader):
    flag(reader, idea)
    other = factories.room()
    flag(factories.participant(other), factories.idea(other, factories.participant(other)))
    factories.close(room)
    with write() as transaction:
        anonymise_challenge(journal.locked(transaction, room.id), room.round)
    assert states() == ["open"]

    deleting.delete_challenge(other.owner, other.id, other.round.challenge.title)

    assert states() == []
