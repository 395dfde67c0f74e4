"""The figure of the batches of a comparison: its series side by side, as they are and adjusted."""

import pandas as pd
from matplotlib.figure import Figure

from crosshub.figures.style import INK, WIDTH, kind_style, only_message, styled

MARKERS = {"case": "o", "control": "s"}


@styled
def batches(components: pd.DataFrame, *, comparison: str) -> Figure:
    """Draw the principal components of all samples, before and after ComBat.

    Parameters
    ----------
    components
        Of `combat.batch_components`.
    comparison
        Its name.

    Returns
    -------
    Figure
        Colour and filling: series; marker: group. The right panel is for the eye: nothing is
        tested or fitted on adjusted values.
    """
    if components.empty:
        return only_message(f"{comparison}: all samples are of one series; there are no batches.")
    figure = Figure(figsize=(WIDTH, 4.6), layout="constrained")
    titles = {False: "As they are", True: "After ComBat (for the eye only)"}
    accessions = list(dict.fromkeys(components["accession"]))
    for axes, (adjusted, title) in zip(figure.subplots(1, 2), titles.items(), strict=True):
        part = components[components["adjusted"] == adjusted]
        for i, accession in enumerate(accessions):
            for group, marker in MARKERS.items():
                own = part[(part["accession"] == accession) & (part["group"] == group)]
                look = kind_style(i)
                axes.scatter(own["pc1"], own["pc2"], s=24, marker=marker, alpha=0.8, **look)
        axes.set_title(title)
        axes.set_xlabel(f"Component 1 ({part['share1'].iloc[0]:.0%} of the variance)")
        axes.set_ylabel(f"Component 2 ({part['share2'].iloc[0]:.0%} of the variance)")
    counts = components[~components["adjusted"].astype(bool)]["accession"].value_counts()
    for i, accession in enumerate(accessions):
        label = f"{accession} (n = {counts[accession]})"
        axes.scatter([], [], marker="D", label=label, **kind_style(i))
    for group, marker in MARKERS.items():
        axes.scatter([], [], facecolors="none", edgecolors=INK, marker=marker, label=group)
    figure.legend(loc="outside lower center", ncols=4)
    return figure
