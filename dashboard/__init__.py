"""How the programme's facts are shown to the people who run it."""
