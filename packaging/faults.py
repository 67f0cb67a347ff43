#!/usr/bin/env python3
"""Writes docs/faults.md from the catalogue.

.venv/bin/python packaging/faults.py
"""

import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from tarsd.catalogue.everything import SUBJECTS  # noqa: E402
from tarsd.catalogue.page import page  # noqa: E402

if __name__ == "__main__":
    (ROOT / "docs" / "faults.md").write_text(page(SUBJECTS), encoding="utf-8")
