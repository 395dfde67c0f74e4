"""Random numbers: from the one seed of the study and the name of what needs them."""

import hashlib
from typing import Any

import numpy as np


def generator(seed: int, *names: Any) -> np.random.Generator:
    """Return the random numbers that belong to `names`; the same for any number of jobs."""
    digest = hashlib.sha256("\0".join(map(str, names)).encode()).digest()
    return np.random.default_rng([seed, *np.frombuffer(digest[:16], np.uint32).tolist()])


def derived_seed(seed: int, *names: Any) -> int:
    """Return a seed that belongs to `names`, for libraries that take an integer."""
    return int(generator(seed, *names).integers(2**31))
