"""Give the compounds their structures and what is known of them: the drug list."""

from crosshub import chemistry, figures
from crosshub.compounds.drug_list import annotate_compounds, write_sdf
from crosshub.mechanisms import enrich_mechanisms
from crosshub.panel import panel_genes
from crosshub.randomness import generator
from crosshub.runtime import job
from crosshub.tables import read_table, write_table

with job(snakemake) as log:
    compounds = read_table(snakemake.input.compounds, text=["compound"])
    known = chemistry.read_structures(snakemake.input.structures)
    wanted = known[known["name"].str.lower().isin(compounds["compound"].str.lower())]
    structures, unreadable = chemistry.describe_structures(wanted)
    panel = panel_genes(read_table(snakemake.input.panel))
    table = annotate_compounds(compounds, structures, unreadable, panel=panel)
    write_table(table, snakemake.output.table)
    write_table(unreadable, snakemake.output.unreadable)
    rng = generator(snakemake.params.seed, "annotate_compounds", snakemake.wildcards.comparison)
    write_table(enrich_mechanisms(table, rng), snakemake.output.mechanisms)
    write_sdf(table, snakemake.output.structures)
    figures.save(figures.compounds(table), snakemake.output.figure)
    log.info("%d compounds, %d with a structure", len(table), (table["inchikey"] != "").sum())
