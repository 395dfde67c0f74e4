"""A simulated study: data in GEO's own formats whose truth is known, for the demo and the tests."""

from crosshub.simulate.study import simulate_study

__all__ = ["simulate_study"]
