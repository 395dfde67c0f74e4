"""Ridge regression, logistic or linear, of many small designs at once."""

import numpy as np

STEPS = 60
TOLERANCE = 1e-9
LARGEST_STEP = 4.0


def ridge_logistic(
    z: np.ndarray,
    y: np.ndarray,
    cost: float | np.ndarray = 1.0,
    weights: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Fit a ridge logistic model to each of many designs, by Newton's method.

    Parameters
    ----------
    z
        Models × samples × genes, standardised.
    y
        Models × samples, 1 for a case; both groups in each.
    cost
        Inverse penalty of the coefficients, one for all models or one each; the intercept is not
        penalised.
    weights
        Models × samples: how much a sample counts; 0: the model does not see it.

    Returns
    -------
    tuple of ndarray
        Coefficients (models × genes) and intercepts, as of scikit-learn's LogisticRegression.
    """
    models, samples, genes = z.shape
    x = np.concatenate([z, np.ones((models, samples, 1))], axis=2)
    penalty = np.zeros((models, genes + 1))
    penalty[:, :genes] = 1 / np.broadcast_to(np.asarray(cost, float), models)[:, None]
    counts = np.ones((models, samples)) if weights is None else np.asarray(weights, float)
    theta = np.zeros((models, genes + 1))
    active = np.arange(models)
    for _ in range(STEPS):
        if not active.size:
            break
        own, b, count = x[active], theta[active], counts[active]
        p = 1 / (1 + np.exp(-np.clip(np.einsum("bnp,bp->bn", own, b), -35, 35)))
        gradient = np.einsum("bnp,bn->bp", own, count * (p - y[active]))
        gradient += penalty[active] * b
        curve = count * np.maximum(p * (1 - p), 1e-12)
        hessian = np.einsum("bnp,bn,bnq->bpq", own, curve, own, optimize=True)
        hessian += penalty[active][:, :, None] * np.eye(genes + 1)
        step = np.linalg.solve(hessian, gradient[..., None])[..., 0]
        length = np.abs(step).max(axis=1, keepdims=True)
        step *= np.minimum(1, LARGEST_STEP / np.maximum(length, 1e-300))
        theta[active] -= step
        active = active[length[:, 0] > TOLERANCE]
    return theta[:, :-1], theta[:, -1]


def ridge_linear(
    z: np.ndarray,
    y: np.ndarray,
    cost: float | np.ndarray = 1.0,
    weights: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Fit a ridge linear model to each of many designs, in closed form.

    Parameters
    ----------
    z, cost, weights
        As for `ridge_logistic`.
    y
        Models × samples, numbers.

    Returns
    -------
    tuple of ndarray
        Coefficients (models × genes) and intercepts, as of scikit-learn's Ridge with
        ``alpha = 1 / cost``.
    """
    models, samples, genes = z.shape
    counts = np.ones((models, samples)) if weights is None else np.asarray(weights, float)
    total = counts.sum(axis=1)
    middle = np.einsum("bnp,bn->bp", z, counts) / total[:, None]
    mean = (counts * y).sum(axis=1) / total
    x, residual = z - middle[:, None, :], y - mean[:, None]
    gram = np.einsum("bnp,bn,bnq->bpq", x, counts, x, optimize=True)
    penalty = 1 / np.broadcast_to(np.asarray(cost, float), models)
    gram += penalty[:, None, None] * np.eye(genes)
    moment = np.einsum("bnp,bn->bp", x, counts * residual)
    coefficients = np.linalg.solve(gram, moment[..., None])[..., 0]
    return coefficients, mean - (coefficients * middle).sum(axis=1)
