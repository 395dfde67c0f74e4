"""The five simulated series: who is in them, and how GEO would write them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from crosshub.geo import folder_of
from crosshub.simulate import geo_files, platforms
from crosshub.simulate.biology import CONTROL, Biology, draw_expression

FIRST_SAMPLE = 990_000_101
FIRST_BIOSAMPLE = 99_000_001
ARRAY_1, ARRAY_2, SEQUENCER = "GPL99000001", "GPL99000002", "GPL99000003"
# One control of the first has a second sample in the other.
ORIGINAL, COPY = "GSE99000001", "GSE99000002"


@dataclass(frozen=True)
class Plan:
    """A series: its groups in order, and how it writes what its samples are.

    Attributes
    ----------
    accession, platform
        GSE… and GPL….
    groups
        Diseases and `CONTROL`, in the order of the samples.
    key, healthy
        Characteristic that tells the groups apart, and its value for controls.
    processing, decimals
        What the submitter says of the values, and the places that they have.
    biosample
        Whether the samples name their BioSample.
    turned_keys
        Whether the order of the characteristics differs between the samples.
    """

    accession: str
    platform: str
    groups: tuple[str, ...]
    key: str
    healthy: str
    processing: str
    decimals: int
    biosample: bool = True
    turned_keys: bool = False

    @property
    def counts(self) -> bool:
        """Whether the values are RNA-seq counts, in a file of their own."""
        return self.platform == SEQUENCER


PLANS = (
    Plan(
        "GSE99000001",
        ARRAY_1,
        (CONTROL, "disease_a", "disease_b"),
        "disease state",
        "healthy control",
        "MAS 5.0, signal scaled to a target intensity",
        1,
        biosample=False,
    ),
    Plan(
        "GSE99000002",
        ARRAY_1,
        ("disease_a", CONTROL),
        "disease state",
        "healthy",
        "RMA, log2",
        4,
        biosample=False,
    ),
    Plan(
        "GSE99000003",
        ARRAY_2,
        ("disease_b", CONTROL),
        "diagnosis",
        "normal",
        "quantile normalised, log2",
        4,
        turned_keys=True,
    ),
    Plan(
        "GSE99000004",
        SEQUENCER,
        ("disease_c", CONTROL),
        "disease state",
        "control",
        "reads aligned and counted per gene; genome build GRCh38.p13",
        0,
    ),
    Plan(
        "GSE99000005",
        ARRAY_1,
        (CONTROL, "disease_c"),
        "clinical status",
        "healthy donor",
        "RMA, log2",
        4,
    ),
)


def draw_people(samples_per_group: int, rng: np.random.Generator) -> pd.DataFrame:
    """Draw the samples of all series.

    Returns
    -------
    DataFrame
        Index GSM; accession (GSE), group, number (in the group), age, sex, biosample, and twin:
        the other sample of the same person, or empty.
    """
    rows = [
        (plan.accession, group, number)
        for plan in PLANS
        for group in plan.groups
        for number in range(1, samples_per_group + 1)
    ]
    names = [f"GSM{FIRST_SAMPLE + place}" for place in range(len(rows))]
    people = pd.DataFrame(rows, columns=["accession", "group", "number"], index=names)
    people["age"] = rng.integers(30, 80, len(people))
    people["sex"] = rng.choice(["female", "male"], len(people))
    people["biosample"] = [f"SAMN{FIRST_BIOSAMPLE + place}" for place in range(len(people))]
    people["twin"] = ""
    controls = people["group"] == CONTROL
    original = rng.choice(people.index[controls & (people["accession"] == ORIGINAL)])
    copy = rng.choice(people.index[controls & (people["accession"] == COPY)])
    people.loc[copy, ["age", "sex"]] = people.loc[original, ["age", "sex"]]
    people.loc[original, "twin"], people.loc[copy, "twin"] = copy, original
    return people


def write_geo(
    geo: Path, biology: Biology, people: pd.DataFrame, rng: np.random.Generator
) -> list[Path]:
    """Draw and write all series, platforms and the gene table in GEO's layout.

    Parameters
    ----------
    geo
        Folder that stands for GEO's file server.
    biology
        What is true.
    people
        As `draw_people` makes it.
    rng
        Random numbers.

    Returns
    -------
    list of Path
        The files.
    """
    # As on real arrays, the second platform has more probes that are no use.
    arrays = {
        ARRAY_1: platforms.design_array(
            biology,
            rng,
            probe_name=lambda number: f"{200_000 + number}_sim_at",
            repeated=0.15,
            ambiguous=0.02,
            unnamed=0.02,
        ),
        ARRAY_2: platforms.design_array(
            biology,
            rng,
            probe_name=lambda number: f"SIMN_{1_700_000 + number}",
            absent=0.05,
            repeated=0.4,
            ambiguous=0.05,
            unnamed=0.06,
        ),
    }
    written = []
    for platform, probes in arrays.items():
        path = geo / "platforms" / folder_of(platform) / "annot" / f"{platform}.annot.gz"
        title = f"Simulated array {platform}"
        geo_files.write_annotation(probes, path, platform=platform, title=title)
        written.append(path)
    countable = platforms.gene_table(biology)
    path = geo / "annotation" / "Human.GRCh38.p13.annot.tsv.gz"
    geo_files.write_gene_table(countable, path)
    written.append(path)

    measured: dict[str, pd.DataFrame] = {}
    for plan in PLANS:
        own = people[people["accession"] == plan.accession]
        expression = draw_expression(biology, list(own["group"]), rng).set_axis(own.index, axis=1)
        series = geo / "series" / folder_of(plan.accession)
        if plan.counts:
            counts = platforms.count_reads(expression, countable.index, rng)
            path = series / "suppl" / f"{plan.accession}_raw_counts_GRCh38.p13_NCBI.tsv.gz"
            geo_files.write_counts(counts, path)
            written.append(path)
            values = pd.DataFrame(index=[], columns=own.index, dtype=float)
        else:
            values = platforms.measure_array(expression, arrays[plan.platform], rng)
            measured[plan.accession] = values
        if plan.accession == COPY:
            copy = own.index[own["twin"] != ""][0]
            seen = measured[ORIGINAL][own.loc[copy, "twin"]]
            # One percent of the signal: the same array, normalised in another way.
            values[copy] = seen + np.log2(1 + 0.01 * rng.standard_normal(len(seen)))
        if plan.accession == ORIGINAL:
            values = np.maximum(2.0**values, 0.1)
        path = series / "matrix" / f"{plan.accession}_series_matrix.txt.gz"
        geo_files.write_series_matrix(
            values,
            path,
            tags=_tags(plan, own),
            fields=_fields(plan, own, len(values)),
            decimals=plan.decimals,
        )
        written.append(path)
    return written


def _tags(plan: Plan, samples: pd.DataFrame) -> list[geo_files.Tag]:
    diseases = " and ".join(group for group in plan.groups if group != CONTROL)
    kind = "high throughput sequencing" if plan.counts else "array"
    return [
        ("title", f"Simulated study of {diseases}"),
        ("geo_accession", plan.accession),
        ("status", "Public on Jan 01 2026"),
        ("submission_date", "Jan 01 2026"),
        ("last_update_date", "Jan 01 2026"),
        ("summary", "Simulated data with planted changes; no person was measured."),
        ("overall_design", f"Cases of {diseases}, and controls."),
        ("type", f"Expression profiling by {kind}"),
        ("sample_id", " ".join(samples.index) + " "),
        ("platform_id", plan.platform),
        ("platform_taxid", "9606"),
        ("sample_taxid", "9606"),
    ]


def _fields(plan: Plan, samples: pd.DataFrame, rows: int) -> list[geo_files.Field]:
    def all_the_same(value: str) -> list[str]:
        return [value] * len(samples)

    people = list(zip(samples["group"], samples["number"], strict=True))
    characteristics = _characteristics(plan, samples)
    fields: list[geo_files.Field] = [
        ("title", [f"simulated tissue, {group} {number}" for group, number in people]),
        ("geo_accession", list(samples.index)),
        ("status", all_the_same("Public on Jan 01 2026")),
        ("submission_date", all_the_same("Jan 01 2026")),
        ("last_update_date", all_the_same("Jan 01 2026")),
        ("type", all_the_same("SRA" if plan.counts else "RNA")),
        ("channel_count", all_the_same("1")),
        ("source_name_ch1", all_the_same("simulated tissue")),
        ("organism_ch1", all_the_same("Homo sapiens")),
        *(("characteristics_ch1", list(line)) for line in zip(*characteristics, strict=True)),
        ("molecule_ch1", all_the_same("total RNA")),
        ("taxid_ch1", all_the_same("9606")),
        ("data_processing", all_the_same(plan.processing)),
        ("platform_id", all_the_same(plan.platform)),
    ]
    if plan.counts:
        fields.append(("library_strategy", all_the_same("RNA-Seq")))
    if plan.biosample:
        address = "BioSample: https://www.ncbi.nlm.nih.gov/biosample/"
        fields.append(("relation", [address + name for name in samples["biosample"]]))
    fields.append(("data_row_count", all_the_same(str(rows))))
    return fields


def _characteristics(plan: Plan, samples: pd.DataFrame) -> list[list[str]]:
    """Return the characteristics of each sample, in the order in which the series gives them."""
    lists = []
    for place, row in enumerate(samples.itertuples()):
        state = plan.healthy if row.group == CONTROL else row.group
        # As in GSE55235, where one sample's disease is written otherwise than its fellows'.
        if plan.accession == ORIGINAL and row.group == "disease_b" and row.number > 1:
            state = "simulated tissue isolated from a donor with disease_b"
        cells = [
            f"{plan.key}: {state}",
            "tissue: simulated tissue",
            f"age: {row.age}",
            f"sex: {row.sex}",
        ]
        turn = place % len(cells) if plan.turned_keys else 0
        lists.append(cells[turn:] + cells[:turn])
    return lists
