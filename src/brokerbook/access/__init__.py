"""Who somebody is and what he may do. Pure: no I/O, no HTTP."""
