"""What two people changed at once: each changed field is named before one of them replaces it."""

from dataclasses import fields, replace
from datetime import UTC, datetime

import pytest

from app.inputs.challenges import Typed
from app.inputs.criteria import CriterionDraft
from app.inputs.phases import PhaseDraft
from app.inputs.prizes import PrizeDraft
from app.inputs.questions import UNASKED, QuestionDraft
from app.pages.differences import differences, phases_in_words

# The name of a field that forms with this field of `Typed` send.
SENT = {"prizes": "currency", "parents_share": "currency", "arguments_share": "currency", "tie_rule": "currency"}
SENT |= {"jury_percent": "decides", "criteria": "c1_name", "criteria_steps": "c1_name", "questions": "q1_rule"}
SENT |= {
    "begin_at": "begin",
    "answer_days": "answer",
    "answer_on": "answer",
    "idea_text": "idea_image",
    "idea_prompts": "idea_image",
}

PRIZES = {"prizes": (PrizeDraft("First", "100"),)}
CRITERIA = {"criteria": (CriterionDraft("Useful", "1"),)}

# The other fields that have to be there for a difference of this one to count.
BESIDE = dict.fromkeys(("currency", "parents_share", "arguments_share", "tie_rule"), PRIZES)
BESIDE |= {"jury_percent": {"decides": "both"}, "criteria_steps": CRITERIA, "answer_days": {"answer": "days"}}
BESIDE |= {"begin_at": {"begin": "time", "begin_at": "2030-01-01T10:00"}}
BESIDE |= {"answer_on": {"answer": "date", "answer_on": "2030-01-01T10:00"}}

CHANGED = {
    "tie_rule": "drawn",
    "prizes": (PrizeDraft("First", "200"),),
    "criteria": (CriterionDraft("Cheap", "1"),),
    "phases": (PhaseDraft("Write", ("write",)),),
    "questions": (QuestionDraft("approval", "Which ones?"), *UNASKED[1:]),
    "answer": "days",
    "begin": "at_once",
    "begin_at": "2031-01-01T10:00",
    "answer_on": "2031-01-01T10:00",
    "decides": "jury",
}
# How the form says it, what follows from other fields, and acts that are no settings.
NOT_SETTINGS = {
    "planned",
    "replaced",
    "drop_picture",
    "begin_utc_offset",
    "begin_at_utc",
    "answer_utc_offset",
    "answer_on_utc",
}


@pytest.mark.parametrize("name", [each.name for each in fields(Typed) if each.name not in NOT_SETTINGS])
def test_each_setting_that_somebody_else_changed_is_named(app, name):
    mine = replace(Typed(), **BESIDE.get(name, {}))
    value = getattr(mine, name)
    theirs = replace(mine, **{name: CHANGED.get(name, not value if isinstance(value, bool) else f"{value}1")})

    with app.test_request_context():
        assert differences(mine, mine, {SENT.get(name, name)}) == []
        [(label, told)] = differences(mine, theirs, {SENT.get(name, name)})

    assert label
    assert told


def test_a_time_is_the_same_on_two_clocks_and_shown_on_the_clock_of_the_reader(app):
    mine = Typed(begin="time", begin_at="2030-01-01T11:00", begin_utc_offset="60")
    stored = Typed(begin="time", begin_at="2030-01-01T10:00", begin_at_utc=datetime(2030, 1, 1, 10, tzinfo=UTC))

    with app.test_request_context():
        assert differences(mine, stored, {"begin"}) == []
        [(_label, told)] = differences(mine, replace(stored, begin_at="2030-01-01T12:30"), {"begin"})

    assert "1:30" in told
    assert "UTC+1" in told


def test_phases_are_told_with_their_dates_and_what_people_can_do(app):
    stored = (PhaseDraft("Write", ("write",), until="date", ends_at="2030-01-01T10:00"),)
    later = (replace(stored[0], ends_at="2030-01-02T10:00"),)
    other = (replace(stored[0], activities=("write", "vote")),)

    with app.test_request_context():
        told = [phases_in_words(each, stored) for each in (stored, later, other)]

    assert len(set(told)) == 3
