"""The dashboard of an organisation: groups, filters, the last days, and what waits for its members."""

import re
from datetime import timedelta

import pytest

from ideas import clock
from ideas.conditions import Conditions
from ideas.database import db, write
from ideas.models import Entry, FlagKind, IdeaVersion, Participant, Round
from ideas.queries.dashboard import DAYS, RecentActivity, activity_of, unscored_in
from ideas.services import flags
from ideas.services.flags import FlagForm
from tests import factories, juries
from tests.views.test_statements import cost_of


@pytest.fixture
def company(app):
    return factories.company(name="Mill & Oven")


@pytest.fixture
def page_of(browser_of):
    def page(company, query="", who=None):
        response = browser_of(who or company.owner).get(f"/organisations/{company.id}{query}")
        assert response.status_code == 200
        return response.get_data(as_text=True)

    return page


def titles_in(page):
    return re.findall(r"<h3 lang=\"en\" dir=\"auto\"><a [^>]+>([^<]+)</a>", page)


def tasks_in(page):
    """`[(address, words)]` of the lines that wait, in order."""
    found = re.findall(r'class="card todo[^"]*" href="([^"]+)">(.+?)</a>', page, re.DOTALL)
    return [(address, " ".join(re.sub(r"<[^>]+>", " ", inside).split())) for address, inside in found]


class TestGroups:
    @pytest.fixture
    def three(self, company):
        running = factories.room(company, title="Running bread")
        factories.draft(company, title="Drafted bread", blueprint="pick_a_name")
        done = factories.room(company, title="Decided oven")
        factories.close(done)
        colleague = factories.member(company.id, company.owner)
        factories.draft(factories.Company(company.id, colleague), title="Of a colleague")
        return running

    def test_challenges_stand_in_their_group(self, company, three, page_of):
        assert titles_in(page_of(company)) == ["Running bread", "Of a colleague", "Drafted bread", "Decided oven"]

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("?group=done", ["Decided oven"]),
            ("?text=BREAD+run", ["Running bread"]),
            ("?kind=pick_a_name", ["Drafted bread"]),
            ("?whose=mine&group=drafts", ["Drafted bread"]),
            ("?group=unknown&kind=", ["Running bread", "Of a colleague", "Drafted bread", "Decided oven"]),
        ],
    )
    def test_a_filter_leaves_out_what_does_not_fit(self, company, three, page_of, query, found):
        assert titles_in(page_of(company, query)) == found

    def test_a_filter_without_a_find_leads_back_and_keeps_what_was_typed(self, company, three, page_of):
        page = page_of(company, "?text=%22%3Enothing")

        assert titles_in(page) == []
        assert "No challenge fits" in page
        assert 'value="&#34;&gt;nothing"' in page

    def test_a_filter_hides_no_task(self, company, page_of):
        room = factories.room(company, approval=True)
        factories.idea(room, factories.participant(room))

        assert len(tasks_in(page_of(company, "?text=nothing"))) == 1


class TestActivity:
    def test_what_happened_counts_on_its_day(self, company):
        room = factories.room(company)
        people = [factories.participant(room) for _ in range(3)]
        idea = factories.idea(room, people[0])
        factories.argument(idea, people[1])
        with write() as transaction:
            early = transaction.session.get_one(Participant, people[2].id)
            early.joined_at = clock.now() - timedelta(days=2, minutes=1)

        found = activity_of(db.session(), [room.id])[room.id]

        assert (found.joined[-3:], found.ideas[-1], found.arguments[-1]) == ((1, 0, 2), 1, 1)
        assert len(found.days) == DAYS
        assert sum(found.days) == 5

    def test_sealed_waiting_and_brought_ideas_count_nowhere(self, company):
        sealed = factories.room(company, phases=factories.ALONE_FIRST)
        factories.step(sealed, "write")
        waiting = factories.room(company, approval=True)
        for room in (sealed, waiting):
            factories.idea(room, factories.participant(room))
        seeded = factories.room(company, seed_ideas="Rye\nOats")

        found = activity_of(db.session(), [sealed.id, waiting.id, seeded.id])

        assert [sum(found[room.id].ideas) for room in (sealed, waiting)] == [0, 0]
        assert sum(found.get(seeded.id, RecentActivity()).days) == 0
        factories.step(sealed, "debate")
        assert sum(activity_of(db.session(), [sealed.id])[sealed.id].ideas) == 1


class TestTasks:
    def test_nothing_waits(self, company, page_of):
        factories.room(company)

        page = page_of(company)

        assert "Nothing waits for you" in page
        assert tasks_in(page) == []

    def test_each_task_leads_to_its_place_the_most_urgent_first(self, company, page_of):
        room = factories.room(company, title="All at once", approval=True, closes_at=clock.now() + timedelta(hours=1))
        author = factories.participant(room)
        old, _new = (factories.idea(room, author) for _ in range(2))
        _move_back(old, timedelta(hours=3))
        flagged = factories.room(company, title="With a report")
        text = factories.idea(flagged, factories.participant(flagged))
        flags.flag_idea(factories.participant(flagged).actor, text, FlagForm(FlagKind.INSULTING))
        closed = factories.room(company, title="Closed")
        factories.idea(closed, factories.participant(closed))
        factories.close(closed)
        with write() as transaction:
            phases = transaction.session.get_one(Round, room.round_id).phases
            phases[-2].ends_at = clock.now() - timedelta(minutes=5)

        found = tasks_in(page_of(company))

        assert [(address.split("/")[-1].split("?")[0], words.rsplit(" · ", 1)[0]) for address, words in found] == [
            ("queue", "1 Text reported"),
            ("queue", "2 Ideas waiting for approval"),
            ("console", "Time is up. Continue? All at once"),
            ("outcomes", "1 Idea waits for an answer Closed"),
        ]
        assert "oldest: 3 hours ago" in found[1][1]

    def test_an_overdue_answer_comes_before_older_ones(self, company, page_of, monkeypatch):
        for title, days in (("Older", 9), ("Promised", 3), ("No promise", None)):
            room = factories.room(company, title=title, conditions=Conditions(answer_days=days))
            factories.idea(room, factories.participant(room))
            factories.close(room)
        later = clock.now() + timedelta(days=4)
        monkeypatch.setattr(clock, "now", lambda: later)

        said = [words for _, words in tasks_in(page_of(company))]

        assert ["Promised" in said[0], "overdue since" in said[0]] == [True, True]
        assert ["Older" in said[1], "promised by" in said[1]] == [True, True]
        assert "promised" not in said[2]

    def test_sealed_ideas_wait_for_nobody(self, company, page_of):
        room = factories.room(company, approval=True, phases=factories.ALONE_FIRST)
        factories.step(room, "write")
        factories.idea(room, factories.participant(room))

        assert tasks_in(page_of(company)) == []

    def test_many_tasks_of_a_kind_are_folded_behind_the_first(self, company, page_of):
        for n in range(5):
            room = factories.room(company, title=f"Waiting {n}", approval=True)
            _move_back(factories.idea(room, factories.participant(room)), timedelta(hours=n))

        page = page_of(company)

        found = [words for _, words in tasks_in(page)]
        assert [words.split()[-1] for words in found] == ["4", "3", "2", "1", "0"]
        assert "5 things need your attention" in page
        assert "and 2 more" in page

    def test_a_jury_is_missed_shortly_before_the_end(self, app, page_of):
        room = juries.room(closes_at=clock.now() + timedelta(days=3))
        company = factories.Company(room.organisation_id, room.owner)
        scored, _unscored = (factories.idea(room, factories.participant(room)) for _ in range(2))
        for n in range(2):
            juries.score(room, juries.juror(room, name=f"Luchs {n}"), factories.entry_id(scored), 3, 4)
        assert unscored_in(db.session(), [room.round_id]) == {room.round_id: 1}
        assert tasks_in(page_of(company)) == []

        with write() as transaction:
            phases = transaction.session.get_one(Round, room.round_id).phases
            phases[-2].ends_at = clock.now() + timedelta(days=1)

        [(address, words)] = tasks_in(page_of(company))
        assert address.endswith("/jurors")
        assert words.startswith("1 Idea without a score of the jury")
        factories.idea(room, factories.participant(room))
        assert unscored_in(db.session(), [room.round_id]) == {room.round_id: 2}


def _move_back(idea_id, time):
    with write() as transaction:
        session = transaction.session
        entry = session.query(Entry).filter_by(idea_id=idea_id).one()
        session.get_one(IdeaVersion, entry.version_id).written_at -= time


@pytest.mark.parametrize("challenges", [2, 40])
def test_the_dashboard_costs_few_statements_at_any_number_of_challenges(company, browser_of, challenges):
    for n in range(challenges):
        room = factories.room(company, title=f"Challenge {n}", approval=n % 2 == 0)
        if n < 6:
            factories.idea(room, factories.participant(room))
        if n % 3 == 0:
            factories.close(room)
    browser, address = browser_of(company.owner), f"/organisations/{company.id}"
    browser.get(address)  # compiles the templates

    found = cost_of(browser, address)

    assert len(found.all) <= 20, found.all
