"""Figures of a place by which operations are judged, each with its source and date: data files, and their reader."""
