-- Run once by the image of PostgreSQL, on an empty volume: three databases, each with
-- an owner of its own, and a role that may read the warehouse and nothing else.
\getenv airflow_password AIRFLOW_DB_PASSWORD
\getenv shop_password SHOP_DB_PASSWORD
\getenv reader_password READER_DB_PASSWORD
\getenv ledger_password LEDGER_DB_PASSWORD

CREATE ROLE airflow LOGIN PASSWORD :'airflow_password';
CREATE ROLE shop LOGIN PASSWORD :'shop_password';
CREATE ROLE reader LOGIN PASSWORD :'reader_password';
CREATE ROLE ledger LOGIN PASSWORD :'ledger_password';

CREATE DATABASE airflow OWNER airflow;
CREATE DATABASE warehouse OWNER shop;
CREATE DATABASE ledger OWNER ledger;

REVOKE ALL ON DATABASE airflow, warehouse, ledger FROM PUBLIC;
GRANT CONNECT ON DATABASE warehouse TO reader;

\connect warehouse
-- capi-jobs only ever reads; the database holds it to that.
ALTER ROLE reader SET default_transaction_read_only = on;
GRANT USAGE ON SCHEMA public TO reader;
ALTER DEFAULT PRIVILEGES FOR ROLE shop GRANT SELECT ON TABLES TO reader;
