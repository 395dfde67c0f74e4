"""How many samples a model of a binary outcome needs, and how many events there are for each gene.

Parameters are the predictors that selection could choose from, not the ones that it kept.
"""

from dataclasses import dataclass
from math import ceil, inf, log, sqrt

import numpy as np
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.stats import norm

from crosshub.errors import DataError


@dataclass(frozen=True)
class SampleSize:
    """Samples needed by each criterion and in all. Infinite where no number is enough.

    Attributes
    ----------
    for_shrinkage
        So that effects need shrinking by no more than asked.
    for_optimism
        So that Nagelkerke's R² is too high by no more than asked.
    for_overall_risk
        So that the mean risk is known within the margin.
    needed, events
        The largest of the three, and the cases among them at the prevalence.
    events_per_parameter
        Cases a parameter at `needed`.
    r2_cox_snell, r2_highest, r2_nagelkerke
        Expected R², the highest that Cox and Snell's can have at the prevalence, and their ratio.
    """

    for_shrinkage: float
    for_optimism: float
    for_overall_risk: float
    needed: float
    events: float
    events_per_parameter: float
    r2_cox_snell: float
    r2_highest: float
    r2_nagelkerke: float


def events_per_parameter(n_cases: int, n_controls: int, parameters: int) -> float:
    """Return the size of the smaller group for each parameter; missing without parameters."""
    return min(n_cases, n_controls) / parameters if parameters else np.nan


def highest_r2(prevalence: float) -> float:
    """Return the highest Cox-Snell R² at a prevalence, that of perfect prediction."""
    _check(0 < prevalence < 1, f"prevalence {prevalence} is not between 0 and 1")
    null = prevalence * log(prevalence) + (1 - prevalence) * log(1 - prevalence)
    return 1 - float(np.exp(2 * null))


def r2_from_auc(auc: float, prevalence: float) -> float:
    """Return the Cox-Snell R² of a model with an AUC.

    The log odds are taken to be normal with one variance in cases and controls, as in the
    simulation of the paper, which is here an integral.

    Parameters
    ----------
    auc
        0 to 1; at 0.5 or below nothing is explained.
    prevalence
        Share of cases.

    References
    ----------
    Riley, Van Calster and Collins 2021, Statistics in Medicine 40:859.
    """
    highest = highest_r2(prevalence)
    _check(0 <= auc <= 1, f"AUC {auc} is not between 0 and 1")
    distance = sqrt(2) * float(norm.ppf(auc))
    if distance <= 0:
        return 0.0
    if distance == inf:
        return highest
    intercept = log(prevalence / (1 - prevalence)) - distance**2 / 2

    def likelihood(x: float) -> float:
        odds = intercept + distance * x
        of_case = prevalence * norm.pdf(x - distance) * np.logaddexp(0, -odds)
        of_control = (1 - prevalence) * norm.pdf(x) * np.logaddexp(0, odds)
        return -(of_case + of_control)

    ends = -10.0, distance + 10.0
    model, _ = quad(likelihood, *ends, points=(0, distance), epsabs=1e-13, epsrel=1e-12, limit=200)
    null = prevalence * log(prevalence) + (1 - prevalence) * log(1 - prevalence)
    return float(-np.expm1(2 * (null - model)))


def sample_size(
    parameters: int,
    prevalence: float,
    r2_cox_snell: float,
    *,
    shrinkage: float = 0.9,
    optimism: float = 0.05,
    margin: float = 0.05,
) -> SampleSize:
    """Return the samples needed to develop a model of a binary outcome.

    Parameters
    ----------
    parameters
        Candidate predictors, at least one.
    prevalence
        Share of cases in the samples.
    r2_cox_snell
        Expected R², corrected for optimism; see `r2_from_auc`.
    shrinkage
        Wanted, below 1.
    optimism
        Allowed in Nagelkerke's R².
    margin
        Half the 95 % interval of the mean risk.

    Raises
    ------
    DataError
        If a number is out of range.

    References
    ----------
    Riley et al. 2019, Statistics in Medicine 38:1276 (criteria). Riley et al. 2020, BMJ 368:m441.
    """
    highest = highest_r2(prevalence)
    _check(parameters >= 1, f"{parameters} parameters; at least one is needed")
    _check(0 <= r2_cox_snell <= highest, f"R² {r2_cox_snell} is not between 0 and {highest:.4g}")
    _check(0 < shrinkage < 1, f"shrinkage {shrinkage} is not between 0 and 1")
    _check(optimism > 0 and margin > 0, "optimism and margin are not above 0")
    _check(r2_cox_snell < shrinkage, f"R² {r2_cox_snell} is not below the shrinkage {shrinkage}")
    allowed = optimism * highest
    of_optimism = r2_cox_snell / (r2_cox_snell + allowed)
    # Written so that R² = 0 has its limit.
    for_optimism = -parameters / ((1 - of_optimism) * log(1 - r2_cox_snell - allowed))
    for_shrinkage = _samples(parameters, r2_cox_snell, shrinkage)
    for_risk = (1.96 / margin) ** 2 * prevalence * (1 - prevalence)
    each = [_whole(x) for x in (for_shrinkage, for_optimism, for_risk)]
    needed = max(each)
    events = needed * prevalence
    return SampleSize(
        *each,
        needed,
        events,
        events / parameters,
        r2_cox_snell,
        highest,
        r2_cox_snell / highest,
    )


def expected_shrinkage(samples: int, parameters: int, r2_cox_snell: float) -> float:
    """Return the shrinkage to expect of a model developed on a number of samples.

    Parameters
    ----------
    samples, parameters
        Numbers of samples and candidate predictors.
    r2_cox_snell
        Expected R², at least 0 and below 1; at 0 nothing is left after shrinkage.

    References
    ----------
    Riley et al. 2019, Statistics in Medicine 38:1276: the formula behind `sample_size`, solved for
    the shrinkage.
    """
    _check(parameters >= 1 and samples >= 1, "at least one sample and one parameter are needed")
    _check(0 <= r2_cox_snell < 1, f"R² {r2_cox_snell} is not between 0 and 1")
    if r2_cox_snell == 0:
        return 0.0
    ends = r2_cox_snell * (1 + 1e-12), 1 - 1e-12

    def distance(shrinkage: float) -> float:
        return log(_samples(parameters, r2_cox_snell, shrinkage) / samples)

    if ends[0] >= ends[1] or distance(ends[0]) > 0:
        return r2_cox_snell
    return 1.0 if distance(ends[1]) < 0 else float(brentq(distance, *ends, xtol=1e-14))


def _samples(parameters: int, r2: float, shrinkage: float) -> float:
    return inf if r2 == 0 else parameters / ((shrinkage - 1) * log(1 - r2 / shrinkage))


def _whole(number: float) -> float:
    return number if number == inf else ceil(number)


def _check(fine: bool, problem: str) -> None:
    if not fine:
        raise DataError(f"sample size: {problem}")
