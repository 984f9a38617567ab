"""| naivescore url=...: sends each chunk's records as JSON and adds the fields that come back."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))

import requests  # noqa: E402
from splunklib.searchcommands import Configuration, Option, StreamingCommand, dispatch  # noqa: E402


@Configuration(distributed=False)
class NaiveScoreCommand(StreamingCommand):
    """Scores from a service that speaks JSON."""

    url = Option(require=True, doc="The service's address.")

    carry = ""
    session = requests.Session()

    def stream(self, records):
        """splunklib calls this once a chunk."""
        records = list(records)
        response = self.session.post(self.url, json={"records": records, "carry": self.carry}, timeout=60)
        response.raise_for_status()
        reply = response.json()
        self.carry = reply["carry"]
        for record, fields in zip(records, reply["rows"]):  # noqa: B905 (strict came after 3.9)
            record.update(fields)
            yield record


dispatch(NaiveScoreCommand, sys.argv, sys.stdin, sys.stdout, __name__)
