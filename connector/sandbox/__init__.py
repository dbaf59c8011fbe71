"""Knows how to stand in for the field: a KoboToolbox-shaped server, phones, and simulated field work."""
