"""The offline page and its service worker."""

import json
import re


def files_in(worker):
    return json.loads(re.search(r"^const FILES = (.*);$", worker.get_data(as_text=True), re.MULTILINE)[1])


def name_in(worker):
    return re.search(r'^const NAME = "(offline-\w+)";$', worker.get_data(as_text=True), re.MULTILINE)[1]


def test_the_worker_keeps_the_page_and_its_styles_and_nothing_else(client):
    worker = client.get("/service-worker.js")

    page, styles = files_in(worker)
    assert page == "/offline"
    assert client.get(page).status_code == client.get(styles).status_code == 200
    assert worker.mimetype == "text/javascript"
    assert worker.headers["Cache-Control"] == "no-cache"


def test_the_offline_page_is_in_each_language_and_the_same_for_everybody(app, client, browser_of, noise):
    page = client.get("/offline")

    text = page.get_data(as_text=True)
    assert text.index("You are offline") < text.index("Du bist offline")
    assert browser_of(noise.people[0]).get("/offline").get_data(as_text=True) == text
    assert not {"csrf", "Set-Cookie"} & {*re.findall(r"csrf", text), *page.headers.keys()}
    assert "<script" not in text


def test_another_page_or_style_sheet_makes_another_worker(client):
    english, german = (client.get("/service-worker.js", headers={"Accept-Language": each}) for each in ("en", "de"))

    assert name_in(english) != name_in(german)
    assert name_in(english) == name_in(client.get("/service-worker.js"))
