"""README.txt: what this is, where to begin, and what is not in it."""

from tarsd.operations.bundle.report.found import Found
from tarsd.operations.bundle.report.gaps import gaps
from tarsd.operations.bundle.report.verdict import verdict


def readme(found: Found) -> str:
    """Plain text, for whoever has no browser at hand."""
    told = verdict(found)
    titles = [str(it.get("title")) for it in found.facts.collectors]
    lines = [
        "A support bundle of tars-home",
        "=============================",
        "",
        f"Made      {found.facts.made} by tars-home {found.facts.version}",
        f"Verdict   {told.word}: {told.sentence}",
        f"Files     {sum(it.path is not None for it in found.files)}",
        "",
        "Begin with REPORT.html: verdict, open incidents, timeline, findings of the doctor, versions, what is missing.",
        "MANIFEST.json lists every file with its size, its checksum and how often something in it was replaced.",
        "",
        "Inside",
        *(f"  - {title}" for title in titles),
        "",
        "Not inside",
        "  - what people wrote or keep: prompts, chats, documents, vectors; lines of logs that may hold",
        "    them are cut to their length",
        "  - passwords and keys, and names, addresses and accounts of people and machines: each was replaced by a",
        "    mark such as <host:1a2b3c>. The same mark is the same value in all files of this bundle, and means",
        "    nothing outside of it",
        *(f"  - {it.words}" for it in gaps(found)),
        "",
        "To check it, on any machine with tars-home: tarsctl bundle verify FILE",
        "",
    ]
    return "\n".join(lines)
