"""
Judges certificates on paper and in files, off line, with a city's published keys: authentic, altered, void, or cannot tell.

Promises: "authentic" is said only of what a key in the city's trust list signed; every answer says how old lists and keys are and
what it does not prove; any bytes give an answer; nothing is kept and nothing is asked of any network.
Trusts: the trust list's root as the caller pinned it; Pillow, zxing-cpp, PDFium and pyHanko to read untrusted bytes, which is why
`entry` runs it in a process of its own with limits. Knows no server and no private key (import contract).
Source: docs/spec/paper-seal.md section 8.
"""

from akashi.verifier.judge import judge
from akashi.verifier.trust import Trust, parse_trust
from akashi.verifier.verdict import Finding, Items, NotProven, PageReport, Reason, Report, Source, Verdict, Voids

__all__ = [
    "Finding",
    "Items",
    "NotProven",
    "PageReport",
    "Reason",
    "Report",
    "Source",
    "Trust",
    "Verdict",
    "Voids",
    "judge",
    "parse_trust",
]
