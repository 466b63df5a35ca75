-- What a reader sees on SQLite, made for each connection. GUARD is a random word: only views whose name begins with it may
-- read tables, and a hand-written "WITH persons AS (SELECT * FROM person_rows)" cannot pretend to be one of them.

-- Whom a presented card or a named 宛名番号 means: somebody who stands in a register and has not left it.
CREATE TEMP VIEW GUARD_presented AS
  SELECT person.person_no, 'card' AS by_what
  FROM main.enrolled_rows AS enrolled JOIN main.person_rows AS person ON person.person_no = enrolled.person_no
  WHERE enrolled.serial = akashi_card_serial() AND enrolled.issuer_dn = akashi_card_issuer() AND person.removed = ''
  UNION ALL
  SELECT person_no, 'resident' FROM main.person_rows WHERE resident_no = akashi_resident() AND removed = '' AND resident_no <> '';
CREATE TEMP VIEW presented AS SELECT * FROM GUARD_presented;

-- The newest statement of a presented card: its state only.
CREATE TEMP VIEW GUARD_enrolments AS
  SELECT state, received_ms FROM main.enrolment_rows
  WHERE serial = akashi_card_serial() AND issuer_dn = akashi_card_issuer();
CREATE TEMP VIEW enrolments AS SELECT * FROM GUARD_enrolments;

-- The bound subject's register, where nobody in it, removed or not, is protected.
CREATE TEMP VIEW GUARD_register AS
  SELECT subject.register_no
  FROM main.person_rows AS subject
  WHERE subject.person_no = akashi_subject()
    AND subject.removed = ''
    AND NOT EXISTS (
      SELECT 1
      FROM main.person_rows AS person JOIN main.block_rows AS block ON block.person_no = person.person_no
      WHERE person.register_no = subject.register_no
    );
CREATE TEMP VIEW GUARD_current AS
  SELECT register_no FROM main.register_rows
  WHERE register_no = (SELECT register_no FROM GUARD_register) AND state = 'current';

CREATE TEMP VIEW GUARD_registers AS SELECT * FROM main.register_rows WHERE register_no = (SELECT register_no FROM GUARD_register);
CREATE TEMP VIEW registers AS SELECT * FROM GUARD_registers;

CREATE TEMP VIEW GUARD_entering AS SELECT * FROM main.entering_rows WHERE register_no = (SELECT register_no FROM GUARD_register);
CREATE TEMP VIEW entering AS SELECT * FROM GUARD_entering;

CREATE TEMP VIEW GUARD_persons AS SELECT * FROM main.person_rows WHERE register_no = (SELECT register_no FROM GUARD_current);
CREATE TEMP VIEW persons AS SELECT * FROM GUARD_persons;

CREATE TEMP VIEW GUARD_matters AS SELECT * FROM main.matter_rows WHERE register_no = (SELECT register_no FROM GUARD_current);
CREATE TEMP VIEW matters AS SELECT * FROM GUARD_matters;

CREATE TEMP VIEW GUARD_addresses AS SELECT * FROM main.address_rows WHERE register_no = (SELECT register_no FROM GUARD_current);
CREATE TEMP VIEW addresses AS SELECT * FROM GUARD_addresses;

CREATE TEMP VIEW GUARD_card_links AS
  SELECT issuer_dn, serial FROM main.enrolled_rows
  WHERE person_no = akashi_subject() AND EXISTS (SELECT 1 FROM GUARD_register);
CREATE TEMP VIEW card_links AS SELECT * FROM GUARD_card_links;

CREATE TEMP VIEW GUARD_feed AS SELECT municipality, sequence, as_of_ms, stopped FROM main.feed_rows;
CREATE TEMP VIEW feed AS SELECT * FROM GUARD_feed;
