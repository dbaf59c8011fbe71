"""Knows the commands of `healing`, one module each: what it asks for, and the one function that it calls."""
