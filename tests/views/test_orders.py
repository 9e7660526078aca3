"""The pages of orders: the whole way of a worker, what the company decides, and who may not even look."""

import io
import re
from datetime import timedelta

import pytest

from ideas import clock
from ideas.database import db, write
from ideas.job_terms import JobWords
from ideas.models import Account, Delivery, WorkOrder
from ideas.orders import OrderState
from ideas.services import jobs
from tests import factories
from tests import jobs as made

TEXT = "Rye dough is sticky since its flour binds water differently. " * 4


@pytest.fixture
def company(app):
    return factories.company()


@pytest.fixture
def owner(company, browser_of):
    return browser_of(company.owner)


@pytest.fixture
def worker(app, browser_of):
    return browser_of(made.worker("worker@example.org"))


def the_order() -> WorkOrder:
    db.session.expire_all()
    return db.session.scalars(db.select(WorkOrder)).one()


def page_of(browser, path: str) -> str:
    return browser.get(path).get_data(as_text=True)


def version(page: str) -> str:
    return re.search(r'name="version" value="([^"]*)"', page)[1]


def test_the_way_of_a_worker_from_the_application_to_the_money(company, owner, worker):
    job = made.opened(company)
    assert "Apply" in page_of(worker, f"/jobs/{job.code}")
    path = worker.post(f"/jobs/{job.code}/place", data={"name": "Ada", "sentence": "I bake."}).location
    assert "Your application is there." in page_of(worker, path)

    seen = page_of(owner, f"/jobs/{job.code}")
    assert path in seen
    assert "worker@" not in seen + page_of(owner, path)
    owner.post(f"{path}/offer")
    offered = page_of(worker, path)
    assert "You are offered a place" in offered
    for agreed in (
        "It names two mistakes of beginners.",
        "The company gets a simple right of use",
        "AI tools may be used",
    ):
        assert agreed in offered, "nobody confirms terms that the page does not show"
    worker.post(f"{path}/confirmation", data={"terms": "1"})
    assert the_order().state == OrderState.WORKING

    kept = worker.post(f"{path}/draft", data={"text": TEXT, "version": version(page_of(worker, path))})
    assert kept.json["said"].endswith("· 40 words")
    refused = worker.post(f"{path}/delivery", data={"text": TEXT, "criterion": "0", "then": "deliver"})
    assert refused.status_code == 400
    assert TEXT.strip() in refused.get_data(as_text=True)
    worker.post(f"{path}/delivery", data={"text": TEXT, "criterion": ["0", "1"], "minutes": "35", "then": "deliver"})
    assert the_order().state == OrderState.DELIVERED

    review = page_of(owner, path)
    assert "Rye dough is sticky" in review
    # Times, and random numbers in attributes, may have a "35" in them.
    seen = re.sub(r"<time.*?</time>|<[^>]*>", " ", review, flags=re.DOTALL)
    assert re.findall(r".{0,60}\b35\b.{0,30}", seen) == [], "no company sees it"
    owner.post(f"{path}/acceptance", data={"version": "1"})
    assert "€12.00" in page_of(worker, path)
    today = clock.now().date().isoformat()
    owner.post(f"{path}/payment", data={"cents": "12.00", "paid_on": today, "reference": "R 17"})
    entry = re.search(r"/payments/(\d+)/confirmation", page_of(worker, path))[1]
    worker.post(f"{path}/payments/{entry}/confirmation")

    page = page_of(worker, path)
    assert 'Open: <span class="num">€0.00' in page
    assert "Confirmed" in page and "R 17" in page  # noqa: PT018
    assert "A text about rye bread" in page_of(worker, "/me").replace("\xad", "")
    year = clock.now().year
    for browser, where in ((worker, "/me"), (owner, f"/organisations/{company.id}")):
        sums = browser.get(f"{where}/statement-{year}.json").json["sums"]
        assert sums == {"EUR": {"owed_cents": 1200, "paid_cents": 1200, "open_cents": 0}}
        assert browser.get(f"{where}/statement-{year}.csv").headers["Content-Disposition"].startswith("attachment")
    assert worker.get(f"/organisations/{company.id}/statement-{year}.csv").status_code == 404
    assert "Accepted 1 of 1 deliveries." in page_of(worker, f"/jobs/{job.code}")


def test_first_come_takes_the_place_with_its_terms(company, worker, browser_of):
    job = made.opened(company, taking="first_come")

    assert worker.post(f"/jobs/{job.code}/place", data={"name": "Ada", "terms": "7"}).status_code == 409
    worker.post(f"/jobs/{job.code}/place", data={"name": "Ada", "terms": "1"})

    assert the_order().state == OrderState.WORKING
    second = browser_of(made.worker()).post(f"/jobs/{job.code}/place", data={"name": "Bea", "terms": "1"})
    assert second.status_code == 409
    assert "All places of this job are taken." in second.get_data(as_text=True)


def test_changes_and_a_decline_name_a_criterion(company, owner, worker):
    job = made.opened(company, taking="first_come")
    path = worker.post(f"/jobs/{job.code}/place", data={"name": "Ada", "terms": "1"}).location
    hand_in = {"text": TEXT, "criterion": ["0", "1"], "then": "deliver"}
    worker.post(f"{path}/delivery", data=hand_in)

    nothing = owner.post(f"{path}/changes", data={"version": "1", "days": "3"})
    assert nothing.status_code == 400
    owner.post(f"{path}/changes", data={"version": "1", "days": "3", "criterion": "1", "fault-1": "Name the second."})
    asked = page_of(worker, path)
    assert asked.index("Name the second.") < asked.index("Your work"), "what has to change stands before the form"
    worker.post(f"{path}/delivery", data=hand_in)

    short = owner.post(f"{path}/decline", data={"version": "2", "criterion": "1", "reason": "No."})
    assert short.status_code == 400
    assert 'id="field-reason-error"' in short.get_data(as_text=True)
    without = owner.post(f"{path}/decline", data={"version": "2", "reason": "It names only one of the two mistakes."})
    assert without.status_code == 400
    owner.post(
        f"{path}/decline", data={"version": "2", "criterion": "1", "reason": "It names only one of the two mistakes."}
    )
    assert the_order().state == OrderState.DECLINED
    worker.post(f"{path}/objection", data={"text": "The second stands in the last line."})
    owner.post(f"{path}/ruling", data={"ruling": "settle", "cents": "6,00", "text": "Half."})
    assert the_order().state == OrderState.PART_PAID
    assert "€6.00" in page_of(worker, path)


def test_a_refused_application_keeps_its_words(company, owner, browser_of):
    job = made.opened(company)
    newcomer = factories.account("new@example.org")
    browser = browser_of(newcomer)
    typed = {"name": "Ada", "sentence": "I write signs."}

    refused = browser.post(f"/jobs/{job.code}/place", data=typed)

    assert refused.status_code == 403
    assert "I write signs." in refused.get_data(as_text=True)
    with write() as transaction:
        transaction.session.get(Account, newcomer.account_id).confirmed_at = clock.now()
    owner.post(f"/jobs/{job.code}/pause")
    refused = browser.post(f"/jobs/{job.code}/place", data=typed)
    assert (refused.status_code, "I write signs." in refused.get_data(as_text=True)) == (409, True)
    assert browser.get(f"/jobs/{job.code}/place").location == f"/jobs/{job.code}", "no form without a way on"


def test_an_act_that_comes_too_late_leads_back_to_its_page(company, owner, worker):
    job = made.opened(company)
    path = worker.post(f"/jobs/{job.code}/place", data={"name": "Ada", "sentence": "I bake."}).location
    owner.post(f"{path}/refusal", data={"refusing": "full"})

    late = worker.post(f"{path}/withdrawal", headers={"Referer": f"http://localhost{path}"})
    from_refused = worker.post(f"{path}/withdrawal", headers={"Referer": f"http://localhost{path}/changes"})

    assert (late.status_code, f'href="{path}"' in late.get_data(as_text=True)) == (409, True)
    assert "/changes" not in from_refused.get_data(as_text=True), "the address of a post opens no page"
    nobody = worker.application.test_client().get(f"/jobs/{'A' * 10}").get_data(as_text=True)
    assert f"/sign-in?next=/jobs/{'A' * 10}" in nobody


def test_a_picture_is_asked_for_before_the_words_about_it(company, worker):
    job = made.opened(company, taking="first_come", kind="picture", delivery="picture")
    asked = page_of(worker, f"/jobs/{job.code}/place")
    assert "€12.00" in asked
    assert "your time begins: 3 days" in asked
    path = worker.post(f"/jobs/{job.code}/place", data={"name": "Ada", "terms": "1"}).location

    page = worker.post(f"{path}/delivery", data={"criterion": ["0", "1"], "then": "deliver"}).get_data(as_text=True)

    assert 'id="field-file-error"' in page
    assert page.index('id="files"') < page.index("What you say to it") < page.index("Hand in")


def test_a_refused_delivery_is_kept_as_the_draft(company, worker):
    job = made.opened(company, taking="first_come")
    path = worker.post(f"/jobs/{job.code}/place", data={"name": "Ada", "terms": "1"}).location

    refused = worker.post(f"{path}/delivery", data={"text": TEXT, "minutes": "twenty", "then": "deliver"})

    assert refused.status_code == 400
    assert TEXT.strip() in page_of(worker, path)


def test_the_draft_of_an_older_tab_replaces_nothing_unseen(company, worker):
    job = made.opened(company, taking="first_come")
    path = worker.post(f"/jobs/{job.code}/place", data={"name": "Ada", "terms": "1"}).location
    worker.post(f"{path}/draft", data={"text": "From the newer tab.", "version": "0"})

    refused = worker.post(f"{path}/delivery", data={"text": "From the older tab.", "version": "0"})

    page = refused.get_data(as_text=True)
    assert (refused.status_code, version(page)) == (409, "1")
    assert "From the newer tab." in page
    assert "From the older tab." in page
    worker.post(f"{path}/delivery", data={"text": "From the older tab.", "version": "1"})
    assert "From the newer tab." not in page_of(worker, path)


def test_a_wrong_number_of_minutes_does_not_stop_the_saving_of_the_text(company, worker):
    job = made.opened(company, taking="first_come")
    path = worker.post(f"/jobs/{job.code}/place", data={"name": "Ada", "terms": "1"}).location
    assert worker.post(f"{path}/draft", data={"text": TEXT, "minutes": "ten", "version": "0"}).status_code == 200


def test_words_about_changes_are_neither_dropped_nor_shown_in_another_form(company, owner, worker):
    job = made.opened(company, taking="first_come")
    path = worker.post(f"/jobs/{job.code}/place", data={"name": "Ada", "terms": "1"}).location
    worker.post(f"{path}/delivery", data={"text": TEXT, "criterion": ["0", "1"], "then": "deliver"})
    asked = {"version": "1", "days": "3", "criterion": "1", "fault-1": "Name the second."}

    unticked = owner.post(f"{path}/changes", data=asked | {"fault-0": "It is too short."}).get_data(as_text=True)
    wordless = owner.post(f"{path}/changes", data=asked | {"fault-1": ""}).get_data(as_text=True)

    assert "You wrote about a criterion that is not ticked." in unticked
    assert 'id="field-fault-1-error"' in wordless
    assert 'id="field-reason-error"' not in wordless
    assert "from 3 to 30" in owner.post(f"{path}/changes", data=asked | {"days": "2"}).get_data(as_text=True)
    assert page_of(owner, path).count("accepted by itself:") == 1, "the page says its clock once"
    owner.post(f"{path}/changes", data=asked)
    assert "accepted by itself:" not in page_of(owner, path), "the clock is the worker’s"


def test_late_work_is_handed_in_and_not_lost(company, worker, monkeypatch):
    job = made.opened(company, taking="first_come")
    path = worker.post(f"/jobs/{job.code}/place", data={"name": "Ada", "terms": "1"}).location
    worker.post(f"{path}/draft", data={"text": TEXT, "version": "0"})
    now = clock.now() + timedelta(days=3, hours=5)
    monkeypatch.setattr(clock, "now", lambda: now)

    assert TEXT.strip() in page_of(worker, path)
    worker.post(f"{path}/delivery", data={"text": TEXT, "criterion": ["0", "1"], "then": "deliver"})

    assert the_order().state == OrderState.DELIVERED
    assert "late" in page_of(worker, path)


def test_a_translation_stands_beside_its_source_and_counts_by_it(company, owner, worker):
    source = "Rye flour binds water.\n\nWet hands help with the dough."
    terms = {"kind": "translation", "delivery": "translation", "source": source, "target_language": "de"}
    job = made.opened(company, taking="first_come", **terms)
    path = worker.post(f"/jobs/{job.code}/place", data={"name": "Ada", "terms": "1"}).location
    page = page_of(worker, path)
    assert page.index("Rye flour binds water.") < page.index('id="field-text"')
    assert page.index("Wet hands help") < page.index('id="field-text-2"')

    kept = worker.post(f"{path}/draft", data={"text": ["", "Nasse Hände"], "version": "0"})
    assert kept.json["said"].endswith("· 10 words in the source")
    assert re.search(r'id="field-text-2"[^>]*lang="de"[^>]*>\nNasse Hände<', page_of(worker, path)), "in its place"
    refused = worker.post(f"{path}/delivery", data={"text": ["Roggen", "Nasse Hände"], "then": "deliver"})
    assert re.search(r'id="field-text-2"[^>]*>\nNasse Hände<', refused.get_data(as_text=True))
    hand_in = {"text": ["Roggen bindet Wasser.", "Nasse Hände helfen."], "criterion": ["0", "1"], "then": "deliver"}
    worker.post(f"{path}/delivery", data=hand_in)

    assert db.session.scalars(db.select(Delivery.text)).one() == "Roggen bindet Wasser.\n\nNasse Hände helfen."
    review = page_of(owner, path)
    places = [review.index(text) for text in ("Rye flour", "Roggen bindet", "Wet hands", "Nasse Hände")]
    assert places == sorted(places)
    assert "10 words in the source" in review


def test_a_blocking_question_stops_the_time_on_the_pages_of_both_sides(company, owner, worker, monkeypatch):
    job = made.opened(company, taking="first_come")
    asked = {"text": "Rye or wheat?", "blocking": "1"}
    assert 'name="blocking"' not in page_of(worker, f"/jobs/{job.code}")
    refused = worker.post(f"/jobs/{job.code}/questions", data=asked)
    assert refused.status_code == 409
    assert "Rye or wheat?" in refused.get_data(as_text=True), "nothing typed is lost"
    path = worker.post(f"/jobs/{job.code}/place", data={"name": "Ada", "terms": "1"}).location
    assert 'name="blocking"' in page_of(worker, f"/jobs/{job.code}")
    worker.post(f"/jobs/{job.code}/questions", data=asked)

    assert "The time stands" in page_of(worker, path)
    assert f"{path}/leaving" not in page_of(worker, path)
    assert "cannot go on without an answer" in page_of(owner, path)
    assert "Work waits for the answer" in page_of(owner, f"/jobs/{job.code}")
    assert "Person cannot go on without an answer" in page_of(owner, f"/organisations/{company.id}")
    assert "cannot go on without your answer" in page_of(owner, "/news")
    now = clock.now() + timedelta(days=3)
    monkeypatch.setattr(clock, "now", lambda: now)
    assert "Leave with €3.60" in page_of(worker, path)
    worker.post(f"{path}/leaving")

    assert the_order().state == OrderState.LEFT
    assert "Part of the pay" in page_of(worker, path)
    assert "Work waits for the answer" not in page_of(owner, f"/jobs/{job.code}")
    assert "Somebody left" in page_of(owner, "/news")


def test_nobody_else_finds_an_order(company, worker, browser_of, client):
    job = made.opened(company, taking="first_come")
    path = worker.post(f"/jobs/{job.code}/place", data={"name": "Ada", "terms": "1"}).location
    viewer = browser_of(factories.member(company.id, company.owner, factories.Role.VIEWER))
    others = [browser_of(made.worker()), browser_of(factories.company().owner), viewer]

    for browser in others:
        assert browser.get(path).status_code == (200 if browser is viewer else 404)
        for act in ("draft", "delivery", "offer", "acceptance", "changes", "decline", "payment", "cancellation"):
            assert browser.post(f"{path}/{act}", data={"version": "1"}).status_code in (403, 404), act
    assert client.get(path).status_code == 302
    assert the_order().state == OrderState.WORKING


@pytest.mark.parametrize("anonymity", ["named", "for_good"])
def test_the_author_of_an_idea_is_told_unless_authors_are_hidden_for_good(company, browser_of, anonymity):
    room = factories.room(of=company, anonymity=anonymity)
    author = factories.participant(room)
    entry = factories.entry_id(factories.idea(room, author, "Rye for all"))
    factories.close(room)
    job_id = jobs.begin_job(company.owner, company.id, made.terms(), from_entry_id=entry)
    made.publish(company.owner, job_id)

    news = page_of(browser_of(author), "/news").replace("\xad", "")

    assert ("A paid job grew from your idea" in news) is (anonymity == "named")


def test_a_logo_is_handed_in_as_files_that_the_company_sees_and_downloads(company, owner, worker):
    job = made.opened(
        company, taking="first_come", kind="picture", delivery="picture", file_types=("svg", "png"), files_max=2
    )
    path = worker.post(f"/jobs/{job.code}/place", data={"name": "Ada", "terms": "1"}).location
    png = factories.picture().read()

    def add(name: str, content: bytes):
        return worker.post(f"{path}/files", data={"file": (io.BytesIO(content), name)})

    assert "other kinds of files" in add("logo.exe", b"MZ").get_data(as_text=True)
    assert add("../logo.svg", b"<svg/>").status_code == 303
    assert add("<b>.png", png).status_code == 303
    svg, shown = re.findall(r'href="(/files/\d+)"', page_of(worker, path))
    assert owner.get(svg).status_code == owner.get(f"{shown}/preview").status_code == 404, "nothing is handed in yet"
    worker.post(f"{path}/delivery", data={"criterion": ["0", "1"], "then": "deliver"})

    for browser in (worker, owner):
        page = page_of(browser, path)
        assert re.findall(r'<img class="job-preview" src="([^"]+)" width="40" height="30"', page) == [
            f"{shown}/preview"
        ]
        assert 'alt="Preview of &lt;b&gt;.png"' in page
        preview = browser.get(f"{shown}/preview")
        assert (preview.status_code, preview.mimetype) == (200, "image/webp")
        assert preview.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        for file, content in ((svg, b"<svg/>"), (shown, png)):
            answer = browser.get(file)
            assert answer.data == content, "as it was handed in"
            assert answer.headers["Content-Disposition"].startswith("attachment")
    assert owner.get(f"{svg}/preview").status_code == 404


def test_a_decline_names_a_criterion_once_and_each_side_reads_it_in_its_language(company, owner, worker):
    german = JobWords("de", "Ein Text", "Schreib.", "Gut.", ("Er ist kurz.", "Er nennt das Korn."), "", "Unsere Seite.")
    job = made.opened(company, second=german, taking="first_come")
    path = worker.post(f"/jobs/{job.code}/place", data={"name": "Ada", "terms": "1"}).location
    worker.post(f"{path}/delivery", data={"text": TEXT, "criterion": ["0", "1"], "then": "deliver"})

    owner.post(
        f"{path}/decline", data={"version": "1", "criterion": "1", "reason": "It names no grain in any sentence."}
    )
    shown = worker.get(path, headers={"Accept-Language": "de"}).get_data(as_text=True)

    assert ">It names two mistakes of beginners.<" in page_of(owner, path)
    assert ">Er nennt das Korn.<" in shown
    assert "two mistakes" not in shown
    assert ">Ein Text<" in worker.get("/news", headers={"Accept-Language": "de"}).get_data(as_text=True)
    asked = worker.get(f"{path}?read=en", headers={"Accept-Language": "de"}).get_data(as_text=True)
    assert "two mistakes" in asked
    assert f'data-page="{path}?read=en"' in asked, "the parts that are fetched anew stay in this language"
    for page in (f"{path}/waiver", "/account/deletion"):
        assert ">Ein Text<" in worker.get(page, headers={"Accept-Language": "de"}).get_data(as_text=True)
