"""At most three downloads from GEO at a time, whatever command lines and studies they come from."""

import errno
import fcntl
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

from crosshub.errors import DataError

SLOTS = 3
# File systems without locks: then the limit of the profile has to do.
UNSUPPORTED = {errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP}


@contextmanager
def slot(
    folder: str | Path, *, look_again: float = 0.5, longest: float = 6 * 3600
) -> Iterator[None]:
    """Hold one of three locks in `folder`; wait for it while others hold them all.

    The locks go with the process that holds them, however it ends.

    Parameters
    ----------
    folder
        Made if it is not there.
    look_again
        Seconds between two looks.
    longest
        Seconds to wait at most.

    Raises
    ------
    DataError
        If none becomes free.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    end = time.monotonic() + longest
    with ExitStack() as stack:
        files = [stack.enter_context((folder / str(i)).open("ab")) for i in range(SLOTS)]
        while not any(lock(file) for file in files):
            if time.monotonic() > end:
                raise DataError(
                    f"{folder}: {SLOTS} other downloads have been running for hours; end them, "
                    "and run again"
                )
            time.sleep(look_again)
        yield


def lock(file: BinaryIO) -> bool:
    """Lock an open file until it is closed; return whether that was possible."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno in UNSUPPORTED
    return True
