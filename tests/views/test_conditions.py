"""The conditions on pages: before joining, in the room with the tick, on the result, and in the form."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from urllib.parse import urlsplit

import pytest

from app.pages.link_cards import face_of_card
from app.trial.play import rehearse
from ideas import clock
from ideas.conditions import Conditions, conditions_of
from ideas.database import db
from ideas.models import Challenge, Idea, Rights, TimeReport, Visibility
from ideas.prizes import PrizePlan, PrizeRules
from ideas.services.floors import FloorForm, add_floor
from ideas.services.time_reports import report_minutes
from tests import factories
from tests.ideas.conftest import frozen_clock
from tests.ideas.services.test_floors import OPERATOR
from tests.views.test_prizes import fields
from tests.views.test_statements import Statements, cost_of

__all__ = ["frozen_clock"]

LICENCE = Conditions(Rights.ON_AWARD, "A simple licence for the packaging.", answer_days=14)
PRIZES = PrizeRules((PrizePlan("Main prize", 300_00),))
EXPECTED = Conditions(expected_people=20, expected_minutes=60)


def words_of(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True))).replace("\xa0", " ")


def post_idea(browser, room, **more):
    path = f"/challenges/{room.id}/ideas"
    return browser.post(path, data={"title": "Dark rye", "text": "Slowly", "op": factories.op()} | more)


class TestBeforeJoining:
    def door(self, browser, room, language="en"):
        return words_of(browser.get(f"/join/{room.code}", headers={"Accept-Language": language}))

    def test_a_prize_below_the_minimum_wage_is_told_plainly(self, app, client, frozen_clock):
        room = factories.room(prizes=PRIZES, conditions=replace(EXPECTED, expected_minutes=120))

        words = self.door(client, room)

        assert words.count("Below the minimum wage") == 2, "beside the question, and in the box"
        assert "20 people with 120 minutes each: €300.00 are then €7.50/h on average" in words
        assert "€13.90/h is the legal minimum for employees in Germany in 2026" in words

    def test_the_door_says_what_an_idea_brings_so_far_and_earlier_contests_are_told(self, app, client, frozen_clock):
        company = factories.company()
        for _ in range(3):
            earlier = factories.room(company, conditions=Conditions(expected_people=5, expected_minutes=20))
            people = [factories.participant(earlier) for _ in range(5)]
            frozen_clock.advance(3600)
            factories.close(earlier)
            for person in people:
                report_minutes(person.actor, earlier.id, 34)
        room = factories.room(company, prizes=PRIZES, conditions=EXPECTED)
        author = factories.participant(room)
        for title in ("Rye", "Spelt", "Oats"):
            factories.idea(room, author, title)

        words = self.door(client, room)

        assert "In its earlier contests people needed 1.7 times as much time in all: that would be €8.82/h." in words
        assert "So far 3 ideas: on average €100.00 an idea." in words
        assert words.count("Below the minimum wage") == 2
        assert "1,7-mal" in self.door(client, room, "de")

    def test_german_has_its_own_notation(self, app, client, frozen_clock):
        room = factories.room(prizes=PRIZES, conditions=EXPECTED)

        words = self.door(client, room, "de")

        assert "20 Personen und je 60 Minuten: 300,00 € sind dann 15,00 €/Std. im Schnitt." in words
        assert "Mindestens der Mindestlohn" in words
        assert "13,90 €/Std. ist der gesetzliche Mindestlohn" in words

    def test_just_for_fun_is_a_label(self, app, client):
        words = self.door(client, factories.room(prize=""))

        assert "Just for fun There is no prize." in words
        assert "Everything stays with the author of an idea" in words

    def test_rights_answer_and_who_sees_what(self, app, client):
        words = self.door(client, factories.room(conditions=LICENCE, approval=True))

        assert "Only if an idea gets an award" in words
        assert "A simple licence for the packaging." in words
        assert "14 days after the close" in words
        assert "the ideas that the moderators have approved. Your name stands on yours." in words


class TestTheTick:
    TICK = 'name="rights" value="1" required'

    def test_it_stands_in_the_composer_until_the_person_agreed(self, app, browser_of):
        room = factories.room(conditions=LICENCE)
        author, other = factories.participant(room), factories.participant(room)
        browser = browser_of(author)
        assert self.TICK in browser.get(room.path).get_data(as_text=True)

        assert post_idea(browser, room, rights="1").status_code == 303

        assert self.TICK not in browser.get(room.path).get_data(as_text=True)
        assert self.TICK in browser_of(other).get(room.path).get_data(as_text=True), "kept pages tell them apart"

    def test_a_text_without_it_stays_in_the_form(self, app, browser_of):
        room = factories.room(conditions=LICENCE)
        answer = post_idea(browser_of(factories.participant(room)), room)

        page = answer.get_data(as_text=True)
        assert answer.status_code == 400
        assert "Please tick this first. Your text stays here." in page
        assert "Dark rye</textarea>" in page
        assert self.TICK in page
        assert db.session.query(Idea).count() == 0

    def test_rights_that_stay_ask_for_nothing(self, app, browser_of):
        room = factories.room()
        browser = browser_of(factories.participant(room))

        assert 'name="rights"' not in browser.get(room.path).get_data(as_text=True)
        assert post_idea(browser, room).status_code == 303


class TestTheResult:
    @pytest.fixture
    def closed(self, app, frozen_clock):
        room = factories.room(prizes=PRIZES, conditions=replace(LICENCE, expected_people=20, expected_minutes=60))
        people = [factories.participant(room) for _ in range(5)]
        factories.ideas.submit_idea(people[0].actor, room.id, factories.ideas.IdeaForm("Rye", rights=1), factories.op())
        frozen_clock.advance(3600)
        factories.close(room)
        return room, people

    def test_people_report_change_and_withdraw_their_minutes(self, closed, browser_of):
        room, people = closed
        browser, path = browser_of(people[0]), f"/challenges/{room.id}/minutes"
        card = browser.get(f"{room.path}/my-result").get_data(as_text=True)
        [field] = re.findall(r'<input[^>]*name="minutes"[^>]*>', card)
        assert 'value="' not in field or 'value=""' in field, "nothing is proposed"
        assert "A simple licence for the packaging." in card, "the rights of the idea"

        assert browser.post(path, data={"minutes": "30", "op": factories.op()}).status_code == 303
        assert 'value="30"' in browser.get(f"{room.path}/my-result").get_data(as_text=True)
        wrong = browser.post(path, data={"minutes": "half an hour", "op": factories.op()})
        assert wrong.status_code == 400
        assert 'value="half an hour"' in wrong.get_data(as_text=True)
        browser.post(path, data={"minutes": "99999", "op": factories.op()})
        assert [row.minutes for row in db.session.query(TimeReport)] == [60]
        browser.post(path, data={"minutes": " ", "op": factories.op()})
        assert db.session.query(TimeReport).count() == 0
        assert browser.post(path, data={"minutes": "0", "op": factories.op()}).status_code == 400

    def test_the_line_follows_the_reports_and_keeps_the_estimate_apart(self, closed, browser_of):
        room, people = closed
        browser = browser_of(people[0])
        assert "Nobody has reported their time yet." in words_of(browser.get(f"{room.path}/result"))

        for person, minutes in zip(people[:4], (25, 31, 40, 58), strict=True):
            report_minutes(person.actor, room.id, minutes)
        few = words_of(browser.get(f"{room.path}/result"))
        assert "4 people needed 25 to 60 minutes." in few
        assert "€300.00 are €60.00/h to €144.00/h. Too few for an average." in few
        assert "58" not in few.split("people needed")[1][:60]

        report_minutes(people[4].actor, room.id, 34)
        many = words_of(browser.get(f"{room.path}/result"))
        assert "Half of 5 people needed 34 minutes or more: €105.88/h or less" in many
        assert "Between 25 and 58 minutes fits too." in many
        assert "The organisation expects 20 people with 60 minutes each" in many

    def test_an_overdue_answer_is_told_once_the_day_is_over(self, closed, browser_of, frozen_clock):
        room, people = closed
        browser = browser_of(people[1])
        assert "The answer is overdue." not in words_of(browser.get(f"{room.path}/result"))

        frozen_clock.advance(14 * 86400 + 60)

        assert clock.now() == frozen_clock.now
        assert "The answer is overdue." in words_of(browser.get(f"{room.path}/result"))


class TestTheForm:
    def test_it_stores_and_shows_the_conditions(self, app, browser_of):
        company = factories.company()
        browser = browser_of(company.owner)
        sent = {"rights": "other", "rights_words": "Ask us.", "answer": "days", "answer_days": "10"}
        estimate = {"expected_people": "40", "expected_minutes": "30", "floor_country": "DE"}

        answer = browser.post(
            f"/organisations/{company.id}/challenges/new", data=fields(op=factories.op(), **sent, **estimate)
        )

        challenge = db.session.query(Challenge).one()
        assert answer.status_code == 302
        assert conditions_of(challenge) == Conditions(Rights.OTHER, "Ask us.", None, 10, 40, 30)
        page = browser.get(f"/challenges/{challenge.id}/edit").get_data(as_text=True)
        assert 'name="expected_people"' in page
        assert 'value="40"' in page

    def test_wrong_fields_are_named(self, app, browser_of):
        company = factories.company()
        wrong = {"rights": "other", "rights_words": "", "answer": "days", "answer_days": "soon", "expected_people": "5"}

        answer = browser_of(company.owner).post(
            f"/organisations/{company.id}/challenges/new", data=fields(op=factories.op(), **wrong)
        )

        page = answer.get_data(as_text=True)
        assert answer.status_code == 400
        for field in ("rights_words", "answer_days", "expected_minutes"):
            assert f'id="field-{field}-error"' in page, field


@pytest.mark.parametrize("page", ["/join/{code}", "{path}", "{path}/result"])
def test_conditions_cost_few_statements(app, browser_of, page):
    room = factories.room(prizes=PRIZES, conditions=replace(LICENCE, expected_people=20, expected_minutes=60))
    browser = browser_of(factories.participant(room) if "path" in page else factories.guest())
    if "result" in page:
        factories.close(room)
    plain, found = factories.room(prize=""), {}
    for each in (room, plain):
        if each is plain and "path" in page:
            browser = browser_of(factories.participant(plain))
            if "result" in page:
                factories.close(plain)
        with Statements() as statements:
            assert browser.get(page.format(code=each.code, path=each.path)).status_code == 200
        found[each.id] = len(statements.all)

    assert found[room.id] - found[plain.id] <= 6, "floor, reports, people and ideas, earlier contests, answers owed"


def test_simulated_people_agree_to_the_rights_in_a_rehearsal(app):
    report = rehearse(factories.form(conditions=LICENCE), lambda *_: None, 4)

    assert report.ideas == 4


class TestKeptPages:
    def test_the_room_learns_of_a_new_minimum_wage_and_of_reports_at_once(self, app, browser_of, frozen_clock):
        company = factories.company()
        room = factories.room(company, prizes=PRIZES, conditions=EXPECTED)
        browser = browser_of(factories.participant(room))
        assert "€13.90/h is the legal minimum" in words_of(browser.get(room.path))

        add_floor(OPERATOR, FloorForm("DE", date(2026, 1, 1), 1600))
        words = words_of(browser.get(room.path))
        assert "€16.00/h is the legal minimum" in words
        assert "Below the minimum wage" in words

        for _ in range(3):
            earlier = factories.room(company, conditions=Conditions(expected_people=5, expected_minutes=10))
            people = [factories.participant(earlier) for _ in range(5)]
            frozen_clock.advance(3600)
            factories.close(earlier)
            browser.get(room.path)
            for person in people:
                report_minutes(person.actor, earlier.id, 20)
        assert "2 times as much time" in words_of(browser.get(room.path))

    def test_the_room_learns_of_the_next_step_when_its_day_begins(self, app, browser_of, frozen_clock):
        frozen_clock.now = datetime(2026, 12, 31, 22, 59, tzinfo=UTC)
        room = factories.room(prizes=PRIZES, conditions=EXPECTED)
        browser = browser_of(factories.participant(room))
        assert "€13.90/h is the legal minimum for employees in Germany in 2026" in words_of(browser.get(room.path))

        frozen_clock.advance(120)

        assert "€14.60/h is the legal minimum for employees in Germany in 2027" in words_of(browser.get(room.path))


class TestCards:
    LOW = replace(EXPECTED, expected_minutes=120)

    def cards(self, browser):
        page = browser.get("/").get_data(as_text=True).partition('id="open"')[2]
        return page.split("challenge-card__top")[1:]

    def test_open_challenges_say_it_on_the_start_page(self, app, client, frozen_clock):
        company = factories.company()
        for paid in (
            {"prizes": PRIZES, "conditions": EXPECTED},
            {"prizes": PRIZES, "conditions": self.LOW},
            {"prize": ""},
        ):
            factories.room(company, visibility=Visibility.LISTED, **paid)

        fun, low, fair = self.cards(client)

        assert "Just for fun" in fun
        assert "tag tag--against" in low
        assert "Below the minimum wage" in low
        assert "€300.00" in fair
        assert "minimum wage" not in fair

    def test_it_costs_the_same_for_any_number_of_cards(self, app, client):
        found = []
        for _ in range(2):
            for n in range(3):
                room = factories.listed_room(prizes=PRIZES, conditions=self.LOW, title=f"Bread {n}")
            found.append(len(cost_of(client, "/").all))

        assert len(self.cards(client)) == 6
        assert found[0] == found[1], room

    @pytest.mark.parametrize(
        ("paid", "label"),
        [
            ({"prizes": PRIZES, "conditions": LOW}, " · Below the minimum wage"),
            ({"prizes": PRIZES, "conditions": EXPECTED}, ""),
            ({"prize": ""}, " · Just for fun"),
        ],
    )
    def test_the_card_of_a_link_says_it_in_words_and_on_its_picture(self, app, client, frozen_clock, paid, label):
        room = factories.room(language="de", **paid)
        page = client.get(f"/join/{room.code}", headers={"Accept-Language": "en"}).get_data(as_text=True)
        said = dict(re.findall(r'<meta property="og:([\w:]+)" content="([^"]*)">', page))
        picture = urlsplit(said["image"]).path
        face = face_of_card(room.id, picture.rpartition("/")[2].removesuffix(".png"))

        assert said["description"] == f"Mill &amp; Oven asks{label}"
        assert face.label == {"": "", " · Below the minimum wage": "Unter dem Mindestlohn"}.get(label, "Nur zum Spaß")
        assert face.is_warning == label.startswith(" · Below")
        assert client.get(picture).status_code == 200

    def test_a_picture_without_the_warning_ends_when_the_minimum_wage_rises(self, app, client, frozen_clock):
        room = factories.room(prizes=PRIZES, conditions=EXPECTED)
        page = client.get(f"/join/{room.code}").get_data(as_text=True)
        picture = urlsplit(re.search(r'og:image" content="([^"]+)"', page)[1]).path
        assert client.get(picture).status_code == 200

        add_floor(OPERATOR, FloorForm("DE", date(2026, 1, 1), 1600))

        assert client.get(picture).status_code == 404
