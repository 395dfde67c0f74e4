"""The simulated study: the same bytes each time, GEO's formats, and a truth that can be seen."""

import gzip
import hashlib
import json
import re

import h5py
import numpy as np
import pandas as pd
import pytest
from crosshub.errors import DataError
from crosshub.simulate import simulate_study
from crosshub.simulate.biology import CONTROL, draw_expression, plant_biology
from crosshub.simulate.compounds import read_structures
from crosshub.simulate.platforms import count_reads
from rdkit import Chem
from rdkit.Chem.rdMolDescriptors import CalcMolFormula
from scipy.stats import ttest_ind

SMALL = {
    "seed": 1,
    "genes": 900,
    "samples_per_group": 14,
    "signatures": 300,
    "effect": 2.0,
    "shared_all": 24,
    "shared_two": 10,
    "own": 25,
}
SERIES = [f"GSE9900000{number}" for number in range(1, 6)]
ARRAYS = [accession for accession in SERIES if accession != "GSE99000004"]
COHORTS = [
    "a_discovery",
    "a_validation",
    "b_discovery",
    "b_validation",
    "c_discovery",
    "c_validation",
]


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("simulation") / "study"
    simulate_study(folder, **SMALL)
    return folder


@pytest.fixture(scope="module")
def default(tmp_path_factory):
    folder = tmp_path_factory.mktemp("simulation") / "default"
    simulate_study(folder, seed=3)
    return folder


def read_tsv(path):
    return pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)


def read_lines(path):
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return file.read().splitlines()


def matrix_path(folder, accession):
    return folder / f"geo/series/GSE99000nnn/{accession}/matrix/{accession}_series_matrix.txt.gz"


def parse_series(folder, accession):
    """Parse a series matrix by its tags: series tags, sample tags, table."""
    series, samples, table, inside = {}, {}, [], False
    for line in read_lines(matrix_path(folder, accession)):
        tag, *cells = [cell.strip('"') for cell in line.split("\t")]
        if tag in ("!series_matrix_table_begin", "!series_matrix_table_end"):
            inside = tag.endswith("begin")
        elif inside:
            table.append([tag, *cells])
        elif tag.startswith("!Series_"):
            series.setdefault(tag.removeprefix("!Series_"), []).extend(cells)
        elif tag.startswith("!Sample_"):
            samples.setdefault(tag.removeprefix("!Sample_"), []).append(cells)
    header, *rows = table
    values = pd.DataFrame([row[1:] for row in rows], [row[0] for row in rows], header[1:])
    return series, samples, values.astype(float)


def characteristics(samples):
    """Return for each sample its characteristics by key."""
    columns = zip(*samples["characteristics_ch1"], strict=True)
    return [dict(cell.split(": ", 1) for cell in column) for column in columns]


def read_annotation(folder, platform):
    path = folder / f"geo/platforms/GPL99000nnn/{platform}/annot/{platform}.annot.gz"
    lines = read_lines(path)
    begin, end = lines.index("!platform_table_begin"), lines.index("!platform_table_end")
    rows = [line.split("\t") for line in lines[begin + 1 : end]]
    return pd.DataFrame(rows[1:], columns=rows[0]).set_index("ID"), lines[:begin]


def read_counts(folder):
    path = "geo/series/GSE99000nnn/GSE99000004/suppl/GSE99000004_raw_counts_GRCh38.p13_NCBI.tsv.gz"
    return pd.read_csv(folder / path, sep="\t", index_col=0)


def log2_genes(folder, accession):
    """Return genes × samples, log2, by the strongest probe of each gene."""
    if accession == "GSE99000004":
        counts = read_counts(folder)
        table = pd.read_csv(folder / "geo/annotation/Human.GRCh38.p13.annot.tsv.gz", sep="\t")
        symbol = table.set_index("GeneID")["Symbol"]
        values = np.log2(counts / counts.sum() * 1e6 + 1)
    else:
        series, _, values = parse_series(folder, accession)
        symbol = read_annotation(folder, series["platform_id"][0])[0]["Gene symbol"]
        values = np.log2(values) if accession == "GSE99000001" else values
    symbol = symbol.reindex(values.index)
    clear = symbol.ne("") & ~symbol.str.contains("///")
    order = values[clear].mean(axis=1).sort_values(ascending=False).index
    best = order[~symbol[order].duplicated()]
    return values.loc[best].set_axis(symbol[best], axis=0)


def groups_of(folder, cohort):
    """Return the cases and the controls of a cohort by the rules of datasets.tsv."""
    row = read_tsv(folder / "datasets.tsv").set_index("cohort").loc[cohort]
    _, samples, values = parse_series(folder, row["accession"])
    found = []
    for rule in (row["case"], row["control"]):
        key, pattern = rule.split("=", 1)
        holds = [bool(re.search(pattern, cells[key], re.I)) for cells in characteristics(samples)]
        found.append(values.columns[holds])
    return row, *found


def planted_in(truth, disease):
    """Return gene → direction of all that is planted in a disease."""
    found = {}
    for what, item, detail in truth[["what", "item", "detail"]].to_numpy():
        if what == "shared_all":
            found[item] = detail
        elif what in ("shared_two", "own"):
            diseases, direction = detail.split(":")
            if disease in diseases.split(","):
                found[item] = direction
    return pd.Series(found).map({"up": 1, "down": -1})


def module_genes(truth):
    return truth[truth["what"] == "module"].groupby("detail")["item"].agg(list)


def test_two_runs_give_the_same_bytes(study, tmp_path):
    simulate_study(tmp_path, **SMALL)
    first = sorted(path.relative_to(study) for path in study.rglob("*") if path.is_file())
    second = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file())
    assert first == second
    for name in first:
        assert (study / name).read_bytes() == (tmp_path / name).read_bytes(), name


def test_another_seed_gives_other_data(study, tmp_path):
    simulate_study(tmp_path, **{**SMALL, "seed": 2})
    kept = {"datasets.tsv", "geo/annotation/Human.GRCh38.p13.annot.tsv.gz"}
    for name, digest in json.loads((study / "simulation.json").read_text())["files"].items():
        same = hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() == digest
        assert same == (name in kept), name


def test_the_number_of_signatures_leaves_expression_alone(study, tmp_path):
    simulate_study(tmp_path, **{**SMALL, "signatures": 120})
    for accession in SERIES:
        path = matrix_path(tmp_path, accession)
        assert path.read_bytes() == matrix_path(study, accession).read_bytes()
    with h5py.File(tmp_path / "signatures.gctx") as file:
        assert file["0/DATA/0/matrix"].shape == (120, 800)


def test_manifest_lists_every_file_with_its_hash(study):
    manifest = json.loads((study / "simulation.json").read_text())
    files = {path.relative_to(study).as_posix() for path in study.rglob("*") if path.is_file()}
    assert set(manifest["files"]) == files - {"simulation.json"}
    for name, digest in manifest["files"].items():
        assert hashlib.sha256((study / name).read_bytes()).hexdigest() == digest
    assert {"seed": manifest["seed"], **manifest["parameters"]} == SMALL


def test_an_interrupted_run_leaves_no_manifest(study, tmp_path, monkeypatch):
    simulate_study(tmp_path, **SMALL)

    def fail(*_args, **_options):
        raise OSError("the disk is full")

    monkeypatch.setattr("crosshub.simulate.knowledge.write_gmt", fail)
    with pytest.raises(OSError, match="full"):
        simulate_study(tmp_path, **SMALL)
    assert not (tmp_path / "simulation.json").exists()


def test_gzip_headers_bear_no_time_and_no_name(study):
    paths = list(study.rglob("*.gz"))
    assert len(paths) == 9
    for path in paths:
        flags, time = path.read_bytes()[3], path.read_bytes()[4:8]
        assert (flags, time) == (0, b"\0\0\0\0")


@pytest.mark.parametrize("accession", SERIES)
def test_series_matrix_is_whole(study, accession):
    series, samples, values = parse_series(study, accession)
    assert read_lines(matrix_path(study, accession))[-1] == "!series_matrix_table_end"
    declared = series["sample_id"][0].split()
    assert declared == samples["geo_accession"][0] == list(values.columns)
    assert all(re.fullmatch(r"GSM99\d{7}", name) for name in declared)
    assert series["geo_accession"] == [accession]
    assert set(samples["platform_id"][0]) == set(series["platform_id"])
    assert all(len(line) == len(declared) for lines in samples.values() for line in lines)
    assert set(samples["data_row_count"][0]) == {str(len(values))}
    assert set(samples["taxid_ch1"][0]) == set(series["platform_taxid"]) == {"9606"}
    assert len(declared) == SMALL["samples_per_group"] * (3 if accession == "GSE99000001" else 2)
    assert not values.isna().any(axis=None)


def test_sample_accessions_are_unique_over_all_series(study):
    names = [name for a in SERIES for name in parse_series(study, a)[1]["geo_accession"][0]]
    assert len(set(names)) == len(names) == 11 * SMALL["samples_per_group"]
    assert min(names) == "GSM990000101"


def test_characteristics_are_written_as_in_geo(study):
    states = {}
    for accession in SERIES:
        cells = characteristics(parse_series(study, accession)[1])
        keys = {frozenset(sample) for sample in cells}
        assert len(keys) == 1 and {"tissue", "age", "sex"} < set(*keys)
        assert all(30 <= int(sample["age"]) < 80 for sample in cells)
        states[accession] = {sample.get("disease state") for sample in cells}
    # One disease of the first series is written in two ways, as in GSE55235.
    assert sum("disease_b" in state for state in states["GSE99000001"]) == 2
    assert len(states["GSE99000001"]) == 4
    # In the third the order of the keys differs, so that position tells nothing.
    first_line = parse_series(study, "GSE99000003")[1]["characteristics_ch1"][0]
    assert {cell.split(":")[0] for cell in first_line} == {"diagnosis", "tissue", "age", "sex"}


def test_only_three_series_name_biosamples(study):
    for accession in SERIES:
        samples = parse_series(study, accession)[1]
        assert ("relation" in samples) == (accession not in ("GSE99000001", "GSE99000002"))
    relation = parse_series(study, "GSE99000005")[1]["relation"][0]
    assert len(set(relation)) == len(relation)
    assert all(re.search(r"biosample/SAMN\d+$", text) for text in relation)


def test_values_are_linear_in_one_series_and_log2_in_the_others(study):
    for accession in ARRAYS:
        top = parse_series(study, accession)[2].quantile(0.99).median()
        assert (top > 1000) if accession == "GSE99000001" else (top < 20)
    text = gzip.decompress(matrix_path(study, "GSE99000001").read_bytes()).decode()
    rows = text.split("!series_matrix_table_begin\n")[1].splitlines()[1:-1]
    assert all(re.fullmatch(r"\d+(\.\d)?", cell) for cell in rows[0].split("\t")[1:])
    assert (parse_series(study, "GSE99000001")[2] > 0).all(axis=None)


@pytest.mark.parametrize(
    ("accession", "platform"), [("GSE99000001", "GPL99000001"), ("GSE99000003", "GPL99000002")]
)
def test_annotation_covers_the_probes_with_the_hazards_of_real_ones(study, accession, platform):
    annotation, header = read_annotation(study, platform)
    values = parse_series(study, accession)[2]
    assert sorted(annotation.index) == sorted(values.index)
    assert f"!Annotation_platform = {platform}" in header
    assert all(f"#{name} = " in "\n".join(header) for name in annotation.columns)
    symbol, entrez = annotation["Gene symbol"], annotation["Gene ID"]
    ambiguous, unnamed = symbol.str.contains("///"), symbol == ""
    assert ambiguous.any() and unnamed.any()
    assert symbol[~ambiguous & ~unnamed].duplicated().sum() > 100
    single = ~ambiguous & ~unnamed
    assert (entrez[single].str[-4:] == symbol[single].str.removeprefix("SIM")).all()
    assert (entrez[ambiguous].str.count("///") == 1).all() and (entrez[unnamed] == "").all()
    assert annotation["Gene title"].str.contains('"').any()


def test_platforms_share_no_probe_and_the_second_lacks_only_plain_genes(study):
    first, second = (read_annotation(study, f"GPL9900000{number}")[0] for number in (1, 2))
    assert not set(first.index) & set(second.index)
    truth = read_tsv(study / "truth.tsv")
    lacking = set(first["Gene symbol"]) - set(second["Gene symbol"])
    lacking = {name for name in lacking if "///" not in name}
    assert lacking and not lacking & set(truth["item"])


def test_counts_are_counts_of_the_samples_of_the_series(study):
    counts = read_counts(study)
    assert list(counts.columns) == list(parse_series(study, "GSE99000004")[2].columns)
    assert len(parse_series(study, "GSE99000004")[2]) == 0
    assert (counts.dtypes == np.int64).all() and (counts >= 0).all(axis=None)
    table = read_tsv(study / "geo/annotation/Human.GRCh38.p13.annot.tsv.gz")
    assert list(table["GeneID"]) == list(counts.index.astype(str))
    assert {"Symbol", "Description", "Synonyms", "GeneType", "EnsemblGeneID"} < set(table)
    assert table["Symbol"].is_unique and table["EnsemblGeneID"].is_unique
    # SIM1 and SIM2 are real genes; four digits keep clear of them.
    assert table["Symbol"].str.fullmatch(r"SIM\d{4}").all()
    silent = counts[(table["GeneType"] == "pseudo").to_numpy()]
    assert len(silent) == SMALL["genes"] // 20 and silent.mean().mean() < 0.1


def test_cohorts_claim_every_sample_they_should(study):
    table = read_tsv(study / "datasets.tsv")
    columns = ["cohort", "accession", "platform", "disease", "role", "case", "control", "kind"]
    assert list(table.columns) == columns and list(table["cohort"]) == COHORTS
    assert list(table["kind"]) == ["array"] * 4 + ["counts", "array"]
    for cohort in COHORTS:
        row, cases, controls = groups_of(study, cohort)
        assert len(cases) == len(controls) == SMALL["samples_per_group"]
        assert not set(cases) & set(controls)
        assert row["platform"] in parse_series(study, row["accession"])[0]["platform_id"]
    # The two diseases of the first series share their controls.
    assert set(groups_of(study, "a_discovery")[2]) == set(groups_of(study, "b_discovery")[2])


def test_truth_has_the_planted_numbers(study):
    truth = read_tsv(study / "truth.tsv")
    assert list(truth.columns) == ["what", "item", "detail"]
    numbers = truth["what"].value_counts()
    tied = truth[truth["what"] == "tied_module"].iloc[0]
    modules = module_genes(truth)
    assert numbers["shared_all"] == 24 and numbers["shared_two"] == 20
    assert numbers["own"] == 75 + len(modules[tied["item"]]) and tied["detail"] == "disease_a"
    assert numbers["reverser"] == numbers["mimicker"] == 5 and numbers["duplicate"] == 1
    assert modules.map(len).between(60, 120).all() and len(modules) >= 3
    planted = truth[truth["what"].isin(["shared_all", "shared_two", "own"])]
    assert planted["item"].is_unique
    shared = truth[truth["what"] == "shared_all"]
    assert (shared["detail"] == "up").sum() == (shared["detail"] == "down").sum()
    assert set(truth.loc[truth["what"] == "shared_two", "detail"].str.split(":").str[0]) == {
        "disease_a,disease_b",
        "disease_b,disease_c",
    }
    untied = {gene for number, genes in modules.items() if number != tied["item"] for gene in genes}
    listed = set(planted["item"]) - set(modules[tied["item"]])
    assert 0 < len(listed & untied) <= 0.1 * len(listed)


@pytest.mark.parametrize("cohort", COHORTS)
def test_planted_genes_differ_and_others_do_not(default, cohort):
    row, cases, controls = groups_of(default, cohort)
    values = log2_genes(default, row["accession"])
    truth = read_tsv(default / "truth.tsv")
    planted = planted_in(truth, row["disease"])
    case, control = values[cases], values[controls]
    p = pd.Series(ttest_ind(case, control, axis=1).pvalue, values.index).dropna()
    pooled = np.sqrt((case.var(axis=1) + control.var(axis=1)) / 2)
    size = (case.mean(axis=1) - control.mean(axis=1)) / pooled
    assert set(planted.index) <= set(p.index)
    outside = planted.index.difference(module_genes(truth).explode())
    assert (p[outside] < 0.01).mean() > 0.95
    assert (np.sign(size[planted.index]) == planted).mean() > 0.99
    # Hedges' correction for the small sample.
    mean = (size[outside] * planted[outside]).mean() * (1 - 3 / (4 * (len(cases) * 2 - 2) - 1))
    assert mean == pytest.approx(1.5, abs=0.12)
    # Genes of modules go together, so that the share of small p varies more than a binomial.
    nulls = p.drop(planted.index)
    background = nulls.index.difference(module_genes(truth).explode())
    assert (nulls[background] < 0.05).mean() == pytest.approx(0.05, abs=0.022)
    assert (nulls < 1e-5).mean() < 0.01
    assert pooled[outside].median() == pytest.approx(1.0, abs=0.1)


def test_without_an_effect_nothing_is_planted(tmp_path):
    simulate_study(tmp_path, **{**SMALL, "effect": 0.0})
    truth = read_tsv(tmp_path / "truth.tsv")
    assert set(truth["what"]) == {"module", "duplicate"}
    small = []
    for cohort in COHORTS:
        row, cases, controls = groups_of(tmp_path, cohort)
        values = log2_genes(tmp_path, row["accession"])
        small.append(np.nanmin(ttest_ind(values[cases], values[controls], axis=1).pvalue))
    assert min(small) > 1e-6


def test_duplicate_is_the_same_person_in_two_series(study):
    truth = read_tsv(study / "truth.tsv")
    original, copy = truth.loc[truth["what"] == "duplicate", ["item", "detail"]].iloc[0]
    _, first, values = parse_series(study, "GSE99000001")
    _, second, others = parse_series(study, "GSE99000002")
    assert original in groups_of(study, "a_discovery")[2]
    assert copy in groups_of(study, "a_validation")[2]
    ratio = np.log2(values[original]) - others[copy]
    assert abs(ratio[values[original] > 50]).max() < 0.1 and ratio.std() > 0.005
    one = characteristics(first)[list(values.columns).index(original)]
    two = characteristics(second)[list(others.columns).index(copy)]
    assert (one["age"], one["sex"]) == (two["age"], two["sex"])
    # Nobody else is in both.
    centred = [frame.sub(frame.mean(axis=1), axis=0) for frame in (np.log2(values), others)]
    r = np.corrcoef(centred[0].T, centred[1].T)[: values.shape[1], values.shape[1] :]
    table = pd.DataFrame(r, values.columns, others.columns)
    assert table.loc[original, copy] > 0.9
    table.loc[original, copy] = 0
    assert table.max(axis=None) < 0.7


@pytest.mark.parametrize("accession", SERIES)
def test_modules_are_correlated_in_every_series(default, accession):
    values = log2_genes(default, accession)
    _, samples, _ = parse_series(default, accession)
    lines = characteristics(samples)
    key = next(key for key in ("disease state", "diagnosis", "clinical status") if key in lines[0])
    # disease_b is written in two ways.
    state = [
        found.group() if (found := re.search("disease_.", cells[key])) else CONTROL
        for cells in lines
    ]
    # Within groups: the planted changes would otherwise count as correlation.
    centred = values - values.T.groupby(np.array(state)).transform("mean").T
    modules = module_genes(read_tsv(default / "truth.tsv"))
    for genes in modules:
        r = np.corrcoef(centred.loc[genes])[np.triu_indices(len(genes), 1)]
        assert 0.3 < r.mean() < 0.7
    across = np.corrcoef(centred.loc[modules.iloc[0]], centred.loc[modules.iloc[1]])
    size = len(modules.iloc[0])
    assert abs(across[:size, size:].mean()) < 0.25
    alone = values.index.difference(modules.explode())[:200]
    r = np.corrcoef(centred.loc[alone])[np.triu_indices(len(alone), 1)]
    assert abs(r).mean() < 0.2


def test_correlations_in_a_module_are_the_products_of_the_loadings():
    rng = np.random.default_rng(7)
    biology = plant_biology(rng, genes=600, effect=1.5, shared_all=10, shared_two=4, own=10)
    values = draw_expression(biology, [CONTROL] * 4000, rng)
    genes = biology.members(2)
    loading = biology.genes.loc[genes, "loading"].to_numpy()
    upper = np.triu_indices(len(genes), 1)
    expected = np.outer(loading, loading)[upper]
    assert expected.min() >= 0.3 and expected.max() <= 0.7
    assert abs(np.corrcoef(values.loc[genes])[upper] - expected).max() < 0.08
    assert values.std(axis=1).to_numpy() == pytest.approx(np.ones(600), abs=0.05)


def test_effects_are_those_of_the_biology():
    rng = np.random.default_rng(8)
    biology = plant_biology(rng, genes=700, effect=2.0, shared_all=12, shared_two=6, own=10)
    size = biology.effects[biology.effects != 0].abs()
    assert size.min(axis=None) >= 1.6 and size.max(axis=None) <= 2.4
    values = draw_expression(biology, ["disease_a"] * 3000 + [CONTROL] * 3000, rng).to_numpy()
    seen = values[:, :3000].mean(axis=1) - values[:, 3000:].mean(axis=1)
    tied = (biology.genes["module"] == biology.tied_module).to_numpy()
    expected = biology.effects["disease_a"].to_numpy() + tied * 2.0 * biology.genes["loading"]
    assert seen == pytest.approx(expected.to_numpy(), abs=0.13)


def test_counts_are_overdispersed_as_stated():
    level = pd.DataFrame(np.full((200, 4000), 9.0))
    ids = [str(number) for number in range(200)]
    counts = count_reads(level, ids, np.random.default_rng(5))
    size = counts.mean() / counts.mean().mean()
    scaled = counts / size
    mean, variance = scaled.mean(axis=1), scaled.var(axis=1)
    # Poisson's part varies with the library; it is a small one here.
    dispersion = (variance - mean) / mean**2
    stated = 0.02 + 2 / np.maximum(mean, 25)
    assert dispersion.to_numpy() == pytest.approx(stated.to_numpy(), rel=0.2)
    assert np.log(size).std() == pytest.approx(0.2, abs=0.02)


def test_genes_that_do_not_fit_are_refused(tmp_path):
    with pytest.raises(DataError, match="do not fit into 600 genes"):
        simulate_study(tmp_path / "study", seed=1, genes=600, own=200)
    assert not (tmp_path / "study").exists()


def read_gctx(folder):
    with h5py.File(folder / "signatures.gctx") as file:
        values = file["0/DATA/0/matrix"][:]
        rows = {name: data[:].astype(str) for name, data in file["0/META/ROW"].items()}
        columns = {name: data[:].astype(str) for name, data in file["0/META/COL"].items()}
        version = file.attrs["version"]
    return values, pd.DataFrame(rows), pd.DataFrame(columns), version


def shared_score(folder):
    """Return the correlation of each signature with the shared direction, over all genes."""
    values, genes, details, _ = read_gctx(folder)
    shared = read_tsv(folder / "truth.tsv").query("what == 'shared_all'").set_index("item")
    direction = shared["detail"].map({"up": 1.0, "down": -1.0})
    direction = direction.reindex(genes["pr_gene_symbol"]).fillna(0.0).to_numpy()
    scores = [np.corrcoef(row, direction)[0, 1] for row in values]
    return details.assign(score=scores)


def test_gctx_has_the_layout_of_the_field(study):
    values, genes, details, version = read_gctx(study)
    assert values.dtype == np.float32 and values.shape == (300, 800) == (len(details), len(genes))
    assert version == b"GCTX1.0"
    assert set(genes) == {"id", "pr_gene_symbol"}
    assert set(details) == {
        "id",
        "pert_id",
        "pert_iname",
        "cell_id",
        "pert_idose",
        "pert_itime",
        "pert_type",
    }
    assert genes["id"].is_unique and details["id"].is_unique
    assert (genes["id"].str[-4:] == genes["pr_gene_symbol"].str.removeprefix("SIM")).all()
    truth = read_tsv(study / "truth.tsv")
    planted = truth.loc[truth["what"].isin(["shared_all", "shared_two", "own"]), "item"]
    assert set(planted) <= set(genes["pr_gene_symbol"])
    assert set(details["pert_iname"]) <= set(read_structures()["name"])
    assert details["cell_id"].nunique() >= 5
    assert details.groupby("pert_id")["pert_iname"].nunique().max() == 1


@pytest.mark.parametrize("folder", ["study", "default"])
def test_planted_compounds_oppose_or_follow_the_shared_change(folder, request):
    folder = request.getfixturevalue(folder)
    truth = read_tsv(folder / "truth.tsv")
    table = shared_score(folder)
    by_cell = table.groupby(["pert_iname", "cell_id"])["score"].mean().unstack()
    mean = table.groupby("pert_iname")["score"].mean()
    reversers = truth.loc[truth["what"] == "reverser", "item"]
    mimickers = truth.loc[truth["what"] == "mimicker", "item"]
    others = mean.drop([*reversers, *mimickers])
    assert mean[reversers].max() < others.min() - 0.03
    assert mean[mimickers].min() > others.max() + 0.03
    assert (by_cell.loc[reversers] < 0).mean(axis=None) > 0.95
    assert by_cell.shape[1] >= 5
    # Noisy: no single signature gives the direction away.
    assert table["score"].abs().max() < 0.8


def test_replicates_of_a_compound_resemble_each_other(default):
    values, _, details, _ = read_gctx(default)
    keys = details[["pert_iname", "cell_id", "pert_idose"]].agg("|".join, axis=1)
    strong = details["pert_idose"] == "10 uM"
    order = np.flatnonzero(strong)
    r = np.corrcoef(values[order])
    same = keys.to_numpy()[order][:, None] == keys.to_numpy()[order][None, :]
    np.fill_diagonal(same, False)
    apart = details["pert_iname"].to_numpy()[order]
    apart = apart[:, None] != apart[None, :]
    assert same.sum() > 500
    assert r[same].mean() > 0.2
    assert abs(r[apart].mean()) < 0.02


def test_every_structure_parses_to_its_formula():
    table = read_structures()
    assert len(table) >= 60 and table["name"].is_unique
    keys = set()
    for name, smiles, formula in table[["name", "smiles", "formula"]].to_numpy():
        molecule = Chem.MolFromSmiles(smiles)
        assert molecule is not None, name
        assert CalcMolFormula(molecule) == formula, name
        keys.add(Chem.MolToInchiKey(molecule))
    assert len(keys) == len(table)


def test_structure_table_names_targets(study):
    table = read_tsv(study / "structures.tsv").set_index("name")
    assert list(table.columns) == ["smiles", "mechanism", "phase", "targets"]
    truth = read_tsv(study / "truth.tsv")
    shared = set(truth.loc[truth["what"] == "shared_all", "item"])
    for name in truth.loc[truth["what"] == "reverser", "item"]:
        assert shared & set(table.loc[name, "targets"].split("|"))
    assert (table["targets"] == "").any()


def test_gene_sets_hold_the_modules_and_hide_planted_genes(study):
    truth = read_tsv(study / "truth.tsv")
    lines = [line.split("\t") for line in (study / "genesets.gmt").read_text().splitlines()]
    sets = {name: genes for name, _, *genes in lines}
    assert len(sets) == 60 and all(len(set(genes)) == len(genes) for genes in sets.values())
    modules = module_genes(truth)
    assert {f"SIM_MODULE_{n}": genes for n, genes in modules.items()}.items() <= sets.items()
    shared = set(truth.loc[truth["what"] == "shared_all", "item"])
    hits = [len(shared & set(genes)) for name, genes in sets.items() if "PATHWAY" in name]
    assert sum(hit >= 8 for hit in hits) == 3
    immune = [line.split("\t") for line in (study / "immune.gmt").read_text().splitlines()]
    tied = truth.loc[truth["what"] == "tied_module", "item"].iloc[0]
    assert len(immune) == 6 and all(len(set(cells)) == 22 for cells in immune)
    assert len(set(modules[tied]) & set(immune[0])) >= 16


def test_interactions_are_denser_inside_modules_and_among_shared_genes(default):
    table = pd.read_csv(default / "interactions.tsv", sep="\t")
    assert list(table.columns) == ["gene_a", "gene_b", "score"] and len(table) == 1500
    assert (table["gene_a"] < table["gene_b"]).all()
    assert not table.duplicated(["gene_a", "gene_b"]).any()
    assert table["score"].between(0, 1000).all()
    truth = read_tsv(default / "truth.tsv")
    groups = [*module_genes(truth), list(truth.loc[truth["what"] == "shared_all", "item"])]
    overall = len(table) / (2400 * 2399 / 2)
    for genes in groups:
        inside = (table["gene_a"].isin(genes) & table["gene_b"].isin(genes)).sum()
        assert inside / (len(genes) * (len(genes) - 1) / 2) > 20 * overall
