"""A challenge of another server: its ideas file comes back byte for byte, and hostile documents are refused."""

import io
import json
import shutil

import pytest

from app import create_app
from ideas.actor import OPERATOR
from ideas.blueprints import QuestionPlan
from ideas.conditions import Conditions
from ideas.database import db
from ideas.errors import BrokenFile, NotFound
from ideas.exports.ideas_file import write_ideas
from ideas.exports.json import write_json
from ideas.ideas_documents import read_document
from ideas.models import Anonymity, Challenge, Rights, Round, Stance
from ideas.queries.rounds import current_round
from ideas.services import arguments, challenges, grouping, imports, merging, moderation, rounds
from ideas.services import ideas as idea_services
from ideas.services.ideas import IdeaForm
from tests import factories
from tests.doubles import partly_here


def exported(round_id: int, write=write_ideas) -> bytes:
    db.session.rollback()
    out = io.BytesIO()
    write(db.session(), db.session.get_one(Round, round_id), out)
    return out.getvalue()


@pytest.fixture(params=partly_here([Anonymity.NAMED, Anonymity.FOR_GOOD], Anonymity.FOR_GOOD))
def closed(request, app, noise):
    """A closed round with ideas of every status, line breaks, arguments with replies, groups, rights and votes."""
    room = factories.room(
        anonymity=request.param,
        language="de",
        questions=(QuestionPlan("points", "Was zuerst?", {"budget": 7}),),
        conditions=Conditions(Rights.ON_AWARD, "Nur die Bäckerei."),
    )
    people = [factories.participant(room, name) for name in ("Kim", "Åsa", "Mill & Oven 2")]
    forms = [
        IdeaForm(f"=Idee „{n}“ <b>", "Zeile eins\n\n- Zeile zwei\t" * (n % 2), rights=1 if n < 3 else None)
        for n in range(9)
    ]
    found = [
        idea_services.submit_idea(people[n % 3].actor, room.id, form, factories.op()) for n, form in enumerate(forms)
    ]
    because = factories.argument(found[0], people[1], "Weil\nes wirkt")
    arguments.reply(people[2].actor, because, "Wirklich?", factories.op())
    hidden = arguments.reply(people[0].actor, because, "Unsinn!", factories.op())
    moderation.hide_argument(room.owner, hidden, "Rude")
    grouping.group_ideas(room.owner, room.round_id, [found[1], found[6]], "Räder")
    merging.merge_ideas(room.owner, found[7], found[8])
    factories.argument(found[3], people[0], "Zu teuer?", Stance.QUESTION)
    factories.argument(found[0], people[2], "Nein", Stance.AGAINST)
    factories.mark(room, people[1], {found[0]: 3, found[3]: 2})
    moderation.hide_idea(room.owner, found[4], "Off topic")
    idea_services.withdraw_idea(people[2].actor, found[5])
    moderation.redact_idea(room.owner, found[2], "Private")
    factories.close(room)
    return room


@pytest.fixture
def elsewhere(tmp_path, empty_database):
    """Another server with an empty database: `elsewhere(bytes)` imports a file, runs the round and gives its files."""

    def import_there(data: bytes) -> tuple[bytes, bytes]:
        shutil.copyfile(empty_database, tmp_path / "elsewhere.db")
        settings = {"SQLALCHEMY_DATABASE_URI": f"sqlite:///{tmp_path / 'elsewhere.db'}", "INSTANCE": tmp_path}
        other = create_app({**settings, "SECRET_KEY": "another one"})
        with other.app_context():
            document = read_document(data, "round.json")
            found = imports.import_ideas(OPERATOR, "Another company", document, "round.json")
            challenges.publish_challenge(OPERATOR, found)
            round_id = current_round(db.session(), found).id
            rounds.step_to_phase(OPERATOR, round_id, 0)
            rounds.close_round(OPERATOR, round_id)
            assert factories.journal_holds() == []
            return exported(round_id), exported(round_id, write_json)

    return import_there


def test_export_import_export_gives_identical_files(closed, elsewhere):
    file = exported(closed.round_id)
    document = json.loads(file)
    first, *_ = ideas = document["ideas"]
    assert [idea["status"] for idea in ideas] == [*["visible"] * 3, "hidden", *["visible"] * 3]
    assert [len(argument["replies"]) for argument in first["arguments"]] == [2, 0]
    assert document["rights"] == [{"version": 1, "rights": "on_award", "words": "Nur die Bäckerei."}]
    assert {idea["rights"] for idea in ideas} == {1}
    assert (document["groups"], [idea["group"] for idea in ideas]) == (["Räder"], [None, 1, None, None, 1, None, None])

    again, _ = elsewhere(file)

    assert again == file


def test_the_whole_export_gives_the_same_ideas_and_none_of_the_votes(closed, elsewhere):
    again, whole = elsewhere(exported(closed.round_id, write_json))

    assert again == exported(closed.round_id)
    assert json.loads(whole)["result"]["turnout"] == 0


def test_the_import_is_a_draft_of_the_members(closed):
    company, stranger = factories.company(name="Another company"), factories.account()
    document = read_document(exported(closed.round_id), "round.json")

    with pytest.raises(NotFound):
        imports.import_ideas(stranger, company.id, document, "round.json")
    found = imports.import_ideas(company.owner, company.id, document, "round.json")

    challenge = db.session.get_one(Challenge, found)
    assert (challenge.published_at, challenge.title, challenge.language) == (None, document.title, "de")
    [question] = current_round(db.session(), found).questions
    assert (question.rule, question.prompt, question.options["budget"]) == ("points", "Was zuerst?", 7)


DOCUMENT = {
    "schwarm_ideas": 1,  # the first format had no rights, groups or replies
    "challenge": {"title": "T", "brief": "", "rules": "", "prize": "", "language": "en", "anonymity": "named"},
    "questions": [{"rule": "approval", "options": {}, "prompt": ""}],
    "ideas": [
        {
            "source_id": None,
            "status": "visible",
            "title": "Rye",
            "text": "",
            "author": None,
            "written_at": "2026-01-01T00:00:00Z",
            "arguments": [],
        }
    ],
}


ARGUMENT = {"stance": "for", "status": "visible", "text": "Yes", "author": None, "written_at": "2026-01-01T00:00:00Z"}
WRONG_OPTIONS = {"rule": "approval", "options": {"budget": "7"}, "prompt": ""}


def changed(**fields):
    return {**DOCUMENT, "ideas": [{**DOCUMENT["ideas"][0], **fields}]}


def test_the_document_below_is_read():
    assert [idea.title for idea in read_document(json.dumps(DOCUMENT).encode(), "x").ideas] == ["Rye"]


@pytest.mark.parametrize(
    ("document", "place", "reason"),
    [
        ([], "", "not_ours"),
        ({"schwarm_ideas": 99}, "schwarm_ideas", "format"),
        ({"schwarm_ideas": []}, "schwarm_ideas", "format"),
        (DOCUMENT | {"ideas": "x"}, "ideas", "type_list"),
        (DOCUMENT | {"questions": [7]}, "questions[0]", "type_object"),
        (DOCUMENT | {"questions": [WRONG_OPTIONS]}, "questions[0].options", "whole_numbers"),
        (changed(title=""), "ideas[0].title", "missing"),
        (changed(title="x" * 201), "ideas[0].title", "too_long"),
        (changed(text="x" * 5001), "ideas[0].text", "too_long"),
        (changed(text=["x"]), "ideas[0].text", "type_text"),
        (changed(status="withdrawn"), "ideas[0].status", "unknown"),
        (changed(written_at="never"), "ideas[0].written_at", "date"),
        (changed(author="x" * 41), "ideas[0].author", "too_long"),
        (changed(source_id="x" * 41), "ideas[0].source_id", "too_long"),
        (changed(arguments=[{}]), "ideas[0].arguments[0].stance", "type_text"),
        (changed(arguments=[ARGUMENT | {"stance": "reply"}]), "ideas[0].arguments[0].stance", "unknown"),
        (changed(arguments=[ARGUMENT | {"replies": [{}]}]), "ideas[0].arguments[0].replies[0].text", "type_text"),
        (changed(rights=1), "ideas[0].rights", "unknown"),
        (changed(group=1), "ideas[0].group", "unknown"),
        (DOCUMENT | {"rights": [{"version": 1, "rights": "stay", "words": ""}]}, "rights[0].rights", "unknown"),
        (DOCUMENT | {"ideas": DOCUMENT["ideas"] * 10_001}, "ideas", "too_many"),
    ],
)
def test_a_wrong_document_is_refused_by_its_place(document, place, reason):
    with pytest.raises(BrokenFile) as refused:
        read_document(json.dumps(document).encode(), "x")

    assert (refused.value.place, refused.value.reason) == (place, reason)


@pytest.mark.parametrize("data", [b"", b"\x00", b"[" * 100_000, b'{"schwarm_ideas": ' + b"9" * 5000 + b"}"])
def test_no_json_is_refused(data):
    with pytest.raises(BrokenFile):
        read_document(data, "x")
