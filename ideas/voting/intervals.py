"""Intervals of shares and of sums, for whole arrays."""

from ideas.voting.arrays import Floats, np

# The 97.5 % quantile of the standard normal distribution: a two-sided interval at 95 %.
Z95 = 1.959963984540054

# With fewer people no interval is drawn, and the readiness of a vote states no certainty: the counts speak.
PEOPLE = 20

# Agresti and Coull's "plus four": two imagined people at each end of the scale.
IMAGINED = 2


def student(freedom: float, z: float = Z95) -> float:
    """The quantile of Student's t that belongs to the normal quantile z; within 0.001 from 10 degrees of freedom on.

    Abramowitz and Stegun 1964, 26.7.5, to the third term.
    """
    return (
        z
        + (z**3 + z) / (4 * freedom)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * freedom**3)
    )


def wilson(yes: Floats, n: Floats, z: float = Z95) -> tuple[Floats, Floats]:
    """Wilson's score interval of yes / n for arrays; (0, 1) where n is 0. Source: `ideas.voting.approval.wilson`."""
    with np.errstate(divide="ignore", invalid="ignore"):
        share = yes / n
        centre = share + z * z / (2 * n)
        margin = z * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
        width = 1 + z * z / n
        low, high = (centre - margin) / width, (centre + margin) / width
    known = n > 0
    return np.where(known, np.maximum(0.0, low), 0.0), np.where(known, np.minimum(1.0, high), 1.0)


def of_sums(
    total: Floats, squares: Floats, n: float, scale: tuple[float, float], z: float = Z95
) -> tuple[Floats, Floats]:
    """The interval of a sum over n people with the sum `total`, the sum of squares `squares`, and values within
    `scale`.

    It is n times the interval of the mean: normal with the sample's variance, after adding two imagined people at each
    end of the scale. For values of 0 and 1 this is the "plus four" interval of Agresti and Coull 1998, Am. Stat.
    52:119-126. Applying it to other bounded values is our addition. Without it, an entry without any points would
    appear to be certain. The interval stays within the range that n people can give.
    """
    if not n:
        return np.full_like(total, np.nan), np.full_like(total, np.nan)
    least, most = scale
    m = n + 2 * IMAGINED
    mean = (total + IMAGINED * (least + most)) / m
    variance = np.maximum(0.0, (squares + IMAGINED * (least**2 + most**2)) / m - mean**2)
    margin = z * np.sqrt(variance / m)
    low, high = np.maximum(least, mean - margin), np.minimum(most, mean + margin)
    return np.minimum(total, n * low), np.maximum(total, n * high)
