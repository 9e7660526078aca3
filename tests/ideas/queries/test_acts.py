"""The acts of facilitators: all of them for members, and numbers without persons for everybody."""

import json
from collections import Counter

import pytest
from sqlalchemy import event

from ideas.blueprints import QuestionPlan
from ideas.database import db
from ideas.models import Act, Anonymity, Challenge, FlagKind, JournalEntry, Round
from ideas.queries.acts import FACTS, ActQuery, acts_of, moderation_facts
from ideas.services import (
    facilitations,
    flags,
    leaving,
    merging,
    moderation,
    next_rounds,
    participants,
    queue,
    rounds,
    steering,
    waves,
)
from ideas.services.flags import FlagForm
from tests import factories


@pytest.fixture
def room(app, noise):
    return factories.room(approval=True)


@pytest.fixture
def author(room):
    return factories.participant(room, "Author")


def log(room, **asked):
    db.session.expire_all()
    return acts_of(db.session(), db.session.get_one(Challenge, room.id), ActQuery(50, **asked))


def told(room, **asked):
    return [(row.kind, row.subject.words, row.reason) for row in log(room, **asked).rows]


def facts(room):
    db.session.expire_all()
    return {fact: n for fact, n in moderation_facts(db.session(), room.round).items() if n}


def test_acts_name_what_they_were_about_and_why(room, author):
    idea = factories.idea(room, author, "Rye")
    moderation.approve_idea(room.owner, idea)
    argument = factories.argument(idea, author, "It is dark")
    moderation.hide_argument(room.owner, argument, "Off topic")
    moderation.hide_idea(room.owner, idea, "Already exists")
    participants.rename_participant(room.owner, room.id, author.id, "Other name")

    assert told(room)[:4] == [
        ("rename", "Other name", ""),
        ("hide", "Rye", "Already exists"),
        ("hide", "It is dark", "Off topic"),
        ("approve", "Rye", ""),
    ]
    assert told(room)[-1][0] == "open"
    row = log(room).rows[1]
    assert row.who.endswith("@example.org")
    assert (row.subject.noun, row.subject.idea_id, row.round_n) == ("idea", idea, 1)


def test_words_that_are_gone_are_not_told(room, author):
    idea = factories.idea(room, author, "A secret")
    moderation.approve_idea(room.owner, idea)
    moderation.redact_idea(room.owner, idea, "Private data")
    participants.rename_participant(room.owner, room.id, author.id, "Somebody else")
    leaving.leave_challenge(author.actor, room.id, leaving.Parting.NAME)

    assert told(room)[:3] == [("rename", "", ""), ("redact", "", "Private data"), ("approve", "", "")]


@pytest.mark.parametrize("anonymity", [Anonymity.UNTIL_RESULT, Anonymity.FOR_GOOD], ids=["until result", "for good"])
def test_an_act_on_a_text_does_not_name_its_author(app, anonymity):
    room = factories.room(anonymity=anonymity)
    author = factories.participant(room, "A rare name")
    idea = factories.idea(room, author)
    moderation.hide_argument(room.owner, factories.argument(idea, author), "Off topic")
    moderation.hide_idea(room.owner, idea, "Off topic")

    assert "A rare name" not in repr(log(room))
    assert f"participant-{author.id}" not in repr(log(room))


def test_each_of_the_acts_that_were_done_at_once_tells_how_many_they_are(room, author):
    texts = [queue.ChosenText(f"idea-{factories.idea(room, author)}", 1) for _ in range(3)]
    queue.approve_texts(room.owner, room.id, texts)
    moderation.approve_idea(room.owner, factories.idea(room, author))

    assert [row.texts for row in log(room, kind="approve").rows] == [1, 3, 3, 3]


def test_acts_are_filtered_by_person_kind_round_and_words(room, author):
    helper = factories.participant(room, "Helper")
    facilitations.share_facilitation(room.owner, room.id, helper.id)
    idea, other = (factories.idea(room, author) for _ in range(2))
    moderation.hide_idea(room.owner, idea, "Off topic")
    moderation.hide_idea(helper.actor, other, "ÄRGERT jemanden")

    names = log(room).people
    key = next(key for key, name in names.items() if name == "Helper")
    assert len(names) == 2
    assert [row.who for row in log(room, who=key).rows] == ["Helper"]
    assert {row.kind for row in log(room, kind="hide").rows} == {"hide"}
    assert log(room, kind="hide").found == 2
    assert [row.reason for row in log(room, search="ärgert").rows] == ["ÄRGERT jemanden"]
    assert log(room, round=1).found == log(room).all
    assert log(room, round=2).found == log(room, who="nobody").found == 0


def test_every_act_has_the_round_in_which_it_happened(app):
    room = factories.room()
    author = factories.participant(room)
    idea = factories.idea(room, author, "Rye")
    factories.close(room)
    ask = next_rounds.NextRound(next_rounds.Selection(next_rounds.How.TOP, top=1), factories.STEPS, (QuestionPlan(),))
    next_rounds.begin_next_round(room.owner, room.round_id, ask)
    participants.bar_participant(room.owner, room.id, author.id, "Rude")
    assert idea

    found = [(row.kind, row.round_n) for row in log(room).rows]

    assert found[0] == ("bar", 2)
    assert ("close", 1) in found
    assert log(room, round=1).found + log(room, round=2).found == len(found)
    assert log(room).rounds == [1, 2]


def test_many_acts_cost_as_many_statements_as_few(room, author):
    def cost():
        challenge, asked = db.session.get_one(Challenge, room.id), []
        assert challenge.organisation_id
        note = lambda _connection, _cursor, statement, *_: asked.append(statement)  # noqa: E731
        event.listen(db.engine, "before_cursor_execute", note)
        found = acts_of(db.session(), challenge, ActQuery(50))
        event.remove(db.engine, "before_cursor_execute", note)
        return found, len(asked)

    def act():
        idea = factories.idea(room, author)
        moderation.approve_idea(room.owner, idea)
        moderation.hide_argument(room.owner, factories.argument(idea, author), "")

    participants.rename_participant(room.owner, room.id, author.id, "Other name")
    act()
    few, cheap = cost()
    for _ in range(30):
        act()
    many, dear = cost()

    assert dear <= cheap <= 10  # no participant is on the page any more
    assert len(few.rows) < len(many.rows) == 50
    assert (many.pages, many.first, many.last, many.all) == (2, 1, 50, many.found)
    second = log(room, page=2)
    assert len(second.rows) == many.all - 50
    assert max(row.seq for row in second.rows) < min(row.seq for row in many.rows)


def test_the_numbers_of_a_round_are_those_of_its_journal(room, author):
    people = [factories.participant(room) for _ in range(5)]
    ideas = [factories.idea(room, author) for _ in range(6)]
    for idea in ideas:
        moderation.approve_idea(room.owner, idea)
    argument = factories.argument(ideas[0], author)
    for who, idea in zip(people, (0, 0, 1, 2, 2), strict=True):
        flags.flag_idea(who.actor, ideas[idea], FlagForm(FlagKind.OFF_TOPIC))
    moderation.hide_idea(room.owner, ideas[0], "Off topic")
    factories.keep(room, room.owner, f"idea-{ideas[1]}")
    queue.undo_act(room.owner, room.id, factories.keep(room, room.owner, f"idea-{ideas[2]}"))
    moderation.hide_argument(room.owner, argument, "")
    moderation.restore_argument(room.owner, argument)
    merging.merge_ideas(room.owner, ideas[3], ideas[4])
    merging.unmerge_idea(room.owner, ideas[3])
    moderation.redact_idea(room.owner, ideas[5], "")
    steering.shift_end(room.owner, room.round_id, 60)
    waves.exclude_wave(room.owner, factories.wave(room, people[0]))
    participants.bar_participant(room.owner, room.id, people[1].id, "")
    leaving.erase_own_texts(author.actor, room.id)

    assert facts(room) == {
        "ideas_approved": 6,
        "ideas_hidden": 1,
        "arguments_hidden": 1,
        "shown_again": 1,
        "texts_erased": 1,
        "ideas_merged": 1,
        "ideas_separated": 1,
        "people_removed": 1,
        "waves_left_out": 1,
        "phases_changed": 1,
        "reports_upheld": 2,
        "reports_rejected": 1,
    }
    rows = db.session.execute(db.select(JournalEntry.kind, JournalEntry.body).filter_by(chain_id=room.chain_id)).all()
    kinds, bodies = Counter(kind for kind, _ in rows), [json.loads(body) for kind, body in rows if kind == "flags"]
    found = facts(room)
    assert kinds["hide"] == found["ideas_hidden"] + found["arguments_hidden"]
    assert kinds["show"] == found["ideas_approved"] + found["shown_again"]
    assert (kinds["merge"], kinds["unmerge"]) == (found["ideas_merged"], found["ideas_separated"])
    assert (kinds["bar"], kinds["exclude"], kinds["time"]) == (1, 1, 1)
    assert kinds["redact"] == found["texts_erased"] + 6, "the author erased the other five ideas and the argument"
    assert sum(body.get("upheld", 0) for body in bodies) == found["reports_upheld"]
    assert sum(body.get("rejected", 0) for body in bodies) == found["reports_rejected"]


def test_a_later_round_changes_no_number_of_an_earlier_one(app):
    room = factories.room()
    author = factories.participant(room)
    ideas = [factories.idea(room, author) for _ in range(3)]
    moderation.hide_idea(room.owner, ideas[0], "")
    factories.close(room)
    first = room.round_id
    ask = next_rounds.NextRound(next_rounds.Selection(next_rounds.How.TOP, top=2), factories.STEPS, (QuestionPlan(),))
    second = next_rounds.begin_next_round(room.owner, room.round_id, ask)
    rounds.step_to_phase(room.owner, second, 0)
    moderation.hide_idea(room.owner, ideas[1], "")
    moderation.hide_idea(room.owner, ideas[2], "")

    hidden = [moderation_facts(db.session(), db.session.get_one(Round, id))["ideas_hidden"] for id in (first, second)]
    assert hidden == [1, 2]


def test_the_numbers_name_nobody(room, author):
    moderation.hide_idea(room.owner, factories.idea(room, author), "A private reason")

    assert set(moderation_facts(db.session(), room.round)) == set(FACTS)
    assert all(isinstance(n, int) for n in moderation_facts(db.session(), room.round).values())
    assert db.session.scalar(db.select(Act.reason).filter_by(kind="hide", chain_id=room.chain_id)) == "A private reason"
