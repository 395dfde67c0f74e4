"""Golden values of decision curves: run in this folder with Python and dcurves 1.1.7."""

import numpy as np
import pandas as pd
from dcurves import dca

rng = np.random.default_rng(22)
rows = []
for number, prevalence in enumerate([0.5, 0.2, 0.03, 0.8]):
    case = (rng.random(45) < 0.5).astype(int)
    risk = np.round(1 / (1 + np.exp(-rng.normal(1.5 * case - 0.7, 1.0))), 4)
    thresholds = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9]
    curve = dca(
        pd.DataFrame({"case": case, "risk": risk}),
        outcome="case",
        modelnames=["risk"],
        thresholds=thresholds,
        prevalence=prevalence,
    )
    wide = curve.pivot(index="threshold", columns="model", values="net_benefit")
    for threshold in thresholds:
        one = wide.loc[threshold]
        texts = ",".join(map(str, case)), ",".join(map(repr, risk.tolist()))
        rows.append((number, *texts, prevalence, threshold, one["risk"], one["all"], one["none"]))
columns = ["set", "case", "risk", "prevalence", "threshold", "model", "treat_all", "treat_none"]
pd.DataFrame(rows, columns=columns).to_csv(
    "decision_curve.tsv", sep="\t", index=False, float_format="%.15g", lineterminator="\n"
)
