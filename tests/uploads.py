"""Files that belong to a challenge, for tests alone: a kind of owner whose facilitators may read, and an address that
takes files and shows the form again after a refusal.
"""

import io

from flask import Flask, render_template_string, request
from sqlalchemy import select

from app.inputs.files import uploaded_file
from app.platform.errors import messages_of, shown_again
from app.platform.stored_files import takes_files
from app.viewers.identity import actor
from ideas import file_store, policy, stored_files
from ideas.actor import Actor
from ideas.database import db, write
from ideas.errors import FileRefused, NoSpace, Refusal
from ideas.models import Challenge, Participant, StoredFile
from ideas.stored_files import FileOwner, FileOwnerKind

KIND = "test-room"
PAGE = """{% from 'components/field.html' import command_fields, form_errors, textarea %}
{% from 'components/stored_file.html' import upload_field %}
{{ form_errors(errors) }}<form method="post" enctype="multipart/form-data">{{ command_fields() }}
{{ textarea('Note', 'note', note) }}{{ upload_field('File', errors.get('file')) }}</form>"""


def may_read(session, actor: Actor, file: StoredFile) -> bool:
    try:
        policy.require_facilitator(session, actor, file.owner_id)
    except Refusal:
        return False
    return True


def require_facilitator(actor: Actor, challenge_id: int) -> None:
    policy.require_facilitator(db.session(), actor, challenge_id)


FILES_OF_ROOMS = FileOwnerKind(
    KIND,
    may_read,
    existing=select(Challenge.id),
    in_challenge=lambda challenge_id: select(Challenge.id).filter_by(id=challenge_id),
    in_organisation=lambda organisation_id: select(Challenge.id).filter_by(organisation_id=organisation_id),
    of_participants=lambda ids: select(Participant.challenge_id).where(Participant.id.in_(ids)),
)


def store(of: int, content: bytes = b"%PDF", name: str = "a.pdf", person_id: int | None = None) -> int:
    """Store a file of a challenge, as a service does. :return: its id"""
    with file_store.arriving(io.BytesIO(content), name) as arrived, write() as transaction:
        return stored_files.keep(transaction, arrived, FileOwner(KIND, of), person_id).id


@takes_files(require_facilitator)
def upload(challenge_id: int):
    require_facilitator(actor(), challenge_id)
    sent = uploaded_file()
    try:
        if sent is None:
            raise FileRefused("file_empty")
        with file_store.arriving(*sent) as arrived, write() as transaction:
            row = stored_files.keep(transaction, arrived, FileOwner(KIND, challenge_id), actor().person_id)
            return f"{row.id} {row.name}", 201
    except (FileRefused, NoSpace) as error:
        page = render_template_string(PAGE, errors=messages_of(error), note=request.form.get("note", ""))
        return shown_again(page, error)


def install(app: Flask) -> None:
    """Give an application that has served nothing yet this kind and this address."""
    stored_files.register_file_owners(FILES_OF_ROOMS)
    app.add_url_rule("/test-rooms/<int:challenge_id>/files", view_func=upload, methods=["POST"], endpoint="test.upload")
