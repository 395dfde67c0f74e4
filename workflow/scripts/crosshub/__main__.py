"""``python -m crosshub``: see `crosshub.commands`."""

import sys

from crosshub.commands import main

sys.exit(main())
