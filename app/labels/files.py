"""Why an upload is not stored, in words."""

from flask_babel import format_number
from flask_babel import lazy_gettext as _l

from ideas.file_store import MEGABYTE, file_rules
from ideas.stored_files import FILES_OF_OWNER_MAX

FILES_REFUSED = {
    "file_type": _l("Files of this kind are not taken here. Save it as one of these, or as a ZIP: %(types)s."),
    "file_empty": _l("There is nothing in this file. Please check it, and choose it again."),
    "too_large": _l("This file is larger than %(file)s MB. Please make it smaller, or divide it."),
    "sent_too_large": _l(
        "This file is larger than %(file)s MB, so it was not read. Go back: what you typed still stands there. Then "
        "choose a smaller file."
    ),
    "quota": _l("All files together may have %(all)s MB here. Remove one first, or make this one smaller."),
    "too_many_files": _l("There can be at most %(most)s files here. Remove one first, or put several into a ZIP."),
    "no_files_wanted": _l("This job takes no files."),
    "other_kind_wanted": _l("This job takes other kinds of files. Its terms name them."),
    "enough_files": _l("This job takes no further file. Remove one first."),
    "infected": _l("The virus scanner of this server refuses this file. Please check your device."),
    "not_scanned": _l(
        "The virus scanner of this server gave no answer, so nothing was stored. Please try again later."
    ),
}


def file_refused(reason: str) -> str:
    """The sentence for a person whose file is not stored."""
    rules = file_rules()
    return str(FILES_REFUSED[reason]) % {
        "file": format_number(rules.file_bytes_max // MEGABYTE),
        "all": format_number(rules.owner_bytes_max // MEGABYTE),
        "most": format_number(FILES_OF_OWNER_MAX),
        "types": ", ".join(sorted(rules.types)),
    }
