"""The seal of a journal: a browser that kept an earlier one learns whether the history before it still stands."""

from ideas import clock
from ideas.database import db
from ideas.models import Account, Challenge, JournalEntry, Mail, MailKind
from ideas.services.mails import claim_mail
from tests import factories


def test_people_inside_get_the_head_and_the_link_of_an_earlier_number(app, noise, browser_of):
    room = factories.room()
    voter = browser_of(factories.participant(room))

    first = voter.get(f"/challenges/{room.id}/seal").json
    factories.idea(room, factories.participant(room))
    later = voter.get(f"/challenges/{room.id}/seal?since={first['seq']}").json

    challenge = db.session.get_one(Challenge, room.id)
    assert first["then"] is None
    assert (later["seq"], later["h"]) == (challenge.seq, challenge.head.hex())
    assert later["seq"] > first["seq"]
    assert later["then"] == first["h"]
    for beyond in (later["seq"] + 1, -1, 10**30, "x"):
        assert voter.get(f"/challenges/{room.id}/seal?since={beyond}").json["then"] is None


def test_a_rewritten_history_answers_another_link(app, browser_of):
    room = factories.room()
    voter = browser_of(factories.participant(room))
    kept = voter.get(f"/challenges/{room.id}/seal").json
    row = db.session.get_one(JournalEntry, (room.chain_id, kept["seq"]))
    row.h = bytes(32)
    db.session.commit()

    assert voter.get(f"/challenges/{room.id}/seal?since={kept['seq']}").json["then"] != kept["h"]


def test_the_room_and_the_result_ask_for_the_seal(app, browser_of):
    room = factories.room()
    voter = browser_of(factories.participant(room))

    assert f'data-url="/challenges/{room.id}/seal"' in voter.get(room.path).get_data(as_text=True)
    factories.close(room)
    assert f'data-url="/challenges/{room.id}/seal"' in voter.get(f"{room.path}/result").get_data(as_text=True)


def confirm(*actors):
    """Only confirmed addresses get mails about a challenge."""
    for actor in actors:
        db.session.get_one(Account, actor.account_id).confirmed_at = clock.now()
    db.session.commit()


def test_members_are_mailed_the_head_at_the_start_and_at_the_close(app, noise, outbox):
    company = factories.company()
    room = factories.lobby(company)
    colleague, other = (factories.member(company.id, company.owner) for _ in range(2))
    confirm(company.owner, colleague)
    before = len(outbox)

    factories.start(room)
    started = db.session.get_one(Challenge, room.id).head.hex()
    factories.close(room)
    closed = db.session.scalars(db.select(JournalEntry.h).filter_by(chain_id=room.chain_id, kind="result")).one().hex()

    mails = list(outbox)[before:]
    people = {db.session.get_one(Account, who.account_id).email for who in (room.owner, colleague)}
    assert len(mails) == 4
    assert db.session.get_one(Account, other.account_id).confirmed_at is None
    for heads, group in ((started, mails[:2]), (closed, mails[2:])):
        assert {mail["To"] for mail in group} == people
        assert all(heads in mail.get_body(("plain",)).get_content().replace("\n", "") for mail in group)
    assert all("A name for the new bread line" in mail["Subject"] for mail in mails)


def test_a_member_can_switch_the_mails_of_seals_off(app, client, outbox):
    company = factories.company()
    confirm(company.owner)
    factories.sign_in(client, company.owner)
    assert 'aria-describedby="field-seal_mails-help" checked' in client.get("/account").text
    client.post("/account/mails", data={})

    factories.room(company)

    assert [mail["Subject"] for mail in outbox if "Seal" in mail["Subject"]] == []
    assert 'aria-describedby="field-seal_mails-help" checked' not in client.get("/account").text
    client.post("/account/mails", data={"seal_mails": "1"})
    factories.room(company)
    assert len([mail for mail in outbox if "Seal" in mail["Subject"]]) == 1


def test_a_seal_of_a_deleted_challenge_is_not_sent(app):
    company = factories.company()
    confirm(company.owner)
    room = factories.room(company)
    mail = db.session.scalars(db.select(Mail).filter_by(kind=MailKind.SEAL)).one()
    mail.ids = mail.ids | {"challenge": 99}
    db.session.commit()

    assert claim_mail() is None
    assert db.session.scalars(db.select(Mail).filter_by(kind=MailKind.SEAL)).all() == []
    assert room.id != 99
