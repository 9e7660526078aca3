"""An idea may name those from which it grew; the edges are stored with it and never tell more than people may see."""

import json

import pytest
from sqlalchemy import delete, select

from ideas import audit
from ideas.database import db, write
from ideas.errors import Invalid, NumberReused, PhaseForbids
from ideas.models import Anonymity, Challenge, EdgeKind, IdeaEdge, JournalEntry
from ideas.queries.family import MEMBERS_MAX, families_of, family_of
from ideas.services import deleting, ideas, merging, moderation
from ideas.services.ideas import IdeaForm
from tests import factories
from tests.factories import op


def build(room, author, *parents, title="A child"):
    return ideas.submit_idea(author.actor, room.id, IdeaForm(title, parents=parents), op())


def edges_of(child):
    rows = db.session.scalars(select(IdeaEdge).filter_by(child_id=child).order_by(IdeaEdge.parent_id))
    return [(edge.parent_id, edge.kind) for edge in rows]


def all_edges(session):
    return [(edge.child_id, edge.parent_id) for edge in session.scalars(select(IdeaEdge))]


def titles_in(family):
    return [member.title for member in family.members]


@pytest.fixture
def room(app):
    return factories.room(phases=factories.STEPS)


@pytest.fixture
def author(room):
    return factories.participant(room)


@pytest.fixture
def other(room):
    return factories.participant(room)


class TestEdges:
    def test_an_idea_names_its_parents_in_one_command(self, room, author, other, recorded):
        first, second = factories.idea(room, other, "Oats"), factories.idea(room, other, "Rye")
        recorded.clear()

        child = build(room, author, second, first)

        assert edges_of(child) == [(first, EdgeKind.COMBINE), (second, EdgeKind.COMBINE)]
        assert edges_of(build(room, author, child)) == [(child, EdgeKind.BUILD_ON)]
        touched = {handle for event in recorded for handle in getattr(event, "handles", ())}
        assert {f"idea-{first}", f"idea-{second}", f"idea-{child}"} <= touched
        assert factories.journal_holds() == []

    def test_a_repeated_command_with_other_parents_is_another_one(self, room, author, other):
        parent, number = factories.idea(room, other), op()
        child = ideas.submit_idea(author.actor, room.id, IdeaForm("Once", parents=(parent,)), number)

        assert ideas.submit_idea(author.actor, room.id, IdeaForm("Once", parents=(parent,)), number) == child
        with pytest.raises(NumberReused):
            ideas.submit_idea(author.actor, room.id, IdeaForm("Once"), number)

    def test_the_journal_names_entries_and_no_words(self, room, author, other):
        parent = factories.idea(room, other, "Oats")

        build(room, author, parent, title="Oats with honey")

        body = db.session.scalars(select(JournalEntry.body).order_by(JournalEntry.seq.desc())).first()
        told = json.loads(body)
        assert told["kind"] == "entry"
        assert told["parents"] == [factories.entry_id(parent)]
        assert b"Oats" not in body

    def test_the_audit_finds_a_missing_edge(self, room, author, other):
        build(room, author, factories.idea(room, other))
        assert list(audit.check(db.session())) == []
        with write() as transaction:
            stored = all_edges(transaction.session)
            transaction.session.execute(delete(IdeaEdge))

        [found] = audit.check(db.session())

        assert "grew" in found.problem
        with write() as transaction:
            transaction.session.add_all(IdeaEdge(child_id=c, parent_id=p, kind=EdgeKind.BUILD_ON) for c, p in stored)

    def test_an_idea_that_cannot_be_seen_is_refused_like_a_missing_one(self, room, author, other):
        hidden, withdrawn = factories.idea(room, other), factories.idea(room, other)
        moderation.hide_idea(room.owner, hidden, "")
        ideas.withdraw_idea(other.actor, withdrawn)
        neighbour = factories.room(phases=factories.STEPS)
        elsewhere = factories.idea(neighbour, factories.participant(neighbour))

        for parent in (hidden, withdrawn, elsewhere, 10**9):
            with pytest.raises(Invalid) as refusal:
                build(room, author, parent)
            assert refusal.value.problems == {"parents": "parent_gone"}

    def test_at_most_four_parents(self, room, author, other):
        found = [factories.idea(room, other) for _ in range(5)]

        assert len(edges_of(build(room, author, *found[:4], found[0]))) == 4
        with pytest.raises(Invalid):
            build(room, author, *found)

    def test_only_where_writing_is_permitted(self, room, author, other):
        parent = factories.idea(room, other)
        factories.step(room, "debate")

        with pytest.raises(PhaseForbids):
            build(room, author, parent)

    def test_deleting_the_challenge_deletes_its_edges(self, room, author, other):
        build(room, author, factories.idea(room, other))
        factories.close(room)

        deleting.delete_challenge(room.owner, room.id, db.session.get_one(Challenge, room.id).title)

        assert all_edges(db.session()) == []


def silent_room(anonymity):
    room = factories.room(phases=factories.ALONE_FIRST, anonymity=anonymity)
    return room, factories.participant(room), factories.participant(room)


class TestSilence:
    def test_a_person_builds_on_their_own_idea_only(self, app):
        room, author, other = silent_room(Anonymity.NAMED)
        own, foreign = factories.idea(room, author, "Mine"), factories.idea(room, other)

        child = build(room, author, own)

        assert edges_of(child) == [(own, EdgeKind.BUILD_ON)]
        with pytest.raises(Invalid):
            build(room, author, foreign)
        assert family_of(db.session(), room.round, own) is None
        assert titles_in(family_of(db.session(), room.round, own, author.id)) == ["Mine", "A child"]

    def test_a_sealed_idea_that_combines_revealed_ones_is_absent(self, app):
        room, author, other = silent_room(Anonymity.NAMED)
        oats, rye = factories.idea(room, other, "Oats"), factories.idea(room, other, "Rye")
        factories.step(room, "build")
        factories.step(room, "write")

        build(room, author, oats, rye, title="Both")

        assert family_of(db.session(), room.round, oats) is None
        assert family_of(db.session(), room.round, oats, other.id) is None
        factories.step(room, "build")
        assert titles_in(family_of(db.session(), room.round, oats)) == ["Oats", "Rye", "Both"]

    @pytest.mark.parametrize("anonymity", [Anonymity.UNTIL_RESULT, Anonymity.FOR_GOOD])
    def test_no_edge_tells_that_two_ideas_are_of_one_hidden_author(self, app, anonymity):
        room, author, _ = silent_room(anonymity)
        own = factories.idea(room, author)

        with pytest.raises(Invalid):
            build(room, author, own)
        factories.step(room, "build")
        assert build(room, author, own)


class TestFamily:
    def test_relatives_of_every_degree_are_one_family(self, room, author, other):
        oats, rye, apart = (factories.idea(room, other, title) for title in ("Oats", "Rye", "Apart"))
        both = build(room, author, oats, rye, title="Both")
        last = build(room, other, both, title="Last")
        aside = build(room, other, rye, title="Aside")

        for idea in (oats, rye, both, last, aside):
            found = family_of(db.session(), room.round, idea)
            assert sorted(titles_in(found)) == ["Aside", "Both", "Last", "Oats", "Rye"]
            order = [member.id for member in found.members]
            assert all(order.index(p) < order.index(m.id) for m in found.members for p in m.parents)
        assert family_of(db.session(), room.round, apart) is None
        assert len(families_of(db.session(), room.round)) == 1

    def test_a_hidden_parent_has_no_words(self, room, author, other):
        parent = factories.idea(room, other, "Secret oats")
        one, two = build(room, author, parent, title="One"), build(room, author, parent, title="Two")
        moderation.hide_idea(room.owner, parent, "")

        found = family_of(db.session(), room.round, one)

        assert titles_in(found) == [None, "One", "Two"]
        assert found.ids == [one, two]
        moderation.hide_idea(room.owner, two, "")
        assert family_of(db.session(), room.round, one) is None

    def test_no_place_is_kept_for_an_unseen_idea_that_combines_visible_ones(self, room, author, other):
        oats, rye = factories.idea(room, other, "Oats"), factories.idea(room, other, "Rye")
        both = build(room, author, oats, rye, title="Both")
        assert titles_in(family_of(db.session(), room.round, oats)) == ["Oats", "Rye", "Both"]

        moderation.hide_idea(room.owner, both, "")

        assert family_of(db.session(), room.round, oats) is None
        assert families_of(db.session(), room.round) == []

    def test_the_idea_that_stands_for_a_merged_one_takes_its_place(self, room, author, other):
        other_idea, oats = factories.idea(room, author, "Muesli"), factories.idea(room, author, "Oats")
        child = build(room, other, oats)
        last = build(room, author, child, title="Last")
        merging.merge_ideas(room.owner, oats, other_idea)

        for idea in (other_idea, child, last):
            found = family_of(db.session(), room.round, idea)
            assert titles_in(found) == ["Muesli", "A child", "Last"]
            assert found.members[1].parents == (other_idea,)
        assert [titles_in(family) for family in families_of(db.session(), room.round)] == [titles_in(found)]

        # Merged into its own parent, an idea leaves its children to that one.
        merging.merge_ideas(room.owner, child, other_idea)
        assert titles_in(family_of(db.session(), room.round, last)) == ["Muesli", "Last"]
        merging.unmerge_idea(room.owner, child)
        merging.unmerge_idea(room.owner, oats)
        assert titles_in(family_of(db.session(), room.round, last)) == ["Oats", "A child", "Last"]
        assert family_of(db.session(), room.round, other_idea) is None

    def test_a_merge_into_an_older_idea_makes_no_circle(self, room, author, other):
        apart, oats = factories.idea(room, author, "Apart"), factories.idea(room, author, "Oats")
        child = build(room, other, oats)
        merging.merge_ideas(room.owner, child, apart)

        assert family_of(db.session(), room.round, apart) is None
        merging.unmerge_idea(room.owner, child)
        build(room, other, child, title="Last")
        merging.merge_ideas(room.owner, child, oats)
        assert titles_in(family_of(db.session(), room.round, oats)) == ["Oats", "Last"]

    def test_an_erased_parent_keeps_its_place(self, room, author, other):
        parent = factories.idea(room, other, "Oats")
        child = build(room, author, parent)
        moderation.redact_idea(room.owner, parent, "")

        assert titles_in(family_of(db.session(), room.round, child)) == ["", "A child"]

    def test_a_large_family_shows_the_nearest_ideas(self, room, author):
        chain = [factories.idea(room, author, "0")]
        for n in range(1, MEMBERS_MAX + 5):
            chain.append(build(room, author, chain[-1], title=str(n)))

        found = family_of(db.session(), room.round, chain[-1])

        assert len(found.members) == MEMBERS_MAX
        assert found.left_out == 5
        assert found.members[-1].id == chain[-1]
