"""| tunedscore url=...: sends each chunk as columns and adds the columns that come back."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))

import requests  # noqa: E402
from splunklib.searchcommands import Configuration, Option, StreamingCommand, dispatch  # noqa: E402


@Configuration(distributed=False)
class TunedScoreCommand(StreamingCommand):
    """Scores from a service that takes and gives columns."""

    url = Option(require=True, doc="The service's address.")

    carry = ""
    session = requests.Session()

    def stream(self, records):
        """splunklib calls this once a chunk."""
        records = list(records)
        if not records:
            return
        columns = {name: [record[name] for record in records] for name in records[0]}
        response = self.session.post(self.url, json={"columns": columns, "carry": self.carry}, timeout=600)
        response.raise_for_status()
        reply = response.json()
        self.carry = reply["carry"]
        names = list(reply["columns"])
        for record, cells in zip(records, zip(*reply["columns"].values())):  # noqa: B905 (strict came after 3.9)
            record.update(zip(names, cells))  # noqa: B905
            yield record


dispatch(TunedScoreCommand, sys.argv, sys.stdin, sys.stdout, __name__)
