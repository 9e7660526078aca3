"""How alike two texts are, by their words alone: for hints while somebody writes, and for groups of similar ideas.

Pure functions and an index in memory; no database, no network, no model. A text becomes its word stems and the letters
of its words in fours, so that "Radweg" meets "Fahrradwege" and "bottle" meets "bottles". Features that are rare among
the texts of the index weigh more (inverse document frequency; Spärck Jones 1972), and likeness is the cosine of the
weights. It knows no synonyms.
"""

import math
import re
import unicodedata
from array import array
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from heapq import nlargest

from ideas.offload import pause

# Only the beginning of a text is read, because it tells what the idea is.
TEXT_READ = 600  # characters

# The share of a word stem is 1; four letters of a word are many, and each tells less.
GRAM, GRAM_WEIGHT = 4, 0.4

# The text behind the title counts less than the title.
TEXT_WEIGHT = 0.5

# Weights among few texts are like those among so many.
_PRIOR = 30

# The likeness is computed for so many texts: those that share the most with the words in question.
_CANDIDATES = 40

# From this likeness on people are told that somebody wrote something close.
HINT_SCORE = 0.4

# Features that more than this share of many texts have are no way to find a text, though they count once it is found.
_COMMON, _MANY = 0.08, 500

_WORD = re.compile(r"[^\W_]+")

_FOLDED = str.maketrans({"ß": "ss", "æ": "ae", "ø": "o", "œ": "oe"})

# Endings of German and English words, the longest first. A stem keeps at least four letters.
_ENDINGS = (
    *("ungen", "heiten", "keiten", "ments", "ation", "ings", "lich", "isch", "ung", "heit", "keit", "ment", "ing"),
    *("ies", "ern", "est", "ed", "en", "er", "es", "em", "ly", "e", "n", "s", "y"),
)
_STEM_MIN = 4

_WITHOUT_WEIGHT = """
a about all also an and any are as at be because but by can could do does each for from get give had has have he her
his how i if in into is it its just let make many may me more most my need no not of on one only or other our out
over people please same should so some such than that the their them then there these they this those through to too
up us use very want was way we were what when where which who why will with would you your
ab aber alle allem allen aller alles als also am an andere anderen auch auf aus bei beim bin bis bitte da dabei
damit dann das dass dazu dein dem den denn der des deshalb die dies diese diesem diesen dieser dieses doch dort
durch ein eine einem einen einer eines einfach er es etwas euch euer fur ganz geben gibt haben habe hat hatte hier
ich ihr ihre im immer in ins ist ja jede jeden jeder jedes jetzt kann kein keine keinen konnen konnte konnten machen
man mehr mein mit moglich muss mussen nach nicht noch nur ob oder ohne schon sehr sein seine sich sie sind so soll
sollen sollte sollten sowie uber um und uns unser unsere unter viel viele vom von vor war waren was weil welche wenn
wer werden wie wieder wir wird wo wurde wurden zu zum zur zwischen
"""
_COMMON_WORDS = frozenset(_WITHOUT_WEIGHT.split())


@dataclass(frozen=True)
class Match:
    """A text of the index and how alike it is: 0 to 1."""

    key: int
    score: float


def words_of(text: str) -> list[str]:
    """The words of a text in lower case without accents, in their order."""
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_FOLDED))
    return _WORD.findall("".join(c for c in plain if not unicodedata.combining(c)))


def stem_of(word: str) -> str:
    """A word without its ending."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _STEM_MIN:
            return word.removesuffix(ending)
    return word


def features_of(text: str) -> set[str]:
    """The stems of a text's words, and the letters of long words in fours (these begin with a space)."""
    found: set[str] = set()
    for word in words_of(text):
        if word in _COMMON_WORDS:
            continue
        stem = stem_of(word)
        found.add(stem)
        found.update(" " + stem[n : n + GRAM] for n in range(len(stem) - GRAM + 1) if len(stem) > GRAM)
    return found


def shared_words(one: str, other: str, most: int = 5) -> list[str]:
    """The words of `one` that `other` has too, in any form or within a compound, as they are written and in order."""
    theirs = {stem_of(word) for word in words_of(other)} - _COMMON_WORDS
    found: dict[str, str] = {}
    for written in _WORD.findall(one):
        [word, *_] = words_of(written) or [""]
        stem = stem_of(word)
        if word and word not in _COMMON_WORDS and stem not in found and _is_among(stem, theirs):
            found[stem] = written
    return list(found.values())[:most]


def _is_among(stem: str, others: Collection[str]) -> bool:
    if stem in others:
        return True
    return len(stem) > GRAM and any(len(o) > GRAM and (stem in o or o in stem) for o in others)


@dataclass(slots=True)
class _Indexed:
    key: int
    title: "array[int]"  # numbers of features
    text: "array[int]"  # those that the title lacks


class TextIndex:
    """Texts by their features. A key is an idea's number; a changed text is added again under its key."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._names: list[str] = []  # of each feature; "" for one that no text has any more
        self._weights: list[float] = []  # of each feature's kind
        self._counts: list[int] = []  # in how many texts each feature stands
        self._slots: list[array[int]] = []  # where: twice the slot, and one more if not in the title
        self._texts: list[_Indexed | None] = []
        self._slot_of: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._slot_of)

    @property
    def keys(self) -> Collection[int]:
        return self._slot_of.keys()

    def add(self, key: int, title: str, text: str = "") -> None:
        """Add a text, or replace it."""
        self.remove(key)
        of_title = features_of(title)
        of_text = features_of(text[:TEXT_READ]) - of_title
        slot = len(self._texts)
        added = _Indexed(key, self._numbered(of_title), self._numbered(of_text))
        self._texts.append(added)
        self._slot_of[key] = slot
        for place, numbers in ((2 * slot, added.title), (2 * slot + 1, added.text)):
            for number in numbers:
                self._counts[number] += 1
                self._slots[number].append(place)

    def remove(self, key: int) -> None:
        """Forget a text; nothing happens if it is not there."""
        slot = self._slot_of.pop(key, None)
        if slot is None:
            return
        gone = self._texts[slot]
        assert gone is not None
        for number in (*gone.title, *gone.text):
            self._counts[number] -= 1
            if not self._counts[number]:  # the words of an erased text must not stay in memory
                del self._numbers[self._names[number]]
                self._names[number] = ""
        self._texts[slot] = None
        if len(self._texts) > 2 * len(self._slot_of) + 64:
            self._compact()

    def similar(
        self, title: str, text: str = "", *, most: int = 5, at_least: float = 0.0, but: Collection[int] = ()
    ) -> list[Match]:
        """The texts that are most like this one, the best first; those of the keys `but` are left out."""
        asked = self._asked(title, text)
        own = math.sqrt(sum(weight * weight for weight in asked.values()))
        if not own:
            return []
        found = [
            Match(known.key, score)
            for known in self._candidates(asked)
            if known.key not in but and (score := self._likeness(asked, own, known)) >= at_least
        ]
        return nlargest(most, found, key=lambda match: (match.score, -match.key))

    def likeness(self, title: str, key: int, text: str = "") -> float:
        """How alike a text and the one of this key are. :raise KeyError: if there is none."""
        asked, known = self._asked(title, text), self._texts[self._slot_of[key]]
        assert known is not None
        own = math.sqrt(sum(weight * weight for weight in asked.values()))
        return self._likeness(asked, own, known) if own else 0.0

    def _numbered(self, features: Iterable[str]) -> "array[int]":
        return array("I", sorted(map(self._number, features)))

    def _number(self, feature: str) -> int:
        number = self._numbers.get(feature)
        if number is None:
            number = self._numbers[feature] = len(self._counts)
            self._names.append(feature)
            self._counts.append(0)
            self._weights.append(GRAM_WEIGHT if feature.startswith(" ") else 1.0)
            self._slots.append(array("I"))
        return number

    def _asked(self, title: str, text: str) -> dict[int, float]:
        """`{feature: its weight}` of a text that need not be in the index.

        A word that no text has counts half, under a number below 0: it is a new thought as often as a slip of the pen.
        """
        of_title = features_of(title)
        found: dict[int, float] = {}
        for features, share in ((of_title, 1.0), (features_of(text[:TEXT_READ]) - of_title, TEXT_WEIGHT)):
            for feature in features:
                number = self._numbers.get(feature)
                if number is not None and self._counts[number]:
                    found[number] = share * self._weight(number)
                elif not feature.startswith(" "):
                    found[-len(found) - 1] = share * self._rarity(0) / 2
        return found

    def _weight(self, number: int) -> float:
        return self._weights[number] * self._rarity(self._counts[number])

    def _rarity(self, count: int) -> float:
        return math.log((len(self._slot_of) + _PRIOR) / (count + 1))

    def _candidates(self, asked: dict[int, float]) -> Iterable[_Indexed]:
        limit = _COMMON * len(self._slot_of) if len(self._slot_of) > _MANY else math.inf
        sums: dict[int, float] = {}
        for number, weight in asked.items():
            if number < 0 or self._counts[number] > limit:
                continue
            gain = weight * self._weight(number)
            for place in self._slots[number]:
                sums[place] = sums.get(place, 0.0) + gain
        whole: dict[int, float] = {}
        for place, gain in sums.items():
            slot = place // 2
            known = self._texts[slot]
            if known is not None:
                whole[slot] = whole.get(slot, 0.0) + (gain * TEXT_WEIGHT if place % 2 else gain)
        # A long text shares something with every other one.
        best = nlargest(_CANDIDATES, whole, key=lambda slot: whole[slot] / self._size(slot))
        return [known for slot in best if (known := self._texts[slot]) is not None]

    def _size(self, slot: int) -> float:
        known = self._texts[slot]
        assert known is not None
        return math.sqrt(len(known.title) + TEXT_WEIGHT * len(known.text) + 4)

    def _likeness(self, asked: dict[int, float], own: float, known: _Indexed) -> float:
        """The likeness to the title alone, or to the title with its text, whichever is more: half a sentence is not
        like a page.
        """
        shared = whole = best = 0.0
        for numbers, share in ((known.title, 1.0), (known.text, TEXT_WEIGHT)):
            for number in numbers:
                weight = share * self._weight(number)
                whole += weight * weight
                if number in asked:
                    shared += weight * asked[number]
            if whole:
                best = max(best, shared / (own * math.sqrt(whole)))
        return min(best, 1.0)

    def _compact(self) -> None:
        """Forget the places of removed texts, and features that no text has."""
        kept = [text for text in self._texts if text is not None]
        names = self._names
        again = TextIndex()
        for text in kept:
            slot = len(again._texts)
            moved = _Indexed(
                text.key, again._numbered(names[n] for n in text.title), again._numbered(names[n] for n in text.text)
            )
            again._texts.append(moved)
            again._slot_of[text.key] = slot
            for place, numbers in ((2 * slot, moved.title), (2 * slot + 1, moved.text)):
                for number in numbers:
                    again._counts[number] += 1
                    again._slots[number].append(place)
        self.__dict__.update(again.__dict__)


# Ideas that are that much alike are proposed as a group, of at most so many.
GROUP_SCORE, GROUP_MOST = 0.4, 8

# After so many texts others run: among ten thousand each takes some milliseconds.
_LOOKED_AT_ONCE = 5


def groups_among(index: TextIndex, texts: Mapping[int, tuple[str, str]]) -> list[list[int]]:
    """Groups of at least two of these texts, all of which are in the index, the surest group first.

    A text joins the group of the text that it is most like if it is alike to the members on the whole; so a chain of
    neighbours makes no group of strangers. Each text is in one group at most.
    """
    likeness: dict[tuple[int, int], float] = {}
    for n, (key, (title, text)) in enumerate(texts.items()):
        if n % _LOOKED_AT_ONCE == 0:
            pause()
        for match in index.similar(title, text, most=GROUP_MOST, at_least=GROUP_SCORE, but=(key,)):
            if match.key in texts:
                pair = (min(key, match.key), max(key, match.key))
                likeness[pair] = max(likeness.get(pair, 0.0), match.score)
    group_of: dict[int, list[int]] = {}
    for one, other in sorted(likeness, key=lambda pair: (-likeness[pair], pair)):
        first, second = group_of.get(one, [one]), group_of.get(other, [other])
        if first is second or len(first) + len(second) > GROUP_MOST:
            continue
        across = [likeness.get((min(a, b), max(a, b)), 0.0) for a in first for b in second]
        if sum(across) / len(across) >= GROUP_SCORE / 2:
            joined = sorted([*first, *second])
            group_of |= dict.fromkeys(joined, joined)
    return list({id(group): group for group in group_of.values()}.values())
