"""The pages of the documentation that are generated from the schemas."""

from pathlib import Path

from crosshub.config import describe_keys, read_schema
from crosshub.tables import whole

SCHEMAS = Path(__file__).parents[2] / "schemas"
PAGE = Path(__file__).parents[3] / "config" / "README.md"
HEAD = """# Config

*Generated from `workflow/schemas` by `make docs`; edit those.*

A study is a config and a table of cohorts. Give it with `--configfile`; a second file after it
overrides single keys (mappings are merged, lists are replaced):

```bash
.venv/bin/snakemake --cores all --configfile config/studies/ra_oa_synovium/config.yaml mirror.yaml
```

A wrong key, a wrong value or a missing file ends the run before anything is done, and a rule that
matches no sample as soon as the series are there; with one line for each mistake. Threads, memory
and partitions belong in a profile, not here.

## Keys of the config

"""
MIDDLE = """
## Columns of the table of cohorts

A tab-separated file, one row for each cohort: the cases and controls of one disease from one
accession. A rule is `field=regular expression`, searched in the value whatever its case; several
rules joined by `;` must all hold. Fields are the keys of the sample characteristics (`disease
state`) and GEO's sample tags (`title`, `source_name_ch1`, `description`). More diseases are more
rows; nothing else changes.

A field name that holds `=` or `;`, and a pattern that holds `;`, takes a backslash before it.
Patterns have at most 200 characters, and a repeated group holds no repeat; the first 1,000
characters of a value are searched.

"""
TAIL = """
## Counts of the authors

RNA-seq series carry no values in their series matrix. `kind=counts` takes NCBI's counts; where
NCBI has none, a recipe says how the table in the series' `suppl` folder is read:

```yaml
geo:
  counts:
    - accession: GSE184951
      file: GSE184951_gene_counts.tsv.gz
      gene: ensembl              # column of the ids
      skip: [symbol]             # columns that are neither ids nor samples
```

## Docking

Optional: `make docking` installs AutoDock Vina and Meeko (Python 3.11 or 3.12; or `--sdm conda`).

```yaml
docking:
  - gene: ABL1
    structure: 1IEP              # fetched; or the path of a PDB file
    ligand: STI                  # a residue of it, with its SMILES; or the path of an SDF file
    smiles: Cc1ccc(NC(=O)c2ccc(CN3CCN(C)CC3)cc2)cc1Nc1nccc(-c2cccnc2)n1
```

`control.json` says whether the ligand, from a fresh conformer, is put back within 2.5 Å; if not,
the scores mean nothing. With `exhaustiveness: 8` a compound of imatinib's size takes one to two
minutes of one core. Waters, ions and cofactors are left out, the protein is rigid, and compounds
are docked uncharged, as they stand in the drug list. In `scores.tsv`, `size_matched_weaker` is the
share of the other docked compounds of like size that bind more weakly.

## Columns of cohorts/{cohort}/samples.tsv

"""


def config_page() -> str:
    """Return the text of config/README.md."""
    config, datasets, samples = (
        describe_keys(read_schema(SCHEMAS / f"{name}.schema.yaml"))
        for name in ("config", "datasets", "samples")
    )
    return HEAD + config + MIDDLE + datasets + TAIL + samples


if __name__ == "__main__":
    with whole(PAGE) as path:
        path.write_text(config_page(), encoding="utf-8")
