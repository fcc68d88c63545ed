"""Everybody side by side, on one database. Without a case's name: all of them, and bench/RESULTS.md."""

import argparse
import sys
import time

from bench.cases import CASES, LONG, Bench
from bench.check import check
from bench.contenders import Arena
from bench.report import print_case, print_ratios, write_report


def main():
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("cases", nargs="*", metavar="case", help=", ".join([*CASES, *LONG]))
    parser.add_argument("--quick", action="store_true", help="one round of two seconds: whether it works at all")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=3, help="of a round")
    parser.add_argument("--transport", choices=("unix", "tcp", "tls"), default="unix", help="to PostgreSQL, for all")
    parser.add_argument("--check", action="store_true", help="count instructions instead, compare with the baseline")
    parser.add_argument("--update", action="store_true", help="the same, and make that the baseline")
    parser.add_argument("--minutes", type=float, default=10, help="of soak, which is only run when it is named")
    options = parser.parse_args()
    unknown = set(options.cases) - {*CASES, *LONG}
    if unknown:
        parser.error(f"no such case: {', '.join(sorted(unknown))} (there are: {', '.join([*CASES, *LONG])})")
    if options.quick:
        options.rounds, options.seconds = 1, 2

    results = {}
    began = time.monotonic()
    with Arena(options.transport) as arena:
        bench = Bench(arena, options.rounds, options.seconds)
        if options.check or options.update:
            sys.exit(check(bench, options.update))
        for name in [each for each in options.cases if each in LONG]:
            if not LONG[name](bench, options.minutes):
                sys.exit(1)
        for name in [each for each in options.cases if each in CASES] if options.cases else CASES:
            bench.rest()
            results[name] = CASES[name](bench)
            print_case(name, results[name])
        if not options.cases and not options.quick:
            write_report(results, options, arena)
    print_ratios(results)
    print(f"{time.monotonic() - began:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
