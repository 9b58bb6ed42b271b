"""HTTP in and out: decode, call the engine, encode. No decision about entities is made here."""
