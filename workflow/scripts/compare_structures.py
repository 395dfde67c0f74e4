"""Ask which scaffolds gather among the hits of a drug list."""

from crosshub.chemistry import draw_scaffolds, enrich_scaffolds, is_hit
from crosshub.runtime import job
from crosshub.tables import read_table, whole, write_table

with job(snakemake) as log:
    params, made = snakemake.params, snakemake.output
    text = ["name", "inchikey", "smiles", "scaffold", "nearest_known"]
    candidates = read_table(snakemake.input.candidates, text=text)
    hits, criterion = is_hit(candidates, fdr=params.fdr)
    wanted = ["rank", "name", "inchikey", "hit", "cluster", "nearest_known", "similarity_to_known"]
    write_table(candidates.assign(hit=hits)[wanted], made.neighbours)
    scaffolds = enrich_scaffolds(candidates, hits).assign(criterion=criterion)
    write_table(scaffolds, made.scaffolds)
    with whole(made.figure) as path:
        path.write_text(draw_scaffolds(scaffolds) + "\n", encoding="utf-8")
    log.info("%d hits (%s), %d scaffolds tested", hits.sum(), criterion, len(scaffolds))
