"""The pages of jobs: the form with its preview, the page of one, the list, and what the operator sets."""

import re

import pytest

from ideas import clock
from ideas.database import db
from ideas.job_access import draft_of
from ideas.models import Decision, Job, JobState, Terms, WorkOrder
from ideas.queries.dues import ledgers
from ideas.services import jobs, outcomes
from tests import factories
from tests import jobs as made
from tests.orders import below_floor

TYPED = {
    "title": "A text about rye bread",
    "kind": "text",
    "language": "en",
    "brief": "Why is rye dough sticky?",
    "example": "https://example.org/good",
    "criteria": "It has 280 to 320 words.\n\nIt names two mistakes.",
    "delivery": "text",
    "words_max": "300",
    "places": "2",
    "taking": "apply",
    "cents": "12,00",
    "currency": "EUR",
    "minutes": "40",
    "estimate_by": "done",
    "licence": "simple",
    "licence_use": "Our website.",
    "may_edit": "1",
    "artistic": "1",
    "ai": "said",
    "seen_by": "public",
}


@pytest.fixture
def company(app):
    return factories.company()


@pytest.fixture
def owner(company, browser_of):
    return browser_of(company.owner)


def the_job() -> Job:
    return db.session.scalars(db.select(Job)).one()


def version(page: str) -> str:
    return re.search(r'name="version" value="([^"]*)"', page)[1]


def test_a_job_is_typed_saved_and_published(company, owner):
    answer = owner.post(f"/organisations/{company.id}/jobs/begin", data=TYPED | {"then": "save"})
    job = the_job()
    assert answer.location.endswith(f"/jobs/{job.code}/edit")
    page = owner.get(answer.location).get_data(as_text=True)
    assert "It names two mistakes." in page
    assert "2 places at €12.00 each: €24.00 if every delivery is accepted." in page
    assert "For up to 600 words in all, 4.0 cents a word." in page

    answer = owner.post(answer.location, data=TYPED | {"then": "publish", "version": version(page), "cents": "15.00"})

    assert answer.status_code == 303, answer.get_data(as_text=True)
    assert the_job().state == JobState.OPEN
    shown = owner.get(f"/jobs/{job.code}").get_data(as_text=True)
    assert "€15.00" in shown
    assert "The company reckons with 40 minutes: €22.50/h." in shown


def test_what_is_missing_is_named_and_nothing_typed_is_lost(company, owner):
    job_id = made.draft(company)
    address = f"/jobs/{db.session.get_one(Job, job_id).code}/edit"
    seen = version(owner.get(address).get_data(as_text=True))

    answer = owner.post(address, data=TYPED | {"criteria": "", "cents": "a lot", "version": seen, "then": "publish"})
    page = answer.get_data(as_text=True)

    assert answer.status_code == 400
    assert "This is not an amount" in page
    assert 'value="a lot"' in page
    answer = owner.post(address, data=TYPED | {"criteria": "", "cents": "3.50", "version": seen, "then": "publish"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 400
    assert "This is below the minimum wage" in page
    assert re.search(r"can’t be published here\. For \d+ minutes it has to be at least €", page)
    assert "Please fill this in." in page
    assert "Why is rye dough sticky?" in page
    assert the_job().state == JobState.DRAFT


def test_a_form_saves_itself_and_says_when_a_colleague_was_faster(company, owner):
    job = db.session.get_one(Job, made.draft(company))
    seen = version(owner.get(f"/jobs/{job.code}/edit").get_data(as_text=True))

    first = owner.post(f"/jobs/{job.code}/draft", data=TYPED | {"title": "First", "version": seen})
    stale = owner.post(f"/jobs/{job.code}/draft", data=TYPED | {"title": "Stale", "version": seen})
    later = owner.post(f"/jobs/{job.code}/draft", data=TYPED | {"title": "Later", "version": first.json["version"]})

    assert (first.status_code, stale.status_code, later.status_code) == (200, 409, 200)
    assert first.json["said"].startswith("Saved ")
    assert draft_of(db.session(), the_job()).title == "Later"


def test_a_preview_stores_nothing(company, owner):
    page = owner.post(f"/organisations/{company.id}/jobs/begin/preview", data=TYPED | {"cents": "3,50"})

    assert "Below the minimum wage" in page.get_data(as_text=True)
    assert db.session.scalar(db.select(db.func.count()).select_from(Job)) == 0


def test_the_pay_line_is_german_with_comma_and_hour(company, owner, app):
    of = made.opened(company, cents=1200, minutes=40)
    browser = app.test_client()

    page = browser.get(f"/jobs/{of.code}", headers={"Accept-Language": "de"}).get_data(as_text=True)

    assert "Das Unternehmen rechnet mit 40 Minuten: 18,00\xa0€/Std." in page
    assert "Bisher hat es niemand gemacht." in page
    assert "13,90\xa0€/Std. ist der gesetzliche Mindestlohn" in page


def test_a_job_that_is_not_shown_is_not_found_at_any_address(company, app, browser_of):
    draft = db.session.get_one(Job, made.draft(company)).code
    browsers = [app.test_client(), browser_of(factories.account()), browser_of(factories.company().owner)]
    for browser in browsers:
        assert browser.get(f"/jobs/{draft}").status_code == 404
        assert browser.get(f"/jobs/{draft}/edit").status_code in (302, 404)
    assert browsers[2].post(f"/jobs/{draft}/pause").status_code == 404


def test_open_jobs_are_found_by_kind_language_and_pay(company, app):
    made.opened(company, title="Words about rye")
    made.opened(company, title="Ein Text", language="de", cents=5000)
    browser = app.test_client()

    def titles(query: str) -> list[str]:
        page = browser.get(f"/jobs?{query}").get_data(as_text=True)
        return [title for title in ("Words about rye", "Ein Text") if title in page.replace("\xad", "")]

    assert titles("") == ["Words about rye", "Ein Text"]
    assert titles("language=de") == ["Ein Text"]
    assert titles("kind=translation") == []
    assert titles("find_jobs=RYE") == ["Words about rye"]
    page = browser.get("/jobs?order=pay").get_data(as_text=True).replace("\xad", "")
    assert page.index("Ein Text") < page.index("Words about rye")
    assert "Words about rye" in browser.get("/").get_data(as_text=True).replace("\xad", "")


def test_a_question_and_its_answer_stand_on_the_page_without_a_name(company, browser_of, owner):
    of, asker = made.opened(company), browser_of(factories.account("asker@example.org"))

    asker.post(f"/jobs/{of.code}/questions", data={"text": "May I use pictures?"})
    question = re.search(r"/questions/(\d+)/answer", owner.get(f"/jobs/{of.code}").get_data(as_text=True))[1]
    owner.post(f"/jobs/{of.code}/questions/{question}/answer", data={"text": "One, if it is yours."})
    page = browser_of(factories.account()).get(f"/jobs/{of.code}").get_data(as_text=True)

    assert "May I use pictures?" in page
    assert "One, if it is yours." in page
    assert "asker@" not in page


def test_an_operator_sets_what_holds_for_jobs_and_the_page_about_decisions_says_it(browser_of, app):
    browser = browser_of(made.operator())
    page = browser.get("/operator/settings").get_data(as_text=True)
    was = re.search(r'name="was" value="([^"]*refuse[^"]*)"', page)[1]

    form = {"was": was, "kind": ["text", "phone"], "floor": "warn", "cancel_share": "50"}
    form |= {"dues_years": "10", "dues_zone": "Europe/Vienna", "open_dues_max": "3", "newcomers_share": "25"}
    for wrong in ({"dues_years": "0"}, {"newcomers_share": "101"}, {"dues_years": "x"}, {"dues_zone": "Vienna"}):
        assert browser.post("/operator/settings/jobs", data=form | wrong).status_code == 400

    answer = browser.post("/operator/settings/jobs", data=form)

    assert answer.status_code == 303
    page = app.test_client().get("/how-decisions-are-made").get_data(as_text=True)
    assert "published with a red line" in page
    assert "Permitted kinds of work: Text, Phone." in page
    assert "pays 50%" in page
    assert "for 10 years after the end of the year" in page
    assert "the time zone Europe/Vienna" in page
    assert "owes money on more than 3 orders publishes no new job" in page
    assert "of a job 25% of its places" in page
    assert "Nobody is asked whether people have to get in touch outside." in page


def test_an_idea_of_a_closed_round_prefills_a_job(company, owner):
    room = factories.room(of=company)
    idea = factories.idea(room, factories.participant(room), "A text about rye", "Why it is *sticky*.")
    entry = factories.entry_id(idea)
    factories.close(room)

    page = owner.get(f"/organisations/{company.id}/jobs/begin?entry={entry}").get_data(as_text=True)

    assert 'value="A text about rye"' in page
    assert "Why it is *sticky*." in page
    owner.post(f"/organisations/{company.id}/jobs/begin", data=TYPED | {"entry": entry})
    assert the_job().from_entry_id == entry


def test_the_result_leads_members_from_an_idea_to_a_job(company, owner, browser_of):
    room = factories.room(of=company)
    author, voter = factories.participant(room), factories.participant(room)
    idea = factories.idea(room, author, "A text about rye")
    factories.mark(room, voter, {idea: 1})
    factories.close(room)
    offer = f"/organisations/{company.id}/jobs/begin?entry={factories.entry_id(idea)}"

    def shows_it(browser) -> bool:
        return offer in browser.get(f"{room.path}/result").get_data(as_text=True)

    assert shows_it(owner), "for the first place, while nothing is decided"
    outcomes.set_outcomes(room.owner, room.round_id, [factories.entry_id(idea)], Decision.CHOSEN, "We do.", seen=0)
    assert shows_it(owner)
    assert owner.get(offer).status_code == 200
    assert not shows_it(browser_of(voter))


def test_an_invited_address_sees_the_job_and_others_do_not(company, owner, browser_of):
    of = made.opened(company, seen_by="invited")
    guest, other = browser_of(made.worker("guest@example.org")), browser_of(made.worker())

    owner.post(f"/jobs/{of.code}/invitations", data={"emails": "Guest@Example.org, nonsense"})

    assert guest.get(f"/jobs/{of.code}").status_code == 200
    assert other.get(f"/jobs/{of.code}").status_code == 404


def test_new_terms_of_a_running_job_begin_with_the_present_ones(company, owner):
    of = made.opened(company)

    page = owner.get(f"/jobs/{of.code}/edit").get_data(as_text=True)
    owner.post(f"/jobs/{of.code}/edit", data=TYPED | {"version": version(page), "cents": "20", "then": "publish"})

    assert "You are writing terms 2." in page
    assert db.session.scalars(db.select(Terms.cents).order_by(Terms.n)).all() == [1200, 2000]
    jobs.close_job(company.owner, of.id)
    assert owner.get(f"/jobs/{of.code}/edit").status_code == 409
    assert the_job().ended_at <= clock.now()


def test_a_company_reads_what_a_job_is_short_of_and_tops_up_all_orders_with_one_press(company, owner, app):
    of = below_floor(company)
    jobs.pause_jobs_below_floor()
    path = f"/jobs/{the_job().code}"

    page = owner.get(path).get_data(as_text=True)
    german = owner.get(path, headers={"Accept-Language": "de"}).get_data(as_text=True).replace("\xa0", " ")

    assert "34 minutes at €13.90 are €7.88: raise the pay to it, or top up the 3 orders by €4.38 each." in page
    assert (
        "34 Minuten zu 13,90 € die Stunde sind 7,88 €: Heb die Bezahlung darauf an, oder stock die 3 Aufträge um je "
        "4,38 € auf."
    ) in german
    assert "7.88" not in app.test_client().get(path).get_data(as_text=True), "the company's own hint"
    assert owner.post(f"{path}/top-up", data={"cents": "438"}).status_code == 409
    answer = owner.post(f"{path}/top-up", data={"cents": "1314"}, follow_redirects=True).get_data(as_text=True)
    assert answer.count("3 topped up.") == 2
    assert "Top up" not in answer
    assert len(ledgers(db.session(), db.session.scalars(db.select(WorkOrder.id).filter_by(job_id=of.id)).all())) == 3
