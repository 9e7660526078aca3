"""A contest of 21 days with a moved clock: who gets which mail when, in which language, and none twice.

The round steps by its own clock, the loops run at some hours of each day, and the mails go through a real SMTP server.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

import pytest

from app.mails import delivery, notices
from app.mails.transport import TRANSPORT, SmtpTransport
from ideas import clock
from ideas.database import db, write
from ideas.models import Account, Decision, Stance
from ideas.prizes import PrizePlan, PrizeRules
from ideas.queries.awards import order_of, proposed, version_of
from ideas.queries.outcomes import last_outcome
from ideas.queries.rounds import current_round
from ideas.services import awards, moderation, outcomes
from ideas.services.rounds import advance_due_rounds
from tests import factories
from tests.smtp import MailServer

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
START = datetime(2026, 3, 9, 7, 5, tzinfo=UTC)  # a Monday; on the 29th the clocks change in Berlin
WEEK = 7 * 86_400
# Eight o'clock is among them in both zones, before and after the change.
HOURS = (1, 6, 7, 9, 12, 18)

PLAN = (
    factories.PhasePlan("write", ("write", "debate"), seconds=WEEK, advances=True),
    factories.PhasePlan("debate", ("debate",), seconds=WEEK, advances=True),
    factories.PhasePlan("vote", ("vote",), seconds=WEEK, advances=True),
)


@dataclass(frozen=True)
class Sent:
    """A mail, as the contest tells of it: the day since the start, the hour where the receiver is."""

    day: int
    hour: int
    subject: str


@pytest.fixture
def contest(app, noise, monkeypatch):
    with MailServer() as server:
        smtp = SmtpTransport("127.0.0.1", server.port, None, None, use_tls=False, name="localhost")
        monkeypatch.setitem(app.extensions, TRANSPORT, smtp)
        yield Contest(server, monkeypatch)


class Contest:
    def __init__(self, server, monkeypatch):
        self.server, self.at = server, START
        monkeypatch.setattr(clock, "now", lambda: self.at)
        self.zones = {}
        owner = self.account("owner@example.org", "de", BERLIN)
        company = factories.company(owner)
        prizes = PrizeRules((PrizePlan("A basket of bread"),))
        self.room = factories.room(company, title="Ein Name", phases=PLAN, approval=True, prizes=prizes)
        self.moderator = factories.member(company.id, owner)
        self.live("moderator@example.org", "en", NEW_YORK, self.moderator.account_id)
        self.author = self.person("author@example.org", "de", BERLIN)
        self.critic = self.person("critic@example.org", "en", NEW_YORK)

    def account(self, email, language, zone):
        actor = factories.account(email)
        self.live(email, language, zone, actor.account_id)
        return actor

    def live(self, email, language, zone, account_id):
        self.zones[email] = zone
        with write() as transaction:
            account = transaction.session.get_one(Account, account_id)
            account.email, account.language, account.time_zone = email, language, zone.key
            account.confirmed_at, account.seal_mails = self.at, False

    def person(self, email, language, zone):
        return factories.participant(self.room, actor=self.account(email, language, zone))

    def go_on(self, days, hour=0):
        """Let the loops run until so many days after midnight of the first one."""
        end = START.replace(hour=hour, minute=0) + timedelta(days=days)
        while self.at < end:
            tomorrow = self.at.replace(hour=0, minute=0, second=0) + timedelta(days=1)
            later = [self.at.replace(hour=each, minute=0, second=0) for each in HOURS]
            later += [tomorrow.replace(hour=each) for each in HOURS]
            self.at = min(each for each in [*later, end] if each > self.at)
            advance_due_rounds()
            notices.LOOP.tell()
            delivery.deliver_due()

    def to(self, email):
        return [mail for mail in self.server.deliveries if mail.receivers == [email]]

    def sent(self, email):
        moments = [(parsedate_to_datetime(mail.message["Date"]), mail) for mail in self.to(email)]
        zone = self.zones[email]
        return [Sent((at - START).days, at.astimezone(zone).hour, mail.message["Subject"]) for at, mail in moments]


def give(room):
    db.session.rollback()
    round = current_round(db.session(), room.id)
    proposals = proposed(db.session(), round, order_of(db.session(), round))
    awards.give_awards(room.owner, round.id, seen=version_of(db.session(), round, proposals))


def test_three_weeks_of_mails(contest, browser_of, app):
    room, author, critic = contest.room, contest.author, contest.critic
    # The first day: a guest leaves an address in German and confirms it; an idea waits for approval.
    guest = factories.participant(room)
    contest.zones["guest@example.org"] = BERLIN
    phone = browser_of(guest)
    fields = {"email": "guest@example.org", "time_zone": BERLIN.key}
    phone.post("/news/address", data=fields, headers={"Accept-Language": "de"})
    delivery.deliver_due()
    [question] = contest.to("guest@example.org")
    assert question.message["Subject"] == "Ist das deine Adresse?"
    phone.post(question.path)
    idea = factories.idea(room, author, "Krustenglück")
    own = factories.idea(room, guest, "Morgenrot")

    contest.go_on(1, 10)
    waits = Sent(0, 10, "Etwas wartet auf dich: Ein Name")
    digest = Sent(0, 8, "Etwas wartet auf dich: Ein Name")
    assert contest.sent("owner@example.org")[:1] == [waits], "a queue that waited for more than an hour"
    assert contest.sent("owner@example.org")[1:] == [Sent(0, 8, digest.subject)], "and the digest at eight"
    assert [each.hour for each in contest.sent("moderator@example.org")] == [5, 8], "at once, and then the digest"
    assert not contest.sent("author@example.org")

    # The second and the third day: the ideas are approved; there is an argument and a question.
    for each in (idea, own):
        moderation.approve_idea(room.owner, each)
    contest.go_on(2, 10)
    assert contest.sent("author@example.org") == [Sent(1, 8, "Neues: Ein Name")]
    assert "„\u2068Krustenglück\u2069“" in contest.to("author@example.org")[0].text
    factories.argument(idea, critic, "It sounds warm")
    factories.argument(own, author, "Wie lange hält es?", Stance.QUESTION)
    contest.go_on(4)
    assert "geschrieben" in contest.to("author@example.org")[1].text
    assert "Rückfrage" in contest.to("guest@example.org")[2].text

    # Days without news have no mail.
    before = len(contest.server.deliveries)
    contest.go_on(5, 20)
    assert len(contest.server.deliveries) == before

    # The last day of a phase is told at once, the next phase in the digest.
    contest.go_on(8, 13)
    assert [each.subject for each in contest.sent("critic@example.org")] == [
        "The last day: Ein Name",
        "News: Ein Name",
    ]
    assert contest.sent("critic@example.org")[1].hour == 8
    last_day = contest.to("guest@example.org")[-2]
    assert last_day.message["Subject"] == "Der letzte Tag: Ein Name"
    assert "Montag, 16 März, 08:05 (CET)" in last_day.text.replace("16. März", "16 März")

    # The critic ends the mails with one click of the mail program, which knows no cookie.
    link = contest.to("critic@example.org")[-1].message["List-Unsubscribe"].strip("<>")
    program = app.test_client()
    program.numbers = False
    path = "/mails/off/" + link.rpartition("/")[2]
    assert program.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200

    # The guest comes back from the digest on another device.
    home = app.test_client()
    way = contest.to("guest@example.org")[-1].path
    assert home.get(way).status_code == 200
    answer = home.post(way.partition("?")[0], data={"next": room.path})
    assert answer.headers["Location"] == room.path
    assert "Morgenrot" in home.get(room.path).get_data(as_text=True)

    # The vote; then the clock closes the round. Before the close no mail holds a count.
    contest.go_on(15)
    factories.mark(room, critic, {idea: 1, own: 1})
    factories.mark(room, guest, {idea: 1})
    contest.go_on(21, 6)
    for mail in contest.server.deliveries:
        assert "Ergebnis" not in mail.message["Subject"]
        assert "The result" not in mail.text

    # The result, the answer and the prize: the prize at once, the others at eight.
    contest.go_on(21, 20)
    give(room)
    seen = last_outcome(db.session(), room.round_id)
    outcomes.set_outcomes(room.owner, room.round_id, [factories.entry_id(own)], Decision.NOT_NOW, "Später", seen=seen)
    contest.go_on(22, 20)
    assert contest.sent("author@example.org")[-2].subject == "Ein Preis für dich: Ein Name"
    end = contest.to("guest@example.org")[-1]
    assert "Das Ergebnis ist da." in end.text
    assert "Später" in end.text
    assert contest.sent("guest@example.org")[-1].hour == 8

    everything = contest.server.deliveries
    assert [mail for mail in contest.to("critic@example.org") if "Result" in mail.text] == []
    assert len(contest.to("critic@example.org")) == 2, "none after the click"
    assert len({mail.id for mail in everything}) == len(everything)
    texts = Counter(
        (mail.receivers[0], mail.message["Subject"], mail.text, mail.message["Date"][:16]) for mail in everything
    )
    assert max(texts.values()) == 1, "none twice"
    for email, zone in contest.zones.items():
        days = Counter(
            parsedate_to_datetime(mail.message["Date"]).astimezone(zone).date()
            for mail in contest.to(email)
            if mail.message["Subject"].startswith(("Neues", "News"))
        )
        assert not days or max(days.values()) == 1
    for email in ("author@example.org", "guest@example.org", "owner@example.org"):
        assert {mail.message["Content-Language"] for mail in contest.to(email)} == {"de"}
    for email in ("critic@example.org", "moderator@example.org"):
        assert {mail.message["Content-Language"] for mail in contest.to(email)} == {"en"}
