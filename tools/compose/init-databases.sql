-- Run once, by the image of PostgreSQL over an empty volume (docker-compose.yml).
-- One database and one role each: a role can finish only prepared transactions of its own. The role of the
-- coordinators is also that of the watchdogs.
CREATE ROLE coordinator LOGIN PASSWORD 'concordat';
CREATE ROLE orders LOGIN PASSWORD 'concordat';
CREATE ROLE inventory LOGIN PASSWORD 'concordat';
CREATE ROLE payments LOGIN PASSWORD 'concordat';

CREATE DATABASE coordinator OWNER coordinator;
CREATE DATABASE orders OWNER orders;
CREATE DATABASE inventory OWNER inventory;
CREATE DATABASE payments OWNER payments;

-- Nobody else connects to them.
REVOKE CONNECT ON DATABASE coordinator FROM PUBLIC;
REVOKE CONNECT ON DATABASE orders FROM PUBLIC;
REVOKE CONNECT ON DATABASE inventory FROM PUBLIC;
REVOKE CONNECT ON DATABASE payments FROM PUBLIC;
