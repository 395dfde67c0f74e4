"""What a job of the workflow needs around the science: its log and the way it ends.

The only module that knows Snakemake.
"""

import logging
import sys
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from crosshub.errors import CrosshubError


@contextmanager
def job(snakemake: Any) -> Iterator[logging.Logger]:
    """Log to the rule's log file; end with one line on a user's error, with a traceback in the log.

    Every line of every module goes to the log; warnings and errors also to the screen.
    """
    path = Path(snakemake.log[0])
    path.parent.mkdir(parents=True, exist_ok=True)
    to_file = logging.FileHandler(path, mode="w", encoding="utf-8")
    to_file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    to_screen = logging.StreamHandler(sys.stderr)
    to_screen.setLevel(logging.WARNING)
    to_screen.setFormatter(logging.Formatter(f"{snakemake.rule}: %(message)s"))
    root = logging.getLogger("crosshub")
    root.setLevel(logging.INFO)
    root.propagate = False
    root.handlers = [to_file, to_screen]
    logging.captureWarnings(True)
    # A library's warning is for the log; the screen is for what the user can act on.
    libraries = logging.getLogger("py.warnings")
    libraries.handlers = [to_file]
    libraries.propagate = False
    warnings.simplefilter("default")
    try:
        yield root
    except CrosshubError as error:
        for line in str(error).splitlines():
            root.error(line)
        sys.exit(1)
    except Exception as error:  # noqa: BLE001 - the last stop: the traceback goes to the log
        to_file.stream.write(traceback.format_exc())
        reason = next(iter(str(error).splitlines()), "no message")
        root.error("%s: %s (traceback in %s)", type(error).__name__, reason, path)
        sys.exit(1)
    finally:
        logging.captureWarnings(False)
        for logger in (root, libraries):
            logger.handlers = []
        to_file.close()
