"""Zoom: its API for the bot, and rooms for people to meet in."""

from bot.simulators.zoom.simulator import ZoomSimulator
from bot.simulators.zoom.specification import Specification, find_spec
from bot.simulators.zoom.state import Meeting, Refused, Seat

__all__ = ["Meeting", "Refused", "Seat", "Specification", "ZoomSimulator", "find_spec"]
