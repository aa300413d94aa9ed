-- One of every kind of object that a MySQL database can hold, and values that have gone wrong
-- elsewhere. Run with the client that keeps comments.
SET NAMES utf8mb4;
ALTER DATABASE cong CHARACTER SET utf8mb4 COLLATE utf8mb4_vi_0900_ai_ci;
SET SESSION sql_mode = '';
SET SESSION time_zone = '+07:00';
CREATE TABLE tin_bai (
  id INT AUTO_INCREMENT PRIMARY KEY,
  ten VARCHAR(200) COMMENT 'tên; có ''nháy'' và \\',
  dai INT AS (CHAR_LENGTH(ten)) VIRTUAL,
  he_so DOUBLE,
  gap DOUBLE AS (he_so * 2) STORED,
  anh LONGBLOB,
  ngay DATETIME(6),
  luc TIMESTAMP NULL,
  co BIT(5),
  j JSON,
  loai ENUM('a;b', 'ế') CHARACTER SET utf8mb4 COLLATE utf8mb4_vi_0900_as_cs,
  cu VARCHAR(20) CHARACTER SET latin1 COLLATE latin1_german2_ci,
  n DECIMAL(30,10) DEFAULT (1 + 1),
  nam YEAR, ngan TIME(3), dinh SET('x','y z'),
  v VECTOR(3),
  ma BINARY(16) DEFAULT (UUID_TO_BIN('123e4567-e89b-12d3-a456-426655440000')),
  KEY k (ten(20) DESC), KEY hoa ((UPPER(ten))), FULLTEXT KEY ft (ten) WITH PARSER ngram, UNIQUE KEY u (ten, he_so),
  KEY nhieu ((CAST(j->'$.a' AS UNSIGNED ARRAY))), KEY an (nam) INVISIBLE,
  CONSTRAINT duong CHECK (he_so > -1e300 OR ten = ');'), CONSTRAINT bo_qua CHECK (he_so < 5) NOT ENFORCED
);
INSERT INTO tin_bai (ten, he_so, anh, ngay, luc, co, j, loai, cu, nam, ngan, dinh, v) VALUES
  ('Một\n''"\\ \0\r\tế ); INSERT INTO x VALUES (1', 1.1e100, x'00FF0A27', '0000-00-00', '2026-03-08 02:30:00', b'101', '{"a":[1]}', 'ế', 'öß', 2026, '838:59:59.5', 'x,y z', STRING_TO_VECTOR('[1,2.5,-3]')),
  (NULL, NULL, NULL, '9999-12-31 23:59:59.999999', '1970-01-01 08:00:01', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  ('', -0.0, '', '2026-00-00', NULL, 0, 'null', 'a;b', '', 0, '-1', '', NULL);
UPDATE tin_bai SET anh = (WITH RECURSIVE s AS (SELECT 0 AS n UNION ALL SELECT n + 1 FROM s WHERE n < 255)
  SELECT GROUP_CONCAT(CHAR(n) ORDER BY n SEPARATOR '') FROM s) WHERE id = 3;
INSERT INTO tin_bai (ten, he_so, anh) VALUES ('rất dài', 3, REPEAT(x'270A5C', 700000));
CREATE TABLE `quoted``name ế/..` (`a``b "c"` INT, `xuống
dòng` INT DEFAULT 3);
INSERT INTO `quoted``name ế/..` VALUES (1, 2), (2, NULL);
CREATE TABLE y_kien (
  id INT PRIMARY KEY, tin INT, so BIGINT DEFAULT (7 * 6),
  CONSTRAINT cua_tin FOREIGN KEY (tin) REFERENCES tin_bai (id) ON DELETE CASCADE ON UPDATE SET NULL
);
INSERT INTO y_kien VALUES (1, 1, 10), (2, 3, 11);
CREATE TABLE a_truoc_cha (x INT, FOREIGN KEY (x) REFERENCES y_kien (id));
CREATE TABLE an (x INT, y INT INVISIBLE DEFAULT 5);
INSERT INTO an (x, y) VALUES (1, 2);
CREATE TABLE ban_do (p POINT NOT NULL SRID 4326, l LINESTRING, SPATIAL INDEX (p));
INSERT INTO ban_do VALUES (ST_GeomFromText('POINT(21 105)', 4326), ST_GeomFromText('LINESTRING(0 0,1 1)'));
CREATE TABLE isam (x INT, INSERT_METHOD INT) ENGINE=MyISAM COMMENT='AUTO_INCREMENT=3';
INSERT INTO isam VALUES (1, 2);
CREATE TABLE kho (x INT, y VARCHAR(20)) ENGINE=ARCHIVE;
INSERT INTO kho VALUES (1, 'lưu');
CREATE TABLE csv (a INT NOT NULL, b VARCHAR(10) NOT NULL) ENGINE = CSV;
INSERT INTO csv VALUES (1, 'x,"y');
CREATE TABLE manh (x INT, k VARCHAR(10)) PARTITION BY RANGE (x) SUBPARTITION BY HASH (x) SUBPARTITIONS 2 (
  PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN MAXVALUE);
INSERT INTO manh VALUES (1, 'a'), (100, 'b');
CREATE TABLE chia_khoa (a INT, b VARCHAR(10), PRIMARY KEY (a, b)) PARTITION BY KEY (b) PARTITIONS 2;
INSERT INTO chia_khoa VALUES (1, 'x'), (2, 'y');
CREATE TABLE trong (x INT AUTO_INCREMENT PRIMARY KEY) AUTO_INCREMENT = 77;
CREATE TABLE vong_tron_1 (id INT PRIMARY KEY, x INT);
CREATE TABLE vong_tron_2 (id INT PRIMARY KEY, x INT, CONSTRAINT v2 FOREIGN KEY (x) REFERENCES vong_tron_1 (id));
ALTER TABLE vong_tron_1 ADD CONSTRAINT v1 FOREIGN KEY (x) REFERENCES vong_tron_2 (id);
INSERT INTO vong_tron_1 VALUES (1, NULL);
INSERT INTO vong_tron_2 VALUES (1, 1);
UPDATE vong_tron_1 SET x = 1;
CREATE FUNCTION cong_mot(a INT) RETURNS INT DETERMINISTIC RETURN a + 1;
CREATE VIEW z_duoi AS SELECT id, ten, cong_mot(id) AS sau FROM tin_bai WHERE ten <> 'a;b';
CREATE SQL SECURITY INVOKER VIEW a_tren AS SELECT * FROM z_duoi WHERE id > 0 WITH CHECK OPTION;
CREATE VIEW de_quy AS WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 3) SELECT n, ROW_NUMBER() OVER (ORDER BY n DESC) AS thu FROM r;
DELIMITER ;;
CREATE TRIGGER truoc_them BEFORE INSERT ON y_kien FOR EACH ROW BEGIN -- it's; ` a comment
  SET NEW.so = NEW.so + 1000; /* don't */ END;;
CREATE TRIGGER truoc_them_2 BEFORE INSERT ON y_kien FOR EACH ROW FOLLOWS truoc_them SET NEW.so = NEW.so * 2;;
CREATE TRIGGER `sau ``sửa`` ;;` AFTER UPDATE ON y_kien FOR EACH ROW SET @x = 'a;';;
CREATE PROCEDURE lam() COMMENT 'x''y' BEGIN SELECT 'x;' AS `-- dump`; # don't
 END;;
CREATE EVENT hang_ngay ON SCHEDULE EVERY 1 DAY STARTS '2026-01-01 00:00:00' DISABLE DO DELETE FROM y_kien WHERE id < 0;;
SET time_zone = 'Asia/Ho_Chi_Minh';;
CREATE EVENT theo_vung ON SCHEDULE EVERY 1 DAY STARTS '2026-01-01 00:00:00' DISABLE DO SELECT 1;;
SET time_zone = '+07:00';;
SET sql_mode = 'NO_BACKSLASH_ESCAPES,ANSI_QUOTES';;
CREATE PROCEDURE nguyen() BEGIN SELECT '\', "x" FROM an; END;;
SET sql_mode = '';;
DELIMITER ;
CREATE ROLE bien_tap, a_truoc;
CREATE USER 'cong'@'localhost' IDENTIFIED BY 'bí mật';
CREATE USER 'người'@'10.0.%' IDENTIFIED BY 'x' REQUIRE SSL WITH MAX_USER_CONNECTIONS 3 PASSWORD EXPIRE NEVER FAILED_LOGIN_ATTEMPTS 3 PASSWORD_LOCK_TIME 2 COMMENT 'người ''ngoài''';
GRANT SELECT, SHOW VIEW ON `cong`.* TO bien_tap;
GRANT bien_tap TO 'cong'@'localhost';
GRANT bien_tap TO a_truoc WITH ADMIN OPTION;
SET DEFAULT ROLE bien_tap TO 'cong'@'localhost';
GRANT INSERT (id, tin), SELECT ON `cong`.y_kien TO 'cong'@'localhost';
GRANT EXECUTE ON PROCEDURE `cong`.lam TO 'người'@'10.0.%';
GRANT SHOW_ROUTINE, BACKUP_ADMIN ON *.* TO 'người'@'10.0.%';
CREATE DEFINER='cong'@'localhost' VIEW cua_cong AS SELECT id FROM y_kien;
