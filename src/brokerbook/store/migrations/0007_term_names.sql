-- What a term is called, whatever the case: a glossary has a name only once. Null: not known yet, and worked out before
-- it is next asked for, because the database itself knows the case of ASCII only.
ALTER TABLE entity ADD COLUMN folded_name TEXT;
UPDATE entity SET folded_name = lower(name) WHERE kind = 'glossaryTerm' AND name NOT GLOB '*[^ -~]*';
CREATE INDEX entity_folded_name ON entity (folded_name) WHERE kind = 'glossaryTerm';
DROP INDEX entity_term;
