"""The packages that only docking needs, and how they are had."""

import sys
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


def main() -> int:
    """Say after an installation what it could not install; return the exit status."""
    lacking = [name for name in EXTRAS if find_spec(name) is None]
    if lacking:
        version = ".".join(map(str, sys.version_info[:2]))
        print(
            f"{', '.join(lacking)} not installed: AutoDock Vina has wheels for Python 3.11 and "
            f"3.12, and this is {version}; make the environment with one of these, or use "
            "--sdm conda",
            file=sys.stderr,
        )
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main())
