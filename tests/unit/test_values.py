"""The scale of a matrix: planted truths, real arrays, and what is done with each scale."""

import gzip

import numpy as np
import pandas as pd
import pytest
from crosshub import geo
from crosshub.errors import DataError
from crosshub.values import choose, claims, normal_scores, recognise, to_log2, to_m_values
from scipy import stats

REAL = ["GSE55235", "GSE55457", "GSE30528", "GSE19420", "GSE35958"]
REFUSED = {"ambiguous", "mixed", "constant", "signed"}


def log2_array(n=12, probes=3000, seed=0):
    """Log2 expression as of an array: skewed levels, and a noise that each probe has for itself."""
    rng = np.random.default_rng(seed)
    level = np.minimum(2.5 + rng.gamma(2, 1.6, probes), 15.5)
    noise = np.exp(rng.normal(np.log(0.35), 0.5, probes))
    group = np.where(np.arange(n) < n // 2, 1, 0) * rng.normal(0, 0.5, (probes, 1))
    values = level[:, None] + noise[:, None] * (rng.normal(size=(probes, n)) + group)
    names = [f"GSM{i + 1}" for i in range(n)]
    return pd.DataFrame(values, index=[f"p{i}" for i in range(probes)], columns=names)


def by_probe(table, centre, spread=1.0):
    return table.sub(centre, axis=0).div(spread, axis=0)


def disguises(log2, rng):
    """Yield (what it is, what the submitter says, matrix): one truth in every scale of GEO."""
    ln, log10 = np.log(2), np.log10(2)
    linear = (2**log2 - 1).clip(lower=0)
    centred = by_probe(log2, log2.median(axis=1))
    sd = log2.std(axis=1)
    z = by_probe(log2, log2.mean(axis=1), sd)[sd > 0]
    some = list(rng.permutation(log2.columns)[: max(6, log2.shape[1] // 2)])
    mixed = log2.copy()
    mixed.iloc[:, 0] = linear.iloc[:, 0]
    some_centred = log2.copy()
    some_centred.iloc[:, :2] = centred.iloc[:, :2]
    ranked = log2.rank(method="first").astype(int).to_numpy() - 1
    common = np.sort(log2.to_numpy(), axis=0).mean(axis=1)
    quantile = pd.DataFrame(common[ranked], log2.index, log2.columns)
    iqr = (log2.quantile(0.75) - log2.quantile(0.25)) / 1.349
    depth = 0.1 * rng.uniform(0.5, 2, log2.shape[1])
    counts = pd.DataFrame(rng.poisson(linear * depth), log2.index, log2.columns).astype(float)
    fpkm = counts / counts.sum() * 1e6 / rng.uniform(0.5, 5, (len(counts), 1))
    yield "linear", "MAS5.0 signal intensity", linear
    yield "linear", "", linear.round(1)
    yield "linear", "RMA", linear
    yield "linear", "GCOS", linear.clip(lower=1).round()
    yield "linear", "as exported", linear.clip(lower=1).round()
    yield "linear", "", linear / linear.median()
    yield "linear", "", 2**centred
    yield "linear", "FPKM", fpkm
    yield "log2", "", log2
    yield "log2", "GCRMA", log2
    yield "log2", "quantile normalised", quantile
    yield "log2", "Baseline is the median of all samples, RMA16", centred
    yield "log2", "log2 ratios", centred[some]
    yield "log2", "", centred
    yield "log2", "percentile shift, GeneSpring", log2 - log2.quantile(0.75)
    yield "log2", "log2(FPKM + 1)", np.log2(fpkm + 1)
    yield "log2", "FPKM", np.log2(fpkm + 1)
    yield "ln", "natural logarithm", log2 * ln
    yield "ln", "", log2 * ln
    yield "ln", "", centred * ln
    yield "ln", "ln of the ratio to the median", centred * ln
    yield "log10", "log10 transformed", log2 * log10
    yield "log10", "", log2 * log10
    yield "log10", "", centred * log10
    yield "log10", "log 10 ratio", centred * log10
    yield "standardised", "", z
    yield "standardised", "", z[some]
    yield "standardised", "z-scores", z[list(z.columns[: max(6, z.shape[1] // 2)])]
    yield "standardised", "RMA", (log2 - log2.mean()) / log2.std(ddof=0)
    yield "standardised", "", (log2 - log2.median()) / iqr
    yield "counts", "", counts
    yield "beta", "", 1 / (1 + 2 ** -(log2 - 6))
    yield "mixed", "", mixed
    yield "mixed", "RMA, log2", some_centred


def confusion(matrices, seed=0):
    rng = np.random.default_rng(seed)
    told = [
        (truth, recognise(table, said).name, said)
        for log2 in matrices
        for truth, said, table in disguises(log2, rng)
    ]
    return pd.DataFrame(told, columns=["truth", "told", "said"])


def wrong(table):
    return table[(table["told"] != table["truth"]) & ~table["told"].isin(REFUSED)]


@pytest.fixture(scope="module")
def real(mirror):
    found = {}
    for name in REAL:
        place = mirror / "series" / geo.folder_of(name) / "matrix"
        found[name] = geo.read_series_matrix(place / f"{name}_series_matrix.txt.gz")
    return found


@pytest.mark.parametrize("n", [6, 12, 40])
def test_no_planted_scale_is_taken_for_another(n):
    table = confusion([log2_array(n, seed=seed) for seed in range(4)])
    assert wrong(table).empty, wrong(table).to_string()
    # What names its base, or needs none, is not refused.
    silent = (table["said"] == "") & table["truth"].isin(["ln", "log10", "log2"])
    clear = table[~silent & ~table["said"].isin(["FPKM", "as exported"])]
    assert (clear["told"] == clear["truth"]).all(), clear[clear["told"] != clear["truth"]]
    plain = table[(table["truth"] == "log2") & (table["said"] == "")]
    assert plain["told"].value_counts().to_dict() == {"log2": 4, "ambiguous": 4}


def test_no_disguise_of_a_real_array_is_taken_for_another(real):
    logged = [
        np.log2(real[name].values.iloc[::4] + 1) for name in ("GSE55235", "GSE55457", "GSE35958")
    ]
    table = confusion([*logged, real["GSE19420"].values.iloc[::4]])
    assert wrong(table).empty, wrong(table).to_string()
    clear = table[~table["said"].isin(["", "FPKM", "as exported"])]
    assert (clear["told"] == clear["truth"]).all(), clear[clear["told"] != clear["truth"]]


def test_real_arrays_are_on_the_scale_that_is_known_of_them(real):
    told = {name: recognise(series.values, series.processing) for name, series in real.items()}
    assert {name: scale.name for name, scale in told.items()} == {
        "GSE55235": "linear",
        "GSE55457": "linear",
        "GSE30528": "log2",
        "GSE19420": "log2",
        "GSE35958": "linear",
    }
    assert [name for name, scale in told.items() if scale.evidence["centred"]] == ["GSE30528"]
    assert told["GSE30528"].evidence["decided_by"].endswith("text")
    assert told["GSE19420"].evidence["quantile_normalised"]
    assert told["GSE55235"].evidence["votes"] == {"linear": 30}


def test_centred_values_of_an_unnamed_base_are_refused_with_the_remedy(real):
    series = real["GSE30528"]
    told = recognise(series.values)
    assert told.name == "ambiguous"
    with pytest.raises(DataError, match=r"may be ln or log2, .* set the column scale"):
        to_log2(series.values, told)
    chosen = choose(series.values, "log2")
    assert to_log2(series.values, chosen)[1]["decided_by"] == "the table of cohorts (scale)"


def test_the_scale_does_not_depend_on_gaps_or_infinite_values():
    log2 = log2_array()
    for table, name in [(2**log2, "linear"), (log2, "log2")]:
        holed = table.mask(np.random.default_rng(3).random(table.shape) < 0.3)
        holed.iloc[0, 0], holed.iloc[1, 1] = np.inf, -np.inf
        logged, record = to_log2(holed, recognise(holed))
        assert record["scale"] == name
        np.testing.assert_array_equal(np.isfinite(logged), np.isfinite(holed))
        assert np.isfinite(list(record["quantiles"].values())).all()


def test_samples_on_another_scale_are_named():
    log2 = log2_array(30)
    log2[["GSM4", "GSM9", "GSM17"]] = 2 ** log2[["GSM4", "GSM9", "GSM17"]]
    told = recognise(log2, "RMA, log2")
    assert told.evidence["votes"] == {"linear": 3, "log2": 27}
    with pytest.raises(DataError, match=r"3 samples are .* \(GSM4, GSM9, GSM17; the others: log2"):
        to_log2(log2, told)
    half = log2_array(8)
    half.iloc[:, :4] = 2 ** half.iloc[:, :4]
    assert len(recognise(half).evidence["odd_samples"]) == 4
    insisted = choose(log2, "log2")
    assert "GSM4, GSM9, GSM17" in " ".join(insisted.warnings)


def test_a_sample_of_one_value_is_named_whatever_the_user_chose():
    log2 = log2_array()
    log2["GSM2"] = 7.0
    for choice in ("", "auto", "log2", "rank"):
        with pytest.raises(DataError, match=r"1 samples have one value for all probes \(GSM2\)"):
            to_log2(log2, choose(log2, choice))


def test_refusals_say_what_to_do():
    log2 = log2_array()
    z = by_probe(log2, log2.mean(axis=1), log2.std(axis=1))
    negative = 2**log2 - 2**6.5
    assert (negative < 0).to_numpy().mean() > 0.5
    for table, remedy in [
        (z, "scale of the table of cohorts to rank"),
        ((2**log2).round().where(log2 > 3, 0), "kind=counts"),
        (1 / (1 + 2 ** -(log2 - 6)), "kind=methylation"),
        (negative, "to linear to take the negative ones for zero"),
    ]:
        with pytest.raises(DataError, match=remedy) as caught:
            to_log2(table, recognise(table))
        assert "\n" not in str(caught.value)
    with pytest.raises(DataError, match="more than half of the values of sample GSM"):
        to_log2(negative, choose(negative, "linear"))


def test_every_logarithm_comes_back_to_the_same_log2():
    log2 = log2_array()
    for name, factor in [("log2", 1), ("ln", np.log(2)), ("log10", np.log10(2))]:
        logged, record = to_log2(log2 * factor, choose(log2 * factor, name))
        np.testing.assert_allclose(logged, log2)
        assert record["units"] == "log2 expression"
    linear, record = to_log2(2**log2 - 1, recognise(2**log2 - 1))
    np.testing.assert_allclose(linear, log2.clip(lower=0), atol=1e-9)
    assert record["transformation"] == "log2(max(x, 0) + 1)"


def test_negative_intensities_do_not_become_gaps():
    linear = 2 ** log2_array()
    linear.iloc[:100] = -20
    logged, record = to_log2(linear, recognise(linear))
    assert np.isfinite(logged).all(axis=None)
    assert (logged.iloc[:100] == 0).all(axis=None)
    assert record["negative_values"] == 1200
    assert "1200 negative values were taken for zero" in record["warnings"]


def test_small_linear_values_keep_their_differences():
    """Signals over the median of their array: one added would halve most differences."""
    log2 = log2_array()
    small = 2**log2 / (2**log2).median()
    logged, record = to_log2(small, recognise(small))
    assert "hundredth" in record["transformation"]
    true = log2 - np.log2((2**log2).median())
    middle = (true.median(axis=1) > -2).to_numpy()
    seen = by_probe(logged, logged.median(axis=1))[middle].to_numpy()
    wanted = by_probe(true, true.median(axis=1))[middle].to_numpy()
    assert np.polyfit(wanted.ravel(), seen.ravel(), 1)[0] == pytest.approx(1, abs=0.03)
    flattened = by_probe(np.log2(small + 1), np.log2(small + 1).median(axis=1))[middle]
    assert np.polyfit(wanted.ravel(), flattened.to_numpy().ravel(), 1)[0] < 0.8


def test_a_floor_far_below_the_signals_does_not_explode():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(2 ** rng.normal(8, 3, (900, 8)), columns=[f"GSM{i}" for i in range(8)])
    table.iloc[:600] = 0.1
    logged, record = to_log2(table, choose(table, "linear"))
    assert record["transformation"] == "log2(max(x, 0) + 1)"
    assert logged.min(axis=None) > 0


def test_a_sample_is_transformed_by_itself():
    log2 = log2_array()
    for table, choice in [(2**log2, "linear"), (2**log2 / 50, "linear"), (log2, "rank")]:
        together, _ = to_log2(table, choose(table, choice))
        for name in ("GSM1", "GSM7"):
            alone, _ = to_log2(table[[name]], choose(table[[name]], choice))
            pd.testing.assert_series_equal(alone[name], together[name])


def test_normal_scores_are_blom_like_and_keep_gaps():
    table = pd.DataFrame({"a": [10.0, 30, 20, np.nan, 20], "b": [1.0, 2, 3, 4, 5]})
    scores = normal_scores(table)
    expected = stats.norm.ppf([0.5 / 4, 3.5 / 4, 2 / 4, np.nan, 2 / 4])
    np.testing.assert_allclose(scores["a"], expected, atol=1e-12)
    np.testing.assert_allclose(scores["b"], -scores["b"][::-1], atol=1e-12)
    logged, record = to_log2(log2_array(), choose(log2_array(), "rank"))
    assert record["units"] == "normal scores of within-sample ranks"
    np.testing.assert_allclose(logged.mean(), 0, atol=1e-9)
    np.testing.assert_allclose(logged.std(), 1, atol=0.01)


def test_a_choice_against_the_numbers_is_warned_of():
    log2 = log2_array()
    assert choose(log2, "log2").warnings == ()
    assert "look like linear" in choose(2**log2, "log2").warnings[0]
    assert "look like log2" in choose(log2, "linear").warnings[0]
    assert "not log2" in choose(log2, "scaled").warnings[0]
    assert to_log2(log2, choose(log2, "scaled"))[1]["units"] == "units of the submitter"


def test_a_choice_that_is_none_is_refused():
    with pytest.raises(DataError, match="scale=log3 is no scale: choose one of linear, log2"):
        choose(log2_array(), "log3")


def test_samples_on_either_side_of_the_limit_of_negative_values_are_refused_together():
    linear = 2 ** log2_array()
    middle = linear.stack().quantile(0.25)
    assert recognise(linear - middle).name == "signed"


def test_the_text_never_outvotes_numbers_that_decide():
    log2 = log2_array()
    told = recognise(2**log2, "log2 transformed")
    assert told.name == "linear"
    assert told.warnings == ("the submitter's text speaks of log2, the numbers are linear",)


def test_a_base_that_the_numbers_do_not_allow_is_refused():
    log2 = log2_array()
    told = recognise(log2, "values are the natural log")
    assert (told.name, told.evidence["possible"]) == ("ambiguous", ["ln", "log2"])
    assert recognise(log2 * np.log10(2), "RMA").evidence["possible"] == ["log10", "log2"]


def test_reads_per_kilobase_are_linear_and_a_note_says_so():
    told = {
        truth: table
        for truth, said, table in disguises(log2_array(), np.random.default_rng(0))
        if said == "FPKM" and truth == "linear"
    }
    logged, record = to_log2(told["linear"], recognise(told["linear"]))
    assert record["transformation"] == "log2(max(x, 0) + 1)"
    assert "are zero, as in reads per kilobase" in record["warnings"][0]
    assert logged.min(axis=None) == 0


def test_whole_numbers_without_zeros_need_a_witness():
    whole = (2 ** log2_array()).round().clip(lower=1)
    for said, name in [
        ("MAS5", "linear"),
        ("HTSeq", "counts"),
        ("", "ambiguous"),
        ("raw bead counts of GenomeStudio", "ambiguous"),
    ]:
        assert recognise(whole, said).name == name
    with pytest.raises(DataError, match="may be counts or linear"):
        to_log2(whole, recognise(whole))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("GCOS", {"linear_method"}),
        ("MAS 5.0 software", {"linear_method"}),
        ("log2-transformed GCRMA", {"log2", "log2_method"}),
        ("Log (base 2) of MAS5", {"log2", "linear_method"}),
        ("logarithm to base two", {"log2"}),
        ("log_2 scale", {"log2"}),
        ("log(2) scale", {"log2"}),
        ("quantile normalization in lumi", {"quantile", "log2_method"}),
        ("Illumina GenomeStudio", {"linear_method"}),
        ("log10 of the ratio", {"log10"}),
        ("natural log transformation", {"ln"}),
        ("z-score transformed", {"standardised"}),
        ("median centered", {"centred"}),
        ("read counts by HTSeq", {"counts"}),
        ("FPKM", {"normalised_reads"}),
        ("Average Beta value", {"beta"}),
        ("genes with log2 fold change > 1, log2FC < -1", set()),
        ("log20, prologue 2, karma, columbetas", set()),
        ("", set()),
    ],
)
def test_words_of_the_submitter(text, found):
    assert claims(text) == found


def test_beta_values_become_m_values():
    beta = pd.DataFrame({"GSM1": [0, 0.5, 0.8, 1, np.nan], "GSM2": [0.1, 0.2, 0.3, 0.4, 0.5]})
    m, record = to_m_values(beta)
    middle = beta[(beta > 0.05) & (beta < 0.95)]
    np.testing.assert_allclose(m[middle.notna()], np.log2(middle / (1 - middle)), atol=0.02)
    assert m["GSM1"].iloc[1] == 0
    assert m["GSM1"].iloc[0] == pytest.approx(-m["GSM1"].iloc[3])
    assert -10 < m["GSM1"].iloc[0] < -9
    assert np.isnan(m["GSM1"].iloc[4])
    assert (record["scale"], record["units"]) == ("beta", "M-value")


def test_m_values_stay_and_nothing_else_is_taken_for_methylation():
    rng = np.random.default_rng(0)
    level = np.where(rng.random(2000) < 0.5, -3.5, 3) + rng.normal(size=2000)
    m = pd.DataFrame(level[:, None] + rng.normal(0, 0.3, (2000, 8)))
    kept, record = to_m_values(m)
    pd.testing.assert_frame_equal(kept, m)
    assert record["scale"] == "M-value"
    log2 = log2_array()
    for table in (log2, 2**log2, by_probe(log2, log2.median(axis=1)) * 3, m * 100, m / 10):
        with pytest.raises(DataError, match=r"outside \[0, 1\]"):
            to_m_values(table)


def test_a_simulated_series_of_the_demo_is_told_from_its_file(tmp_path):
    """The smallest round trip: a matrix as text, gzipped, read, told."""
    log2 = log2_array(6, probes=200)
    samples = "\t".join(f'"{name}"' for name in log2)
    said = "\t".join(['"RMA, log2"'] * 6)
    rows = "\n".join("\t".join([f'"{probe}"', *map(str, row)]) for probe, row in log2.T.items())
    text = (
        f'!Series_geo_accession\t"GSE1"\n!Sample_geo_accession\t{samples}\n'
        f'!Sample_data_processing\t{said}\n!series_matrix_table_begin\n"ID_REF"\t{samples}\n'
        f"{rows}\n!series_matrix_table_end\n"
    )
    path = tmp_path / "GSE1_series_matrix.txt.gz"
    path.write_bytes(gzip.compress(text.encode()))
    series = geo.read_series_matrix(path)
    assert recognise(series.values, series.processing).name == "log2"
