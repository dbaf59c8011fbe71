"""Knows each step: one file a revision, never changed once released."""
