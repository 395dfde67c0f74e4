"""A study whose panel predicts numbers runs from its series to its report."""

import gzip
import json

import numpy as np
import pandas as pd
import pytest
import yaml
from crosshub.geo import folder_of
from crosshub.simulate.geo_files import write_annotation

pytestmark = pytest.mark.workflow
GENES, SAMPLES, PLANTED = 1200, 30, 12


def series(accession, seed, unit):
    """Return a series matrix in which genes go down where the density of bone is high."""
    rng = np.random.default_rng(seed)
    density = rng.normal(size=SAMPLES)
    values = rng.normal(8, 1, (GENES, SAMPLES))
    values[:PLANTED] -= 1.5 * density
    names = [f"{accession[:4]}{seed}{i:02d}".replace("GSE", "GSM") for i in range(SAMPLES)]
    fields = [
        ("geo_accession", names),
        ("title", [f"donor {seed}-{i}" for i in range(SAMPLES)]),
        ("characteristics_ch1", [f"bone: {'thin' if d < 0 else 'firm'}" for d in density]),
        ("characteristics_ch1", [f"density: {unit * d:.4f}" for d in density]),
    ]
    same = {"organism_ch1": "Homo sapiens", "platform_id": "GPL96", "data_processing": "RMA, log2"}
    fields += [(name, [value] * SAMPLES) for name, value in same.items()]
    lines = [f'!Series_geo_accession\t"{accession}"', ""]
    lines += [f"!Sample_{name}\t" + "\t".join(f'"{v}"' for v in cells) for name, cells in fields]
    lines += ["!series_matrix_table_begin", "\t".join(['"ID_REF"', *(f'"{n}"' for n in names)])]
    rows = values.round(4).tolist()
    lines += [f'"p{i}"\t' + "\t".join(map(str, row)) for i, row in enumerate(rows)]
    return "\n".join([*lines, "!series_matrix_table_end", ""])


@pytest.fixture
def study(tmp_path):
    rows = ["cohort accession platform disease role case control outcome".replace(" ", "\t")]
    for i, (role, unit) in enumerate([("discovery", 1.0), ("validation", 50.0)], start=1):
        accession = f"GSE{i}"
        cells = [f"c{i}", accession, "GPL96", "osteoporosis", role, "bone=thin", "bone=firm"]
        rows.append("\t".join([*cells, "-density"]))
        place = tmp_path / "mirror/series" / folder_of(accession) / "matrix"
        place.mkdir(parents=True)
        text = gzip.compress(series(accession, i, unit).encode())
        (place / f"{accession}_series_matrix.txt.gz").write_bytes(text)
    (tmp_path / "datasets.tsv").write_text("\n".join(rows) + "\n")
    probes = pd.DataFrame(
        {"symbol": [f"GENE{i}" for i in range(GENES)], "entrez": ""},
        index=[f"p{i}" for i in range(GENES)],
    )
    place = tmp_path / "mirror/platforms" / folder_of("GPL96") / "annot/GPL96.annot.gz"
    place.parent.mkdir(parents=True)
    write_annotation(probes, place, platform="GPL96", title="HG-U133A")
    config = {
        "study": "bone",
        "datasets": "datasets.tsv",
        "geo": {"base_url": "mirror"},
        "prepare": {"min_genes": 500},
        "modules": {"max_genes": 300, "preservation_permutations": 0, "consensus_permutations": 0},
        "shared": {"permutations": 20},
        "panel": {"predict": "outcome", "max_genes": 8},
        "evaluation": {"repeats": 1, "folds": 3, "permutations": 19, "random_panels": 20},
    }
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
    return tmp_path / "config.yaml"


def test_the_panel_predicts_the_outcome(tmp_path, snakemake, study):
    done = snakemake(tmp_path, study)
    assert done.returncode == 0, done.stdout + done.stderr
    results = tmp_path / "results/bone"
    panel = pd.read_csv(results / "panel/all/panel.tsv", sep="\t")
    chosen = set(panel.loc[panel["in_panel"], "gene"])
    assert len(chosen & {f"GENE{i}" for i in range(PLANTED)}) >= 7
    model = json.loads((results / "panel/all/osteoporosis/model.json").read_text())
    assert model["outcome"] == "-density"
    verdict = json.loads((results / "evaluation/all/verdict.json").read_text())["osteoporosis"]
    assert verdict["beats_chance"] and verdict["cohorts_validated"] == 1
    assert "concordance with -density" in verdict["statement"]
    assert verdict["statement"] in (results / "report.html").read_text().replace("\xa0", " ")
    table = pd.read_csv(results / "evaluation/all/performance.tsv", sep="\t")
    assert table.set_index("resampling").loc["validation", "auc"] > 0.8
    predicted = pd.read_parquet(results / "evaluation/all/predictions.parquet")
    assert predicted["outcome"].notna().all()
