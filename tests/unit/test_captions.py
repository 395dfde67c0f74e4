"""The captions of Snakemake's own report say what was done, for each kind of study."""

from pathlib import Path
from types import SimpleNamespace

from jinja2 import Environment, StrictUndefined

ROOT = Path(__file__).parents[2]
ROW = {"cohort": "c", "kind": "array", "outcome": "", "predicts": "groups"}


def caption(name, *, row=None, **params):
    text = (ROOT / "workflow" / "report" / f"{name}.rst").read_text(encoding="utf-8")
    rows = [ROW | {"testing": {"counts": "voom"}} | (row or {})]
    wildcards = SimpleNamespace(cohort="c", comparison="all", disease="gout")
    snakemake = SimpleNamespace(params=SimpleNamespace(rows=rows, **params), wildcards=wildcards)
    rendered = Environment(undefined=StrictUndefined).from_string(text).render(snakemake=snakemake)
    return " ".join(rendered.split())


def test_volcano():
    groups = caption("volcano", fdr=0.05)
    assert groups.startswith("Cases against controls in cohort c, gene by gene (moderated t).")
    assert "up in cases" in groups
    numbers = caption("volcano", fdr=0.05, row={"outcome": "-bmd"})
    assert numbers.startswith("Samples by bmd in cohort c")
    assert "for one standard deviation of lower bmd" in numbers
    assert "cases" not in numbers
    counts = {"kind": "counts", "testing": {"counts": "deseq2"}}
    assert "(DESeq2)" in caption("volcano", fdr=0.05, row=counts)


def test_performance():
    assert caption("performance", diseases=["gout"]).startswith("AUC of comparison all")
    numbers = caption("performance", diseases=["gout"], row={"predicts": "outcome"})
    assert numbers.startswith("Concordance with the outcome of comparison all")
    assert "DeLong" not in numbers


def test_how_cohorts_were_combined():
    said = caption("differential", cohorts=["a", "b"], method="by_number")
    assert "itself, two to four are combined by the common effect, five and more by random" in said
    said = caption("differential", cohorts=["a", "b"], method="dersimonian_laird")
    assert "itself, several are combined by random effects (DerSimonian–Laird). Trust" in said


def test_background_of_enrichment():
    everything = caption("enrichment", family=None)
    assert "The background is all genes that were measured in every disease" in everything
    family = caption("enrichment", family="a.gmt:IRON")
    assert "The background is the genes of a.gmt:IRON that were measured" in family


def test_votes_are_named_where_they_count():
    panel = {"selectors": ["lasso"], "vote": "rank", "votes": 2, "max_genes": 10}
    said = caption("panel", procedure={"panel": panel})
    assert "the rule is ``rank``, and at most 10 genes" in said
    said = caption("panel", procedure={"panel": panel | {"vote": "at_least"}})
    assert "the rule is ``at_least`` with 2 votes for each disease on average, and at" in said


def test_rank_overlap_without_permutations():
    settings = {"shared": {"permutations": 0}}
    assert "permutations" not in caption("rank_overlap", procedure=settings)
    settings = {"shared": {"permutations": 20}}
    assert "with 20 joint permutations" in caption("rank_overlap", procedure=settings)
