"""The versions of an idea: what changed between the present one and an earlier one."""

import unicodedata
from dataclasses import dataclass, field
from functools import partial

from app.pages.rooms import Room
from app.platform.hyphens import syllables
from ideas import policy
from ideas.database import db
from ideas.entries import entry_of
from ideas.errors import NotFound
from ideas.models import Idea
from ideas.queries.ideas import IdeaRow, idea_rows
from ideas.queries.versions import VersionRow, marked_at, versions_of
from ideas.text_changes import TextChange, changes_between

# So many earlier versions have a link to the comparison with them.
VERSIONS_LISTED = 20


@dataclass(frozen=True)
class VersionComparison:
    """The changes since an earlier version. `title` and `text` are empty if the viewer may not read that version."""

    before: VersionRow
    is_readable: bool
    title: list[TextChange] = field(default_factory=list)
    text: list[TextChange] = field(default_factory=list)
    picture: str = ""  # added, removed, changed, or "" if it stayed

    @property
    def direction(self) -> str:
        """The direction of the words: that of their first letter. Around them stand words of the interface."""
        for letter in "".join(change.text for change in (*self.title, *self.text)):
            kind = unicodedata.bidirectional(letter)
            if kind in ("L", "R", "AL"):
                return "ltr" if kind == "L" else "rtl"
        return "ltr"


@dataclass(frozen=True)
class VersionsPage:
    """`marked` is the number of the version that the viewer marked, None without a mark. `shows_times` is False where a
    time would tell who wrote the idea.
    """

    idea: IdeaRow
    versions: list[VersionRow]
    comparison: VersionComparison | None
    marked: int | None
    shows_times: bool
    is_private: bool  # the viewer is the author, or moderates: they read what the room does not

    @property
    def earlier(self) -> list[VersionRow]:
        """The versions with which the present one may be compared, the latest first."""
        return self.versions[-2::-1][:VERSIONS_LISTED]


def versions_page_of(room: Room, idea: Idea, since: int | None) -> VersionsPage:
    """`since`: the number of an earlier version; without it the one that the viewer marked, or the one before.

    :raise NotFound: if the viewer may not see the idea.
    """
    session, viewer = db.session(), room.participant
    entry = entry_of(session, room.round, idea)
    if not policy.sees_entry(room.access, entry, idea):
        raise NotFound
    is_own = viewer is not None and idea.author_id == viewer.id
    [row] = idea_rows(session, room.round, ids=[idea.id], author_id=idea.author_id if is_own else None)
    versions = versions_of(session, entry)
    at = marked_at(session, room.round, viewer, entry.id) if viewer is not None else None
    marked = sum(version.written_at <= at for version in versions) or None if at else None
    earlier = {version.number: version for version in versions[:-1]}
    before = earlier.get(since or marked or 0) or (versions[-2] if earlier else None)
    is_private = is_own or room.facilitates
    comparison = _comparison(before, versions[-1], row.language, is_private=is_private) if before else None
    named = policy.sees_authors(room.challenge.anonymity, room.is_closed)
    return VersionsPage(row, versions, comparison, marked, named, is_private)


def _comparison(before: VersionRow, now: VersionRow, language: str, *, is_private: bool) -> VersionComparison:
    if not (before.is_open or (is_private and (before.title or before.text))):
        return VersionComparison(before, is_readable=False)
    parts = partial(syllables, language=language)
    title, text = (
        changes_between(old, new, parts) for old, new in ((before.title, now.title), (before.text, now.text))
    )
    return VersionComparison(before, True, title, text, _picture(before.image_id, now.image_id))


def _picture(old: int | None, new: int | None) -> str:
    if old == new:
        return ""
    return "changed" if old and new else "added" if new else "removed"
