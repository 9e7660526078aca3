"""How well a discussion went, in numbers: what everybody reads, frozen by the close, without a way to authors."""

import io
import json

import pytest

from ideas.database import db
from ideas.exports import FORMATS
from ideas.models import Anonymity, Stance
from ideas.queries.discussion import Discussion, discussion_of
from ideas.services import arguments, leaving, merging, moderation
from ideas.voting.timeline import LEAST
from tests import factories


@pytest.fixture(params=[Anonymity.NAMED, Anonymity.UNTIL_RESULT, Anonymity.FOR_GOOD])
def anonymity(request):
    return request.param


@pytest.fixture
def room(app, anonymity, noise):
    return factories.room(anonymity=anonymity)


@pytest.fixture
def people(room):
    return [factories.participant(room) for _ in range(6)]


@pytest.fixture
def discussed(room, people):
    """Three ideas, one with an objection on the idea that it was merged into; two questions, one with an answer."""
    first, second, third, merged = (factories.idea(room, people[0], f"Idea {n}") for n in range(4))
    factories.argument(first, people[1], "Good.", Stance.FOR)
    factories.argument(merged, people[1], "Bad.", Stance.AGAINST)
    merging.merge_ideas(room.owner, merged, second)
    hidden = factories.argument(third, people[2], "Rude.", Stance.AGAINST)
    moderation.hide_argument(room.owner, hidden, "rude")
    asked, open_question = (factories.argument(first, people[3], f"How {n}?", Stance.QUESTION) for n in range(2))
    arguments.reply(people[0].actor, asked, "So.", factories.op())
    return open_question


def now(room):
    db.session.rollback()
    return discussion_of(db.session(), room.round)


def test_the_numbers_are_those_of_the_texts_that_the_room_reads(room, anonymity, discussed):
    found = now(room)

    answered, argued = (0, 3) if anonymity == Anonymity.NAMED else (1, None)
    assert found == Discussion(
        ideas=3,
        without_objection=2,
        arguments=4,
        replies=1,
        questions=2,
        unanswered=1,
        answered=answered,
        people=6,
        argued=argued,
    )


def test_an_answer_of_the_organisation_counts(room, discussed):
    before = now(room).answered

    arguments.reply(room.owner, discussed, "By bus.", factories.op(), "The office")

    assert (now(room).answered, now(room).unanswered) == (before + 1, 0)


def test_the_close_freezes_the_numbers(room, people, anonymity, discussed):
    factories.close(room)
    found = now(room)
    assert (found.ideas, found.unanswered, found.people) == (3, 1, 6)

    leaving.leave_challenge(people[3].actor, room.id, leaving.Parting.NOTHING)
    moderation.redact_argument(room.owner, discussed, "private")

    assert now(room) == found
    assert found.argued == (None if anonymity == Anonymity.FOR_GOOD else 3)


def test_people_are_counted_from_five_on_where_authors_stay_hidden(app):
    room = factories.room(anonymity=Anonymity.FOR_GOOD)
    people = [factories.participant(room) for _ in range(LEAST)]
    idea = factories.idea(room, people[0])
    for person in people:
        factories.argument(idea, person)
    assert now(room).argued is None

    factories.close(room)

    assert now(room).argued == LEAST


def test_the_exports_have_them(room, anonymity, discussed):
    factories.close(room)
    answered = "answered_for_idea" if anonymity == Anonymity.FOR_GOOD else "answered_by_organisation"

    def written(name, option=""):
        out, form = io.BytesIO(), FORMATS[name]
        (form.variant({option}) or form).write(db.session(), room.round, out)
        return out.getvalue()

    document = json.loads(written("json"))["discussion"]
    assert (document["without_objection"], document["questions"], document["unanswered"]) == (2, 2, 1)
    assert answered in document
    table = written("csv", "discussion").decode().splitlines()
    assert table[0] == "figure,n,of,share"
    assert "unanswered,1,2,0.500000000" in table
    german = written("de.csv", "discussion").decode("utf-8-sig").splitlines()
    assert '"Unbeantwortete Rückfragen";"1";"2";"0,500000000"' in german, "people read words, programs names"
    assert not [name for name in document if f'"{name}"' in "".join(german)]
    assert ("argued,," in "\n".join(table)) is (anonymity == Anonymity.FOR_GOOD)
