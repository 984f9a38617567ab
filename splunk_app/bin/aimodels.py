"""| aimodels: lists models, versions and jobs; promotes, retires and rolls back."""

from aiscore_kit.libraries import load_splunklib

load_splunklib()

from splunklib.searchcommands import Configuration, Option  # noqa: E402

from aiscore_kit import options  # noqa: E402
from aiscore_kit.launch import launch  # noqa: E402
from aiscore_kit.models import Generate  # noqa: E402


@Configuration(type="reporting")
class AIModelsCommand(Generate):
    """The registry of models, seen from a search."""

    model = Option(validate=options.model_name(), doc="The model; without action: its versions.")
    action = Option(
        validate=options.OneOf("list", "show", "contract", "promote", "retire", "rollback"),
        doc="list (the default), show a version's card or the contract; promote, retire or rollback a version.",
    )
    version = Option(validate=options.version(), doc="The version: its first 12 letters or more.")
    job = Option(validate=options.Pattern(r"[A-Za-z0-9_.-]{1,128}", "a job's id"), doc="A fit job: its state.")


launch(AIModelsCommand, __name__)
