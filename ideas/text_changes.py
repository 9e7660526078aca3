"""The words that differ between two versions of a text: what was removed, what was added, and what stayed.

Pure functions; no database, no markup. Words are compared as wholes. A long word that keeps at least half of its
letters, such as a German compound, also tells which part of it changed. Scripts that write without spaces are compared
character by character (`ideas.graphemes`). Both texts can be put together again from the changes.

Words that occur once in both texts are anchors (Bram Cohen's patience diff, 2006), and what lies between two anchors is
compared by the longest common subsequence (Wagner and Fischer 1974). Its cost is bounded: pieces that are too long
without an anchor count as replaced.
"""

import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ideas.graphemes import graphemes
from ideas.offload import pause

# The most comparisons of words between two anchors: texts of 200 words without a common word that occurs once.
CELLS_MAX = 40_000

# A word tells which part of it changed if it is this long and keeps so much.
LONG_WORD, KEPT_MIN, KEPT_SHARE = 9, 4, 0.5

# The first letter beyond the scripts whose letters can be drawn apart: Latin, Greek, Cyrillic and Armenian.
_BEYOND_SEPARATE = "\u0590"

# Scripts without spaces between words, as (first, last) letters: Thai to Myanmar, Khmer, and Chinese and Japanese.
_WITHOUT_SPACES = (
    ("\u0e00", "\u0eff"),
    ("\u1000", "\u109f"),
    ("\u1780", "\u17ff"),
    ("\u3040", "\u30ff"),
    ("\u3400", "\u4dbf"),
    ("\u4e00", "\u9fff"),
    ("\uf900", "\ufaff"),
    ("\uff66", "\uff9f"),
    ("\U00020000", "\U0003ffff"),
)

# Signs that belong to a word between two letters, and to a number between two digits.
_WITHIN_WORDS, _WITHIN_NUMBERS = "'’·", ".,:"


class Kind(StrEnum):
    SAME = "same"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True)
class TextPart:
    """A piece of a change. `is_core`: it is the part of a long word that differs, or a word that differs as a whole."""

    text: str
    is_core: bool = True


@dataclass(frozen=True)
class TextChange:
    """Neighbouring words of one kind. A removal stands before the addition that replaces it."""

    kind: Kind
    parts: tuple[TextPart, ...]

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.parts)


# Splits a word where it could be hyphenated.
Syllables = Callable[[str], Sequence[str]]


def changes_between(old: str, new: str, syllables: Syllables = list) -> list[TextChange]:
    """The changes from `old` to `new`, in the order of reading; one `SAME` change for equal texts.

    The kinds `SAME` and `REMOVED` together are `old`, `SAME` and `ADDED` together are `new`.
    """
    return _merged(_absorbed(_replacements(words_of(old), words_of(new))), syllables)


def words_of(text: str) -> list[str]:
    """The text in pieces that are compared as wholes: words, numbers, spaces, lines and single signs."""
    found: list[str] = []
    kinds: list[str] = []
    for grapheme in graphemes(text):
        kind = _kind(grapheme)
        if found and kind == kinds[-1] and kind in ("word", "space"):
            found[-1] += grapheme
        elif kind == "word" and len(found) > 1 and kinds[-2] == "word" and _joins(found[-2], found[-1], grapheme):
            sign = found.pop()
            kinds.pop()
            found[-1] += sign + grapheme
        else:
            found.append(grapheme)
            kinds.append(kind)
    return found


def _kind(grapheme: str) -> str:
    first = grapheme[0]
    if any(low <= first <= high for low, high in _WITHOUT_SPACES):
        return "sign"
    if first.isalnum() or unicodedata.category(first) in ("Mn", "Mc"):
        return "word"
    return "space" if first.isspace() and grapheme not in ("\n", "\r\n", "\r") else "sign"


def _joins(before: str, sign: str, after: str) -> bool:
    if sign in _WITHIN_WORDS:
        return before[-1].isalpha() and after[0].isalpha()
    return len(sign) == 1 and sign in _WITHIN_NUMBERS and before[-1].isdecimal() and after[0].isdecimal()


def _is_word(token: str) -> bool:
    return token[0].isalnum()


# A run of tokens that both texts have, and what was replaced behind it.
_Run = tuple[list[str], list[str], list[str]]  # the same, removed, added


def _replacements(old: Sequence[str], new: Sequence[str]) -> list[_Run]:
    """The texts in turns: tokens that stayed, then those that were removed and those added in their place."""
    runs: list[_Run] = [([], [], [])]
    i = j = 0
    for at_old, at_new in [*_matches(old, new), (len(old), len(new))]:
        if at_old > i or at_new > j:
            runs[-1][1].extend(old[i:at_old])
            runs[-1][2].extend(new[j:at_new])
            runs.append(([], [], []))
        elif runs[-1][1] or runs[-1][2]:
            runs.append(([], [], []))
        if at_old < len(old):
            runs[-1][0].append(old[at_old])
        i, j = at_old + 1, at_new + 1
    return [run for run in runs if any(run)]


def _matches(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int]]:
    """The places of tokens that stayed, `(in old, in new)`, rising in both."""
    begin, end = 0, 0
    while begin < min(len(old), len(new)) and old[begin] == new[begin]:
        yield begin, begin
        begin += 1
    while end < min(len(old), len(new)) - begin and old[-1 - end] == new[-1 - end]:
        end += 1
    stop_old, stop_new = len(old) - end, len(new) - end
    i, j = begin, begin
    anchors = _anchors(old[begin:stop_old], new[begin:stop_new])
    for at_old, at_new in [*((a + begin, b + begin) for a, b in anchors), (stop_old, stop_new)]:
        yield from ((a + i, b + j) for a, b in _common(old[i:at_old], new[j:at_new]))
        if at_old < stop_old:
            yield at_old, at_new
        i, j = at_old + 1, at_new + 1
    yield from ((stop_old + n, stop_new + n) for n in range(end))


def _anchors(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """The longest rising chain of words that each text has exactly once."""
    once_old, once_new = _places_of_single(old), _places_of_single(new)
    pairs = sorted((place, once_new[word]) for word, place in once_old.items() if word in once_new)
    ends: list[int] = []
    last: list[int] = []  # for each length the pair that ends the best chain of it
    before: list[int] = []
    for n, (_, place) in enumerate(pairs):
        length = bisect_left(ends, place)
        before.append(last[length - 1] if length else -1)
        ends[length : length + 1] = [place]
        last[length : length + 1] = [n]
    chain: list[tuple[int, int]] = []
    at = last[-1] if last else -1
    while at >= 0:
        chain.append(pairs[at])
        at = before[at]
    return chain[::-1]


def _places_of_single(tokens: Sequence[str]) -> dict[str, int]:
    counts = Counter(tokens)
    return {token: place for place, token in enumerate(tokens) if counts[token] == 1 and token[0].isalnum()}


def _common(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """The places of a longest common subsequence; empty for pieces that are too long to look for it."""
    if not old or not new or len(old) * len(new) > CELLS_MAX:
        return []
    lengths = [[0] * (len(new) + 1)]
    for token in reversed(old):
        pause()
        below, row = lengths[-1], [0] * (len(new) + 1)
        for j in range(len(new) - 1, -1, -1):
            row[j] = below[j + 1] + 1 if token == new[j] else max(below[j], row[j + 1])
        lengths.append(row)
    lengths.reverse()
    found: list[tuple[int, int]] = []
    i = j = 0
    while i < len(old) and j < len(new):
        if old[i] == new[j]:
            found.append((i, j))
            i, j = i + 1, j + 1
        elif lengths[i + 1][j] >= lengths[i][j + 1]:
            i += 1
        else:
            j += 1
    return found


def _absorbed(runs: Iterable[_Run]) -> list[_Run]:
    """Runs without single spaces and signs between two replacements, which nobody can read."""
    found: list[_Run] = []
    for same, removed, added in runs:
        is_between = bool(found) and bool(removed or added)
        if is_between and not any(_is_word(token) or token in ("\n", "\r\n", "\r") for token in same):
            found[-1][1].extend((*same, *removed))
            found[-1][2].extend((*same, *added))
        else:
            found.append((same, list(removed), list(added)))
    return found


def _merged(runs: Iterable[_Run], syllables: Syllables) -> list[TextChange]:
    changes: list[TextChange] = []
    for same, removed, added in runs:
        if same:
            changes.append(TextChange(Kind.SAME, (TextPart("".join(same), is_core=False),)))
        of_removed, of_added = _parts(removed, added, syllables)
        if removed:
            changes.append(TextChange(Kind.REMOVED, of_removed))
        if added:
            changes.append(TextChange(Kind.ADDED, of_added))
    return changes


def _parts(
    removed: Sequence[str], added: Sequence[str], syllables: Syllables
) -> tuple[tuple[TextPart, ...], tuple[TextPart, ...]]:
    """The parts of what was removed and added. As many words on both sides are compared one with another."""
    words = [token for token in removed if _is_word(token)], [token for token in added if _is_word(token)]
    pairs = [*zip(*words, strict=True)] if len(words[0]) == len(words[1]) else []
    split = [_split_pair(old, new, syllables) for old, new in pairs]
    sides: list[tuple[TextPart, ...]] = []
    for side, tokens in enumerate((removed, added)):
        turn = iter(split)
        parts: list[TextPart] = []
        for token in tokens:
            parts.extend(next(turn)[side] if pairs and _is_word(token) else [TextPart(token)])
        sides.append(_joined(parts))
    return sides[0], sides[1]


def _split_pair(old: str, new: str, syllables: Syllables) -> tuple[list[TextPart], list[TextPart]]:
    """Two words that replace each other, each with the part that differs, if they are long and much of them stayed."""
    whole = [TextPart(old)], [TextPart(new)]
    if min(len(old), len(new)) < LONG_WORD or max(old + new) >= _BEYOND_SEPARATE or old == new:
        return whole
    a, b = [*syllables(old)], [*syllables(new)]
    begin = end = 0
    while begin < min(len(a), len(b)) and a[begin] == b[begin]:
        begin += 1
    while end < min(len(a), len(b)) - begin and a[-1 - end] == b[-1 - end]:
        end += 1
    head, tail = "".join(a[:begin]), "".join(a[len(a) - end :])
    kept = len(head) + len(tail)
    if kept < KEPT_MIN or kept < KEPT_SHARE * min(len(old), len(new)):
        return whole
    return _around(head, old, tail), _around(head, new, tail)


def _around(head: str, word: str, tail: str) -> list[TextPart]:
    core = word[len(head) : len(word) - len(tail)]
    parts = [TextPart(head, is_core=False), TextPart(core), TextPart(tail, is_core=False)]
    return [part for part in parts if part.text]


def _joined(parts: Iterable[TextPart]) -> tuple[TextPart, ...]:
    found: list[TextPart] = []
    for part in parts:
        if found and found[-1].is_core == part.is_core:
            found[-1] = TextPart(found[-1].text + part.text, part.is_core)
        else:
            found.append(part)
    return tuple(found)
