-- The least that capi-jobs needs on PostgreSQL: a role that reads two views, and one
-- that owns a schema for the ledger. Run as the database's owner, then set passwords:
-- ALTER ROLE capi_reader PASSWORD '…'; ALTER ROLE capi_ledger PASSWORD '…';

-- Warehouse: reads the views named in capi_jobs.toml, and nothing else. A view runs with
-- the rights of its owner, so that the tables behind it stay closed.
CREATE ROLE capi_reader LOGIN;
ALTER ROLE capi_reader SET default_transaction_read_only = on;
-- A query that hangs ends; the longest read is that of an interval's keys.
ALTER ROLE capi_reader SET statement_timeout = '30min';
GRANT USAGE ON SCHEMA analytics TO capi_reader;
GRANT SELECT ON analytics.completed_orders, analytics.sent_events TO capi_reader;

-- Ledger: a schema of its own, in this database or another one. It makes and changes
-- its tables there by itself; orders it never sees.
CREATE ROLE capi_ledger LOGIN;
CREATE SCHEMA capi_jobs AUTHORIZATION capi_ledger;
ALTER ROLE capi_ledger SET search_path = capi_jobs;
