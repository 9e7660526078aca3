"""Conditions: rights with consent, the promised answer, the pay line and the time reports, through the services."""

import io
import json
from dataclasses import replace
from datetime import timedelta
from zipfile import ZipFile

import pytest

from ideas import clock
from ideas.conditions import Conditions, conditions_of
from ideas.database import db
from ideas.errors import Forbidden, Invalid, NotClosed, RulesStand
from ideas.exports.own_data import write_participation
from ideas.models import (
    Challenge,
    Idea,
    JournalEntry,
    PostingStep,
    Retention,
    RetentionAct,
    Rights,
    RightsConsent,
    RightsText,
    TimeReport,
)
from ideas.pay import Pay
from ideas.prizes import PrizePlan, PrizeRules
from ideas.promises import rules_digest
from ideas.queries.pay import contest_pay, own_minutes, visible_ideas_in
from ideas.queries.promised_answers import answers_due
from ideas.queries.rights import rights_asked, rights_given
from ideas.services import challenges, ideas, leaving, posting, retention
from ideas.services.deleting import delete_challenge
from ideas.services.time_reports import report_minutes, withdraw_minutes
from tests import factories

LICENCE = Conditions(Rights.ON_AWARD, "A simple licence for the packaging.")
PRIZES = PrizeRules((PrizePlan("First", 20_000, 1), PrizePlan("Second", 5_000, 2)))


def challenge_of(room) -> Challenge:
    return db.session.get_one(Challenge, room.id)


def crowd(room, n):
    return [factories.participant(room) for _ in range(n)]


def submit(room, author, title="Dark rye", rights=None) -> int:
    return ideas.submit_idea(author.actor, room.id, ideas.IdeaForm(title, rights=rights), factories.op())


def revise(room, conditions) -> None:
    challenges.revise_challenge(room.owner, room.id, replace(factories.form(), conditions=conditions))


@pytest.fixture
def licensed(app, noise):
    return factories.room(conditions=LICENCE)


class TestRights:
    def test_they_stay_with_the_author_and_nobody_is_asked(self, room, author):
        submit(room, author)

        assert rights_asked(db.session(), challenge_of(room), author.row) is None
        assert db.session.query(RightsText).count() == db.session.query(RightsConsent).count() == 0

    def test_the_first_idea_needs_consent_to_the_version_that_holds(self, licensed):
        author = factories.participant(licensed)
        asked = rights_asked(db.session(), challenge_of(licensed), author.row)
        assert (asked.n, asked.words) == (1, LICENCE.rights_words)

        for ticked in (None, 2):
            with pytest.raises(Invalid) as refused:
                submit(licensed, author, rights=ticked)
            assert refused.value.problems == {"rights": "consent"}
        assert db.session.query(Idea).filter_by(challenge_id=licensed.id).count() == 0

        first, second = submit(licensed, author, rights=1), submit(licensed, author, "Light rye")

        assert rights_asked(db.session(), challenge_of(licensed), author.row) is None
        assert {row.n for row in rights_given(db.session(), [first, second]).values()} == {1}
        [consent] = db.session.query(RightsConsent)
        assert (consent.participant_id, consent.at <= clock.now()) == (author.id, True)

    def test_a_repeated_command_needs_no_second_tick(self, licensed):
        author, op = factories.participant(licensed), factories.op()
        form = ideas.IdeaForm("Dark rye", rights=1)

        first = ideas.submit_idea(author.actor, licensed.id, form, op)

        assert ideas.submit_idea(author.actor, licensed.id, replace(form, rights=None), op) == first

    def test_new_words_need_a_new_consent_and_leave_what_was_given(self, licensed):
        author = factories.participant(licensed)
        before = submit(licensed, author, rights=1)

        revise(licensed, Conditions(Rights.OTHER, "Everything is ours."))
        with pytest.raises(Invalid):
            submit(licensed, author, "Light rye", rights=1)
        after = submit(licensed, author, "Light rye", rights=2)

        given = rights_given(db.session(), [before, after])
        assert (given[before].rights, given[before].words) == (Rights.ON_AWARD, LICENCE.rights_words)
        assert (given[after].n, given[after].words) == (2, "Everything is ours.")

        revise(licensed, Conditions())
        free = submit(licensed, author, "White")
        assert free not in rights_given(db.session(), [free])

    def test_an_edit_of_an_idea_stays_under_its_words(self, licensed):
        author = factories.participant(licensed)
        idea_id = submit(licensed, author, rights=1)
        revise(licensed, Conditions(Rights.OTHER, "Everything is ours."))

        ideas.edit_idea(author.actor, idea_id, ideas.IdeaForm("Very dark rye"))

        assert rights_given(db.session(), [idea_id])[idea_id].n == 1

    def test_the_same_words_make_no_new_version(self, licensed):
        revise(licensed, LICENCE)

        assert [text.n for text in db.session.query(RightsText)] == [1]

    def test_they_stand_in_the_lobby(self, app):
        lobby = factories.lobby(conditions=LICENCE)

        with pytest.raises(RulesStand):
            revise(lobby, Conditions())

    def test_the_journal_binds_them(self, licensed):
        author = factories.participant(licensed)
        submit(licensed, author, rights=1)

        bodies = [
            json.loads(each.body) for each in db.session.query(JournalEntry).filter_by(chain_id=licensed.chain_id)
        ]
        [opened] = [body for body in bodies if body["kind"] == "open"]
        [entered] = [body for body in bodies if body["kind"] == "entry"]
        assert opened["rules"] == rules_digest(challenge_of(licensed), licensed.round)
        assert entered["rights"] == 1

        challenge_of(licensed).rights_words = "Everything is ours."
        assert opened["rules"] != rules_digest(challenge_of(licensed), licensed.round)
        db.session.rollback()
        assert factories.journal_holds() == []

    def test_ideas_of_the_organisation_need_none(self, app):
        seeded = factories.room(conditions=LICENCE, seed_ideas="Spelt\nOats")

        assert db.session.query(Idea).filter_by(challenge_id=seeded.id).count() == 2

    def test_other_words_must_be_there(self, app):
        with pytest.raises(Invalid) as refused:
            Conditions(Rights.OTHER, "  ").checked()
        assert refused.value.problems == {"rights_words": "missing"}
        assert Conditions(Rights.STAY, "But we own it").checked().rights_words == ""

    @pytest.mark.parametrize("parting", [leaving.Parting.NAME, leaving.Parting.TEXTS])
    def test_a_consent_is_erased_with_the_person(self, licensed, parting):
        author = factories.participant(licensed)
        idea_id = submit(licensed, author, rights=1)

        leaving.leave_challenge(author.actor, licensed.id, parting)

        assert db.session.query(RightsConsent).count() == 0
        assert rights_given(db.session(), [idea_id])[idea_id].n == 1


def test_own_data_has_the_consent_and_the_minutes(licensed):
    author = factories.participant(licensed)
    submit(licensed, author, rights=1)
    factories.close(licensed)
    report_minutes(author.actor, licensed.id, 1)

    out = io.BytesIO()
    write_participation(db.session(), author.row, out)
    data = json.loads(ZipFile(out).read("data.json"))

    [consent] = data["rights"]
    assert (consent["version"], consent["words"], data["minutes"]) == (1, LICENCE.rights_words, 1)


class TestTheAnswer:
    def test_days_count_from_the_close_and_a_date_stands(self, frozen_clock):
        now = clock.now()

        assert Conditions(answer_days=14).answer_due_at(None) is None
        assert Conditions(answer_days=14).answer_due_at(now) == now + timedelta(days=14)
        assert Conditions(answer_at=now).answer_due_at(None) == now
        assert Conditions().answer_due_at(now) is None

    def test_it_is_overdue_while_an_author_waits_after_the_day(self, app, frozen_clock):
        room = factories.room(conditions=Conditions(answer_days=3))
        factories.idea(room, factories.participant(room))
        factories.room(conditions=Conditions(answer_days=3))  # still open
        assert answers_due(db.session(), [room.id]) == {}
        factories.close(room)

        due = answers_due(db.session(), [room.id])[room.id]
        assert (due.due_at, due.waiting, due.is_overdue) == (clock.now() + timedelta(days=3), 1, False)

        frozen_clock.advance(3 * 86400 + 1)
        assert answers_due(db.session(), [room.id])[room.id].is_overdue


class TestPay:
    CONDITIONS = Conditions(expected_people=20, expected_minutes=60)

    def line(self, room, closed_at=None):
        return contest_pay(db.session(), challenge_of(room), closed_at)

    def test_the_kinds_of_prize(self, app, frozen_clock):
        assert self.line(factories.room(prize="")).line.kind == Pay.FUN
        assert self.line(factories.room()).line.kind == Pay.UNPRICED
        assert self.line(factories.room(prizes=PRIZES)).line.kind == Pay.UNKNOWN

        estimated = self.line(factories.room(prizes=PRIZES, conditions=self.CONDITIONS))
        assert (estimated.line.cents, estimated.line.expected_rate, estimated.line.is_below) == (30_000, 1500, False)
        assert (estimated.floor.cents, estimated.floor.country) == (1390, "DE")

    def test_another_currency_is_not_compared(self, app, frozen_clock):
        francs = factories.room(prizes=replace(PRIZES, currency="CHF"), conditions=self.CONDITIONS)

        assert self.line(francs).floor is None
        assert self.line(francs).line.is_below is None

    def test_reports_replace_the_estimate_from_five_on(self, app, frozen_clock):
        room = factories.room(prizes=PRIZES, conditions=self.CONDITIONS)
        people = crowd(room, 5)
        frozen_clock.advance(7200)
        with pytest.raises(NotClosed):
            report_minutes(people[0].actor, room.id, 30)
        factories.close(room)
        closed_at = clock.now()

        for n, person in enumerate(people[:4]):
            assert report_minutes(person.actor, room.id, 30 + n) == 30 + n
        few = self.line(room, closed_at).line
        assert (few.kind, few.people, few.times.low, few.times.high) == (Pay.FEW, 5, 30, 35)
        assert (few.expected_rate, few.typical) == (1500, None)

        report_minutes(people[4].actor, room.id, 9999)
        line = self.line(room, closed_at).line
        assert own_minutes(db.session(), people[4].row) == 120, "no longer than they were there"
        assert (line.kind, line.times.median, line.typical) == (Pay.AVERAGE, 32, 30_000 * 60 // (5 * 32))

        report_minutes(people[4].actor, room.id, 31)
        assert db.session.query(TimeReport).count() == 5, "a second report replaces the first"
        withdraw_minutes(people[4].actor, room.id)
        assert self.line(room, closed_at).line.kind == Pay.FEW

    def test_less_than_a_minute_is_no_report(self, app):
        room = factories.room(prizes=PRIZES)
        [person] = crowd(room, 1)
        factories.close(room)

        with pytest.raises(Invalid) as refused:
            report_minutes(person.actor, room.id, 0)
        assert refused.value.problems == {"minutes": "out_of_range"}
        assert db.session.query(TimeReport).count() == 0

    def test_earlier_contests_of_the_organisation_lower_the_estimate(self, app, frozen_clock):
        company, reported = factories.company(), Conditions(expected_people=5, expected_minutes=20)
        fields = {"prizes": PRIZES, "conditions": self.CONDITIONS}
        new, elsewhere = factories.room(company, **fields), factories.room(**fields)
        for n, minutes in enumerate((10, 34, 60)):
            assert self.line(new).line.tenths is None, n
            earlier = factories.room(company, conditions=reported)
            people = crowd(earlier, 5)
            frozen_clock.advance(7200)
            factories.close(earlier)
            for person in people:
                report_minutes(person.actor, earlier.id, minutes)

        line = self.line(new).line
        assert (line.expected_rate, line.tenths, line.longer_rate, line.is_below) == (1500, 17, 882, True)
        assert self.line(elsewhere).line.tenths is None
        withdraw_minutes(people[0].actor, earlier.id)
        assert self.line(new).line.tenths is None, "an average needs five reports"

    def test_the_number_of_ideas_is_told_where_everybody_sees_them(self, app):
        room = factories.room(prizes=PRIZES)
        author = factories.participant(room)
        factories.idea(room, author)
        assert visible_ideas_in(db.session(), room.round) == 1
        assert self.line(room).ideas is None

        silent = factories.room(prizes=PRIZES, phases=factories.ALONE_FIRST)
        factories.idea(silent, factories.participant(silent))
        assert visible_ideas_in(db.session(), silent.round) is None

        factories.close(room)
        assert self.line(room, clock.now()).ideas == 1

    def test_a_stranger_reports_nothing(self, app):
        room = factories.room(prizes=PRIZES)
        factories.close(room)

        with pytest.raises(Forbidden):
            report_minutes(room.owner, room.id, 10)

    def test_a_report_is_erased_with_the_person_and_stays_when_all_names_go(self, app, frozen_clock):
        room = factories.room(prizes=PRIZES, retention=Retention(RetentionAct.ANONYMISE, 1))
        one, other = crowd(room, 2)
        frozen_clock.advance(3600)
        factories.close(room)
        for person in (one, other):
            report_minutes(person.actor, room.id, 20)

        leaving.leave_challenge(one.actor, room.id, leaving.Parting.NAME)
        assert [row.participant_id for row in db.session.query(TimeReport)] == [other.id]

        frozen_clock.advance(2 * 86400)
        retention.run_due()
        assert [(row.participant_id, row.minutes) for row in db.session.query(TimeReport)] == [(None, 20)]


def test_a_deleted_challenge_takes_everything_along(licensed):
    author = factories.participant(licensed)
    submit(licensed, author, rights=1)
    factories.close(licensed)
    report_minutes(author.actor, licensed.id, 5)

    delete_challenge(licensed.owner, licensed.id, challenge_of(licensed).title)

    assert [db.session.query(each).count() for each in (RightsText, RightsConsent, TimeReport)] == [0, 0, 0]


def test_the_promises_of_challenges_without_conditions_are_as_before(room):
    assert conditions_of(challenge_of(room)).promised() == {}


class TestTheCountry:
    FRENCH = Conditions(floor_country="FR")

    def test_it_must_have_a_minimum_wage(self, app):
        for write in (
            lambda: factories.draft(conditions=self.FRENCH),
            lambda: revise(factories.draft(), self.FRENCH),
            lambda: self.save(factories.draft(), self.FRENCH),
        ):
            with pytest.raises(Invalid) as refused:
                write()
            assert refused.value.problems == {"floor_country": "unknown"}

    def test_a_stored_one_stays_when_its_minimum_wage_is_gone(self, app):
        draft = factories.draft()
        with db.session.begin_nested():
            challenge_of(draft).floor_country = "FR"
        db.session.commit()

        self.save(draft, replace(self.FRENCH, answer_days=9))

        assert conditions_of(challenge_of(draft)) == replace(self.FRENCH, answer_days=9)

    def save(self, draft, conditions):
        step = PostingStep.CONDITIONS
        part = replace(factories.form(), conditions=conditions)
        posting.save_step(draft.owner, draft.id, step, part, then=step, seen=None)
