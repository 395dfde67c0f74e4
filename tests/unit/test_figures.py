"""Every figure on ordinary and on awkward tables, as text that can be read back from the SVG."""

import itertools
import xml.etree.ElementTree as ElementTree

import matplotlib
import numpy as np
import pandas as pd
import pytest
from crosshub import figures
from crosshub.shared.network import communities
from crosshub.shared.rank_overlap import rank_overlap, summarise
from matplotlib.figure import Figure

HOSTILE = "<script>alert(1)</script>"
LONG = "A_VERY_LONG_NAME_THAT_NO_GENE_SHOULD_HAVE_BUT_SOME_DO_" * 2


def qc_table(n: int = 24) -> pd.DataFrame:
    """Return a table of `qc.check_cohort` with one outlier and one sample of the other sex."""
    rng = np.random.default_rng(1)
    z = rng.normal(0, 0.6, n)
    z[-1] = -3.4
    median, male = rng.normal(7, 0.1, n), np.arange(n) % 3 == 0
    sex = np.where(male, "male", "female")
    last = np.arange(n) == n - 1
    table = {
        "sample": [f"GSM{1000 + i}" for i in range(n)],
        "group": ["case" if i % 2 else "control" for i in range(n)],
    }
    for percent, away in [(5, -3), (25, -1.5), (75, 1.5), (95, 4)]:
        table[f"percentile_{percent}"] = median + away
    table |= {"median": median, "iqr": 3.0, "mean_correlation": rng.uniform(0.9, 0.99, n)}
    table |= {"connectivity_z": z, "correlation_d": 3 * z, "pc_distance": 1 + np.abs(z)}
    table |= {"distribution_d": 1.0, "connectivity_outlier": last, "correlation_outlier": last}
    table |= {"pc_outlier": last, "distribution_outlier": last, "outlier": last}
    table |= {"pc1": rng.normal(0, 20, n), "pc2": rng.normal(0, 10, n)}
    table |= {"pc1_variance": 0.31, "pc2_variance": 0.12}
    table |= {"xist_rank": np.where(male, 0.3, 0.9), "y_rank": np.where(male, 0.6, 0.2)}
    table |= {"sex_margin": 0.5, "sex_inferred": sex, "sex_annotated": sex}
    table |= {"sex_conflict": False, "scan_date": "", "batch": ""}
    table = pd.DataFrame(table)
    table.loc[1:1, ["sex_annotated", "sex_conflict"]] = ["male", True]
    return table


def differential_table(n: int = 400, changed: int = 20) -> pd.DataFrame:
    """Return a table of `differential.fit_differential`; the first genes are changed."""
    rng = np.random.default_rng(2)
    effect = rng.normal(0, 0.2, n)
    effect[:changed] = np.where(np.arange(changed) % 2, 2.0, -2.0) + rng.normal(0, 0.3, changed)
    p_value = np.exp(-8 * np.abs(effect)) * rng.uniform(0.2, 1, n)
    fdr = np.where(np.arange(n) < changed, 0.001, 0.6)
    return pd.DataFrame(
        {
            "gene": [f"GENE{i}" for i in range(n)],
            "log2fc": effect,
            "mean": 7.0,
            "t": effect * 4,
            "p_value": p_value,
            "fdr": fdr,
            "df": 30.0,
            "n_cases": 12,
            "n_controls": 11,
        }
    )


def soft_threshold_table() -> pd.DataFrame:
    """Return a table of `network.soft_threshold`."""
    power = np.array([*range(1, 11), *range(12, 21, 2)])
    return pd.DataFrame(
        {
            "power": power,
            "scale_free_fit": 1 - np.exp(-power / 3),
            "slope": -1.5,
            "mean_connectivity": 500.0 / power**2,
        }
    )


def module_table(sizes: dict[str, int]) -> pd.DataFrame:
    """Return genes in modules of these sizes."""
    names = [name for name, size in sizes.items() for _ in range(size)]
    return pd.DataFrame(
        {
            "gene": [f"GENE{i}" for i in range(len(names))],
            "module": names,
            "kme": [np.nan if name == "M0" else 0.9 for name in names],
            "connectivity": 3.0,
            "hub": [i % 9 == 0 and name != "M0" for i, name in enumerate(names)],
        }
    )


def trait_table(modules: list[str]) -> pd.DataFrame:
    """Return a table of `modules.module_traits`; the first module is tied to the disease."""
    columns = ["module", "trait", "correlation", "p_value", "fdr", "n"]
    rows = [
        (name, "case", 0.71 if i == 0 else -0.1, 1e-5 if i == 0 else 0.5, 2e-5 if i == 0 else 0.6)
        for i, name in enumerate(modules)
    ]
    return pd.DataFrame([(*row, 23) for row in rows], columns=columns)


def shared_table(diseases: list[str], n: int = 200, found: int = 12) -> pd.DataFrame:
    """Return a table of `shared.find_shared`; the first genes are shared."""
    rng = np.random.default_rng(3)
    sign = np.where(np.arange(n) % 2, 1, -1)
    table = pd.DataFrame(
        {
            "gene": [f"GENE{i}" for i in range(n)],
            "direction": np.where(sign > 0, "up", "down"),
            "n_diseases": np.where(np.arange(n) < found, len(diseases), 0),
            "p_value": np.linspace(1e-9, 1, n),
            "fdr": np.where(np.arange(n) < found, 0.001, 0.9),
            "shared": np.arange(n) < found,
            "method": "largest_p_value",
            "same_sign": True,
        }
    )
    for name in diseases:
        table[f"effect.{name}"] = (
            sign * rng.uniform(0.9, 1.6, n) * np.where(table["shared"], 1, 0.3)
        )
        table[f"p_value.{name}"] = table["p_value"] / 2
        table[f"effect_low.{name}"] = table[f"effect.{name}"] - 0.5
        table[f"effect_high.{name}"] = table[f"effect.{name}"] + 0.5
    table["i2"] = table["q_p_value"] = np.nan
    table["common_response"] = np.where(np.arange(n) == 1, 0.95, 0.2)
    return table.assign(responds_commonly=table["common_response"] >= 0.9)


def rank_tables(diseases: list[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return rank_map.tsv and rank_overlap.tsv of lists that agree in part."""
    rng = np.random.default_rng(4)
    genes = [f"GENE{i}" for i in range(300)]
    common = rng.normal(size=300)
    tables = {}
    for name in diseases:
        effect = common + rng.normal(size=300)
        p_value = np.exp(-np.abs(effect))
        tables[name] = pd.DataFrame({"gene": genes, "effect": effect, "p_value": p_value})
    maps, ranks = [], []
    for a, b in itertools.combinations(diseases, 2):
        found = rank_overlap(tables[a], tables[b], steps=10)
        maps.append(found.assign(disease_a=a, disease_b=b))
        ranks.append(summarise(found, [], (a, b)))
    return pd.concat(maps), pd.concat(ranks)


def conserved_tables() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return network_genes.tsv and network_edges.tsv: two communities and a gene apart."""
    genes = [f"GENE{i}" for i in range(9)]
    pairs = [(a, b) for part in (genes[:4], genes[4:8]) for a, b in itertools.combinations(part, 2)]
    edges = pd.DataFrame(pairs, columns=["gene_a", "gene_b"])
    edges["direction"] = np.where(np.arange(len(edges)) % 3, "positive", "negative")
    edges["p_value"] = 1e-4
    table = shared_table(["a", "b"], n=9, found=3)
    return communities(edges, table, seed=1), edges


def audit_table() -> pd.DataFrame:
    """Return audit/panels.tsv of two panels in two cohorts."""
    table = pd.DataFrame({"panel": ["Hu", "Yang"] * 2, "cohort": ["x", "x", "y", "y"]})
    table["auc"] = [0.9, 0.55, 0.7, np.nan]
    table["auc_low"], table["auc_high"] = table["auc"] - 0.2, table["auc"] + 0.1
    table["random_low"], table["random_high"] = 0.4, 0.7
    return table.assign(n_cases=10, n_controls=9)


def component_table() -> pd.DataFrame:
    """Return batches.tsv of two series."""
    rng = np.random.default_rng(6)
    table = pd.DataFrame({"sample": [f"GSM{i}" for i in range(20)]})
    table["accession"] = np.repeat(["GSE1", "GSE2"], 10)
    table["group"] = np.tile(["case", "control"], 10)
    table["share1"], table["share2"] = 0.4, 0.1
    parts = [
        table.assign(adjusted=adjusted, pc1=rng.normal(size=20), pc2=rng.normal(size=20))
        for adjusted in (False, True)
    ]
    return pd.concat(parts, ignore_index=True)


def forest_tables(cohorts: list[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return rows of a disease's differential.tsv and the effects of its cohorts."""
    combined = pd.DataFrame({"gene": [f"GENE{i}" for i in range(6)]})
    combined["effect"] = np.linspace(-1, 1.5, 6)
    combined["effect_low"] = combined["effect"] - 0.4
    combined["effect_high"] = combined["effect"] + 0.4
    wide = 1.2 if len(cohorts) > 2 else np.nan
    combined["prediction_low"] = combined["effect"] - wide
    combined["prediction_high"] = combined["effect"] + wide
    parts = [combined[["gene", "effect"]].assign(cohort=name, n=20) for name in cohorts]
    own = pd.concat(parts, ignore_index=True)
    return combined, own.assign(low=own["effect"] - 0.8, high=own["effect"] + 0.8)


def vote_tables(diseases: list[str], n: int = 12) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return votes.tsv and panel.tsv; the first three genes are the panel."""
    genes = [f"GENE{i}" for i in range(n)]
    rows = [
        (gene, disease, selector, i < 3 or (i + j) % 4 == 0, i + 1)
        for disease in diseases
        for j, selector in enumerate(["lasso", "svm_rfe", "random_forest"])
        for i, gene in enumerate(genes)
    ]
    votes = pd.DataFrame(rows, columns=["gene", "disease", "selector", "selected", "rank"])
    count = votes.groupby("gene", sort=False)["selected"].sum().to_numpy()
    panel = {"gene": genes, "votes": count, "mean_rank": np.arange(1.0, n + 1)}
    return votes, pd.DataFrame(panel | {"in_panel": np.arange(n) < 3})


def performance_table() -> pd.DataFrame:
    """Return performance.tsv with one missing interval."""
    rows = [
        ("disease_a", "a1", "cv", 12, 11, 0.81, 0.62, 1.0),
        ("disease_a", "a2", "validation", 9, 9, 0.44, 0.2, 0.68),
        ("disease_b", "b1", "cv", 15, 15, 0.66, np.nan, np.nan),
        ("disease_b", "b1", "leave_one_cohort_out", 15, 15, 0.6, 0.4, 0.8),
        ("disease_b", "b2", "validation", 8, 8, 0.7, 0.5, 0.9),
    ]
    columns = ["disease", "cohort", "resampling", "n_cases", "n_controls"]
    table = pd.DataFrame(rows, columns=[*columns, "auc", "auc_low", "auc_high"])
    shared = pd.array([None, 0, None, None, 2], dtype="Int64")
    independent = pd.array([None, True, None, None, False], dtype="boolean")
    return table.assign(shared_people=shared, independent=independent)


def network_tables(n: int = 12) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return a ring of interactions and one gene without any."""
    angle = np.linspace(0, 2 * np.pi, n, endpoint=False)
    genes = [f"GENE{i}" for i in range(n)]
    nodes = pd.DataFrame(
        {
            "gene": [*genes, "ALONE"],
            "direction": ["up", "down"] * (n // 2) + ["up"],
            "in_panel": [i < 3 for i in range(n)] + [False],
            "degree": [2] * n + [0],
            "betweenness": 0.1,
            "known_partners": 40,
            "x": [*np.cos(angle), 0.0],
            "y": [*np.sin(angle), 0.0],
        }
    )
    edges = pd.DataFrame({"gene_a": genes, "gene_b": genes[1:] + genes[:1], "score": 800.0})
    return nodes, edges


def compound_table(n: int = 30) -> pd.DataFrame:
    """Return candidates.tsv; the first compound has a structure, the second has none."""
    rank = np.arange(1, n + 1)
    table = pd.DataFrame({"rank": rank, "name": [f"compound {i}" for i in rank]})
    table["inchikey"] = "AAAAAAAAAAAAAA-BBBBBBBBBB-N"
    table["smiles"] = np.where(rank == 2, "", "CC(=O)Oc1ccccc1C(=O)O")
    table["score"] = -2.5 + rank / 12
    table["p_value"] = rank / 400
    table["fdr"] = rank / 100
    table["n_signatures"], table["n_cells"], table["cells_agreeing"] = 9, 3, 2 / 3
    table["phase"], table["mechanism"] = "Launched", "cyclooxygenase inhibitor"
    table["targets"], table["targets_in_panel"] = "PTGS1|PTGS2", np.where(rank == 1, "PTGS2", "")
    table["synonyms"] = ""
    table["no_structure"] = np.where(rank == 2, "not in the tables of structures", "")
    table["pains"], table["lipinski_violations"] = rank == 3, np.where(rank == 4, 2, 0)
    return table


def cell_table(n: int = 30) -> pd.DataFrame:
    """Return cells.parquet: two cell lines for every compound, a third for every other one."""
    rows = [
        ("shared", f"compound {i}", cell, 3, -2 + i / 10 + k / 5)
        for i in range(1, n + 1)
        for k, cell in enumerate(["A375", "MCF7", "PC3"])
        if k < 2 or i % 2
    ]
    rows += [("disease.a", "compound 1", "A375", 3, 9.0)]
    return pd.DataFrame(rows, columns=["query", "compound", "cell", "n_signatures", "ncs"])


def words(figure: Figure, tmp_path) -> str:
    """Save a figure and return the text that stands in it."""
    path = tmp_path / "figure.svg"
    figures.save(figure, path)
    root = ElementTree.parse(path).getroot()
    return " | ".join(
        "".join(element.itertext()) for element in root.iter("{http://www.w3.org/2000/svg}text")
    )


TWO, THREE = ["disease_a", "disease_b"], ["disease_a", "disease_b", "disease_c"]
DRAW = {
    "quality": lambda: figures.quality(qc_table(), cohort="a_discovery"),
    "volcano": lambda: figures.volcano(differential_table(), cohort="a_discovery", fdr=0.05),
    "modules": lambda: figures.modules(
        soft_threshold_table(),
        trait_table(["M1", "M2"]),
        module_table({"M1": 80, "M2": 40, "M0": 60}),
        disease="disease_a",
        power=6,
    ),
    "audit": lambda: figures.audit(audit_table()),
    "batches": lambda: figures.batches(component_table(), comparison="all"),
    "rank_maps": lambda: figures.rank_maps(*rank_tables(THREE), comparison="all"),
    "conserved_network": lambda: figures.conserved_network(*conserved_tables(), at_least=2),
    "forest": lambda: figures.forest(*forest_tables(["x", "y", "z"]), disease="a"),
    "shared_one": lambda: figures.shared(shared_table(TWO[:1]), comparison="all", fdr=0.05),
    "shared_two": lambda: figures.shared(shared_table(TWO), comparison="all", fdr=0.05),
    "shared_three": lambda: figures.shared(shared_table(THREE), comparison="all", fdr=0.05),
    "votes": lambda: figures.votes(*vote_tables(TWO)),
    "performance": lambda: figures.performance(performance_table()),
    "network": lambda: figures.network(*network_tables()),
    "compounds": lambda: figures.compounds(compound_table()),
    "compound_cells": lambda: figures.compound_cells(compound_table(), cell_table()),
}


@pytest.mark.parametrize("name", list(DRAW))
def test_same_bytes_and_valid(name, tmp_path):
    for run in ("first", "second"):
        figures.save(DRAW[name](), tmp_path / f"{run}.svg")
    first = (tmp_path / "first.svg").read_bytes()
    assert first == (tmp_path / "second.svg").read_bytes()
    ElementTree.fromstring(first)
    assert b"<text" in first
    assert b"<script" not in first


def test_every_figure_has_axes_with_labels():
    for name, draw in DRAW.items():
        drawn = [axes for axes in draw().axes if axes.axison]
        assert drawn, name
        assert any(axes.get_xlabel() for axes in drawn), name


def test_style_of_the_caller_stays_and_does_not_matter(tmp_path):
    figures.save(figures.performance(performance_table()), tmp_path / "plain.svg")
    with matplotlib.rc_context({"font.size": 31, "lines.linewidth": 9, "svg.fonttype": "path"}):
        figures.save(figures.performance(performance_table()), tmp_path / "other.svg")
        assert matplotlib.rcParams["font.size"] == 31
    assert (tmp_path / "plain.svg").read_bytes() == (tmp_path / "other.svg").read_bytes()


def test_quality_names_outliers_and_counts_groups(tmp_path):
    text = words(figures.quality(qc_table(), cohort="a_discovery"), tmp_path)
    # Along the values, and in three panels below.
    assert text.count("GSM1023") == 4
    assert text.count("GSM1022") == 1
    assert text.count("GSM1001") == 2
    assert "case (n = 12)" in text
    assert "control (n = 12)" in text
    assert "female by expression (n = 16)" in text
    assert "annotated as the other sex (n = 1)" in text
    assert "31.0% of the variance" in text


def test_quality_of_one_sample(tmp_path):
    missing = dict.fromkeys(["pc2", "pc2_variance", "xist_rank", "y_rank", "sex_margin"], np.nan)
    missing |= dict.fromkeys(["connectivity_z", "correlation_d", "pc_distance"], np.nan)
    flags = {"outlier": False, "distribution_outlier": False, "sex_inferred": "unknown"}
    table = qc_table(1).assign(**missing, **flags)
    text = words(figures.quality(table, cohort="one"), tmp_path)
    assert "control (n = 1)" in text
    assert "are too few to judge." in text
    assert "the sex is unknown." in text
    assert "nan" not in text


def test_quality_of_many_samples_names_only_those_that_matter(tmp_path):
    figure = figures.quality(qc_table(300), cohort="many")
    text = words(figure, tmp_path)
    assert text.count("GSM1299") == 3
    assert "GSM1150" not in text
    assert "Samples, sorted by group and name" in text
    assert [len(axes.get_xticks()) <= 12 for axes in figure.axes] == [True] * 5


def test_quality_of_a_far_outlier_leaves_the_others_apart(tmp_path):
    table = qc_table()
    table.loc[23, ["correlation_d", "pc_distance"]] = [-90.0, 120.0]
    figure = figures.quality(table, cohort="far")
    axes = figure.axes[4]
    assert axes.get_title(loc="left") == "Correlation and distance"
    height = axes.transAxes.inverted().transform(axes.transData.transform([(0, 0), (0, 4)]))[:, 1]
    assert height[1] - height[0] > 0.15
    text = words(figure, tmp_path)
    assert "64" in text
    assert "mathdefault" not in text


def test_volcano_counts_and_names(tmp_path):
    table = differential_table()
    text = words(figures.volcano(table, cohort="a_discovery", fdr=0.05), tmp_path)
    assert "up in cases (10)" in text
    assert "down in cases (10)" in text
    assert "not changed (380)" in text
    assert "12 cases, 11 controls" in text
    best = table.sort_values("p_value")["gene"].head(10)
    assert sum(f"{gene} " in f"{text} " for gene in best) >= 9
    nothing = figures.volcano(table.assign(fdr=1.0), cohort="a", fdr=0.05)
    assert "up in cases (0)" in words(nothing, tmp_path)


def test_volcano_of_one_gene_with_p_zero(tmp_path):
    table = differential_table(1, 1).assign(p_value=0.0, log2fc=0.0)
    assert "GENE0" in words(figures.volcano(table, cohort="a", fdr=0.05), tmp_path)


def test_names_do_not_cover_each_other():
    crowded = differential_table(40, 10)
    crowded.loc[:9, ["log2fc", "p_value"]] = [1.0, 1e-9]
    figure = figures.volcano(crowded, cohort="a", fdr=0.05)
    renderer = figure.canvas.get_renderer()
    boxes = [
        text.get_window_extent(renderer)
        for text in figure.axes[0].texts
        if text.get_text().startswith("GENE")
    ]
    assert len(boxes) == 10
    for i, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[:i])


def test_modules_say_which_is_tied(tmp_path):
    text = words(DRAW["modules"](), tmp_path)
    assert "80 · r = +0.71, FDR 2e-05" in text
    assert "chosen: 6" in text
    assert "60 · in no module" in text


def test_modules_without_traits_modules_or_network(tmp_path):
    alone = module_table({"M0": 30})
    traits = trait_table([])
    figure = figures.modules(soft_threshold_table(), traits, alone, disease="d", power=9)
    assert "in no module" in words(figure, tmp_path)
    figure = figures.modules(
        soft_threshold_table().head(0), traits, alone.head(0), disease="d", power=None
    )
    text = words(figure, tmp_path)
    assert "No network was made." in text
    assert "No gene entered the network." in text


def test_many_modules_are_cut(tmp_path):
    many = module_table({f"M{i}": 40 - i for i in range(1, 36)})
    figure = figures.modules(
        soft_threshold_table(), trait_table([]), many, disease="disease_a", power=6
    )
    assert "The 30 largest of 35 modules" in words(figure, tmp_path)


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_shared_for_any_number_of_diseases(n, tmp_path):
    diseases = [f"disease_{letter}" for letter in "abcde"[:n]]
    text = words(
        figures.shared(shared_table(diseases), comparison="all", fdr=0.05),
        tmp_path,
    )
    assert "12 shared of 200 tested" in text
    for name in diseases:
        assert name in text


@pytest.mark.parametrize("n", [1, 2, 3])
def test_shared_says_when_there_is_none(n, tmp_path):
    genes = shared_table([f"d{i}" for i in range(n)], found=0)
    text = words(figures.shared(genes, comparison="all", fdr=0.05), tmp_path)
    assert "no gene is shared of 200 tested" in text
    words(figures.shared(genes.head(0), comparison="all", fdr=0.05), tmp_path)


def test_shared_heat_map_is_cut(tmp_path):
    text = words(
        figures.shared(shared_table(["a", "b", "c"], found=60), comparison="all", fdr=0.05),
        tmp_path,
    )
    assert "The 40 shared genes of smallest p" in text
    assert "60 shared" in text


def test_votes(tmp_path):
    votes, panel = vote_tables(["disease_a", "disease_b"])
    text = words(figures.votes(votes, panel), tmp_path)
    assert "12 shared genes; panel of 3" in text
    empty = words(figures.votes(votes.head(0), panel.head(0)), tmp_path)
    assert "nothing to vote on" in empty
    votes, panel = vote_tables(["disease_a"], n=50)
    text = words(figures.votes(votes, panel), tmp_path)
    assert "First 30 of 50 shared genes" in text
    assert "GENE30" not in text


def test_performance(tmp_path):
    text = words(figures.performance(performance_table()), tmp_path)
    assert "0.81 (0.62 to 1.00)" in text
    assert "0.66 |" in text
    assert "disease_b · b1 · 15 + 15" in text
    assert "Nothing could be tested" in words(
        figures.performance(performance_table().head(0)), tmp_path
    )


def test_network(tmp_path):
    nodes, edges = network_tables()
    text = words(figures.network(nodes, edges), tmp_path)
    assert "12 known interactions; shared genes without one, not drawn: 1" in text
    assert "in the panel (n = 3)" in text
    assert "ALONE" not in text
    assert "None of the 13" in words(figures.network(nodes.assign(degree=0), edges[:0]), tmp_path)
    assert "No gene is shared" in words(figures.network(nodes[:0], edges[:0]), tmp_path)


def test_compounds(tmp_path):
    text = words(figures.compounds(compound_table()), tmp_path)
    assert "First 20 of 30 compounds" in text
    assert "reverses, FDR ≤ 0.1 (n = 10)" in text
    assert "not found (n = 10)" in text
    turned = compound_table().assign(score=1.0)
    text = words(figures.compounds(turned, fdr=0.05), tmp_path)
    assert "not found (n = 20)" in text
    assert "1. compound 1" in text
    assert "No compound" in words(figures.compounds(compound_table(0)), tmp_path)


def test_compound_cells(tmp_path):
    text = words(figures.compound_cells(compound_table(), cell_table()), tmp_path)
    assert "First 25 of 30 compounds in 3 of 3 cell lines" in text
    assert "1. compound 1" in text
    assert "MCF7" in text
    assert "not tested (n = 12 of 75)" in text
    assert "FDR 0.01" in text
    assert "No compound" in words(
        figures.compound_cells(compound_table(0), cell_table(0)), tmp_path
    )
    one = cell_table(1)[:1].assign(ncs=0.0)
    assert "in 1 of 1 cell lines" in words(figures.compound_cells(compound_table(1), one), tmp_path)
    many = pd.concat([cell_table(2).assign(cell=f"LINE{i}") for i in range(40)])
    many = many.drop_duplicates(["query", "compound", "cell"])
    text = words(figures.compound_cells(compound_table(2), many), tmp_path)
    assert "in 30 of 40 cell lines" in text


@pytest.mark.parametrize("name", [HOSTILE, LONG, "$\\alpha_{", "β-catenin & co", ""])
def test_any_name_of_a_gene(name, tmp_path):
    differential = differential_table()
    differential.loc[differential["p_value"].idxmin(), "gene"] = name
    votes, panel = vote_tables(["disease_a"])
    votes, panel = votes.replace("GENE0", name), panel.replace("GENE0", name)
    genes = shared_table(["a", "b", "c"]).replace("GENE0", name)
    nodes, edges = (table.replace("GENE0", name) for table in network_tables())
    candidates = compound_table().replace("compound 1", name)
    drawn = [
        figures.volcano(differential, cohort="a", fdr=0.05),
        figures.votes(votes, panel),
        figures.shared(genes, comparison="all", fdr=0.05),
        figures.network(nodes, edges),
        figures.compounds(candidates),
        figures.compound_cells(candidates, cell_table().replace("compound 1", name)),
    ]
    for figure in drawn:
        assert name[:12] in words(figure, tmp_path)
        assert "<script" not in (tmp_path / "figure.svg").read_text()


def test_rank_maps_of_one_disease_say_why_there_are_none(tmp_path):
    maps, ranks = rank_tables(THREE)
    assert "alike: not tested" in words(figures.rank_maps(maps, ranks, comparison="x"), tmp_path)
    assert "no other" in words(figures.rank_maps(maps[:0], ranks[:0], comparison="x"), tmp_path)


def test_conserved_network_says_what_is_joined(tmp_path):
    nodes, edges = conserved_tables()
    text = words(figures.conserved_network(nodes, edges, at_least=2), tmp_path)
    assert "among 8 of 9 genes; 2 communities" in text
    alone = nodes.assign(degree=0, community=0)
    text = words(figures.conserved_network(alone, edges[:0], at_least=2), tmp_path)
    assert "No two of 9 genes move together in 2 diseases" in text


def test_forest_names_cohorts_with_their_size(tmp_path):
    text = words(figures.forest(*forest_tables(["one"]), disease="gout"), tmp_path)
    assert "one (n = 20)" in text
    assert "gout: genes of smallest p" in text
    combined, own = forest_tables(["one"])
    assert "no gene" in words(figures.forest(combined[:0], own[:0], disease="gout"), tmp_path)


def test_batches_count_each_series_once(tmp_path):
    table = component_table()
    text = words(figures.batches(table, comparison="all"), tmp_path)
    assert "GSE1 (n = 10)" in text
    assert "for the eye only" in text
    assert "no batches" in words(figures.batches(table[:0], comparison="all"), tmp_path)


def test_audit_names_panels_and_cohorts(tmp_path):
    text = words(figures.audit(audit_table()), tmp_path)
    assert "x (10 + 9)" in text
    assert "Yang" in text
    nothing = audit_table().assign(auc=np.nan)
    assert "No gene of a published panel" in words(figures.audit(nothing), tmp_path)
