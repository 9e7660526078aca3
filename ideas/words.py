"""The words of a text, counted the same way on the server and on its pages.

The rule follows the word boundaries of Unicode (UAX #29) without a dictionary: a word is a run of letters, marks,
digits and connectors; an apostrophe, a point or a colon between two letters, and a point, a comma or an apostrophe
between two digits, stand inside it. A hyphen parts words. Signs that only shape a text, and the addresses of links, are
no words. Scripts without spaces count each character of Chinese, Japanese Kana or Thai, as translators do.
"""

import re

from ideas.prose import plain

# Scripts without spaces between words: Thai to Lao, Myanmar, Khmer, Kana, and Chinese.
SINGLE = "\u0e01-\u0e2f\u0e30\u0e32\u0e33\u0e40-\u0e46\u0e81-\u0eb0\u0eb2\u0eb3\u0ec0-\u0ec6\u1000-\u102a\u1780-\u17b3"
SINGLE += "\u3041-\u3096\u30a1-\u30fa\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9d\U00020000-\U0003134f"

# Marks that stay with the letter before them; Python's \w has no marks.
MARK = "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670"
MARK += "\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963"
MARK += "\u0981-\u0983\u09bc-\u09cd\u0a01-\u0a4d\u0a81-\u0acd\u0b01-\u0b4d\u0b82-\u0bcd\u0c00-\u0c4d\u0c81-\u0ccd"
MARK += "\u0d00-\u0d4d\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece\u102b-\u103e\u17b4-\u17d3"
MARK += "\u1ab0-\u1aff\u1dc0-\u1dff\u200c\u200d\u20d0-\u20ff\u302a-\u302f\u3099\u309a\ufe00-\ufe0f\ufe20-\ufe2f"

_LETTER = rf"[^\W\d_{SINGLE}]"
_ANY = rf"[^\W{SINGLE}]"
_INSIDE_LETTERS = "['\u2019.:\u00b7\u2018\u2024\u2027\ufe13\ufe52\ufe55\uff07\uff0e\uff1a\u055f\u05f4]"
_INSIDE_DIGITS = "['\u2019.,;\u066b\u066c\uff0c\uff0e]"

WORD = re.compile(
    rf"[{SINGLE}][{MARK}]*"
    rf"|{_ANY}(?:[{MARK}]|{_ANY}|(?<={_LETTER}){_INSIDE_LETTERS}(?={_LETTER})|(?<=\d){_INSIDE_DIGITS}(?=\d))*"
)

_ADDRESS = re.compile(r"\b(?:https?://|mailto:|www\.)\S+")


def different_words(text: str) -> int:
    """The number of words in a text without marks, each counted once, in any case."""
    return len({word.casefold() for word in WORD.findall(text)})


def count_words(text: str) -> int:
    """The number of words that a reader sees."""
    return len(WORD.findall(_ADDRESS.sub(" ", plain(text))))
