"""How fast stories come in from elsewhere, and what that takes, beside what one would use bare.

Run it with `make bench`; `--sizes 10` is a quick look. Prints Markdown tables for
docs/benchmarks.md.
"""

from __future__ import annotations

import argparse

from benchmarks import wxr
from benchmarks.content import cleaning, pictures
from benchmarks.markdown import markdown


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10, 100], help="MB of exports")
    parser.add_argument("--files", type=int, default=2_000, help="Markdown files")
    parser.add_argument("--runs", type=int, default=15, help="of what takes milliseconds")
    options = parser.parse_args()
    # Pictures come last: what a process ever held counts as its children's memory too.
    for table in (
        wxr.table(options.sizes),
        markdown(options.files),
        cleaning(options.runs),
        pictures(max(3, options.runs // 3)),
    ):
        print("\n".join([*table, ""]), flush=True)


if __name__ == "__main__":
    main()
