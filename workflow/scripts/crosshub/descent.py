"""Coordinate descent down a path of penalties, compiled; see `penalized`."""

import numpy as np
from numba import njit

# Of the null deviance: the largest square of a step that is taken for no step.
TOLERANCE = 1e-12
# A fit this near to perfect, or that gains as little as this, ends the path.
PERFECT = 0.999
LEAST_GAIN = 1e-5
FIRST_PENALTIES = 5


@njit(cache=True)
def path_of(
    rows: np.ndarray,
    y: np.ndarray,
    penalties: np.ndarray,
    factors: np.ndarray,
    mix: float,
    logistic: bool,
    ends: bool,
) -> tuple:
    """Follow a path of penalties down; `penalized.fit_path` says what they are.

    Parameters
    ----------
    rows
        Genes × samples, each gene with mean 0 and standard deviation 1, or all 0.
    y
        0 and 1, or numbers.
    penalties
        Falling.
    factors
        Multiplies the penalty of each gene.
    mix, logistic
        As for `penalized.fit_path`.
    ends
        Whether the path ends where the fit is perfect or gains no more.

    Returns
    -------
    tuple
        Number of penalties done, genes that entered, penalties × these genes, and intercepts.
    """
    p, n = rows.shape
    entered = np.zeros(p, np.bool_)
    order = np.empty(0, np.int64)
    b = np.zeros(p)
    found = np.zeros((penalties.size, 0))
    intercepts = np.zeros(penalties.size)
    mean = y.mean()
    intercept = np.log(mean / (1 - mean)) if logistic else mean
    eta = np.full(n, intercept)
    residual = y - mean
    known_at, known = residual.copy(), np.abs(rows @ residual) / n
    null = _deviance(y, eta, logistic)
    before, last = penalties[0], null
    for k in range(penalties.size):
        penalty = penalties[k]
        moved = np.sqrt(((residual - known_at) ** 2).sum() / n)
        strong = mix * (2 * penalty - before)
        for j in range(p):
            if not entered[j] and known[j] + moved >= strong * factors[j]:
                size = abs(np.dot(rows[j], residual)) / n
                if size >= strong * factors[j]:
                    entered[j] = True
                    order = np.append(order, j)
        while True:
            intercept = _solve(
                rows, y, b, order, eta, residual, intercept, penalty, mix, factors, logistic,
                TOLERANCE * null,
            )  # fmt: skip
            moved = np.sqrt(((residual - known_at) ** 2).sum() / n)
            late, looked = 0, 0
            for j in range(p):
                limit = penalty * mix * factors[j]
                if entered[j] or known[j] + moved <= limit:
                    continue
                looked += 1
                if abs(np.dot(rows[j], residual)) / n > limit * (1 + 1e-9):
                    entered[j] = True
                    order = np.append(order, j)
                    late += 1
            if looked > p // 20:
                known_at, known = residual.copy(), np.abs(rows @ residual) / n
            if late == 0:
                break
        wide = np.zeros((penalties.size, order.size))
        wide[:, : found.shape[1]] = found
        found = wide
        for place in range(order.size):
            found[k, place] = b[order[place]]
        intercepts[k] = intercept
        before = penalty
        now = _deviance(y, eta, logistic)
        if ends and k + 1 >= FIRST_PENALTIES:
            small = last - now < LEAST_GAIN * null
            if now < (1 - PERFECT) * null or (small and now < null * (1 - LEAST_GAIN)):
                return k + 1, order, found, intercepts
        last = now
    return penalties.size, order, found, intercepts


@njit(cache=True)
def _deviance(y: np.ndarray, eta: np.ndarray, logistic: bool) -> float:
    total = 0.0
    for i in range(y.size):
        if logistic:
            margin = (2 * y[i] - 1) * eta[i]
            if margin > 0:
                total += np.log1p(np.exp(-margin))
            else:
                total += np.log1p(np.exp(margin)) - margin
        else:
            total += (y[i] - eta[i]) ** 2 / 2
    return total / y.size


@njit(cache=True)
def _solve(
    rows: np.ndarray,
    y: np.ndarray,
    b: np.ndarray,
    order: np.ndarray,
    eta: np.ndarray,
    residual: np.ndarray,
    intercept: float,
    penalty: float,
    mix: float,
    factors: np.ndarray,
    logistic: bool,
    tolerance: float,
) -> float:
    """Bring b, eta, residual and the intercept to the optimum among the genes of `order`."""
    n = y.size
    weight = np.ones(n)
    curve = np.ones(order.size)
    work = np.empty(n)
    for _ in range(100):
        if logistic:
            for i in range(n):
                share = 1 / (1 + np.exp(-eta[i]))
                # A sample that is certain keeps a little weight, so that the steps stay finite.
                weight[i] = max(share * (1 - share), 1e-5)
                residual[i] = y[i] - share
            for place in range(order.size):
                row = rows[order[place]]
                total = 0.0
                for i in range(n):
                    total += weight[i] * row[i] * row[i]
                curve[place] = total / n
        work[:] = residual
        heavy = weight.sum()
        largest = 0.0
        full = True
        for _sweep in range(10_000):
            change = 0.0
            for place in range(order.size):
                j = order[place]
                if not full and b[j] == 0:
                    continue
                row = rows[j]
                raw = np.dot(row, work) / n + curve[place] * b[j]
                limit = penalty * mix * factors[j]
                new = 0.0
                if abs(raw) > limit:
                    new = (raw - np.sign(raw) * limit) / (
                        curve[place] + penalty * (1 - mix) * factors[j]
                    )
                step = new - b[j]
                if step != 0:
                    b[j] = new
                    for i in range(n):
                        work[i] -= step * weight[i] * row[i]
                        eta[i] += step * row[i]
                    change = max(change, curve[place] * step * step)
            step = work.sum() / heavy
            if step != 0:
                intercept += step
                for i in range(n):
                    work[i] -= step * weight[i]
                    eta[i] += step
                change = max(change, heavy / n * step * step)
            largest = max(largest, change)
            if change < tolerance:
                if full:
                    break
                full = True
            else:
                full = False
        if logistic:
            for i in range(n):
                residual[i] = y[i] - 1 / (1 + np.exp(-eta[i]))
        else:
            residual[:] = work
        if not logistic or largest < tolerance:
            break
    return intercept
