"""| aifit model=NAME: fits a model from the events of the search."""

from aiscore_kit.libraries import load_splunklib

load_splunklib()

from splunklib.searchcommands import Configuration, Option  # noqa: E402

from aiscore_kit import options  # noqa: E402
from aiscore_kit.fit import Fit  # noqa: E402
from aiscore_kit.launch import launch  # noqa: E402


@Configuration(run_in_preview=False)
class AIFitCommand(Fit):
    """Fits baselines and detectors; returns the job that does it."""

    model = Option(require=True, validate=options.model_name(), doc="The model's name.")
    entity = Option(validate=options.fields(), doc="Fields that own a baseline: the user, the host. Default: none.")
    time = Option(default="_time", validate=options.field(), doc="The time field, or none. Default: _time.")
    label = Option(validate=options.field(), doc="Field that is 1 for known attacks and 0 or empty else.")
    fields = Option(validate=options.fields(), doc="The input fields. Default: every field of the events.")
    scope = Option(validate=options.field(), doc="Field that separates contexts: site, zone or tenant.")
    peers = Option(
        validate=options.fields(), doc="entity:field of the group it is compared with; entity alone: learned."
    )
    recipe = Option(validate=options.model_name(), doc="A recipe that names fields, entities and features.")
    seed = Option(validate=options.Whole(0, 999999999), doc="The seed of sampling and training.")
    alert_budget = Option(validate=options.Decimal(1e6), doc="Events a day and 1,000 entities that may be called high.")
    false_positive_rate = Option(
        validate=options.Decimal(0.1), doc="The share of ordinary events that may be called high."
    )
    force = Option(validate=options.Truth(), doc="true: fit although the data was found unfit; the card says so.")
    challenger = Option(validate=options.Truth(), doc="true: do not make a first fit the champion.")
    wait = Option(default=0, validate=options.Whole(0, 240), doc="Seconds to wait for the fit to end. Default: 0.")


launch(AIFitCommand, __name__)
