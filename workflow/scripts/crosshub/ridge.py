"""Ridge logistic regression of many small designs at once."""

import numpy as np

STEPS = 60
TOLERANCE = 1e-9
LARGEST_STEP = 4.0


def ridge_logistic(
    z: np.ndarray, y: np.ndarray, cost: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """Fit a ridge logistic model to each of many designs, by Newton's method.

    Parameters
    ----------
    z
        Models × samples × genes, standardised.
    y
        Models × samples, 1 for a case; both groups in each.
    cost
        Inverse penalty of the weights; the intercept is not penalised.

    Returns
    -------
    tuple of ndarray
        Weights (models × genes) and intercepts; those of scikit-learn's LogisticRegression(C=cost).
    """
    models, samples, genes = z.shape
    x = np.concatenate([z, np.ones((models, samples, 1))], axis=2)
    penalty = np.append(np.full(genes, 1 / cost), 0.0)
    theta = np.zeros((models, genes + 1))
    active = np.arange(models)
    for _ in range(STEPS):
        if not active.size:
            break
        own, weights = x[active], theta[active]
        p = 1 / (1 + np.exp(-np.clip(np.einsum("bnp,bp->bn", own, weights), -35, 35)))
        gradient = np.einsum("bnp,bn->bp", own, p - y[active]) + penalty * weights
        curve = np.maximum(p * (1 - p), 1e-12)
        hessian = np.einsum("bnp,bn,bnq->bpq", own, curve, own, optimize=True) + np.diag(penalty)
        step = np.linalg.solve(hessian, gradient[..., None])[..., 0]
        length = np.abs(step).max(axis=1, keepdims=True)
        step *= np.minimum(1, LARGEST_STEP / np.maximum(length, 1e-300))
        theta[active] -= step
        active = active[length[:, 0] > TOLERANCE]
    return theta[:, :-1], theta[:, -1]
