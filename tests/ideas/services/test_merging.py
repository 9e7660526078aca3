"""Merging ideas: a merge keeps people, not sums, and its end restores every mark."""

import json
import random
import threading

import pytest

from ideas import journal
from ideas.blueprints import QuestionPlan
from ideas.database import db, write
from ideas.errors import Changed, Conflict, Forbidden, Invalid, NotFound, Refusal, RoundIsClosed
from ideas.exports.ballots import write_ballots
from ideas.exports.json import write_json
from ideas.exports.pack import recount, write_pack
from ideas.forgetting import forget_ballots
from ideas.journal import pseudonym
from ideas.marks import Cast
from ideas.models import (
    Challenge,
    Entry,
    EntryStatus,
    Exposure,
    JournalEntry,
    Mark,
    MergedMark,
    Notification,
    Participant,
    Reads,
    Round,
    Stance,
    StreamItem,
    Tally,
)
from ideas.queries.ballots import markable, own_ballot
from ideas.queries.ideas import idea_rows
from ideas.services import feeds, guests, ideas, leaving, moderation, participants, rounds, waves
from ideas.services.ballots import cast_ballots
from ideas.services.merging import Seen, merge_ideas, unmerge_idea
from tests import factories
from tests.factories import entry_id, journal_holds, op

PLANS = {
    "approval": QuestionPlan("approval"),
    "pairs": QuestionPlan("pairs"),
    "points": QuestionPlan("points", options={"budget": 6}),
    "grades": QuestionPlan("grades"),
    "stars": QuestionPlan("stars", options={"stars": 2, "lemons": 1}),
    "ranked": QuestionPlan("ranked", options={"most": 3}),
}
VALUES = {
    "approval": (1, 0, -1),
    "pairs": (1, 0, -1),
    "points": (0, 1, 2, 3, 4),
    "grades": (-1, 0, 3, 5),
    "stars": (1, 0, -1),
    "ranked": (0, 1, 2, 3),
}
VISIBLE, HIDDEN, MERGED, WITHDRAWN = (EntryStatus(word) for word in ("visible", "hidden", "merged", "withdrawn"))
every_rule = pytest.mark.parametrize("name", PLANS)


class Table:
    """A room with one question, the ideas of several authors, and voters."""

    def __init__(self, name="approval", ideas=4, voters=3):
        self.name = name
        self.room = factories.room(questions=(PLANS[name],))
        self.authors = [factories.participant(self.room) for _ in range(ideas)]
        self.voters = [factories.participant(self.room) for _ in range(voters)]
        self.ideas = [factories.idea(self.room, author) for author in self.authors]
        self.entries = [entry_id(idea) for idea in self.ideas]

    def cast(self, who, marks, client="tab", n=1):
        """`marks` by the positions of ideas, or of pairs of them."""
        subjects = {
            tuple(self.entries[k] for k in key) if isinstance(key, tuple) else self.entries[key]: value
            for key, value in marks.items()
        }
        [answer] = cast_ballots([Cast(who.id, self.room.round_id, op(), client, n, subjects, self.room.question_id)])
        return answer

    def own(self, who):
        """The marks that count, `{position: value}`."""
        db.session.rollback()
        found = own_ballot(db.session(), self.room.question_id, who.id)
        place = {entry: n for n, entry in enumerate(self.entries)}
        return {
            tuple(place[k] for k in key) if isinstance(key, tuple) else place[key]: value
            for key, value in found.items()
        }

    def merge(self, gone, into, **more):
        merge_ideas(self.room.owner, self.ideas[gone], self.ideas[into], **more)

    def unmerge(self, back, **more):
        unmerge_idea(self.room.owner, self.ideas[back], **more)

    def entry(self, n):
        db.session.rollback()
        return db.session.get_one(Entry, self.entries[n])


def state(room):
    """Everything that a merge moves: marks, tallies, deals and reads."""
    db.session.rollback()
    of = {"question_id": room.question_id}
    marks = {
        (m.participant_id, m.subject, m.versus, m.value, m.seq, m.client, m.n, m.at)
        for m in db.session.query(Mark).filter_by(**of)
    }
    tallies = {(t.subject, t.versus, t.value, t.n) for t in db.session.query(Tally).filter_by(**of) if t.n}
    deals = {(e.participant_id, e.subject, e.versus, e.turn) for e in db.session.query(Exposure).filter_by(**of)}
    reads = {(r.entry_id, r.n) for r in db.session.query(Reads).filter_by(**of) if r.n}
    assert db.session.query(MergedMark).filter_by(**of).count() == 0 or merged(room)
    return marks, tallies, deals, reads


def merged(room):
    return db.session.query(Entry).filter(Entry.round_id == room.round_id, Entry.merged_into.is_not(None)).count()


@pytest.fixture
def table(app):
    return Table


def script_agrees(table):
    """Whether the script of the pack finds the marks that count in the journal."""
    rows = db.session.query(JournalEntry.seq, JournalEntry.body).filter_by(chain_id=table.room.chain_id)
    bodies = [(seq, json.loads(body)) for seq, body in rows.order_by(JournalEntry.seq)]
    marks = {(who, *key): mark for (who, _, *key), mark in recount.latest_marks(bodies).items()}
    found = recount.combined(table.name, marks, recount.present_merges(bodies))
    stored = db.session.query(Participant.secret, Mark.subject, Mark.versus, Mark.value).join(Mark)
    names = {secret: pseudonym(table.room.round.key, secret) for secret, *_ in stored}
    return found == {(names[secret], *filter(None, key)): value for secret, *key, value in stored} != {}


def random_marks(chance, table, positions=None):
    positions = positions or range(len(table.entries))
    subjects = [(x, y) for x in positions for y in positions if x < y] if table.name == "pairs" else [*positions]
    chosen = chance.sample(subjects, chance.randint(1, min(3, len(subjects))))
    return {subject: chance.choice(VALUES[table.name]) for subject in chosen}


@every_rule
@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.acceptance)])
def test_merge_then_unmerge_is_the_identity(table, name, seed):
    chance, t = random.Random(f"{name}{seed}"), table(name, voters=4)
    for n in range(12):
        t.cast(chance.choice([*t.voters, *t.authors]), random_marks(chance, t), n=n)
    for voter in t.voters[:2]:
        feeds.deal(voter.actor, t.room.question_id, 3)
    before = state(t.room)

    t.merge(0, 1)
    assert journal_holds() == []
    t.merge(1, 2)
    assert journal_holds() == []
    t.unmerge(1)
    assert journal_holds() == []
    t.unmerge(0)

    assert journal_holds() == []
    assert state(t.room) == before


@every_rule
@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.acceptance)])
def test_the_recount_equals_the_tallies_after_every_act(table, name, seed):
    """The journal's recount, the stored marks and the counters, while people vote, merge and unmerge at will."""
    chance, t = random.Random(f"{seed}{name}"), table(name, ideas=5)
    done = {"cast": 0, "merge": 0, "unmerge": 0}
    for n in range(25):
        act = chance.choice(["cast", "cast", "merge", "unmerge"])
        shown = [k for k in range(5) if t.entry(k).shown]
        away = [k for k in range(5) if not t.entry(k).shown]
        if act == "cast":
            who = chance.choice([*t.voters, *t.authors])
            done["cast"] += t.cast(who, random_marks(chance, t, shown), client=f"tab{n % 2}", n=n).ok
        elif act == "merge" and len(shown) > 2:
            t.merge(*chance.sample(shown, 2))
            done["merge"] += 1
        elif act == "unmerge" and away:
            t.unmerge(chance.choice(away))
            done["unmerge"] += 1
        assert journal_holds() == []
    assert script_agrees(t)
    assert min(done.values()) > 0, done
    rounds.close_round(t.room.owner, t.room.round_id)
    assert journal_holds() == []


# What a merge changes for people


def test_who_marked_both_counts_once(table):
    t = table("points")
    voter, other, _ = t.voters
    t.cast(voter, {0: 2, 1: 3, 2: 1})
    t.cast(other, {0: 4})

    t.merge(0, 1)

    assert (t.own(voter), t.own(other)) == ({1: 3, 2: 1}, {1: 4})
    assert state(t.room)[1] == {(t.entries[1], 0, 3, 1), (t.entries[1], 0, 4, 1), (t.entries[2], 0, 1, 1)}


def test_the_other_points_are_free_again(table):
    t = table("points")
    voter = t.voters[0]
    t.cast(voter, {0: 3, 1: 3})
    assert t.cast(voter, {2: 3}, n=2).error == "budget"

    t.merge(0, 1)

    assert t.cast(voter, {2: 3}, n=3).ok
    assert t.own(voter) == {1: 3, 2: 3}


def test_points_that_were_free_fall_back_when_the_merge_ends(table):
    t = table("points")
    voter = t.voters[0]
    t.cast(voter, {0: 3, 1: 2})
    t.merge(0, 1)
    t.cast(voter, {2: 3}, n=2)

    t.unmerge(0)

    assert t.own(voter) == {0: 3, 1: 2, 2: 1}  # exactly what they gave the two, and what is left for the later one
    assert journal_holds() == []


def test_a_mark_after_the_merge_stays_on_the_idea_that_got_it(table):
    t = table("grades")
    voter = t.voters[0]
    t.cast(voter, {0: 5, 1: 3})
    t.merge(0, 1)
    assert t.cast(voter, {1: 0}, n=2).ok
    assert t.own(voter) == {1: 0}

    t.unmerge(0)

    assert t.own(voter) == {0: 5, 1: 0}


def test_no_credited_author_may_mark_the_merged_entry(table):
    t = table()
    author_of_gone, author_of_staying = t.authors[:2]
    assert t.cast(author_of_gone, {1: 1}).ok
    t.merge(0, 1)

    assert t.cast(author_of_gone, {1: -1}, n=2).error == "invalid"
    assert t.cast(author_of_staying, {1: 1}).error == "invalid"
    assert t.own(author_of_gone) == {1: 1}  # the mark from before the merge counts
    assert t.entries[1] not in markable(db.session(), t.room.round, author_of_gone.row)
    assert t.entries[2] in markable(db.session(), t.room.round, author_of_gone.row)

    t.merge(1, 2)
    assert t.cast(author_of_gone, {2: 1}, n=3).error == "invalid"
    t.unmerge(0)
    assert t.cast(author_of_gone, {2: 1}, n=4).ok


def test_a_mark_on_the_merged_idea_is_refused(table):
    t = table()
    t.merge(0, 1)

    assert t.cast(t.voters[0], {0: 1}).error == "not_found"


def test_a_late_copy_of_an_older_mark_does_not_undo_the_merge(table):
    """The page sent 1 and 2; number 1 arrives after the merge."""
    t = table()
    voter = t.voters[0]
    t.cast(voter, {0: 1}, n=2)
    t.merge(0, 1)

    t.cast(voter, {1: -1}, n=1)

    assert journal_holds() == []


def test_the_merged_idea_is_never_dealt_and_reads_combine(table):
    t = table(voters=2)
    one, other = t.voters
    feeds.deal(one.actor, t.room.question_id, 4)
    reads = dict(state(t.room)[3])
    assert reads[t.entries[1]] == 1

    t.merge(0, 1)

    assert t.entries[0] not in feeds.deal(other.actor, t.room.question_id, 4)
    assert len(feeds.deal(one.actor, t.room.question_id, 4)) == 3
    assert dict(state(t.room)[3])[t.entries[1]] == 2  # one was dealt both, and counts once


# Refusals


def test_an_idea_does_not_merge_into_itself(table):
    t = table()

    with pytest.raises(Invalid):
        t.merge(0, 0)


def test_merges_make_no_circle(table):
    t = table()
    t.merge(0, 1)

    with pytest.raises(Conflict):
        t.merge(1, 0)
    with pytest.raises(Conflict):
        t.merge(0, 2)  # it is merged already
    with pytest.raises(Conflict):
        t.merge(2, 0)  # the idea that should stay is merged
    assert journal_holds() == []


@pytest.mark.parametrize("which", [0, 1])
def test_an_idea_that_the_room_does_not_see_is_not_merged(table, which):
    t = table()
    moderation.hide_idea(t.room.owner, t.ideas[which], "off topic")

    with pytest.raises(Conflict):
        t.merge(0, 1)


def test_ideas_of_different_rooms_are_not_merged(table):
    t, other = table(), table()

    with pytest.raises(NotFound):
        merge_ideas(t.room.owner, t.ideas[0], other.ideas[0])


def test_sealed_ideas_are_not_merged(app):
    room = factories.room(phases=factories.ALONE_FIRST)
    author = factories.participant(room)
    one, two = (factories.idea(room, author) for _ in range(2))

    with pytest.raises(NotFound):
        merge_ideas(room.owner, one, two)


def test_an_idea_that_changed_since_is_not_merged(table):
    t = table()
    ideas.edit_idea(t.authors[1].actor, t.ideas[1], ideas.IdeaForm("Other words"))

    with pytest.raises(Changed):
        t.merge(0, 1, seen=Seen(1, 1))
    t.merge(0, 1, seen=Seen(1, 2))


def test_only_facilitators_merge(table):
    t = table()

    with pytest.raises(Forbidden):
        merge_ideas(t.authors[0].actor, t.ideas[0], t.ideas[1])
    t.merge(0, 1)
    with pytest.raises(Forbidden):
        unmerge_idea(t.authors[0].actor, t.ideas[0])


def test_after_the_close_nothing_is_merged(table):
    t = table()
    t.merge(0, 1)
    rounds.close_round(t.room.owner, t.room.round_id)

    with pytest.raises(RoundIsClosed):
        t.merge(1, 2)
    with pytest.raises(RoundIsClosed):
        t.unmerge(0)


def at_once(app, *acts):
    """Do all acts at the same time. :return: what each raised, None if it went through."""
    ready, found = threading.Barrier(len(acts)), [None] * len(acts)

    def run(n):
        with app.app_context():
            ready.wait(10)
            try:
                found[n] = acts[n]()
            except Refusal as refusal:
                found[n] = type(refusal)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_of_two_opposite_merges_at_once_one_is_refused(app, table):
    t = table()
    t.cast(t.voters[0], {0: 1, 1: -1})

    answers = at_once(app, lambda: t.merge(0, 1), lambda: t.merge(1, 0))

    assert sorted(answers, key=str) == [Conflict, None]
    assert merged(t.room) == 1
    assert journal_holds() == []


def test_marks_that_are_cast_while_a_merge_commits_count_or_are_refused(app, table):
    t = table(voters=6)
    casts = [lambda who=who: t.cast(who, {0: 1}).error for who in t.voters]

    answers = at_once(app, *casts[:3], lambda: t.merge(0, 1), *casts[3:])

    counted = sum(t.own(who) == {1: 1} for who in t.voters)
    assert counted == [*answers[:3], *answers[4:]].count(None)
    assert {*answers} <= {None, "not_found"}
    assert journal_holds() == []


# What happens to one of the two meanwhile


def test_a_merged_idea_that_was_withdrawn_stays_withdrawn_after_the_merge(table):
    t = table()
    t.cast(t.voters[0], {0: 1})
    t.merge(0, 1)
    ideas.withdraw_idea(t.authors[0].actor, t.ideas[0])
    assert t.own(t.voters[0]) == {1: 1}
    assert journal_holds() == []

    t.unmerge(0)

    assert t.entry(0).status == EntryStatus.WITHDRAWN
    assert t.own(t.voters[0]) == {0: 1}
    assert journal_holds() == []


def test_ideas_that_were_merged_into_a_withdrawn_one_stand_alone_again(table):
    """Nobody takes the idea of somebody else along."""
    t = table()
    t.cast(t.voters[0], {0: 1, 1: -1, 2: 0})
    t.merge(2, 0)
    t.merge(0, 1)
    t.merge(3, 1)

    ideas.withdraw_idea(t.authors[1].actor, t.ideas[1])

    assert [t.entry(n).status for n in range(4)] == [VISIBLE, WITHDRAWN, MERGED, VISIBLE]
    assert t.entry(2).counted_as == t.entries[0]
    assert t.own(t.voters[0]) == {0: 1, 1: -1}  # what was merged into a released idea stays there
    t.unmerge(2)
    assert t.own(t.voters[0]) == {0: 1, 1: -1, 2: 0}
    assert journal_holds() == []


def test_a_withdrawn_idea_that_is_released_releases_others(table):
    t = table()
    t.merge(0, 1)
    t.merge(1, 2)
    ideas.withdraw_idea(t.authors[1].actor, t.ideas[1])
    assert [t.entry(n).status for n in range(3)] == [MERGED, WITHDRAWN, VISIBLE]

    ideas.withdraw_idea(t.authors[2].actor, t.ideas[2])

    assert [t.entry(n).status for n in range(3)] == [VISIBLE, WITHDRAWN, WITHDRAWN]
    assert merged(t.room) == 0
    assert journal_holds() == []


def test_a_removal_takes_no_merged_idea_of_others_along(table):
    t = table()
    t.cast(t.voters[0], {0: 1, 1: -1})
    t.merge(0, 1)

    participants.bar_participant(t.room.owner, t.room.id, t.authors[1].id, "")

    assert [t.entry(n).status for n in range(2)] == [VISIBLE, HIDDEN]
    assert t.own(t.voters[0]) == {0: 1, 1: -1}
    assert journal_holds() == []


def test_a_merge_ends_although_the_idea_that_stays_was_hidden(table):
    t = table()
    t.cast(t.voters[0], {0: 1, 1: -1})
    t.merge(0, 1)
    moderation.hide_idea(t.room.owner, t.ideas[1], "off topic")

    t.unmerge(0)

    assert [t.entry(n).status for n in range(2)] == [VISIBLE, HIDDEN]
    assert t.own(t.voters[0]) == {0: 1, 1: -1}
    assert journal_holds() == []


# What others hear


def told(table, lane):
    """The handles that a lane hears of since `table.heard`."""
    db.session.rollback()
    query = db.session.query(StreamItem.handle).filter_by(chain_id=table.room.chain_id, lane=lane)
    return {handle for (handle,) in query.filter(StreamItem.seq > table.heard)}


def listen(table):
    db.session.rollback()
    table.heard = db.session.get_one(Challenge, table.room.id).seq


def is_withdrawn(t):
    ideas.withdraw_idea(t.authors[0].actor, t.ideas[0])


def is_redacted(t):
    moderation.redact_idea(t.room.owner, t.ideas[0], "")


def is_erased(t):
    leaving.erase_own_texts(t.authors[0].actor, t.room.id)


def is_renamed(t):
    participants.rename_myself(t.authors[0].actor, t.room.id, "Another name")


def is_nameless(t):
    leaving.leave_challenge(t.authors[0].actor, t.room.id, leaving.Parting.NAME)


def is_restored(t):
    moderation.restore_idea(t.room.owner, t.ideas[0])


@pytest.mark.parametrize("act", [is_withdrawn, is_redacted, is_erased, is_renamed, is_nameless, is_restored])
def test_the_card_that_shows_a_merged_idea_changes_with_it(table, act):
    """Its words and its author stand there: open pages must not keep them."""
    t = table()
    t.merge(0, 1)
    if act is is_restored:
        participants.bar_participant(t.room.owner, t.room.id, t.authors[0].id, "")
    listen(t)

    act(t)

    assert f"idea-{t.ideas[1]}" in told(t, "room")


def test_an_erased_argument_on_a_merged_idea_leaves_open_pages(table):
    t = table()
    argument = factories.argument(t.ideas[0], t.voters[0], "Because", Stance.FOR)
    t.merge(0, 1)
    listen(t)

    leaving.erase_own_texts(t.voters[0].actor, t.room.id)

    assert f"argument-{argument}" in told(t, "room")


def test_the_pages_of_people_whose_marks_combine_or_part_are_renewed(table):
    t = table()
    both, one, none = t.voters
    t.cast(both, {0: 1, 1: 1, 2: 1})
    t.cast(one, {0: 1})
    t.cast(none, {2: 1})

    for act in (lambda: t.merge(0, 1), lambda: t.unmerge(0)):
        listen(t)
        act()
        assert told(t, both.row.lane)
        assert told(t, one.row.lane)
        assert not told(t, none.row.lane)


def test_a_notice_of_combined_marks_is_forgotten_with_the_ballots(table):
    """It tells that its receiver marked one of the two ideas."""
    t = table()
    t.cast(t.voters[0], {0: 1})
    t.merge(0, 1)
    notices = db.session.query(Notification).filter_by(challenge_id=t.room.id, reason="marks_combined")
    assert notices.count() == 1
    rounds.close_round(t.room.owner, t.room.round_id)

    with write() as transaction:
        forget_ballots(journal.locked(transaction, t.room.id), transaction.session.get_one(Round, t.room.round_id))

    assert notices.count() == 0


@every_rule
def test_a_merge_costs_the_same_statements_however_much_is_merged_already(table, name):
    def merging(ideas):
        """The number of statements of a further merge and of its end."""
        t = table(name, ideas=ideas)
        for voter in t.voters[:2]:
            marks = {(n, n + 1): 1 for n in range(ideas - 1)} if name == "pairs" else dict.fromkeys(range(ideas), 1)
            for subject, value in marks.items():
                t.cast(voter, {subject: value})
        for n in range(1, ideas - 1):
            t.merge(n, 0)
        statements = []

        def note(*args):
            statements.append(args[2])

        db.event.listen(db.engine, "before_cursor_execute", note)
        t.merge(ideas - 1, 0)
        t.unmerge(ideas - 1)
        db.event.remove(db.engine, "before_cursor_execute", note)
        return len(statements)

    assert merging(9) <= merging(4) + 2


def test_a_merge_ends_although_an_idea_was_erased(table):
    t = table()
    t.cast(t.voters[0], {0: 1, 1: -1})
    t.merge(0, 1)
    moderation.redact_idea(t.room.owner, t.ideas[0], "")
    moderation.redact_idea(t.room.owner, t.ideas[1], "")

    t.unmerge(0)

    assert t.own(t.voters[0]) == {0: 1, 1: -1}
    assert journal_holds() == []


def test_a_merged_idea_is_not_edited_hidden_or_shown(table):
    t = table()
    t.merge(0, 1)

    with pytest.raises(Conflict):
        ideas.edit_idea(t.authors[0].actor, t.ideas[0], ideas.IdeaForm("Other words"))
    with pytest.raises(Conflict):
        moderation.hide_idea(t.room.owner, t.ideas[0], "")
    with pytest.raises(Conflict):
        moderation.restore_idea(t.room.owner, t.ideas[0])
    with pytest.raises(Conflict):
        ideas.reinstate_idea(t.authors[0].actor, t.ideas[0])


def test_an_unmerge_of_what_was_merged_otherwise_meanwhile_is_refused(table):
    t = table()
    t.merge(0, 1)

    with pytest.raises(Conflict):
        t.unmerge(0, into=t.ideas[2])
    t.unmerge(0, into=t.ideas[1])
    with pytest.raises(Conflict):
        t.unmerge(0)


# Other things that combine or leave out ballots


@every_rule
def test_a_guest_who_signs_in_between_gets_the_same_marks(table, name):
    """Two ballots of one person come together while ideas are merged: what counts, and what comes back, is exact."""
    chance, t = random.Random(name), table(name)
    account = factories.account()
    guest, holder = t.voters[0], factories.participant(t.room, "Holder", account)
    first, second = ({(0, 2): 1, (1, 2): -1}, {(0, 3): 1}) if name == "pairs" else ({0: 1}, {1: 0, 2: 1})
    t.cast(guest, first)
    t.cast(holder, second)
    t.merge(0, 1)
    t.cast(t.voters[1], random_marks(chance, t, [1, 2, 3]))

    guests.adopt_guest(guest.actor.person_id, account.account_id)

    assert journal_holds() == []
    t.unmerge(0)
    assert t.own(holder) == first | second
    assert journal_holds() == []


@every_rule
def test_a_wave_that_is_left_out_across_a_merge_comes_back_exactly(table, name):
    chance, t = random.Random(name), table(name)
    for voter in t.voters:
        t.cast(voter, random_marks(chance, t))
    before = state(t.room)
    wave = factories.wave(t.room, *t.voters[:2])
    t.merge(0, 1)

    waves.exclude_wave(t.room.owner, wave)
    assert journal_holds() == []
    t.unmerge(0)
    t.merge(2, 1)
    waves.restore_wave(t.room.owner, wave)
    assert journal_holds() == []
    t.unmerge(2)

    assert journal_holds() == []
    assert state(t.room)[:2] == before[:2]


def test_a_removal_hides_a_merged_text_too(table):
    """Where names are shown, a removal hides what the person wrote, on the card of another idea as well."""
    t = table()
    t.cast(t.voters[0], {0: 1})
    t.merge(0, 1)

    participants.bar_participant(t.room.owner, t.room.id, t.authors[0].id, "")

    assert t.entry(0).status == EntryStatus.HIDDEN
    [card] = idea_rows(db.session(), t.room.round, ids=[t.ideas[1]])
    assert card.merged == ()
    assert t.own(t.voters[0]) == {1: 1}
    assert journal_holds() == []
    moderation.restore_idea(t.room.owner, t.ideas[0])
    assert t.entry(0).status == EntryStatus.MERGED
    assert journal_holds() == []


@every_rule
def test_a_closed_round_with_merges_recounts_outside_of_the_server(table, name, tmp_path):
    """The pack, the ballot file and the document of the round agree about what was merged."""
    chance, t = random.Random(f"pack{name}"), table(name, voters=5)
    for n, voter in enumerate(t.voters):
        t.cast(voter, random_marks(chance, t), n=n)
    t.merge(0, 1)
    t.cast(t.voters[0], random_marks(chance, t, [1, 2, 3]), n=9)
    rounds.close_round(t.room.owner, t.room.round_id)
    files = {}
    for kind, write_file in (("pack", write_pack), ("ballots", write_ballots), ("json", write_json)):
        files[kind] = tmp_path / kind
        with files[kind].open("wb") as out:
            write_file(db.session(), t.room.round, out)

    assert recount.recount(files["pack"], [], [], files["ballots"])
    entries = {row["entry"]: row for row in json.loads(files["json"].read_bytes())["entries"]}
    assert (entries[t.entries[0]]["status"], entries[t.entries[0]]["merged_into"]) == ("merged", t.entries[1])
    assert entries[t.entries[1]]["merged_into"] is None
