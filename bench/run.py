"""`make bench`: measures the catalog as it is served, beside what the machine could do at best. See README.md here."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

import load
import report
from governance import GovernanceRound
from governance import loaded as organised
from machine import HERE, BenchError, described
from rounds import PAGE, Catalog, Round, Sample, loaded

RESULTS = HERE / "results"
_QUICK = argparse.Namespace(sizes=[1000, 10_000], rounds=1, seconds=1)
_WHOLE = argparse.Namespace(sizes=[1000, 10_000, 100_000], rounds=3, seconds=2)
_GOVERNANCE_SIZES = {True: [2000], False: [100_000]}  # quick or not


def _sizes(text: str) -> list[int]:
    sizes = sorted({int(part.replace("_", "")) for part in text.split(",")})
    if any(size < PAGE or size % PAGE for size in sizes):
        raise argparse.ArgumentTypeError(f"sizes are multiples of {PAGE}")
    return sizes


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measures the catalog beside what the machine could do at best.")
    parser.add_argument("--sizes", type=_sizes, help="services in the catalogs (default 1000,10000,100000)")
    parser.add_argument("--rounds", type=int, help="how often all is measured; medians are shown (default 3)")
    parser.add_argument("--seconds", type=int, help="how long each operation is driven in a round (default 2)")
    parser.add_argument("--quick", action="store_true", help="a minute's look: sizes 1000,10000, 1 round, 1 second")
    parser.add_argument(
        "--governance",
        action="store_true",
        help="instead: who may do what, in a large organisation (size 100000; 2000 if quick)",
    )
    given = parser.parse_args()
    if given.governance and given.sizes is None:
        given.sizes = _GOVERNANCE_SIZES[given.quick]
    for name, value in vars(_QUICK if given.quick else _WHOLE).items():
        if getattr(given, name) is None:
            setattr(given, name, value)
    return given


def _tell(text: str) -> None:
    """Where the run is: on a terminal in one line that is written over."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def _measured(arguments: argparse.Namespace, folder: Path) -> list[Sample]:
    catalogs: list[Catalog] = []
    for size in arguments.sizes:
        _tell(f"loading {size:,} services …")
        catalogs.append(loaded(folder, size))
    samples: list[Sample] = []
    # Rounds outside, sizes inside: what is compared is measured near in time, on a machine whose speed drifts.
    for number in range(1, arguments.rounds + 1):
        for catalog in catalogs:
            where = f"round {number} of {arguments.rounds}, {catalog.size:,} services: "
            one = Round(catalog, folder, arguments.seconds, f"r{number}")
            samples += one.samples(lambda step, where=where: _tell(where + step))
    _tell("")
    return samples


def _governed(arguments: argparse.Namespace, folder: Path) -> list[Sample]:
    samples: list[Sample] = []
    for size in arguments.sizes:
        organisation = organised(folder, size, _tell)
        _tell("")
        print(f"{organisation.shape}, made in {organisation.seconds:.0f} s", flush=True)
        for number in range(1, arguments.rounds + 1):
            where = f"round {number} of {arguments.rounds}, {size:,} services: "
            one = GovernanceRound(organisation, folder, arguments.seconds)
            samples += one.samples(lambda step, where=where: _tell(where + step))
    _tell("")
    return samples


def main() -> int:
    """Prints the table, writes the JSON; 1 if it cannot be measured. A missed target is told, and is no failure."""
    arguments = _arguments()
    RESULTS.mkdir(exist_ok=True)
    began = time.time()
    folder = Path(tempfile.mkdtemp(prefix="tmp-", dir=RESULTS))  # on the project's disk: /tmp may be memory
    try:
        tool = load.ensure_wrk()
        machine = described(folder) | {"load_tool": tool}
        print(
            f"{machine['processor']}, cores: {machine['cores']}, "
            f"load average {machine['load_average']}\nPython {machine['python']} starts in "
            f"{machine['python_start_s'] * 1000:.0f} ms, SQLite {machine['sqlite']}, a durable page takes "
            f"{machine['fsync_ms']:.2f} ms, {tool}",
            flush=True,
        )
        rows = report.rows((_governed if arguments.governance else _measured)(arguments, folder))
        how = {
            "governance": arguments.governance,
            "sizes": arguments.sizes,
            "rounds": arguments.rounds,
            "seconds": arguments.seconds,
            "took_s": round(time.time() - began),
            "load_average_after": round(os.getloadavg()[0], 2),
        }
        path = RESULTS / time.strftime("%Y%m%dT%H%M%S.json", time.localtime(began))
        path.write_text(json.dumps(report.document(rows, machine, how), indent=1, ensure_ascii=False) + "\n")
        print(report.table(rows))
        print(f"\nMeasured in {how['took_s']} s; {path.relative_to(HERE.parent)} has it all.")
    except BenchError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
