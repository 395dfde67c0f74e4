"""The section on activity against targets, predicted from structure."""

import math
from typing import Any

import pandas as pd
from markupsafe import Markup

from crosshub.report.blocks import (
    Block,
    Column,
    Heading,
    Section,
    Statement,
    Text,
    decimal,
    estimate,
    share,
    table,
    truth,
    whole,
    words,
)
from crosshub.report.numbers import is_missing, listed, number, percent, plural, text
from crosshub.report.source import Source, not_made

TOP = 25
LOGARITHMS = ("pIC", "pK", "pEC", "pAC", "pXC", "-log", "-Log")
BADGES = {True: ("beats scrambled", "good"), False: ("no better than scrambled", "bad")}
UNTESTED = ("not tested", "open")
SPLITS = {"scaffold": "new scaffolds", "random": "split by chance (too good)"}


def activities(source: Source) -> Section | None:
    """Show the models of activity and what they say of the candidates; None without targets."""
    if not source.config["qsar"]:
        return None
    section = Section("Predicted activity")
    section.add(
        Text(
            "Activities (−log10 mol/l: 6 is 1 µM, 9 is 1 nM) predicted from structure. Each model "
            "is judged by compounds whose scaffold it has not seen, with everything refitted, and "
            "by what it makes of scrambled activities. A prediction is a hypothesis; outside of "
            "the domain it is a guess."
        )
    )
    for item in source.config["qsar"]:
        _target(source, section, item["target"])
    return section


def _target(source: Source, section: Section, target: str) -> None:
    folder = f"qsar/{target}"
    verdict = source.json(f"{folder}/verdict.json")
    section.add(Heading(f"Target {target}"))
    if verdict is None:
        section.add(not_made("The model of activity", "qsar"))
        return
    badge, tone = BADGES.get(verdict["beats_scrambled"], UNTESTED)
    section.add(Statement(badge, tone, verdict["statement"]))
    section.add(Text(_read(verdict)))
    section.add(
        source.picture(
            f"{folder}/activity.svg",
            "Left: held-out compounds. Right: the same procedure on scrambled activities.",
        )
    )
    section.add(*_performance(source, folder), *_domain(source, folder, verdict))
    for name in source.comparisons:
        file = f"{folder}/{name}/candidates.tsv"
        found = source.table(file)
        if found is not None:
            section.add(*_candidates(found, file, name, target))
        elif source.config["compounds"]["reference"]:
            section.add(not_made(f"The activity of the candidates of {name}", "qsar"))


def _read(verdict: dict[str, Any]) -> str:
    kind = verdict["type"] or "activity"
    parts = [
        f"{plural(verdict['compounds'], 'compound')} with {kind} from "
        f"{plural(verdict['measurements'], 'measurement')}, "
        f"{plural(verdict['n_scaffolds'], 'scaffold')}; the commonest has "
        f"{percent(verdict['largest_scaffold'])} of the compounds."
    ]
    if verdict["left_out"]:
        counts = sorted(verdict["left_out"].items(), key=lambda part: (-part[1], part[0]))
        reasons = listed([f"{count:,} ({reason})" for reason, count in counts])
        parts.append(f"Left out of {verdict['rows']:,} rows: {reasons}.")
        # A weak compound needs more than a concentration: its pIC50 is less than a number.
        weak = "<" if kind.startswith(LOGARITHMS) else ">"
        if any(reason.startswith(f"no exact value ({weak}") for reason in verdict["left_out"]):
            parts.append(
                f"Values that are only a bound ({weak}) are those of weak compounds: the model has "
                "not learnt from them, and takes weak compounds for better than they are."
            )
    if not is_missing(verdict["replicate_sd"]):
        single = verdict["replicate_sd"]
        parts.append(
            f"One measurement has an SD of {number(single)} log units (the difference of two of "
            f"one compound: {number(math.sqrt(2) * single)}), so that no model can be expected "
            f"above R² {number(verdict['attainable_r2'])}."
        )
    return " ".join(parts)


def _performance(source: Source, folder: str) -> list[Block]:
    found = source.table(f"{folder}/performance.tsv")
    if found is None:
        return []
    shown = found.sort_values("split", ascending=False)
    columns = [
        Column("Tested on", lambda row: SPLITS[row["split"]], right=False),
        estimate("Q²", "q2"),
        estimate("RMSE", "rmse"),
        estimate("MAE", "mae"),
        estimate("Spearman", "spearman"),
        decimal("Nearest training compound", "nearest_similarity"),
        share("Intervals that hold", "coverage"),
    ]
    caption = "Held-out compounds; RMSE and MAE in log units, intervals over scaffolds (95 %)"
    return [table(shown, columns, caption=caption, file=f"{folder}/performance.tsv")]


def _domain(source: Source, folder: str, verdict: dict[str, Any]) -> list[Block]:
    found = source.table(f"{folder}/domain.tsv")
    if found is None:
        return []
    inside, outside = (verdict[f"rmse_{side}"] for side in ("in", "out"))
    sentence = "No held-out compound was outside of the domain."
    if is_missing(inside):
        sentence = (
            "Every held-out compound was outside of the domain: the error inside it is not known, "
            f"and outside it is {number(outside)} (RMSE, log units)."
        )
    elif not is_missing(outside):
        grows = "grows" if outside > inside else "does not grow"
        sentence = (
            f"The error {grows} outside of the domain: {number(inside)} inside, "
            f"{number(outside)} outside (RMSE, log units)."
        )
    columns = [
        Column("Mean similarity to the five nearest", _range),
        whole("Predictions", "predictions"),
        share("In the domain", "share_in_domain"),
        decimal("RMSE", "rmse"),
        decimal("MAE", "mae"),
        decimal(f"Half of the {percent(verdict['level'])} interval", "half_width"),
    ]
    shown = table(found, columns, caption="Error by nearness", file=f"{folder}/domain.tsv")
    return [Text(sentence), shown]


def _range(row: dict[str, Any]) -> str:
    return f"{number(row['nearness_low'])} to {number(row['nearness_high'])}"


def _candidates(found: pd.DataFrame, file: str, name: str, target: str) -> list[Block]:
    counts = found["source"].value_counts()
    inside = int((found["in_domain"].eq(True) & found["source"].eq("predicted")).sum())
    sentence = (
        f"Of {plural(len(found), 'candidate')} of comparison {name}, "
        f"{int(counts.get('measured', 0)):,} were measured against {target}, "
        f"{int(counts.get('predicted', 0)):,} are predicted ({inside:,} of them in the domain), "
        f"and {int(counts.get('none', 0)):,} have no structure."
    )
    shown = found[found["source"] != "none"]
    order = shown.assign(
        place=shown["source"].ne("measured").astype(int), inside=shown["in_domain"].ne(True)
    )
    shown = order.sort_values(["place", "inside", "activity"], ascending=[True, True, False])
    columns = [
        whole("Rank", "rank"),
        Column("Compound", _named, right=False),
        words("", "source"),
        Column("Activity", _activity),
        truth("In the domain", "in_domain"),
        Column("Nearest compound of the table", _nearest, right=False),
    ]
    caption = f"Activity of the candidates of {name} against {target}: measured ones first"
    made = table(shown, columns, caption=caption, limit=TOP, file=file)
    return [Text(sentence), made] if len(shown) else [Text(sentence)]


def _named(row: dict[str, Any]) -> Markup:
    note = "" if is_missing(row["remark"]) else text(row["remark"])
    small_print = Markup("<small>{}</small>").format(note) if note not in ("", "–") else ""
    return Markup("<b>{}</b>{}").format(row["name"], small_print)


def _activity(row: dict[str, Any]) -> str:
    shown = number(row["activity"])
    if is_missing(row["activity_low"]):
        return shown
    return f"{shown} ({number(row['activity_low'])} to {number(row['activity_high'])})"


def _nearest(row: dict[str, Any]) -> str:
    if row["source"] == "measured":
        return "itself"
    return (
        f"{text(row['nearest'])}: {number(row['nearest_activity'])}, "
        f"similarity {number(row['nearest_similarity'])}"
    )
