"""Let ``python -m contentfilter`` do what the command ``contentfilter`` does."""

import sys

from contentfilter.cli import main

if __name__ == "__main__":
    sys.exit(main())
