"""All SQL lives below here: functions that take a `Tx` first. Nothing here knows HTTP or what a caller may do."""
