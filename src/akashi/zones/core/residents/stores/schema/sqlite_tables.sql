-- The register on SQLite. Readers never see these tables, only the views in sqlite_views.sql.
-- Numbers are TEXT because they have leading zeros; days are ISO TEXT, null where a written date names no day.

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

CREATE TABLE household_rows (
  household_no TEXT PRIMARY KEY,
  address TEXT NOT NULL,
  postcode TEXT NOT NULL,
  address_code TEXT NOT NULL,
  row_version INTEGER NOT NULL,
  editing INTEGER NOT NULL,
  next_ref INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE resident_rows (
  resident_no TEXT PRIMARY KEY,
  household_no TEXT NOT NULL REFERENCES household_rows (household_no),
  member_ref INTEGER NOT NULL,
  listed_at INTEGER NOT NULL,
  place INTEGER NOT NULL,
  position INTEGER NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  name_kana TEXT NOT NULL,
  kana_confirmed INTEGER NOT NULL,
  name_latin TEXT NOT NULL,
  former_name TEXT NOT NULL,
  alias TEXT NOT NULL,
  alias_since TEXT NOT NULL,
  alias_since_day TEXT,
  birth_date TEXT NOT NULL,
  birth_day TEXT,
  sex TEXT NOT NULL,
  relationship TEXT NOT NULL,
  honseki TEXT NOT NULL,
  hittosha TEXT NOT NULL,
  resident_since TEXT NOT NULL,
  resident_since_day TEXT,
  address_since TEXT NOT NULL,
  address_since_day TEXT,
  notified_on TEXT NOT NULL,
  notified_on_day TEXT,
  previous_address TEXT NOT NULL,
  my_number TEXT NOT NULL,
  juminhyo_code TEXT NOT NULL,
  nationality TEXT NOT NULL,
  status_30_45 TEXT NOT NULL,
  residence_status TEXT NOT NULL,
  residence_period TEXT NOT NULL,
  residence_expiry TEXT NOT NULL,
  residence_expiry_day TEXT,
  residence_card TEXT NOT NULL,
  state TEXT NOT NULL,
  state_on TEXT
) STRICT;
CREATE INDEX resident_household ON resident_rows (household_no);
CREATE UNIQUE INDEX resident_my_number ON resident_rows (my_number) WHERE my_number <> '';
CREATE UNIQUE INDEX resident_juminhyo_code ON resident_rows (juminhyo_code) WHERE juminhyo_code <> '';

CREATE TABLE card_link_rows (
  issuer_dn BLOB NOT NULL,
  serial BLOB NOT NULL,
  resident_no TEXT NOT NULL REFERENCES resident_rows (resident_no),
  kind TEXT NOT NULL,
  linked_on TEXT NOT NULL,
  PRIMARY KEY (serial, issuer_dn)
) STRICT, WITHOUT ROWID;
CREATE INDEX card_link_resident ON card_link_rows (resident_no);

CREATE TABLE block_rows (
  resident_no TEXT NOT NULL REFERENCES resident_rows (resident_no),
  reason TEXT NOT NULL,
  since TEXT NOT NULL,
  until TEXT,
  PRIMARY KEY (resident_no, reason)
) STRICT, WITHOUT ROWID;

-- The made-up household: what a refusal reads, so that it takes as long as an answer. No city may give its number.
INSERT INTO household_rows (household_no, address, postcode, address_code, row_version, editing, next_ref)
  VALUES ('0000000000', 'decoy', '', '', 0, 0, 3);
INSERT INTO resident_rows (
  resident_no, household_no, member_ref, listed_at, place, position, kind, name, name_kana, kana_confirmed, name_latin,
  former_name, alias, alias_since, alias_since_day, birth_date, birth_day, sex, relationship, honseki, hittosha,
  resident_since, resident_since_day, address_since, address_since_day, notified_on, notified_on_day, previous_address,
  my_number, juminhyo_code, nationality, status_30_45, residence_status, residence_period, residence_expiry,
  residence_expiry_day, residence_card, state, state_on
) VALUES
  ('0000000000', '0000000000', 0, 1, 0, 0, 'japanese', 'decoy', '', 0, '', '', '', '', NULL, 'decoy', '1970-01-01', '不明',
    '世帯主', '', '', 'decoy', NULL, '', NULL, '', NULL, '', '', '', '', '', '', '', '', NULL, '', 'resident', NULL),
  ('0000000000-1', '0000000000', 1, 2, 1, 0, 'japanese', 'decoy', '', 0, '', '', '', '', NULL, 'decoy', '1970-01-01', '不明',
    '妻', '', '', 'decoy', NULL, '', NULL, '', NULL, '', '', '', '', '', '', '', '', NULL, '', 'resident', NULL),
  ('0000000000-2', '0000000000', 2, 3, 2, 0, 'japanese', 'decoy', '', 0, '', '', '', '', NULL, 'decoy', '2000-01-01', '不明',
    '子', '', '', 'decoy', NULL, '', NULL, '', NULL, '', '', '', '', '', '', '', '', NULL, '', 'resident', NULL);
