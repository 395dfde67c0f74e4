"""Recursive elimination by a linear support vector machine, exact, one gene at a time.

With far fewer samples than genes the machine needs the Gram matrix alone. Each elimination takes a
rank-one matrix off it, and the machine starts from the solution of the step before, which stays
feasible: a few sequential minimal steps mend it.

References
----------
Guyon, Weston, Barnhill and Vapnik 2002, Gene selection for cancer classification using support
vector machines, Machine Learning 46:389. Fan, Chen and Lin 2005, Working set selection using second
order information for training support vector machines, Journal of Machine Learning Research 6:1889.
Suykens and Vandewalle 1999, Least squares support vector machine classifiers, Neural Processing
Letters 9:293 (the machine for numbers).
"""

import numpy as np
from numba import njit

TOLERANCE = 1e-6
MOST_STEPS = 100_000
# The downdates round a little each time; so often the Gram matrix is computed afresh.
REFRESH = 500


def eliminate(z: np.ndarray, y: np.ndarray, cost: float = 1.0) -> np.ndarray:
    """Return the step, from 1, in which each gene is eliminated; the last is the best.

    Parameters
    ----------
    z
        Samples × genes, standardised.
    y
        0 and 1 (integers), both of them; or numbers (float), for which the machine is the
        least-squares one.
    cost
        Of the machine.
    """
    return eliminate_by_many(z, y, np.full((1, len(z)), float(cost)))


def eliminate_by_many(z: np.ndarray, y: np.ndarray, costs: np.ndarray) -> np.ndarray:
    """Return the step in which each gene is eliminated by the vote of several machines.

    Parameters
    ----------
    z, y
        As for `eliminate`.
    costs
        Machines × samples: what a sample costs a machine; 0: the machine does not see it.

    References
    ----------
    Duan, Rajapakse, Wang and Azuaje 2005, Multiple SVM-RFE for gene selection in cancer
    classification with expression data, IEEE Transactions on NanoBioscience 4:228: the squares of
    the weights of each machine, all weights of a machine scaled to length 1, enter with their mean
    over the machines divided by their standard deviation.
    """
    genes = np.ascontiguousarray(z.T, dtype=float)
    y = np.asarray(y)
    if y.dtype.kind == "f":
        return _eliminate_for_numbers(genes, y, np.ascontiguousarray(costs, dtype=float))
    sign = np.where(y == 1, 1.0, -1.0)
    return _eliminate(genes, sign, np.ascontiguousarray(costs, dtype=float))


@njit(cache=True)
def _eliminate(genes: np.ndarray, sign: np.ndarray, costs: np.ndarray) -> np.ndarray:
    p, n = genes.shape
    machines = costs.shape[0]
    left = np.arange(p)
    eliminated_at = np.zeros(p)
    gram = genes.T @ genes
    alpha = np.zeros((machines, n))
    gradient = -np.ones((machines, n))
    for step in range(1, p + 1):
        if step % REFRESH == 0:
            kept = genes[left]
            gram = kept.T @ kept
            for k in range(machines):
                gradient[k] = sign * (gram @ (alpha[k] * sign)) - 1
        for k in range(machines):
            _solve(gram, sign, costs[k], alpha[k], gradient[k])
        worst = _least(genes, left, alpha * sign)
        gene = left[worst]
        eliminated_at[gene] = step
        row = genes[gene]
        for k in range(machines):
            gradient[k] -= sign * row * np.dot(row, alpha[k] * sign)
        for i in range(n):
            for j in range(n):
                gram[i, j] -= row[i] * row[j]
        left[worst:-1] = left[worst + 1 :]
        left = left[:-1]
    return eliminated_at


@njit(cache=True)
def _eliminate_for_numbers(genes: np.ndarray, y: np.ndarray, costs: np.ndarray) -> np.ndarray:
    p, n = genes.shape
    machines = costs.shape[0]
    left = np.arange(p)
    eliminated_at = np.zeros(p)
    inverse = np.empty((machines, n, n))
    target = np.zeros((machines, n))
    alpha = np.empty((machines, n))
    for k in range(machines):
        target[k] = _centred(y, costs[k])
    for step in range(1, p + 1):
        if step % REFRESH == 1:
            kept = genes[left]
            gram = kept.T @ kept
            for k in range(machines):
                inverse[k] = _inverse(gram, costs[k])
        for k in range(machines):
            alpha[k] = inverse[k] @ target[k]
        # The weights of a machine sum to zero over its samples, so that genes need no centring.
        worst = _least(genes, left, alpha)
        gene = left[worst]
        eliminated_at[gene] = step
        for k in range(machines):
            row = _centred(genes[gene], costs[k])
            moved = inverse[k] @ row
            inverse[k] += np.outer(moved, moved) / max(1 - np.dot(row, moved), 1e-12)
        left[worst:-1] = left[worst + 1 :]
        left = left[:-1]
    return eliminated_at


@njit(cache=True)
def _centred(values: np.ndarray, cost: np.ndarray) -> np.ndarray:
    """Return the values less their mean over the samples that a machine sees; 0 of the others."""
    seen = cost > 0
    return np.where(seen, values - values[seen].mean(), 0.0)


@njit(cache=True)
def _inverse(gram: np.ndarray, cost: np.ndarray) -> np.ndarray:
    """Return the inverse of the centred Gram matrix of the samples seen, plus 1 / cost."""
    seen = np.where(cost > 0, 1.0, 0.0)
    center = np.diag(seen) - np.outer(seen, seen) / seen.sum()
    penalty = np.where(cost > 0, 1 / np.where(cost > 0, cost, 1.0), 1.0)
    return np.linalg.inv(center @ gram @ center + np.diag(penalty))


@njit(cache=True)
def _least(genes: np.ndarray, left: np.ndarray, signed: np.ndarray) -> int:
    """Return the place of the gene that the machines need least."""
    machines = signed.shape[0]
    squares = np.empty((machines, left.size))
    for k in range(machines):
        for place in range(left.size):
            squares[k, place] = np.dot(genes[left[place]], signed[k]) ** 2
    worst, smallest = 0, np.inf
    if machines == 1:
        for place in range(left.size):
            if squares[0, place] < smallest:
                worst, smallest = place, squares[0, place]
        return worst
    for k in range(machines):
        squares[k] /= max(squares[k].sum(), 1e-300)
    for place in range(left.size):
        spread = squares[:, place].std()
        criterion = squares[:, place].mean() / max(spread, 1e-300)
        if criterion < smallest:
            worst, smallest = place, criterion
    return worst


@njit(cache=True)
def _solve(
    gram: np.ndarray, sign: np.ndarray, cost: np.ndarray, alpha: np.ndarray, gradient: np.ndarray
) -> None:
    """Bring `alpha` and `gradient` to the optimum of the dual, in place."""
    n = sign.size
    for _ in range(MOST_STEPS):
        first, largest = -1, -np.inf
        for i in range(n):
            up = (sign[i] > 0 and alpha[i] < cost[i]) or (sign[i] < 0 and alpha[i] > 0)
            if up and -sign[i] * gradient[i] > largest:
                first, largest = i, -sign[i] * gradient[i]
        second, best, least = -1, np.inf, np.inf
        for j in range(n):
            down = (sign[j] > 0 and alpha[j] > 0) or (sign[j] < 0 and alpha[j] < cost[j])
            if not down:
                continue
            value = -sign[j] * gradient[j]
            least = min(least, value)
            if first >= 0 and value < largest:
                curve = gram[first, first] + gram[j, j] - 2 * gram[first, j]
                gain = -((largest - value) ** 2) / max(curve, 1e-12)
                if gain < best:
                    second, best = j, gain
        if first < 0 or second < 0 or largest - least < TOLERANCE:
            return
        i, j = first, second
        curve = max(gram[i, i] + gram[j, j] - 2 * gram[i, j], 1e-12)
        move = (largest + sign[j] * gradient[j]) / curve
        room_i = cost[i] - alpha[i] if sign[i] > 0 else alpha[i]
        room_j = alpha[j] if sign[j] > 0 else cost[j] - alpha[j]
        move = min(move, room_i, room_j)
        alpha[i] += sign[i] * move
        alpha[j] -= sign[j] * move
        # What lands on an edge lies on it exactly, so that it is known to lie there.
        alpha[i] = min(max(alpha[i], 0.0), cost[i])
        alpha[j] = min(max(alpha[j], 0.0), cost[j])
        for k in range(n):
            gradient[k] += sign[k] * move * (gram[k, i] - gram[k, j])
