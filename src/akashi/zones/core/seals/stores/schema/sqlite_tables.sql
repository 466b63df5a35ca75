-- The seal register on SQLite. Readers never see these tables, only the views in sqlite_views.sql.

CREATE TABLE register_version (version INTEGER NOT NULL) STRICT;
INSERT INTO register_version VALUES (1);

-- How far the change feed has come. One row.
CREATE TABLE feed_rows (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  municipality TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  as_of_ms INTEGER NOT NULL,
  stopped TEXT NOT NULL
) STRICT;
INSERT INTO feed_rows VALUES (1, '', 0, 0, '');

-- SHA-256 of the last records, so that a number that comes twice with other content is found.
CREATE TABLE applied_rows (sequence INTEGER PRIMARY KEY, digest BLOB NOT NULL) STRICT;

-- One row for each registration that ever was; of an abolished one numbers, day and reason are left.
CREATE TABLE registration_rows (
  registration_no TEXT PRIMARY KEY,
  resident_no TEXT NOT NULL,
  state TEXT NOT NULL,
  name TEXT NOT NULL,
  former_name TEXT NOT NULL,
  alias TEXT NOT NULL,
  name_kana TEXT NOT NULL,
  birth_date TEXT NOT NULL,
  birth_day TEXT,
  sex TEXT NOT NULL,
  address TEXT NOT NULL,
  registered_on TEXT NOT NULL,
  registered_on_day TEXT,
  width_px INTEGER NOT NULL,
  height_px INTEGER NOT NULL,
  image BLOB NOT NULL,
  abolished_on TEXT NOT NULL,
  abolished_for TEXT NOT NULL,
  row_version INTEGER NOT NULL
) STRICT;
-- Nobody has two living registrations, whatever a source says.
CREATE UNIQUE INDEX registration_living ON registration_rows (resident_no) WHERE state = 'registered';

CREATE TABLE editing_rows (resident_no TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
