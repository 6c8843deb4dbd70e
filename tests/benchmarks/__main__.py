"""Measure the chat servers side by side: python -m tests.benchmarks

Starts each server in turn, lets a crowd talk in it (generator.py says how, and what is checked),
prints a table of ratios, and with --picture draws how the speed changes with the number of people.
Only loopback is used. The rounds are interleaved (A B C, A B C, ...), as the speed of a machine
drifts: compare within one run, never across two. A run that other programs disturb is made again.

Where the system allows it, the server and the generator share one CPU. That makes the figures
lower, but steady: with two they depend on which two (a server was seen to differ from itself by a
factor of two). `--all-cpus` lets the system place them.

    python -m tests.benchmarks                              # a minute or two
    python -m tests.benchmarks --picture docs/deliveries.svg     # the page's picture, and its table
    python -m tests.benchmarks --people 100 --servers asyncio,phase4 --rounds 5
    python -m tests.benchmarks --servers phase4,watched,tls # what a hundred monitors cost, and TLS
    python -m tests.benchmarks --servers phase4,hub1,hub2,hub4   # several servers, one room
"""

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

from shared.arguments import positive_number
from shared.defaults import MAX_CLIENTS
from tests.benchmarks import table
from tests.benchmarks.generator import Failure, Order, Part, Report, read_report
from tests.benchmarks.picture import Curve, Point, draw
from tests.benchmarks.results import Results, known, median, others_share, per_second
from tests.benchmarks.servers import CONTENDERS, Contender, ngircd_program, running
from tests.kit.harness import ROOT, environment

_DEFAULT_SERVERS = [each.name for each in CONTENDERS.values() if not each.is_variant]
_TOO_NOISY = 0.1  # of a CPU, taken by other programs
_REPORT_SECONDS = 120.0  # a generator that needs longer hangs; it has its own, shorter deadlines


def main(arguments: list[str] | None = None) -> int:
    """Measure, and show what came out; 0 where every server did what it must."""
    options = _parse(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the servers are ended too
    servers = [each for each in options.servers if _is_there(each)]
    if not servers:
        return 2
    machine = _machine(options, _use_one_cpu() if not options.all_cpus else None)
    results = _measure(options, servers)
    _show(results, servers, options, machine)
    if options.picture:
        _draw(results, servers, options, machine)
    if options.json:
        _save(results, options.json, machine)
    return 1 if results.failures else 0


# --- measuring ---------------------------------------------------------------------------------


def _measure(options: argparse.Namespace, servers: list[str]) -> Results:
    results = Results()
    rooms = sorted({*options.people, *(options.curve if options.picture else ())})
    for number in range(1, options.rounds + 1):
        results.rounds.append({})
        for people in rooms:
            for server in servers:
                label = f"round {number} of {options.rounds}, {people} people, {server}"
                parts = _parts(people, options)
                try:
                    report = _run_undisturbed(CONTENDERS[server], people, parts, options.tries)
                except Failure as failure:
                    results.failures.append(f"{label}: {failure}")
                    _say(f"{label}: {failure}")
                else:
                    results.rounds[-1][server, people] = report
                    _say(f"{label}: {max(map(per_second, report.figures)):,.0f} deliveries/s")
    return results


def _run_undisturbed(contender: Contender, people: int, parts: list[Part], tries: int) -> Report:
    """The first run during which other programs left the CPU alone, or else the best of them."""
    report = _run(contender, people, parts)
    for _ in range(tries - 1):
        if others_share(report) <= _TOO_NOISY:
            break
        report = min(report, _run(contender, people, parts), key=others_share)
    return report


def _parts(people: int, options: argparse.Namespace) -> list[Part]:
    """The busy part, and before it, in the rooms of the table, the quiet one."""
    quiet = Part(1, 1, options.seconds)
    senders = max(2, people // 10)
    busy = Part(senders, 2 * senders, options.seconds)
    return [quiet, busy] if people in options.people else [busy]


def _run(contender: Contender, people: int, parts: list[Part]) -> Report:
    """Start one server, let a generator measure it, stop it. Raises Failure."""
    with running(contender, people) as there:
        order = Order(
            there.ports,
            contender.dialect,
            people,
            there.pids,
            parts,
            contender.is_encrypted,
            contender.is_framed,
            there.engine_pids,
        )
        try:
            done = subprocess.run(
                [sys.executable, "-m", "tests.benchmarks.generator", json.dumps(asdict(order))],
                cwd=ROOT,
                env=environment(),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=_REPORT_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise Failure(f"no report within {_REPORT_SECONDS:g} s") from None
    if done.returncode:
        raise Failure(done.stderr.strip() or f"the generator ended with {done.returncode}")
    return read_report(done.stdout)


def _use_one_cpu() -> int | None:
    """Stay on one CPU, with all that is started from here; None where the system cannot."""
    if not hasattr(os, "sched_setaffinity"):
        return None
    cpu = max(os.sched_getaffinity(0))  # the first often serves the devices as well
    os.sched_setaffinity(0, {cpu})
    return cpu


def _is_there(server: str) -> bool:
    if server == "ngircd" and ngircd_program() is None:
        _say("ngircd is not installed here, and is left out.")
        return False
    return True


def _say(text: str) -> None:
    """Progress goes to standard error, so that the tables can be sent to a file."""
    print(text, file=sys.stderr)


# --- showing -----------------------------------------------------------------------------------


def _machine(options: argparse.Namespace, cpu: int | None) -> str:
    """Where and how it was measured, in a line."""
    cpus = f"{os.cpu_count()} CPUs" + ("" if cpu is None else " (one of them used)")
    return (
        f"{time.strftime('%Y-%m-%d')}, {platform.system()} {platform.machine()}, {cpus}, "
        f"Python {platform.python_version()}"
    )


def _show(results: Results, servers: list[str], options: argparse.Namespace, machine: str) -> None:
    """Print the tables."""
    rooms = {people: _parts(people, options) for people in sorted(set(options.people))}
    largest = max(rooms)
    print(table.speeds(results, servers, rooms), end="\n\n")
    print(table.memory(results, servers, largest), end="\n\n")
    print(
        f"In bold: the ratio to {servers[0]} within a round, median of the rounds; beside it the "
        "absolute figure. Latency: from sending to each of a few recipients. Generator: the load "
        f"itself. {_outcome(results)} {options.rounds} x {options.seconds:g} s each, {machine}."
    )


def _outcome(results: Results) -> str:
    """What was checked, and what went wrong, in sentences."""
    reports = results.reports()
    checked = sum(part.checked for report in reports for part in report.figures)
    noisy = sum(others_share(report) > _TOO_NOISY for report in reports)
    text = f"{checked:,} deliveries were counted: none lost, none twice, none seen out of order."
    if noisy:
        text += f" Other programs disturbed {noisy} of {len(reports)} runs."
    if results.failures:
        text += f" {len(results.failures)} runs failed, and are left out."
    return text


def _draw(results: Results, servers: list[str], options: argparse.Namespace, machine: str) -> None:
    """Write the picture: the busy part, in rooms of all sizes."""
    curves = []
    for server in servers:
        points = []
        for people in sorted({*options.people, *options.curve}):
            busy = len(_parts(people, options)) - 1
            values = results.of_part(server, people, busy, per_second)
            if (middle := median(values)) is not None:
                points.append(Point(people, middle, min(known(values)), max(known(values))))
        if points:
            curves.append(Curve(server, points))
    if curves:
        picture = draw(
            "Deliveries a second, when a tenth of the people speak at once",
            f"median of {options.rounds} with lowest and highest; {machine}",
            "people in the room",
            "deliveries a second",
            curves,
        )
        options.picture.parent.mkdir(parents=True, exist_ok=True)
        options.picture.write_text(picture, encoding="utf-8")


def _save(results: Results, file: Path, machine: str) -> None:
    """Write everything that was measured."""
    runs = [
        {"round": number, "server": server, "people": people, **asdict(report)}
        for number, each in enumerate(results.rounds, 1)
        for (server, people), report in each.items()
    ]
    text = json.dumps({"machine": machine, "runs": runs, "failures": results.failures}, indent=1)
    file.write_text(text + "\n", encoding="utf-8")


# --- the command line --------------------------------------------------------------------------


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks", description="Measure the chat servers side by side."
    )
    add = parser.add_argument
    add("--people", type=_sizes, default=[50, 200], help="rooms in the table (default 50,200)")
    add(
        "--curve",
        type=_sizes,
        default=[10, 25, 50, 100, 200, 400],
        help="rooms in the picture (default 10,25,50,100,200,400)",
    )
    add("--seconds", type=_seconds, default=0.6, help="of each part (default %(default)s)")
    add("--rounds", type=positive_number, default=3, help="default %(default)s")
    add(
        "--tries",
        type=positive_number,
        default=3,
        help="a run that other programs disturb is made so often at most (default %(default)s)",
    )
    add(
        "--servers",
        type=_servers,
        default=_DEFAULT_SERVERS,
        help="the first is what the others are compared with "
        f"(of {', '.join(CONTENDERS)}; default {','.join(_DEFAULT_SERVERS)})",
    )
    add("--all-cpus", action="store_true", help="let the system place server and generator")
    add(
        "--picture",
        type=Path,
        metavar="FILE",
        help="draw the curves into this SVG (docs/deliveries.svg is the one of the page)",
    )
    add("--json", type=Path, help="write all that was measured to this file")
    return parser.parse_args(arguments)


def _sizes(text: str) -> list[int]:
    sizes = [positive_number(each) for each in text.split(",")]
    if not 2 <= min(sizes) <= max(sizes) <= MAX_CLIENTS:
        raise argparse.ArgumentTypeError(f"a room holds 2 to {MAX_CLIENTS} people")
    return sizes


def _servers(text: str) -> list[str]:
    names = list(dict.fromkeys(text.split(",")))
    for each in names:
        if each not in CONTENDERS:
            raise argparse.ArgumentTypeError(f"{each!r} is none of {', '.join(CONTENDERS)}")
    return names


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 60:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds up to 60")
    return seconds


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)  # as shells report it; the servers are ended by now
