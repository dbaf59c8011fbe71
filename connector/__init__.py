"""Knows how answers travel from KoboToolbox and where they rest; knows nothing of how they are shown."""
