"""Seconds that the command itself spends on one chunk, without http: run by the command's own Python.

python3.13 bench/speed_kit.py APP_FOLDER CHUNK REPLY MODEL_ID     # prints JSON
"""

import json
import os
import sys
import time


def main(app, chunk, reply, model):
    """The least time of each step over a few."""
    sys.path[:0] = [os.path.join(app, "bin"), os.path.join(app, "lib")]
    from aiscore_kit import client, outputs, rows, splice, wire
    from aiscore_kit.reply import ReplyReader

    with open(chunk, "rb") as file:
        body = file.read()
    with open(reply, "rb") as file:
        answer = file.read()
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


if __name__ == "__main__":
    main(*sys.argv[1:])
