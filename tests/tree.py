"""What the tree holds: the files that are, or are about to be, under version control."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent
SHEBANG = re.compile(rb"#!\s*\S*/(?:env )?(?:ba|da)?sh\b")
SHELL_DIRECTIVE = b"# shellcheck shell="


def files(pattern: str = "*") -> list[Path]:
    """Files of the tree that match a git pathspec, relative to its root."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", pattern],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\0")
    return sorted(Path(name) for name in set(listed) if name and (ROOT / name).is_file())


def scripts() -> list[Path]:
    """Every shell script, and every part of one that is sourced."""
    return [name for name in files() if _is_shell(name)]


def _is_shell(name: Path) -> bool:
    with (ROOT / name).open("rb") as file:
        line = file.readline(200)
    return bool(SHEBANG.match(line)) or line.startswith(SHELL_DIRECTIVE)
