"""A sidecar that stays dead: it is soon no longer asked, and the search is hardly slower for it."""

import time

from tests.reliability.campaign import Found
from tests.reliability.faults import acts, check, events
from tests.reliability.faults.ground import Ground
from tests.reliability.faults.lateness import Lateness
from tests.reliability.faults.proxy import Fault
from tests.reliability.faults.searches import SLACK_S, Log
from tests.splunkd import pythons

CHUNKS = 40
_ROWS = 10
_DEADLINE_S = 0.5
_OPEN_AFTER = 3
_LATE_S = 0.1


def run(ground: Ground) -> Found:
    """Every request hangs: three chunks wait for their deadline, the rest are labelled at once."""
    log = Log()
    log.counts.update(faulted_searches=1)
    ground.prepare("http", chunk_deadline_s=_DEADLINE_S)
    ground.proxy.fault = Fault(lambda asked: asked.scores, acts.hold)
    python = pythons.best(",".join(pythons.SHIPPED))
    with ground.command("aiscore", ["model=logon", "fields=all"], python, "dead.1") as process:
        process.getinfo()
        with Lateness() as late:
            started = time.monotonic()
            for number in range(CHUNKS):
                chunk = events.chunk(_ROWS, 6000 + number * _ROWS, 1)
                reply = process.execute(chunk.body, number == CHUNKS - 1)
                seen = check.judge(chunk, reply.body, [], {"timeout"})
                log.counts.update(events_in=_ROWS, events_lost=seen.lost, events_mislabelled=seen.mislabelled)
                log.wrong += [f"dead sidecar, chunk {number + 1}: {line}" for line in seen.wrong]
            seconds = time.monotonic() - started
        code = process.end()
        log.must(code == 0, f"dead sidecar: the exit code is {code}")
        log.must(f"{CHUNKS * _ROWS} of {CHUNKS * _ROWS} rows" in "".join(process.texts("WARN")), "no count told")
    asked = sum(request.scores for request in ground.proxy.seen)
    # On a machine that is late a request may miss its deadline before it is sent.
    enough = asked == _OPEN_AFTER or (late.seconds > _LATE_S and asked < _OPEN_AFTER)
    log.must(enough, f"dead sidecar: it was asked {asked} times")
    allowed = _OPEN_AFTER * _DEADLINE_S + SLACK_S + late.seconds
    log.must(seconds < allowed, f"dead sidecar: {seconds:.1f} s for {CHUNKS} chunks")
    log.counts["deadlines_missed"] += seconds >= allowed
    ground.calm()
    return Found(log.counts, log.wrong, log.most)
