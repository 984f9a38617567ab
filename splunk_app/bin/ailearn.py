"""| ailearn model=NAME: learns the days of the search without refitting; forgets an entity."""

from aiscore_kit.libraries import load_splunklib

load_splunklib()

from splunklib.searchcommands import Configuration, Option  # noqa: E402

from aiscore_kit import options  # noqa: E402
from aiscore_kit.launch import launch  # noqa: E402
from aiscore_kit.learn import Learn  # noqa: E402


@Configuration(run_in_preview=False)
class AILearnCommand(Learn):
    """Publishes the model's next baseline; returns the job that does it."""

    model = Option(require=True, validate=options.model_name(), doc="The model's name.")
    action = Option(default="learn", validate=options.OneOf("learn", "forget"), doc="learn (the default) or forget.")
    teach_below = Option(validate=options.Decimal(1.0), doc="The score that a row must not reach to teach.")
    teach_bits = Option(validate=options.Decimal(1000.0), doc="The surprise that a value must not reach to be taught.")
    alarm = Option(validate=options.Decimal(1.0), doc="The score at which nothing of that entity's day teaches.")
    withhold = Option(validate=options.names(), doc="Entities whose rows do not teach.")
    window_days = Option(validate=options.Whole(1, 3650), doc="Days back from the newest learned one that count.")
    half_life_days = Option(validate=options.Whole(0, 3650), doc="The age at which a day weighs half; 0: never.")
    cap_share = Option(validate=options.Decimal(1.0), doc="The share one entity may have in what everyone showed.")
    entity = Option(validate=options.entity(), doc="The entity to forget.")
    field = Option(validate=options.field(), doc="The entity field it stands in. Default: any.")
    earliest = Option(validate=options.day(), doc="The first day to forget. Default: the first learned.")
    latest = Option(validate=options.day(), doc="The last day to forget. Default: the last learned.")
    dry = Option(validate=options.Truth(), doc="true: only tell what would be forgotten.")
    wait = Option(default=0, validate=options.Whole(0, 240), doc="Seconds to wait for the job to end. Default: 0.")


launch(AILearnCommand, __name__)
