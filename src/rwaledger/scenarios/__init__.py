"""Scenarios: stories with dates, commands, input files and the figures that they must end with."""
