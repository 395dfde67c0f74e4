"""Prepare the protein of a gene and put the ligand of its crystal back: the control."""

from crosshub import docking
from crosshub.randomness import derived_seed
from crosshub.runtime import job
from crosshub.tables import whole, write_json

with job(snakemake) as log:
    item = snakemake.params.item
    control, receptor, poses = docking.run_control(
        docking.read_structure(snakemake.input.structure),
        item,
        seed=derived_seed(snakemake.params.seed, "docking", item["gene"]),
        threads=snakemake.threads,
    )
    with whole(snakemake.output.receptor) as path:
        path.write_text(receptor, encoding="utf-8")
    docking.write_poses(poses, snakemake.output.poses)
    write_json(control, snakemake.output.control)
    if control["hydrogens"] == "added":
        log.info("%s has no hydrogens; they were added", item["structure"])
    log.info(control["statement"])
