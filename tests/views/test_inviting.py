"""Invitations by list: members, moderators of one challenge, participants; their mails, their links, the way out."""

import io
import re
from datetime import timedelta

import pytest

from app.inputs.invitations import PEOPLE_MAX, people_in
from app.mails.messages import message_of
from app.platform import limits
from app.platform.invitation_links import address_digest
from app.views.inviting import SENDER_LIMIT
from ideas import clock, invitations
from ideas.database import db, write
from ideas.models import Account, Facilitation, Mail, MailState, Member, OptOut, Participant, PersonalInvitation, Role
from ideas.services import facilitations, mails, participants
from tests import factories
from tests.views.test_statements import Statements


@pytest.fixture
def room(app, noise):
    app.config["MAIL_SERVER"] = "mail.example.org"
    yield factories.room(title="Ein Name für unser Brot", language="de")
    app.config["MAIL_SERVER"] = ""


@pytest.fixture
def owner(room, browser_of):
    return browser_of(room.owner)


def text(response, status=200):
    assert response.status_code == status
    return response.get_data(as_text=True)


def send(browser, place, addresses, **fields):
    return browser.post(place, data={"addresses": addresses, "send": "1", "role": "viewer", **fields})


def links(browser, place):
    return re.findall(r'value="http://localhost(/(?:invited|invitations)/[^"]+)"', text(browser.get(place)))


def states():
    db.session.rollback()
    return db.session.scalars(db.select(PersonalInvitation).order_by(PersonalInvitation.id)).all()


class TestList:
    def test_names_commas_duplicates_and_broken_ones(self, app):
        found = people_in(
            'One@Example.org\nName, Two <two@example.org>\n"Three, Name" <three@example.org>; four@example.org,'
            "one@example.org\r\nnobody\n<>\n\tfive@example.org\n\n"
        )

        assert [person.line for person in found.people] == [
            "one@example.org",
            "Two <two@example.org>",
            "Three, Name <three@example.org>",
            "four@example.org",
            "five@example.org",
        ]
        assert [(each.line, each.reason) for each in found.refused] == [
            ("Name", "broken"),
            ("one@example.org", "twice"),
            ("nobody", "broken"),
            ("<>", "broken"),
        ]

    def test_a_long_list_keeps_the_rest(self, app):
        found = people_in("\n".join(f"person{n}@example.org" for n in range(PEOPLE_MAX + 2)))

        assert len(found.people) == PEOPLE_MAX
        assert [each.reason for each in found.refused] == ["too_many"] * 2

    @pytest.mark.parametrize(
        "line", ["a@example.org\nBcc: b@example.org", "a@example.org%0aTo:x", "x" * 5000, '"' * 99]
    )
    def test_nothing_hostile_becomes_an_address(self, app, line):
        assert {person.email for person in people_in(line).people} <= {"a@example.org", "b@example.org"}


class TestMembers:
    def test_a_list_is_checked_then_sent_and_each_link_can_be_copied(self, room, owner):
        place = f"/organisations/{room.organisation_id}/invited"

        checked = text(owner.post(place, data={"addresses": "a@example.org, nobody", "role": "viewer"}))
        sent = text(send(owner, place, "a@example.org\nnobody"))

        assert "1 person will get an invitation." in checked
        assert "This is no e-mail address." in checked
        assert "a@example.org, nobody</textarea>" in checked
        assert "1 invitation is made." in sent
        assert "nobody</textarea>" in sent
        assert len(links(owner, place)) == 1
        assert [(row.email, row.role) for row in states()] == [("a@example.org", Role.VIEWER)]

    def test_a_file_is_read_and_a_wrong_one_is_told(self, room, owner):
        place = f"/organisations/{room.organisation_id}/invited"
        file = (io.BytesIO("\ufeffMüller <m@example.org>\r\n".encode()), "list.csv")

        send(owner, place, "", file=file)
        wrong = owner.post(place, data={"addresses": "", "role": "viewer", "file": (io.BytesIO(b"\0PNG"), "x.png")})

        assert [row.name for row in states()] == ["Müller"]
        assert "This is no list of addresses" in text(wrong, 400)

    def test_the_link_makes_a_viewer_and_is_spent(self, room, owner, browser_of):
        place = f"/organisations/{room.organisation_id}/invited"
        send(owner, place, "a@example.org")
        [link] = links(owner, place)
        somebody = factories.account()

        assert browser_of(somebody).post(link).status_code == 302

        assert db.session.scalar(db.select(Member.role).filter_by(account_id=somebody.account_id)) == Role.VIEWER
        assert browser_of(factories.account()).get(link).status_code == 404
        assert "accepted" in text(owner.get(place))
        assert links(owner, place) == []

    def test_a_withdrawn_link_opens_nothing(self, room, owner, client):
        place = f"/organisations/{room.organisation_id}/invited"
        send(owner, place, "a@example.org")
        [link] = links(owner, place)
        assert client.get(link).status_code == 200

        owner.post(f"/personal-invitations/{states()[0].id}/withdrawal")

        assert client.get(link).status_code == 404
        assert mails.claim_mail() is None

    def test_nobody_is_invited_twice_and_who_wants_none_is_left_out(self, room, owner, client):
        place = f"/organisations/{room.organisation_id}/invited"
        send(owner, place, "a@example.org")
        with write() as transaction:
            transaction.session.add(OptOut(digest=address_digest("b@example.org"), created_at=clock.now()))

        own = db.session.get_one(Account, room.owner.account_id).email

        again = text(send(owner, place, f"A@example.org\nb@example.org\nc@example.org\n{own}"))

        assert "Invited already" in again
        assert "This person wants no invitations." in again
        assert "This person is a member already." in again
        assert [row.email for row in states()] == ["a@example.org", "c@example.org"]

    def test_sender_and_address_have_limits(self, app, room, owner):
        place = f"/organisations/{room.organisation_id}/invited"
        for _ in range(3):
            send(owner, place, "a@example.org")
            owner.post(f"/personal-invitations/{states()[-1].id}/withdrawal")
        assert "This address got three mails today" in text(send(owner, place, "a@example.org"))
        for _ in range(400):
            limits.note(SENDER_LIMIT, "invitations", str(room.owner.account_id))

        said = text(send(owner, place, "b@example.org"))

        assert "as many invitations as a day permits" in said
        assert "b@example.org</textarea>" in said
        assert states() == []

    def test_without_a_mail_server_there_are_links_only(self, app, room, owner):
        app.config["MAIL_SERVER"] = ""
        place = f"/organisations/{room.organisation_id}/invited"

        send(owner, place, "a@example.org")

        assert "link only" in text(owner.get(place))
        assert len(links(owner, place)) == 1
        assert mails.claim_mail() is None

    def test_only_owners_invite_members_and_only_members_see_addresses(self, room, browser_of):
        moderator = browser_of(factories.member(room.organisation_id, room.owner))
        guide = factories.participant(room)
        with write() as transaction:
            given = Facilitation(challenge_id=room.id, person_id=guide.actor.person_id, since=clock.now(), name="")
            transaction.session.add(given)

        assert send(moderator, f"/organisations/{room.organisation_id}/invited", "a@example.org").status_code == 403
        assert moderator.get(f"{room.path}/people").status_code == 200
        assert browser_of(guide.actor).get(f"{room.path}/people").status_code == 302
        assert states() == []


class TestMails:
    def test_a_mail_is_in_the_language_of_the_challenge_and_has_a_way_out(self, app, room, owner, client):
        app.config["WTF_CSRF_ENABLED"] = False
        send(owner, f"{room.path}/people", "Gast <a@example.org>")

        mail, own_link = mails.claim_mail(), links(owner, f"{room.path}/people")[0]
        app.config["PUBLIC_URL"] = "https://ideas.example.org"
        message = message_of(mail)
        app.config["PUBLIC_URL"] = ""

        body = message.get_body(("plain",)).get_content()
        assert message["Subject"] == "Du bist eingeladen: „Ein Name für unser Brot“"
        assert f"https://ideas.example.org{own_link}" in body
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        way_out = re.search(r"/no-invitations/[^>]+", message["List-Unsubscribe"])[0]
        assert way_out in body
        app.config["WTF_CSRF_ENABLED"] = True
        client.numbers = False
        assert client.post(way_out, data={"List-Unsubscribe": "One-Click"}).status_code == 200
        assert [row.digest for row in db.session.scalars(db.select(OptOut))] == [address_digest("a@example.org")]

    def test_a_mail_that_waits_is_not_sent_to_somebody_who_wants_none(self, room, owner):
        send(owner, f"{room.path}/people", "a@example.org")
        with write() as transaction:
            transaction.session.add(OptOut(digest=address_digest("a@example.org"), created_at=clock.now()))

        assert mails.claim_mail() is None

    @pytest.mark.parametrize("kind", ["people", "moderators"])
    def test_the_state_of_each_mail_is_shown(self, room, owner, kind):
        place = f"{room.path}/{kind}"
        send(owner, place, "a@example.org\nb@example.org\nc@example.org")
        first, second = mails.claim_mail(), mails.claim_mail()
        mails.keep_refused(first, "SMTPRecipientsRefused 550")
        mails.keep_sent(second)

        page = text(owner.get(place))

        words = re.findall(r">(refused by the mail server|sent|waits)<", re.sub(r"<svg.*?</svg>", "", page))
        assert sorted(words) == ["refused by the mail server", "sent", "waits"]
        assert "SMTPRecipientsRefused 550" in page
        assert page.index("a@example.org") < page.index("c@example.org")


class TestParticipants:
    def test_the_link_opens_the_room_without_a_code_and_leads_back_on_another_device(self, app, room, owner):
        send(owner, f"{room.path}/people", "Igel <a@example.org>")
        [link] = links(owner, f"{room.path}/people")
        first, second = app.test_client(), app.test_client()
        assert 'value="Igel"' in text(first.get(link))

        joined = first.post(link, data={"name": "Igel"})

        assert joined.location == room.path
        assert text(first.get(room.path))
        assert first.get(link).location == room.path
        way_back = second.get(link).location
        assert "/return/" in way_back
        assert second.post(way_back).status_code == 303
        assert text(second.get(room.path))
        people = db.session.scalars(db.select(Participant).filter_by(challenge_id=room.id)).all()
        assert [person.name for person in people] == ["Igel"]
        assert "accepted" in text(owner.get(f"{room.path}/people"))

    def test_a_name_that_is_taken_and_a_closed_room_are_told(self, app, room, owner):
        factories.participant(room, "Igel")
        send(owner, f"{room.path}/people", "a@example.org")
        [link] = links(owner, f"{room.path}/people")
        guest = app.test_client()

        taken = guest.post(link, data={"name": "Igel"})
        factories.close(room)

        assert taken.status_code == 409
        assert 'value="Igel"' in text(taken, 409)
        assert guest.post(link, data={"name": "Fuchs"}).status_code == 409
        assert guest.get(link).status_code == 409

    def test_the_link_of_an_account_holder_signs_nobody_in(self, app, room, owner, browser_of):
        send(owner, f"{room.path}/people", "a@example.org")
        [link] = links(owner, f"{room.path}/people")
        holder = factories.account()
        browser_of(holder).post(link, data={"name": "Igel"})

        assert app.test_client().get(link).location.startswith("/sign-in?next=")

    def test_a_link_does_not_let_a_removed_person_in(self, room, owner, browser_of):
        barred = factories.participant(room)
        participants.bar_participant(room.owner, room.id, barred.id, "")
        send(owner, f"{room.path}/people", "a@example.org")
        [link] = links(owner, f"{room.path}/people")

        assert browser_of(barred.actor).post(link, data={"name": "Again"}).status_code == 403


class TestModerators:
    def test_a_guest_moderates_one_challenge_by_a_link_until_it_is_taken_back(self, app, room, owner):
        other = factories.room(factories.Company(room.organisation_id, room.owner))
        place = f"{room.path}/moderators"
        owner.post(place, data={"link": "1"})
        [link] = links(owner, place)
        guest = app.test_client()
        assert guest.post(link, data={"name": ""}).status_code == 400

        accepted = guest.post(link, data={"name": "Frau Weiß"})

        assert accepted.location == f"{room.path}/console"
        assert text(guest.get(f"{room.path}/console"))
        assert guest.get(f"{other.path}/console").status_code != 200
        assert app.test_client().post(link, data={"name": "Second"}).location == f"{room.path}/console"
        [given] = db.session.scalars(db.select(Facilitation)).all()
        assert "Frau Weiß" in text(owner.get(place))
        guest.post(f"/rounds/{room.round_id}/notice", data={"notice": "Coffee"})

        owner.post(f"/challenges/{room.id}/moderators/{given.person_id}/removal")

        assert guest.get(f"{room.path}/console").status_code != 200
        acts = text(owner.get(f"{room.path}/acts"))
        assert "Invited somebody to moderate" in acts
        assert "Took the moderation back from somebody" in acts

    def test_a_member_who_opens_the_link_leaves_it_for_somebody_else(self, app, room, owner):
        place = f"{room.path}/moderators"
        owner.post(place, data={"link": "1"})
        [link] = links(owner, place)

        assert owner.post(link, data={"name": "Owner"}).location == f"{room.path}/console"

        assert app.test_client().get(link).status_code == 200


def test_old_invitations_are_erased(room, owner, monkeypatch):
    send(owner, f"{room.path}/people", "a@example.org")
    send(owner, f"/organisations/{room.organisation_id}/invited", "b@example.org")
    invitations.prune_personal_invitations()
    assert len(states()) == 2
    factories.close(room)
    now = clock.now
    monkeypatch.setattr(clock, "now", lambda: now() + timedelta(days=15))

    invitations.prune_personal_invitations()
    assert [row.email for row in states()] == ["b@example.org"]
    monkeypatch.setattr(clock, "now", lambda: now() + timedelta(days=31))
    invitations.prune_personal_invitations()

    assert states() == []
    assert db.session.query(Mail).count() == 2
    assert {mail.state for mail in db.session.query(Mail)} == {MailState.WAITING}
    assert db.session.query(Account).count() > 0


@pytest.mark.parametrize("kind", ["people", "moderators"])
def test_the_page_costs_as_many_statements_for_many_invitations(room, owner, kind):
    counts = []
    for batch in range(2):
        send(owner, f"{room.path}/{kind}", "\n".join(f"p{batch}-{n}@example.org" for n in range(1 + 20 * batch)))
        with Statements() as statements:
            text(owner.get(f"{room.path}/{kind}"))
        counts.append(len(statements.all))

    assert counts[0] == counts[1] <= 15


def test_the_share_page_leads_members_to_the_list_of_addresses(room, owner, browser_of):
    helper = factories.participant(room)
    facilitations.share_facilitation(room.owner, room.id, helper.id)

    assert f'href="{room.path}/people"' in text(owner.get(f"{room.path}/share"))
    assert f'href="{room.path}/people"' not in text(browser_of(helper).get(f"{room.path}/share"))
