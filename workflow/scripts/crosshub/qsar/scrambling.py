"""Activities of which structure says nothing, as alike within a scaffold as the real ones."""

import numpy as np


def scramble(activity: np.ndarray, groups: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return activities that no structure foretells in a new scaffold.

    Compounds of a scaffold have activities that are alike. Were single compounds permuted, that
    would be lost, and with it most of what Q² scatters by: chance would look like skill. So
    scaffolds exchange what is common to each, and compounds exchange the rest. Both are
    estimated by their variance components and brought to their variances, since the mean of a
    small scaffold scatters more than that of a large one. Where scaffolds differ no more than
    compounds do, the activities are permuted as they are.

    Parameters
    ----------
    activity
        One value a compound.
    groups
        Number of the scaffold of each, from 0.
    rng
        Random numbers.

    Returns
    -------
    ndarray
        One value a compound.

    References
    ----------
    Carpenter, Goldstein and Rasbash 2003, Journal of the Royal Statistical Society C 52:431
    (estimates brought to their variances).
    """
    sizes = np.bincount(groups)
    between, within = variance_components(activity, groups)
    if between == 0:
        return rng.permutation(activity)
    means = np.bincount(groups, activity) / sizes
    precision = 1 / (between + within / sizes)
    center = np.average(means, weights=precision)
    common = between * precision * (means - center)
    rest = activity - center - common[groups]
    common, rest = _brought_to(common, between), _brought_to(rest, within)
    return center + rng.permutation(common)[groups] + rng.permutation(rest)


def variance_components(activity: np.ndarray, groups: np.ndarray) -> tuple[float, float]:
    """Return the variance between groups and within them, by the analysis of variance.

    Parameters
    ----------
    activity
        One value a compound.
    groups
        Number of the group of each, from 0, at least two groups.

    Returns
    -------
    tuple of float
        Between (at least 0; 0 where no group has two) and within.

    References
    ----------
    Searle, Casella and McCulloch 1992, Variance Components, chapter 3.6.
    """
    sizes = np.bincount(groups)
    total, number = len(activity), len(sizes)
    if total == number:
        return 0.0, float(np.var(activity, ddof=1))
    means = np.bincount(groups, activity) / sizes
    within = ((activity - means[groups]) ** 2).sum() / (total - number)
    squares = (sizes * (means - activity.mean()) ** 2).sum() / (number - 1)
    typical = (total - (sizes**2).sum() / total) / (number - 1)
    return float(max(0.0, (squares - within) / typical)), float(within)


def _brought_to(values: np.ndarray, variance: float) -> np.ndarray:
    around = values - values.mean()
    spread = (around**2).mean()
    return around * (variance / spread) ** 0.5 if spread > 0 else around
