"""The ballot page: every rule, with plain forms."""

import re
from html import unescape

import pytest
from sqlalchemy import func, select

from app.pages import ballots
from app.rules import presenter_of
from ideas.blueprints import PhasePlan, QuestionPlan
from ideas.database import db
from ideas.marks import Cast
from ideas.models import Activity, Ballot, Exposure, Mark, Round
from ideas.queries.ballots import Deck, own_ballot
from ideas.services import moderation, participants
from ideas.services.ballots import cast_ballot
from ideas.voting.rules import rule_of
from ideas.voting.scores import Score
from tests import factories
from tests.doubles import partly_here
from tests.factories import entry_id

JSON = {"Accept": "application/json"}

PLANS = {
    "approval": QuestionPlan("approval"),
    "pairs": QuestionPlan("pairs"),
    "points": QuestionPlan("points", options={"budget": 5}),
    "grades": QuestionPlan("grades"),
    "stars": QuestionPlan("stars", options={"stars": 2, "lemons": 1}),
    "ranked": QuestionPlan("ranked", options={"most": 3}),
}
# The room links to the ballot if its phase permits no writing; the ideas are submitted before.
STEPS = (PhasePlan("write", (Activity.WRITE,)), PhasePlan("vote", (Activity.VOTE,)))


def _filled(**form):
    room = factories.room(factories.company(), **form)
    author, voter = (factories.participant(room, name) for name in ("Author 1", "Voter 2"))
    return room, author, voter, [factories.idea(room, author, f"Idea {letter}") for letter in "ABCD"]


class Place:
    """A room with its questions, four ideas of an author, and a voter with a browser."""

    def __init__(self, browser_of, *plans: QuestionPlan, **form: object) -> None:
        self.room, self.author, self.voter, self.ideas = factories.stocked(
            lambda: _filled(questions=plans, **form), "place", plans, **form
        )
        self.entries = [entry_id(idea) for idea in self.ideas]
        self.browser = browser_of(self.voter)
        self.path = f"/challenges/{self.room.id}/ballot"  # of posts; the page has the slug
        self.page_path = f"{self.room.path}/ballot"

    @property
    def questions(self) -> list[int]:
        return [question.id for question in self.room.round.questions]

    def page(self, part: str = "", **query: object) -> str:
        return text_of(self.browser.get(self.path + part, query_string=query, follow_redirects=True))

    def press(self, page: str, **fields: object):
        return self.browser.post(self.path, data={**hidden_fields(page), **fields})

    def post(self, part: str, question: int | None = None):
        return self.browser.post(self.path + part, data={"question": question or self.questions[0]})

    def cast(self, marks, question: int = 0, who=None):
        who = who or self.voter
        return cast_ballot(
            Cast(who.id, self.room.round_id, factories.op(), factories.op(), 1, marks, self.questions[question])
        )

    def own(self, question: int = 0):
        db.session.rollback()
        return own_ballot(db.session(), self.questions[question], self.voter.id)


@pytest.fixture
def place(app, browser_of):
    def build(*plans: QuestionPlan | str, **form: object) -> Place:
        found = [PLANS[plan] if isinstance(plan, str) else plan for plan in plans or ("approval",)]
        return Place(browser_of, *found, **form)

    return build


def text_of(response) -> str:
    return unescape(response.get_data(as_text=True))


def hidden_fields(page: str) -> dict[str, str]:
    form = re.search(r'<form class="[\w -]+" id="ballot".*?</form>', page, re.S).group(0)
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))


def top(page: str) -> str:
    """The subject of the top card."""
    cards = re.findall(r'<div [^>]*data-card="[^>]*>', page)
    [shown] = [card for card in cards if not card.endswith(" hidden>")]
    return re.search(r'data-card="([\d-]+)"', shown).group(1)


def dealt(page: str) -> list[str]:
    return re.findall(r'data-(?:card|row)="([\d-]+)"', page)


def says_receipt(page: str) -> bool:
    return "Your vote is saved." in page and re.search(r"\d+-[0-9a-f]{16}-[0-9a-f]{8}", page) is not None


class TestDeck:
    @pytest.mark.parametrize(("rule", "values"), [("approval", (1, -1, 0, 1)), ("grades", (5, 0, -1, 3))])
    def test_a_voter_judges_every_idea_with_plain_forms(self, place, rule, values):
        at = place(rule)
        seen = {}
        for n, value in enumerate(values, start=1):
            page = at.page()
            assert f"data-at>{n}</span>" in page
            seen[int(top(page))] = value
            assert at.press(page, value=value).location == f"{at.page_path}?question={at.questions[0]}"

        end = at.page()

        assert at.own() == seen
        assert set(seen) == set(at.entries)
        assert says_receipt(end)
        assert "You have voted on all 4 ideas." in end
        assert "You can change your votes until the round closes." in end
        assert all(f"of={entry}" in end for entry in at.entries)

    def test_a_pair_has_two_equal_buttons_and_can_be_skipped(self, place):
        at = place("pairs")
        page = at.page()
        one, other = map(int, top(page).split("-"))
        first_card = re.search(r'<div class="pairs__duel".*?</div>', page, re.S).group(0)
        looks = re.findall(r'<button class="([^"]+)" name="value" value="(-?1)"', first_card)
        assert {value for _, value in looks} == {"1", "-1"}
        assert len({look for look, _ in looks}) == 1

        at.press(page, value=-1)
        second = at.page()
        at.press(second, value=0)

        assert at.own() == {(one, other): -1, tuple(map(int, top(second).split("-"))): 0}
        marks = at.page("/marks")
        assert "don’t know" in marks.lower()
        assert len(re.findall(r"<b dir=\"auto\">Idea [A-D]</b>", marks)) == 1

    def test_the_left_side_of_a_pair_is_random_and_stays(self, place, browser_of):
        at = place("pairs")
        lefts = set()
        for _ in range(40):  # until both sides occurred
            browser = browser_of(factories.participant(at.room))
            pages = [text_of(browser.get(at.path)) for _ in range(2)]
            values = [re.findall(r'pairs__card" name="value" value="(-?1)"', page) for page in pages]
            assert values[0] == values[1]
            lefts |= {values[0][0]}
            if len(lefts) > 1:
                break

        assert lefts == {"1", "-1"}

    def test_going_back_shows_the_mark_and_permits_a_change(self, place):
        at = place()
        page = at.page()
        first = top(page)
        at.press(page, value=1)

        back = re.search(r'data-back href="([^"]+)"', at.page()).group(1)
        page = text_of(at.browser.get(back))
        assert top(page) == first
        assert re.search(r'value="1" aria-pressed="true"', page)
        at.press(page, value=-1)

        assert at.own() == {int(first): -1}
        assert db.session.get_one(Round, at.room.round_id).turnout == 1

    def test_a_mark_is_changed_from_the_list_of_marks_and_leads_back_to_it(self, place):
        at = place("grades")
        at.cast({at.entries[0]: 2, at.entries[1]: 4})
        link = re.search(rf'href="([^"]+of={at.entries[0]}[^"]*)"', at.page("/marks")).group(1)

        page = text_of(at.browser.get(link))
        assert dealt(page) == [str(at.entries[0])]
        answer = at.press(page, value=5)

        assert answer.location == f"{at.page_path}/marks?question={at.questions[0]}"
        assert at.own() == {at.entries[0]: 5, at.entries[1]: 4}

    def test_a_page_contains_one_deck_and_a_script_fetches_the_next(self, place, monkeypatch):
        monkeypatch.setattr(ballots, "DECK_CARDS", 2)
        at = place()
        page = at.page()
        assert len(dealt(page)) == 2
        assert 'data-left="2"' in page

        for entry in dealt(page):
            at.cast({int(entry): 1})
        cards = at.page("/cards", question=at.questions[0])

        assert sorted(map(int, dealt(page) + dealt(cards))) == sorted(at.entries)
        assert 'data-left="0"' in cards
        assert "<html" not in cards
        assert db.session.scalar(select(func.count()).select_from(Exposure)) == 4

    def test_a_reload_deals_no_further_entries(self, place, monkeypatch):
        monkeypatch.setattr(ballots, "DECK_CARDS", 2)
        at = place()

        pages = [dealt(at.page()) for _ in range(3)]

        assert pages[0] == pages[1] == pages[2]
        assert db.session.scalar(select(func.count()).select_from(Exposure)) == 2

    def test_a_card_shows_an_argument_of_each_side_and_a_link_to_the_others(self, place):
        at = place()
        for stance in ("for", "against", "question"):
            for n in (1, 2):
                factories.argument(at.ideas[0], at.author, f"{stance} {n}", stance)

        page = at.page(of=at.entries[0])

        for words in ("for 2", "against 2"):
            assert f">{words}</p>" in page
        assert ">for 1<" not in page
        assert "Read all 6 arguments" in page

    def test_an_unknown_idea_in_the_address_shows_the_first_dealt_idea(self, place):
        at = place()

        assert top(at.page(of=999)) == top(at.page(of="x")) == top(at.page())

    def test_a_zero_is_the_worst_grade_and_an_empty_field_is_no_grade(self, place):
        at = place("grades")
        fields = hidden_fields(at.page())
        for name in ("entry", "versus", "of"):
            del fields[name]

        at.browser.post(at.path, data={**fields, f"mark-{at.entries[0]}": "0", f"mark-{at.entries[1]}": ""})

        assert at.own() == {at.entries[0]: 0}


class TestBallotList:
    @pytest.mark.parametrize(
        ("rule", "values"), [("points", (3, 2, 0, 0)), ("stars", (1, -1, 1, 0)), ("ranked", (2, 1, 0, 3))]
    )
    def test_a_ballot_list_is_one_form(self, place, rule, values):
        at = place(rule)
        page = at.page()
        assert sorted(dealt(page)) == sorted(map(str, at.entries))

        answer = at.press(page, **{f"mark-{entry}": v for entry, v in zip(at.entries, values, strict=True)})

        assert answer.location == f"{at.page_path}?question={at.questions[0]}"
        assert at.own() == {entry: v for entry, v in zip(at.entries, values, strict=True) if v}
        again = at.page()
        assert "Your vote is saved." in again
        for entry, value in zip(at.entries, values, strict=True):
            assert stands(again, rule, entry) == value

    @pytest.mark.parametrize(("rule", "values"), [("points", (3, 3)), ("stars", (-1, -1)), ("ranked", (1, 2, 3, 3))])
    def test_a_ballot_list_beyond_the_limit_is_refused_and_earlier_marks_stay(self, place, rule, values):
        at = place(rule)
        at.cast({at.entries[3]: 1})
        page = at.page()

        answer = at.press(page, **{f"mark-{e}": v for e, v in zip(at.entries, values, strict=False)})

        assert answer.status_code == 409
        assert "You gave more than you have." in text_of(answer)
        assert at.own() == {at.entries[3]: 1}

    def test_several_points_on_one_idea_cost_their_square(self, place):
        at = place(QuestionPlan("points", options={"budget": 10, "quadratic": True}))
        at.cast({at.entries[0]: 3})

        page = at.page()

        assert "3 points here cost 9." in page
        assert re.search(r"data-points-left>1<", page)
        assert "2 → 4, 3 → 9" in page

    def test_an_empty_ballot_list_stores_nothing(self, place):
        at = place("points")
        page = at.page()

        answer = at.press(page, **{f"mark-{entry}": 0 for entry in at.entries})

        assert answer.status_code == 303
        assert at.own() == {}
        assert db.session.scalar(select(func.count()).select_from(Ballot)) == 0

    def test_points_on_a_hidden_idea_can_be_taken_back(self, place):
        at = place("points")
        at.cast({at.entries[0]: 5})
        moderation.hide_idea(at.room.owner, at.ideas[0], "")
        page = at.page()
        assert "Idea A" not in page
        assert re.search(r"data-points-left>0<", page)

        at.press(page, **{f"mark-{at.entries[0]}": 0, f"mark-{at.entries[1]}": 5})

        assert at.own() == {at.entries[0]: 0, at.entries[1]: 5}

    def test_the_idea_page_adds_an_idea_to_the_ballot_list(self, place, monkeypatch):
        monkeypatch.setattr(ballots, "LIST_CARDS", 1)
        at = place("points")
        missing = next(e for e in at.entries if str(e) not in dealt(at.page()))
        link = f"{at.page_path}?question={at.questions[0]}&of={missing}"
        idea = at.ideas[at.entries.index(missing)]
        assert link in text_of(at.browser.get(f"/ideas/{idea}"))

        assert str(missing) in dealt(text_of(at.browser.get(link)))

    def test_asking_for_more_ideas_saves_the_present_marks(self, place, monkeypatch):
        monkeypatch.setattr(ballots, "LIST_CARDS", 2)
        at = place("points")
        page = at.page()
        [first, _] = dealt(page)

        answer = at.press(page, **{f"mark-{first}": 4, "more": 1})
        further = text_of(at.browser.get(answer.location))

        assert at.own() == {int(first): 4}
        assert sorted(dealt(further)) == sorted(map(str, at.entries))

    def test_ranked_ideas_are_listed_in_their_order(self, place):
        at = place("ranked")
        a, b, c, d = at.entries
        at.cast({c: 1, a: 2})

        page, marks = at.page(), at.page("/marks")

        assert dealt(page)[:2] == [str(c), str(a)]
        assert set(dealt(page)[2:]) == {str(b), str(d)}
        assert re.findall(r"Idea [A-D]|Place \d", marks.split('<ul class="marks')[1])[:2] == ["Idea C", "Place 1"]


def stands(page: str, rule: str, entry: int) -> int:
    """The value that the form shows for an entry."""
    row = re.search(rf'<li[^>]*data-row="{entry}".*?</li>', page, re.S).group(0)
    pattern = {
        "points": r'type="number"[^>]*value="(\d+)"',
        "stars": r'value="(-?\d)" checked',
        "ranked": r'<option value="(\d)" selected',
    }[rule]
    found = re.search(pattern, row)
    return int(found.group(1)) if found else 0


class TestQuestions:
    def test_the_first_unfinished_question_is_shown_with_progress_of_each(self, place):
        at = place(QuestionPlan("approval", "Wow?"), QuestionPlan("grades", "Doable?"))
        page = at.page()
        assert hidden_fields(page)["question"] == str(at.questions[0])
        assert "Wow?" in page
        assert "Doable?" in page
        assert page.count("0 of 4") >= 2

        at.cast(dict.fromkeys(at.entries, 1), 0)

        page = at.page()
        assert hidden_fields(page)["question"] == str(at.questions[1])
        assert "4 of 4" in page

    def test_a_mark_belongs_to_the_question_of_its_form(self, place):
        at = place(QuestionPlan("approval", "Wow?"), QuestionPlan("grades", "Doable?"))
        page = at.page(question=at.questions[1])

        at.press(page, value=5)

        assert at.own(0) == {}
        assert at.own(1) == {int(top(page)): 5}

    def test_a_question_of_another_round_is_not_found(self, place, noise):
        at = place()

        for path in ("", "/cards", "/marks"):
            answer = at.browser.get(at.path + path, query_string={"question": noise.room.question_id})
            assert answer.status_code == 404
        assert at.post("/done", noise.room.question_id).status_code == 404

    @pytest.mark.parametrize("rule", partly_here(PLANS, "pairs", "stars"))
    def test_the_prompt_of_the_company_replaces_the_default_prompt(self, place, rule):
        ours = place(rule).page()
        own = place(QuestionPlan(rule, "What would you pay for?", PLANS[rule].options)).page()

        assert "What would you pay for?" in own
        assert "What would you pay for?" not in ours


class TestDone:
    @pytest.mark.parametrize("rule", partly_here(PLANS, "approval", "points", "ranked"))
    def test_finishing_a_ballot_shows_the_counted_marks(self, place, rule):
        at = place(rule)
        subject = (at.entries[0], at.entries[1]) if rule == "pairs" else at.entries[0]
        receipt = at.cast({subject: 1}).receipt

        answer = at.post("/done")
        page = text_of(at.browser.get(answer.location))

        assert answer.location == f"{at.page_path}/marks?question={at.questions[0]}"
        assert "Vote received" in page
        assert receipt in page
        assert "Idea A" in page
        assert "Change my votes" in page
        assert at.browser.get(at.path).location == answer.location

    @pytest.mark.parametrize("rule", ["approval", "points"])
    def test_a_finished_ballot_accepts_no_mark_until_it_is_reopened(self, place, rule):
        at = place(rule)
        at.cast({at.entries[0]: 1})
        page = at.page(of=at.entries[1])
        fields = {"value": 1} if rule == "approval" else {f"mark-{at.entries[1]}": 1}
        at.post("/done")

        refused = at.press(page, **fields)
        assert refused.status_code == 409
        assert "open “Your votes”" in text_of(refused)
        assert at.own() == {at.entries[0]: 1}

        assert at.post("/change").status_code == 303
        assert at.press(at.page(of=at.entries[1]), **fields).status_code == 303
        assert at.own() == {at.entries[0]: 1, at.entries[1]: 1}

    def test_one_button_saves_and_finishes_a_ballot_list(self, place):
        at = place("ranked")

        answer = at.press(at.page(), **{f"mark-{at.entries[2]}": 1, "done": 1})

        assert "/marks" in answer.location
        assert at.own() == {at.entries[2]: 1}
        assert "Vote received" in text_of(at.browser.get(answer.location))

    @pytest.mark.parametrize("rule", ["grades", "stars"])
    def test_a_ballot_without_marks_cannot_be_finished(self, place, rule):
        at = place(rule)

        answer = at.post("/done")

        assert answer.status_code == 409
        assert "You have not voted yet." in text_of(answer)

    def test_finishing_the_first_question_leads_to_the_second(self, place):
        at = place(QuestionPlan("approval", "Wow?"), QuestionPlan("grades", "Doable?"))
        at.cast({at.entries[0]: 1}, 0)

        page = text_of(at.browser.get(at.post("/done").location))

        assert f'href="{at.page_path}?question={at.questions[1]}"' in page
        assert hidden_fields(at.page())["question"] == str(at.questions[1])

    def test_own_marks_can_be_read_but_not_changed_after_the_close(self, place):
        at = place()
        receipt = at.cast({at.entries[0]: 1}).receipt
        assert "I’m done" in at.page("/marks")
        assert "Sealed." in at.page("/marks")

        factories.close(at.room)

        result = text_of(at.browser.get(f"/challenges/{at.room.id}/result"))
        page = text_of(at.browser.get(re.search(rf'href="({at.page_path}/marks[^"]*)"', result).group(1)))
        assert receipt in page
        assert f'href="{at.room.path}/result?round=1"' in page
        assert "Sealed" not in page
        assert "live ranking" not in page
        assert "I’m done" not in page
        assert "of=" not in page

    def test_the_result_links_to_own_marks_only_for_voters(self, place, browser_of):
        at = place()
        at.cast({at.entries[0]: 1})
        idle = factories.participant(at.room)
        factories.close(at.room)

        path = f"/challenges/{at.room.id}/result"
        assert f"{at.page_path}/marks" in text_of(at.browser.get(path))
        assert f"{at.page_path}/marks" not in text_of(browser_of(idle).get(path))
        assert "You did not vote." in text_of(browser_of(idle).get(f"{at.path}/marks"))


class TestIdeaPage:
    @pytest.mark.parametrize("rule", PLANS)
    def test_the_idea_page_takes_marks_if_each_idea_is_judged_by_itself(self, place, rule):
        at = place(rule)

        page = text_of(at.browser.get(f"/ideas/{at.ideas[0]}"))

        form = re.search(r'<form class="vote".*?</form>', page, re.S)
        if rule not in ("approval", "grades"):
            assert form is None
            assert f'href="{at.page_path}?question={at.questions[0]}' in page
            return
        fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form.group(0)))
        answer = at.browser.post(at.path, data={**fields, "value": "1"})
        assert answer.location == factories.idea_path(at.ideas[0])
        assert at.own() == {at.entries[0]: 1}
        assert re.search(r'value="1" aria-pressed="true"', text_of(at.browser.get(f"/ideas/{at.ideas[0]}")))

    def test_the_idea_page_links_to_the_marks_of_a_finished_ballot(self, place):
        at = place()
        at.cast({at.entries[0]: 1})
        at.post("/done")

        page = text_of(at.browser.get(f"/ideas/{at.ideas[1]}"))

        assert 'class="vote__choices"' not in page
        assert f"{at.page_path}/marks" in page


class TestSealed:
    @pytest.mark.parametrize("rule", partly_here(PLANS, "grades", "pairs"))
    def test_the_ballot_shows_the_turnout_and_that_counts_are_sealed(self, place, rule):
        at = place(rule)
        subject = (at.entries[0], at.entries[1]) if rule == "pairs" else at.entries[0]
        at.cast({subject: 1})

        page = at.page()

        assert re.search(
            r'<b data-figure="voted">1</b> of <b data-figure="electorate">2</b> who joined have voted', page
        )
        assert "Sealed." in page
        assert "live ranking" not in page

    @pytest.mark.parametrize("rule", partly_here(PLANS, "approval", "ranked"))
    def test_the_ballot_of_a_live_ranking_says_that_counts_are_visible(self, place, rule):
        page = place(rule, live_ranking=True).page()

        assert "Everyone can see the live ranking here." in page
        assert "Sealed" not in page


def test_the_room_shows_the_voters_progress(place):
    at = place(QuestionPlan("grades", "Wow?"), QuestionPlan("points", "Where to?", {"budget": 5}), phases=STEPS)
    factories.step(at.room, "vote")
    at.cast({at.entries[0]: 3}, 0)
    at.cast({at.entries[0]: 3}, 1)

    page = text_of(at.browser.get(f"/challenges/{at.room.id}"))

    assert "You have voted on 1 of 4 ideas." in page
    assert "2 of 5 points left." in page


def test_a_repeated_op_counts_once_and_is_flagged(place):
    at = place()
    command = {**hidden_fields(at.page()), "value": "1"}

    first, again = (at.browser.post(at.path, data=command, headers=JSON).json for _ in range(2))

    assert first["ok"]
    assert "dup" not in first
    assert again == {**first, "dup": True}
    assert len(at.own()) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"value": "2"},
        {"value": "1.0"},
        {"value": ""},
        {"value": "true"},
        {"entry": "0"},
        {"entry": "x"},
        {"versus": "x"},
        {"question": "x"},
        {"n": "-1"},
        {"op": "x"},
        {"client": ""},
    ],
)
def test_a_malformed_mark_is_refused_and_the_ballot_is_shown_again(place, wrong):
    at = place()
    command = {**hidden_fields(at.page()), "value": "1"} | wrong

    script = at.browser.post(at.path, data=command, headers=JSON)
    person = at.browser.post(at.path, data=command)

    assert (script.status_code, script.json) == (400, {"ok": False, "error": "invalid"})
    assert person.status_code == 400
    assert 'class="ballot"' in text_of(person)
    assert at.own() == {}


@pytest.mark.parametrize("rule", PLANS)
def test_own_hidden_and_foreign_ideas_are_not_on_the_ballot(place, noise, rule):
    at = place(rule)
    factories.idea(at.room, at.voter, "My own")
    moderation.hide_idea(at.room.owner, at.ideas[0], "")

    page = at.page()

    assert "Idea B" in page or rule == "pairs"
    for title in ("My own", "Idea A", "Noise"):
        assert title not in page


def test_a_mark_on_an_own_hidden_or_foreign_idea_is_refused(place, noise):
    at = place()
    own = factories.idea(at.room, at.voter, "My own")
    moderation.hide_idea(at.room.owner, at.ideas[0], "")
    command = {**hidden_fields(at.page()), "value": "1"}

    answers = {
        idea: at.browser.post(
            at.path, data={**command, "op": factories.op(), "entry": entry_id(idea)}, headers=JSON
        ).json["error"]
        for idea in (own, at.ideas[0], noise.ideas[0])
    }

    assert answers == {own: "invalid", at.ideas[0]: "not_found", noise.ideas[0]: "not_found"}


def test_only_participants_can_vote(place, client, browser_of):
    at = place()
    command = {**hidden_fields(at.page()), "value": "1"}
    barred = factories.participant(at.room)
    participants.bar_participant(at.room.owner, at.room.id, barred.id, "")

    for somebody, status in ((client, 404), (browser_of(at.room.owner), 403), (browser_of(barred), 403)):
        assert somebody.post(at.path, data=command, headers=JSON).status_code == status
    assert db.session.scalar(select(func.count()).select_from(Mark)) == 0


def test_the_ballot_redirects_to_the_room_outside_the_voting_phase(app, browser_of):
    room = factories.room(phases=factories.STEPS)
    author, voter = factories.participant(room), factories.participant(room)
    idea = factories.idea(room, author)
    browser = browser_of(voter)
    path = f"/challenges/{room.id}/ballot"
    assert browser.get(path).location == room.path
    assert browser.get(path + "/cards").status_code == 409
    factories.step(room, "vote")
    command = {**hidden_fields(text_of(browser.get(path))), "value": "1"}
    assert command["entry"] == str(entry_id(idea))

    factories.close(room)

    late = browser.post(path, data=command, headers=JSON)
    assert (late.status_code, late.json) == (409, {"ok": False, "error": "closed"})
    assert browser.post(path, data=command).status_code == 409
    assert browser.get(path).location == f"{room.path}/result"
    assert db.session.scalar(select(func.count()).select_from(Mark)) == 0


def test_a_facilitator_who_has_not_joined_has_no_ballot(place, browser_of):
    at = place()

    assert browser_of(at.room.owner).get(at.path).location == at.room.path


@pytest.mark.parametrize("rule", partly_here(PLANS, "stars", "pairs"))
def test_a_ballot_without_ideas_says_so(app, browser_of, rule):
    room = factories.room(questions=(PLANS[rule],))
    browser = browser_of(factories.participant(room))

    assert "Nothing to vote on yet" in text_of(browser.get(f"{room.path}/ballot"))


class TestCommands:
    """Commands of a script or another client."""

    @pytest.fixture
    def hall(self, app, browser_of):
        def make(rule, **options):
            room = factories.room(questions=(QuestionPlan(rule, "", options),))
            author, voter = factories.participant(room), factories.participant(room)
            entries = [entry_id(factories.idea(room, author)) for _ in range(3)]
            return room, entries, browser_of(voter)

        return make

    def send(self, browser, room, **fields):
        command = {"op": factories.op(), "client": factories.op(), "n": "1"}
        return browser.post(f"/challenges/{room.id}/ballot", data=command | fields, headers=JSON)

    def own(self, browser, room):
        return browser.get(f"/challenges/{room.id}/mine").json["ballots"][str(room.question_id)]

    def test_a_pair_names_its_second_entry(self, hall):
        room, (one, two, _), browser = hall("pairs")

        answer = self.send(browser, room, entry=one, versus=two, value="-1")

        assert answer.json["ok"]
        assert self.own(browser, room) == {
            "marks": {f"{one}-{two}": -1},
            "done": False,
            "receipt": answer.json["receipt"],
        }
        assert self.send(browser, room, entry=two, versus=one, value="1").json["error"] == "invalid"
        assert self.send(browser, room, entry=one, versus="x", value="1").json["error"] == "invalid"

    def test_a_whole_ballot_is_cast_at_once_and_an_empty_field_takes_back(self, hall):
        room, (one, two, three), browser = hall("points", budget=5)

        assert self.send(browser, room, **{f"mark-{one}": "3", f"mark-{two}": "2", f"mark-{three}": ""}).json["ok"]
        assert self.own(browser, room)["marks"] == {str(one): 3, str(two): 2}
        assert self.send(browser, room, **{f"mark-{one}": "", f"mark-{two}": "2", f"mark-{three}": "3"}).json["ok"]

        assert self.own(browser, room)["marks"] == {str(two): 2, str(three): 3}
        count = db.session.scalar(select(func.count()).select_from(Mark))
        assert count == 3, "what was taken back is a mark, what never stood is none"

    def test_a_cast_beyond_the_budget_is_refused_as_a_whole(self, hall):
        room, (one, two, _), browser = hall("points", budget=5)

        answer = self.send(browser, room, **{f"mark-{one}": "3", f"mark-{two}": "3"})

        assert (answer.status_code, answer.json) == (409, {"ok": False, "error": "budget"})
        assert self.own(browser, room)["marks"] == {}

    @pytest.mark.parametrize("typed", ["x", "1.5", "99999", "1001", "--1"])
    def test_a_value_that_is_no_mark_is_refused(self, hall, typed):
        room, (one, *_), browser = hall("points")

        assert self.send(browser, room, **{f"mark-{one}": "1"}).json["ok"]
        assert self.send(browser, room, **{f"mark-{one}": typed}).json["error"] == "invalid"
        assert self.send(browser, room, entry=one, value=typed).json["error"] == "invalid"

    def test_a_cast_must_name_its_question_if_there_are_two(self, app, browser_of):
        room = factories.room(questions=(QuestionPlan("approval", "Wow?"), QuestionPlan("grades", "Doable?")))
        entry = entry_id(factories.idea(room, factories.participant(room)))
        browser = browser_of(factories.participant(room))
        second = room.round.questions[1].id

        assert self.send(browser, room, entry=entry, value="1").json["error"] == "invalid"
        assert self.send(browser, room, entry=entry, value="5", question=second).json["ok"]
        assert self.send(browser, room, entry=entry, value="5", question="x").json["error"] == "invalid"


@pytest.mark.parametrize(
    ("rule", "judged", "said"),
    [
        ("approval", 1, "You have voted on the only idea."),
        ("approval", 0, "1 idea waits for your vote."),
        ("pairs", 1, "You have compared the only pair."),
        ("pairs", 0, "One pair waits for your choice."),
    ],
)
def test_the_progress_on_a_single_subject_is_said_without_numbers_of_many(app, rule, judged, said):
    one = rule_of(rule, {})

    with app.test_request_context():
        assert presenter_of(one).progress(one, Deck([], judged, 1 - judged), []) == said


def test_an_idea_that_was_never_compared_has_no_comparisons(app):
    pairs = rule_of("pairs", {})

    with app.test_request_context():
        assert presenter_of(pairs).counts(pairs, Score(1, 1), 6) == "no comparisons"
        assert presenter_of(pairs).counts(pairs, Score(1, 1, {1: 1}), 6) == "better in 1 of 1 comparison"
