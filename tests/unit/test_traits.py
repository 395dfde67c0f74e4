import numpy as np
import pandas as pd
import pytest
from crosshub.coexpression.traits import gene_significance, module_traits, sample_traits
from scipy import stats


@pytest.fixture
def samples():
    return pd.DataFrame(
        {
            "group": ["case"] * 5 + ["control"] * 5,
            "identity": [f"p{i}" for i in range(10)],
            "reason": "disease=yes",
            "age": [str(40 + i) for i in range(9)] + [""],
            "sex": ["f", "m"] * 5,
            "site": ["hip", "knee", "spine", None, "hip"] * 2,
            "barcode": [f"x{i}" for i in range(10)],
            "tissue": "synovium",
        },
        index=[f"s{i}" for i in range(10)],
    )


def test_every_column_that_can_be_a_trait_is_one(samples):
    traits = sample_traits(samples)
    assert list(traits) == ["case", "age", "sex", "site"]
    assert traits["case"].tolist() == [1.0] * 5 + [0.0] * 5
    assert traits["age"].iloc[:9].tolist() == list(range(40, 49))
    assert np.isnan(traits["age"].iloc[9])
    profiles = pd.DataFrame(np.random.default_rng(0).normal(size=(2, 10)), ["M1", "M2"])
    profiles.columns = samples.index
    table = module_traits(profiles, traits)
    assert set(table["trait"]) == {"case", "age", "sex=f", "site=hip", "site=knee", "site=spine"}
    assert table.set_index("trait").loc["age", "n"].tolist() == [9, 9]


def test_a_sample_of_two_tables_counts_once_and_columns_may_differ(samples):
    other = samples.drop(columns="sex").iloc[5:].assign(age="70")
    more = other.set_axis([f"t{i}" for i in range(5)])
    traits = sample_traits(samples, other, more)
    assert list(traits.index) == [*samples.index, *more.index]
    assert traits.loc["s6", "age"] == 46
    assert traits.loc["t1", "age"] == 70
    assert traits.loc[more.index, "sex"].isna().all()


def test_gene_significance_equals_scipy(samples):
    rng = np.random.default_rng(1)
    expression = pd.DataFrame(rng.normal(size=(30, 10)), [f"g{i}" for i in range(30)])
    expression.columns = samples.index
    expression.loc["g3"] = 7.0
    expression.loc["g5"] += 8.0 * (samples["group"] == "case")
    table = gene_significance(expression, sample_traits(samples)[["case", "age"]])
    assert list(table) == ["gene", "trait", "correlation", "p_value", "fdr", "n"]
    assert len(table) == 58
    assert "g3" not in set(table["gene"])
    age = pd.to_numeric(samples["age"]).dropna()
    for row in table[table["trait"] == "age"].itertuples():
        r, p = stats.pearsonr(expression.loc[row.gene, age.index], age)
        np.testing.assert_allclose([row.correlation, row.p_value], [r, p], rtol=1e-9)
    for _, part in table.groupby("trait"):
        np.testing.assert_allclose(part["fdr"], stats.false_discovery_control(part["p_value"]))
    case = table[table["trait"] == "case"].set_index("gene")
    assert case["p_value"].idxmin() == "g5"


def test_gene_significance_without_traits_is_empty(samples):
    expression = pd.DataFrame(np.ones((3, 10)), columns=samples.index)
    table = gene_significance(expression, pd.DataFrame(index=samples.index))
    assert table.empty
    assert list(table) == ["gene", "trait", "correlation", "p_value", "fdr", "n"]
