"""Give the compounds their structures and what is known of them: the drug list."""

from crosshub import figures
from crosshub.chemistry import of_diseases
from crosshub.compounds.drug_list import make_drug_list, write_sdf
from crosshub.interactions import read_interactions
from crosshub.mechanisms import enrich_mechanisms
from crosshub.panel import panel_genes
from crosshub.randomness import generator
from crosshub.runtime import job
from crosshub.tables import read_frame, read_table, write_table

with job(snakemake) as log:
    source, made, params = snakemake.input, snakemake.output, snakemake.params
    compounds = read_table(source.compounds, text=["compound", "synonyms", "reference"])
    structures = read_table(source.structures, text=["name", "inchikey", "smiles", "phase"])
    drugs = read_table(source.drugs, text=["name", "disease", "smiles"])
    known = source.get("interactions")
    options = {"plan": params.plan, "panel": panel_genes(read_table(source.panel))}
    options["interactions"] = read_interactions(known, params.min_score) if known else None
    options["drugs"] = of_diseases(drugs, params.plan["diseases"])
    options |= {"distance": params.distance, "fdr": params.fdr}
    table, several = make_drug_list(compounds, structures, **options)
    rng = generator(params.seed, "annotate_compounds", snakemake.wildcards.comparison)
    write_table(table, made.table)
    write_table(several, made.several)
    write_table(enrich_mechanisms(table, rng), made.mechanisms)
    write_sdf(table, made.structures)
    figures.save(figures.compounds(table, fdr=params.fdr), made.figure)
    figures.save(figures.compound_cells(table, read_frame(source.cells)), made.cells)
