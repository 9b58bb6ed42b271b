-- A glossary has a name only once, in whatever case: found without going through all of its terms.
CREATE INDEX entity_term ON entity (lower(name)) WHERE kind = 'glossaryTerm';
