"""Effects in standard deviations, with the variance that combining them needs."""

import numpy as np
from scipy.special import gammaln


def effect_size(
    t: np.ndarray, df: np.ndarray, n_cases: int, n_controls: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the unbiased standardised effect behind a (moderated) t, and its variance.

    Parameters
    ----------
    t, df
        (Moderated) t with its degrees of freedom; with an ordinary t this is Hedges' g.
    n_cases, n_controls
        Size of the groups.

    Returns
    -------
    tuple of ndarray
        Effect in standard deviations, and the unbiased estimate of its variance.

    References
    ----------
    Hedges 1981, Journal of Educational Statistics 6:107. Marot et al. 2009, Moderated effect size
    and P-value combinations for microarray meta-analyses, Bioinformatics 25:2692.
    """
    return _unbiased(t, df, n_cases * n_controls / (n_cases + n_controls))


def slope_size(t: np.ndarray, df: np.ndarray, n_samples: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the unbiased standardised slope behind a (moderated) t, and its variance.

    Parameters
    ----------
    t, df
        (Moderated) t of a continuous outcome with its degrees of freedom.
    n_samples
        Number of samples.

    Returns
    -------
    tuple of ndarray
        Change, in residual standard deviations, for one standard deviation of the outcome; and the
        unbiased estimate of its variance. That of two groups, with n - 1 in the place of their
        effective size.
    """
    return _unbiased(t, df, n_samples - 1)


def _unbiased(t: np.ndarray, df: np.ndarray, size: float) -> tuple[np.ndarray, np.ndarray]:
    # Large samples of genes can give a prior of infinite weight: the limit of the formulas.
    m = np.minimum(np.asarray(df, float), 1e7)
    correction = np.exp(gammaln(m / 2) - gammaln((m - 1) / 2) - 0.5 * np.log(m / 2))
    effect = correction * np.asarray(t, float) / np.sqrt(size)
    variance = 1 / size + effect**2 * (1 - (m - 2) / (m * correction**2))
    return effect, variance
