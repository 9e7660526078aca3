"""A large vote is read by its counters and a random sample of voters."""

import numpy as np
import pytest

from ideas.blueprints import QuestionPlan
from ideas.database import db
from ideas.queries import crowds as reading
from ideas.queries.ballots import reads_of
from ideas.queries.counts import marks_of_people
from ideas.queries.crowds import crowd_of, marks_on_each
from ideas.voting.uncertainty import voters
from tests import crowds


def read(room, seed=1):
    session, question = db.session(), room.round.questions[0]
    return crowd_of(session, question, list(reads_of(session, question)), seed)


def total(room, crowd):
    method = room.round.questions[0].ballot_rule.counting
    return method.sums(crowd.whole, crowd.numbers, crowd.counted).total


@pytest.mark.parametrize("rule", crowds.RULES)
def test_an_ordinary_vote_is_read_whole(app, rule):
    room = crowds.voted(rule, QuestionPlan("approval" if rule != "approval" else "stars"))
    session, question = db.session(), room.round.questions[0]

    found = read(room)

    profile = question.ballot_rule.profile(marks_of_people(session, question, list(reads_of(session, question))))
    assert (found.people, found.counted) == (len(voters(profile)), len(voters(profile)))
    method = question.ballot_rule.counting
    assert total(room, found) == pytest.approx(method.sums(profile, np.ones(profile.people), profile.people).total)


@pytest.mark.parametrize("rule", [rule for rule in crowds.RULES if rule != "ranked"])
def test_a_sample_of_voters_is_read_with_the_counters_of_everybody(app, rule, monkeypatch):
    room = crowds.voted(rule)
    whole = read(room)
    monkeypatch.setattr(reading, "MARKS_READ", whole.marks // 2)

    found, again, other = read(room), read(room), read(room, seed=2)

    assert 0 < found.sample.people < whole.people
    assert (found.people, found.counted) == (24, 24)
    assert total(room, found) == pytest.approx(total(room, whole), abs=1e-6)
    assert np.array_equal(found.sample.participant, again.sample.participant)
    assert found.sample.people == other.sample.people


def test_without_counters_the_sample_stands_for_all(app, monkeypatch):
    ranked, pairs = crowds.voted("ranked"), crowds.voted("pairs")
    monkeypatch.setattr(reading, "MARKS_READ", 60)
    monkeypatch.setattr(reading, "TALLIES_READ", 5)

    for room in (ranked, pairs):
        found = read(room)
        assert found.whole is found.sample
        assert found.counted == found.sample.people < found.people == 24


def test_the_marks_on_each_idea_are_those_of_the_counters(app):
    room = crowds.voted("pairs")
    session, question = db.session(), room.round.questions[0]
    entries = list(reads_of(session, question))

    marks = marks_of_people(session, question, entries)

    each = np.bincount(np.concatenate([marks.subject, marks.versus]), minlength=len(entries))
    assert marks_on_each(session, question, entries).tolist() == each.tolist()
