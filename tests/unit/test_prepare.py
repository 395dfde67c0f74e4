"""From the values of a series to a matrix that can be compared."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from crosshub import geo, prepare
from crosshub.errors import DataError
from crosshub.submitted import read_submitted
from crosshub.symbols import GeneNames

ANNOTATION = pd.DataFrame(
    {"symbol": ["A", "A", "B", "B///C", "", "D"]}, index=["p1", "p2", "p3", "p4", "p5", "p6"]
)
SETTINGS = {"collapse": "mean", "ambiguous": "drop", "min_coverage": 0.0, "min_genes": 2}


def matrix(values, samples=None):
    values = np.asarray(values, float)
    names = samples or [f"GSM{i}" for i in range(values.shape[1])]
    return pd.DataFrame(values, index=[f"p{i + 1}" for i in range(len(values))], columns=names)


def whole_array(probes=3000, n=8, seed=0):
    rng = np.random.default_rng(seed)
    level = np.minimum(2.5 + rng.gamma(2, 1.6, (probes, 1)), 15.5)
    table = matrix(level + rng.normal(0, 0.3, (probes, n)))
    return table, pd.DataFrame({"symbol": [f"G{i // 2}" for i in range(probes)]}, table.index)


def row(kind="array", scale=""):
    return {"cohort": "one", "kind": kind, "scale": scale}


def test_probes_are_joined_counted_and_none_is_lost():
    values = matrix([[1, 2], [3, 4], [5, 6], [7, 8], [9, 9], [2, 2]])
    table, done = prepare.prepare_array(values, ANNOTATION, scale="log2")
    assert table.loc["A"].tolist() == [2, 3]
    assert list(table.index) == ["A", "B", "D"]
    probes = done["probes"]
    assert (probes["ambiguous"], probes["without_gene"], probes["mapped"]) == (1, 1, 4)
    counted = probes["not_in_annotation"] + probes["without_gene"] + probes["ambiguous"]
    assert counted + probes["mapped"] == probes["in"]


def test_a_sample_does_not_depend_on_the_others():
    values = matrix(np.random.default_rng(2).normal(8, 2, (6, 4)))
    for scale in ("log2", "linear", "rank"):
        together, _ = prepare.prepare_array(values, ANNOTATION, scale=scale)
        for name in values:
            alone, _ = prepare.prepare_array(values[[name]], ANNOTATION, scale=scale)
            pd.testing.assert_series_equal(alone[name], together[name])


def test_the_scale_is_told_and_recorded():
    log2, annotation = whole_array()
    expected = log2.groupby(annotation["symbol"]).mean()
    for values, scale, said in [
        (log2, "log2", "RMA"),
        (2**log2 - 1, "linear", ""),
        (log2 * np.log(2), "ln", "natural log"),
    ]:
        table, done = prepare.prepare_array(values, annotation, processing=said)
        np.testing.assert_allclose(table, expected.loc[table.index], atol=1e-9)
        record = done["values"]
        assert record["scale"] == scale
        assert record["votes"][scale] == record["samples"] == 8
        assert (record["processing"], record["units"]) == (said, "log2 expression")
    with pytest.raises(DataError, match="may be ln or log2"):
        prepare.prepare_array(log2 * np.log(2), annotation)


def test_gaps_cost_the_probe_or_the_gene():
    values = matrix([[1, np.nan], [3, 4], [-np.inf, 6], [7, 8], [9, 9], [2, 2]])
    for scale in ("log2", "linear"):
        table, done = prepare.prepare_array(values, ANNOTATION, scale=scale)
        assert list(table.index) == ["A", "D"]
        assert done["probes"]["with_missing_values"] == 2
        assert done["probes"]["genes_lost_to_missing_values"] == 1


def test_wrong_platform_and_no_values_say_what_to_do():
    values = matrix([[1, 2], [3, 4]])
    with pytest.raises(DataError, match="check the column platform"):
        prepare.prepare_array(values.set_axis(["x", "y"]), ANNOTATION, scale="log2")
    with pytest.raises(DataError, match="kind=counts"):
        prepare.prepare_array(matrix(np.ones((0, 2))), ANNOTATION)
    with pytest.raises(DataError, match="prepare.min_genes"):
        prepare.require_genes(values, 10, "one")
    with pytest.raises(DataError, match="have no values"):
        prepare.only_samples(values, pd.Series(["GSM7"]))


def test_too_few_known_probes_are_refused():
    values = matrix(np.arange(12).reshape(6, 2) + 1)
    prepare.prepare_array(values, ANNOTATION, scale="log2", min_coverage=0.6)
    with pytest.raises(DataError, match="min_coverage"):
        prepare.prepare_array(values, ANNOTATION, scale="log2", min_coverage=0.9)


def test_a_blank_sample_does_not_cost_the_others_their_probes():
    values = matrix([[1, np.nan, 2], [3, np.nan, 4], [5, np.nan, 6]] + [[7, np.nan, 8]] * 3)
    table, done = prepare.prepare_array(values, ANNOTATION, scale="log2")
    assert list(table.columns) == ["GSM0", "GSM2"]
    assert done["samples_without_values"] == ["GSM1"]
    assert table.loc["A"].tolist() == [2, 3]
    with pytest.raises(DataError, match="carries no values"):
        prepare.prepare_array(matrix(np.full((6, 2), np.nan)), ANNOTATION)
    with pytest.raises(DataError, match=r"cohort 'one': 1 labelled samples .* \(GSM1\)"):
        prepare.prepare(values, row(scale="log2"), SETTINGS, annotation=ANNOTATION)


def test_median_of_probes():
    values = matrix([[1, 1], [2, 2], [9, 3]])
    names = pd.DataFrame({"symbol": ["A"] * 3}, index=["p1", "p2", "p3"])
    table, done = prepare.prepare_array(values, names, scale="log2", collapse="median")
    assert table.loc["A"].tolist() == [2, 2]
    assert done["probes"]["joined_by"] == "median"


def test_counts_are_scaled_by_each_sample_alone():
    counts = matrix([[10, 100], [0, 0], [990, 900]])
    names = pd.DataFrame({"symbol": ["A", "A", "B"]}, index=["p1", "p2", "p3"])
    raw, (expression, done) = prepare.prepare_counts(counts, names)
    assert raw.loc["A"].tolist() == [10, 100]
    np.testing.assert_allclose(expression.loc["A"], np.log2([1e4 + 1, 1e5 + 1]))
    assert done["values"]["scale"] == "counts"
    assert done["probes"]["genes"] == 2


def test_counts_named_by_symbols_need_no_annotation():
    counts = matrix([[10, 100], [990, 900]]).set_axis(["TP53", "EGFR"])
    raw, (_, done) = prepare.prepare_counts(counts)
    assert list(raw.index) == ["EGFR", "TP53"]
    assert done["probes"]["mapped"] == 2


def test_counts_named_by_other_ids_come_to_symbols():
    names = GeneNames(
        approved=frozenset(["TSPAN6", "TP53", "SEPTIN2"]),
        previous={"SEPT2": ("SEPTIN2",)},
        alias={},
        by_entrez={"7157": "TP53"},
        by_ensembl={"ENSG00000000003": "TSPAN6"},
    )
    ids = ["ENSG00000000003", "ENSG00000999999", "7157", "TP53", "SEPT2"]
    counts = matrix([[1, 2], [3, 4], [5, 6], [7, 8], [9, 10]]).set_axis(ids)
    raw, (_, done) = prepare.prepare_counts(counts, names=names)
    assert raw["GSM0"].to_dict() == {"SEPTIN2": 9, "TP53": 12, "TSPAN6": 1}
    assert (done["probes"]["without_gene"], done["probes"]["mapped"]) == (1, 4)
    with pytest.raises(DataError, match="min_coverage"):
        prepare.prepare_counts(counts, names=names, min_coverage=0.9)


def test_a_sample_without_counts_is_named():
    names = pd.DataFrame({"symbol": ["A", "B"]}, index=["p1", "p2"])
    with pytest.raises(DataError, match=r"no counts at all \(GSM1\)"):
        prepare.prepare_counts(matrix([[1, 0], [2, 0]]), names)


def test_labelled_samples_keep_their_order():
    values = matrix(np.arange(6).reshape(2, 3))
    assert list(prepare.only_samples(values, pd.Series(["GSM2", "GSM0"]))) == ["GSM2", "GSM0"]


def test_methylation_keeps_its_probes_and_counts_those_with_gaps():
    rng = np.random.default_rng(0)
    beta = matrix(rng.beta(0.5, 0.5, (200, 6)))
    beta.iloc[3, 1] = np.nan
    table, done = prepare.prepare_features(beta, kind="methylation")
    assert list(table.index) == [f"p{i + 1}" for i in range(200) if i != 3]
    kept = beta.loc[table.index]
    inside = ((kept > 0.1) & (kept < 0.9)).to_numpy()
    logit = np.log2(kept / (1 - kept)).to_numpy()
    np.testing.assert_allclose(table.to_numpy()[inside], logit[inside], atol=0.02)
    assert done["probes"] == {"in": 200, "with_missing_values": 1, "genes": 199}
    assert done["values"]["units"] == "M-value"
    with pytest.raises(DataError, match=r"outside \[0, 1\]"):
        prepare.prepare_features(beta * 100, kind="methylation")
    with pytest.raises(DataError, match="no scale of methylation"):
        prepare.prepare_features(beta, kind="methylation", scale="log2")
    ranked, done = prepare.prepare_features(beta, kind="methylation", scale="rank")
    assert done["values"]["units"] == "normal scores of within-sample ranks"
    assert (ranked.rank() == table.rank()).all(axis=None)


def test_mirna_comes_to_log2_and_keeps_its_probes():
    log2, _ = whole_array(probes=800)
    table, done = prepare.prepare_features(2**log2 - 1, kind="mirna")
    pd.testing.assert_frame_equal(table, log2.clip(lower=0), check_names=False, atol=1e-9)
    assert (done["kind"], done["values"]["scale"]) == ("mirna", "linear")
    counts = np.rint(2**log2).where(log2 > 4, 0)
    with pytest.raises(DataError, match="not supported for miRNA"):
        prepare.prepare_features(counts, kind="mirna")
    with pytest.raises(DataError, match="every probe has gaps"):
        prepare.prepare_features(log2.mask(np.eye(8, dtype=bool)[np.arange(800) % 8]), kind="mirna")


def test_one_function_serves_every_kind():
    log2, annotation = whole_array()
    beta = 1 / (1 + 2 ** -(log2 - 6))
    counts = np.rint(2**log2).where(log2 > 4, 0)
    for kind, values, rows, counted in [
        ("array", log2, 1500, 0),
        ("counts", counts, 1500, 1500),
        ("methylation", beta, 3000, 0),
        ("mirna", 2**log2, 3000, 0),
    ]:
        expression, raw, done = prepare.prepare(values, row(kind), SETTINGS, annotation=annotation)
        assert expression.shape == (rows, 8)
        assert raw.shape == (counted, 8)
        assert list(raw.columns) == list(expression.columns) == list(values.columns)
        assert np.isfinite(expression).all(axis=None)
        assert done["kind"] == kind
        assert {"scale", "units", "transformation", "decided_by", "warnings"} <= set(done["values"])
        assert {"in", "genes"} <= set(done["probes"])


def test_errors_name_the_cohort_and_only_genes_have_a_smallest_number():
    log2, annotation = whole_array()
    few = SETTINGS | {"min_genes": 10_000}
    with pytest.raises(DataError, match="cohort 'one': 1500 genes are left"):
        prepare.prepare(log2, row(), few, annotation=annotation)
    prepare.prepare(log2, row("mirna"), few)
    with pytest.raises(DataError, match="cohort 'one': the values are raw counts"):
        prepare.prepare(np.rint(2**log2).where(log2 > 4, 0), row(), SETTINGS, annotation=annotation)


def test_a_real_cohort_that_is_centred_is_prepared(mirror):
    series = geo.read_series_matrix(
        mirror / "series/GSE30nnn/GSE30528/matrix/GSE30528_series_matrix.txt.gz"
    )
    annotation = pd.DataFrame({"symbol": series.values.index}, index=series.values.index)
    table, done = prepare.prepare_array(series.values, annotation, processing=series.processing)
    assert table.shape == (22277, 22)
    assert done["values"]["centred"]
    assert "centred" in " ".join(done["values"]["warnings"])
    assert done["values"]["transformation"] == "none"


def test_what_was_submitted_for_a_real_cohort_is_read(mirror):
    place = mirror / "series/GSE184nnn/GSE184951"
    files = SimpleNamespace(
        matrix=place / "matrix/GSE184951_series_matrix.txt.gz",
        annotation=[],
        counts=[place / "suppl/GSE184951_gene_counts.tsv.gz"],
    )
    samples = pd.Series(["GSM5602350", "GSM5602348"])
    recipe = {"gene": "ensembl", "skip": ["symbol"]}
    given = read_submitted(files, row("counts") | {"recipe": recipe}, samples)
    assert given.values.shape == (63677, 2)
    assert list(given.values.columns) == list(samples)
    assert given.annotation is None
    assert "Illumina" in given.processing
    assert given.values.attrs["notes"]
    with pytest.raises(DataError, match=r"1 labelled samples have no values \(GSM1\)"):
        read_submitted(files, row("counts") | {"recipe": recipe}, pd.Series(["GSM1"]))
    files = SimpleNamespace(
        matrix=mirror / "series/GSE55nnn/GSE55235/matrix/GSE55235_series_matrix.txt.gz",
        annotation=[str(mirror / "platforms/GPLnnn/GPL96/annot/GPL96.annot.gz")],
        counts=[],
    )
    series = geo.read_series_header(files.matrix)
    given = read_submitted(files, row(), series.fields.index.to_series())
    assert given.values.shape == (22283, 30)
    assert given.annotation.loc["1053_at", "symbol"] == "RFC2"


def test_a_mapping_file_of_the_user_takes_the_place_of_the_annotation(mirror, tmp_path):
    own = tmp_path / "mine.tsv"
    own.write_text("probe\tsymbol\n1053_at\tMINE\n117_at\tOTHER\n")
    files = SimpleNamespace(
        matrix=mirror / "series/GSE55nnn/GSE55235/matrix/GSE55235_series_matrix.txt.gz",
        annotation=[str(own)],
        counts=[],
    )
    samples = geo.read_series_header(files.matrix).fields.index.to_series()
    mappings = [{"platform": "GPL96", "path": str(own)}]
    given = read_submitted(files, row(), samples, mappings)
    assert given.annotation["symbol"].to_dict() == {"1053_at": "MINE", "117_at": "OTHER"}
