"""HTML as plain text, for texts that other programs export."""

import re
from html import unescape
from html.parser import HTMLParser

_MARKUP = re.compile(
    r"</?(?:p|br|div|span|ul|ol|li|b|i|u|em|strong|a|h[1-6]|blockquote|img|table|td|tr)\b[^<>]*/?>", re.I
)
_ENTITY = re.compile(r"&(?:amp|lt|gt|quot|nbsp|apos|[aouAOU]uml|szlig|#\d{2,6}|#x[0-9a-fA-F]{2,5});")

_BLOCKS = {"p", "div", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "table", "tr"}
_UNREAD = {"script", "style"}


def plain_text(text: str) -> str:
    """The text without markup, if it contains some; a text with a mere `<` stays as it is."""
    if _MARKUP.search(text):
        reader = _Reader()
        reader.feed(text)
        reader.close()
        return reader.text()
    return unescape(text) if _ENTITY.search(text) else text


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._parts: list[str] = []
        self._unread = 0

    def text(self) -> str:
        lines = [" ".join(line.split()) for line in "".join(self._parts).split("\n")]
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()

    def handle_starttag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNREAD:
            self._unread += 1
        elif tag == "br":
            self._parts.append("\n")
        elif tag == "li":
            self._parts.append("\n- ")
        elif tag == "td":
            self._parts.append(" ")
        elif tag in _BLOCKS:
            self._parts.append("\n" if tag in ("ul", "ol", "tr") else "\n\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNREAD:
            self._unread = max(0, self._unread - 1)
        elif tag in _BLOCKS:
            self._parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unread:
            self._parts.append(" ".join(re.split(r"\s+", data)) if data.strip() else " ")
