"""Mutants of the right servers: each has one change, and the checks of its phase must find it.

    python -m tests.mutation                  the fixed set that CI runs: some two minutes
    python -m tests.mutation phase3 --all     every mutant of phase 3: some minutes
    python -m tests.mutation phase3 --list    what they are, with --all or without

A mutant that passes is a hole in the checks: add a check that finds it, and a server to the museum.
Or nothing that the page promises is broken: then say why in tests/mutation/harmless.py. The exit
status is 1 where one passed, or where an entry of that list is needed no more.
"""

import argparse
import sys
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from tests.mutation import by_hand
from tests.mutation.harmless import not_needed, reason
from tests.mutation.operators import Mutant, mutants_of
from tests.mutation.running import SURVIVED, Fate, fates
from tests.start import PHASES, STARTERS

JOBS = 6  # they wait more than they work
FIXED_OF_A_KIND = 1  # mutants of each phase and kind


def all_mutants(phase: int) -> list[Mutant]:
    """All mutants of the right server of a phase; those made by hand come first."""
    text = (STARTERS / f"phase{phase}.py").read_text(encoding="utf-8")
    return [*by_hand.mutants_of(phase, text), *mutants_of(phase, text)]


def fixed_set(mutants: Iterable[Mutant]) -> list[Mutant]:
    """Some of each kind, always the same ones, as long as what they change is there.

    Of those made by hand, each mistake at the socket in one phase, and all others.
    """
    chosen = []
    times: Counter[str] = Counter()
    for mutant in sorted(mutants, key=lambda each: zlib.crc32(each.key.encode())):
        if mutant.kind == by_hand.KIND:
            is_due = by_hand.phase_of(mutant) == mutant.phase
        else:
            is_due = times[mutant.kind] < FIXED_OF_A_KIND
        if is_due and not reason(mutant):
            times[mutant.kind] += 1
            chosen.append(mutant)
    return chosen


def report(phase: int, mutants: list[Mutant], jobs: int) -> tuple[list[Fate], int]:
    """Ask the checks of them; what became of each, and how many passed that must not."""
    bad, all_fates = 0, []
    with tempfile.TemporaryDirectory() as directory:
        for fate in fates(mutants, jobs, Path(directory)):
            all_fates.append(fate)
            if fate.what == SURVIVED and not reason(fate.mutant):
                bad += 1
                print(f"PASSES  {described(fate.mutant)}", flush=True)
    times = Counter(_counted(each) for each in all_fates)
    counts = ", ".join(f"{count:,} {what}" for what, count in times.most_common())
    print(f"phase{phase}: of {len(mutants):,} mutants, {counts}", flush=True)
    return all_fates, bad


def _counted(fate: Fate) -> str:
    return "harmless" if fate.what == SURVIVED and reason(fate.mutant) else fate.what


def described(mutant: Mutant) -> str:
    """Where a mutant is, and what it is."""
    return f"tests/starters/phase{mutant.phase}.py:{mutant.line}  {mutant.kind:10}  {mutant.key}"


def main() -> int:
    """Run it; gives the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.mutation",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("phases", nargs="*", metavar="PHASE", help=f"of {', '.join(PHASES)}")
    parser.add_argument("--all", action="store_true", help="all mutants, not the fixed set only")
    parser.add_argument("--list", action="store_true", help="show them, and run nothing")
    parser.add_argument("--jobs", type=int, default=JOBS, help="graded at once (%(default)s)")
    options = parser.parse_args()
    if unknown := sorted({*options.phases} - {*PHASES}):
        parser.error(f"there is no {unknown[0]}: choose of {', '.join(PHASES)}")
    begin, bad = time.monotonic(), 0
    for phase in [
        number for number, name in enumerate(PHASES, 1) if name in (options.phases or PHASES)
    ]:
        bad += run(phase, options)
    if not options.list:
        print(f"{bad or 'None'} passed that should not, in {time.monotonic() - begin:.0f} s")
    return 1 if bad else 0


def run(phase: int, options: argparse.Namespace) -> int:
    """One phase; gives how many faults there were."""
    mutants = all_mutants(phase) if options.all else fixed_set(all_mutants(phase))
    if options.list:
        print(*map(described, mutants), sep="\n")
        return 0
    all_fates, bad = report(phase, mutants, options.jobs)
    if options.all:
        passed = [each.mutant for each in all_fates if each.what == SURVIVED]
        for entry in not_needed(passed, phase):
            bad += 1
            print(f"phase{phase}: needed no more in harmless.py: {entry.pattern}")
    return bad


if __name__ == "__main__":
    sys.exit(main())
