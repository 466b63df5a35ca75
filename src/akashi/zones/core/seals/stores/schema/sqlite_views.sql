-- What a reader sees on SQLite, made for each connection. GUARD is a random word: only views whose name begins with it may
-- read tables, and a hand-written "WITH registration AS (...)" cannot pretend to be one of them.

CREATE TEMP VIEW GUARD_registration AS
  SELECT * FROM main.registration_rows WHERE resident_no = akashi_subject() AND state = 'registered';
CREATE TEMP VIEW registration AS SELECT * FROM GUARD_registration;

CREATE TEMP VIEW GUARD_editing AS SELECT resident_no FROM main.editing_rows WHERE resident_no = akashi_subject();
CREATE TEMP VIEW editing AS SELECT * FROM GUARD_editing;

CREATE TEMP VIEW GUARD_feed AS SELECT municipality, sequence, as_of_ms, stopped FROM main.feed_rows;
CREATE TEMP VIEW feed AS SELECT * FROM GUARD_feed;
