"""| aiquality: what is wrong with the events of the search, field by field."""

from aiscore_kit.libraries import load_splunklib

load_splunklib()

from splunklib.searchcommands import Configuration, Option  # noqa: E402

from aiscore_kit import options  # noqa: E402
from aiscore_kit.launch import launch  # noqa: E402
from aiscore_kit.quality import Quality  # noqa: E402


@Configuration(run_in_preview=False)
class AIQualityCommand(Quality):
    """Examines the events of the search; returns a grade for each field, with what is wrong and how to mend it."""

    model = Option(validate=options.model_name(), doc="A model: the fields that it reads are examined.")
    recipe = Option(validate=options.model_name(), doc="A recipe: its fields are examined.")
    fields = Option(validate=options.fields(), doc="The fields to examine. Default: every field of the events.")
    entity = Option(validate=options.fields(), doc="Fields that own a baseline: the user, the host. Default: none.")
    time = Option(default="_time", validate=options.field(), doc="The time field, or none. Default: _time.")


launch(AIQualityCommand, __name__)
