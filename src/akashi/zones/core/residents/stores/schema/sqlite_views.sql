-- What a reader sees on SQLite, made for each connection. GUARD is a random word: only views whose name begins with it may
-- read tables, and a hand-written "WITH residents AS (SELECT * FROM resident_rows)" cannot pretend to be one of them.

CREATE TEMP VIEW GUARD_household AS
  SELECT subject.household_no
  FROM main.resident_rows AS subject
  WHERE subject.resident_no = akashi_subject()
    AND subject.state = 'resident'
    AND NOT EXISTS (
      SELECT 1
      FROM main.resident_rows AS member JOIN main.block_rows AS block ON block.resident_no = member.resident_no
      WHERE member.household_no = subject.household_no AND member.state IN ('resident', 'move-out-planned')
    );

CREATE TEMP VIEW GUARD_residents AS
  SELECT * FROM main.resident_rows
  WHERE household_no = (SELECT household_no FROM GUARD_household) AND state IN ('resident', 'move-out-planned');
CREATE TEMP VIEW residents AS SELECT * FROM GUARD_residents;

CREATE TEMP VIEW GUARD_households AS
  SELECT * FROM main.household_rows WHERE household_no = (SELECT household_no FROM GUARD_household);
CREATE TEMP VIEW households AS SELECT * FROM GUARD_households;

CREATE TEMP VIEW GUARD_card_links AS
  SELECT * FROM main.card_link_rows
  WHERE resident_no = akashi_subject() AND EXISTS (SELECT 1 FROM GUARD_household);
CREATE TEMP VIEW card_links AS SELECT * FROM GUARD_card_links;

CREATE TEMP VIEW GUARD_presented_card AS
  SELECT resident_no FROM main.card_link_rows WHERE serial = akashi_card_serial() AND issuer_dn = akashi_card_issuer();
CREATE TEMP VIEW presented_card AS SELECT * FROM GUARD_presented_card;

CREATE TEMP VIEW GUARD_feed AS SELECT municipality, sequence, as_of_ms, stopped FROM main.feed_rows;
CREATE TEMP VIEW feed AS SELECT * FROM GUARD_feed;
