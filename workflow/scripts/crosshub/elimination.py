"""Recursive elimination by a linear support vector machine, exact, one gene at a time.

With far fewer samples than genes the machine needs the Gram matrix alone. Each elimination takes a
rank-one matrix off it, and the machine starts from the solution of the step before, which stays
feasible: a few sequential minimal steps mend it.

References
----------
Guyon, Weston, Barnhill and Vapnik 2002, Gene selection for cancer classification using support
vector machines, Machine Learning 46:389. Fan, Chen and Lin 2005, Working set selection using second
order information for training support vector machines, Journal of Machine Learning Research 6:1889.
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
        0 and 1, both of them.
    cost
        Of the machine.
    """
    genes = np.ascontiguousarray(z.T, dtype=float)
    sign = np.where(np.asarray(y) == 1, 1.0, -1.0)
    return _eliminate(genes, sign, float(cost))


@njit(cache=True)
def _eliminate(genes: np.ndarray, sign: np.ndarray, cost: float) -> np.ndarray:
    p, n = genes.shape
    left = np.arange(p)
    eliminated_at = np.zeros(p)
    gram = genes.T @ genes
    alpha = np.zeros(n)
    gradient = -np.ones(n)
    for step in range(1, p + 1):
        if step % REFRESH == 0:
            kept = genes[left]
            gram = kept.T @ kept
            gradient = sign * (gram @ (alpha * sign)) - 1
        _solve(gram, sign, cost, alpha, gradient)
        signed = alpha * sign
        worst, smallest = 0, np.inf
        for place in range(left.size):
            weight = np.dot(genes[left[place]], signed)
            if weight * weight < smallest:
                worst, smallest = place, weight * weight
        gene = left[worst]
        eliminated_at[gene] = step
        row = genes[gene]
        gradient -= sign * row * np.dot(row, signed)
        for i in range(n):
            for j in range(n):
                gram[i, j] -= row[i] * row[j]
        left[worst:-1] = left[worst + 1 :]
        left = left[:-1]
    return eliminated_at


@njit(cache=True)
def _solve(
    gram: np.ndarray, sign: np.ndarray, cost: float, alpha: np.ndarray, gradient: np.ndarray
) -> None:
    """Bring `alpha` and `gradient` to the optimum of the dual, in place."""
    n = sign.size
    for _ in range(MOST_STEPS):
        first, largest = -1, -np.inf
        for i in range(n):
            up = (sign[i] > 0 and alpha[i] < cost) or (sign[i] < 0 and alpha[i] > 0)
            if up and -sign[i] * gradient[i] > largest:
                first, largest = i, -sign[i] * gradient[i]
        second, best, least = -1, np.inf, np.inf
        for j in range(n):
            down = (sign[j] > 0 and alpha[j] > 0) or (sign[j] < 0 and alpha[j] < cost)
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
        room_i = cost - alpha[i] if sign[i] > 0 else alpha[i]
        room_j = alpha[j] if sign[j] > 0 else cost - alpha[j]
        move = min(move, room_i, room_j)
        alpha[i] += sign[i] * move
        alpha[j] -= sign[j] * move
        # What lands on an edge lies on it exactly, so that it is known to lie there.
        alpha[i] = min(max(alpha[i], 0.0), cost)
        alpha[j] = min(max(alpha[j], 0.0), cost)
        for k in range(n):
            gradient[k] += sign[k] * move * (gram[k, i] - gram[k, j])
