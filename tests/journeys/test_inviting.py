"""An owner invites a viewer by mail, through a real mail server; the viewer signs up and reads a result."""

import re

from playwright.sync_api import expect

from ideas.database import db
from tests import factories
from tests.journeys.conftest import LAPTOP, PHONE
from tests.servers import Server, storage_of
from tests.smtp import MailServer

EMAIL = "reads-only@example.org"


def test_an_owner_invites_a_viewer_by_mail_who_sees_the_result_and_no_buttons(visit, tmp_path, empty_database):
    with MailServer() as mails:
        server = Server(tmp_path, MAIL_SERVER="127.0.0.1", MAIL_PORT=str(mails.port)).lay(empty_database)
        server.environment["PUBLIC_URL"] = server.url
        with server.app.app_context():
            room = factories.room(title="Which bread next?")
            idea = factories.idea(room, factories.participant(room), "Sunflower")
            factories.mark(room, factories.participant(room), {idea: 1})
            factories.close(room)
            path, signed_in = room.path, storage_of(server.app, room.owner.person_id)
            db.session.remove()
        server.detach()
        server.start()
        try:
            owner = visit(base_url=server.url, storage_state=signed_in, **LAPTOP)
            owner.goto(f"/organisations/{room.organisation_id}")
            owner.get_by_role("link", name="Invite by address").click()
            owner.get_by_label("Addresses").fill(f"Reader <{EMAIL}>, nobody")
            owner.get_by_role("button", name="Check").click()
            expect(owner.get_by_text("1 person will get an invitation.")).to_be_visible()
            owner.get_by_role("button", name="Invite 1 person").click()
            expect(owner.get_by_label("Addresses")).to_have_value("nobody")

            [mail] = mails.wait_for(1)
            viewer = visit(base_url=server.url, **PHONE)
            viewer.goto(mail.path)
            viewer.get_by_role("link", name="Create an account").tap()
            viewer.get_by_label("E-mail").fill(EMAIL)
            viewer.get_by_label("Password").fill("a long enough one")
            viewer.get_by_role("button", name="Create an account").tap()
            expect(viewer).to_have_url(re.compile(rf"/organisations/{room.organisation_id}$"))
            expect(viewer.get_by_role("link", name="Post a challenge")).to_have_count(0)
            viewer.get_by_role("link", name="Which bread next?").tap()
            expect(viewer).to_have_url(f"{server.url}{path}/result")
            expect(viewer.locator("main")).to_contain_text("Sunflower")
            expect(viewer.get_by_role("link", name="Moderation")).to_have_count(0)
            expect(viewer.get_by_role("button", name="Duplicate")).to_have_count(0)
            assert viewer.goto(f"{path}/console").status == 404  # a room by link is hidden from people outside

            owner.reload()
            expect(owner.get_by_text("accepted", exact=True)).to_be_visible()
        finally:
            server.stop()
        assert "Traceback" not in server.log()
