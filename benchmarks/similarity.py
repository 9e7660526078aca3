"""How well similar ideas are found by their words, and what a search costs; beside a plain TF-IDF.

    python -m benchmarks.similarity [folder with the data sets]

Four measures on public data (docs/performance.md says which):

- changed words: each idea, written again as another person might (another order, other endings, two words left out, a
  slip of the pen), is looked for among all ideas. Precision: the share of hints that are the right idea. Recall: the
  share of ideas whose right one is hinted at.
- title to text: the title of a German idea is looked for among the beginnings of all texts, which have other words.
- human ratings: the rank correlation with how similar people found 253 pairs of English ideas.
- hints at another idea: the share of ideas that get a hint at one that somebody else wrote. Nobody has judged these.

The plain TF-IDF is that of scikit-learn's TfidfVectorizer by default: words of two letters or more, smoothed inverse
document frequency, cosine; over the titles or over all words.
"""

import csv
import math
import random
import re
import statistics
import sys
import time
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from ideas.similarity import HINT_SCORE, TextIndex

DATA = Path("../shared/data")
SEED = 1

Search = Callable[[str], list[tuple[int, float]]]


class PlainIndex:
    """The baseline."""

    def __init__(self, texts: Sequence[str]) -> None:
        found = [Counter(self._words(text)) for text in texts]
        counts = Counter(word for words in found for word in words)
        self._rarity = {word: math.log((1 + len(texts)) / (1 + n)) + 1 for word, n in counts.items()}
        self._vectors = [self._vector(words) for words in found]

    @staticmethod
    def _words(text: str) -> list[str]:
        return re.findall(r"\b\w\w+\b", text.lower())

    def _vector(self, words: Counter[str]) -> dict[str, float]:
        found = {word: n * self._rarity[word] for word, n in words.items() if word in self._rarity}
        size = math.sqrt(sum(weight**2 for weight in found.values())) or 1.0
        return {word: weight / size for word, weight in found.items()}

    def likeness(self, one: str, key: int) -> float:
        asked = self._vector(Counter(self._words(one)))
        return sum(weight * self._vectors[key].get(word, 0.0) for word, weight in asked.items())

    def search(self, text: str) -> list[tuple[int, float]]:
        scores = [(key, self.likeness(text, key)) for key in range(len(self._vectors))]
        return sorted(scores, key=lambda found: -found[1])[:5]


def product(texts: Sequence[tuple[str, str]]) -> Search:
    index = index_of(texts)
    return lambda text: [(match.key, match.score) for match in index.similar(text)]


def index_of(texts: Sequence[tuple[str, str]]) -> TextIndex:
    index = TextIndex()
    for key, (title, text) in enumerate(texts):
        index.add(key, title, text)
    return index


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


ENDINGS = {"de": ("e", "en", "n", "s", "er", "ung"), "en": ("s", "es", "ing", "ed", "er")}


def written_again(text: str, language: str, chance: random.Random) -> str:
    """The same idea in other words' forms: two words gone, other endings, one slip, and another order of its halves."""
    words = text.split()[:12]
    for _ in range(2):
        if len(words) > 4:
            words.pop(chance.randrange(len(words)))
    for n in range(0, len(words), 3):
        if len(words[n]) > 5:
            words[n] = words[n].rstrip(".,;:!?") + chance.choice(ENDINGS[language])
    long = [n for n, word in enumerate(words) if len(word) > 5]
    if long:
        n, at = chance.choice(long), 3
        words[n] = words[n][:at] + words[n][at + 1] + words[n][at] + words[n][at + 2 :]
    half = len(words) // 2
    return " ".join(words[half:] + words[:half])


def quality(search: Search, asked: Sequence[tuple[int, str]], at_least: float) -> tuple[float, float]:
    """Precision and recall of the first hint."""
    hints = right = 0
    for key, text in asked:
        found = search(text)[:1]
        if found and found[0][1] >= at_least:
            hints += 1
            right += found[0][0] == key
    return right / max(1, hints), right / len(asked)


def table(name: str, asked: Sequence[tuple[int, str]], searches: dict[str, Search]) -> Iterator[str]:
    for who, search in searches.items():
        found = [(t, *quality(search, asked, t)) for t in (0.3, HINT_SCORE, 0.5)]
        yield f"{name}, {who}: " + "; ".join(f"from {t:.2f}: precision {p:.2f}, recall {r:.2f}" for t, p, r in found)


def correlation(one: Sequence[float], other: Sequence[float]) -> float:
    """Spearman's rank correlation."""
    return statistics.correlation(ranks(one), ranks(other))


def ranks(numbers: Sequence[float]) -> list[float]:
    """The rank of each number; equal numbers share their mean rank."""
    in_order = sorted(numbers)
    return [(bisect_left(in_order, n) + bisect_right(in_order, n)) / 2 for n in numbers]


def main(folder: Path) -> None:
    chance = random.Random(SEED)
    of_pairs = rows(folder, "ideas-en-mturk-app/ideas.csv")
    english = [(row["text"], "") for row in of_pairs if not row["idea_id"].startswith("x")]  # x: cut copies of others
    german = [(row["title"], row["text"]) for row in rows(folder, "ideas-de-ottensen/ideas.csv")]
    for language, texts in (("en", english), ("de", german)):
        asked = [(n, written_again(title, language, chance)) for n, (title, _) in enumerate(texts) if len(title) >= 15]
        titles, whole = PlainIndex([title for title, _ in texts]), PlainIndex([" ".join(text) for text in texts])
        searches = {"ours": product(texts), "plain, titles": titles.search, "plain, whole": whole.search}
        print(*table(f"changed words {language} ({len(asked)} of {len(texts)})", asked, searches), sep="\n")
        index = index_of(texts)
        alarms = [bool(index.similar(title, at_least=HINT_SCORE, but=(n,))) for n, (title, _) in enumerate(texts)]
        print(f"hints at another idea {language}: {sum(alarms) / len(alarms):.2f} of the ideas")

    asked = [(n, title) for n, (title, _) in enumerate(german) if len(title) >= 15]
    bodies = [text for _, text in german]
    searches = {"ours": product([(text[:100], text) for text in bodies]), "plain": PlainIndex(bodies).search}
    print(*table(f"title to text de ({len(asked)})", asked, searches), sep="\n")
    compare_with_people(
        folder, [row["text"] for row in of_pairs], {row["idea_id"]: n for n, row in enumerate(of_pairs)}
    )
    measure_cost(german)


def compare_with_people(folder: Path, texts: Sequence[str], places: Mapping[str, int]) -> None:
    pairs = rows(folder, "ideas-en-mturk-app/similarity.csv")
    rated = [float(pair["mean_rating"]) for pair in pairs]
    keys = [(texts[places[pair["idea_a"]]], places[pair["idea_b"]]) for pair in pairs]
    ours, plain = index_of([(text, "") for text in texts]), PlainIndex(texts)
    found = [[index.likeness(*key) for key in keys] for index in (ours, plain)]
    print("human ratings ({}): ours {:.2f}, plain {:.2f}".format(len(keys), *(correlation(f, rated) for f in found)))


def measure_cost(texts: Sequence[tuple[str, str]]) -> None:
    many = [(f"{title} {n}", text) for n in range(15) for title, text in texts][:10_000]
    before = time.process_time()
    index = index_of(many)
    print(f"{len(index):,} ideas indexed in {time.process_time() - before:.1f} s of CPU")
    costs = []
    for title, text in texts[:200]:
        before = time.process_time()
        index.similar(title, text, at_least=HINT_SCORE)
        costs.append(1000 * (time.process_time() - before))
    costs.sort()
    print(f"a search: median {costs[100]:.1f} ms of CPU, 95 % {costs[190]:.1f} ms, most {costs[-1]:.1f} ms")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else DATA)
