"""From probes to one value a gene: counted, joined without labels, stopped where too few count."""

import inspect
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from crosshub.errors import DataError
from crosshub.prepare import prepare_array
from crosshub.probes import join_probes, map_probes, name_genes, require_coverage
from crosshub.symbols import read_gene_names

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def names():
    return read_gene_names(ROOT / "resources" / "gene_names.tsv.gz")


def values(probes, seed=0, samples=4):
    rng = np.random.default_rng(seed)
    index = pd.Index([*probes], name="probe")
    return pd.DataFrame(rng.normal(size=(len(index), samples)), index, [*"wxyz"[:samples]])


def test_probes_of_several_genes_are_dropped_and_counted_or_expanded():
    genes = {"a": "G1", "b": "G1///G2", "c": " /// ".join(f"G{i}" for i in range(3, 10)), "d": ""}
    annotation = pd.DataFrame({"symbol": genes})
    table = values([*genes, "e"])
    mapped, counts = map_probes(table, annotation)
    assert mapped.to_dict() == {"a": "G1"}
    assert (counts["ambiguous"], counts["without_gene"], counts["not_in_annotation"]) == (2, 1, 1)
    assert counts["in"] == counts["mapped"] + 2 + 1 + 1
    mapped, counts = map_probes(table, annotation, ambiguous="expand")
    assert list(zip(mapped.index, mapped, strict=True)) == [("a", "G1"), ("b", "G1"), ("b", "G2")]
    joined, _ = join_probes(table, mapped)
    np.testing.assert_allclose(joined.loc["G2"], table.loc["b"])
    np.testing.assert_allclose(joined.loc["G1"], table.loc[["a", "b"]].mean())


def test_a_planted_map_and_planted_values_are_recovered():
    """Values of genes, put on 1 to 4 probes each, come back to rounding; and all are counted."""
    rng = np.random.default_rng(5)
    genes = [f"G{n:04d}" for n in range(400)]
    truth = pd.DataFrame(rng.normal(size=(400, 6)), index=genes, columns=[*"abcdef"])
    planted = pd.Series(rng.permutation(np.repeat(genes, rng.integers(1, 5, size=400))))
    planted.index = [f"p{n}" for n in range(len(planted))]
    noise = pd.Series("", index=[f"q{n}" for n in range(50)])
    several = pd.Series("G0001///G0002", index=[f"r{n}" for n in range(30)])
    annotation = (
        pd.concat([planted, noise, several]).to_frame("symbol").sample(frac=1, random_state=5)
    )
    own = truth.loc[planted].set_axis(planted.index)
    other = rng.normal(size=(80, 6))
    table = pd.concat([own, pd.DataFrame(other, [*noise.index, *several.index], [*"abcdef"])])
    mapped, counts = map_probes(table, annotation)
    assert mapped.to_dict() == planted.to_dict()
    assert (counts["without_gene"], counts["ambiguous"]) == (50, 30)
    assert counts["coverage"] == pytest.approx((len(planted) + 30) / len(table), abs=1e-4)
    for how in ("mean", "median"):
        joined, done = join_probes(table, mapped, how=how)
        np.testing.assert_allclose(joined.loc[genes], truth, rtol=1e-12)
        assert done["genes"] == 400


def test_two_names_of_one_gene_are_one_gene(names):
    annotation = pd.DataFrame({"symbol": {"a": "SEPT9///SEPTIN9", "b": "SEPT9", "c": "SEPTIN9"}})
    mapped, counts = map_probes(values("abc"), annotation, names)
    assert set(mapped) == {"SEPTIN9"}
    assert (counts["ambiguous"], counts["renamed"]) == (0, 1)


def test_joining_knows_nothing_but_the_sample():
    """A sample alone, and samples in another order, give the same values to the last bit."""
    table = values([f"p{i}" for i in range(60)])
    genes = pd.Series([f"G{i % 7}" for i in range(60)], index=table.index)
    for how in ("mean", "median"):
        joined, _ = join_probes(table, genes, how=how)
        turned, _ = join_probes(table[["z", "x", "w", "y"]], genes, how=how)
        pd.testing.assert_frame_equal(turned[[*"wxyz"]], joined)
        alone, _ = join_probes(table[["y"]], genes, how=how)
        np.testing.assert_array_equal(alone["y"], joined["y"])
        expected = table.groupby(genes).agg(how)
        np.testing.assert_allclose(joined, expected, rtol=1e-12)


def test_nothing_from_probes_to_genes_can_be_given_labels():
    """What is not there cannot be looked at: no step takes a table of samples or a group."""
    assert set(inspect.signature(join_probes).parameters) == {"values", "genes", "how"}
    taken = set(inspect.signature(map_probes).parameters)
    assert taken == {"values", "annotation", "names", "ambiguous"}
    assert not set(inspect.signature(prepare_array).parameters) & {"labels", "groups", "samples"}


def test_the_map_does_not_depend_on_the_values():
    annotation = pd.DataFrame({"symbol": {"a": "G1", "b": "G1", "c": "G2", "d": "G2///G1"}})
    first, counted = map_probes(values("abcd"), annotation)
    second, again = map_probes(values("abcd", seed=7) * np.nan, annotation)
    pd.testing.assert_series_equal(first, second)
    assert counted == again


def test_joining_of_pure_noise_favours_no_group():
    """The probe that differs most between groups has no more weight than the others.

    Taking the best of ten probes would make the mean absolute difference of a gene larger than
    that of one probe; their mean makes it smaller, by the root of ten.
    """
    table = pd.DataFrame(
        np.random.default_rng(3).normal(size=(5000, 40)), [f"p{n}" for n in range(5000)]
    )
    genes = pd.Series([f"G{n // 10}" for n in range(5000)], index=table.index)
    joined, _ = join_probes(table, genes)

    def difference(frame):
        return (frame.iloc[:, :20].mean(axis=1) - frame.iloc[:, 20:].mean(axis=1)).abs().mean()

    assert difference(joined) / difference(table) == pytest.approx(10**-0.5, rel=0.1)


def test_gaps_cost_the_probe_and_not_the_gene():
    table = values("abcd")
    table.loc["a", "x"] = np.nan
    table.loc["d", "y"] = np.inf
    genes = pd.Series({"a": "G1", "b": "G1", "c": "G2", "d": "G3"})
    joined, done = join_probes(table, genes)
    assert joined.index.tolist() == ["G1", "G2"]
    np.testing.assert_array_equal(joined.loc["G1"], table.loc["b"])
    assert (done["with_missing_values"], done["genes_lost_to_missing_values"]) == (2, 1)
    for how in ("mean", "median"):
        nothing, done = join_probes(table * np.nan, genes, how=how)
        assert nothing.shape == (0, 4)
        assert done["genes_lost_to_missing_values"] == 3


def test_spikes_are_no_genes():
    symbols = {"a": "TP53", "b": "ERCC-00163", "c": "permuted_negative", "d": "ERCC1"}
    mapped, _ = map_probes(values(symbols), pd.DataFrame({"symbol": symbols}))
    assert mapped.to_dict() == {"a": "TP53", "d": "ERCC1"}


def test_a_cell_that_says_nothing_is_no_gene(names):
    """NA was a symbol of XK and NaN is a name of SCN11A: neither is what such a cell means."""
    symbols = {"a": "TP53", "b": "NA", "c": "NaN", "d": "---", "e": "null", "f": "None"}
    mapped, counts = map_probes(values(symbols), pd.DataFrame({"symbol": symbols}), names)
    assert mapped.to_dict() == {"a": "TP53"}
    assert counts["without_gene"] == 5


def test_too_small_a_coverage_says_what_to_do():
    annotation = pd.DataFrame({"symbol": {"a": "G1", "b": "", "AFFX-1": ""}})
    _, counts = map_probes(values(["a", "b", "c", "AFFX-1"]), annotation)
    assert counts["coverage"] == pytest.approx(1 / 3, abs=1e-4)
    require_coverage(counts, 0.3, "GPL1")
    with pytest.raises(DataError, match="GPL1 names a gene for 33% of the probes, less than") as it:
        require_coverage(counts, 0.4, "GPL1")
    assert "prepare.min_coverage (0.4)" in str(it.value)
    assert "prepare.annotations" in str(it.value)


def test_an_annotation_of_other_probes_stops():
    annotation = pd.DataFrame({"symbol": {"x": "G1"}})
    with pytest.raises(DataError, match="names a gene for none of the probes"):
        map_probes(values("abc"), annotation)


def test_controls_alone_still_have_a_coverage():
    annotation = pd.DataFrame({"symbol": {"AFFX-GAPDH": "GAPDH", "AFFX-2": ""}})
    _, counts = map_probes(values(annotation.index), annotation)
    assert counts["coverage"] == 0.5


def test_each_repair_is_listed_and_what_cannot_be_repaired_is_no_gene(names):
    annotation = pd.DataFrame(
        {"symbol": {"a": "3-Mar", "b": "7-Sep", "c": "1-Mar", "d": "TP53", "e": "2.31E+13",
                    "f": "NOGENE", "g": "7-Sep"}}
    )  # fmt: skip
    mapped, counts = map_probes(values("abcdefg"), annotation, names)
    assert mapped.to_dict() == {
        "a": "MARCHF3", "b": "SEPTIN7", "d": "TP53", "f": "NOGENE", "g": "SEPTIN7"
    }  # fmt: skip
    assert counts["excel_dates"] == [
        {"from": "3-Mar", "to": "MARCHF3"},
        {"from": "7-Sep", "to": "SEPTIN7"},
    ]
    assert counts["lost_to_spreadsheet"] == ["1-Mar", "2.31E+13"]
    assert (counts["unknown_symbols"], counts["without_gene"]) == (1, 2)


def test_a_date_beside_a_gene_is_a_second_gene(names):
    annotation = pd.DataFrame({"symbol": {"a": "TP53///1-Mar", "b": "TP53", "c": "1-Mar///2-Mar"}})
    mapped, counts = map_probes(values("abc"), annotation, names)
    assert mapped.to_dict() == {"b": "TP53"}
    assert (counts["ambiguous"], counts["without_gene"]) == (1, 1)
    mapped, counts = map_probes(values("abc"), annotation, names, ambiguous="expand")
    assert mapped.to_dict() == {"a": "TP53", "b": "TP53"}
    assert (counts["ambiguous"], counts["without_gene"]) == (1, 1)


def test_without_names_nothing_is_changed():
    annotation = pd.DataFrame(
        {"symbol": {"a": "SEPT9", "b": "1-Mar"}, "entrez": {"a": "1", "b": "2"}}
    )
    assert name_genes(annotation, None) is annotation
    mapped, counts = map_probes(values("ab"), annotation)
    assert mapped.to_dict() == {"a": "SEPT9", "b": "1-Mar"}
    assert counts["excel_dates"] == counts["lost_to_spreadsheet"] == []
