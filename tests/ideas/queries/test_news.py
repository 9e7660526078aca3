"""News: the receivers of each reason, and the policy check at reading."""

import pytest

from ideas.database import db
from ideas.models import Anonymity, Notification, SeenBy, Stance
from ideas.queries.news import news_of
from ideas.reasons import REASONS
from ideas.services import (
    arguments,
    facilitations,
    guests,
    ideas,
    jobs,
    moderation,
    notifications,
    participants,
    proxies,
)
from tests import factories
from tests import jobs as made


def news(who):
    db.session.rollback()
    return news_of(db.session(), getattr(who, "actor", who))


def reasons(who):
    return [row.reason for row in news(who)]


@pytest.fixture
def approving(app, noise):
    """A room whose ideas wait for approval."""
    return factories.room(approval=True)


@pytest.fixture
def stepping(app, noise):
    """A room whose facilitator steps from phase to phase."""
    return factories.room(phases=factories.STEPS)


def test_an_author_is_told_of_the_approval(approving):
    author, reader = factories.participant(approving), factories.participant(approving)
    idea = factories.idea(approving, author, "Bread boxes")
    assert news(author) == []

    moderation.approve_idea(approving.owner, idea)

    [row] = news(author)
    assert (row.reason, row.idea_title, row.challenge_id) == ("idea_approved", "Bread boxes", approving.id)
    assert news(reader) == []


def test_an_author_is_told_of_the_hiding_with_its_reason(room, author):
    idea = factories.idea(room, author)

    moderation.hide_idea(room.owner, idea, "It names a colleague")

    [row] = news(author)
    assert (row.reason, row.why) == ("idea_hidden", "It names a colleague")

    moderation.restore_idea(room.owner, idea)
    assert news(author) == [], "it is no longer hidden"


def test_facilitators_get_one_line_with_the_number_of_pending_ideas(approving):
    moderator = factories.member(approving.organisation_id, approving.owner)
    author, guide = factories.participant(approving), factories.participant(approving)
    facilitations.share_facilitation(approving.owner, approving.id, guide.id)

    first, second = (factories.idea(approving, author) for _ in range(2))

    for facilitator in (approving.owner, moderator, guide):
        assert [(row.reason, row.pending) for row in news(facilitator)] == [("approval_wanted", 2)]
    assert news(author) == []

    for idea in (first, second):
        moderation.approve_idea(approving.owner, idea)
    assert reasons(moderator) == []


def test_a_facilitator_is_not_told_of_their_own_idea(approving):
    guide = factories.participant(approving)
    facilitations.share_facilitation(approving.owner, approving.id, guide.id)

    factories.idea(approving, guide)

    assert reasons(guide) == []
    assert reasons(approving.owner) == ["approval_wanted"]


def test_facilitators_are_told_of_sealed_ideas_after_the_reveal(app, noise):
    room = factories.room(phases=factories.ALONE_FIRST, approval=True)
    factories.idea(room, factories.participant(room))
    assert reasons(room.owner) == []

    factories.step(room, "build")

    assert reasons(room.owner) == ["approval_wanted"]


@pytest.mark.parametrize("anonymity", list(Anonymity))
def test_an_author_is_told_of_an_argument_but_not_of_its_author(app, noise, anonymity):
    room = factories.room(anonymity=anonymity)
    author, critic = factories.participant(room), factories.participant(room, "Grumpy Otter")
    idea = factories.idea(room, author, "Bread boxes")

    factories.argument(idea, critic, "Too heavy", Stance.AGAINST)

    [row] = news(author)
    assert (row.reason, row.stance, row.idea_title) == ("idea_argued", "against", "Bread boxes")
    assert "Grumpy" not in str(row)
    assert news(critic) == []


def test_an_author_is_asked_and_others_who_argued_hear_that_it_goes_on(room, author):
    idea, critic, reader = factories.idea(room, author), factories.participant(room), factories.participant(room)
    factories.argument(idea, critic)
    factories.argument(idea, reader, "How much is it?", Stance.QUESTION)

    assert reasons(author) == ["idea_asked", "idea_argued"]
    assert reasons(critic) == ["replied"]
    assert reasons(reader) == []

    answer = factories.argument(idea, author, "Two euros")
    assert reasons(reader) == ["replied"]
    moderation.hide_argument(room.owner, answer, "")
    assert reasons(reader) == []


def test_the_author_of_a_hidden_argument_is_told_why(room, author):
    critic = factories.participant(room)
    argument = factories.argument(factories.idea(room, author, "Boxes"), critic)
    moderation.hide_argument(room.owner, argument, "It names a colleague")

    [row] = news(critic)
    assert (row.reason, row.idea_title, row.why) == ("argument_hidden", "Boxes", "It names a colleague")
    moderation.restore_argument(room.owner, argument)
    assert news(critic) == []


def test_authors_are_told_that_somebody_built_on_their_ideas_once_the_room_sees_it(approving):
    first, second = factories.participant(approving), factories.participant(approving)
    parents = [factories.idea(approving, person) for person in (first, second)]
    for parent in parents:
        moderation.approve_idea(approving.owner, parent)
    form = ideas.IdeaForm("Both together", parents=tuple(parents))
    child = ideas.submit_idea(second.actor, approving.id, form, factories.op())
    assert reasons(first) == ["idea_approved"]

    moderation.approve_idea(approving.owner, child)

    assert reasons(first) == ["built_on", "idea_approved"]
    assert "built_on" not in reasons(second), "it is their own"
    assert news(first)[0].other_id == child


def test_own_and_removed_arguments_are_no_news(room, author):
    idea = factories.idea(room, author)
    factories.argument(idea, author)
    assert news(author) == []

    critic = factories.participant(room)
    argument = factories.argument(idea, critic)
    assert reasons(author) == ["idea_argued"]
    arguments.withdraw_argument(critic.actor, argument)
    assert news(author) == []


def test_unread_arguments_on_one_idea_share_one_line(room, author):
    idea, critic = factories.idea(room, author), factories.participant(room)
    for _ in range(3):
        last = factories.argument(idea, critic)

    [row] = news(author)
    assert db.session.get(Notification, row.id).ids == {"idea": idea, "argument": last}
    notifications.mark_read(author.actor, row.id)
    factories.argument(idea, critic)

    assert [row.is_unread for row in news(author)] == [True, False]


def test_participants_are_told_of_a_new_phase_while_it_runs(stepping):
    here, barred = factories.participant(stepping), factories.participant(stepping)
    participants.bar_participant(stepping.owner, stepping.id, barred.id, "")

    factories.step(stepping, "debate")
    assert [(row.reason, row.phase) for row in news(here)] == [("phase_opened", "debate")]
    assert news(barred) == []

    factories.step(stepping, "vote")
    assert [(row.reason, row.phase) for row in news(here)] == [("phase_opened", "vote")]


def test_the_facilitator_who_steps_is_not_told(stepping):
    guide = factories.participant(stepping)
    facilitations.share_facilitation(stepping.owner, stepping.id, guide.id)
    factories.rounds.step_to_phase(guide.actor, stepping.round_id, 1)

    assert news(guide) == []


def test_participants_are_told_of_the_result(room, author):
    factories.close(room)

    assert reasons(author) == ["result_there"]


def test_proxies_get_no_news(room):
    proxies.submit_for_hall(room.owner, room.id, ideas.IdeaForm("From the hall"), factories.op())
    factories.close(room)

    assert db.session.query(Notification).filter_by(challenge_id=room.id).count() == 0


def test_a_removed_participant_gets_no_news(room, author):
    idea = factories.idea(room, author)
    factories.argument(idea, factories.participant(room))
    assert reasons(author) == ["idea_argued"]

    participants.bar_participant(room.owner, room.id, author.id, "")

    assert news(author) == []


def test_a_former_facilitator_gets_no_news_of_pending_ideas(approving):
    guide = factories.participant(approving)
    facilitations.share_facilitation(approving.owner, approving.id, guide.id)
    factories.idea(approving, factories.participant(approving))
    assert reasons(guide) == ["approval_wanted"]

    facilitations.end_facilitation(approving.owner, approving.id, guide.id)

    assert news(guide) == []


def test_news_contain_no_redacted_words(room, author):
    idea = factories.idea(room, author, "A secret title")
    moderation.hide_idea(room.owner, idea, "")
    assert "A secret title" in str(news(author))

    moderation.redact_idea(room.owner, idea, "")

    assert "A secret title" not in str(news(author))


def test_a_guest_who_signs_in_keeps_their_news(room):
    guest, holder = factories.participant(room), factories.account()
    factories.participant(room, actor=holder)
    idea = factories.idea(room, guest)
    moderation.hide_idea(room.owner, idea, "")

    guests.adopt_guest(guest.actor.person_id, holder.account_id)

    assert reasons(holder) == ["idea_hidden"]


def test_the_number_of_statements_does_not_depend_on_the_list(room, author):
    def statements():
        heard = []

        def note(_connection, _cursor, statement, *_more):
            heard.append(statement)

        db.session.rollback()
        db.event.listen(db.engine, "before_cursor_execute", note)
        rows = news(author)
        db.event.remove(db.engine, "before_cursor_execute", note)
        return len(rows), len(heard)

    critic = factories.participant(room)
    for _ in range(2):
        factories.argument(factories.idea(room, author), critic)
    few = statements()
    for _ in range(5):
        factories.argument(factories.idea(room, author), critic)
    elsewhere = factories.room()
    factories.argument(
        factories.idea(elsewhere, factories.participant(elsewhere, actor=author.actor)),
        factories.participant(elsewhere),
    )

    many = statements()

    assert (few[0], many[0]) == (2, 8)
    assert few[1] == many[1] <= 12


def test_every_reason_has_one_presenter():
    from app.reasons import PRESENTERS

    assert PRESENTERS.keys() == REASONS.keys()


def test_a_failed_notification_rolls_the_act_back(room, author, monkeypatch):
    idea = factories.idea(room, author)
    monkeypatch.setattr("ideas.notifications.literal", lambda *_: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        moderation.hide_idea(room.owner, idea, "")

    assert factories.shown(idea)


def job_from(company, author, room, **fields):
    """Publish a job from an idea of the author. :return: its id."""
    entry = factories.entry_id(factories.idea(room, author, "Rye"))
    factories.close(room)
    job_id = jobs.begin_job(company.owner, company.id, made.terms(**fields), from_entry_id=entry)
    made.publish(company.owner, job_id)
    return job_id


def grown(who):
    return [row.job_code for row in news(who) if row.reason == "job_from_idea"]


def test_an_author_is_told_of_a_job_for_the_people_of_a_room(app):
    company = factories.company()
    room, other = factories.room(of=company), factories.room(of=company)
    author = factories.participant(room)
    jobs_seen_by = {"seen_by": SeenBy.ROOM, "room_id": room.id}

    inside = job_from(company, author, room, **jobs_seen_by)
    elsewhere = jobs.begin_job(
        company.owner,
        company.id,
        made.terms(seen_by=SeenBy.ROOM, room_id=other.id),
        from_entry_id=db.session.get_one(jobs.Job, inside).from_entry_id,
    )
    made.publish(company.owner, elsewhere)

    assert grown(author) == [db.session.get_one(jobs.Job, inside).code]
    jobs.save_terms(company.owner, inside, made.terms(seen_by=SeenBy.INVITED), seen="2.0")
    made.publish(company.owner, inside)
    assert grown(author) == [], "the job is not for the room any more"


def test_an_author_is_told_of_an_invited_job_once_and_when_the_invitation_comes(app):
    company = factories.company()
    room = factories.room(of=company)
    author = factories.participant(room, actor=made.worker("author@example.org"))
    job_id = job_from(company, author, room, seen_by=SeenBy.INVITED)
    assert grown(author) == []

    jobs.invite_to_job(company.owner, job_id, ["author@example.org"])
    jobs.invite_to_job(company.owner, job_id, ["other@example.org"])

    assert len(grown(author)) == 1
    jobs.uninvite_from_job(company.owner, job_id, "author@example.org")
    assert grown(author) == []


def test_no_author_who_is_hidden_for_good_is_told_of_any_job(app):
    company = factories.company()
    room = factories.room(of=company, anonymity=Anonymity.FOR_GOOD)
    author = factories.participant(room, actor=made.worker("author@example.org"))

    job_id = job_from(company, author, room, seen_by=SeenBy.INVITED)
    jobs.invite_to_job(company.owner, job_id, ["author@example.org"])

    assert db.session.scalar(db.select(Notification.id).filter_by(reason="job_from_idea")) is None
