"""| aiaudit: what the ledger holds, its head, and whether it is still what was written."""

from aiscore_kit.libraries import load_splunklib

load_splunklib()

from splunklib.searchcommands import Configuration, Option  # noqa: E402

from aiscore_kit import options  # noqa: E402
from aiscore_kit.audit import Audit  # noqa: E402
from aiscore_kit.launch import launch  # noqa: E402


@Configuration(type="reporting")
class AIAuditCommand(Audit):
    """The ledger of the sidecar, seen from a search."""

    action = Option(
        validate=options.OneOf("list", "head", "verify"),
        doc="list entries (the default), give the head to keep elsewhere, or verify the whole ledger.",
    )
    head = Option(validate=options.heads(), doc="Kept heads, to verify: NUMBER:HASH, commas between, or none.")
    after = Option(validate=options.Whole(0, 999999999999), doc="List the entries above this number, oldest first.")
    most = Option(validate=options.Whole(1, 10000), doc="How many entries to list; the newest, without after.")
    kind = Option(validate=options.Pattern(r"[a-z_]{1,40}", "a word such as promote"), doc="Entries of this kind only.")
    model = Option(validate=options.model_name(), doc="List entries about this model.")


launch(AIAuditCommand, __name__)
