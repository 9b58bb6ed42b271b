"""Between files and what the API takes: pure conversions, of text to requests and of entities to text."""
