-- The tax records on PostgreSQL. Tables belong to the writer; the reader role sees rows only through the policies below.

CREATE TABLE register_version (version bigint NOT NULL);
INSERT INTO register_version VALUES (1);

-- Which day's file is served. One row; writers lock it, so that one day is loaded at a time.
CREATE TABLE feed_rows (
  one bigint PRIMARY KEY CHECK (one = 1),
  municipality text NOT NULL,
  batch bigint NOT NULL,
  data_on text NOT NULL,
  as_of_ms bigint NOT NULL,
  digest text NOT NULL
);
INSERT INTO feed_rows VALUES (1, '', 0, '', 0, '');

-- One person's record of one year, of the day's file `batch`. An amount that is null is shown as ＊.
CREATE TABLE tax_rows (
  batch bigint NOT NULL,
  resident_no text NOT NULL,
  fiscal_year bigint NOT NULL,
  name text NOT NULL,
  birth_date text NOT NULL,
  address text NOT NULL,
  levy_address text NOT NULL,
  declared bigint NOT NULL,
  note text NOT NULL,
  salary_revenue bigint,
  salary_income bigint,
  pension_revenue bigint,
  pension_income bigint,
  business_income bigint,
  farm_income bigint,
  property_income bigint,
  interest_income bigint,
  dividend_income bigint,
  other_income bigint,
  occasional_income bigint,
  separate_income bigint,
  income_sum bigint,
  income_total bigint,
  social_insurance bigint,
  small_business_mutual_aid bigint,
  life_insurance bigint,
  earthquake_insurance bigint,
  medical_expenses bigint,
  casualty_loss bigint,
  disability bigint,
  single_parent bigint,
  working_student bigint,
  spouse bigint,
  dependants bigint,
  basic bigint,
  deductions_total bigint,
  spouses bigint,
  dependants_general bigint,
  dependants_specific bigint,
  dependants_elderly bigint,
  dependants_elderly_parents bigint,
  dependants_under_16 bigint,
  disabled_general bigint,
  disabled_special bigint,
  taxable_general bigint,
  taxable_separate bigint,
  city_income_levy bigint,
  city_per_capita_levy bigint,
  prefecture_income_levy bigint,
  prefecture_per_capita_levy bigint,
  forest_tax bigint,
  tax_total bigint NOT NULL,
  PRIMARY KEY (batch, resident_no, fiscal_year)
);

ALTER TABLE tax_rows ENABLE ROW LEVEL SECURITY;

CREATE POLICY own_records ON tax_rows FOR SELECT TO akashi_taxes_reader
  USING (resident_no = (SELECT bound('subject')) AND batch = (SELECT served.batch FROM feed_rows AS served));

-- The names that both databases offer to a reader. The views check with the reader's own rights.
CREATE VIEW tax WITH (security_invoker = true) AS SELECT * FROM tax_rows;
CREATE VIEW day WITH (security_invoker = true) AS SELECT municipality, batch, data_on, as_of_ms FROM feed_rows;

GRANT SELECT ON tax_rows, feed_rows TO akashi_taxes_reader;
GRANT SELECT ON tax, day TO akashi_taxes_reader;
