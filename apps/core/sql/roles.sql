-- Two logins and one database. A superuser runs this with psql; a second run changes nothing but the passwords.
--   {owner} owns the tables: it runs migrations and may create the database of the tests.
--   {application} runs the product: it reads and writes rows, and can never change a table.

SELECT 'CREATE ROLE {owner}' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{owner}')
\gexec
ALTER ROLE {owner} WITH LOGIN CREATEDB NOCREATEROLE NOSUPERUSER PASSWORD '{owner_password}';

SELECT 'CREATE ROLE {application}' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{application}')
\gexec
ALTER ROLE {application} WITH LOGIN NOCREATEDB NOCREATEROLE NOSUPERUSER PASSWORD '{application_password}';

SELECT 'CREATE DATABASE {database} OWNER {owner} ENCODING ''UTF8'' TEMPLATE template0'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '{database}')
\gexec

\connect {database}
ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {application};
ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public
    GRANT USAGE ON SEQUENCES TO {application};
