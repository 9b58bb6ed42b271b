"""From samples to a table: medians over the rounds, ratios, and how they stand to what is expected."""

from __future__ import annotations

import statistics
from collections import defaultdict
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from rounds import Sample

LARGE = 100_000
SCALE = 0.67
"""What every figure of the largest catalog is to be, as a share of the figure of the smallest."""


RENAMED = ("tag of all services", "tag in policies")


@dataclass
class Row:
    """One operation on one size of catalog; times in milliseconds, figures are medians over the rounds."""

    operation: str
    services: int
    connections: int
    rate: float
    p50: float
    p99: float
    busy: float
    against: str
    ceiling: float
    ceiling_p99: float
    ratio: float | None
    cpu: float
    """The server's processor time for one request, or one service of a list, in microseconds."""
    cpu_ratio: float | None
    """The ratio of processor times: what `ratio` would be if the server had its core for itself."""
    scale: float | None = None
    """The rate as a share of that of the smallest catalog."""
    targets: list[str] = field(default_factory=list[str])
    short: list[str] = field(default_factory=list[str])
    """Those targets that are missed."""


@dataclass(frozen=True)
class Target:
    """What is expected of an operation."""

    text: str
    met: Callable[[Row], bool]
    connections: int | None = None
    least_size: int = 0


def _ratio(least: float) -> Target:
    return Target(f"ratio ≥ {least:g}", lambda row: row.ratio is not None and row.ratio >= least)


def _p99(most: float) -> Target:
    return Target(f"p99 < {most:g} ms", lambda row: row.p99 < most, connections=32)


TARGETS: dict[str, list[Target]] = {
    "GET by name": [_ratio(0.55), _p99(3)],
    "PUT unchanged": [_ratio(0.7)],
    "list, 1,000 a page": [Target("≥ 100,000/s", lambda row: row.rate >= 100_000)],
    "list, the page at 90 %": [_ratio(0.9)],
    "bulk, 1,000 new": [_ratio(0.5)],
    "bulk, 1,000 unchanged": [_ratio(5)],
    "create": [_ratio(0.6), _p99(25)],
    "start to first answer": [Target("< 0.5 s", lambda row: row.rate < 0.5, least_size=LARGE)],
    "memory after the run": [Target("< 80 MB", lambda row: row.rate < 80)],
    "GET by name, data consumer": [_ratio(0.8)],
    "list of 100 with references": [_ratio(0.4)],
    **{f"queries for a list of {size}": [Target("≤ 3", lambda row: row.rate <= 3)] for size in ("10", "100", "1,000")},
    **{
        f"check, {case}": [Target("< 20 µs", lambda row: row.rate < 20)]
        for case in ("allowed without condition", "allowed as the owner", "refused")
    },
    **{f"rename of the {tag}": [Target("< 2 s", lambda row: row.rate < 2)] for tag in RENAMED},
    **{f"longest read, {tag}": [Target("< 50 ms", lambda row: row.rate < 50)] for tag in RENAMED},
}
_OWN_CORE = 0.85  # less, under load, means that the core was not the server's alone
_SINGLE = {
    "start to first answer": "s",
    "memory after the run": "MB",
    "memory at its most": "MB",
    "GET of the tag of all, usageCount": "ms",
    "GET of a nested domain, owners": "ms",
    "GET right after a team changed": "ms",
    "longest read before renames": "ms",
    **{f"rename of the {tag}": "s" for tag in RENAMED},
    **{f"longest read, {tag}": "ms" for tag in RENAMED},
    "policies that apply to the consumer": "",
    "check, allowed without condition": "µs",
    "check, allowed as the owner": "µs",
    "check, refused": "µs",
    "check, as owner, references read": "µs",
    "queries for a list of 10": "",
    "queries for a list of 100": "",
    "queries for a list of 1,000": "",
}
_FORMATS = {"s": ".3f", "": ".0f"}
_UNDER_LOAD = ("GET by name", "GET by name, administrator")


def rows(samples: Iterable[Sample]) -> list[Row]:
    """One row for each operation, size and number of connections, judged."""
    groups: dict[tuple[str, int, int], list[Sample]] = defaultdict(list)
    for sample in samples:
        groups[sample.operation, sample.size, sample.connections].append(sample)
    found = [_row(group) for group in groups.values()]
    _compare_sizes(found)
    for row in found:
        wanted = [
            target
            for target in TARGETS.get(row.operation, ())
            if target.connections in (None, row.connections) and row.services >= target.least_size
        ]
        row.targets += [target.text for target in wanted]
        row.short += [target.text for target in wanted if not target.met(row)]
    return found


def _row(group: list[Sample]) -> Row:
    def middle(what: Callable[[Sample], float]) -> float:
        return statistics.median(map(what, group))

    first = group[0]
    ratio = middle(lambda sample: sample.rate / sample.ceiling) if first.against else None
    # What is not to be exceeded is what it came to in the worst round.
    worst = max if first.operation.startswith(("memory", "longest", "queries")) else statistics.median
    return Row(
        first.operation,
        first.size,
        first.connections,
        worst(sample.rate for sample in group),
        middle(lambda sample: sample.p50),
        middle(lambda sample: sample.p99),
        middle(lambda sample: sample.busy),
        first.against,
        middle(lambda sample: sample.ceiling),
        middle(lambda sample: sample.ceiling_p99),
        ratio,
        middle(_cpu),
        middle(lambda sample: sample.ceiling_busy / sample.ceiling / _cpu(sample) * 1e6)
        if first.ceiling_busy
        else None,
    )


def _cpu(sample: Sample) -> float:
    return sample.busy / sample.rate * 1e6


def _compare_sizes(found: list[Row]) -> None:
    smallest, largest = min(row.services for row in found), max(row.services for row in found)
    rates = {(row.operation, row.connections): row.rate for row in found if row.services == smallest}
    for row in found:
        rate = rates.get((row.operation, row.connections))
        if row.services == smallest or rate is None or row.operation in _SINGLE:
            continue
        row.scale = row.rate / rate
        if row.services == largest == LARGE and smallest == 1000:
            row.targets.append(f"scale ≥ {SCALE}")
            if row.scale < SCALE:
                row.short.append(f"scale ≥ {SCALE}")


_HEAD = (
    f"{'operation':31}{'conn':>5}{'per second':>12}{'p50 ms':>9}{'p99 ms':>9}{'busy':>6}{'cpu µs':>8}"
    f"  {'ratio to':26}{'its p99':>8}{'by cpu':>8}{'scale':>7}  target"
)


def table(found: list[Row]) -> str:
    """The rows as people read them, one block for each size of catalog."""
    lines: list[str] = []
    for size in sorted({row.services for row in found}):
        lines += [f"\n{size:,} services", _HEAD, "─" * (len(_HEAD) + 28)]
        lines += [_line(row) for row in found if row.services == size]
    share = statistics.median(row.busy for row in found if row.operation in _UNDER_LOAD and row.connections > 1)
    if 0 < share < _OWN_CORE:
        lines.append(
            f"\nThe server had {share:.0%} of its core: other programs ran as well, and the figures are noisy."
        )
    short = [row for row in found if row.short]
    judged = sum(len(row.targets) for row in found)
    lines.append(f"\n{judged - sum(len(row.short) for row in short)} of {judged} targets are met.")
    lines += [f"  short: {_named(row)}: {', '.join(row.short)}" for row in short]
    return "\n".join(lines)


def _named(row: Row) -> str:
    at = f" at {row.connections} connections" if row.connections > 1 else ""
    return f"{row.operation}{at}, {row.services:,} services"


def _line(row: Row) -> str:
    verdict = ", ".join(f"{target} {'SHORT' if target in row.short else 'ok'}" for target in row.targets)
    unit = _SINGLE.get(row.operation)
    if unit is not None:
        value = format(row.rate, _FORMATS.get(unit, ".1f"))
        return f"{row.operation:36}{value:>12} {unit:75}  {verdict}".rstrip()
    ratio = f"{row.ratio:5.2f} of {row.against} {row.ceiling:,.0f}" if row.ratio is not None else ""
    ceiling_p99 = f"{row.ceiling_p99:.2f}" if row.ceiling_p99 else ""
    scale = f"{row.scale:.2f}" if row.scale is not None else ""
    busy = f"{row.busy:.0%}" if row.busy else ""
    cpu = f"{row.cpu:.1f}" if row.busy else ""
    by_cpu = f"{row.cpu_ratio:.2f}" if row.cpu_ratio is not None else ""
    return (
        f"{row.operation:31}{row.connections:>5}{row.rate:>12,.0f}{row.p50:>9.2f}{row.p99:>9.2f}{busy:>6}{cpu:>8}"
        f"  {ratio:26}{ceiling_p99:>8}{by_cpu:>8}{scale:>7}  {verdict}"
    ).rstrip()


def document(found: list[Row], machine: dict[str, Any], how: dict[str, Any]) -> dict[str, Any]:
    """The same for programs."""
    return {"machine": machine, "how": how, "rows": [asdict(row) for row in found]}
