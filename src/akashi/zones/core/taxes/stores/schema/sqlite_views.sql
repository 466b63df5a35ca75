-- What a reader sees on SQLite, made for each connection. GUARD is a random word: only views whose name begins with it may
-- read tables, and a hand-written "WITH tax AS (SELECT * FROM tax_rows)" cannot pretend to be one of them.

CREATE TEMP VIEW GUARD_tax AS
  SELECT * FROM main.tax_rows
  WHERE resident_no = akashi_subject() AND batch = (SELECT served.batch FROM main.feed_rows AS served);
CREATE TEMP VIEW tax AS SELECT * FROM GUARD_tax;

CREATE TEMP VIEW GUARD_day AS SELECT municipality, batch, data_on, as_of_ms FROM main.feed_rows;
CREATE TEMP VIEW day AS SELECT * FROM GUARD_day;
