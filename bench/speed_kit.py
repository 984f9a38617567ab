"""Seconds that the command itself spends on one chunk, without http: run by the command's own Python.

python3.13 bench/speed_kit.py APP_FOLDER CHUNK REPLY MODEL_ID          # prints JSON: seconds by step
python3.13 bench/speed_kit.py APP_FOLDER CHUNK REPLY MODEL_ID long     # the same for the reply with long texts

With `long`, every row has five quoted reasons of 300 bytes and the contributions of 200 fields: about 7 KB.
"""

import csv
import io
import json
import os
import resource
import sys
import time

LONG_REASONS = "; ".join(
    f'process="C:\\Windows\\{at}", never seen for user=alice in 10 days{"." * 240} (+1.{at})' for at in range(5)
)
LONG_CONTRIBUTIONS = "; ".join(f"some_field_{at}:+0.{at:06d}" for at in range(1, 201))


def main(app, chunk, reply, model, texts="given"):
    """The least time of each step over a few; the peak of memory goes to stderr."""
    sys.path[:0] = [os.path.join(app, "bin"), os.path.join(app, "lib")]
    from aiscore_kit import client, outputs, rows, splice, wire
    from aiscore_kit.reply import ReplyReader

    with open(chunk, "rb") as file:
        body = file.read()
    with open(reply, "rb") as file:
        answer = file.read()
    if texts == "long":
        answer = with_long_texts(answer)
    found = {}

    def timed(name, step):
        taken = []
        for _ in range(15):
            began = time.perf_counter()
            result = step()
            taken.append(time.perf_counter() - began)
        found[name] = min(taken)
        return result

    cut = timed("cut the chunk into rows", lambda: rows.Rows(body))
    part, count = timed("check the body can be sent as it is", lambda: wire.Wire(cut)).parts[0]
    timed("digest of the body", lambda: client.csv_request("POST", "/", {}, part, {}, 0))
    reader = ReplyReader("ai_")
    suffixes = timed("check the reply line by line", lambda: reader.suffixes(answer, count, model))
    timed("splice it onto the rows", lambda: splice.splice(cut, outputs.names("ai_"), suffixes))
    print(json.dumps(found))
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{len(answer) / count:.0f} bytes of reply a row, peak memory {peak_mb:.0f} MB", file=sys.stderr)


def with_long_texts(reply):
    """The reply (bytes) with the longest reasons and contributions on every scored row."""
    table = list(csv.reader(io.StringIO(reply.decode("utf-8"), newline="")))
    reasons, contributions = (table[0].index(name) for name in ("ai_reasons", "ai_contributions"))
    for row in table[1:]:
        if row[1]:
            row[reasons], row[contributions] = LONG_REASONS, LONG_CONTRIBUTIONS
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(table)
    return out.getvalue().encode("utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
