"""The report: complete, readable without network or script, and safe whatever names tables hold."""

import html
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from crosshub import figures
from crosshub.config import complete, read_schema
from crosshub.connectivity import SCORES
from crosshub.docking import judge_control
from crosshub.errors import DataError
from crosshub.qc.confounding import COLUMNS as CONFOUNDING_COLUMNS
from crosshub.report import build_report, numbers
from crosshub.report.papers import PAPERS, cite
from crosshub.report.quality import EVIDENCE
from crosshub.report.svg import inline
from crosshub.tables import write_frame, write_json, write_table
from test_figures import (
    HOSTILE,
    cell_table,
    compound_table,
    conserved_tables,
    differential_table,
    forest_tables,
    module_table,
    network_tables,
    performance_table,
    qc_table,
    rank_tables,
    shared_table,
    soft_threshold_table,
    trait_table,
    vote_tables,
)

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "workflow" / "report" / "report.html.jinja"
DISEASES = ["disease_a", "disease_b"]
COHORTS = {"a1": "disease_a", "a2": "disease_a", "b1": "disease_b"}
INTERVAL = ["effect", "effect_low", "effect_high"]


def config(**changes):
    schema = read_schema(ROOT / "workflow" / "schemas" / "config.schema.yaml")
    return complete({"study": "toy", "datasets": "datasets.tsv", **changes}, schema)


def full_config():
    return config(
        genesets=["sets.gmt"],
        biology={"interactions": "i.tsv", "immune": "immune.gmt", "single_cell": "cells.h5ad"},
        compounds={"reference": "signatures.gctx", "structures": ["structures.tsv"]},
        docking=[{"gene": "ABL1", "structure": "1iep", "ligand": "ligand.sdf"}],
    )


def rows():
    return [
        {
            "cohort": name,
            "accession": f"GSE{i}",
            "platform": "GPL96",
            "disease": disease,
            "role": "validation" if name == "a2" else "discovery",
            "case": "state=ill",
            "control": "state=well",
            "kind": "array",
        }
        for i, (name, disease) in enumerate(COHORTS.items(), start=1)
    ]


def statement(disease, beats):
    return {
        "auc": 0.81,
        "auc_low": 0.62,
        "auc_high": 1.0,
        "p_permutation": 0.04 if beats else None,
        "p_random_panels": None,
        "permutations": 24 if beats else 0,
        "panel_size": 3,
        "beats_chance": beats,
        "beats_random_panels": None,
        "cohorts_tested": int(disease == "disease_a"),
        "cohorts_validated": 0,
        "statement": f"{disease}: a statement of its own.",
    }


def combined_table(gene, n_cohorts):
    table = differential_table(60, 10).rename(columns={"log2fc": "effect"})
    table["gene"] = table["gene"].replace("GENE0", gene)
    table["effect_low"], table["effect_high"] = table["effect"] - 0.4, table["effect"] + 0.4
    table["i2"] = 0.25 if n_cohorts > 1 else np.nan
    table["prediction_low"] = table["prediction_high"] = np.nan
    table["log2fc"], table["same_sign"] = table["effect"] / 2, True
    method = "common_effect" if n_cohorts > 1 else "single"
    columns = ["gene", *INTERVAL, "i2", "n_cohorts", "p_value", "fdr", "log2fc", "same_sign"]
    return table.assign(n_cohorts=n_cohorts, method=method)[[*columns, "method"]]


def confounding_table(name):
    """Return confounding.tsv: a batch that is the group in a1, only age in b1, nothing in a2."""
    batch = ("chip", "batch", 2, 24, "fisher", 1e-6, 1.0, np.nan, np.inf, "yes", "A 12/0; B 0/12")
    age = ("age", "age", 20, 24, "welch", 0.004, np.nan, 1.3, 1.5, "partly", "60 ± 5 / 51 ± 9")
    rows = {"a1": [batch, age], "a2": [], "b1": [age]}[name]
    return pd.DataFrame(rows, columns=CONFOUNDING_COLUMNS)


def write_cohorts(folder, gene):
    for name in COHORTS:
        place = folder / "cohorts" / name
        samples = qc_table()[["sample", "group"]].assign(identity="x", reason="state=ill")
        samples.loc[:1, ["group", "reason"]] = ["excluded", "no rule claims it"]
        write_table(samples, place / "samples.tsv")
        counts = {"in": 500, "ambiguous": 7, "genes": 400, "joined_by": "mean"}
        scale = {"scale": "linear", "votes": {"linear": 24}, "samples": 24, "warnings": []}
        scale |= {"decided_by": "vote of the samples", "transformation": "log2(max(x, 0) + 1)"}
        scale["units"] = "log2 expression"
        write_json({"kind": "array", "values": scale, "probes": counts}, place / "preparation.json")
        write_table(qc_table(), place / "qc.tsv")
        write_table(confounding_table(name), place / "confounding.tsv")
        figures.save(figures.quality(qc_table(), cohort=name), place / "qc.svg")
        table = differential_table(60, 10)
        table["gene"] = table["gene"].replace("GENE0", gene)
        write_table(table, place / "differential.tsv")
        figures.save(figures.volcano(table, cohort=name, fdr=0.05), place / "volcano.svg")
    links = [
        ("GSM1000", "a1", "GSM1000", "b1", "same_sample", "GSM1000"),
        ("GSM1001", "a1", "GSM9999", "a2", "values", "GSM1001"),
    ]
    columns = ["sample_a", "cohort_a", "sample_b", "cohort_b", "evidence", "identity"]
    write_table(pd.DataFrame(links, columns=columns), folder / "identity.tsv")


def write_diseases(folder, gene):
    for disease in DISEASES:
        place = folder / "diseases" / disease
        write_table(combined_table(gene, 1 + (disease == "disease_a")), place / "differential.tsv")
        figures.save(figures.forest(*forest_tables(["x"]), disease=disease), place / "forest.svg")
        genes = module_table({"M1": 30, "M0": 20})
        genes["gene"] = genes["gene"].replace("GENE0", gene)
        traits = trait_table(["M1"])
        write_table(genes, place / "modules.tsv")
        write_table(traits, place / "module_traits.tsv")
        write_table(soft_threshold_table(), place / "soft_threshold.tsv")
        write_json(
            {"power": 6, "reason": "lowest power with a fit of 0.85"}, place / "modules.json"
        )
        figure = figures.modules(soft_threshold_table(), traits, genes, disease=disease, power=6)
        figures.save(figure, place / "modules.svg")
        z = {"z_summary": 12.0, "z_density": 11.0, "z_connectivity": np.nan, "median_rank": 1.0}
        preserved = {"cohort": "a2", "module": "M1", "size": 30, **z, "verdict": "strong"}
        write_table(pd.DataFrame([preserved]), place / "preservation.tsv")
        row = {"gene": gene, "direction": "up", "effect": 1.2, "p_value": 1e-7, "fdr": 1e-5}
        row |= {"i2": np.nan, "module": np.nan, "kme": np.nan, "hub": False, "module_tied": False}
        write_table(pd.DataFrame([row]), place / "candidates.tsv")


def write_comparison(folder, gene, beats=True):
    genes = shared_table(DISEASES).replace("GENE0", gene)
    write_table(genes, folder / "shared/all/genes.tsv")
    figure = figures.shared(genes, comparison="all", fdr=0.05)
    figures.save(figure, folder / "shared/all/shared.svg")
    overlap = {"diseases": "disease_a,disease_b", "at_least": 2, "observed": 12, "statistic": 20}
    overlap |= {"expected": np.nan, "p_value": np.nan, "permutations": 0}
    write_table(pd.DataFrame([overlap]), folder / "shared/all/overlap.tsv")
    maps, ranks = rank_tables(DISEASES)
    write_table(ranks, folder / "shared/all/rank_overlap.tsv")
    figure = figures.rank_maps(maps, ranks, comparison="all")
    figures.save(figure, folder / "shared/all/rank_overlap.svg")
    nodes, edges = conserved_tables()
    nodes = nodes.replace("GENE0", gene)
    edges = edges.replace("GENE0", gene)
    write_table(nodes, folder / "shared/all/network_genes.tsv")
    figure = figures.conserved_network(nodes, edges, at_least=2)
    figures.save(figure, folder / "shared/all/network.svg")
    votes, panel = (table.replace("GENE0", gene) for table in vote_tables(DISEASES))
    write_table(panel, folder / "panel/all/panel.tsv")
    figures.save(figures.votes(votes, panel), folder / "panel/all/votes.svg")
    for disease in DISEASES:
        linear = {"kind": "linear", "coefficients": [0.5, -0.25], "intercept": 0.1}
        model = {"genes": [gene, "GENE1"], "classifier": linear}
        write_json(model | {"prevalence": 0.5}, folder / f"panel/all/{disease}/model.json")
    place = folder / "evaluation/all"
    write_table(performance_table(), place / "performance.tsv")
    figures.save(figures.performance(performance_table()), place / "performance.svg")
    verdicts = {disease: statement(disease, beats) for disease in DISEASES}
    write_json(verdicts, place / "verdict.json")
    folds = pd.DataFrame({"resampling": "cv", "unit": "0", "fold": [0, 1, 2, 3]})
    write_frame(folds, place / "predictions.parquet")
    write_table(folds.assign(gene=[gene, gene, gene, "GENE7"]), place / "selection.tsv")


def write_biology(folder, gene):
    nodes, edges = (table.replace("GENE0", gene) for table in network_tables())
    write_table(nodes, folder / "biology/all/network.tsv")
    figures.save(figures.network(nodes, edges), folder / "biology/all/network.svg")
    enriched = {"source": "sets", "query": "all", "gene_set": HOSTILE, "overlap": 5, "size": 40}
    enriched |= {"p_value": 0.0, "fdr": 0.0, "genes": f"{gene};GENE1"}
    write_table(pd.DataFrame([enriched]), folder / "biology/all/enrichment.tsv")
    cells = {"gene": gene, "cell_type": "B cell", "mean": 1.2, "fraction": 0.4, "cells": 90}
    write_table(pd.DataFrame([cells]), folder / "biology/all/cell_types.tsv")
    for disease in DISEASES:
        place = folder / "biology" / disease
        score = {"cohort": "a1", "gene_set": "T cell", "difference": 80.1, "t": 2.5}
        write_table(pd.DataFrame([score | {"p_value": 0.02, "fdr": np.nan}]), place / "immune.tsv")
        subtypes = {"sample": ["s1", "s2"], "subtype": [0, 0], "silhouette": np.nan}
        write_table(pd.DataFrame(subtypes), place / "subtypes.tsv")
        choice = {"k": [2], "silhouette": [0.1], "stability": [0.3], "chosen": [False]}
        write_table(pd.DataFrame(choice), place / "subtype_choice.tsv")
    candidates = compound_table().replace("compound 1", gene)
    write_table(candidates, folder / "compounds/all/candidates.tsv")
    figures.save(figures.compounds(candidates), folder / "compounds/all/candidates.svg")
    write_compounds(folder, candidates, gene)


def write_compounds(folder, candidates, gene):
    """Write what else the compounds stage gives: queries, cell lines, diseases, targets, recall."""
    place = folder / "compounds/all"
    cells = cell_table().replace("compound 1", gene)
    figures.save(figures.compound_cells(candidates, cells), place / "cells.svg")
    scores = pd.DataFrame({"wtcs": [1.0, 0.4], "zhang": [0.4, 1.0]}, index=["wtcs", "zhang"])
    drawn = figures.agreement(scores, comparison="all", signatures=9)
    figures.save(drawn, place / "agreement.svg")
    asked = {"query": ["shared", "module.disease_a.M2"], "kind": ["shared", "module"]}
    asked |= {"disease": ["", "disease_a"], "module": ["", "M2"], "up": [2, 0], "down": [1, 4]}
    asked |= {"up_in_reference": [1, 0], "down_in_reference": [1, 4], "filled_up": [1, 0]}
    asked |= {"filled_down": 0, "asked": [True, False], "reason": ["", "fewer than 10 genes"]}
    write_table(pd.DataFrame(asked), place / "asked.tsv")
    several = {"compound": [gene, "b"], "reversed_in": [2, 0], "p_all_diseases": [0.001, 0.4]}
    several |= {"fdr_all_diseases": [0.02, 0.9]}
    several |= {f"score.{disease}": [-1.2, 0.3] for disease in DISEASES}
    write_table(pd.DataFrame(several), place / "multi_disease.tsv")
    target = {"compound": [gene], "phase": "Launched", "mechanism": "PTGS2 inhibitor"}
    target |= {"target": "PTGS2", "relation": "near_panel", "gene": gene, "direction": "up"}
    target |= {"opposes": True, "rank": pd.array([None], dtype="Int64")}
    write_table(pd.DataFrame(target), place / "target_matches.tsv")
    left_out = {"reason": ["of a control", "weak"], "compound": ["DMSO", gene]}
    left_out |= {"signatures": [1200, 3], "all_left_out": [True, False]}
    write_table(pd.DataFrame(left_out), place / "left_out.tsv")
    recall = {"within": [1, 10], "queries": 50, "found": [4, 20], "recall": [0.08, 0.4]}
    recall |= {"recall_low": [0.03, 0.28], "recall_high": [0.19, 0.54], "chance": [0.001, 0.01]}
    write_table(pd.DataFrame(recall), folder / "compounds/recall.tsv")


def docking_tables(gene=HOSTILE, passed=True):
    """Return control.json and scores.tsv; the last compound could not be docked."""
    rmsd, affinity = np.array([0.4 if passed else 8.2, 9.1]), np.array([-12.9, -9.0])
    control = judge_control("ABL1", "STI", rmsd, affinity, 37)
    control |= {"gene": "ABL1", "structure": "1iep", "residues": 274, "hydrogens": "added"}
    control |= {"box": {"center": [1, 2, 3], "size": [20, 21.5, 22]}, "cut_to_alanine": ["A:2"]}
    control |= {"residues_left_out": [], "incomplete_in_box": ["A:2"], "others_left_out": {"ZN": 1}}
    scores = pd.DataFrame({"name": [gene, "other", "decoy 1", "salt"], "rank": [1, 2, 29, 3]})
    scores["role"] = ["candidate", "candidate", "decoy", "candidate"]
    scores["affinity"] = [-9.5, -7.0, -6.5, np.nan]
    scores["efficiency"] = [0.4, 0.3, 0.3, np.nan]
    scores["heavy_atoms"] = [24, 23, 22, 1]
    scores["size_matched"] = [2, 2, 2, 0]
    scores["size_matched_weaker"] = [1, 0.5, 0, np.nan]
    scores["open_stereocentres"] = [0, 2, 0, 0]
    scores["reason"] = ["", "", "", "an atom has no AutoDock type"]
    return control, scores


def write_docking(folder, gene, *, passed=True):
    control, scores = docking_tables(gene, passed)
    place = folder / "docking/all/ABL1"
    write_json(control, place / "control.json")
    write_table(scores, place / "scores.tsv")
    figures.save(figures.docking(scores, control), place / "scores.svg")


def write_run(folder):
    versions = pd.DataFrame({"software": ["crosshub"], "version": ["0.1.0"]})
    write_table(versions, folder / "run/versions.tsv")
    inputs = {"file": ["a.txt.gz"], "size": [12], "sha256": ["ab" * 32]}
    write_table(pd.DataFrame(inputs), folder / "run/inputs.tsv")
    (folder / "run/config.yaml").write_text("study: toy\n", encoding="utf-8")
    row = {"what": "shared_all", "planted": 0, "found": 0, "true_positive": 0}
    row |= {"false_positive": 0, "recall": np.nan, "false_discovery_rate": 0.0}
    write_table(pd.DataFrame([row]), folder / "truth_recovery.tsv")


def write_study(folder, gene=HOSTILE):
    write_cohorts(folder, gene)
    write_diseases(folder, gene)
    write_comparison(folder, gene)
    write_biology(folder, gene)
    write_docking(folder, gene)
    write_run(folder)


def build(folder, settings=None):
    comparisons = {"all": {"diseases": DISEASES, "at_least": 2}}
    return build_report(
        folder, TEMPLATE, config=settings or full_config(), rows=rows(), comparisons=comparisons
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("toy")
    write_study(place)
    return place


@pytest.fixture(scope="module")
def page(folder):
    return build(folder)


class Reader(HTMLParser):
    """Collects tags with attributes, ids, and the text of each section."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.ids, self.sections, self.open = [], [], {}, []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.tags.append((tag, attributes))
        if "id" in attributes:
            self.ids.append(attributes["id"])
        if tag == "section":
            self.open.append(attributes["id"])
            self.sections[attributes["id"]] = ""

    def handle_endtag(self, tag):
        if tag == "section":
            self.open.pop()

    def handle_data(self, data):
        if self.open:
            self.sections[self.open[-1]] += " ".join(data.split()) + " "


def seen(page):
    """Return the text of a page as a reader sees it, images left out."""
    page = re.sub(r"<style.*?</style>", "", page, flags=re.DOTALL)
    return html.unescape(re.sub(r"<[^>]*>", " ", page)).replace("\N{NO-BREAK SPACE}", " ")


def test_sections_are_there_in_order_and_full(page):
    titles = re.findall(r"<h2><span>\d+</span>([^<]*)</h2>", page)
    assert titles[0] == "Verdict"
    assert titles == [
        "Verdict",
        "The study",
        "Quality and identity",
        "Differential expression",
        "Co-expression modules",
        "Shared genes",
        "The panel",
        "Evaluation",
        "Biology",
        "Compounds",
        "Docking",
        "Methods",
        "Provenance",
        "Recovery of the planted truth",
    ]
    reader = Reader(page)
    assert len(reader.sections) == 14
    assert all(len(text) > 120 for text in reader.sections.values())
    contents = [attributes["href"] for tag, attributes in reader.tags if tag == "a"]
    assert contents == [f"#{name}" for name in reader.sections]


def test_what_is_missing_is_said_in_words(page):
    text = seen(page)
    assert not re.search(r"\bnan\b|\bNone\b|<NA>|\binf\b", text)
    assert "not tested" in text
    assert "0.66 (no interval)" in text
    assert "one cohort" in text


def test_nothing_is_loaded_and_nothing_runs(page):
    for tag, attributes in Reader(page).tags:
        assert tag not in {"script", "link", "iframe", "object", "embed", "base"}
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            if name in {"src", "href", "xlink:href", "data", "action"}:
                assert value.startswith(("#", "data:image/png;base64,")), (tag, name, value[:60])
    assert not re.search(r"url\(\s*['\"]?(?!#)", page)
    assert "@import" not in page


def test_hostile_names_stay_text(page):
    assert "<script" not in page
    assert html.escape(HOSTILE) in page
    shown = Reader(page).sections
    for number in (4, 5, 6, 7, 8, 9, 10, 11):
        assert HOSTILE in shown[f"s{number}"], number


def test_ids_are_unique_and_references_hold(page):
    reader = Reader(page)
    assert len(reader.ids) == len(set(reader.ids))
    known = set(reader.ids)
    referenced = set(re.findall(r"url\(#([^)]+)\)", page))
    referenced |= set(re.findall(r"href=\"#([^\"]+)\"", page))
    assert len(referenced) > 50
    assert referenced <= known
    assert not re.search(r"<style[^>]*>\*\{", page)


def test_figures_and_drawings_stand_in_the_page(page):
    figure_tags = [tag for tag, _ in Reader(page).tags if tag == "figure"]
    # Two a cohort, two a disease; shared, ranks, conserved network, votes, performance, network,
    # compounds: cell lines, scores, agreement; docking.
    assert len(figure_tags) == 2 * 3 + 2 * 2 + 10
    assert page.count('id="d-all-') == 24
    assert "not in the tables of structures" in page


def test_only_the_first_cohort_of_many_is_unfolded(page):
    tags = [attributes for tag, attributes in Reader(page).tags if tag == "details"]
    # Two kinds of figures of three cohorts, then two figures of the compounds.
    assert len(tags) == 6 + 2
    assert ["open" in attributes for attributes in tags[:6]] == [True, False, False] * 2


def test_numbers_in_the_page(page):
    text = seen(page)
    assert "0.81 (0.62 to 1.00)" in text
    assert "beats chance in 2 of 2 diseases" in text
    assert "holds in 0 of 1 independent cohort." in text
    assert "2: no rule claims it" in text
    assert "of 24 samples: 24 linear" in text
    assert "4 resamples of the cross-validation chose 1.0 genes" in text
    assert "75 %" in text
    assert "17 %" in text
    assert "20 had another signature of the same compound" in text
    assert "2 genes up (1 of them in the reference, 1 filled up with genes" in text
    assert "10 compounds of 30 reverse the shared signature" in text
    # Whose each score is, and where it fails.
    for score in SCORES.values():
        assert score.citation in text
        assert score.limits in text
    assert "over all cell lines where a cell line has fewer than 10 signatures" in text
    assert "1 compound reverses all 2 at a false discovery rate of 0.1" in text
    assert "1,200 of a control; 3 weak. Of 1 name nothing is left" in text
    assert "The first 25 of 30 rows; all are in compounds/all/candidates.tsv" in " ".join(
        text.replace("`", "").split()
    ).replace(" .", ".")


def test_the_control_stands_before_the_scores(page, folder, tmp_path):
    text = " ".join(seen(page).split())
    assert "The control passed: from a fresh conformer, the best-scored pose of STI" in text
    assert text.index("The control passed") < text.index("Compounds docked into ABL1")
    assert "100 % of 2" in text.replace("\N{NO-BREAK SPACE}", " ")
    assert "an atom has no AutoDock type" in text
    assert "one of the isomers: 2 open stereocentres" in text
    assert "incomplete inside the box: A:2" in text
    assert "12.9" in text
    write_docking(tmp_path, "x", passed=False)
    failed = " ".join(seen(build(tmp_path)).split())
    assert "The scores below mean nothing" in failed
    assert "control failed" in failed


def test_shared_controls_are_a_warning(page):
    warnings = re.findall(r'<p class="warning">(.*?)</p>', page, flags=re.DOTALL)
    assert sum("property of those controls" in text for text in warnings) == 2


def test_same_page_twice(folder, page):
    assert build(folder) == page


def test_a_bare_config_names_the_keys_and_leaves_no_section_empty(folder):
    page = build(folder, config())
    text = seen(page)
    for key in (
        "genesets",
        "biology.interactions",
        "biology.immune",
        "biology.single_cell",
        "compounds.reference",
    ):
        assert f"config key {key}" in " ".join(text.split()), key
    assert all(len(part) > 60 for part in Reader(page).sections.values())


def test_an_empty_folder_names_the_targets(tmp_path):
    page = build(tmp_path)
    reader = Reader(page)
    assert "Recovery" not in page
    assert len(reader.sections) == 13
    assert all(len(part) > 60 for part in reader.sections.values())
    text = " ".join(seen(page).split())
    for target in (
        "cohorts",
        "differential",
        "modules",
        "shared",
        "panel",
        "evaluation",
        "biology",
    ):
        assert f"snakemake {target}" in text, target


def test_nothing_found_is_said(folder, tmp_path):
    write_cohorts(tmp_path, "GENE0")
    write_diseases(tmp_path, "GENE0")
    write_comparison(tmp_path, "GENE0", beats=None)
    genes = shared_table(DISEASES, found=0)
    votes, panel = vote_tables(DISEASES)
    place = tmp_path / "diseases/disease_a"
    write_table(genes, tmp_path / "shared/all/genes.tsv")
    write_table(panel.head(0), tmp_path / "panel/all/panel.tsv")
    write_table(pd.DataFrame(columns=["resampling", "unit", "fold", "gene"]),
                tmp_path / "evaluation/all/selection.tsv")  # fmt: skip
    write_table(module_table({"M0": 9}), place / "modules.tsv")
    write_table(trait_table([]), place / "module_traits.tsv")
    write_json({"power": None, "reason": "fewer than 4 samples"}, place / "modules.json")
    write_table(pd.DataFrame(columns=["cohort", "module"]), place / "preservation.tsv")
    columns = ["gene", "direction", "fdr", "module", "hub", "module_tied"]
    write_table(pd.DataFrame(columns=columns), place / "candidates.tsv")
    for disease in DISEASES:
        linear = {"kind": "linear", "coefficients": [], "intercept": 0.1}
        model = {"genes": [], "classifier": linear, "prevalence": 0.5}
        write_json(model, tmp_path / f"panel/all/{disease}/model.json")
    page = build(tmp_path, config())
    text = " ".join(seen(page).split())
    assert "It was not tested against chance" in text
    assert "0 genes are changed alike in all 2 diseases" in text
    assert "No gene is shared, so there is no panel" in text
    assert "No network: fewer than 4 samples." in text
    assert "disease_a has no candidate gene." in text
    assert "no resample of the cross-validation chose a gene" in text
    assert all(len(part) > 60 for part in Reader(page).sections.values())


def test_quality_says_who_is_apart_and_what_cannot_be_told(folder, page, tmp_path):
    text = " ".join(seen(page).split())
    assert "3 samples of 72 are outliers" in text
    assert "Where both are known they agree in 69 of 72." in text
    assert "Samples annotated as the other sex" in text
    assert "1 field of a cohort cannot be told from the disease, 2 are strongly associated" in text
    assert "a1: 'chip' says all of the group (A 12/0; B 0/12; cases/controls)" in text
    assert "1.30 SD" in text
    assert "V = 1.00" in text
    assert "no end" in text
    write_cohorts(tmp_path, "GENE0")
    for name in COHORTS:
        place = tmp_path / "cohorts" / name
        columns = ["connectivity_z", "correlation_d", "pc_distance", "distribution_d"]
        few = qc_table(4).assign(**dict.fromkeys(columns, np.nan), outlier=False)
        write_table(few.assign(sex_annotated="", sex_conflict=False), place / "qc.tsv")
        write_table(confounding_table("a2"), place / "confounding.tsv")
    text = " ".join(seen(build(tmp_path)).split())
    assert "0 samples of 12 are outliers" in text
    assert "Too few samples to judge (fewer than six): a1, a2 and b1." in text
    assert "No series says anything of batch, day, age or sex" in text
    (tmp_path / "cohorts/a1/confounding.tsv").unlink()
    build(tmp_path)


def test_every_kind_of_evidence_of_identity_is_said_in_words(tmp_path):
    kinds = [*EVIDENCE, "values; same_title"]
    links = [
        (f"GSM{i}", "a1", f"GSM{90 + i}", "a2", kind, f"GSM{i}", f"detail {i}")
        for i, kind in enumerate(kinds)
    ]
    columns = ["sample_a", "cohort_a", "sample_b", "cohort_b", "evidence", "identity", "detail"]
    write_table(pd.DataFrame(links, columns=columns), tmp_path / "identity.tsv")
    text = " ".join(seen(build(tmp_path)).split())
    assert all(words in text for words in EVIDENCE.values())
    assert "values too alike for two people; the same person by the title" in text
    assert "detail 3" in text
    assert not any(f" {name} " in text for name in EVIDENCE if "_" in name)


def test_few_permutations_are_a_warning(tmp_path):
    write_comparison(tmp_path, "GENE0")
    verdicts = {d: statement(d, True) | {"permutations": 9} for d in DISEASES}
    write_json(verdicts, tmp_path / "evaluation/all/verdict.json")
    assert "With 9 permutations no p can be below 0.1" in build(tmp_path)


def test_one_disease_and_many_comparisons(tmp_path):
    write_study(tmp_path, "GENE0")
    genes = shared_table(["disease_a"])
    write_table(genes, tmp_path / "shared/single/genes.tsv")
    page = build_report(
        tmp_path,
        TEMPLATE,
        config=full_config(),
        rows=rows(),
        comparisons={
            "all": {"diseases": DISEASES, "at_least": 2},
            "single": {"diseases": ["disease_a"], "at_least": 1},
        },
    )
    assert "Comparison single: disease_a" in page
    assert "changed the same way in the one disease" in page


def test_template_that_is_not_there(folder, tmp_path):
    with pytest.raises(DataError, match="template of the report cannot be read"):
        build_report(folder, tmp_path / "no.jinja", config=config(), rows=rows(), comparisons={})


def test_a_damaged_result_is_an_error(tmp_path):
    place = tmp_path / "evaluation/all/verdict.json"
    place.parent.mkdir(parents=True)
    place.write_text("{", encoding="utf-8")
    with pytest.raises(DataError, match="verdict.json"):
        build(tmp_path)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0123456, "0.0123"),
        (0.001, "0.001"),
        (0.00099999, "1.00 × 10⁻³"),
        (1.234e-12, "1.23 × 10⁻¹²"),
        (1.0, "1"),
        (0.0, "< 10⁻³⁰⁰"),
        (float("nan"), "not tested"),
        (None, "not tested"),
    ],
)
def test_p_value(value, shown):
    assert numbers.p_value(value) == shown


def test_other_numbers():
    assert numbers.number(-1.239) == "−1.24"
    assert numbers.number(-0.001) == "0.00"
    assert numbers.interval(0.8123, 0.7, 0.9) == "0.81 (0.70 to 0.90)"
    assert numbers.interval(np.nan, np.nan, np.nan) == "not tested"
    assert numbers.count(1234567) == "1,234,567"
    assert numbers.percent(0.666) == "67 %"
    assert numbers.plural(1, "gene") == "1 gene"
    assert numbers.plural(0, "gene") == "0 genes"
    assert numbers.text(float("nan")) == "–"
    assert numbers.number(np.float32("nan")) == "not tested"
    assert numbers.listed(["a", "b", "c"]) == "a, b and c"
    assert numbers.listed(["a"]) == "a"
    assert numbers.yes_no(np.True_) == "yes"


def test_inline_keeps_text_and_prefixes_ids():
    svg = (
        '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><metadata>x</metadata>'
        '<defs><style type="text/css">*{fill: red}</style><clipPath id="a"/></defs>'
        '<g clip-path="url(#a)" style="mask: url(#a)"><use xlink:href="#a"/>'
        '<text>id="a" url(#a)</text></g></svg>'
    )
    text = inline(svg, "f1", 'the "first"')
    assert text.startswith('<svg id="f1" role="img" aria-label="the &#34;first&#34;"')
    assert 'clipPath id="f1-a"' in text
    assert text.count("url(#f1-a)") == 2
    assert 'xlink:href="#f1-a"' in text
    assert '<text>id="a" url(#a)</text>' in text
    assert "#f1 *{fill: red}" in text
    assert "metadata" not in text


def test_citations():
    text, references = cite("A test [smyth, benjamini] and again [smyth].")
    assert text == "A test (Smyth 2004; Benjamini and Hochberg 1995) and again (Smyth 2004)."
    assert [name.split()[0] for name in references] == ["Benjamini", "Smyth"]
    for short, long in PAPERS.values():
        assert short.split()[-1] in long
        assert short.split()[0] in long


def test_every_key_in_the_report_is_of_the_schema(folder):
    """A key that the report names must exist, or its advice is wrong."""
    named = set()
    for path in (ROOT / "workflow/scripts/crosshub/report").glob("*.py"):
        named |= set(re.findall(r"[`\"]((?:biology|compounds|evaluation|shared|modules)\.\w+)[`\"]",
                                path.read_text()))  # fmt: skip
    settings = json.loads(json.dumps(config()))
    assert len(named) >= 6
    for key in named:
        section, name = key.split(".")
        assert name in settings[section], key


def test_every_selector_and_classifier_has_words_and_a_paper():
    from crosshub.classifiers.registry import CLASSIFIERS
    from crosshub.report.methods import CLASSIFIER_WORDS, SELECTOR_WORDS
    from crosshub.report.papers import cite
    from crosshub.selectors.registry import SELECTORS

    assert set(SELECTOR_WORDS) == set(SELECTORS)
    assert set(CLASSIFIER_WORDS) == set(CLASSIFIERS)
    for words, fewest in ((SELECTOR_WORDS, 13), (CLASSIFIER_WORDS, 9)):
        text, references = cite(" ".join(words.values()))
        assert "[" not in text
        assert len(references) == len(set(references)) >= fewest


def test_the_schema_knows_every_selector_and_classifier():
    from crosshub.classifiers.registry import CLASSIFIERS
    from crosshub.selectors.registry import SELECTORS

    schema = read_schema(ROOT / "workflow" / "schemas" / "config.schema.yaml")["properties"]
    panel = schema["panel"]["properties"]
    tried = schema["evaluation"]["properties"]["combinations"]
    for kind, known in (("selectors", SELECTORS), ("classifiers", CLASSIFIERS)):
        assert tried["properties"][kind]["items"]["enum"] == ["all", *known]
    assert panel["selectors"]["items"]["enum"] == list(SELECTORS)
    assert panel["classifier"]["enum"] == list(CLASSIFIERS)


def test_combinations_tell_what_is_left_of_the_best(tmp_path):
    from crosshub.combinations import TABLE
    from crosshub.report.blocks import Section
    from crosshub.report.combinations import combinations
    from crosshub.report.source import Source

    wanted = {"selectors": ["lasso"], "classifiers": ["all"]}
    source = Source(tmp_path, {"evaluation": {"combinations": wanted}}, [], {"all": {}})
    section = Section("Evaluation")
    combinations(source, section, "all")
    assert "The comparison of selectors and classifiers" in repr(section)
    row = ("gout", "lasso", "knn", 0.91, 4.0, 0.6, True)
    best = {"selector": "lasso", "classifier": "knn", "uncorrected": 0.91, "corrected": 0.78,
            "low": 0.6, "high": 0.9, "combinations": 10, "bootstraps": 1000}  # fmt: skip
    write_table(
        pd.DataFrame([row], columns=TABLE), tmp_path / "evaluation" / "all" / "combinations.tsv"
    )
    write_json({"gout": best}, tmp_path / "evaluation" / "all" / "combinations.json")
    section = Section("Evaluation")
    combinations(source, section, "all")
    assert "AUC 0.91; corrected for having been chosen it is 0.78 (0.60 to 0.90)" in repr(section)
    silent = Section("Evaluation")
    nothing = {"evaluation": {"combinations": {"selectors": [], "classifiers": []}}}
    combinations(Source(tmp_path, nothing, [], {"all": {}}), silent, "all")
    assert repr(silent) == repr(Section("Evaluation"))


def test_covariates_are_set_beside_the_panel(tmp_path):
    from crosshub.added_value import ADDED
    from crosshub.report.blocks import Section
    from crosshub.report.explained import beside_covariates
    from crosshub.report.source import Source

    source, section = Source(tmp_path, {}, [], {"all": {}}), Section("Evaluation")
    beside_covariates(source, section, "all")
    assert repr(section) == repr(Section("Evaluation"))
    row = ("gout", "new", "validation", "age,sex", 30, 28, 0.8, 0.66, 0.83, 9.1, 0.0026)
    path = tmp_path / "evaluation" / "all" / "added_value.tsv"
    write_table(pd.DataFrame([row], columns=ADDED), path)
    beside_covariates(source, section, "all")
    assert "independent cohort" in repr(section)
    assert "0.83" in repr(section)
    assert "age,sex" in repr(section)
