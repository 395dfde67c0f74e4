"""Dock the head of the drug list, and decoys of its sizes, into the protein of a gene."""

from pathlib import Path

from crosshub import docking
from crosshub.figures.docking import docking as draw
from crosshub.figures.style import save
from crosshub.randomness import derived_seed, generator
from crosshub.runtime import job
from crosshub.tables import read_json, read_table, write_table

with job(snakemake) as log:
    item, seed = snakemake.params.item, snakemake.params.seed
    control = read_json(snakemake.input.control)
    text = ["name", "inchikey", "smiles"]
    scores, poses = docking.run_compounds(
        read_table(snakemake.input.candidates, text=text),
        item,
        control,
        Path(snakemake.input.receptor).read_text(encoding="utf-8"),
        seed=derived_seed(seed, "docking", item["gene"]),
        threads=snakemake.threads,
        rng=generator(seed, "dock_compounds", *snakemake.wildcards),
        pose_file=Path(snakemake.output.poses).name,
    )
    docking.write_poses(poses, snakemake.output.poses)
    write_table(scores, snakemake.output.scores)
    save(draw(scores, control), snakemake.output.figure)
    log.info("%d compounds, %d docked", len(scores), scores["affinity"].notna().sum())
