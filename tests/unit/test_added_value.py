"""What the score adds to covariates: against statsmodels, planted truth, and under the null."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from crosshub.added_value import ADDED, added_value
from scipy.stats import chi2, kstest


def asked(make_cohort, rng, *, of_age=0.0, own=0.0, n=60, way="validation"):
    """Return the table for a cohort in which cases are older, and the score knows age or more."""
    cohort = make_cohort("new", n_cases=n // 2, n_controls=n // 2, genes=5)
    case = cohort.is_case.to_numpy()
    age = 50 + 5 * (rng.normal(size=n) + case)
    sex = np.where(rng.uniform(size=n) < 0.5, "f", "m")
    samples = cohort.samples.assign(age=age, sex=sex)
    cohort = replace(cohort, samples=samples, covariates=("age", "sex"), role="validation")
    score = rng.normal(size=n) + of_age * (age - 52) / 5 + own * case
    predictions = pd.DataFrame(
        {"resampling": way, "unit": "new", "fold": 0, "disease": "disease", "cohort": "new",
         "sample": samples.index, "identity": samples["identity"], "case": case,
         "outcome": np.nan, "score": score}
    )  # fmt: skip
    return added_value(predictions, [cohort], seed=1), samples, predictions


def test_the_test_is_the_likelihood_ratio_of_ordinary_logistic_models(make_cohort):
    table, samples, predictions = asked(make_cohort, np.random.default_rng(0), own=0.7)
    row = table.iloc[0]
    assert list(table.columns) == ADDED
    clinical = pd.DataFrame({"one": 1.0, "age": samples["age"], "m": (samples["sex"] == "m") * 1.0})
    case = predictions["case"].to_numpy(float)
    fits = [
        sm.Logit(case, design.to_numpy()).fit(disp=0).llf
        for design in (clinical, clinical.assign(score=predictions["score"].to_numpy()))
    ]
    assert row["chi_square"] == pytest.approx(2 * (fits[1] - fits[0]), rel=1e-3)
    assert row["p_value"] == pytest.approx(chi2.sf(row["chi_square"], 1))
    assert (row["n_cases"], row["n_controls"], row["covariates"]) == (30, 30, "age,sex")


def test_a_score_that_knows_more_than_age_adds_to_it(make_cohort):
    row = asked(make_cohort, np.random.default_rng(1), own=2.0)[0].iloc[0]
    assert row["p_value"] < 1e-4
    assert row["auc_both"] > row["auc_covariates"] + 0.08


def test_a_score_that_is_age_in_disguise_adds_nothing(make_cohort):
    p_values, auc = [], []
    for seed in range(80):
        row = asked(make_cohort, np.random.default_rng(seed), of_age=1.0)[0].iloc[0]
        p_values.append(row["p_value"])
        auc.append(row["auc_score"])
    assert np.mean(auc) > 0.65
    # More than ten of 80 are a matter of one in a thousand.
    assert np.sum(np.array(p_values) <= 0.05) <= 10
    assert kstest(p_values, "uniform").pvalue > 0.001


def test_cohorts_that_were_seen_or_have_no_covariates_are_not_asked(make_cohort):
    rng = np.random.default_rng(2)
    assert asked(make_cohort, rng, way="cv")[0].empty
    _, _, predictions = asked(make_cohort, rng)
    plain = make_cohort("new", n_cases=30, n_controls=30, genes=5)
    assert list(added_value(predictions, [plain], seed=1).columns) == ADDED


def test_a_constant_score_has_no_p_value(make_cohort):
    _, samples, predictions = asked(make_cohort, np.random.default_rng(3))
    cohort = make_cohort("new", n_cases=30, n_controls=30, genes=5)
    cohort = replace(cohort, samples=samples, covariates=("age",))
    row = added_value(predictions.assign(score=0.3), [cohort], seed=1).iloc[0]
    assert np.isnan(row["p_value"])
    assert row["auc_score"] == 0.5
