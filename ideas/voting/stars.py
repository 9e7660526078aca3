"""Stars and lemons: a few of each, for the best and the worst of a sample; stars less lemons count.

Lemons tell more than stars do when most entries are middling: Klein and Garcia 2015, "High-speed idea filtering with
the bag of lemons", Decision Support Systems 78:39-50. There they are counted alone; that they are set off against
stars here is our step, so that an entry which divides the room stands in the middle.
"""

from ideas.voting import shares, weighing
from ideas.voting.forms import Counted, Floats, Scores

STAR, LEMON = 1, -1


def tally(form: Scores, weights: Floats | None = None, people: float | None = None) -> Counted:
    """`score` is stars less lemons; `low` and `high` its interval over people; places go by the score.

    Whoever gave any of them counts as giving neither to every other entry.

    :param people: how many voted, where a row of `form` stands for many people.
    """
    net = weighing.sums(form, form.value, weights)
    marks = weighing.sums(form, form.value**2, weights)
    n = weighing.voters(form, weights) if people is None else people
    low, high = shares.of_sums(net, marks, n, (LEMON, STAR))
    return Counted(net, low, high, key=net)


def keys(form: Scores, weights: Floats) -> Floats:
    """`tally(form, weights[run]).key` of each run."""
    return weighing.sums_of_runs(form, form.value, weights)
