"""Intake: the one door through which every article comes in."""
