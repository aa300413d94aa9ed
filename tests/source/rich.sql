-- One of every kind of object that the inventory claims to cover, with names and values that
-- break careless quoting. Loaded into the "production" cluster of the tests. A line that ends with
-- `since` and a number is left out on older servers, one with `before` on others.

-- Not the role that made the cluster: neither is it in the cluster that a drill restores to.
CREATE ROLE postgres SUPERUSER LOGIN;
ALTER DATABASE prod OWNER TO postgres;
SET SESSION AUTHORIZATION postgres;

CREATE ROLE portal LOGIN PASSWORD 'mật khẩu; ''bí mật''';
CREATE ROLE "biên tập viên" NOLOGIN;
CREATE ROLE reader LOGIN CONNECTION LIMIT 5;
GRANT "biên tập viên" TO portal;
ALTER ROLE reader SET statement_timeout = '30s';
COMMENT ON ROLE reader IS 'reads;
only';

-- Settings that would change how values are written, were they not overridden.
ALTER DATABASE prod SET datestyle = 'SQL, DMY';
ALTER DATABASE prod SET bytea_output = 'escape';
ALTER DATABASE prod SET timezone = 'Asia/Ho_Chi_Minh';
ALTER DATABASE prod SET search_path = "Lược đồ", public;
ALTER DATABASE prod SET portal.mode = 'it''s \ live';
ALTER ROLE portal IN DATABASE prod SET work_mem = '8MB';
COMMENT ON DATABASE prod IS 'Cổng thông tin';
REVOKE TEMPORARY ON DATABASE prod FROM PUBLIC;
GRANT CREATE ON DATABASE prod TO portal WITH GRANT OPTION;

CREATE EXTENSION pg_trgm SCHEMA public;
CREATE SCHEMA "Lược đồ" AUTHORIZATION portal;
GRANT USAGE ON SCHEMA "Lược đồ" TO reader;
SET search_path = public;

-- Types.
CREATE TYPE status AS ENUM ('nháp', 'it''s', 'xuất bản');
CREATE TYPE address AS (street text, house varchar(10));
CREATE TYPE span AS RANGE (subtype = float8, subtype_diff = float8mi);
CREATE DOMAIN email AS text COLLATE "C" DEFAULT 'không' CHECK (VALUE ~ '@' OR VALUE = 'không');
CREATE COLLATION vi (provider = icu, locale = 'vi-u-ks-level1', deterministic = false);

-- Routines.
CREATE FUNCTION twice(n int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 * 2';
CREATE FUNCTION modern(n int) RETURNS int LANGUAGE sql IMMUTABLE BEGIN ATOMIC SELECT n + 1; END; -- since 14
CREATE FUNCTION modern(n int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT n + 1'; -- before 14
CREATE PROCEDURE tidy() LANGUAGE plpgsql SET search_path = public AS $$ BEGIN DELETE FROM article WHERE false; END $$;
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.changed := now(); RETURN NEW; END $$;
CREATE FUNCTION watch_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN NULL; END $$;
CREATE AGGREGATE product(int) (SFUNC = int4mul, STYPE = int, INITCOND = '1');
CREATE FUNCTION same(a address, b address) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT a IS NOT DISTINCT FROM b';
CREATE OPERATOR === (LEFTARG = address, RIGHTARG = address, FUNCTION = same, COMMUTATOR = ===);
CREATE FUNCTION to_address(text) RETURNS address LANGUAGE sql IMMUTABLE AS 'SELECT ROW($1, NULL)::address';
CREATE CAST (text AS address) WITH FUNCTION to_address(text) AS ASSIGNMENT;
CREATE OPERATOR FAMILY plain USING btree;
CREATE OPERATOR CLASS plain_int FOR TYPE int4 USING btree FAMILY plain AS
  OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 btint4cmp(int4, int4);

-- Tables.
CREATE SEQUENCE counter START 100 INCREMENT 7 MAXVALUE 100000 CYCLE CACHE 3;
CREATE SEQUENCE "đếm ""x"";" MINVALUE -5 START -5;
CREATE TABLE article (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  slug varchar(80) NOT NULL UNIQUE,
  state varchar(20) NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'it''s, live', 'gone')),
  mood status DEFAULT 'nháp',
  body text COLLATE vi,
  words int GENERATED ALWAYS AS (length(slug)) STORED,
  author email,
  home address,
  valid span,
  tags text[] DEFAULT '{}',
  data jsonb,
  raw bytea,
  ratio float8,
  price numeric(20, 4),
  cost money,
  at timestamptz DEFAULT '2026-01-01 00:00:00+07',
  took interval,
  changed timestamptz
) WITH (fillfactor = 80);
ALTER TABLE article ALTER COLUMN body SET STORAGE EXTERNAL;
ALTER TABLE article ALTER COLUMN slug SET STATISTICS 500;
ALTER TABLE article ADD COLUMN dropped int;
ALTER TABLE article DROP COLUMN dropped;
CREATE TABLE "Bảng ""lạ""
xuống dòng" ("cột một" int, "z" text, "A;" text, PRIMARY KEY ("cột một"));
CREATE TABLE nothing ();
CREATE TABLE empty (a int, b text);
CREATE UNLOGGED TABLE session (token text PRIMARY KEY, article bigint REFERENCES article ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE booking (room int, during tsrange, EXCLUDE USING gist (during WITH &&));
CREATE TABLE "Lược đồ".note (id serial, text text);
ALTER TABLE "Lược đồ".note OWNER TO portal;
CREATE TABLE visit (day date NOT NULL, path text, n int CHECK (n >= 0)) PARTITION BY RANGE (day);
CREATE TABLE visit_2025 PARTITION OF visit FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE visit_rest PARTITION OF visit DEFAULT;
CREATE INDEX visit_day ON visit (day);
CREATE TABLE base (a int, shared text);
CREATE TABLE derived (z int, shared text, own text);
ALTER TABLE derived ADD COLUMN a int;
ALTER TABLE derived INHERIT base;
CREATE TABLE typed OF address;
CREATE FOREIGN DATA WRAPPER elsewhere;
CREATE SERVER province FOREIGN DATA WRAPPER elsewhere OPTIONS (host 'tinh.example');
CREATE USER MAPPING FOR portal SERVER province OPTIONS (password 'không được lộ');
CREATE FOREIGN TABLE remote (id int, name text) SERVER province;

CREATE INDEX article_state ON article (lower(slug), state DESC) INCLUDE (mood) WHERE state IN ('draft', 'gone');
CREATE INDEX article_trgm ON article USING gin (slug gin_trgm_ops);
CREATE STATISTICS article_stats (dependencies) ON slug, state FROM article;
ALTER TABLE booking REPLICA IDENTITY FULL;

-- Views, rules, triggers, policies.
CREATE VIEW live WITH (security_barrier) AS SELECT id, slug FROM article WHERE state = ANY (ARRAY['draft', 'gone']) AND slug NOT IN ('a', 'b');
CREATE MATERIALIZED VIEW totals AS SELECT state, count(*) AS n FROM article GROUP BY state;
CREATE UNIQUE INDEX totals_state ON totals (state);
CREATE MATERIALIZED VIEW unborn AS SELECT 1 AS x WITH NO DATA;
CREATE RULE live_delete AS ON DELETE TO live DO INSTEAD NOTHING;
CREATE TRIGGER touch BEFORE UPDATE ON article FOR EACH ROW WHEN (OLD.slug IS DISTINCT FROM NEW.slug) EXECUTE FUNCTION touch();
CREATE TRIGGER sleeping BEFORE INSERT ON article FOR EACH ROW EXECUTE FUNCTION touch();
ALTER TABLE article DISABLE TRIGGER sleeping;
CREATE EVENT TRIGGER ddl ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION watch_ddl();
ALTER EVENT TRIGGER ddl DISABLE;
CREATE TABLE secret (owner name, text text);
ALTER TABLE secret ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON secret FOR SELECT TO reader, portal USING (owner = current_user);
CREATE PUBLICATION changes FOR TABLE article (id, slug) WHERE (id > 10), TABLE "Lược đồ".note; -- since 15
CREATE PUBLICATION changes FOR TABLE article, "Lược đồ".note; -- before 15
CREATE PUBLICATION whole FOR TABLES IN SCHEMA "Lược đồ" WITH (publish = 'insert'); -- since 15
CREATE PUBLICATION whole FOR TABLE "Lược đồ".note WITH (publish = 'insert'); -- before 15
CREATE TEXT SEARCH DICTIONARY plain (TEMPLATE = simple, ACCEPT = false);
CREATE TEXT SEARCH CONFIGURATION viet (COPY = simple);
ALTER TEXT SEARCH CONFIGURATION viet ALTER MAPPING FOR asciiword WITH plain, simple;
CREATE CONVERSION latin FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;

-- Rights.
GRANT SELECT ON article TO reader;
GRANT UPDATE (slug, state) ON article TO portal WITH GRANT OPTION;
GRANT USAGE ON SEQUENCE counter TO portal;
REVOKE EXECUTE ON FUNCTION twice(int) FROM PUBLIC;
GRANT SELECT ON secret TO reader;
REVOKE ALL ON empty FROM CURRENT_USER;
ALTER DEFAULT PRIVILEGES FOR ROLE portal IN SCHEMA "Lược đồ" GRANT SELECT ON TABLES TO reader;
ALTER DEFAULT PRIVILEGES FOR ROLE portal REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
COMMENT ON TABLE article IS 'Bài viết; it''s "here"';
COMMENT ON COLUMN article.slug IS 'đường dẫn';
COMMENT ON FUNCTION twice(int) IS 'gấp đôi';

-- Rows.
INSERT INTO article (slug, state, mood, body, author, home, valid, tags, data, raw, ratio, price, cost, took)
  SELECT 'bai-' || n, CASE n % 3 WHEN 0 THEN 'gone' WHEN 1 THEN 'draft' ELSE 'it''s, live' END, 'xuất bản',
    repeat('Nội dung ', n), CASE WHEN n % 2 = 0 THEN n || '@cong.example' END, ROW('đường', n)::address, span(0, n),
    ARRAY['a,"', NULL, E'\\', E'\t'], jsonb_build_object('n', n, 'x', NULL), decode(lpad(to_hex(n), 8, '0'), 'hex'),
    1.0 / n, n / 7.0, n, make_interval(days => n, secs => 0.5) FROM generate_series(1, 500) n;
INSERT INTO article (slug, body, ratio) VALUES (E'tab\there', E'back\\slash\nnew\rline\\.', 'NaN'), ('\N', '\.', '-Infinity'), ('', NULL, 0.1::float4);
INSERT INTO "Bảng ""lạ""
xuống dòng" VALUES (1, NULL, ''), (2, E'\\N', 'đ'), (3, '\.', E'\t');
INSERT INTO nothing SELECT FROM generate_series(1, 3);
INSERT INTO session SELECT md5(n::text), 1 FROM generate_series(1, 10) n;
INSERT INTO booking VALUES (1, '[2026-01-01,2026-01-02)');
INSERT INTO "Lược đồ".note (text) VALUES ('một'), ('hai');
INSERT INTO visit SELECT date '2025-06-01' + n, '/' || n, n FROM generate_series(1, 400) n;
INSERT INTO base VALUES (1, 'b');
INSERT INTO derived (z, shared, own, a) VALUES (1, 's', 'o', 2);
INSERT INTO typed VALUES ('x', '1');
INSERT INTO secret VALUES ('reader', 'a'), ('portal', 'b');
SELECT nextval('counter'), setval('"đếm ""x"";"', -2, false);
REFRESH MATERIALIZED VIEW totals;
SELECT lo_from_bytea(70001, '\x00ff'), lo_from_bytea(70002, ''), lo_from_bytea(70003, decode(repeat('5c', 1048576 + 5), 'hex'));
GRANT SELECT ON LARGE OBJECT 70001 TO reader;
COMMENT ON LARGE OBJECT 70001 IS 'ảnh';
