"""The packages that only docking needs, and how they are had."""

from importlib.util import find_spec

EXTRAS = ("vina", "meeko", "gemmi")


def lacking_extras() -> str:
    """Return one line that says what to install for docking; empty where all is there."""
    lacking = [name for name in EXTRAS if find_spec(name) is None]
    if not lacking:
        return ""
    return (
        f"config.docking: {', '.join(lacking)} not installed; run `make docking` (AutoDock Vina "
        "has wheels for Python 3.11 and 3.12), or use --sdm conda, or remove the key"
    )
