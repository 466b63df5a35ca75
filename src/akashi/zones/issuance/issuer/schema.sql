-- What the issuer keeps. No name, no address, no resident number, no card: see README.md.
-- The checks pair a state with the columns it must or must not have; the steps between states are in rules/states.py.

CREATE TABLE IF NOT EXISTS grants (
  transcript    BLOB PRIMARY KEY CHECK (length(transcript) = 32),
  mark          BLOB NOT NULL UNIQUE CHECK (length(mark) = 32),
  envelope_hash BLOB NOT NULL CHECK (length(envelope_hash) = 32),
  kiosk_id      TEXT NOT NULL,
  kem_public    BLOB NOT NULL CHECK (length(kem_public) = 1216),
  sign_public   BLOB NOT NULL CHECK (length(sign_public) = 32),
  state         TEXT NOT NULL CHECK (state IN ('working', 'answered', 'refused')),
  refusal       TEXT CHECK ((state = 'refused') = (refusal IS NOT NULL)),
  answer        BLOB CHECK ((state = 'answered') <= (answer IS NOT NULL) AND (state = 'working') <= (answer IS NULL)),
  next_number   INTEGER NOT NULL DEFAULT 1 CHECK (next_number BETWEEN 1 AND 11),
  not_after_ms  INTEGER NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS numbers (
  issue_number  TEXT PRIMARY KEY,
  kiosk_id      TEXT NOT NULL,
  kind          TEXT NOT NULL,
  state         TEXT NOT NULL CHECK (state IN ('intent', 'sealed', 'taken', 'void', 'revoked')),
  voided_by     TEXT CHECK (voided_by IN ('issuer', 'kiosk')) CHECK ((state = 'void') = (voided_by IS NOT NULL)),
  replaces      TEXT REFERENCES numbers (issue_number),
  intent        BLOB NOT NULL,
  intent_ledger TEXT NOT NULL DEFAULT 'unknown' CHECK (intent_ledger IN ('unknown', 'recorded', 'refused')),
  answer_hash   BLOB CHECK (length(answer_hash) = 32),
  seal_ledger   TEXT CHECK (seal_ledger IN ('unknown', 'recorded')),
  CHECK ((answer_hash IS NULL) = (seal_ledger IS NULL)),
  CHECK ((state = 'intent') <= (answer_hash IS NULL)),
  CHECK ((state IN ('sealed', 'taken', 'revoked') OR voided_by IS 'kiosk') <= (answer_hash IS NOT NULL))
) STRICT;

-- A voided certificate is replaced once. An attempt that the issuer gave up (nothing left the server) does not count.
CREATE UNIQUE INDEX IF NOT EXISTS one_successor ON numbers (replaces) WHERE replaces IS NOT NULL AND voided_by IS NOT 'issuer';

CREATE INDEX IF NOT EXISTS seals_pending ON numbers (issue_number) WHERE seal_ledger = 'unknown';

CREATE TABLE IF NOT EXISTS orders (
  transcript    BLOB NOT NULL REFERENCES grants (transcript) ON DELETE CASCADE,
  number        INTEGER NOT NULL CHECK (number BETWEEN 1 AND 10),
  mark          BLOB NOT NULL UNIQUE CHECK (length(mark) = 32),
  envelope_hash BLOB NOT NULL CHECK (length(envelope_hash) = 32),
  issue_number  TEXT UNIQUE REFERENCES numbers (issue_number),
  state         TEXT NOT NULL CHECK (state IN ('working', 'answered', 'refused')),
  refusal       TEXT CHECK ((state = 'refused') = (refusal IS NOT NULL)),
  answer        BLOB CHECK ((state = 'answered') <= (answer IS NOT NULL) AND (state = 'working') <= (answer IS NULL)),
  PRIMARY KEY (transcript, number),
  CHECK ((state IN ('working', 'answered')) <= (issue_number IS NOT NULL))
) STRICT;

-- Kiosks' signed reports, until the ledger has every line that came in them first: the recorder believes only the kiosk.
CREATE TABLE IF NOT EXISTS reports (
  hash              BLOB PRIMARY KEY CHECK (length(hash) = 32),
  report            BLOB NOT NULL,
  kiosk_certificate BLOB NOT NULL
) STRICT;

-- One outcome a number, one number a journal line. kiosk_id 'issuer': given up here, numbered here.
CREATE TABLE IF NOT EXISTS outcomes (
  kiosk_id     TEXT NOT NULL,
  sequence     INTEGER NOT NULL CHECK (sequence >= 1),
  issue_number TEXT NOT NULL UNIQUE REFERENCES numbers (issue_number),
  outcome      TEXT NOT NULL CHECK (outcome IN ('taken', 'void')),
  cause        TEXT,
  report_hash  BLOB CHECK (length(report_hash) = 32) CHECK ((kiosk_id = 'issuer') = (report_hash IS NULL)),
  receipt      BLOB,
  PRIMARY KEY (kiosk_id, sequence)
) STRICT;
CREATE INDEX IF NOT EXISTS outcomes_pending ON outcomes (issue_number) WHERE receipt IS NULL;
CREATE INDEX IF NOT EXISTS outcomes_unproven ON outcomes (report_hash) WHERE receipt IS NULL;

-- Contradictions, by what they are about, until the recorder has them. kiosk_id: where a kiosk alone is stopped.
CREATE TABLE IF NOT EXISTS incidents (
  key      TEXT PRIMARY KEY,
  kiosk_id TEXT,
  entry    BLOB NOT NULL,
  recorded INTEGER NOT NULL DEFAULT 0 CHECK (recorded IN (0, 1))
) STRICT;

-- One is enough to stop a kiosk: while it waits, further ones of that kiosk are not kept. Also finds what waits.
CREATE UNIQUE INDEX IF NOT EXISTS incidents_pending ON incidents (kiosk_id) WHERE recorded = 0;

-- Ends of sealing keys, as directories told them: when to destroy the private halves.
CREATE TABLE IF NOT EXISTS seal_keys (key_id BLOB PRIMARY KEY CHECK (length(key_id) = 8), not_after_ms INTEGER NOT NULL) STRICT;
