"""A simulated company: ordinary sign-ins, honest noise and labelled attacks, from one seed."""

from models.simulator.simulation import Simulation, default_stories, simulate
from models.simulator.stories import Story

__all__ = ["Simulation", "Story", "default_stories", "simulate"]
