"""What a helper reads first: REPORT.html and README.txt, made of the files of the bundle, which are redacted by then."""

from collections.abc import Mapping, Sequence

from tarsd.operations.bundle.report.document import html
from tarsd.operations.bundle.report.found import Facts, Found, ReportedFile
from tarsd.operations.bundle.report.readme import readme

REPORT, README = "REPORT.html", "README.txt"


def report(facts: Facts, files: Sequence[ReportedFile]) -> Mapping[str, bytes]:
    """Both, by name. What is not in `files` is not looked for anywhere else. It blocks, and raises nothing but a defect."""
    found = Found(facts, files)
    pages = {README: readme(found), REPORT: html(found)}
    return {name: page.encode(errors="replace") for name, page in pages.items()}
