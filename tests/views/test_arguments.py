"""Arguments through their pages."""

import pytest
from sqlalchemy import select

from ideas.database import db
from ideas.models import Argument, EntryStatus, Stance
from ideas.services import moderation
from tests import factories


@pytest.fixture
def room(app):
    return factories.room()


@pytest.fixture
def guest(room):
    return factories.participant(room)


@pytest.fixture
def idea(room, guest):
    return factories.idea(room, guest, "Rye")


@pytest.fixture
def browser(guest, browser_of):
    return browser_of(guest)


def text_of(response):
    return response.get_data(as_text=True)


def form(stance="against", text="It is too dark.", **fields):
    return {"stance": stance, "text": text, "op": factories.op(), **fields}


def stored():
    db.session.rollback()
    return list(db.session.scalars(select(Argument)))


def test_an_argument_is_stored_and_shown_on_the_page(idea, browser):
    answer = browser.post(f"/ideas/{idea}/arguments", data=form())

    [argument] = stored()
    assert answer.status_code == 303
    assert answer.location == f"{factories.idea_path(idea)}?argument={argument.id}#argument-{argument.id}"
    assert "It is too dark." in text_of(browser.get(answer.location))


def test_a_repeated_op_makes_one_argument(idea, browser):
    command = form()

    for _ in range(2):
        browser.post(f"/ideas/{idea}/arguments", data=command)

    assert len(stored()) == 1


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"stance": "perhaps"}, "Please choose one of these"),
        ({"text": "x" * 1001}, "This is too long"),
        ({"op": "1"}, "characters that can"),
    ],
)
def test_a_refused_argument_comes_back_with_the_reason(idea, browser, fields, words):
    typed = form(text="Words to keep") | fields

    answer = browser.post(f"/ideas/{idea}/arguments", data=typed)

    assert answer.status_code == 400
    assert words in text_of(answer)
    assert typed["text"] in text_of(answer)
    assert stored() == []


def test_a_refused_form_keeps_the_chosen_stance(idea, browser):
    page = text_of(browser.post(f"/ideas/{idea}/arguments", data=form(stance="question", text="")))

    assert 'value="question" required checked' in page


def test_an_argument_refused_by_the_phase_keeps_its_text(app, browser_of):
    room = factories.room(phases=factories.STEPS)
    guest = factories.participant(room)
    idea = factories.idea(room, guest)

    answer = browser_of(guest).post(f"/ideas/{idea}/arguments", data=form(text="Too early"))

    assert answer.status_code == 409
    assert "Too early" in text_of(answer)
    assert "not possible in the current phase" in text_of(answer)


def test_only_participants_who_see_an_idea_may_argue(app, browser_of, client):
    room = factories.room(approval=True)
    author, other = factories.participant(room), factories.participant(room)
    pending = factories.idea(room, author)

    assert browser_of(other).post(f"/ideas/{pending}/arguments", data=form()).status_code == 404
    assert client.post(f"/ideas/{pending}/arguments", data=form()).status_code == 404
    assert client.post("/ideas/999/arguments", data=form()).status_code == 404
    moderation.approve_idea(room.owner, pending)
    assert browser_of(room.owner).post(f"/ideas/{pending}/arguments", data=form()).status_code == 403
    assert browser_of(other).post(f"/ideas/{pending}/arguments", data=form()).status_code == 303


def test_an_author_withdraws_an_argument(idea, guest, browser):
    argument = factories.argument(idea, guest, "Said too fast")
    assert f'action="/arguments/{argument}/withdrawal"' in text_of(browser.get(f"/ideas/{idea}"))

    answer = browser.post(f"/arguments/{argument}/withdrawal")

    assert answer.location == factories.idea_path(idea)
    assert [a.status for a in stored()] == [EntryStatus.WITHDRAWN]
    assert "Said too fast" not in text_of(browser.get(f"/ideas/{idea}"))


def test_only_the_author_can_withdraw_an_argument(room, idea, guest, browser_of, client):
    argument = factories.argument(idea, guest)
    other = browser_of(factories.participant(room))

    assert f'action="/arguments/{argument}/withdrawal"' not in text_of(other.get(f"/ideas/{idea}"))
    for browser, status in ((other, 404), (browser_of(room.owner), 403), (client, 404)):
        assert browser.post(f"/arguments/{argument}/withdrawal").status_code == status
    assert [a.status for a in stored()] == [EntryStatus.VISIBLE]


class TestGoodPoints:
    @pytest.fixture
    def remark(self, room, idea):
        return factories.argument(idea, factories.participant(room), "It smells good.")

    def test_a_press_marks_and_a_second_one_takes_back(self, idea, remark, browser):
        assert f'formaction="/arguments/{remark}/good-point"' in text_of(browser.get(f"/ideas/{idea}"))
        first = browser.post(f"/arguments/{remark}/good-point", follow_redirects=True)
        assert "Marked as a good point." in text_of(first)
        assert "You marked one good point" in text_of(first)

        second = browser.post(f"/arguments/{remark}/good-point", follow_redirects=True)

        assert "Your mark is taken back." in text_of(second)
        assert "You marked one good point" not in text_of(second)

    def test_only_the_viewer_hears_of_a_mark_until_the_close(self, room, idea, guest, remark, browser, browser_of):
        other = browser_of(factories.participant(room))
        before = other.get(f"/challenges/{room.id}/mine?idea={idea}").json
        browser.post(f"/arguments/{remark}/good-point")

        assert browser.get(f"/challenges/{room.id}/mine?idea={idea}").json["points"] == [remark]
        assert other.get(f"/challenges/{room.id}/mine?idea={idea}").json["points"] == before["points"] == []
        for viewer in (other, browser_of(room.owner)):
            assert "A good point for" not in text_of(viewer.get(f"/ideas/{idea}"))
        factories.close(room)
        for viewer in (other, browser_of(room.owner)):
            page = text_of(viewer.get(f"/ideas/{idea}", follow_redirects=True))
            assert "A good point for 1 person" in page
            assert "formaction" not in page

    def test_an_own_argument_is_refused_with_the_reason(self, idea, guest, browser):
        own = factories.argument(idea, guest)

        answer = browser.post(f"/arguments/{own}/good-point")

        assert answer.status_code == 409
        assert "Others decide whether it is a good point." in text_of(answer)


class TestReplies:
    @pytest.fixture
    def remark(self, room, idea):
        return factories.argument(idea, factories.participant(room), "It smells good.")

    def test_a_reply_is_written_on_a_page_of_its_own_and_shown_below_the_argument(self, idea, remark, browser):
        address = f"/arguments/{remark}/reply"
        assert f'href="{address}"' in text_of(browser.get(f"/ideas/{idea}"))
        assert "It smells good." in text_of(browser.get(address))

        answer = browser.post(address, data={"text": "Only on Mondays.", "op": factories.op()})

        assert answer.location.endswith(f"#argument-{remark}")
        page = text_of(browser.get(answer.location))
        at = page.index(f'id="replies-{remark}"')
        assert page.index("It smells good.") < at < page.index("Only on Mondays.", at)

    def test_a_refused_reply_keeps_its_text(self, remark, browser):
        answer = browser.post(f"/arguments/{remark}/reply", data={"text": "x" * 501, "op": factories.op()})

        assert answer.status_code == 400
        assert "x" * 501 in text_of(answer)

    def test_an_author_changes_an_argument_soon_after(self, idea, guest, browser, browser_of, room):
        own = factories.argument(idea, guest, "It is drak.")
        address = f"/arguments/{own}/edit"
        assert f'href="{address}"' in text_of(browser.get(f"/ideas/{idea}"))
        assert "It is drak." in text_of(browser.get(address))

        browser.post(address, data={"text": "It is dark."})

        page = text_of(browser.get(f"/ideas/{idea}"))
        assert "It is dark." in page
        assert "edited" in page
        other = browser_of(factories.participant(room))
        assert other.post(address, data={"text": "It is light."}).status_code == 404


class TestMembers:
    """A member of the organisation who does not take part answers a question, and takes part from then on."""

    @pytest.fixture
    def question(self, idea, guest):
        return factories.argument(idea, guest, "How much?", Stance.QUESTION)

    @pytest.fixture
    def member(self, room, browser_of):
        return browser_of(room.owner)

    def test_an_answer_comes_with_a_name(self, room, idea, question, member):
        address = f"/arguments/{question}/reply"
        assert address in text_of(member.get(factories.idea_path(idea)))
        assert 'name="name"' in text_of(member.get(address))

        answer = member.post(address, data={"text": "Ten euros.", "name": "The office", "op": factories.op()})

        assert answer.status_code == 303
        page = text_of(member.get(answer.location))
        assert "Answer of the organisation" in page
        assert "The office" in page
        assert 'name="name"' not in text_of(member.get(address))
        assert factories.journal_holds() == []

    @pytest.mark.parametrize(("name", "status"), [("", 400), ("Moderator", 400), ("Guest", 409)])
    def test_a_name_is_checked_and_the_answer_stays_typed(self, room, question, member, name, status):
        factories.participant(room, "Guest")

        answer = member.post(
            f"/arguments/{question}/reply", data={"text": "Ten euros.", "name": name, "op": factories.op()}
        )

        assert answer.status_code == status
        assert "Ten euros." in text_of(answer)
        assert len(stored()) == 1

    def test_other_arguments_wait_for_participants(self, room, idea, guest, member, browser_of):
        remark = factories.argument(idea, guest)
        left = factories.participant(room)

        for browser in (member, browser_of(factories.company().owner)):
            for _ in range(2):
                assert browser.get(f"/arguments/{remark}/reply").status_code in (403, 404)
        assert text_of(browser_of(left).get(factories.idea_path(idea))).count("data-answers") == 0
