-- What rich.sql has not: the rest of what pg_dump knows, with values at their edges. Run after it.

SET SESSION AUTHORIZATION postgres;
SET search_path = public;

-- Roles, their settings, and rights on what is not a table.
CREATE ROLE guest NOLOGIN NOINHERIT VALID UNTIL '2030-01-01 00:00:00+00';
CREATE ROLE "quản ""trị"" viên" CREATEDB CREATEROLE BYPASSRLS REPLICATION;
GRANT "quản ""trị"" viên" TO portal WITH ADMIN OPTION;
ALTER ROLE guest SET search_path = 'a b', "C""d", public;
ALTER ROLE ALL IN DATABASE prod SET lock_timeout = '7s';
ALTER ROLE ALL SET deadlock_timeout = '3s';
COMMENT ON ROLE "quản ""trị"" viên" IS E'dòng\nhai \\ ''x''';
GRANT pg_read_all_data TO guest; -- since 14
GRANT SET ON PARAMETER work_mem TO guest; -- since 15
ALTER SCHEMA public OWNER TO portal;
COMMENT ON SCHEMA public IS 'khác';
GRANT CREATE ON SCHEMA public TO guest;
CREATE SCHEMA closed;
GRANT ALL ON SCHEMA closed TO guest WITH GRANT OPTION;
ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO guest;
ALTER DEFAULT PRIVILEGES FOR ROLE portal GRANT USAGE ON TYPES TO guest;
ALTER DEFAULT PRIVILEGES FOR ROLE portal IN SCHEMA closed GRANT ALL ON SEQUENCES TO guest;
REVOKE EXECUTE ON FUNCTION pg_catalog.pg_sleep(double precision) FROM PUBLIC;
GRANT SELECT (rolname) ON pg_catalog.pg_authid TO guest;
GRANT SELECT ON pg_catalog.pg_statistic_ext_data TO guest;
GRANT USAGE ON LANGUAGE plpgsql TO guest;
GRANT EXECUTE ON FUNCTION public.similarity(text, text) TO guest;
REVOKE EXECUTE ON FUNCTION public.similarity(text, text) FROM PUBLIC;

-- Extensions that bring types, tables and servers of their own.
CREATE EXTENSION hstore SCHEMA closed;
CREATE EXTENSION citext;
CREATE EXTENSION btree_gist;
CREATE EXTENSION postgres_fdw;
COMMENT ON EXTENSION citext IS 'của tôi';

-- Types.
CREATE TYPE shell;
CREATE TYPE word;
CREATE FUNCTION word_in(cstring) RETURNS word LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textin';
CREATE FUNCTION word_out(word) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textout';
CREATE TYPE word (INPUT = word_in, OUTPUT = word_out, LIKE = text, CATEGORY = 'S', DEFAULT = 'không');
CREATE TYPE moments AS RANGE (subtype = timestamptz, multirange_type_name = many_moments); -- since 14
CREATE TYPE moments AS RANGE (subtype = timestamptz); -- before 14
CREATE TYPE hollow AS ();
CREATE TYPE nobody AS ENUM ();
ALTER TYPE status ADD VALUE 'trước' BEFORE 'nháp';
CREATE DOMAIN positive AS numeric(12, 3) NOT NULL CONSTRAINT above CHECK (VALUE > 0);
ALTER DOMAIN positive ADD CONSTRAINT below CHECK (VALUE < 1000000) NOT VALID;
COMMENT ON CONSTRAINT above ON DOMAIN positive IS 'trên';
CREATE DOMAIN positives AS positive[];
GRANT USAGE ON TYPE word TO guest;
REVOKE USAGE ON DOMAIN positive FROM PUBLIC;
COMMENT ON COLUMN address.street IS 'phố';
CREATE COLLATION "nhị phân" (locale = 'C');

-- Routines, languages, transforms, access methods, operators.
-- With functions of its own: PostgreSQL's dump forgets those that belong to an extension.
CREATE FUNCTION two_call() RETURNS language_handler LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_call_handler';
CREATE FUNCTION two_inline(internal) RETURNS void LANGUAGE c STRICT AS '$libdir/plpgsql', 'plpgsql_inline_handler';
CREATE FUNCTION two_check(oid) RETURNS void LANGUAGE c STRICT AS '$libdir/plpgsql', 'plpgsql_validator';
CREATE TRUSTED LANGUAGE plpgsql_two HANDLER two_call INLINE two_inline VALIDATOR two_check;
CREATE FUNCTION many(VARIADIC n int[] DEFAULT ARRAY[]::int[], OUT a int, OUT b text) RETURNS SETOF record
  LANGUAGE plpgsql_two STABLE STRICT LEAKPROOF SECURITY DEFINER PARALLEL RESTRICTED COST 7 ROWS 13
  SET work_mem = '2MB' SET search_path = pg_catalog, "Lược đồ" AS $f$ BEGIN a := 1; b := '$$'; RETURN NEXT; END $f$;
CREATE FUNCTION shaped() RETURNS TABLE (x int, "y z" text) LANGUAGE sql AS 'VALUES (1, ''a'')';
CREATE FUNCTION ident(anyelement) RETURNS anyelement LANGUAGE sql AS 'SELECT $1';
CREATE PROCEDURE swap(INOUT a int, INOUT b int) LANGUAGE plpgsql AS $$ DECLARE c int := a; BEGIN a := b; b := c; END $$;
CREATE FUNCTION "tên lạ; ""x"""() RETURNS void LANGUAGE sql AS '';
CREATE AGGREGATE middle(float8 ORDER BY anyelement) (SFUNC = ordered_set_transition, STYPE = internal, FINALFUNC = percentile_disc_final, FINALFUNC_EXTRA);
CREATE AGGREGATE summed(int) (SFUNC = int4pl, STYPE = int, INITCOND = '0', COMBINEFUNC = int4pl, MSFUNC = int4pl, MINVFUNC = int4mi, MSTYPE = int, MINITCOND = '0', PARALLEL = SAFE);
CREATE FUNCTION jump(internal) RETURNS internal LANGUAGE internal IMMUTABLE STRICT AS 'textlike_support';
CREATE TRANSFORM FOR word LANGUAGE plpgsql_two (FROM SQL WITH FUNCTION jump(internal));
CREATE ACCESS METHOD heap_two TYPE TABLE HANDLER heap_tableam_handler;
CREATE ACCESS METHOD btree_two TYPE INDEX HANDLER bthandler;
CREATE FUNCTION differs(address, address) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT $1 IS DISTINCT FROM $2';
CREATE OPERATOR !== (LEFTARG = address, RIGHTARG = address, FUNCTION = differs, NEGATOR = ===, RESTRICT = neqsel, JOIN = neqjoinsel);
CREATE OPERATOR ^^^ (RIGHTARG = int, FUNCTION = twice);
CREATE FUNCTION to_word(int) RETURNS word LANGUAGE sql IMMUTABLE AS $$ SELECT $1::text::word $$;
CREATE CAST (word AS text) WITHOUT FUNCTION AS IMPLICIT;
CREATE CAST (text AS word) WITH INOUT;
CREATE FUNCTION to_word_2(int) RETURNS word LANGUAGE plpgsql AS $$ BEGIN RETURN ''::word; END $$;
CREATE CAST (int AS word) WITH FUNCTION to_word_2(int);
CREATE OPERATOR CLASS two_int FOR TYPE int4 USING btree_two AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 btint4cmp(int4, int4);
CREATE OPERATOR CLASS reversed DEFAULT FOR TYPE address USING hash AS OPERATOR 1 ===(address, address);
COMMENT ON OPERATOR === (address, address) IS 'bằng';
CREATE TEXT SEARCH PARSER words (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype);
CREATE TEXT SEARCH TEMPLATE simplest (INIT = dsimple_init, LEXIZE = dsimple_lexize);
CREATE TEXT SEARCH CONFIGURATION of_words (PARSER = words);
COMMENT ON TEXT SEARCH CONFIGURATION of_words IS 'tìm';

-- Sequences.
CREATE SEQUENCE small AS smallint START 5 MAXVALUE 9 INCREMENT -1;
CREATE UNLOGGED SEQUENCE unlogged_counter; -- since 15
CREATE SEQUENCE unlogged_counter; -- before 15
CREATE SEQUENCE never_called START 42;
SELECT nextval('small'), setval('never_called', 9223372036854775807, true);

-- Tables of every form.
CREATE TABLE every (
  id int GENERATED BY DEFAULT AS IDENTITY (START 7 INCREMENT 3 CACHE 2) PRIMARY KEY,
  small smallint, big bigint, exact numeric, scaled numeric(3, -2), fine numeric(3, 5), f4 real, f8 double precision, -- since 15
  small smallint, big bigint, exact numeric, scaled numeric(6, 0), fine numeric(8, 6), f4 real, f8 double precision, -- before 15
  d date, t time(3), tz timetz, ts timestamp(0), tsz timestamptz, i interval year to month, i2 interval second(2),
  flag boolean, bits bit(5), varbits bit varying(9), c char(4), one "char", v varchar, n name, b bytea, u uuid,
  x xml, j json, jb jsonb, jp jsonpath, v4 inet, net cidr, mac macaddr, mac8 macaddr8,
  p point, l line, s lseg, bx box, pa path, po polygon, ci circle, tv tsvector, tq tsquery, lsn pg_lsn, snap pg_snapshot,
  reg regclass, proc regprocedure, ir int4range, mr nummultirange, mm many_moments, deep int[][], lower int[], bytes bytea[], -- since 14
  reg regclass, proc regprocedure, ir int4range, mr text, mm text, deep int[][], lower int[], bytes bytea[], -- before 14
  who address, whos address[], ws word, dom positive DEFAULT 1, doms positives, h closed.hstore, ct citext, e status[], m money
);
INSERT INTO every (small, big, exact, scaled, fine, f4, f8, d, t, tz, ts, tsz, i, i2, flag, bits, varbits, c, one, v, n, b, u) VALUES
  (-32768, -9223372036854775808, '-Infinity', 99900, 0.00999, 'Infinity', '-Infinity', '4713-01-01 BC', '24:00', '23:59:59.999999-15:59', 'infinity', '-infinity', '-178000000 years', '-0.01', true, B'10101', B'', '  ', '\001', '', repeat('đ', 31), '\x00ff0a5c', 'ffffffff-ffff-ffff-ffff-ffffffffffff'), -- since 14
  (-32768, -9223372036854775808, 'NaN', 99900, 0.00999, 'Infinity', '-Infinity', '4713-01-01 BC', '24:00', '23:59:59.999999-15:59', 'infinity', '-infinity', '-178000000 years', '-0.01', true, B'10101', B'', '  ', '\001', '', repeat('đ', 31), '\x00ff0a5c', 'ffffffff-ffff-ffff-ffff-ffffffffffff'), -- before 14
  (32767, 9223372036854775807, 'NaN', -99900, -0.00999, '1e-45', '5e-324', '5874897-12-31', '00:00', '00:00+15:59', '0044-03-15 BC', '294276-12-31 23:59:59.999999+00', '178000000 years 11 mons', '59.99', false, B'00000', B'111111111', 'đ', '\\', E'\\N\t\n\r\b\f\v\\.\\', '', '', '00000000-0000-0000-0000-000000000000'),
  (0, 0, ('1' || repeat('0', 5000) || '.' || repeat('7', 3000))::numeric, 0, 0, '-0', '-0', 'infinity', NULL, NULL, '-infinity', 'epoch', '0', '0', NULL, NULL, NULL, NULL, NULL, repeat(E'rộng\n', 200000), NULL, decode(repeat('00', 300000), 'hex'), NULL);
INSERT INTO every (x, j, jb, jp, v4, net, mac, mac8, p, l, s, bx, pa, po, ci, tv, tq, lsn, snap, reg, proc, ir, mr, mm, deep, lower, bytes, who, whos, ws, doms, h, ct, e, m) VALUES
  ('<a>&amp;đ</a>', E'{"a" : 1,  "a": "\\u0041\\n"}', '{"b":[1e400,null,"\"\\"]}', '$.a[*] ? (@ > 1)', '::ffff:1.2.3.4/0', '10.0.0.0/8', '08:00:2b:01:02:03', '08:00:2b:01:02:03:04:05',
   '(NaN,Infinity)', '{1,-1,0}', '[(0,0),(1e300,-1e-300)]', '(1,1),(0,0)', '[(0,0),(1,1)]', '((0,0),(1,1),(2,0))', '<(0,0),0>', $$'it''s':1A 'đ':2,16383C$$, $$'a' & !('b':*A <2> 'c')$$, 'FFFFFFFF/FFFFFFFF', '10:20:10,14,15',
   'pg_class', 'abs(int)', 'empty', '{[1,2),[3,)}', '{[2026-01-01,2026-01-02),(,infinity]}', '{{1,NULL},{3,4}}', '[-2:0]={7,8,9}', ARRAY['\x00'::bytea, NULL, '\x5c22'], '("a,""b\\c",)', ARRAY[ROW(NULL, NULL), NULL, ROW('', '"')]::address[], 'từ', '{1,2.5}', '"a=>b"=>NULL, c=>"\""', 'HoA', '{nháp,NULL,"it''s"}', '-92233720368547758.08');
CREATE TABLE "sáu mươi ba byte: đủ dài để bị cắt, đến đúng đây là hết" (
  "a""b" int, "c'd" int, "\x" int, "select" int, " " int, "ĐĐ" int);
INSERT INTO "sáu mươi ba byte: đủ dài để bị cắt, đến đúng đây là hết" VALUES (1, 2, 3, 4, 5, 6);
CREATE TABLE wide AS SELECT n AS id FROM generate_series(1, 2) n;
DO $$ BEGIN FOR i IN 1..400 LOOP EXECUTE format('ALTER TABLE wide ADD COLUMN "cột %s" text DEFAULT %L', i, i); END LOOP; END $$;
ALTER TABLE wide DROP COLUMN "cột 7";
CREATE TABLE reformed (
  id int NOT NULL, "B" text COMPRESSION pglz, note text, twice int GENERATED ALWAYS AS (id * 2) STORED, -- since 14
  id int NOT NULL, "B" text, note text, twice int GENERATED ALWAYS AS (id * 2) STORED, -- before 14
  parent int, CONSTRAINT "ràng buộc; ""1""" CHECK (id <> 7) NO INHERIT, UNIQUE NULLS NOT DISTINCT (note) -- since 15
  parent int, CONSTRAINT "ràng buộc; ""1""" CHECK (id <> 7) NO INHERIT, UNIQUE (note) -- before 15
) USING heap_two WITH (autovacuum_enabled = off, toast.autovacuum_vacuum_threshold = 9);
ALTER TABLE reformed ALTER "B" SET STORAGE MAIN, ALTER note SET (n_distinct = -0.5), ADD PRIMARY KEY (id) INCLUDE (note);
ALTER TABLE reformed ADD CONSTRAINT self FOREIGN KEY (parent) REFERENCES reformed (id) ON UPDATE CASCADE ON DELETE SET NULL (parent) NOT VALID; -- since 15
ALTER TABLE reformed ADD CONSTRAINT self FOREIGN KEY (parent) REFERENCES reformed (id) ON UPDATE CASCADE ON DELETE SET NULL NOT VALID; -- before 15
ALTER TABLE reformed ADD CONSTRAINT late CHECK (id > 0) NOT VALID;
ALTER TABLE reformed CLUSTER ON reformed_pkey;
ALTER TABLE reformed REPLICA IDENTITY USING INDEX reformed_pkey;
INSERT INTO reformed (id, "B", note) VALUES (1, 'a', NULL), (2, NULL, 'x');
CREATE TABLE hen (id int PRIMARY KEY, egg int);
CREATE TABLE egg (id int PRIMARY KEY, hen int REFERENCES hen DEFERRABLE);
ALTER TABLE hen ADD CONSTRAINT hen_egg FOREIGN KEY (egg) REFERENCES egg MATCH FULL;
INSERT INTO hen VALUES (1, NULL); INSERT INTO egg VALUES (1, 1); UPDATE hen SET egg = 1;
CREATE UNLOGGED TABLE quick (n int) WITH (parallel_workers = 3);
CREATE TABLE mother (a int DEFAULT 1 CHECK (a > 0), b text);
CREATE TABLE father (b text DEFAULT 'x', c int);
CREATE TABLE child (a int DEFAULT 2, own text) INHERITS (mother, father);
ALTER TABLE child ALTER b SET DEFAULT 'y', ADD CHECK (c < 9);
CREATE TABLE orphan () INHERITS (mother);
ALTER TABLE orphan NO INHERIT mother;
INSERT INTO child (own) VALUES ('z');
CREATE TABLE keyed OF address (street WITH OPTIONS PRIMARY KEY, house DEFAULT '1');

-- Partitions of every kind, with parts attached late and indexes attached by hand.
CREATE TABLE region (code text COLLATE "C", n int, at timestamptz) PARTITION BY LIST (code);
CREATE TABLE region_north PARTITION OF region FOR VALUES IN ('HN', 'HP', NULL) PARTITION BY HASH (n);
CREATE TABLE region_north_0 PARTITION OF region_north FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE region_north_1 PARTITION OF region_north FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE region_south (at timestamptz, gone int, n int DEFAULT 5, code text COLLATE "C");
ALTER TABLE region_south DROP COLUMN gone;
ALTER TABLE region ATTACH PARTITION region_south FOR VALUES IN ('HCM');
CREATE INDEX region_n ON ONLY region (n);
CREATE INDEX region_south_n ON region_south (n);
ALTER INDEX region_n ATTACH PARTITION region_south_n;
INSERT INTO region SELECT (ARRAY['HN', 'HP', NULL, 'HCM'])[n % 4 + 1], n, 'epoch' FROM generate_series(1, 40) n;
CREATE TABLE spans (a int, b text) PARTITION BY RANGE (a, (lower(b)) COLLATE "C" text_pattern_ops);
CREATE TABLE spans_1 PARTITION OF spans FOR VALUES FROM (MINVALUE, MINVALUE) TO (10, 'm');
CREATE TABLE spans_2 PARTITION OF spans (a NOT NULL DEFAULT 99, CHECK (b <> '')) FOR VALUES FROM (10, 'm') TO (MAXVALUE, MAXVALUE);
CREATE TABLE empty_root (a int PRIMARY KEY) PARTITION BY RANGE (a);
CREATE TABLE empty_ref (a int REFERENCES empty_root) PARTITION BY HASH (a);

-- Indexes and statistics.
CREATE UNIQUE INDEX "chỉ mục ""2""" ON every (c COLLATE "C" DESC NULLS LAST, (small + 1) ASC NULLS FIRST) WITH (fillfactor = 50) WHERE length(v) < 100;
CREATE INDEX every_hash ON every USING hash (u);
CREATE INDEX every_brin ON every USING brin (d, ts timestamp_minmax_multi_ops (values_per_range = 16)) WITH (pages_per_range = 4, autosummarize = on); -- since 14
CREATE INDEX every_brin ON every USING brin (d, ts) WITH (pages_per_range = 4, autosummarize = on); -- before 14
CREATE INDEX every_gin ON every USING gin (jb jsonb_path_ops, tv) WITH (fastupdate = off);
CREATE INDEX every_spgist ON every USING spgist (p);
CREATE INDEX every_gist ON every USING gist (small, tv tsvector_ops (siglen = 64));
CREATE INDEX every_two ON every (((id * 2))) WITH (deduplicate_items = off);
ALTER INDEX every_two ALTER COLUMN 1 SET STATISTICS 77;
COMMENT ON INDEX every_two IS 'hai';
CREATE STATISTICS every_stat (mcv, ndistinct) ON small, (big + 1), lower(v) FROM every; -- since 14
CREATE STATISTICS every_stat (mcv, ndistinct) ON small, big FROM every; -- before 14
ALTER STATISTICS every_stat SET STATISTICS 55;
ALTER TABLE booking ADD CONSTRAINT apart EXCLUDE USING gist (room WITH =, during WITH &&) WHERE (room > 0) DEFERRABLE INITIALLY DEFERRED;

-- Views, rules, triggers, policies.
CREATE RECURSIVE VIEW numbers (n) AS VALUES (1) UNION ALL SELECT n + 1 FROM numbers WHERE n < 5;
CREATE VIEW checked WITH (security_invoker) AS SELECT id, note FROM reformed WHERE id > 0 WITH LOCAL CHECK OPTION; -- since 15
CREATE VIEW checked AS SELECT id, note FROM reformed WHERE id > 0 WITH LOCAL CHECK OPTION; -- before 15
ALTER VIEW checked ALTER COLUMN note SET DEFAULT 'mặc định';
CREATE VIEW above AS SELECT c.*, n.n FROM checked c JOIN numbers n ON n.n = c.id;
CREATE VIEW grouped AS SELECT id, note, count(*) FROM reformed GROUP BY id;
CREATE VIEW columnless AS SELECT;
CREATE MATERIALIZED VIEW first_of USING heap_two WITH (fillfactor = 70) AS SELECT * FROM grouped;
CREATE MATERIALIZED VIEW second_of AS SELECT count(*) AS "số" FROM first_of WITH DATA;
CREATE MATERIALIZED VIEW third_of AS SELECT * FROM second_of WITH NO DATA;
CREATE FUNCTION spare() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE TRIGGER instead INSTEAD OF INSERT ON above FOR EACH ROW EXECUTE FUNCTION spare('a', E'\\ ''', '');
CREATE TRIGGER "lạ ""1""" AFTER UPDATE ON reformed REFERENCING OLD TABLE AS cũ NEW TABLE AS mới FOR EACH STATEMENT EXECUTE FUNCTION spare();
CREATE TRIGGER "some" BEFORE INSERT OR UPDATE OF "B", note OR DELETE ON reformed FOR EACH ROW EXECUTE FUNCTION spare();
CREATE CONSTRAINT TRIGGER postponed AFTER INSERT ON reformed FROM hen DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION spare();
CREATE TRIGGER whole BEFORE TRUNCATE ON reformed EXECUTE FUNCTION spare();
ALTER TABLE reformed ENABLE REPLICA TRIGGER "some", ENABLE ALWAYS TRIGGER whole, DISABLE TRIGGER postponed;
CREATE TRIGGER everywhere AFTER INSERT ON region FOR EACH ROW EXECUTE FUNCTION spare();
ALTER TABLE region_south DISABLE TRIGGER everywhere;
ALTER TABLE region_north_1 ENABLE ALWAYS TRIGGER everywhere;
COMMENT ON TRIGGER "some" ON reformed IS 'vài';
CREATE EVENT TRIGGER dropped ON sql_drop EXECUTE FUNCTION watch_ddl();
ALTER EVENT TRIGGER dropped ENABLE ALWAYS;
CREATE EVENT TRIGGER rewritten ON table_rewrite EXECUTE FUNCTION watch_ddl();
ALTER EVENT TRIGGER rewritten ENABLE REPLICA;
CREATE RULE copied AS ON INSERT TO hen WHERE NEW.id > 5 DO ALSO (INSERT INTO nothing DEFAULT VALUES; DELETE FROM egg WHERE id = NEW.egg);
CREATE RULE heralded AS ON DELETE TO egg DO ALSO NOTIFY đẻ;
ALTER TABLE hen DISABLE RULE copied;
COMMENT ON RULE copied ON hen IS 'chép';
ALTER FUNCTION spare() DEPENDS ON EXTENSION citext;
ALTER TABLE hen ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY strict ON hen AS RESTRICTIVE FOR UPDATE USING (id > 0) WITH CHECK (egg IS NOT NULL);
CREATE POLICY "mở" ON hen;
COMMENT ON POLICY strict ON hen IS 'chặt';

-- What lies elsewhere.
CREATE SERVER "máy chủ" TYPE 'pg' VERSION '15' FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'a''b', dbname '\');
CREATE USER MAPPING FOR PUBLIC SERVER "máy chủ" OPTIONS (user 'x', password 'y''z');
CREATE FOREIGN TABLE far (id int OPTIONS (column_name 'ID') NOT NULL, body text CHECK (body <> '')) SERVER "máy chủ" OPTIONS (table_name 'xa', use_remote_estimate 'false');
CREATE FOREIGN TABLE region_far PARTITION OF region FOR VALUES IN ('XX') SERVER "máy chủ";
CREATE FOREIGN TABLE far_child () INHERITS (mother) SERVER "máy chủ";
GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO guest;
GRANT USAGE ON FOREIGN SERVER "máy chủ" TO guest WITH GRANT OPTION;
COMMENT ON FOREIGN TABLE far IS 'xa';
CREATE PUBLICATION everything FOR ALL TABLES WITH (publish = 'insert, truncate', publish_via_partition_root);
CREATE PUBLICATION nobody_yet;
CREATE SUBSCRIPTION heard CONNECTION 'host=nowhere.example dbname=x' PUBLICATION a, "B" WITH (connect = false, slot_name = NONE, binary, synchronous_commit = 'off'); -- since 14
CREATE SUBSCRIPTION heard CONNECTION 'host=nowhere.example dbname=x' PUBLICATION a, "B" WITH (connect = false, slot_name = NONE, synchronous_commit = 'off'); -- before 14

-- Rights on columns, routines, large objects; a grant passed on by one who got it.
GRANT SELECT ("B"), INSERT (id, note) ON reformed TO guest WITH GRANT OPTION;
SET SESSION AUTHORIZATION guest;
GRANT SELECT ("B") ON public.reformed TO reader;
SET SESSION AUTHORIZATION postgres;
GRANT EXECUTE ON PROCEDURE swap(int, int) TO guest;
GRANT UPDATE ON SEQUENCE small TO PUBLIC;
GRANT TRUNCATE, REFERENCES, TRIGGER ON hen TO PUBLIC;
ALTER TABLE hen OWNER TO guest;
SELECT lo_from_bytea(70010, decode(repeat('00ff', 5000), 'hex')), lo_from_bytea(4294967295, '\x00');
ALTER LARGE OBJECT 70010 OWNER TO portal;
REFRESH MATERIALIZED VIEW first_of;
REFRESH MATERIALIZED VIEW second_of;
