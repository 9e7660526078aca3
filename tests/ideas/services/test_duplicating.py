"""Duplicating a challenge: the settings are copied, and nothing that people did."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, inspect, select

from ideas import clock
from ideas.blueprints import CriterionPlan, IdeaRules, PhasePlan, QuestionPlan
from ideas.conditions import Conditions
from ideas.database import Model, db, write
from ideas.errors import NotFound
from ideas.models import (
    Activity,
    Anonymity,
    Category,
    Challenge,
    ImageRule,
    Layout,
    Origin,
    Phase,
    Question,
    ResultShare,
    Retention,
    RetentionAct,
    Rights,
    Round,
    TieRule,
    Visibility,
)
from ideas.polis import read_conversation
from ideas.prizes import PrizePlan, PrizeRules
from ideas.queries.rounds import current_round
from ideas.services import challenges, facilitations, rounds
from ideas.services.duplicating import duplicate_challenge
from ideas.services.imports import import_conversation
from ideas.services.next_rounds import How, NextRound, Selection, begin_next_round
from ideas.texts import TITLE_MAX
from ideas.voting.awards import Shares
from tests import factories
from tests.conversations import RAW

# A new column stands in one of the two sets of its table: a setting that is copied, or a state that begins anew.
COPIED = {
    Challenge: {
        *("organisation_id", "brief", "rules", "prize", "language", "blueprint", "visibility", "anonymity", "approval"),
        *("capacity", "idea_title_max", "idea_text", "idea_image", "layout", "retention_act", "retention_days"),
        *("prizes", "currency", "parents_share", "arguments_share", "tie_rule", "category", "tags"),
        *("rights", "rights_words", "answer_days", "expected_people", "expected_minutes", "floor_country"),
        *("picture_words", "idea_prompts"),
    },
    Round: {"starts_at_once", "live_ranking", "auto_close", "jury_percent"},
    Phase: {"position", "name", "activities", "others_visible", "seconds", "advances"},
    Question: {"position", "rule", "options", "prompt", "audience", "weight", "activity"},
}
FRESH = {
    Challenge: {
        *("id", "created_by", "created_at", "published_at", "title", "slug", "code", "chosen_share", "result_token"),
        *(
            "seed_ideas",
            "anonymised_at",
            "announced_act",
            "flags",
            "draw_seed",
            "chain_id",
            "step",
            "is_template",
            "answer_at",
            "time_reports",
        ),
        *("picture_id", "picture_width", "picture_height"),  # of a row that is copied (test_challenge_pictures.py)
    },
    Round: {
        *("id", "challenge_id", "n", "origin", "position", "starts_at", "closed_at", "key", "writing_locked", "notice"),
        *("notice_at", "spotlight_id", "places_shown"),
    },
    Phase: {"id", "round_id", "started_at", "ends_at", "paused_at"},
    Question: {"id", "round_id"},
}
# Values that differ in any two challenges.
UNIQUE = {"id", "created_by", "created_at", "title", "slug", "code", "chain_id", "challenge_id", "round_id", "key"}

WRITE, DEBATE, VOTE = Activity.WRITE, Activity.DEBATE, Activity.VOTE

# Every setting differs from the one of a plain draft.
SETTINGS = challenges.ChallengeForm(
    title="How do we halve our packaging?",
    brief="We throw **too much** away.",
    rules="Everybody may take part.",
    prize="600 € for three ideas",
    picture_words="A loaf on a board",
    category=Category.ENVIRONMENT,
    tags=("Packaging", "Bakery"),
    language="de",
    blueprint="idea_contest",
    visibility=Visibility.LISTED,
    anonymity=Anonymity.FOR_GOOD,
    approval=True,
    capacity=77,
    phases=(
        PhasePlan("Alone", (WRITE,), others_visible=False, seconds=600, advances=True),
        PhasePlan("debate", (DEBATE,)),
        PhasePlan("vote", (VOTE,), seconds=900),
    ),
    ideas=IdeaRules(60, text=False, image=ImageRule.REQUIRED, layout=Layout.GALLERY, prompts=False),
    questions=(QuestionPlan("points", "How good is it?", {"budget": 70}), QuestionPlan("stars", "How new is it?")),
    criteria=(CriterionPlan("Effect", 3), CriterionPlan("Cost", 2)),
    jury_percent=40,
    live_ranking=True,
    starts_at_once=True,
    retention=Retention(RetentionAct.DELETE, 90),
    prizes=PrizeRules((PrizePlan("Bread", 60_000, 3), PrizePlan("Thanks")), "CHF", Shares(20, 5), TieRule.DRAWN),
    conditions=Conditions(Rights.ON_AWARD, "A simple licence.", None, 14, 40, 30, "CH"),
)
WITHOUT_JURY = replace(SETTINGS, criteria=(), jury_percent=0, auto_close=True)
MARK = "(copy)"


@pytest.fixture
def company(app, noise):
    factories.floor(SETTINGS.conditions.floor_country)
    return factories.company()


def draft_of(company, form=SETTINGS) -> Challenge:
    return db.session.get_one(Challenge, challenges.draft_challenge(company.owner, company.id, form))


def plain(company) -> Challenge:
    """A draft of which only the title was typed."""
    return draft_of(company, challenges.ChallengeForm("A plain challenge"))


def copy_of(company, challenge_id: int) -> Challenge:
    return db.session.get_one(Challenge, duplicate_challenge(company.owner, challenge_id, MARK))


def rows_of(challenge: Challenge) -> dict[type[Model], list[Model]]:
    first = db.session.scalars(select(Round).filter_by(challenge_id=challenge.id, n=1)).one()
    return {Challenge: [challenge], Round: [first], Phase: first.phases, Question: first.asked}


def values_of(challenge: Challenge, columns: dict[type[Model], set[str]]) -> dict[str, list[object]]:
    return {
        f"{model.__name__}.{column}": [getattr(row, column) for row in rows]
        for model, rows in rows_of(challenge).items()
        for column in sorted(columns[model] - (UNIQUE if columns is FRESH else set()))
    }


def test_every_column_is_copied_or_said_to_begin_anew():
    for model in COPIED:
        columns = {attribute.key for attribute in inspect(model).column_attrs if attribute.key != "turnout"}

        assert COPIED[model] | FRESH[model] == columns
        assert not COPIED[model] & FRESH[model]


def test_every_setting_is_copied(company):
    drafts = [draft_of(company), draft_of(company, WITHOUT_JURY)]
    expected = [values_of(draft, COPIED) for draft in drafts]
    of_plain = values_of(plain(company), COPIED)
    same = {name for name, value in of_plain.items() if all(found[name] == value for found in expected)}
    assert same == {"Challenge.organisation_id"}  # so that each comparison could fail

    assert [values_of(copy_of(company, draft.id), COPIED) for draft in drafts] == expected


def test_nothing_that_happened_is_copied(company):
    room = factories.room(
        company, starts_at_once=False, prizes=SETTINGS.prizes, seed_ideas="Rye bread", visibility=Visibility.LISTED
    )
    rounds.step_to_phase(room.owner, room.round_id, 0, since=room.round.position)
    author = factories.participant(room)
    factories.argument(factories.idea(room, author), author)
    factories.close(room)
    with write() as transaction:
        source = transaction.session.get_one(Challenge, room.id)
        source.chosen_share, source.result_token, source.flags = ResultShare.LINK, "secret", 3
        source.anonymised_at = clock.now()

    copied = copy_of(company, room.id)

    assert (copied.created_by, copied.published_at) == (company.owner.account_id, None)
    [first] = rows_of(copied)[Round]
    assert first.is_in_lobby
    source, now = db.session.get_one(Challenge, room.id), plain(company)
    assert values_of(source, FRESH)["Challenge.draw_seed"] != [None]
    fresh = values_of(now, FRESH) | {"Phase.ends_at": [None] * 2, "Phase.paused_at": [None] * 2}
    assert values_of(copied, FRESH) == fresh | {"Phase.started_at": [None] * 2}
    assert len({source.code, copied.code, source.slug, copied.slug}) == 4
    assert first.key != rows_of(source)[Round][0].key
    found = {
        name: db.session.scalar(select(func.count()).where(table.c.challenge_id == copied.id))
        for name, table in Model.metadata.tables.items()
        if "challenge_id" in table.c
    }
    assert {name: count for name, count in found.items() if count} == {"round": 1, "address": 2}


def test_a_copy_has_lengths_and_no_dates(company):
    soon = clock.now() + timedelta(days=2)
    phases = (PhasePlan("write", (WRITE,), seconds=600), PhasePlan("vote", (VOTE,), ends_at=soon + timedelta(days=1)))
    draft = draft_of(company, replace(SETTINGS, phases=phases, starts_at=soon, starts_at_once=None))

    [found] = rows_of(copy_of(company, draft.id))[Round]

    assert [(p.seconds, p.ends_at, p.advances) for p in found.phases] == [
        (600, None, False), (None, None, False), (None, None, False),
    ]  # fmt: skip
    assert (found.starts_at, found.starts_at_once) == (None, False)


def test_seed_ideas_stay_with_the_original(company):
    draft = factories.draft(company, seed_ideas="Rye bread")
    assert db.session.get_one(Challenge, draft.id).seed_ideas == "Rye bread"

    assert copy_of(company, draft.id).seed_ideas == ""


def test_a_challenge_is_copied_in_every_state(company):
    draft = factories.draft(company)
    lobby = factories.lobby(company)
    running = factories.room(company)
    closed = factories.room(company)
    factories.close(closed)

    titles = {copy_of(company, room.id).title for room in (draft, lobby, running, closed)}

    assert titles == {"A name for the new bread line (copy)"}


def test_a_copy_can_be_published_and_leaves_the_original_alone(company):
    draft = draft_of(company)
    before = challenges.version_of(draft, current_round(db.session(), draft.id))
    copied = copy_of(company, draft.id)

    challenges.revise_challenge(company.owner, copied.id, factories.form(title="Another one"))
    challenges.publish_challenge(company.owner, copied.id)

    db.session.rollback()
    assert challenges.version_of(draft, current_round(db.session(), draft.id)) == before
    assert draft.published_at is None
    assert copied.published_at is not None


def test_a_copy_has_the_plan_of_the_first_round(company):
    room = factories.room(company, phases=(PhasePlan("Everything", (WRITE, DEBATE, VOTE)),))
    factories.idea(room, factories.participant(room))
    factories.close(room)
    plans, questions = (PhasePlan("Only votes", (VOTE,)),), (QuestionPlan("stars"),)
    begin_next_round(room.owner, room.round_id, NextRound(Selection(How.TOP, top=1), plans, questions))

    [found] = rows_of(copy_of(company, room.id))[Round]

    assert [phase.name for phase in found.phases] == ["Everything", "closed"]
    assert [question.rule for question in found.questions] == ["approval"]


def test_a_copy_of_a_rehearsal_is_for_real_people(company):
    rehearsal = factories.room(company, is_rehearsal=True)

    assert rows_of(copy_of(company, rehearsal.id))[Round][0].origin == Origin.LIVE


def test_a_copy_of_an_import_begins_as_a_challenge_with_given_ideas(company):
    stored = import_conversation(company.owner, read_conversation(RAW), company.id)

    copied = copy_of(company, stored.challenge)

    assert copied.blueprint == "prioritise"
    assert rows_of(copied)[Round][0].origin == Origin.LIVE


def test_a_long_title_makes_room_for_the_mark(company):
    draft = factories.draft(company, title="bread " * 33)

    title = copy_of(company, draft.id).title

    assert title.startswith("bread bread")
    assert title.endswith("bread… (copy)")
    assert len(title) <= TITLE_MAX


def test_only_members_duplicate_a_challenge(company):
    room = factories.room(company, visibility=Visibility.LISTED)
    guide = factories.participant(room)
    facilitations.share_facilitation(room.owner, room.id, guide.id)
    colleague = factories.member(company.id, company.owner)

    for actor in (guide.actor, factories.company(name="Elsewhere").owner):
        with pytest.raises(NotFound):
            duplicate_challenge(actor, room.id, MARK)

    assert db.session.get_one(Challenge, duplicate_challenge(colleague, room.id, MARK)).created_by == (
        colleague.account_id
    )
