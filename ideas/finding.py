"""Finding texts by a few typed words that may have typing errors, in any language.

An index in memory without a database: three letters each (trigrams; Angell, Freund and Willett 1983) tell how much of a
typed word stands in a word of the text. So "verpakung" finds "Mehrwegverpackungen". A short word has too few of them
and counts with one error (Damerau 1964).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ideas.offload import pause
from ideas.similarity import words_of

GRAM = 3

# A word is found if so many of its trigrams stand in a word of the text.
SHARE_FOUND = 0.5

# A typed word below so many letters has to begin a word of the text. One of up to SHORT letters may have one error; its
# trigrams count from SHORT on.
TYPED_MIN, SHORT = 4, 5

WHOLE, BEGINNING, INSIDE, ONE_ERROR = 1.0, 0.95, 0.9, 0.6

# The words of a search beyond these are not read.
WORDS_MAX = 8

# After so many texts others run.
READ_AT_ONCE = 50


# The texts of a thing with the weight of each: the title, names, and so on.
Weighed = Sequence[tuple[str, float]]


class WordIndex:
    """The words of texts by key, kept between searches, so that a search reads only the texts that changed.

    What is no longer among the texts of a search is forgotten with it.
    """

    def __init__(self) -> None:
        self._read_before = _Words({}, {})

    def find(self, typed: str, texts: Mapping[int, Weighed]) -> dict[int, float]:
        """`{key: how well it fits, 0..1}` for the texts in which each typed word is found."""
        words = words_of(typed)[:WORDS_MAX]
        if not words:
            return _with_signs("".join(typed.split()).casefold(), texts)
        read = self._read(texts)
        found = [_found(word, read.grams) for word in dict.fromkeys(words)]
        scores = {key: [_best(of, read.by_key[key][1]) for of in found] for key in texts}
        return {key: sum(of) / len(of) for key, of in scores.items() if all(of)}

    def _read(self, texts: Mapping[int, Weighed]) -> "_Words":
        before = self._read_before
        digests = {key: hash(tuple(of)) for key, of in texts.items()}
        if digests == {key: digest for key, (digest, _) in before.by_key.items()}:
            return before
        by_key: dict[int, tuple[int, list[tuple[frozenset[str], float]]]] = {}
        for n, (key, of) in enumerate(texts.items()):
            known = before.by_key.get(key)
            if known is None or known[0] != digests[key]:
                known = digests[key], [(frozenset(words_of(text)), weight) for text, weight in of]
            by_key[key] = known
            if n % READ_AT_ONCE == 0:
                pause()
        words = frozenset[str]().union(*(words for _, of in by_key.values() for words, _ in of))
        grams = {word: before.grams.get(word) or _grams(word) for word in words}
        self._read_before = read = _Words(by_key, grams)
        return read


@dataclass(frozen=True)
class _Words:
    """The words of each text by key, with the digest of the text; and the trigrams of each word."""

    by_key: Mapping[int, tuple[int, list[tuple[frozenset[str], float]]]]
    grams: Mapping[str, frozenset[str]]


def _found(typed: str, grams: Mapping[str, frozenset[str]]) -> dict[str, float]:
    """`{word that stands somewhere: how much of the typed word it has}`"""
    pause()
    wanted = _grams(typed)
    scores = ((word, likeness(typed, word, wanted, its)) for word, its in grams.items())
    return {word: score for word, score in scores if score}


def _best(found: Mapping[str, float], of: Sequence[tuple[frozenset[str], float]]) -> float:
    return max(weight * max((found[word] for word in words & found.keys()), default=0.0) for words, weight in of)


def _with_signs(signs: str, texts: Mapping[int, Weighed]) -> dict[int, float]:
    """The texts that contain an emoji, or other signs that are no word."""
    scores = {
        key: max(weight * (signs in "".join(text.split()).casefold()) for text, weight in of)
        for key, of in texts.items()
    }
    return {key: score for key, score in scores.items() if score and signs}


def likeness(typed: str, word: str, wanted: frozenset[str], grams: frozenset[str]) -> float:
    """How much of a typed word stands in a word, 0..1; 0 below `SHARE_FOUND`. The last two are their trigrams."""
    if typed in word:
        if typed == word:
            return WHOLE
        if word.startswith(typed):
            return BEGINNING
        if len(typed) >= TYPED_MIN or not typed.isascii():  # two signs of Chinese are a word
            return INSIDE
    if len(typed) < TYPED_MIN:
        return 0.0
    if len(typed) >= SHORT and (share := len(wanted & grams) / len(wanted)) >= SHARE_FOUND:
        return share * INSIDE
    is_near = len(typed) <= SHORT and abs(len(typed) - len(word)) <= 1
    return ONE_ERROR if is_near and _has_one_error(typed, word) else 0.0


def _grams(word: str) -> frozenset[str]:
    """The trigrams of a word; its first one or two letters count as one, too."""
    padded = "  " + word
    return frozenset(padded[n : n + GRAM] for n in range(len(padded) - GRAM + 1))


def _has_one_error(one: str, other: str) -> bool:
    """Whether one letter is missing, wrong or too much, or two neighbours are exchanged."""
    shorter, longer = sorted((one, other), key=len)
    n = next((n for n, (a, b) in enumerate(zip(shorter, longer, strict=False)) if a != b), len(shorter))
    if len(shorter) < len(longer):
        return shorter[n:] == longer[n + 1 :]
    exchanged = longer[n : n + 2][::-1] + longer[n + 2 :]
    return shorter[n + 1 :] == longer[n + 1 :] or shorter[n:] == exchanged
