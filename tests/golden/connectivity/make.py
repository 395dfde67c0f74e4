"""Make the golden values: enrichment scores of GSEApy's prerank (weight 1), without permutations.

Values are distinct multiples of 1/64 below 16, exact in float16. Run: python make.py
"""

from pathlib import Path

import gseapy
import numpy as np
import pandas as pd

HERE = Path(__file__).parent
rng = np.random.default_rng(20261)
genes = [f"G{i:03d}" for i in range(400)]
grid = np.setdiff1d(np.arange(-900, 900), [0])
profiles = pd.DataFrame(
    {f"s{j}": rng.choice(grid, len(genes), replace=False) / 64 for j in range(10)},
    index=pd.Index(genes, name="gene"),
)
# Half of the sets are drawn towards an end of a signature, so that strong scores are there too.
order = profiles["s0"].sort_values().index
sets = {
    "random": sorted(rng.choice(genes, 40, replace=False)),
    "high": sorted([*order[-25:], *order[:5]]),
    "low": sorted([*order[:20], *order[200:215]]),
    "three": sorted(rng.choice(genes, 3, replace=False)),
}
rows = []
for name in profiles:
    result = gseapy.prerank(
        rnk=profiles[name], gene_sets=sets, min_size=1, max_size=400, permutation_num=1,
        weight=1.0, threads=1, seed=1, outdir=None,
    )  # fmt: skip
    scores = result.res2d.set_index("Term")["ES"].astype(float)
    rows += [{"signature": name, "set": s, "es": scores[s]} for s in sets]
profiles.to_csv(HERE / "profiles.tsv", sep="\t", lineterminator="\n")
pd.DataFrame([{"set": s, "gene": g} for s, members in sets.items() for g in members]).to_csv(
    HERE / "sets.tsv", sep="\t", index=False, lineterminator="\n"
)
pd.DataFrame(rows).to_csv(
    HERE / "enrichment.tsv", sep="\t", index=False, lineterminator="\n", float_format="%.12g"
)
