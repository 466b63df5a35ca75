-- What every register on PostgreSQL begins with: its schema, the reader's role, and bindings that a reader cannot make by itself.
-- {schema}, {role} and {role_text} are filled in by `postgresql.py`.

CREATE SCHEMA {schema};
SET LOCAL search_path = {schema}, pg_temp;

DO $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = {role_text}) THEN
    CREATE ROLE {role} NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOINHERIT;
  END IF;
  IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = {role_text} AND (rolbypassrls OR rolsuper)) THEN
    RAISE EXCEPTION 'the reader role must not bypass row-level security';
  END IF;
  EXECUTE format('GRANT {role} TO %I', current_user);
END
$$;

-- The two padded keys of HMAC-SHA256 (RFC 2104). One row; only the owner reads it, and so the server that binds.
CREATE TABLE binding_keys (
  one bigint PRIMARY KEY CHECK (one = 1),
  inner_key bytea NOT NULL CHECK (length(inner_key) = 64),
  outer_key bytea NOT NULL CHECK (length(outer_key) = 64)
);

-- What tells this transaction from every other one: the process and when it began, in microseconds.
CREATE FUNCTION this_transaction() RETURNS text
  LANGUAGE sql STABLE
  RETURN pg_backend_pid()::text || ' ' || (extract(epoch FROM transaction_timestamp()) * 1000000)::bigint::text;

-- What the server bound this transaction to under that name, or null. Any role may set any setting, also within a statement; so
-- one counts only with its tag for this name, this value and this transaction. Tags are compared by their hashes, under a key:
-- the time that a comparison takes tells nothing of the right one.
CREATE FUNCTION bound(name text) RETURNS text
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = {schema}, pg_temp
  AS $$
  DECLARE
    said text := current_setting('akashi.' || name, true);
    tag text := current_setting('akashi.' || name || '_tag', true);
    words bytea := convert_to(this_transaction() || ' ' || name || ' ' || said, 'UTF8');
    keys binding_keys;
    expected bytea;
  BEGIN
    SELECT * INTO STRICT keys FROM binding_keys;
    expected := sha256(keys.outer_key || sha256(keys.inner_key || words));
    IF sha256(keys.outer_key || convert_to(encode(expected, 'hex'), 'UTF8')) = sha256(keys.outer_key || convert_to(tag, 'UTF8')) THEN
      RETURN said;
    END IF;
    RETURN NULL;
  END
  $$;
REVOKE ALL ON FUNCTION bound(text), this_transaction() FROM PUBLIC;

GRANT USAGE ON SCHEMA {schema} TO {role};
GRANT EXECUTE ON FUNCTION bound(text), this_transaction() TO {role};
