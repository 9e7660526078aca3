"""Live steering on the console: the clock, the notice, the writing lock, the spotlight, the hall."""

from datetime import timedelta

import pytest

from app.pages.console import PEOPLE
from ideas import clock
from ideas.blueprints import PhasePlan, QuestionPlan
from ideas.database import db
from ideas.models import Activity, Anonymity, ImageRule, Visibility
from ideas.queries.hands import hands_of
from ideas.queries.ideas import idea_rows
from ideas.services import facilitations, moderation, participants, rounds, steering
from tests import factories

SCRIPT = {"X-CSRFToken": "as a script sends it"}
SEEN = {"version": "1"}  # of the idea that the facilitator saw
SILENT = (
    PhasePlan("write", (Activity.WRITE,), others_visible=False, seconds=300),
    PhasePlan("build", (Activity.WRITE,), seconds=480),
    PhasePlan("vote", (Activity.VOTE,)),
)


@pytest.fixture
def of(app, noise):
    return factories.room(phases=SILENT)


@pytest.fixture
def owner(of, browser_of):
    return browser_of(of.owner)


@pytest.fixture
def biene(of):
    return factories.participant(of, "Biene 12")


def console(of):
    return f"{of.path}/console"


def text(response):
    return response.get_data(as_text=True)


def page_of(browser, of):
    return text(browser.get(console(of)))


def post(browser, of, act, **data):
    """Post an act as the page of the present phase does."""
    db.session.rollback()
    return browser.post(f"/rounds/{of.round_id}/{act}", data={"since": of.round.position, **data})


def now(of):
    db.session.rollback()
    return of.round.phase


# The step


def test_a_reveal_is_announced_as_irreversible(of, owner):
    assert "Then everyone reads everything. This can’t be undone." in page_of(owner, of)

    post(owner, of, "phase", position="1", since="0")

    assert "This can’t be undone" not in page_of(owner, of)
    assert "Then people can vote. You can go back." in page_of(owner, of)


def test_each_phase_is_shown_with_its_time(of, owner):
    strip = page_of(owner, of).split("phases--timed")[1].split("</ol>")[0]

    write, build, vote, result = strip.split("<li")[1:]
    assert "until <time" in write
    assert "8 min" in build
    assert "time" not in vote.split("phases__time")[1].split(">", 1)[1]
    assert "is-next" in result


def test_a_late_step_skips_no_phase(of, owner):
    rounds.step_to_phase(of.owner, of.round_id, 1)

    late = post(owner, of, "phase", position="2", since="0")
    answer = text(owner.get(late.location))
    by_script = owner.post(f"/rounds/{of.round_id}/phase", data={"position": "2", "since": "0"}, headers=SCRIPT)

    assert now(of).name == "build"
    assert "Someone else was faster" in answer
    assert by_script.status_code == 409
    assert "data-explanation" in text(by_script)
    post(owner, of, "phase", position="2", since="1")
    assert now(of).name == "vote"


# The clock


def test_a_facilitator_gives_and_takes_a_minute(of, owner):
    before = now(of).ends_at

    post(owner, of, "time", seconds="60")
    assert now(of).ends_at == before + timedelta(minutes=1)
    post(owner, of, "time", seconds="-60")
    assert now(of).ends_at == before


def test_a_facilitator_pauses_and_resumes_the_clock(of, owner):
    assert 'id="pause"' in page_of(owner, of)

    post(owner, of, "pause")
    paused = page_of(owner, of)
    assert now(of).paused_at
    assert 'id="pause"' not in paused
    assert 'data-state="paused"' in paused

    post(owner, of, "resumption")
    assert now(of).paused_at is None


@pytest.mark.parametrize("act", ["phase", "time", "pause", "resumption", "notice"])
@pytest.mark.parametrize("seen", [{}, {"since": ""}, {"since": "first"}])
def test_an_action_of_a_page_that_names_no_phase_changes_nothing(of, owner, act, seen):
    before = now(of).ends_at

    answer = owner.post(
        f"/rounds/{of.round_id}/{act}", data={"position": "1", "seconds": "60", "text": "Hello", **seen}, headers=SCRIPT
    )

    assert answer.status_code == 409
    assert (of.round.position, now(of).ends_at, now(of).paused_at, of.round.notice) == (0, before, None, "")


def test_pausing_a_paused_clock_is_reported_politely(of, owner):
    steering.pause_phase(of.owner, of.round_id)

    answer = text(owner.get(post(owner, of, "pause").location))

    assert "Someone else was faster" in answer
    assert owner.post(f"/rounds/{of.round_id}/pause", headers=SCRIPT).status_code == 409


@pytest.mark.parametrize("act", ["time", "pause"])
def test_an_action_for_the_earlier_phase_is_not_applied_to_the_next(of, owner, act):
    form = page_of(owner, of).split({"time": 'id="minute60"', "pause": 'id="pause"'}[act])[1].split("</form>")[0]
    assert 'name="since" value="0"' in form
    factories.step(of, "build")  # by another facilitator, or by the clock
    before = now(of).ends_at

    late = owner.post(f"/rounds/{of.round_id}/{act}", data={"since": "0", "seconds": "60"}, headers=SCRIPT)

    assert late.status_code == 409
    assert (now(of).ends_at, now(of).paused_at) == (before, None)
    assert post(owner, of, act, since="1", seconds="60").status_code == 302
    assert (now(of).ends_at, now(of).paused_at) != (before, None)


def test_a_phase_without_a_clock_can_get_one(of, owner):
    factories.step(of, "vote")
    assert "No clock is running" in page_of(owner, of)

    post(owner, of, "time", seconds="300")

    assert now(of).ends_at
    assert "No clock is running" not in page_of(owner, of)


def test_a_manually_started_clock_ends_as_any_other(of, owner, monkeypatch):
    factories.step(of, "vote")
    post(owner, of, "time", seconds="300")
    later = clock.now() + timedelta(minutes=6)
    monkeypatch.setattr(clock, "now", lambda: later)

    page = page_of(owner, of)

    assert "Time is up" in page
    assert 'id="minute60"' in page


def test_a_phase_of_days_that_is_over_gets_a_new_date_and_no_minute(app, browser_of, monkeypatch):
    of = factories.room(blueprint="idea_contest")
    factories.step(of, "vote")
    later = clock.now() + timedelta(days=8)
    monkeypatch.setattr(clock, "now", lambda: later)

    page = page_of(browser_of(of.owner), of)

    assert "Set a later date" in page
    assert "minute60" not in page


def test_a_phase_that_is_over_says_so_and_can_get_more_time(of, owner, monkeypatch):
    later = clock.now() + timedelta(minutes=6)
    monkeypatch.setattr(clock, "now", lambda: later)

    page = page_of(owner, of)

    assert "Time is up" in page
    assert 'id="minute60"' in page
    assert 'id="pause"' not in page


def test_a_phase_of_days_shows_a_date_and_no_minutes(app, browser_of):
    of = factories.room(blueprint="idea_contest")
    page = page_of(browser_of(of.owner), of)

    assert "minute60" not in page
    assert "Then it continues automatically." in page


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (60, "At the end, the round closes automatically and for good."),
        (14 * 24 * 3600, "Then the round closes automatically and for good."),
    ],
)
def test_a_last_phase_that_closes_the_round_by_itself_says_so(app, browser_of, seconds, words):
    ends = PhasePlan("vote", (Activity.VOTE,), seconds=seconds, advances=True)
    of = factories.room(phases=(ends, ends))
    browser = browser_of(of.owner)
    assert words not in page_of(browser, of)

    rounds.step_to_phase(of.owner, of.round_id, 1)

    assert words in page_of(browser, of)


@pytest.mark.parametrize("seconds", ["0", "x", "", "999999", "9" * 30])
def test_a_malformed_shift_is_refused(of, owner, seconds):
    before = now(of).ends_at

    assert post(owner, of, "time", seconds=seconds).status_code == 400
    assert now(of).ends_at == before


# For everybody


def test_the_console_shows_the_notice_until_it_is_cleared(of, owner):
    post(owner, of, "notice", text="Five minutes <b>left</b>")
    assert of.round.notice == "Five minutes <b>left</b>"
    assert "Five minutes &lt;b&gt;left" in page_of(owner, of)

    post(owner, of, "notice", text="")
    db.session.rollback()
    assert of.round.notice == ""


def test_a_notice_that_is_too_long_comes_back_as_typed(of, owner):
    response = post(owner, of, "notice", text="long " * 60)

    assert response.status_code == 400
    assert "long long" in text(response)
    assert "This is too long. Please shorten it." in text(response)


def test_a_notice_of_the_phase_before_comes_back_as_typed(of, owner):
    decided_in = of.round.position
    factories.step(of, "vote")

    response = post(owner, of, "notice", text="Two minutes left", since=decided_in)

    assert response.status_code == 409
    assert "Two minutes left" in text(response)
    assert "A new phase began meanwhile." in text(response)
    assert post(owner, of, "notice", text="Two minutes left", since=of.round.position).status_code == 302
    assert of.round.notice == "Two minutes left"


def test_the_console_locks_and_unlocks_writing_and_shows_the_state(of, owner):
    assert "Writing is open" in page_of(owner, of)

    post(owner, of, "lock")
    assert of.round.writing_locked
    assert "Writing is paused" in page_of(owner, of)
    factories.step(of, "vote")
    assert "Writing is paused" in page_of(owner, of)

    post(owner, of, "unlocking")
    db.session.rollback()
    assert not of.round.writing_locked
    assert "Writing is" not in page_of(owner, of)  # no one writes in a voting phase


def test_the_console_starts_and_ends_the_spotlight(of, owner, biene):
    idea, other = factories.idea(of, biene, "Look here"), factories.idea(of, biene)
    factories.step(of, "build")
    assert "Spotlight" in page_of(owner, of)

    assert "Put this idea in the spotlight?" in text(owner.get(f"/ideas/{idea}/spotlight"))
    assert owner.post(f"/ideas/{idea}/spotlight", data={"since": "1"}, headers=SCRIPT).status_code == 204
    page = page_of(owner, of)
    assert "in the spotlight" in card(page, idea)
    assert "in the spotlight" not in card(page, other)
    assert "Look here" in page.split('id="room-steering"')[1].split("</live-part>")[0]

    assert "End spotlight" in text(owner.get(f"/rounds/{of.round_id}/spotlight-end"))
    post(owner, of, "spotlight-end")
    assert "in the spotlight" not in page_of(owner, of)


def card(page, idea):
    return page.split(f'id="idea-{idea}"')[1].split("</li>")[0]


# Rejecting


def test_a_pending_idea_is_rejected_and_not_hidden(app, browser_of):
    of = factories.room(approval=True)
    idea = factories.idea(of, factories.participant(of))
    browser = browser_of(of.owner)

    asked = text(browser.get(f"/ideas/{idea}/hiding"))
    assert "Reject this idea?" in asked
    assert "Hide" not in asked

    browser.post(f"/ideas/{idea}/approval", data=SEEN)
    assert "Hide this idea?" in text(browser.get(f"/ideas/{idea}/hiding"))


# Facilitation


def test_facilitation_is_shared_and_ended(of, owner, biene, browser_of):
    address = f"/challenges/{of.id}/participants/{biene.id}"
    assert "Let this person moderate?" in text(owner.get(f"{address}/facilitation"))

    owner.post(f"{address}/facilitation")
    assert "moderates" in page_of(owner, of).split(f'id="participant-{biene.id}"')[1].split("</li>")[0]
    assert facilitates(of, biene)

    assert "Remove this person as moderator?" in text(owner.get(f"{address}/return"))
    owner.post(f"{address}/return")
    assert not facilitates(of, biene)
    assert owner.post(f"{address}/return").status_code == 404


def test_a_guest_facilitator_who_hands_over_is_redirected_to_the_room(of, browser_of):
    guide = factories.participant(of, actor=factories.account())
    heir = factories.participant(of)
    facilitations.share_facilitation(of.owner, of.id, guide.id)
    browser, address = browser_of(guide), f"/challenges/{of.id}/participants/{heir.id}/handover"
    assert "console--granted" in page_of(browser, of)

    asked = text(browser.get(address))
    assert "You stay in the room but can’t steer it any more." in asked
    assert "data-follow" in asked
    response = browser.post(address, headers=SCRIPT)

    assert response.location.endswith(of.path)
    assert facilitates(of, heir)
    assert not facilitates(of, guide)
    assert browser.get(console(of)).status_code in (403, 404)


def test_a_member_who_hands_over_stays_on_the_console(of, owner, biene):
    address = f"/challenges/{of.id}/participants/{biene.id}/handover"

    assert "You can still moderate too" in text(owner.get(address))
    assert owner.post(address, data={"since": of.round.position}, headers=SCRIPT).status_code == 204
    assert owner.get(console(of)).status_code == 200


def test_facilitators_are_listed_despite_later_participants(of, owner, biene):
    facilitations.share_facilitation(of.owner, of.id, biene.id)
    for _ in range(PEOPLE + 1):
        factories.participant(of)

    page = page_of(owner, of)

    assert f'id="participant-{biene.id}"' in page
    assert f"1–{PEOPLE} of {PEOPLE + 2}" in page


def facilitates(of, somebody):
    from ideas import policy

    db.session.rollback()
    return policy.access_of(db.session(), somebody.actor, of.id).facilitates


# People who have not voted


def test_the_console_shows_the_number_of_non_voters_and_names_on_demand(of, owner, biene):
    idea = factories.idea(of, biene)
    voter = factories.participant(of, "Igel 4")
    factories.step(of, "vote")
    factories.mark(of, voter, {idea: 1})

    assert "1 has not voted yet." in page_of(owner, of)
    names = text(owner.get(f"/rounds/{of.round_id}/unvoted"))
    assert "Biene 12" in names
    assert "Igel 4" not in names


@pytest.mark.parametrize("anonymity", [Anonymity.UNTIL_RESULT, Anonymity.FOR_GOOD])
def test_an_anonymous_room_shows_only_the_number_of_non_voters(app, browser_of, anonymity):
    of = factories.room(anonymity=anonymity)
    factories.participant(of, "Biene 12")
    browser = browser_of(of.owner)

    page = page_of(browser, of)

    assert "1 has not voted yet." in page
    assert "/unvoted" not in page
    assert browser.get(f"/rounds/{of.round_id}/unvoted").status_code == 404


# The hall


def hall(browser, of, title="Tap water", **data):
    return browser.post(
        f"/challenges/{of.id}/hall",
        data={"title": title, "op": factories.op(), **data},
        headers=data.pop("headers", {}),
    )


def test_an_idea_of_the_hall_is_shown_after_the_reveal(of, owner):
    assert "It becomes visible with all the others at the reveal." in page_of(owner, of)
    assert hall(owner, of, "Called from row seven").status_code == 303
    assert "Called from row seven" not in page_of(owner, of)
    assert '<dd data-figure="sealed">1</dd>' in page_of(owner, of)

    factories.step(of, "build")

    page = page_of(owner, of)
    assert "Called from row seven" in page
    assert "From the hall" in page


def test_an_empty_idea_of_the_hall_comes_back_with_the_reason(of, owner):
    response = hall(owner, of, "", text="What I meant")

    assert response.status_code == 400
    form = text(response).split('id="hall-form"')[1].split("</form>")[0]
    assert "Please fill this in." in form
    assert "What I meant" in form


def test_the_form_of_the_hall_follows_the_idea_rules(app, browser_of):
    from ideas.blueprints import IdeaRules

    of = factories.room(ideas=IdeaRules(title_max=60, text=False, image=ImageRule.NONE))

    form = page_of(browser_of(of.owner), of).split('id="hall-form"')[1].split("</form>")[0]

    assert 'maxlength="60"' in form
    assert 'name="text"' not in form
    assert 'type="file"' not in form


def test_hands_are_counted_only_in_the_voting_phase(of, owner, biene):
    idea = factories.idea(of, biene, "Deposit cups")
    entry = factories.entry_id(idea)
    assert "For a hall without devices" not in page_of(owner, of)
    assert post(owner, of, "hands", entry=entry, n1="7").status_code == 409

    factories.step(of, "vote")
    assert "Deposit cups" in page_of(owner, of).split('id="hands-panel"')[1].split("</section>")[0]
    response = post(owner, of, "hands", entry=entry, **{"n1": "40", "n-1": "3"})

    assert response.location.endswith("#hands-panel")
    assert hands_of(db.session(), of.round)[of.question_id] == {entry: {1: 40, -1: 3}}
    assert 'value="40"' in page_of(owner, of)


def test_a_hall_answers_each_question_and_learns_if_hands_do_not_count(app, browser_of):
    of = factories.room(questions=(QuestionPlan("approval"), QuestionPlan("points", "Where to?")))
    owner, entry = browser_of(of.owner), factories.entry_id(factories.idea(of, factories.participant(of)))
    yes, points = of.round.questions

    panel = page_of(owner, of).split('id="hands-panel"')[1].split("</section>")[0]
    first, second = panel.split('class="hall"')[1:]
    assert ("A good idea?" in first, "gives no points" in first, first.count('type="number"')) == (True, False, 2)
    assert ("Where to?" in second, "gives no points" in second, second.count('type="number"')) == (True, True, 1)

    post(owner, of, "hands", entry=entry, question=points.id, n1="30")
    assert post(owner, of, "hands", entry=entry, question=99_999, n1="30").status_code == 404

    assert hands_of(db.session(), of.round)[points.id] == {entry: {1: 30}}
    assert hands_of(db.session(), of.round)[yes.id] == {}


def test_two_concurrent_hand_counts_keep_each_others_values(of, owner, biene):
    entry = factories.entry_id(factories.idea(of, biene))
    factories.step(of, "vote")
    post(owner, of, "hands", entry=entry, **{"n1": "40", "was1": "0", "n-1": "", "was-1": "0"})

    post(owner, of, "hands", entry=entry, **{"n1": "", "was1": "0", "n-1": "3", "was-1": "0"})

    assert hands_of(db.session(), of.round)[of.question_id] == {entry: {1: 40, -1: 3}}


@pytest.mark.parametrize("n", ["-1", "100001", "many"])
def test_a_malformed_hand_count_is_refused(of, owner, biene, n):
    entry = factories.entry_id(factories.idea(of, biene))
    factories.step(of, "vote")

    assert post(owner, of, "hands", entry=entry, n1=n).status_code == 400
    assert hands_of(db.session(), of.round)[of.question_id] == {}


def test_only_facilitators_see_hand_counts_before_the_close(of, owner, biene, browser_of):
    idea = factories.idea(of, biene)
    factories.step(of, "vote")
    post(owner, of, "hands", entry=factories.entry_id(idea), n1="4711")
    assert "4711" in page_of(owner, of)

    guest = browser_of(biene)
    for path in ("", "/ballot", "/mine", "/result", "/live?since=0"):
        assert "4711" not in text(guest.get(f"/challenges/{of.id}{path}"))
    assert "4711" not in text(guest.get(f"/ideas/{idea}"))


# The close


def test_the_close_asks_in_a_dialog_and_gives_a_script_an_empty_answer(of, owner, biene):
    factories.idea(of, biene)
    address = f"/rounds/{of.round_id}/closure"

    asked = text(owner.get(address))

    assert 'id="confirm"' in asked
    assert "1 idea that nobody has read yet is revealed with the result." in asked
    assert owner.post(address, data={"since": of.round.position}, headers=SCRIPT).status_code == 204
    db.session.rollback()
    assert of.round.is_closed


# Sealed ideas


class TestSealed:
    """No page of the console, no confirmation and no answer to a post shows a sealed idea."""

    WORDS = "Unread so far"

    @pytest.fixture
    def of(self, app, noise):
        return factories.room(phases=SILENT, visibility=Visibility.LISTED, approval=True)

    @pytest.fixture
    def idea(self, of, biene):
        return factories.idea(of, biene, self.WORDS, image=factories.picture())

    def addresses(self, of, biene, idea):
        here, there = f"/challenges/{of.id}", f"/challenges/{of.id}/participants/{biene.id}"
        return [
            console(of),
            f"{console(of)}?all=1",
            f"{console(of)}?person=biene",
            f"{here}/live?since=0&epoch={of.round.challenge.epoch}",
            f"{here}/share",
            f"/rounds/{of.round_id}/closure",
            f"/rounds/{of.round_id}/unvoted",
            f"/rounds/{of.round_id}/spotlight-end",
            *(f"{there}/{act}" for act in ("name", "removal", "facilitation", "handover")),
            *(
                f"/ideas/{idea}{act}"
                for act in ("", "/approval", "/hiding", "/restoration", "/redaction", "/spotlight")
            ),
            f"/images/{self.image(idea)}",
        ]

    def image(self, idea):
        from ideas.models import Idea

        return db.session.get_one(Idea, idea).versions[-1].image_id

    def test_no_address_shows_a_sealed_idea(self, of, owner, biene, idea):
        shown = {}
        for address in self.addresses(of, biene, idea):
            response = owner.get(address)
            shown[address] = self.WORDS in text_or_bytes(response) or (
                response.status_code == 200 and f"idea-{idea}" in text_or_bytes(response)
            )
        assert [address for address, is_shown in shown.items() if is_shown] == []
        assert owner.get(f"/images/{self.image(idea)}").status_code == 404

        factories.step(of, "build")

        seen = [a for a in self.addresses(of, biene, idea) if self.WORDS in text_or_bytes(owner.get(a))]
        assert {console(of), f"/ideas/{idea}/approval", f"/ideas/{idea}/hiding"} <= set(seen)

    def test_no_action_reaches_a_sealed_idea(self, of, owner, idea):
        before = of.round.challenge.seq
        for act in ("approval", "hiding", "restoration", "redaction", "spotlight"):
            response = owner.post(f"/ideas/{idea}/{act}", data={"words": "because"})
            assert response.status_code == 404
            assert self.WORDS not in text(response)
        entry = factories.entry_id(idea)
        assert self.WORDS not in text(post(owner, of, "hands", entry=entry, n1="3"))
        db.session.rollback()
        assert of.round.challenge.seq == before

        factories.step(of, "build")
        assert owner.post(f"/ideas/{idea}/approval", data=SEEN).status_code == 302

    def test_the_queue_announces_ideas_that_wait_for_the_reveal(self, of, owner, idea):
        page = page_of(owner, of)

        assert "You approve the ideas after the reveal." in page
        assert "Then you read all ideas and approve the ones for everyone. This can’t be undone." in page
        assert '<dd data-figure="sealed">1</dd>' in page
        factories.step(of, "build")
        assert self.WORDS in page_of(owner, of).split('id="console-pending"')[1].split("</ul>")[0]

    def test_a_close_before_the_reveal_lists_revealed_and_excluded_ideas(self, of, owner, idea):
        asked = text(owner.get(f"/rounds/{of.round_id}/closure"))
        assert "1 idea is still waiting for approval" in asked
        assert "revealed with the result" not in asked
        assert "Check the waiting ideas first" not in asked

        owner.post(f"/challenges/{of.id}/hall", data={"title": "From row seven", "op": factories.op()})

        asked = text(owner.get(f"/rounds/{of.round_id}/closure"))
        assert "1 idea that nobody has read yet is revealed with the result" in asked
        factories.step(of, "build")
        assert "Check the waiting ideas first" in text(owner.get(f"/rounds/{of.round_id}/closure"))

    def test_an_idea_written_after_a_step_back_waits_for_its_own_reveal(self, of, owner, biene, idea):
        factories.step(of, "build")
        moderation.approve_idea(of.owner, idea)
        factories.step(of, "write")
        later = factories.idea(of, biene, "Written the second time")

        page = page_of(owner, of)

        assert self.WORDS in page
        assert f'id="idea-{later}"' not in page
        assert "Written the second time" not in page

    def test_an_idea_withdrawn_before_its_reveal_is_never_shown(self, of, owner, biene, idea):
        from ideas.services.ideas import withdraw_idea

        withdraw_idea(biene.actor, idea)
        factories.step(of, "build")

        assert self.WORDS not in page_of(owner, of)
        assert idea not in [row.id for row in idea_rows(db.session(), of.round)]

    def test_the_sealed_ideas_of_a_removed_person_stay_sealed(self, of, owner, biene, idea):
        participants.bar_participant(of.owner, of.id, biene.id, "floods")

        assert self.WORDS not in page_of(owner, of)


def text_or_bytes(response):
    return response.get_data().decode(errors="replace")
