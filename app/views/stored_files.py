"""Uploaded files, to download. What they belong to says who may (`ideas.stored_files.FileOwnerKind`)."""

from flask import Blueprint
from werkzeug.wrappers import Response

from app.platform.stored_files import file_answer, preview_answer
from app.viewers.identity import actor
from app.viewers.permissions import For, permitted
from ideas.database import db
from ideas.stored_files import readable_file, readable_preview

blueprint = Blueprint("stored_files", __name__)


@blueprint.get("/files/<int:file_id>")
@permitted(For.PERSON)
def download(file_id: int) -> Response:
    return file_answer(readable_file(db.session(), actor(), file_id))


@blueprint.get("/files/<int:file_id>/preview")
@permitted(For.PERSON)
def preview(file_id: int) -> Response:
    """The smaller picture of a file, which pages show."""
    return preview_answer(readable_preview(db.session(), actor(), file_id))
