"""The page: its sections in order, put into the template."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup, escape

from crosshub.errors import DataError
from crosshub.report import (
    biology,
    closing,
    compounds,
    docking,
    evaluation,
    genes,
    methods,
    modules,
    qsar,
    quality,
    study,
)
from crosshub.report.blocks import Section
from crosshub.report.source import CONFIG_FILE, Source

SECTIONS = (
    study.verdict,
    study.cohorts,
    quality.quality,
    genes.differential,
    modules.modules,
    genes.shared,
    evaluation.panel,
    evaluation.performance,
    biology.biology,
    compounds.compounds,
    docking.docking,
    qsar.activities,
    methods.methods,
    closing.provenance,
    closing.recovery,
)


def build_report(
    folder: Path,
    template: Path,
    *,
    config: Mapping[str, Any],
    rows: Sequence[Mapping[str, str]],
    comparisons: Mapping[str, Mapping[str, Any]],
) -> str:
    """Return the report of a study as one HTML page.

    Parameters
    ----------
    folder
        Results of the study.
    template
        Jinja template of the page.
    config
        Config of the study, complete.
    rows
        Rows of the table of cohorts, complete.
    comparisons
        Name → ``diseases`` and ``at_least``.

    Returns
    -------
    str
        HTML; figures and drawings stand in it, nothing is loaded. What was not made is named with
        the key of the config, or the target, that would make it.

    Raises
    ------
    DataError
        If the template or a result cannot be read.
    """
    source = Source(Path(folder), config, rows, comparisons)
    sections = [part for make in SECTIONS if (part := make(source)) is not None]
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["prose"] = lambda text: prose(text.replace(CONFIG_FILE, source.config_file))
    try:
        text = Path(template).read_text(encoding="utf-8")
    except OSError as error:
        raise DataError(
            f"{template}: the template of the report cannot be read ({error})"
        ) from error
    return environment.from_string(text).render(
        title=config["study"], summary=_summary(source), sections=_anchored(sections)
    )


def prose(text: str) -> Markup:
    """Escape a text, set what stands between backticks as code, and keep numbers with their %."""
    safe = re.sub(r"(\d) %", "\\1\N{NO-BREAK SPACE}%", str(escape(text)))
    return Markup(re.sub(r"`([^`]*)`", r"<code>\1</code>", safe))


def _anchored(sections: Sequence[Section]) -> list[tuple[str, Section]]:
    return [(f"s{number}", section) for number, section in enumerate(sections, start=1)]


def _summary(source: Source) -> str:
    diseases = ", ".join(source.diseases)
    number = len(source.rows)
    cohorts = f"{number} cohort{'s' if number != 1 else ''}"
    return f"{cohorts} · {diseases}"
