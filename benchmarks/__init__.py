"""Measurements, each against something that a user would pick instead."""
