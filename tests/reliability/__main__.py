"""Run one part of the reliability campaign at length.

examples:
  # every fault between command and sidecar, at every place; stopped, it goes on where it was
  python -m tests.reliability faults

  # from the start again, with other random choices, for ten minutes at most
  python -m tests.reliability disk --again --seed 3 --minutes 10

What is found is merged into bench/results/reliability.json.
Exit code: 0 nothing wrong, 1 something is, 3 stopped early.
"""

import argparse
import importlib
import sys
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from tests.reliability import campaign, results, twin
from tests.reliability.campaign import Batch, Found, Sum

PARTS = {
    "faults": ("faults", "replies"),
    "durability": ("kills", "disk"),
    "fuzz": ("fuzz",),
    "bundles": ("bundles",),
    "auth": ("auth",),
    "overload": ("overload",),
    "ledger": ("ledger",),
}
"""What `make campaign` calls a part, and the folders that make it up; a folder can be run alone too."""
WORK = results.ROOT / "bench" / "work" / "reliability"
FOLDERS = tuple(folder for folders in PARTS.values() for folder in folders)


def planned(folder: str, seed: int) -> list[Batch]:
    """The batches of a folder, its twins last."""
    part = importlib.import_module(f"tests.reliability.{folder}.part")
    twins = importlib.import_module(f"tests.reliability.{folder}.twins")
    return campaign.unique([*part.batches(seed), *twin.batches(twins.TWINS)])


def main(arguments: list[str] | None = None) -> int:
    """Run a part; the exit code."""
    options = _options(arguments)
    console = Console(stderr=True)
    codes = [_folder(folder, options, console) for folder in PARTS.get(options.part, (options.part,))]
    return max(codes)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    summary, _, examples = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(
        prog="python -m tests.reliability",
        description=summary,
        epilog=examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("part", choices=sorted({*PARTS, *FOLDERS}))
    parser.add_argument("--again", action="store_true", help="forget what an earlier run has done")
    parser.add_argument("--seed", type=int, default=1, help="of everything random (default: %(default)s)")
    parser.add_argument(
        "--minutes", type=float, default=campaign.LIMIT_S / 60, help="stop after (default: %(default)g)"
    )
    parser.add_argument("--only", default="", help="only batches whose name holds this text; nothing is merged")
    return parser.parse_args(arguments)


def _folder(folder: str, options: argparse.Namespace, console: Console) -> int:
    batches = [batch for batch in planned(folder, options.seed) if options.only in batch.name]
    kept = _kept(folder, options)
    found = _run(folder, batches, kept, options.minutes * 60, console)
    if not options.only:
        results.merge(folder, options.seed, found)
    return _tell(folder, found, console)


def _kept(folder: str, options: argparse.Namespace) -> Path:
    kept = WORK / f"{folder}-{options.seed}{'-only' if options.only else ''}.jsonl"
    if options.again or options.only:
        kept.unlink(missing_ok=True)
    return kept


def _run(folder: str, batches: list[Batch], kept: Path, limit_s: float, console: Console) -> Sum:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, TimeRemainingColumn(), TextColumn("{task.fields[last]}"), console=console) as progress:
        before = sum(batch.name in campaign.known(kept) for batch in batches)
        task = progress.add_task(folder, total=len(batches), completed=before, last="")

        def told(name: str, found: Found) -> None:
            progress.update(task, advance=1, last=name)
            for line in found.wrong:
                progress.console.print(f"WRONG {name}: {line}", markup=False, highlight=False)

        return campaign.run(batches, kept, limit_s, told)


def _tell(folder: str, found: Sum, console: Console) -> int:
    figures = ", ".join(f"{name} {value:,}" for name, value in sorted(found.counts.items()))
    peaks = ", ".join(f"{name} {value:,.1f}" for name, value in sorted(found.most.items()))
    console.print(f"{folder}: {found.batches} of {found.planned} batches, {found.seconds:.0f} s: {figures}; {peaks}")
    if found.wrong:
        console.print(f"{len(found.wrong)} wrong")
        return 1
    return 0 if found.batches == found.planned else 3


if __name__ == "__main__":
    sys.exit(main())
