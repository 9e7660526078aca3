"""The pages about awards: winners, giving, corrections, decisive arguments, names under awards, certificates."""

import re

import pytest

from ideas.blueprints import PhasePlan, QuestionPlan
from ideas.database import db
from ideas.models import Activity, Anonymity, Argument, Decision, ResultShare, TieRule
from ideas.prizes import PrizePlan, PrizeRules
from ideas.queries.awards import awards_in, last_award
from ideas.services import ideas, leaving, moderation
from ideas.services.awards import mark_decisive
from ideas.services.ideas import IdeaForm
from ideas.services.leaving import Parting
from ideas.services.next_rounds import How, NextRound, Selection, begin_next_round
from ideas.services.outcomes import set_outcomes
from ideas.services.sharing import share_result
from tests import factories

PRIZES = PrizeRules((PrizePlan("Main prize", 1_000_00), PrizePlan("Lunch with the bakers")))


def text(response, status=200):
    assert response.status_code == status, response.get_data(as_text=True)
    return response.get_data(as_text=True)


class Contest:
    """A closed contest: a winner that grew from another idea, with a decisive argument, and a second idea."""

    def __init__(self, **fields):
        self.room = factories.listed_room(prizes=PRIZES, **fields)
        names = ("Otter 12", "Igel 3", "Dachs 7", "Fuchs 9")
        self.author, self.parent, self.critic, self.second = (factories.participant(self.room, n) for n in names)
        self.first = factories.idea(self.room, self.parent, "Crates for everybody")
        grown = IdeaForm("Crates with a deposit", parents=(self.first,))
        self.winner = ideas.submit_idea(self.author.actor, self.room.id, grown, factories.op())
        self.other = factories.idea(self.room, self.second, "Paper bags")
        self.argument = factories.argument(self.winner, self.critic, "It pays for itself.")
        self.voter = factories.participant(self.room)
        factories.mark(self.room, self.voter, {self.winner: 1})
        factories.mark(self.room, factories.participant(self.room), {self.winner: 1, self.other: 1})

    def close(self):
        factories.close(self.room)
        return self

    def given(self, owner):
        page = text(owner.get(f"{self.room.path}/awards/giving"))
        seen = re.search(r'name="seen" value="(\w+)"', page)[1]
        answer = owner.post(f"/rounds/{self.room.round_id}/awards", data={"seen": seen})
        assert answer.status_code == 303
        return self

    @property
    def awards(self):
        db.session.rollback()
        return awards_in(db.session(), self.room.id)

    def part_of(self, who):
        return next(part for award in self.awards for part in award.parts if part.participant_id == who.id)


def begin(room):
    """Begin a next round with the best idea, in which people write and vote."""
    plan = (PhasePlan("open", (Activity.WRITE, Activity.VOTE)),)
    round_id = begin_next_round(
        room.owner, room.round_id, NextRound(Selection(How.TOP, top=1), plan, (QuestionPlan(),))
    )
    later = factories.Room(room.id, round_id, room.organisation_id, room.code, room.owner)
    factories.start(later)
    return later


@pytest.fixture
def contest(app):
    found = Contest()
    mark_decisive(found.room.owner, found.argument, "It convinced the board.")
    return found.close()


def test_a_member_gives_prizes_and_everybody_sees_the_winners(contest, browser_of, client):
    path = f"{contest.room.path}/awards"
    assert "not announced yet" in text(client.get(path))
    owner = browser_of(contest.room.owner)
    assert "Crates with a deposit" in text(owner.get(f"{path}/giving"))
    assert contest.awards == []

    contest.given(owner)

    page = text(client.get(path))
    for said in (
        "Main prize",
        "€1,000.00",
        "Crates with a deposit",
        "Otter 12",
        "€600.00",
        "Crates for everybody",
        "€300.00",
        "It pays for itself.",
        "It convinced the board.",
        "€100.00",
        "Lunch with the bakers",
    ):
        assert said in page
    assert "Withdraw" not in page
    assert "/awards/giving" not in page
    assert f'href="{path}"' in text(client.get(f"{contest.room.path}/result"))
    german = text(client.get(path, headers={"Accept-Language": "de"}))
    assert "1.000,00\xa0€" in german


@pytest.mark.parametrize("who", ["author", "parent", "critic"])
def test_everybody_with_a_part_is_told(contest, browser_of, who):
    contest.given(browser_of(contest.room.owner))

    browser = browser_of(getattr(contest, who))
    page = text(browser.get("/news"))

    assert "You won: " in page
    assert "Main prize" in page
    news = re.findall(r'action="(/news/\d+)"', page)
    assert any("#award-" in browser.post(address).location for address in news)


def test_nobody_else_is_told(contest, browser_of):
    contest.given(browser_of(contest.room.owner))

    assert "You won" in text(browser_of(contest.second).get("/news"))
    assert "You won" not in text(browser_of(contest.voter).get("/news"))


def test_a_page_that_is_out_of_date_gives_nothing_and_shows_what_stands(contest, browser_of):
    owner = browser_of(contest.room.owner)
    contest.given(owner)

    answer = owner.post(f"/rounds/{contest.room.round_id}/awards", data={"seen": "0123456789abcdef"})

    assert "Nothing is saved yet" in text(answer, 409)
    assert len(contest.awards) == 2


def test_an_award_is_withdrawn_and_given_anew(contest, browser_of, client):
    owner = browser_of(contest.room.owner)
    contest.given(owner)
    award = contest.awards[0].id
    seen = last_award(db.session(), contest.room.round)
    address = f"/awards/{award}/withdrawal"
    assert 'id="field-reason-error"' in text(owner.post(address, data={"seen": seen, "reason": ""}), 400)
    stale = owner.post(address, data={"seen": 1, "reason": "Typed long ago"})
    assert "Typed long ago" in text(stale, 409)

    done = owner.post(address, data={"seen": seen, "reason": "Its author works for us."})
    assert done.status_code == 303
    history = text(owner.get(done.location))
    assert "Its author works for us." in history
    assert "€1,000.00" not in text(client.get(f"{contest.room.path}/awards")).partition("announced before")[0]
    assert "The award “" in text(browser_of(contest.author).get("/news"))

    seen, other = last_award(db.session(), contest.room.round), factories.entry_id(contest.other)
    anew = {"seen": seen, "entry": other, "reason": "The next one"}
    assert "selected" in text(owner.get(f"/awards/{award}/replacement"))
    assert "Page not found" not in text(owner.post(f"/awards/{award}/replacement", data=anew | {"entry": "x"}), 404)
    assert owner.post(f"/awards/{award}/replacement", data=anew).status_code == 303
    assert "€1,000.00" in text(client.get(f"{contest.room.path}/awards")).partition("announced before")[0]
    assert "Its author works for us." not in text(client.get(f"{contest.room.path}/awards"))


def test_a_member_marks_arguments_until_outcomes_are_there(app, browser_of):
    contest = Contest()
    owner, path = browser_of(contest.room.owner), f"{contest.room.path}/awards/arguments"
    mark = f"/arguments/{contest.argument}/decisive"
    assert "It pays for itself." in text(owner.get(path))
    assert 'id="field-reason-' in text(owner.post(mark, data={"reason": ""}), 400)

    assert owner.post(mark, data={"reason": "It convinced us."}).status_code == 303

    assert "It convinced us." in text(owner.get(path))
    guest = browser_of(contest.author)
    idea_page = text(guest.get(f"{contest.room.path}/ideas/{contest.winner}"))
    assert "convinced" not in idea_page
    assert owner.post(f"{mark}/end", data={}).status_code == 303
    assert db.session.get_one(Argument, contest.argument).decisive_seq is None
    contest.close()
    set_outcomes(contest.room.owner, contest.room.round_id, None, Decision.CHOSEN, "Yes", seen=0)
    assert "this is settled" in text(owner.post(mark, data={"reason": "Late"}), 409)


class TestHidden:
    """Where authors are hidden for good."""

    @pytest.fixture
    def hidden(self, app, browser_of):
        contest = Contest(anonymity=Anonymity.FOR_GOOD).close()
        return contest.given(browser_of(contest.room.owner))

    def test_nobody_learns_who_won(self, hidden, browser_of, client):
        for browser in (client, browser_of(hidden.room.owner), browser_of(hidden.second)):
            page = text(browser.get(f"{hidden.room.path}/awards"))
            assert "author hidden" in page
            assert "Otter 12" not in page

    def test_the_author_puts_a_name_there_and_takes_it_away(self, hidden, browser_of, client):
        author, path = browser_of(hidden.author), f"{hidden.room.path}/awards"
        [address] = set(re.findall(r"/awards/\d+/claim", text(author.get(path))))
        assert address not in text(browser_of(hidden.second).get(path))

        assert author.post(address, data={"name": "The crate person"}).status_code == 303

        assert "The crate person" in text(client.get(path))
        assert "Otter 12" not in text(client.get(path))
        other = browser_of(hidden.second)
        assert other.post(address, data={"name": "Me"}).status_code == 404
        assert 'id="field-name-error"' in text(author.post(address, data={"name": " "}), 400)
        assert author.post(f"{address}/end", data={}).status_code == 303
        assert "The crate person" not in text(client.get(path))

    def test_a_member_takes_a_false_name_away_and_the_author_reads_why(self, hidden, browser_of, client):
        author, owner, path = browser_of(hidden.author), browser_of(hidden.room.owner), f"{hidden.room.path}/awards"
        part = hidden.part_of(hidden.author)
        assert author.post(f"/awards/{part.award_id}/claim", data={"name": "The mayor"}).status_code == 303
        [address] = set(re.findall(r"/awards/\d+/names/\d+", text(owner.get(f"{path}/giving"))))
        seen = re.search(r'name="seen" value="(\d+)"', text(owner.get(address)))[1]
        assert "/names/" not in text(author.get(path))
        assert 'id="field-reason-error"' in text(owner.post(address, data={"seen": seen, "reason": ""}), 400)
        assert "The mayor" in text(owner.post(address, data={"seen": "1", "reason": "Not the mayor"}), 409)
        assert browser_of(hidden.second).get(address).status_code != 200

        assert owner.post(address, data={"seen": seen, "reason": "Not the mayor"}).status_code == 303

        assert "The mayor" not in text(client.get(path))
        assert owner.get(address).status_code == 404
        assert "Not the mayor" in text(author.get(f"/awards/{part.award_id}/claim"))
        assert "Took a name away from an award" in text(owner.get(f"{hidden.room.path}/acts"))
        assert "Otter 12" not in text(owner.get(f"{hidden.room.path}/acts"))

    def test_the_certificate_is_for_its_person_and_for_members(self, hidden, browser_of, client):
        part = hidden.part_of(hidden.author)
        address = f"/awards/{part.award_id}/certificate/{part.id}"

        for browser in (browser_of(hidden.author), browser_of(hidden.room.owner)):
            page = text(browser.get(address))
            assert "The author of this idea" in page
            assert "Otter 12" not in page
        for browser in (client, browser_of(hidden.second)):
            assert browser.get(address).status_code in (302, 404)

    def test_a_part_does_not_change_when_its_author_leaves(self, hidden, browser_of, client):
        before = text(client.get(f"{hidden.room.path}/awards"))

        leaving.leave_challenge(hidden.author.actor, hidden.room.id, Parting.NAME)

        after = text(client.get(f"{hidden.room.path}/awards"))
        assert "not claimable" not in after
        assert after.count("author hidden") == before.count("author hidden")


def test_the_part_of_an_erased_person_is_not_claimable(contest, browser_of, client):
    contest.given(browser_of(contest.room.owner))
    part = contest.part_of(contest.author)

    leaving.leave_challenge(contest.author.actor, contest.room.id, Parting.TEXTS)

    page = text(client.get(f"{contest.room.path}/awards"))
    assert "not claimable" in page
    assert "Crates with a deposit" not in page
    assert "€600.00" in page
    assert client.get(f"/awards/{part.award_id}/certificate/{part.id}").status_code == 404


def test_a_certificate_is_public_where_names_are(contest, browser_of, client):
    contest.given(browser_of(contest.room.owner))
    part = contest.part_of(contest.parent)

    page = text(client.get(f"/awards/{part.award_id}/certificate/{part.id}"))

    for said in (
        "Certificate",
        "Igel 3",
        "Crates with a deposit",
        "Crates for everybody",
        "€300.00",
        "Mill",
    ):
        assert said in page
    german = client.get(f"/awards/{part.award_id}/certificate/{part.id}", headers={"Accept-Language": "de"})
    assert "Urkunde" in text(german)


def test_a_certificate_goes_with_its_award(contest, browser_of):
    owner = browser_of(contest.room.owner)
    contest.given(owner)
    part = contest.part_of(contest.author)
    seen = last_award(db.session(), contest.room.round)

    owner.post(f"/awards/{part.award_id}/withdrawal", data={"seen": seen, "reason": "A mistake"})

    assert owner.get(f"/awards/{part.award_id}/certificate/{part.id}").status_code == 404


def test_the_winners_are_seen_by_those_who_may_see_the_result(contest, browser_of, client):
    contest.given(browser_of(contest.room.owner))
    share_result(contest.room.owner, contest.room.id, ResultShare.OFF, ResultShare.PUBLIC)

    assert client.get(f"{contest.room.path}/awards").status_code != 200
    text(browser_of(contest.second).get(f"{contest.room.path}/awards"))


def test_an_open_round_has_no_winners_page(app, browser_of):
    contest = Contest()

    assert browser_of(contest.author).get(f"{contest.room.path}/awards").status_code == 409
    assert "still running" in text(browser_of(contest.room.owner).get(f"{contest.room.path}/awards/giving"))


def test_a_member_reads_what_to_do_for_a_prize_if_nobody_voted(app, browser_of):
    room = factories.listed_room(prizes=PRIZES)
    factories.idea(room, factories.participant(room))
    factories.close(room)

    page = text(browser_of(room.owner).get(f"{room.path}/awards/giving"))

    assert "If you promised one, begin a next round" in page
    assert f'href="{room.path}/next-round"' in page
    assert "Give these prizes" not in page


@pytest.mark.parametrize("anonymity", [Anonymity.UNTIL_RESULT, Anonymity.FOR_GOOD])
def test_an_award_names_people_as_its_result_does_while_the_next_round_runs(app, browser_of, client, anonymity):
    contest = Contest(anonymity=anonymity).close()
    contest.given(browser_of(contest.room.owner))
    begin(contest.room)

    winners, part = text(client.get(f"{contest.room.path}/awards")), contest.part_of(contest.author)
    certificate = client.get(f"/awards/{part.award_id}/certificate/{part.id}")
    result = text(browser_of(contest.voter).get(f"{contest.room.path}/result?round=1"))

    is_named = anonymity == Anonymity.UNTIL_RESULT
    assert ("Otter 12" in winners) == ("Otter 12" in result) == is_named
    assert (certificate.status_code == 200) == is_named
    assert "Otter 12" not in text(browser_of(contest.voter).get(f"{contest.room.path}/ideas/{contest.winner}"))


def test_an_award_shows_the_title_of_its_round_and_none_that_is_sealed_in_a_later_one(app, browser_of, client):
    contest = Contest().close()
    contest.given(browser_of(contest.room.owner))
    begin(contest.room)

    ideas.edit_idea(contest.author.actor, contest.winner, IdeaForm("A secret for round two"))

    page = text(client.get(f"{contest.room.path}/awards"))
    assert "Crates with a deposit" in page
    assert "A secret" not in page
    assert "A secret" not in text(browser_of(contest.parent).get(f"{contest.room.path}/my-result?round=1"))


def test_a_challenge_without_prizes_has_no_winners_page(app, client):
    room = factories.listed_room()
    factories.idea(room, factories.participant(room))
    factories.close(room)

    assert client.get(f"{room.path}/awards").location == f"{room.path}/result"
    assert "/awards" not in text(client.get(f"{room.path}/result"))


def test_ties_are_said_on_the_page(app, browser_of, client):
    for tie, said in ((TieRule.SHARED, "shared: these ideas"), (TieRule.DRAWN, "drawn by lot")):
        room = factories.listed_room(prizes=PrizeRules((PrizePlan("One prize", 100_01),), tie=tie))
        written = [factories.idea(room, factories.participant(room)) for _ in range(2)]
        factories.mark(room, factories.participant(room), dict.fromkeys(written, 1))
        factories.close(room)
        owner = browser_of(room.owner)
        page = text(owner.get(f"{room.path}/awards/giving"))
        owner.post(f"/rounds/{room.round_id}/awards", data={"seen": re.search(r'seen" value="(\w+)"', page)[1]})

        assert said in text(client.get(f"{room.path}/awards"))


def test_the_page_of_the_organisation_says_where_prizes_wait(contest, browser_of):
    owner, address = browser_of(contest.room.owner), f"/organisations/{contest.room.organisation_id}"
    assert "prizes are not given yet" in text(owner.get(address))

    contest.given(owner)

    assert "prizes are not given yet" not in text(owner.get(address))


def test_a_winner_finds_the_award_on_the_result_card(contest, browser_of):
    contest.given(browser_of(contest.room.owner))

    mine = text(browser_of(contest.author).get(f"{contest.room.path}/my-result"))
    theirs = text(browser_of(contest.voter).get(f"{contest.room.path}/my-result"))

    assert "What you won" in mine
    assert "/certificate/" in mine
    assert "What you won" not in theirs


def test_the_console_leads_members_to_the_prizes_and_the_acts_are_listed(contest, browser_of):
    owner = browser_of(contest.room.owner)
    assert "/awards/giving" in text(owner.get(f"{contest.room.path}/console"))
    contest.given(owner)
    award, seen = contest.awards[0].id, last_award(db.session(), contest.room.round)
    owner.post(f"/awards/{award}/withdrawal", data={"seen": seen, "reason": "A slip of the pen"})

    acts = text(owner.get(f"{contest.room.path}/acts"))

    for said in ("Gave awards", "Withdrew an award", "A slip of the pen", "Marked an argument as decisive"):
        assert said in acts


def test_a_redacted_winner_stays_a_winner_without_words(contest, browser_of, client):
    contest.given(browser_of(contest.room.owner))

    moderation.redact_idea(contest.room.owner, contest.winner, "Unlawful")

    page = text(client.get(f"{contest.room.path}/awards"))
    assert "Crates with a deposit" not in page
    assert "€600.00" in page
