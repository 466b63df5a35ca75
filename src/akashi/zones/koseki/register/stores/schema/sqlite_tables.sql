-- The family register on SQLite. Readers never see these tables, only the views in sqlite_views.sql.
-- Numbers are TEXT because they have leading zeros; days are ISO text, null where a written date names no day.

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

CREATE TABLE register_rows (
  register_no TEXT PRIMARY KEY,
  state TEXT NOT NULL,
  honseki TEXT NOT NULL,
  surname TEXT NOT NULL,
  hittosha TEXT NOT NULL,
  supplement_made TEXT NOT NULL,
  supplement_made_day TEXT,
  row_version INTEGER NOT NULL,
  next_ref INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A notification (届出) that is being entered: while a row stands here, the register is not given out.
CREATE TABLE entering_rows (
  register_no TEXT PRIMARY KEY REFERENCES register_rows (register_no),
  since_ms INTEGER NOT NULL,
  reason TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- A reference is never given to a second person of the same register.
CREATE TABLE person_rows (
  person_no TEXT PRIMARY KEY,
  register_no TEXT NOT NULL REFERENCES register_rows (register_no),
  member_ref INTEGER NOT NULL,
  listed_at INTEGER NOT NULL,
  given_name TEXT NOT NULL,
  name_kana TEXT NOT NULL,
  birth_date TEXT NOT NULL,
  birth_day TEXT,
  spouse TEXT NOT NULL,
  father TEXT NOT NULL,
  mother TEXT NOT NULL,
  relationship TEXT NOT NULL,
  adoptive_father TEXT NOT NULL,
  adoptive_mother TEXT NOT NULL,
  adoptive_relationship TEXT NOT NULL,
  removed TEXT NOT NULL,
  removed_day TEXT,
  sex TEXT NOT NULL,
  overseas_voter TEXT NOT NULL,
  resident_no TEXT NOT NULL
) STRICT;
CREATE INDEX person_register ON person_rows (register_no);
CREATE INDEX person_birth ON person_rows (birth_day);
CREATE UNIQUE INDEX person_resident ON person_rows (resident_no) WHERE resident_no <> '' AND removed = '';

-- 戸籍事項 (place -1) and 身分事項 (place is the person's reference). Lines are JSON: a matter is always read whole.
CREATE TABLE matter_rows (
  register_no TEXT NOT NULL REFERENCES register_rows (register_no),
  place INTEGER NOT NULL,
  position INTEGER NOT NULL,
  title TEXT NOT NULL,
  lines TEXT NOT NULL,
  PRIMARY KEY (register_no, place, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE address_rows (
  register_no TEXT NOT NULL REFERENCES register_rows (register_no),
  member_ref INTEGER NOT NULL,
  position INTEGER NOT NULL,
  address TEXT NOT NULL,
  since TEXT NOT NULL,
  since_day TEXT,
  note TEXT NOT NULL,
  PRIMARY KEY (register_no, member_ref, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE block_rows (
  person_no TEXT NOT NULL REFERENCES person_rows (person_no),
  reason TEXT NOT NULL,
  since TEXT NOT NULL,
  until TEXT,
  PRIMARY KEY (person_no, reason)
) STRICT, WITHOUT ROWID;

-- 利用登録: what was stated, and what two staff members decided.
CREATE TABLE enrolment_rows (
  enrolment_id TEXT PRIMARY KEY,
  transcript BLOB NOT NULL UNIQUE,
  issuer_dn BLOB NOT NULL,
  serial BLOB NOT NULL,
  received_ms INTEGER NOT NULL,
  state TEXT NOT NULL,
  statement BLOB NOT NULL,
  decided_ms INTEGER,
  decided_by TEXT NOT NULL,
  reason TEXT NOT NULL
) STRICT;
CREATE INDEX enrolment_card ON enrolment_rows (serial, issuer_dn);

-- Cards that speak for a person because of a 利用登録.
CREATE TABLE enrolled_rows (
  issuer_dn BLOB NOT NULL,
  serial BLOB NOT NULL,
  person_no TEXT NOT NULL REFERENCES person_rows (person_no),
  enrolled_on TEXT NOT NULL,
  enrolment_id TEXT NOT NULL,
  PRIMARY KEY (serial, issuer_dn)
) STRICT, WITHOUT ROWID;
CREATE INDEX enrolled_person ON enrolled_rows (person_no);

-- The made-up register: what a refusal reads, so that it takes as long as an answer. No source may give its number.
INSERT INTO register_rows VALUES ('0000000000', 'current', 'decoy', 'decoy', 'decoy', 'decoy', NULL, 0, 3);
INSERT INTO person_rows VALUES
  ('0000000000', '0000000000', 0, 1, 'decoy', '', 'decoy', '1970-01-01', '夫', '', '', '長男', '', '', '', '', NULL, '', '', ''),
  ('0000000000-1', '0000000000', 1, 2, 'decoy', '', 'decoy', '1970-01-01', '妻', '', '', '長女', '', '', '', '', NULL, '', '', ''),
  ('0000000000-2', '0000000000', 2, 3, 'decoy', '', 'decoy', '2000-01-01', '', '', '', '長男', '', '', '', '', NULL, '', '', '');
