"""The commands around the workflow: ``python -m crosshub describe``, ``new`` and ``score``.

A command is a module with ``add_arguments(parser)``, ``run(options) -> int`` and a docstring whose
first line is its help; it is listed in `COMMANDS` under its name.
"""

import argparse
import io
import os
import sys
from collections.abc import Sequence

from crosshub import __version__
from crosshub.commands import describe, new, score
from crosshub.errors import CrosshubError

COMMANDS = {"describe": describe, "new": new, "score": score}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line.

    Returns
    -------
    int
        0: done; 1: a mistake of the user, told on stderr in a line each; 2: the command line is
        wrong.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # What a submitter wrote may hold letters that the terminal has not.
            stream.reconfigure(errors="replace")
    try:
        options = _parser().parse_args(arguments)
        code = COMMANDS[options.command].run(options)
        sys.stdout.flush()
        return code
    except SystemExit as end:
        return int(end.code or 0)
    except CrosshubError as error:
        return _fail(str(error))
    except BrokenPipeError:
        # Whoever read the output wants no more of it (`| head`).
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        return _fail(f"{error.filename or 'a file'}: {error.strerror or error}")
    except KeyboardInterrupt:
        return _fail("interrupted")


def _fail(text: str) -> int:
    for line in text.splitlines():
        print(f"crosshub: {line}", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="crosshub",
        description="Find and name cases and controls, begin a study, and score samples.",
        epilog="Run it in the folder in which you run the workflow. `python -m crosshub describe "
        "--help` and the like say more, with examples.",
    )
    parser.add_argument("--version", action="version", version=f"crosshub {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        summary, _, details = (command.__doc__ or "").partition("\n")
        one = commands.add_parser(
            name,
            help=summary,
            description=summary,
            epilog=details.strip(),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.add_arguments(one)
    return parser
