-- The family register on PostgreSQL. Tables belong to the writer; the reader role sees rows only through the policies below.
-- Numbers are text because they have leading zeros; days are ISO text, null where a written date names no day.

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

CREATE TABLE register_rows (
  register_no text PRIMARY KEY,
  state text NOT NULL,
  honseki text NOT NULL,
  surname text NOT NULL,
  hittosha text NOT NULL,
  supplement_made text NOT NULL,
  supplement_made_day text,
  row_version bigint NOT NULL,
  next_ref bigint NOT NULL
);

-- A notification (届出) that is being entered: while a row stands here, the register is not given out.
CREATE TABLE entering_rows (
  register_no text PRIMARY KEY REFERENCES register_rows (register_no),
  since_ms bigint NOT NULL,
  reason text NOT NULL
);

-- A reference is never given to a second person of the same register.
CREATE TABLE person_rows (
  person_no text PRIMARY KEY,
  register_no text NOT NULL REFERENCES register_rows (register_no),
  member_ref bigint NOT NULL,
  listed_at bigint NOT NULL,
  given_name text NOT NULL,
  name_kana text NOT NULL,
  birth_date text NOT NULL,
  birth_day text,
  spouse text NOT NULL,
  father text NOT NULL,
  mother text NOT NULL,
  relationship text NOT NULL,
  adoptive_father text NOT NULL,
  adoptive_mother text NOT NULL,
  adoptive_relationship text NOT NULL,
  removed text NOT NULL,
  removed_day text,
  sex text NOT NULL,
  overseas_voter text NOT NULL,
  resident_no text NOT NULL
);
CREATE INDEX person_register ON person_rows (register_no);
CREATE INDEX person_birth ON person_rows (birth_day);
CREATE UNIQUE INDEX person_resident ON person_rows (resident_no) WHERE resident_no <> '' AND removed = '';

-- 戸籍事項 (place -1) and 身分事項 (place is the person's reference). Lines are JSON: a matter is always read whole.
CREATE TABLE matter_rows (
  register_no text NOT NULL REFERENCES register_rows (register_no),
  place bigint NOT NULL,
  position bigint NOT NULL,
  title text NOT NULL,
  lines text NOT NULL,
  PRIMARY KEY (register_no, place, position)
);

CREATE TABLE address_rows (
  register_no text NOT NULL REFERENCES register_rows (register_no),
  member_ref bigint NOT NULL,
  position bigint NOT NULL,
  address text NOT NULL,
  since text NOT NULL,
  since_day text,
  note text NOT NULL,
  PRIMARY KEY (register_no, member_ref, position)
);

CREATE TABLE block_rows (
  person_no text NOT NULL REFERENCES person_rows (person_no),
  reason text NOT NULL,
  since text NOT NULL,
  until text,
  PRIMARY KEY (person_no, reason)
);

-- 利用登録: what was stated, and what two staff members decided.
CREATE TABLE enrolment_rows (
  enrolment_id text PRIMARY KEY,
  transcript bytea NOT NULL UNIQUE,
  issuer_dn bytea NOT NULL,
  serial bytea NOT NULL,
  received_ms bigint NOT NULL,
  state text NOT NULL,
  statement bytea NOT NULL,
  decided_ms bigint,
  decided_by text NOT NULL,
  reason text NOT NULL
);
CREATE INDEX enrolment_card ON enrolment_rows (serial, issuer_dn);

-- Cards that speak for a person because of a 利用登録.
CREATE TABLE enrolled_rows (
  issuer_dn bytea NOT NULL,
  serial bytea NOT NULL,
  person_no text NOT NULL REFERENCES person_rows (person_no),
  enrolled_on text NOT NULL,
  enrolment_id text NOT NULL,
  PRIMARY KEY (serial, issuer_dn)
);
CREATE INDEX enrolled_person ON enrolled_rows (person_no);

-- The made-up register: what a refusal reads, so that it takes as long as an answer. No source may give its number.
INSERT INTO register_rows VALUES ('0000000000', 'current', 'decoy', 'decoy', 'decoy', 'decoy', NULL, 0, 3);
INSERT INTO person_rows VALUES
  ('0000000000', '0000000000', 0, 1, 'decoy', '', 'decoy', '1970-01-01', '夫', '', '', '長男', '', '', '', '', NULL, '', '', ''),
  ('0000000000-1', '0000000000', 1, 2, 'decoy', '', 'decoy', '1970-01-01', '妻', '', '', '長女', '', '', '', '', NULL, '', '', ''),
  ('0000000000-2', '0000000000', 2, 3, 'decoy', '', 'decoy', '2000-01-01', '', '', '', '長男', '', '', '', '', NULL, '', '', '');

-- The bound subject's register, or null: not bound, has left it, or somebody in it is protected. And the same if it is one that is
-- given out. They read with the owner's rights, so that the policies below can use them without looking at themselves.
CREATE FUNCTION bound_register() RETURNS text
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = akashi_koseki, pg_temp
  AS $$
  BEGIN
    RETURN (
      SELECT subject.register_no
      FROM person_rows AS subject
      WHERE subject.person_no = (SELECT bound('subject'))
        AND subject.removed = ''
        AND NOT EXISTS (
          SELECT 1
          FROM person_rows AS person JOIN block_rows AS block ON block.person_no = person.person_no
          WHERE person.register_no = subject.register_no
        )
    );
  END
  $$;
REVOKE ALL ON FUNCTION bound_register() FROM PUBLIC;

CREATE FUNCTION current_register() RETURNS text
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = akashi_koseki, pg_temp
  AS $$
  BEGIN
    RETURN (SELECT register_no FROM register_rows WHERE register_no = bound_register() AND state = 'current');
  END
  $$;
REVOKE ALL ON FUNCTION current_register() FROM PUBLIC;

-- Whom a presented card or a named 宛名番号 means: somebody who stands in a register and has not left it.
CREATE FUNCTION presented_persons() RETURNS TABLE (person_no text, by_what text)
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = akashi_koseki, pg_temp
  AS $$
  BEGIN
    RETURN QUERY
      SELECT person.person_no, 'card'
      FROM enrolled_rows AS enrolled JOIN person_rows AS person ON person.person_no = enrolled.person_no
      WHERE enrolled.serial = decode((SELECT bound('card_serial')), 'hex')
        AND enrolled.issuer_dn = decode((SELECT bound('card_issuer')), 'hex')
        AND person.removed = ''
      UNION ALL
      SELECT person.person_no, 'resident'
      FROM person_rows AS person
      WHERE person.resident_no = (SELECT bound('resident')) AND person.removed = '' AND person.resident_no <> '';
  END
  $$;
REVOKE ALL ON FUNCTION presented_persons() FROM PUBLIC;

ALTER TABLE register_rows ENABLE ROW LEVEL SECURITY;
ALTER TABLE entering_rows ENABLE ROW LEVEL SECURITY;
ALTER TABLE person_rows ENABLE ROW LEVEL SECURITY;
ALTER TABLE matter_rows ENABLE ROW LEVEL SECURITY;
ALTER TABLE address_rows ENABLE ROW LEVEL SECURITY;
ALTER TABLE block_rows ENABLE ROW LEVEL SECURITY;
ALTER TABLE enrolment_rows ENABLE ROW LEVEL SECURITY;
ALTER TABLE enrolled_rows ENABLE ROW LEVEL SECURITY;

CREATE POLICY own_register ON register_rows FOR SELECT TO akashi_koseki_reader USING (register_no = (SELECT bound_register()));
CREATE POLICY own_register ON entering_rows FOR SELECT TO akashi_koseki_reader USING (register_no = (SELECT bound_register()));
CREATE POLICY own_register ON person_rows FOR SELECT TO akashi_koseki_reader USING (register_no = (SELECT current_register()));
CREATE POLICY own_register ON matter_rows FOR SELECT TO akashi_koseki_reader USING (register_no = (SELECT current_register()));
CREATE POLICY own_register ON address_rows FOR SELECT TO akashi_koseki_reader USING (register_no = (SELECT current_register()));
CREATE POLICY own_links ON enrolled_rows FOR SELECT TO akashi_koseki_reader
  USING (person_no = (SELECT bound('subject')) AND (SELECT bound_register()) IS NOT NULL);
CREATE POLICY own_statements ON enrolment_rows FOR SELECT TO akashi_koseki_reader
  USING (
    serial = decode((SELECT bound('card_serial')), 'hex')
    AND issuer_dn = decode((SELECT bound('card_issuer')), 'hex')
  );

-- The names that both databases offer to a reader. The views check with the reader's own rights.
CREATE VIEW registers WITH (security_invoker = true) AS SELECT * FROM register_rows;
CREATE VIEW entering WITH (security_invoker = true) AS SELECT * FROM entering_rows;
CREATE VIEW persons WITH (security_invoker = true) AS SELECT * FROM person_rows;
CREATE VIEW matters WITH (security_invoker = true) AS SELECT * FROM matter_rows;
CREATE VIEW addresses WITH (security_invoker = true) AS SELECT * FROM address_rows;
CREATE VIEW card_links WITH (security_invoker = true) AS SELECT issuer_dn, serial FROM enrolled_rows;
CREATE VIEW enrolments WITH (security_invoker = true) AS SELECT state, received_ms FROM enrolment_rows;
CREATE VIEW presented WITH (security_invoker = true) AS SELECT person_no, by_what FROM presented_persons();
CREATE VIEW feed WITH (security_invoker = true) AS SELECT municipality, sequence, as_of_ms, stopped FROM feed_rows;

GRANT EXECUTE ON FUNCTION bound_register(), current_register(), presented_persons() TO akashi_koseki_reader;
GRANT SELECT ON register_rows, entering_rows, person_rows, matter_rows, address_rows, enrolled_rows, feed_rows
  TO akashi_koseki_reader;
GRANT SELECT (state, received_ms, serial, issuer_dn) ON enrolment_rows TO akashi_koseki_reader;
GRANT SELECT ON registers, entering, persons, matters, addresses, card_links, enrolments, presented, feed TO akashi_koseki_reader;
