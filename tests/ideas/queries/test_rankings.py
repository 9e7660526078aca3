"""The order that decides, of rounds without a jury."""

import pytest

from ideas.database import db
from ideas.errors import NotClosed
from ideas.queries.rankings import deciding_order, deciding_places
from ideas.services import moderation
from tests import factories


@pytest.fixture
def written(room, noise):
    """Four ideas by four people, with 3, 2, 2 and 1 yes, and one more that is hidden."""
    people = [factories.participant(room) for _ in range(5)]
    found = [factories.idea(room, person) for person in people]
    for n, yes in enumerate((3, 2, 2, 1)):
        voters = [person for person in people if person is not people[n]]
        for k, voter in enumerate(voters):
            factories.mark(room, voter, {found[n]: 1 if k < yes else -1})
    moderation.hide_idea(room.owner, found[4], "Not about the question.")
    return found


def test_without_a_jury_the_ranking_of_the_crowd_decides(room, written):
    factories.close(room)

    order = deciding_order(db.session(), room.round)

    assert [(row.idea.id, row.place, row.is_tied) for row in order] == [
        (written[0], 1, False),
        (written[1], 2, True),
        (written[2], 2, True),
        (written[3], 4, False),
    ]
    assert deciding_places(db.session(), room.round) == {row.idea.entry_id: row.place for row in order}


def test_an_open_round_has_no_order_that_decides(room, written):
    with pytest.raises(NotClosed):
        deciding_order(db.session(), room.round)
    with pytest.raises(NotClosed):
        deciding_places(db.session(), room.round)


def test_a_round_without_ideas_has_an_empty_order(room):
    factories.close(room)

    assert deciding_order(db.session(), room.round) == []
