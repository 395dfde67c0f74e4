"""Chemprop, an optional package: what it does where it is installed, and what is said elsewhere."""

import importlib.util

import numpy as np
import pandas as pd
import pytest
from crosshub.errors import DataError
from crosshub.qsar import message_passing
from crosshub.qsar.models import fit_predict
from crosshub.qsar.scoring import score_candidates
from crosshub.qsar.validation import Settings, q2, validate
from crosshub.simulate.activities import draw_activities

installed = pytest.mark.skipif(
    importlib.util.find_spec("chemprop") is None, reason="chemprop is not installed"
)


def test_without_it_the_remedy_is_said(monkeypatch):
    monkeypatch.setattr(message_passing.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(DataError, match="'chemprop' is not installed: run `pip install chemprop`"):
        fit_predict("chemprop", np.array(["C"]), np.ones(1), np.array(["C"]), seed=1)


@installed
def test_it_sees_a_planted_activity_and_repeats_itself():
    table = draw_activities(np.random.default_rng(0), compounds=160)
    smiles, activity = table["smiles"].to_numpy(object), table["activity"].to_numpy()
    own = smiles[::2], activity[::2], smiles[1::2]
    first, second = (fit_predict("chemprop", *own, seed=3) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert q2(activity[1::2], first, np.full(80, activity[::2].mean())) > 0.4


@installed
def test_it_is_validated_and_scores_as_the_others():
    table = draw_activities(np.random.default_rng(1), compounds=40)
    compounds = table.assign(
        inchikey=[f"K{i}" for i in range(40)], scaffold=[f"S{i // 2}" for i in range(40)]
    )
    settings = Settings("chemprop", folds=2, repeats=1, scramblings=1, threads=2)
    predictions, scrambled = validate(compounds, settings, np.random.default_rng(1))
    assert np.isfinite(predictions["predicted"]).all()
    assert len(scrambled) == 2
    asked = pd.DataFrame({"rank": [1], "name": ["x"], "inchikey": ["X"], "smiles": ["CCO"]})
    bands = pd.DataFrame({"nearness_low": [0.0], "half_width": [1.0]})
    left_out = pd.DataFrame(columns=["inchikey"])
    found = score_candidates(asked, compounds.assign(measurements=1), left_out, bands,
                             model="chemprop", seed=1)  # fmt: skip
    assert np.isfinite(found["activity"]).all()
