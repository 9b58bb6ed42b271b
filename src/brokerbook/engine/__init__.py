"""What may happen to an entity, the same for every kind. Decided purely, then written once; nothing here knows HTTP."""
