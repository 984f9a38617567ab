"""Attack stories, one a file; each takes a scene and parameters, and gives a `Story` and its events."""

from models.simulator.stories.insider_download import insider_download
from models.simulator.stories.password_spray import password_spray
from models.simulator.stories.scene import Scene, Story, Teller
from models.simulator.stories.stolen_credentials import stolen_credentials

__all__ = ["Scene", "Story", "Teller", "insider_download", "password_spray", "stolen_credentials"]
