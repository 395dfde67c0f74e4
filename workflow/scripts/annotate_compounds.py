"""Give the compounds their structures and what is known of them: the drug list."""

from crosshub import figures
from crosshub.compounds.drug_list import annotate_compounds, write_sdf
from crosshub.compounds.several import reverse_all
from crosshub.compounds.targets import neighbours_of
from crosshub.interactions import read_interactions
from crosshub.mechanisms import enrich_mechanisms
from crosshub.panel import panel_genes
from crosshub.randomness import generator
from crosshub.runtime import job
from crosshub.tables import read_frame, read_table, write_table

with job(snakemake) as log:
    source, made, plan = snakemake.input, snakemake.output, snakemake.params.plan
    compounds = read_table(source.compounds, text=["compound", "synonyms"])
    several = reverse_all(compounds, plan["diseases"], at_least=plan["at_least"])
    known, panel = source.get("interactions"), panel_genes(read_table(source.panel))
    interactions = read_interactions(known, snakemake.params.min_score) if known else None
    shared = compounds[compounds["query"] == "shared"].drop(columns="query")
    structures = read_table(source.structures, text=["name", "inchikey", "smiles"])
    near = neighbours_of(panel, interactions)["partner"]
    table = annotate_compounds(shared, structures, panel=panel, near_panel=near, several=several)
    rng = generator(snakemake.params.seed, "annotate_compounds", snakemake.wildcards.comparison)
    write_table(table, made.table)
    write_table(several, made.several)
    write_table(enrich_mechanisms(table, rng), made.mechanisms)
    write_sdf(table, made.structures)
    figures.save(figures.compounds(table), made.figure)
    figures.save(figures.compound_cells(table, read_frame(source.cells)), made.cells)
