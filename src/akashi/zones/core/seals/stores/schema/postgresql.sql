-- The seal register on PostgreSQL. Tables belong to the writer; the reader role sees rows only through the policies below.

CREATE TABLE register_version (version bigint NOT NULL);
INSERT INTO register_version VALUES (1);

-- How far the change feed has come. One row.
CREATE TABLE feed_rows (
  one bigint PRIMARY KEY CHECK (one = 1),
  municipality text NOT NULL,
  sequence bigint NOT NULL,
  as_of_ms bigint NOT NULL,
  stopped text NOT NULL
);
INSERT INTO feed_rows VALUES (1, '', 0, 0, '');

-- SHA-256 of the last records, so that a number that comes twice with other content is found.
CREATE TABLE applied_rows (sequence bigint PRIMARY KEY, digest bytea NOT NULL);

-- One row for each registration that ever was; of an abolished one numbers, day and reason are left.
CREATE TABLE registration_rows (
  registration_no text PRIMARY KEY,
  resident_no text NOT NULL,
  state text NOT NULL,
  name text NOT NULL,
  former_name text NOT NULL,
  alias text NOT NULL,
  name_kana text NOT NULL,
  birth_date text NOT NULL,
  birth_day text,
  sex text NOT NULL,
  address text NOT NULL,
  registered_on text NOT NULL,
  registered_on_day text,
  width_px bigint NOT NULL,
  height_px bigint NOT NULL,
  image bytea NOT NULL,
  abolished_on text NOT NULL,
  abolished_for text NOT NULL,
  row_version bigint NOT NULL
);
-- Nobody has two living registrations, whatever a source says.
CREATE UNIQUE INDEX registration_living ON registration_rows (resident_no) WHERE state = 'registered';

CREATE TABLE editing_rows (resident_no text PRIMARY KEY);

ALTER TABLE registration_rows ENABLE ROW LEVEL SECURITY;
ALTER TABLE editing_rows ENABLE ROW LEVEL SECURITY;

CREATE POLICY own_registration ON registration_rows FOR SELECT TO akashi_seals_reader
  USING (resident_no = (SELECT bound('subject')) AND state = 'registered');
CREATE POLICY own_editing ON editing_rows FOR SELECT TO akashi_seals_reader
  USING (resident_no = (SELECT bound('subject')));

-- The names that both databases offer to a reader. The views check with the reader's own rights.
CREATE VIEW registration WITH (security_invoker = true) AS SELECT * FROM registration_rows;
CREATE VIEW editing WITH (security_invoker = true) AS SELECT resident_no FROM editing_rows;
CREATE VIEW feed WITH (security_invoker = true) AS SELECT municipality, sequence, as_of_ms, stopped FROM feed_rows;

GRANT SELECT ON registration_rows, editing_rows, feed_rows TO akashi_seals_reader;
GRANT SELECT ON registration, editing, feed TO akashi_seals_reader;
