"""Parse the platform's own pages as a browser does: the token, the fields of the forms, the cards."""

import re
from html.parser import HTMLParser

_HANDLE = re.compile(r"idea-(\d+)")


class Page(HTMLParser):
    """A page: the `token` of its posts, the `fields` of its forms, the `entries` of its cards (`{idea: entry}`), its
    `links`, and the `bits` of the puzzle that its form needs, 0 for none.
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.token = ""
        self.fields: dict[str, str] = {}
        self.entries: dict[int, int] = {}
        self.links: list[str] = []
        self.bits = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "meta" and found.get("name") == "csrf":
            self.token = found.get("content", "")
        if tag == "input" and "name" in found:
            self.fields.setdefault(found["name"], found.get("value", ""))
        if tag == "work-puzzle":
            self.bits = int(found["data-bits"])
        self.links += [found[name] for name in ("href", "action") if name in found]
        handle = _HANDLE.fullmatch(found.get("id", ""))
        if handle and found.get("data-entry", "").isdecimal():
            self.entries[int(handle.group(1))] = int(found["data-entry"])

    def link(self, pattern: str) -> str:
        """The first group of `pattern` in the first link that matches it.

        :raise LookupError: if no link matches.
        """
        for link in self.links:
            if match := re.search(pattern, link):
                return match.group(1)
        raise LookupError(f"no link on the page matches {pattern}")
