"""Runs tarsctl from a checkout: python3 -m tarsd.ctl."""

import sys

from tarsd.ctl.main import main

if __name__ == "__main__":
    sys.exit(main())
