"""The ten-minute ticket that splunkd hands out for the user of this search. It is never logged."""

import json
import time

from aiscore_kit.ahead import Ahead
from aiscore_kit.failure import Failure

_RENEW_S = 60


class Tickets:
    """Fetches a ticket when none is at hand or the one at hand is about to end."""

    def __init__(self, service):
        self._service = service
        self._begun = None
        self._ticket = ""
        self._ends = 0.0

    def begin(self):
        """Fetch the first ticket while other things are done; what goes wrong is told to whoever gets it."""
        self._begun = Ahead(self._fetch)

    def get(self):
        """A valid ticket, or Failure("auth") saying whether a capability or the shared secret is missing."""
        begun, self._begun = self._begun, None
        if begun:
            begun.result()
        if not self._ticket or time.monotonic() > self._ends:
            self._fetch()
        return self._ticket

    def drop(self):
        """Forget the ticket: the sidecar refused it."""
        self._ticket = ""

    def _fetch(self):
        from splunklib.binding import HTTPError

        try:
            reply = self._service.get("/services/aiscore/ticket", output_mode="json")
            found = json.loads(reply.body.read().decode("utf-8"))
            self._ticket = str(found["ticket"])
            self._ends = time.monotonic() + max(0, float(found["lifetime_s"]) - _RENEW_S)
        except HTTPError as error:
            raise _refused(error) from None
        except Exception as error:
            raise Failure(
                "auth",
                "splunkd gave no ticket: %s" % (type(error).__name__),
                mend="check that the app's REST handler runs (splunkd.log, aiscore_ticket)",
            ) from None


def _refused(error):
    """What the handler said, when it said it in our words; else what splunkd's number means."""
    try:
        said = json.loads(error.body.decode("utf-8"))
        return Failure("auth", str(said["detail"]), mend=str(said["mend"]))
    except (ValueError, KeyError, TypeError, AttributeError):
        return Failure("auth", "splunkd refused a ticket (status %s)" % error.status, status=error.status)
