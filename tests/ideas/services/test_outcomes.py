"""Outcomes: set after the close, for one idea or several, with their history, and the result never changes."""

import json
import zipfile
from io import BytesIO

import pytest

from ideas.database import db
from ideas.errors import Changed, Invalid, NotClosed, NotFound
from ideas.exports import FORMATS
from ideas.models import Act, Decision, EntryStatus, JournalEntry, Organisation, Result
from ideas.queries.ideas import idea_rows
from ideas.queries.news import news_of
from ideas.queries.outcomes import last_outcome, outcome_history, waiting_entries
from ideas.services import facilitations, grouping, ideas, leaving, moderation
from ideas.services.outcomes import keep_reasons, set_outcomes
from tests import factories


@pytest.fixture
def people(room):
    return [factories.participant(room) for _ in range(3)]


@pytest.fixture
def written(room, people):
    """Three ideas by three people."""
    return [factories.idea(room, person, f"Idea {n}") for n, person in enumerate(people)]


def decide(room, idea_ids, decision=Decision.CHOSEN, reason="We start now.", *, seen=None, actor=None, groups=()):
    entries = None if idea_ids is None else [factories.entry_id(idea) for idea in idea_ids]
    seen = last_outcome(db.session(), room.round_id) if seen is None else seen
    return set_outcomes(actor or room.owner, room.round_id, entries, decision, reason, seen=seen, groups=groups)


def decided(room) -> dict[int, tuple[Decision | None, str]]:
    db.session.rollback()
    return {row.id: (row.outcome, row.outcome_reason) for row in idea_rows(db.session(), room.round)}


def waiting(room) -> int:
    db.session.rollback()
    return len(waiting_entries(db.session(), room.round_id))


def test_several_ideas_are_answered_at_once_and_the_round_is_finished(room, written):
    factories.close(room)
    assert waiting(room) == 3

    assert decide(room, written[:2], Decision.NOT_NOW, " Too dear. ") == 2
    assert waiting(room) == 1
    assert decide(room, None, Decision.NO, "It exists.") == 1

    assert waiting(room) == 0
    assert decided(room) == {
        written[0]: (Decision.NOT_NOW, "Too dear."),
        written[1]: (Decision.NOT_NOW, "Too dear."),
        written[2]: (Decision.NO, "It exists."),
    }
    assert factories.journal_holds() == []


def test_a_group_stands_for_its_ideas_that_still_wait(room, written):
    group = grouping.group_ideas(room.owner, room.round_id, written[:2])
    factories.close(room)
    decide(room, written[:1], Decision.CHOSEN, "We want it.")

    assert decide(room, [], Decision.NO, "Together.", groups=[group]) == 1

    assert decided(room) == {
        written[0]: (Decision.CHOSEN, "We want it."),
        written[1]: (Decision.NO, "Together."),
        written[2]: (None, ""),
    }
    for gone in (group, group + 1):
        with pytest.raises(Changed):
            decide(room, [], groups=[gone])
    assert decide(room, written[2:], Decision.NOT_NOW, "Later.", groups=[group]) == 1
    assert factories.journal_holds() == []


def test_an_outcome_is_set_after_the_close_and_with_a_reason(room, written):
    with pytest.raises(NotClosed):
        decide(room, written)
    factories.close(room)

    for reason in ("", "  ", "x" * 301):
        with pytest.raises(Invalid):
            decide(room, written, reason=reason)
    with pytest.raises(Invalid):
        decide(room, [])
    assert waiting(room) == 3


def test_only_members_of_the_organisation_decide(room, written, people):
    facilitations.share_facilitation(room.owner, room.id, people[0].id)
    factories.close(room)
    moderator = factories.member(room.organisation_id, room.owner)

    for actor in (people[0].actor, people[1].actor, factories.account()):
        with pytest.raises(NotFound):
            decide(room, written, actor=actor)
    assert decide(room, written, actor=moderator) == 3


def test_a_change_leaves_the_history_and_the_result_as_it_was(room, written):
    factories.mark(room, factories.participant(room), {written[0]: 1})
    factories.close(room)
    before = db.session.get_one(Result, room.round_id).body
    decide(room, written[:1], Decision.CHOSEN, "First.")
    decide(room, written[:1], Decision.TAKEN_FURTHER, "Second.")
    decide(room, written[:1], Decision.TAKEN_FURTHER, "Second.")  # it is so already

    db.session.rollback()
    past = outcome_history(db.session(), room.round)[factories.entry_id(written[0])]
    assert [(each.outcome.decision, each.outcome.reason) for each in past] == [
        (Decision.CHOSEN, "First."),
        (Decision.TAKEN_FURTHER, "Second."),
    ]
    assert all(each.by and each.at for each in past)
    assert db.session.get_one(Result, room.round_id).body == before
    assert decided(room)[written[0]] == (Decision.TAKEN_FURTHER, "Second.")


def test_the_second_of_two_moderators_hears_that_it_changed(room, written):
    factories.close(room)
    seen = last_outcome(db.session(), room.round_id)
    decide(room, written[:1], Decision.CHOSEN, "We want it.", seen=seen)

    with pytest.raises(Changed):
        decide(room, written, Decision.NO, "We do not.", seen=seen)
    assert decide(room, written[1:], Decision.NO, "We do not.", seen=seen) == 2  # of those nobody had decided

    assert [decision for decision, _ in decided(room).values()].count(Decision.CHOSEN) == 1


def test_the_journal_holds_the_decision_and_no_reason(room, written):
    factories.close(room)
    decide(room, written, Decision.NOT_NOW, "A very private reason")

    entry = db.session.scalars(db.select(JournalEntry).filter_by(chain_id=room.chain_id, kind="outcome")).one()
    body = json.loads(entry.body)
    assert (body["outcome"], len(body["entries"])) == ("not_now", 3)
    assert b"private" not in entry.body
    act = db.session.get_one(Act, (room.chain_id, entry.seq))
    assert (act.kind, act.account_id, act.reason) == ("outcome", room.owner.account_id, "")


def test_an_outcome_that_was_changed_beside_the_journal_is_found(room, written):
    factories.close(room)
    decide(room, written)
    assert factories.journal_holds() == []

    db.session.execute(db.text("UPDATE outcome SET decision = 'no'"))
    db.session.commit()

    assert "outcome" in factories.journal_holds()[0]


def test_hidden_and_withdrawn_ideas_get_no_answer_and_nobody_waits(room, people, written):
    hidden, withdrawn, left = written
    moderation.hide_idea(room.owner, hidden, "Rude")
    ideas.withdraw_idea(people[1].actor, withdrawn)
    factories.close(room)

    assert waiting(room) == 1
    for idea in (hidden, withdrawn):
        with pytest.raises(NotFound):
            decide(room, [idea, left])
    assert decide(room, None) == 1


def test_a_pending_idea_waits_for_an_answer_that_the_result_does_not_show(app):
    room = factories.room(approval=True)
    pending = factories.idea(room, factories.participant(room), "Never approved")
    factories.close(room)

    assert waiting(room) == 1
    decide(room, [pending], Decision.NO, "Off topic.")

    assert waiting(room) == 0
    assert idea_rows(db.session(), room.round, statuses=[EntryStatus.VISIBLE]) == []


def test_erased_words_take_the_reasons_with_them_and_the_decision_stays(room, people, written):
    factories.close(room)
    decide(room, written, Decision.CHOSEN, "As Idea 0 says")

    moderation.redact_idea(room.owner, written[0], "Private")
    leaving.leave_challenge(people[1].actor, room.id, leaving.Parting.TEXTS)

    found = decided(room)
    assert found[written[0]] == found[written[1]] == (Decision.CHOSEN, "")
    assert found[written[2]] == (Decision.CHOSEN, "As Idea 0 says")
    assert factories.journal_holds() == []


def test_nobody_waits_for_an_answer_to_an_erased_idea_but_it_may_get_one(room, written):
    factories.close(room)
    moderation.redact_idea(room.owner, written[0], "Private")

    assert waiting(room) == 2
    assert decide(room, written[:1], Decision.CHOSEN, "It won.") == 1


def test_each_author_is_told_once_and_reads_the_present_answer(room, people, written):
    factories.close(room)
    decide(room, written, Decision.NOT_NOW, "Later.")
    decide(room, written[:1], Decision.CHOSEN, "Now after all.")

    first, second = (
        [row for row in news_of(db.session(), person.actor) if row.reason == "outcome_set"] for person in people[:2]
    )
    assert [(row.outcome, row.why, row.idea_title) for row in first] == [(Decision.CHOSEN, "Now after all.", "Idea 0")]
    assert [(row.outcome, row.why) for row in second] == [(Decision.NOT_NOW, "Later.")]


def test_every_format_of_a_whole_round_carries_the_outcomes(room, written):
    factories.close(room)
    decide(room, written[:1], Decision.CHOSEN, "We start at once.")

    for name in ("csv", "json", "pack"):
        out = BytesIO()
        db.session.rollback()
        FORMATS[name].write(db.session(), room.round, out)
        data = out.getvalue()
        if name == "pack":
            data = zipfile.ZipFile(out).read("outcomes.json")
        assert b"chosen" in data
        assert b"We start at once." in data


def test_the_reasons_of_an_organisation_are_kept_and_not_overwritten(room):
    keep_reasons(room.owner, room.organisation_id, " Too dear \n\nToo dear\nIt exists", was="")
    with pytest.raises(Changed):
        keep_reasons(room.owner, room.organisation_id, "Mine", was="")
    with pytest.raises(Invalid):
        keep_reasons(room.owner, room.organisation_id, "x" * 301, was="Too dear\nIt exists")

    db.session.rollback()
    assert db.session.get_one(Organisation, room.organisation_id).reasons == "Too dear\nIt exists"
