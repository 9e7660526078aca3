"""The lobby on its pages: what people, facilitators and the hall see before the start, and what nobody gets."""

import html
import re
from datetime import timedelta

import pytest

from ideas import clock
from ideas.addresses import challenge_at
from ideas.blueprints import PhasePlan
from ideas.database import db
from ideas.models import Activity, AddressKind, Anonymity, Visibility
from ideas.queries.lobby import changes_since
from ideas.services import rounds
from tests import factories
from tests.views.test_statements import cost_of

PHASES = (
    PhasePlan("write", (Activity.WRITE,), others_visible=False, seconds=300),
    PhasePlan("vote", (Activity.VOTE,), seconds=420),
)
SEED = "Zucchini bread"


@pytest.fixture
def lobby(app, noise):
    return factories.lobby(phases=PHASES, seed_ideas=SEED, visibility=Visibility.LISTED)


@pytest.fixture
def noon():
    return (clock.now() + timedelta(hours=3)).replace(second=0, microsecond=0)


def text(response):
    assert response.status_code in (200, 400, 409)
    return html.unescape(response.get_data(as_text=True))


def page(browser, of, name=""):
    return text(browser.get(f"{of.path}{name}"))


def words(page):
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def at(instant):
    return clock.from_ms(clock.to_ms(instant)).strftime("%Y-%m-%dT%H:%M")


class TestRoom:
    def test_people_see_the_brief_the_way_ahead_and_who_is_there(self, lobby, browser_of):
        people = [factories.participant(lobby, name) for name in ("Ada", "Bo")]

        seen = page(browser_of(people[1]), lobby)

        assert "It has not started yet." in seen
        assert "<em>dark</em>" in seen, "the brief"
        ahead = words(seen.split('id="ahead"')[1].split("</section>")[0])
        assert "Write everyone alone, 5 min" in ahead
        assert "Vote 7 min" in ahead
        assert "<bdi>Bo</bdi>, <bdi>Ada</bdi>" in seen
        assert '<b data-figure="people">2</b>' in seen
        assert "<room-swarm" in seen

    def test_nobody_is_named_where_authors_are_hidden(self, app, browser_of):
        hidden = factories.lobby(anonymity=Anonymity.UNTIL_RESULT)
        factories.participant(hidden, "Ada")

        seen = page(browser_of(factories.participant(hidden, "Bo")), hidden)

        assert "Ada" not in seen
        assert '<b data-figure="people">2</b>' in seen

    def test_the_page_has_no_composer_no_ballot_and_no_running_clock(self, lobby, browser_of):
        seen = page(browser_of(factories.participant(lobby)), lobby)

        assert 'name="title"' not in seen
        assert "ready-button" not in seen
        assert "Time is up" not in seen.split("<main")[1]
        assert "phase-clock" not in seen

    def test_the_start_time_is_shown_with_a_countdown(self, app, browser_of, noon):
        timed = factories.lobby(phases=PHASES, starts_at=noon)

        seen = page(browser_of(factories.participant(timed)), timed)

        assert f'data-ends="{clock.to_ms(noon)}"' in seen
        assert 'data-local="deadline"' in seen, "a script shows it in the reader's zone"
        assert "Start: <time" in seen

    def test_a_change_is_shown_to_those_who_joined_before_it(self, lobby, browser_of, monkeypatch):
        before = factories.participant(lobby)
        later = clock.now() + timedelta(minutes=1)
        monkeypatch.setattr(clock, "now", lambda: later)
        browser_of(lobby.owner).post(
            f"{lobby.path}/edit", data={"title": "Other?", "brief": "Bring bread.", "begin": "hand"}
        )
        much_later = later + timedelta(minutes=1)
        monkeypatch.setattr(clock, "now", lambda: much_later)
        after = factories.participant(lobby)

        assert "Changed since you joined: the question, the description." in words(page(browser_of(before), lobby))
        assert "Changed since you joined" not in page(browser_of(after), lobby)

    def test_the_lobby_costs_few_statements(self, lobby, browser_of):
        statements = cost_of(browser_of(factories.participant(lobby)), lobby.path)

        assert len(statements.all) <= 15


class TestSeedIdeas:
    def test_seed_ideas_are_absent_from_every_page_and_answer_until_the_start(self, lobby, browser_of):
        person = browser_of(factories.participant(lobby))
        owner = browser_of(lobby.owner)
        epoch = lobby.round.challenge.epoch
        live = f"/live?since=0&epoch={epoch}"
        for_people = ("", "/parts", "/idea-list", "/mine", "/ballot", live)
        for_owners = ("", "/console", "/console/parts", "/screen", "/screen/parts", f"{live}&lanes=room,facilitators")

        for browser, path in [(person, path) for path in for_people] + [(owner, path) for path in for_owners]:
            answer = browser.get(f"/challenges/{lobby.id}{path}", follow_redirects=True)
            assert answer.status_code == 200, path
            assert SEED not in answer.get_data(as_text=True), path

        factories.start(lobby)
        factories.step(lobby, "vote")
        assert SEED in page(person, lobby)

    def test_ideas_added_in_the_lobby_wait_for_the_start(self, lobby, browser_of):
        owner = browser_of(lobby.owner)
        assert "The ideas appear in the room at the start" in page(owner, lobby, "/seed-ideas")

        added = owner.post(
            f"{lobby.path}/seed-ideas",
            data={"seed_ideas": "Oat bread", "op": factories.op()},
            follow_redirects=True,
        )

        assert "1 idea added. They appear at the start." in text(added)
        assert "2 starting ideas appear at the start." in text(added)
        assert "Oat bread" not in text(added)
        factories.start(lobby)
        assert "starting ideas appear" not in page(owner, lobby, "/console")


class TestConsole:
    def test_a_facilitator_starts_with_one_button_and_the_version_seen(self, lobby, browser_of):
        owner = browser_of(lobby.owner)
        seen = page(owner, lobby, "/console")
        form = re.search(r'<form[^>]*id="step--1-0".*?</form>', seen, re.S).group()
        assert 'name="since" value="-1"' in form
        assert "Start: Write" in words(form)
        assert "No clock is running" not in seen

        owner.post(f"/rounds/{lobby.round_id}/phase", data={"position": "0", "since": "-1"})

        db.session.rollback()
        assert lobby.round.position == 0
        assert "Continue to <bdi>Vote</bdi>" in page(owner, lobby, "/console")

    def test_the_console_shows_the_start_time(self, app, browser_of, noon):
        timed = factories.lobby(phases=PHASES, starts_at=noon)

        seen = page(browser_of(timed.owner), timed, "/console")

        assert f'data-ends="{clock.to_ms(noon)}"' in seen or "It starts automatically." in seen
        assert "Start: Write" in words(seen)

    def test_a_lobby_needs_no_attention_even_after_days(self, lobby, browser_of):
        seen = text(browser_of(lobby.owner).get(f"/organisations/{lobby.organisation_id}"))

        assert "Time is up" not in seen.split("<main")[1]
        assert "Lobby" in seen


def test_the_big_screen_shows_code_qr_and_arriving_dots(lobby, browser_of, noon):
    factories.participant(lobby)
    seen = page(browser_of(lobby.owner), lobby, "/screen")

    assert 'data-state="lobby"' in seen
    assert f"{lobby.path}/qr.svg" in seen
    assert " ".join(lobby.code) in seen
    assert re.search(r'<people-dots[^>]* data-joined="1"', seen)
    assert "It starts as soon as the moderators press Start." in seen


class TestForm:
    def form(self, **fields):
        plain = {"title": "What bread?", "blueprint": "live_brainstorm", "language": "en", "capacity": "50"}
        return plain | {"visibility": "link", "anonymity": "named"} | fields

    def publish(self, owner, company, **fields):
        new = owner.post(f"/organisations/{company.id}/challenges/new", data=self.form(**fields))
        assert new.status_code == 302, words(text(new))
        slug = re.search(r"/challenges/([\w-]+)/", new.location).group(1)
        challenge_id = challenge_at(db.session(), AddressKind.SLUG, slug).id
        answer = owner.post(f"/challenges/{challenge_id}/publication", follow_redirects=True)
        return factories._room(challenge_id, company.owner), words(text(answer))

    def test_a_challenge_waits_for_its_start_at_the_chosen_time(self, app, browser_of, noon):
        company = factories.company()
        owner = browser_of(company.owner)
        local = {"begin": "time", "begin_at": at(noon + timedelta(hours=2)), "begin_utc_offset": "120"}

        published, said = self.publish(owner, company, **local)

        assert "The lobby is open." in said
        assert (published.round.is_in_lobby, published.round.starts_at) == (True, noon)
        shown = page(owner, published, "/edit")
        assert re.search(rf'name="begin_at"[^>]* value="{at(noon)}"', shown)
        assert re.search(r'value="time"[^>]* checked', shown)

    def test_a_challenge_may_start_when_it_is_published(self, app, browser_of):
        company = factories.company()

        published, said = self.publish(browser_of(company.owner), company, begin="at_once")

        assert "The room is open." in said
        assert published.round.position == 0

    @pytest.mark.parametrize(("typed", "why"), [("", "Please fill this in."), ("2001-01-01T10:00", "in the past")])
    def test_a_bad_start_time_is_explained_and_kept(self, app, browser_of, typed, why):
        company = factories.company()
        fields = self.form(begin="time", begin_at=typed, begin_utc_offset="0")

        answer = browser_of(company.owner).post(f"/organisations/{company.id}/challenges/new", data=fields)

        assert answer.status_code == 400
        assert why in text(answer)
        assert f'name="begin_at" type="datetime-local" value="{typed}"' in text(answer)

    def test_a_start_time_that_passed_leads_back_to_the_form(self, app, browser_of, noon, monkeypatch):
        company = factories.company()
        draft = factories.draft(company, starts_at=noon, starts_at_once=False)
        monkeypatch.setattr(clock, "now", lambda: noon)

        answer = browser_of(company.owner).post(f"/challenges/{draft.id}/publication", follow_redirects=True)

        assert "Check the start time, then publish." in text(answer)
        assert draft.round.challenge.published_at is None

    def test_in_the_lobby_the_form_changes_brief_and_start_and_offers_no_rules(self, lobby, browser_of, noon):
        owner = browser_of(lobby.owner)
        person = factories.participant(lobby)
        shown = page(owner, lobby, "/edit")
        assert 'name="rules"' not in shown
        assert 'name="anonymity"' not in shown
        assert "One idea per entry." in shown
        fields = {"title": "What bread?", "brief": "New.", "visibility": "listed", "capacity": "50"}

        answer = owner.post(
            f"{lobby.path}/edit",
            data=fields | {"begin": "time", "begin_at": at(noon), "begin_utc_offset": "0"},
        )

        assert answer.status_code == 302
        challenge = lobby.round.challenge
        db.session.refresh(challenge)
        assert (challenge.brief, challenge.rules, challenge.prize) == (
            "New.",
            "One idea per entry.",
            "A basket of bread",
        )
        assert lobby.round.starts_at == noon
        assert changes_since(db.session(), lobby.round, person.row.joined_at)

    def test_in_the_lobby_only_the_length_of_phases_can_be_planned(self, lobby, browser_of):
        owner = browser_of(lobby.owner)
        shown = page(owner, lobby, "/phases")
        assert "Add a phase" not in shown
        assert 'type="checkbox" name="phase-0-activities"' not in shown
        fields = {
            "phases": "2",
            "phase-0-place": "0", "phase-0-name": "Write", "phase-0-activities": "write", "phase-0-hidden": "1",
            "phase-0-until": "length", "phase-0-length": "10", "phase-0-unit": "minutes",
            "phase-1-place": "1", "phase-1-name": "Vote", "phase-1-activities": "vote", "phase-1-until": "open",
        }  # fmt: skip

        assert owner.post(f"{lobby.path}/phases", data=fields).status_code == 302
        db.session.rollback()
        assert [p.seconds for p in lobby.round.phases[:-1]] == [600, None]

        other = owner.post(f"{lobby.path}/phases", data=fields | {"phase-1-activities": "debate"})
        assert other.status_code == 409
        assert "they stay as published" in text(other)


def test_the_join_page_says_when_it_starts(app, client, noon):
    timed = factories.lobby(phases=PHASES, starts_at=noon)

    seen = text(client.get(f"/join/{timed.code}"))

    assert "Start: <time" in seen
    assert at(noon) in seen


def test_the_start_page_lists_a_lobby_with_its_start(app, client, noon):
    factories.lobby(phases=PHASES, starts_at=noon, visibility=Visibility.LISTED)

    seen = words(text(client.get("/")))

    assert re.search(r"Lobby.* starts ", seen)


def test_whoever_waits_in_the_lobby_is_in_the_first_phase_after_the_start(lobby, browser_of):
    browser = browser_of(factories.participant(lobby))
    rounds.step_to_phase(lobby.owner, lobby.round_id, 0)

    seen = page(browser, lobby)

    assert 'name="title"' in seen
    assert 'id="ahead"' not in seen
