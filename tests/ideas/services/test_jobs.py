"""Jobs: drafts, numbered terms, the floor, and who sees a job."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import pytest

from ideas import clock, events
from ideas.actor import NOBODY
from ideas.database import db, require
from ideas.errors import Changed, Conflict, Forbidden, Invalid, JobNotOpen, NotClosed, NotFound
from ideas.installation import JOB_FLOOR, JOB_KINDS, FloorRule
from ideas.job_access import draft_of, job_access
from ideas.job_audit import differences_of_job
from ideas.job_terms import JobWords, form_of, terms_digest, version_of, words_of
from ideas.models import Job, JobState, JournalEntry, Role, SeenBy, Terms, WorkKind, WorkOrder
from ideas.queries.dues import ledgers
from ideas.queries.jobs import JobQuery, open_jobs, questions_of
from ideas.services import installation, jobs, orders
from tests import factories
from tests import jobs as made


@pytest.fixture
def company(app):
    return factories.company()


def job(job_id: int) -> Job:
    return require(db.session(), Job, job_id)


def version(job_id: int) -> str:
    return version_of(draft_of(db.session(), job(job_id)))


def bodies(of: Job) -> list[dict[str, object]]:
    rows = db.session.scalars(db.select(JournalEntry.body).filter_by(chain_id=of.chain_id).order_by(JournalEntry.seq))
    return [json.loads(body) for body in rows]


def test_a_draft_may_be_incomplete_and_is_saved_as_it_is_typed(company):
    job_id = jobs.begin_job(company.owner, company.id, made.terms(title="", criteria=(), cents=None))

    seen = jobs.save_terms(company.owner, job_id, made.terms(title="  A  text "), seen=version(job_id))

    assert form_of(draft_of(db.session(), job(job_id))) == made.terms(title="A text")
    with pytest.raises(Changed):
        jobs.save_terms(company.owner, job_id, made.terms(title="Another"), seen="1.0")
    assert seen == version(job_id)


def test_a_publication_names_everything_that_is_missing(company):
    job_id = jobs.begin_job(company.owner, company.id, made.terms(title="", brief="", criteria=(), minutes=None))

    with pytest.raises(Invalid) as refused:
        made.publish(company.owner, job_id)

    assert set(refused.value.problems) == {"title", "brief", "criteria", "minutes"}


def test_frozen_terms_stay_and_a_change_makes_the_next_number(company):
    of = made.opened(company)

    jobs.save_terms(company.owner, of.id, made.terms(cents=1500), seen="2.0")
    assert job(of.id).terms_n == 1, "a draft changes nothing for new orders"
    made.publish(company.owner, of.id)

    pays = db.session.execute(db.select(Terms.n, Terms.cents).filter_by(job_id=of.id).order_by(Terms.n)).all()
    assert pays == [(1, 1200), (2, 1500)]
    assert job(of.id).terms_n == 2
    assert [(each["kind"], each["terms"], each["cents"]) for each in bodies(of)] == [
        ("terms", 1, 1200),
        ("terms", 2, 1500),
    ]


def test_the_journal_of_a_job_holds_no_text(company):
    of = made.opened(company)
    asker = factories.account()
    question = jobs.ask_about_job(asker, of.id, "May it be in two parts?")
    jobs.answer_about_job(company.owner, of.id, question, "Yes.")
    jobs.pause_job(company.owner, of.id)
    jobs.resume_job(company.owner, of.id)
    jobs.cancel_job(company.owner, of.id)

    found = bodies(of)

    assert [each["kind"] for each in found] == [
        "terms",
        "job-ask",
        "job-answer",
        "job-pause",
        "job-resume",
        "job-cancel",
    ]
    words = {str(value) for each in found for value in each.values()}
    assert not any("rye" in word or "two parts" in word or "Yes" in word for word in words)
    assert job(of.id).seq == len(found)


def test_the_states_of_a_job_follow_each_other(company):
    of = made.opened(company)

    with pytest.raises(Conflict):
        jobs.resume_job(company.owner, of.id)
    jobs.pause_job(company.owner, of.id)
    jobs.close_job(company.owner, of.id)
    for act in (jobs.pause_job, jobs.resume_job, jobs.close_job, jobs.cancel_job):
        with pytest.raises(Conflict):
            act(company.owner, of.id)
    assert job(of.id).state == JobState.CLOSED
    with pytest.raises(Conflict):
        jobs.save_terms(company.owner, of.id, made.terms(), seen="2.0")


def test_the_whole_draft_of_a_job_can_be_deleted_but_published_terms_stay(company):
    job_id, of = made.draft(company), made.opened(company)
    jobs.save_terms(company.owner, of.id, made.terms(cents=1300), seen="2.0")

    assert not jobs.discard_draft(company.owner, job_id)
    assert jobs.discard_draft(company.owner, of.id)

    assert db.session.get(Job, job_id) is None
    assert draft_of(db.session(), job(of.id)) is None
    assert job(of.id).terms_n == 1


GERMAN = JobWords(
    "de",
    title="Ein Text über Roggenbrot",
    brief="Warum klebt Roggenteig?",
    example="Ein Text, den wir annähmen.",
    criteria=("Er hat 280 bis 320 Wörter.", "Er nennt zwei Fehler von Anfängern."),
    licence_use="Unsere Website.",
)


def test_a_job_has_one_set_of_terms_in_two_languages_and_an_order_keeps_both(company):
    of = made.opened(company, second=GERMAN, taking="first_come", places=2)
    order_id = orders.take_place(made.worker(), of.id, 1, orders.ApplicationForm("Kim"))
    changed = replace(GERMAN, criteria=("Er hat 300 Wörter.", "Er nennt drei Fehler."))
    jobs.save_terms(company.owner, of.id, made.terms(second=changed, places=2), seen="2.0")
    made.publish(company.owner, of.id)

    old, new = require(db.session(), WorkOrder, order_id).terms, job_access(db.session(), company.owner, of.id).terms

    assert [words_of(old, language).criteria[1] for language in ("en", "de", "fr")] == [
        "It names two mistakes of beginners.",
        "Er nennt zwei Fehler von Anfängern.",
        "It names two mistakes of beginners.",
    ]
    assert words_of(new, "de").criteria[1] == "Er nennt drei Fehler."
    assert [each["digest"] for each in bodies(of) if each["kind"] == "terms"] == [terms_digest(old), terms_digest(new)]
    assert open_jobs(db.session(), NOBODY, JobQuery(20, search="roggen", language="de", readable=("de",))).found == 1
    assert not list(differences_of_job(db.session(), of))
    old.also = {"de": old.also["de"] | {"title": "Etwas anderes"}}
    db.session.flush()
    assert [what for _, what in differences_of_job(db.session(), of)], "the audit covers the second language"


def test_a_publication_names_what_only_one_language_says(company):
    half = JobWords("de", title="Ein Text", criteria=("Er hat 300 Wörter.",), costs="Ein Bild.")
    job_id = jobs.begin_job(company.owner, company.id, made.terms(second=half))

    with pytest.raises(Invalid) as refused:
        made.publish(company.owner, job_id)
    assert refused.value.problems == {
        "also_brief": "missing",
        "also_example": "missing",
        "also_licence_use": "missing",
        "also_criteria": "as_many_lines",
        "costs": "missing",
    }
    jobs.save_terms(company.owner, job_id, made.terms(second=replace(GERMAN, language="en")), seen=version(job_id))
    with pytest.raises(Invalid, match="same_language"):
        made.publish(company.owner, job_id)
    jobs.save_terms(company.owner, job_id, made.terms(second=JobWords("de", title=" ")), seen=version(job_id))
    made.publish(company.owner, job_id)
    assert job(job_id).terms_n == 1, "without a word there is one language"


class TestPermissions:
    """Owners publish and end; moderators draft, answer and pause; nobody else learns that there is a draft."""

    @pytest.fixture
    def people(self, company):
        return {
            "stranger": NOBODY,
            "account": factories.account(),
            "elsewhere": factories.company().owner,
            "viewer": factories.member(company.id, company.owner, Role.VIEWER),
            "moderator": factories.member(company.id, company.owner),
            "owner": company.owner,
        }

    def answers(self, act, people):
        found = {}
        for name, actor in people.items():
            try:
                act(actor)
            except NotFound:
                found[name] = "N"
            except Forbidden:
                found[name] = "F"
            except (Invalid, Conflict):
                found[name] = "+"
            else:
                found[name] = "+"
        return " ".join(found.values())

    def test_each_act_asks_for_its_role(self, company, people):
        of = made.opened(company)
        form = made.terms(cents=1300)

        def on(act, *args, **more):
            return self.answers(lambda actor: act(actor, of.id, *args, **more), people)

        assert self.answers(lambda a: jobs.begin_job(a, company.id, form), people) == "N N N F + +"
        assert on(jobs.save_terms, form, seen="2.0") == "N N N F + +"
        assert on(jobs.publish_job, seen="nothing") == "N N N F F +"
        assert on(jobs.pause_job) == "N N N F + +"
        assert on(jobs.resume_job) == "N N N F F +"
        assert on(jobs.discard_draft) == "N N N F + +"
        assert on(jobs.invite_to_job, ["a@example.org"]) == "N N N F + +"
        assert on(jobs.uninvite_from_job, "a@example.org") == "N N N F + N"
        assert on(jobs.answer_about_job, 1, "Yes") == "N N N F N N", "there is no such question"
        assert on(jobs.ask_about_job, "Why?") == "N + + + + +"
        assert on(jobs.close_job) == "N N N F F +"
        assert on(jobs.cancel_job) == "N N N F F +"
        assert on(jobs.hide_job, "Spam") == "N N N N N N"
        assert on(jobs.restore_job) == "N N N N N N"

    def test_a_draft_is_seen_by_those_who_write_it(self, company, people):
        job_id = made.draft(company)

        assert self.answers(lambda a: job_access(db.session(), a, job_id), people) == "N N N N + +"

    def test_members_ask_no_question_about_their_own_job(self, company):
        with pytest.raises(Conflict):
            jobs.ask_about_job(company.owner, made.opened(company).id, "Is it good?")


class TestWhoSeesIt:
    def sees(self, actor, of: Job) -> bool:
        listed = [row.job.id for row in open_jobs(db.session(), actor, JobQuery(10)).rows]
        try:
            job_access(db.session(), actor, of.id)
        except NotFound:
            assert of.id not in listed
            return False
        assert of.id in listed
        return True

    def test_a_public_job_is_open_to_everybody(self, company):
        assert self.sees(NOBODY, made.opened(company))

    def test_a_job_of_a_room_is_there_for_its_people_only(self, company):
        room = factories.room(of=company)
        inside, outside = factories.participant(room), factories.participant(factories.room(of=company))
        of = made.opened(company, seen_by=SeenBy.ROOM, room_id=room.id)

        assert self.sees(inside.actor, of)
        assert not self.sees(outside.actor, of)
        assert not self.sees(NOBODY, of)

    def test_a_room_of_others_cannot_be_chosen(self, company):
        with pytest.raises(Invalid):
            made.draft(company, seen_by=SeenBy.ROOM, room_id=factories.room().id)

    def test_an_invited_job_is_there_for_confirmed_addresses(self, company):
        of = made.opened(company, seen_by=SeenBy.INVITED)
        invited, other = made.worker("invited@example.org"), made.worker()
        jobs.invite_to_job(company.owner, of.id, ["invited@example.org"])

        assert self.sees(invited, of)
        assert not self.sees(other, of)

        jobs.uninvite_from_job(company.owner, of.id, "invited@example.org")
        assert not self.sees(invited, of)

    def test_a_hidden_job_stays_with_its_organisation(self, company, operator):
        of = made.opened(company)
        jobs.hide_job(operator, of.id, "It asks for identity papers.")

        assert not self.sees(factories.account(), of)
        assert job_access(db.session(), company.owner, of.id).job.hidden_reason

        jobs.restore_job(operator, of.id)
        assert self.sees(NOBODY, of)


@pytest.fixture
def operator(app):
    return made.operator()


class TestFloor:
    def test_a_job_below_the_floor_is_not_published_unless_the_operator_permits_it(self, company, operator):
        job_id = made.draft(company, cents=made.CHEAP, minutes=20)

        with pytest.raises(Invalid) as refused:
            made.publish(company.owner, job_id)
        assert refused.value.problems == {"cents": "below_floor"}

        installation.choose_job_rules(
            operator, installation.JobRules(floor=FloorRule.WARN), seen=installation.job_rules()
        )
        assert made.publish(company.owner, job_id) == 1

    def test_a_kind_that_the_operator_does_not_permit_is_refused(self, company):
        job_id = made.draft(company, kind=WorkKind.PHONE)

        with pytest.raises(Invalid) as refused:
            made.publish(company.owner, job_id)
        assert refused.value.problems == {"kind": "not_permitted"}

    def test_a_step_of_the_floor_pauses_new_places_at_midnight_in_berlin(self, company, monkeypatch):
        """Case 14."""
        set_clock(monkeypatch, datetime(2026, 12, 30, 12, tzinfo=UTC))
        cheap = made.opened(company, cents=1400, minutes=60, taking="first_come", places=2)
        worker = made.worker()
        order_id = orders.take_place(worker, cheap.id, 1, orders.ApplicationForm("Kim"))
        fair = made.opened(company, cents=1460, minutes=60)

        assert jobs.pause_below_floor(datetime(2026, 12, 31, 22, 59, tzinfo=UTC)) == 0
        assert jobs.pause_below_floor(datetime(2026, 12, 31, 23, 0, tzinfo=UTC)) == 1

        assert (job(cheap.id).state, job(fair.id).state) == (JobState.PAUSED, JobState.OPEN)
        with pytest.raises(JobNotOpen):
            orders.take_place(made.worker(), cheap.id, 1, orders.ApplicationForm("Ada"))
        orders.deliver(worker, order_id, orders.WorkForm("Rye.", ticked=frozenset({0, 1})))
        orders.accept_delivery(company.owner, order_id, 1)
        assert ledgers(db.session(), [order_id])[order_id].sums.owed == 1400, "a running order stays as agreed"
        set_clock(monkeypatch, datetime(2027, 1, 2, tzinfo=UTC))
        with pytest.raises(Conflict):
            jobs.resume_job(company.owner, cheap.id)
        jobs.save_terms(company.owner, cheap.id, made.terms(cents=1500, minutes=60), seen="2.0")
        made.publish(company.owner, cheap.id)
        assert job(cheap.id).state == JobState.OPEN


def set_clock(monkeypatch, now: datetime) -> None:
    monkeypatch.setattr(clock, "now", partial(lambda at: at, now))


class TestFromAnIdea:
    def test_a_job_grows_from_an_idea_of_a_closed_round_of_the_organisation(self, company):
        room = factories.room(of=company)
        author = factories.participant(room)
        entry = factories.entry_id(factories.idea(room, author))

        with pytest.raises(NotClosed):
            jobs.begin_job(company.owner, company.id, made.terms(), from_entry_id=entry)
        factories.close(room)
        job_id = jobs.begin_job(company.owner, company.id, made.terms(), from_entry_id=entry)

        assert job(job_id).from_entry_id == entry
        elsewhere = factories.company()
        with pytest.raises(NotFound):
            jobs.begin_job(elsewhere.owner, elsewhere.id, made.terms(), from_entry_id=entry)


def test_questions_stand_on_the_job_in_their_order(company):
    of, asker = made.opened(company), factories.account()
    first, second = (jobs.ask_about_job(asker, of.id, text) for text in ("One?", "Two?"))

    jobs.answer_about_job(company.owner, of.id, second, "Two.")

    assert [(each.id, each.answer) for each in questions_of(db.session(), of.id)] == [(first, ""), (second, "Two.")]


def test_every_act_on_a_job_is_recorded_without_who_asked(company, happened):
    of = made.opened(company)
    asker = factories.account()
    question = jobs.ask_about_job(asker, of.id, "Why?")
    jobs.close_job(company.owner, of.id)

    recorded = [each for each in happened if isinstance(each, events.JobEvent)]

    assert recorded == [
        events.JobPublished(of.id, company.id, None, company.owner),
        events.JobQuestionAsked(of.id, company.id, question),
        events.JobClosed(of.id, company.id, company.owner),
    ]


@pytest.fixture
def happened(app):
    found: list[events.Event] = []
    note = found.append
    events.subscribe(events.Event, note)
    yield found
    events.unsubscribe(note)


def test_the_usual_kinds_do_without_calls(app):
    assert WorkKind.PHONE not in JOB_KINDS.default
    assert JOB_FLOOR.default == FloorRule.REFUSE
