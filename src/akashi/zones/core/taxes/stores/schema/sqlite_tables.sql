-- The tax records on SQLite. Readers never see these tables, only the views in sqlite_views.sql.

CREATE TABLE register_version (version INTEGER NOT NULL) STRICT;
INSERT INTO register_version VALUES (1);

-- Which day's file is served. One row; writers lock it, so that one day is loaded at a time.
CREATE TABLE feed_rows (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  municipality TEXT NOT NULL,
  batch INTEGER NOT NULL,
  data_on TEXT NOT NULL,
  as_of_ms INTEGER NOT NULL,
  digest TEXT NOT NULL
) STRICT;
INSERT INTO feed_rows VALUES (1, '', 0, '', 0, '');

-- One person's record of one year, of the day's file `batch`. An amount that is null is shown as ＊.
CREATE TABLE tax_rows (
  batch INTEGER NOT NULL,
  resident_no TEXT NOT NULL,
  fiscal_year INTEGER NOT NULL,
  name TEXT NOT NULL,
  birth_date TEXT NOT NULL,
  address TEXT NOT NULL,
  levy_address TEXT NOT NULL,
  declared INTEGER NOT NULL,
  note TEXT NOT NULL,
  salary_revenue INTEGER,
  salary_income INTEGER,
  pension_revenue INTEGER,
  pension_income INTEGER,
  business_income INTEGER,
  farm_income INTEGER,
  property_income INTEGER,
  interest_income INTEGER,
  dividend_income INTEGER,
  other_income INTEGER,
  occasional_income INTEGER,
  separate_income INTEGER,
  income_sum INTEGER,
  income_total INTEGER,
  social_insurance INTEGER,
  small_business_mutual_aid INTEGER,
  life_insurance INTEGER,
  earthquake_insurance INTEGER,
  medical_expenses INTEGER,
  casualty_loss INTEGER,
  disability INTEGER,
  single_parent INTEGER,
  working_student INTEGER,
  spouse INTEGER,
  dependants INTEGER,
  basic INTEGER,
  deductions_total INTEGER,
  spouses INTEGER,
  dependants_general INTEGER,
  dependants_specific INTEGER,
  dependants_elderly INTEGER,
  dependants_elderly_parents INTEGER,
  dependants_under_16 INTEGER,
  disabled_general INTEGER,
  disabled_special INTEGER,
  taxable_general INTEGER,
  taxable_separate INTEGER,
  city_income_levy INTEGER,
  city_per_capita_levy INTEGER,
  prefecture_income_levy INTEGER,
  prefecture_per_capita_levy INTEGER,
  forest_tax INTEGER,
  tax_total INTEGER NOT NULL,
  PRIMARY KEY (batch, resident_no, fiscal_year)
) STRICT;
