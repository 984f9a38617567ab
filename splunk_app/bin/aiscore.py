"""| aiscore model=NAME: scores every event that passes, each score with its reasons."""

from aiscore_kit.libraries import load_splunklib

load_splunklib()

from splunklib.searchcommands import Configuration, Option  # noqa: E402

from aiscore_kit import options  # noqa: E402
from aiscore_kit.launch import launch  # noqa: E402
from aiscore_kit.score import RowByRow  # noqa: E402


# distributed=False makes the command `stateful`: it runs on the search head, next to the sidecar and its ticket.
@Configuration(distributed=False)
class AIScoreCommand(RowByRow):
    """Anomaly and threat scores for events, with exact reasons."""

    model = Option(require=True, validate=options.model_name(), doc="The model to score with, by its name.")
    explain = Option(
        default="auto",
        validate=options.Pattern(r"auto|all|none|\d{1,6}", "auto, all, none or a number of rows"),
        doc="Which rows get reasons: auto (all, the highest first in case time runs out), all, none, or the highest N.",
    )
    fields = Option(
        default="contract",
        validate=options.OneOf("contract", "all"),
        doc="Which fields Splunk sends: those of the model's contract, or all.",
    )
    prefix = Option(
        default="ai_",
        validate=options.Pattern(r"[A-Za-z][A-Za-z0-9_]{0,30}_", "letters, digits and _, ending in _"),
        doc="What the output fields' names begin with, so that two models can score one search.",
    )
    warmup_h = Option(
        default="0",
        validate=options.Pattern(r"\d{1,4}(\.\d{1,3})?", "hours, such as 24"),
        doc="Hours after the first event of each scope in this search in which surprise counts less; 0: none.",
    )
    on_error = Option(
        validate=options.OneOf("label", "fail"),
        doc="When a chunk cannot be scored: label its rows unscored, or fail the search. Default: aiscore.conf.",
    )


launch(AIScoreCommand, __name__)
