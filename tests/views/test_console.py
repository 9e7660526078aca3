"""The pages of the console: permissions, actions, and the typed text of refused actions."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import event

from app.pages import console as console_page
from app.pages.console import CHECK, IDEAS, PEOPLE
from ideas import clock
from ideas.database import db
from ideas.models import Act, Anonymity, Argument, Entry, EntryStatus, Idea, Participant, Stance, Visibility
from ideas.services import challenges, ideas
from tests import factories, juries

SCRIPT = {"X-CSRFToken": "as a script sends it"}
SEEN = {"version": "1"}  # of the idea that the facilitator saw


@pytest.fixture
def of(app):
    return factories.room(phases=factories.STEPS, approval=True)


@pytest.fixture
def owner(of, browser_of):
    return browser_of(of.owner)


@pytest.fixture
def biene(of):
    return factories.participant(of, "Biene 12")


def console(of):
    return f"{of.path}/console"


def status_of(idea_id):
    db.session.rollback()
    return db.session.query(Entry).filter_by(idea_id=idea_id).one().status


def text(response):
    return response.get_data(as_text=True)


# Permissions


def test_a_stranger_is_redirected_to_sign_in_and_back(of, client):
    response = client.get(console(of))

    assert response.status_code == 302
    assert "/sign-in?next=" in response.location


def test_a_participant_without_an_account_is_led_to_sign_in(of, biene, browser_of):
    assert browser_of(biene).get(console(of)).location.startswith("/sign-in?next=")


def test_another_company_gets_not_found(of, browser_of):
    other = factories.company()

    assert browser_of(other.owner).get(console(of)).status_code == 404


def test_a_moderator_of_the_company_may_perform_every_action(of, biene, browser_of):
    browser = browser_of(factories.member(of.organisation_id, of.owner))
    idea = factories.idea(of, biene)

    assert browser.get(console(of)).status_code == 200
    assert browser.post(f"/ideas/{idea}/approval", data=SEEN).status_code == 302
    assert status_of(idea) == EntryStatus.VISIBLE


@pytest.mark.parametrize("act", ["approval", "hiding", "restoration", "redaction"])
def test_only_facilitators_moderate_ideas(of, biene, browser_of, act):
    idea = factories.idea(of, biene)
    outsider = browser_of(factories.account())

    assert outsider.get(f"/ideas/{idea}/{act}").status_code == 404
    assert outsider.post(f"/ideas/{idea}/{act}", data={"words": "because"}).status_code == 404
    assert browser_of(biene).post(f"/ideas/{idea}/{act}", data={"words": "because"}).status_code == 403
    assert status_of(idea) == EntryStatus.PENDING


def test_the_console_of_a_draft_redirects_to_its_form(app, browser_of):
    drafted = factories.draft()

    response = browser_of(drafted.owner).get(console(drafted))

    assert response.status_code == 302
    assert response.location.endswith(f"{drafted.path}/edit")


# Content


def test_ideas_are_listed_by_their_status(of, owner, biene, noise):
    waiting = factories.idea(of, biene, "Waiting idea")
    shown = factories.idea(of, biene, "Shown idea")
    taken_back = factories.idea(of, biene, "Taken back")
    owner.post(f"/ideas/{shown}/approval", data=SEEN)
    ideas.withdraw_idea(biene.actor, taken_back)

    page = text(owner.get(console(of)))

    pending, rest = page.split('id="console-pending"')[1].split('id="console-visible"')
    visible, hidden = rest.split('id="console-hidden"')
    assert f'id="idea-{waiting}"' in pending
    assert f'id="idea-{shown}"' in visible
    assert f'id="idea-{taken_back}"' in hidden
    assert "Biene 12" in page
    assert "Noise" not in page


def test_hidden_names_are_hidden_from_facilitators_too(app, browser_of):
    sealed = factories.room(anonymity=Anonymity.UNTIL_RESULT)
    igel = factories.participant(sealed, "Igel 4")
    factories.argument(factories.idea(sealed, igel), igel)

    page = text(browser_of(sealed.owner).get(console(sealed)))

    people = page.split('id="console-participants"')[1]
    assert "Igel 4" in people
    assert "Igel 4" not in page.split('id="console-participants"')[0]


def test_no_count_of_an_idea_is_shown_before_the_close(app, browser_of):
    contest = factories.room()
    author, *voters = [factories.participant(contest) for _ in range(4)]
    idea = factories.idea(contest, author)
    for voter in voters:
        factories.mark(contest, voter, {idea: 1})

    page = text(browser_of(contest.owner).get(console(contest)))

    assert '<bdi data-figure="voted">3</bdi>' in page
    card = page.split(f'id="idea-{idea}"')[1].split("</li>")[0]
    assert "yes" not in card.lower()


def test_the_number_of_statements_does_not_depend_on_the_number_of_ideas(of, owner, biene):
    def queries():
        seen = []

        def count(*args):
            seen.append(args[2])

        event.listen(db.engine, "before_cursor_execute", count)
        assert owner.get(console(of)).status_code == 200
        event.remove(db.engine, "before_cursor_execute", count)
        return len(seen)

    factories.idea(of, biene)
    queries()  # the slug is looked up once
    few = queries()
    for _ in range(IDEAS + 1):
        factories.idea(of, factories.participant(of))

    assert queries() == few


def test_the_queue_is_in_order_of_submission_and_paginated(of, owner, biene, noise):
    waiting = [factories.idea(of, biene) for _ in range(CHECK + 2)]

    def shown(address):
        page = text(owner.get(address))
        queue = page.split('<ul id="console-pending"')[1].split("</ul>")[0]
        return page, [int(i) for i in re.findall(r'<li [^>]*id="idea-(\d+)"', queue)]

    whole, first = shown(console(of))
    _, second = shown(f"{console(of)}?check=2")
    _, last = shown(f"{console(of)}?check=99")
    _, alone = shown(f"/challenges/{of.id}/console/parts?only=check&check=2&ideas=7")

    assert first == waiting[:CHECK]
    assert second == last == alone == waiting[CHECK:]
    assert f"1–{CHECK} of {CHECK + 2}" in whole
    assert f'data-of="console-pending">{CHECK + 2}<' in whole
    assert f'data-most="{CHECK}" data-more="2"' in whole


def test_a_search_finds_ideas_on_every_page_and_hidden_ones_too(of, owner, biene):
    sought = factories.idea(of, biene, "Pfand für BECHER", "auf dem Hof")
    hidden = factories.idea(of, biene, "Becher aus Brot")
    for idea in (sought, *(factories.idea(of, biene) for _ in range(IDEAS))):
        owner.post(f"/ideas/{idea}/approval", data=SEEN)
    owner.post(f"/ideas/{hidden}/hiding", data=SEEN | {"words": "because"})

    panel = text(owner.get(f"/challenges/{of.id}/console/parts?only=ideas-panel&find_ideas=hof+FÜR"))
    both = text(owner.get(f"{console(of)}?find_ideas=becher"))

    assert f'id="idea-{sought}"' not in text(owner.get(console(of)))
    assert f'id="idea-{sought}"' in panel
    assert "1–1 of 1 found" in panel
    assert f'id="idea-{hidden}"' not in panel
    assert f'id="idea-{sought}"' in both.split('id="console-visible"')[1].split("</ul>")[0]
    assert f'id="idea-{hidden}"' in both.split('id="console-hidden"')[1].split("</ul>")[0]
    nowhere = text(owner.get(f"/challenges/{of.id}/console/parts?only=ideas-panel&find_ideas=nowhere"))
    assert nowhere.count("No matches. Try other words.") == 2
    owner.post(f"/ideas/{hidden}/restoration", data=SEEN)
    nothing_hidden = text(owner.get(f"/challenges/{of.id}/console/parts?only=ideas-panel&find_ideas=nowhere"))
    assert nothing_hidden.count("No matches. Try other words.") == 1


def test_the_other_texts_of_an_author_are_offered_by_name_or_as_a_flood(app, browser_of):
    for anonymity, words in (
        (Anonymity.NAMED, "Also hide all 4 other texts by <bdi>Biene 12</bdi>"),
        (Anonymity.FOR_GOOD, "Also hide the 4 other texts that the same person wrote within minutes"),
    ):
        room = factories.room(phases=factories.STEPS, anonymity=anonymity)
        author, browser = factories.participant(room, "Biene 12"), browser_of(room.owner)
        flood = [factories.idea(room, author, f"Spam {n}") for n in range(4)]
        assert ("Also hide" in text(browser.get(f"/ideas/{flood[0]}/hiding"))) == (anonymity == Anonymity.NAMED)
        flood.append(factories.idea(room, author, "Spam 4"))

        asked = text(browser.get(f"/ideas/{flood[0]}/hiding"))
        others = re.search(r'name="others" value="([^"]+)"', asked)[1]
        assert words in asked
        assert "Spam 4" in asked
        assert ("Biene 12" in asked) == (anonymity == Anonymity.NAMED)
        refused = browser.post(f"/ideas/{flood[0]}/hiding", data=SEEN | {"others": others, "words": ""})
        assert re.search(r'name="others"[^>]* checked', text(refused)), "what was chosen stays chosen"
        browser.post(f"/ideas/{flood[0]}/hiding", data=SEEN | {"others": others, "words": "Advertising"})

        assert {status_of(idea) for idea in flood} == {EntryStatus.HIDDEN}
        shown = text(browser.get(console(room)))
        assert ("Show again …" in shown) == (anonymity == Anonymity.NAMED)
        assert ('name="others"' in text(browser.get(f"/ideas/{flood[1]}/restoration"))) == (
            anonymity == Anonymity.NAMED
        )


def test_turning_a_page_of_one_list_keeps_the_page_of_the_other(of, owner, biene, monkeypatch):
    monkeypatch.setattr(console_page, "IDEAS", 1)
    monkeypatch.setattr(console_page, "HIDDEN", 1)
    for idea in [factories.idea(of, biene) for _ in range(4)]:
        owner.post(f"/ideas/{idea}/approval", data=SEEN)
        if idea % 2:
            owner.post(f"/ideas/{idea}/hiding", data=SEEN | {"words": "because"})

    panel = text(owner.get(f"/challenges/{of.id}/console/parts?only=ideas-panel&ideas=2&hidden=2"))

    ways = dict(re.findall(rf'href="{console(of)}([^"]*)" id="(\w+-\w+)"', panel))
    assert ways == {"?hidden=2#ideas-panel": "ideas-back", "?ideas=2#ideas-panel": "hidden-back"}


def test_a_closed_round_has_only_the_panel_of_people(of, owner, biene):
    factories.close(of)

    parts = text(owner.get(f"/challenges/{of.id}/console/parts?only=people-panel,ideas-panel"))

    assert re.findall(r'<live-part id="([\w-]+)"', parts) == ["people-panel"]


def test_a_long_list_of_people_is_paginated_and_searchable(of, owner, biene):
    for _ in range(PEOPLE + 1):
        factories.participant(of)

    cut, found = text(owner.get(console(of))), text(owner.get(f"{console(of)}?find_people=biene+12"))

    assert f'id="participant-{biene.id}"' not in cut
    assert f"1–{PEOPLE} of {PEOPLE + 2}" in cut
    assert f'id="participant-{biene.id}"' in found
    assert f'id="participant-{biene.id}"' in text(owner.get(f"{console(of)}?people=2"))


# Steering


def test_the_next_step_is_the_only_highlighted_button(of, owner):
    page = text(owner.get(console(of)))

    assert "Continue to <bdi>Discuss</bdi>" in page
    assert page.count("button--go") == 1
    assert "Back to" not in page


def test_a_facilitator_steps_forwards_and_backwards(of, owner):
    assert owner.post(f"/rounds/{of.round_id}/phase", data={"position": "1", "since": "0"}).status_code == 302
    assert "Continue to <bdi>Vote</bdi>" in text(owner.get(console(of)))

    owner.post(f"/rounds/{of.round_id}/phase", data={"position": "0", "since": "1"})
    assert "Continue to <bdi>Discuss</bdi>" in text(owner.get(console(of)))


@pytest.mark.parametrize(("position", "status"), [("3", 404), ("-1", 404), ("two", 400), ("", 400)])
def test_a_step_to_an_unknown_phase_is_refused(of, owner, position, status):
    form = {"position": position, "since": "0"}
    assert owner.post(f"/rounds/{of.round_id}/phase", data=form).status_code == status
    assert of.round.position == 0


def test_a_script_gets_an_empty_answer(of, owner):
    response = owner.post(f"/rounds/{of.round_id}/phase", data={"position": "1", "since": "0"}, headers=SCRIPT)

    assert (response.status_code, response.data) == (204, b"")


def test_the_last_open_phase_leads_to_the_close(of, owner):
    factories.step(of, "vote")

    page = text(owner.get(console(of)))

    assert f"/rounds/{of.round_id}/closure" in page
    assert "Close the round for good" in page


def test_the_close_is_loud_only_when_everyone_has_voted_or_the_time_is_over(of, owner, biene):
    idea = factories.idea(of, factories.participant(of))
    factories.step(of, "vote")
    waiting = text(owner.get(console(of)))
    owner.post(f"/ideas/{idea}/approval", data=SEEN)
    open_vote = text(owner.get(console(of)))

    factories.mark(of, biene, {idea: 1})
    for person in db.session.query(Participant).filter_by(challenge_id=of.id):
        if person.id != biene.id:
            person.left_at = clock.now()
    db.session.commit()
    all_voted = text(owner.get(console(of)))

    assert re.findall(r"button--go[^>]*>.*?<span>(.*?)</span>", waiting) == ["Check 1 idea"]
    assert ("button--go" in open_vote, "so wait" in open_vote) == (False, True)
    assert re.search(r'<live-part id="phase-steering" data-on="phase figures content"', open_vote), (
        "a vote draws it anew"
    )
    assert all_voted.count("button--go") == 1
    assert "Everyone who joined has voted." in all_voted

    of.round.phase.ends_at = clock.now() - timedelta(minutes=1)
    db.session.commit()
    factories.participant(of)
    time_over = text(owner.get(console(of)))

    assert time_over.count("button--go") == 1
    assert "Everyone who joined has voted." not in time_over


def test_the_console_says_when_only_few_are_missing(of, owner, biene):
    idea = factories.idea(of, biene)
    owner.post(f"/ideas/{idea}/approval", data=SEEN)
    factories.step(of, "vote")
    people = [factories.participant(of) for _ in range(3)]
    for person in people[:2]:
        factories.mark(of, person, {idea: 1})
    two_missing = text(owner.get(console(of)))

    factories.mark(of, people[2], {idea: 1})

    assert ("so wait" in two_missing, "Only 1 person" in two_missing) == (True, False)
    nearly_all = text(owner.get(console(of)))
    assert "Only 1 person has not voted yet. You need not wait: close the round now" in nearly_all
    assert re.findall(r"button--go[^>]*>.*?<span>(.*?)</span>", nearly_all) == ["Close the round for good"]


def test_the_console_says_how_far_the_jury_is(app, browser_of):
    room = juries.room()
    browser = browser_of(room.owner)
    assert "Nobody is on the jury yet." in text(browser.get(console(room)))
    judge, _other = juries.juror(room), juries.juror(room)
    entry = factories.entry_id(factories.idea(room, factories.participant(room)))

    juries.score(room, judge, entry, *(1 for _ in room.round.criteria))

    assert "1 of 2 jurors have scored every idea." in text(browser.get(console(room)))


def test_the_close_asks_for_confirmation_and_lists_what_is_frozen(of, owner, biene):
    shown, _waiting = factories.idea(of, biene), factories.idea(of, biene)
    owner.post(f"/ideas/{shown}/approval", data=SEEN)
    factories.step(of, "vote")
    factories.mark(of, factories.participant(of), {shown: 1})

    page = text(owner.get(f"/rounds/{of.round_id}/closure"))

    assert "1 idea is ranked as it is now" in page
    assert "1 idea is still waiting for approval and will not be ranked" in page
    assert "1 of 2 who joined have voted" in page
    assert not of.round.is_closed


def test_the_close_redirects_to_the_result_and_happens_once(of, owner):
    factories.step(of, "vote")

    seen = {"since": str(of.round.position)}
    response = owner.post(f"/rounds/{of.round_id}/closure", data=seen)

    assert response.location.endswith(f"{of.path}/result")
    assert of.round.is_closed
    assert owner.post(f"/rounds/{of.round_id}/closure", data=seen).status_code == 409
    assert owner.post(f"/rounds/{of.round_id}/phase", data={"position": "0", **seen}, headers=SCRIPT).status_code == 409
    assert owner.get(f"/rounds/{of.round_id}/closure").status_code == 302


@pytest.mark.parametrize("seen", [{"since": "0"}, {"since": "x"}, {}])
def test_a_close_decided_in_another_phase_asks_again(of, owner, seen):
    factories.step(of, "vote")

    response = owner.post(f"/rounds/{of.round_id}/closure", data=seen)

    assert response.status_code == 409
    assert "The phase changed meanwhile" in text(response)
    assert f'name="since" value="{of.round.position}"' in text(response)
    assert not of.round.is_closed


def test_an_early_close_names_the_skipped_phases(of, owner):
    assert "Discuss, Vote" in text(owner.get(f"/rounds/{of.round_id}/closure"))


def test_the_console_links_to_the_result_after_the_close(of, owner, biene):
    idea = factories.idea(of, biene)
    factories.close(of)

    page = text(owner.get(console(of)))

    assert f"{of.path}/result" in page
    assert f'id="idea-{idea}"' not in page
    assert page.count("button--go") == 1


def test_the_close_says_what_is_open_and_what_will_happen(app, browser_of, monkeypatch):
    of = factories.room(visibility=Visibility.LISTED)
    author, other = (factories.participant(of) for _ in range(2))
    idea = factories.idea(of, author)
    browser = browser_of(of.owner)
    page = text(browser.get(f"/rounds/{of.round_id}/closure"))
    assert "Everybody can see the result." in page
    assert "discussion is running" not in page

    factories.argument(idea, other, "How?", Stance.QUESTION)
    assert "A discussion is running: 1 argument" in text(browser.get(f"/rounds/{of.round_id}/closure"))
    later = clock.now() + timedelta(minutes=11)
    monkeypatch.setattr(clock, "now", lambda: later)
    page = text(browser.get(f"/rounds/{of.round_id}/closure"))
    assert "discussion is running" not in page
    assert "1 open question stands" in page


def test_a_closing_date_in_the_past_is_reported(app, browser_of, monkeypatch):
    from datetime import timedelta

    from ideas import clock

    contest = factories.room(closes_at=clock.now() + timedelta(days=1))
    browser = browser_of(contest.owner)
    assert "closing date has passed" not in text(browser.get(console(contest)))

    later = clock.now() + timedelta(days=2)
    monkeypatch.setattr(clock, "now", lambda: later)

    assert "closing date has passed" in text(browser.get(console(contest)))


# Ideas


@pytest.mark.parametrize("act", ["approval", "hiding", "restoration", "redaction"])
def test_every_action_on_an_idea_asks_for_confirmation_without_a_script(of, owner, biene, act):
    idea = factories.idea(of, biene, "Bread of yesterday")

    page = text(owner.get(f"/ideas/{idea}/{act}"))

    assert "Bread of yesterday" in page
    assert f'action="/ideas/{idea}/{act}"' in page
    assert status_of(idea) == EntryStatus.PENDING


def test_hiding_stores_the_reason_for_the_author(of, owner, biene):
    idea = factories.idea(of, biene)
    owner.post(f"/ideas/{idea}/approval", data=SEEN)

    response = owner.post(f"/ideas/{idea}/hiding", data=SEEN | {"suggestion": "Advertising", "words": ""})

    assert response.location.endswith(f"{console(of)}#ideas-panel")
    assert 'id="ideas-panel"' in text(owner.get(console(of)))
    assert status_of(idea) == EntryStatus.HIDDEN
    assert "Advertising" in text(owner.get(console(of))).split('id="console-hidden"')[1]


def test_a_typed_reason_overrides_a_suggested_one(of, owner, biene):
    idea = factories.idea(of, biene)

    owner.post(f"/ideas/{idea}/hiding", data=SEEN | {"suggestion": "Advertising", "words": "For the third time"})

    assert db.session.query(Act).filter_by(kind="hide").one().reason == "For the third time"


def test_hiding_requires_a_reason(of, owner, biene):
    idea = factories.idea(of, biene)

    response = owner.post(f"/ideas/{idea}/hiding", data=SEEN | {"words": "  "})

    assert response.status_code == 400
    assert "Please choose a reason, or write one." in text(response)
    assert status_of(idea) == EntryStatus.PENDING


def test_a_reason_that_is_too_long_comes_back_as_typed(of, owner, biene):
    idea = factories.idea(of, biene)

    response = owner.post(f"/ideas/{idea}/hiding", data=SEEN | {"words": "long " * 80})

    assert response.status_code == 400
    assert "long " * 79 in text(response)


def test_the_second_of_two_facilitators_keeps_the_typed_reason(of, owner, biene):
    idea = factories.idea(of, biene)
    owner.post(f"/ideas/{idea}/hiding", data=SEEN | {"words": "first"})

    response = owner.post(f"/ideas/{idea}/hiding", data=SEEN | {"words": "second, with care"})

    assert response.status_code == 409
    assert "second, with care" in text(response)
    assert "Someone else was faster" in text(response)


def test_a_hidden_idea_can_be_restored(of, owner, biene):
    idea = factories.idea(of, biene)
    owner.post(f"/ideas/{idea}/hiding", data=SEEN | {"words": "by mistake"})

    assert owner.post(f"/ideas/{idea}/restoration", data=SEEN, headers=SCRIPT).status_code == 200
    assert status_of(idea) == EntryStatus.VISIBLE


def test_a_redaction_erases_the_words_and_keeps_the_idea(of, owner, biene):
    idea = factories.idea(of, biene, "Somebody's address", "Street 1")
    owner.post(f"/ideas/{idea}/hiding", data=SEEN | {"words": "private"})

    assert (
        owner.post(f"/ideas/{idea}/redaction", data=SEEN | {"suggestion": "Someone’s private life"}).status_code == 302
    )
    assert [v.title + v.text for v in db.session.get_one(Idea, idea).versions] == [""]
    assert "Erased" in text(owner.get(console(of)))


def test_a_redaction_after_the_close_redirects_to_the_result(of, owner, biene):
    idea = factories.idea(of, biene)
    factories.close(of)

    response = owner.post(f"/ideas/{idea}/redaction", data=SEEN | {"words": "unlawful"})

    assert response.location.endswith(f"{of.path}/result")
    assert owner.post(f"/ideas/{idea}/hiding", data=SEEN | {"words": "too late"}).status_code == 409


# Arguments


def test_an_argument_is_hidden_restored_and_redacted(app, browser_of):
    contest = factories.room()
    person = factories.participant(contest)
    idea = factories.idea(contest, person, "The idea it is about")
    argument = factories.argument(idea, person, "You are all fools")
    browser = browser_of(contest.owner)

    assert "The idea it is about" in text(browser.get(console(contest))).split('id="console-arguments"')[1]
    browser.post(f"/arguments/{argument}/hiding", data={"words": "insult"})
    assert db.session.get_one(Argument, argument).status == EntryStatus.HIDDEN
    assert "insult" in text(browser.get(console(contest)))
    browser.post(f"/arguments/{argument}/restoration")
    db.session.rollback()
    assert db.session.get_one(Argument, argument).status == EntryStatus.VISIBLE
    browser.post(f"/arguments/{argument}/redaction", data={"words": "unlawful"})
    db.session.rollback()
    assert db.session.get_one(Argument, argument).text == ""


def test_actions_on_unknown_records_are_not_found(owner):
    for path in ("/ideas/99/approval", "/arguments/99/hiding", "/rounds/99/closure"):
        assert owner.get(path).status_code == 404


# People


def people(of, somebody, act):
    return f"/challenges/{of.id}/participants/{somebody.id}/{act}"


def test_a_removal_warns_first_and_hides_every_contribution(app, browser_of):
    contest = factories.room()
    person = factories.participant(contest)
    idea = factories.idea(contest, person)
    argument = factories.argument(idea, person)
    browser = browser_of(contest.owner)

    assert "hidden at once" in text(browser.get(people(contest, person, "removal")))
    assert status_of(idea) == EntryStatus.VISIBLE

    assert browser.post(people(contest, person, "removal"), data={"words": "floods"}).status_code == 302
    assert status_of(idea) == EntryStatus.HIDDEN
    assert db.session.get_one(Argument, argument).status == EntryStatus.HIDDEN
    assert db.session.get_one(Participant, person.id).barred_at
    assert "removed" in text(browser.get(console(contest)))


def test_a_removed_person_can_be_readmitted(of, owner, biene):
    owner.post(people(of, biene, "removal"), data={"words": "mistaken"})
    owner.post(people(of, biene, "readmission"))

    assert db.session.get_one(Participant, biene.id).barred_at is None


def test_a_facilitator_renames_a_participant(of, owner, biene):
    assert owner.post(people(of, biene, "name"), data={"name": "Igel 9", "was": biene.name}).status_code == 302
    assert db.session.get_one(Participant, biene.id).name == "Igel 9"


def test_a_post_that_names_no_version_is_asked_again(of, owner, biene):
    idea = factories.idea(of, biene)
    for address, typed in (
        (f"/ideas/{idea}/hiding", {"words": "Advertising"}),
        (people(of, biene, "name"), {"name": "Igel 9"}),
    ):
        response = owner.post(address, data=typed)

        assert response.status_code == 409
        assert f'value="{typed.get("name")}"' in text(response) or typed["words"] in text(response)
    assert 'name="version" value="1"' in text(owner.get(f"/ideas/{idea}/hiding"))
    assert db.session.get_one(Entry, factories.entry_id(idea)).status != EntryStatus.HIDDEN
    assert db.session.get_one(Participant, biene.id).name == biene.name


def test_a_taken_name_comes_back_as_typed(of, owner, biene):
    factories.participant(of, "Igel 4")

    response = owner.post(people(of, biene, "name"), data={"name": "igel 4", "was": biene.name})

    assert response.status_code == 409
    assert 'value="igel 4"' in text(response)
    assert "already has this name" in text(response)


def test_a_participant_of_another_room_is_not_found(of, owner, noise):
    for act in ("name", "removal", "readmission"):
        assert owner.get(people(of, noise.people[0], act)).status_code == 404
        assert owner.post(people(of, noise.people[0], act), data={"name": "x", "words": "x"}).status_code == 404


def test_the_console_opens_for_every_blueprint(app, browser_of):
    for blueprint in challenges.CHOICES:
        of = factories.room(blueprint=blueprint)
        assert browser_of(of.owner).get(console(of)).status_code == 200
