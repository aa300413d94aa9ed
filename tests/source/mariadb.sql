-- One of every kind of object that a MariaDB database can hold, and values that have gone wrong
-- elsewhere. Run with the client that keeps comments.
SET NAMES utf8mb4;
ALTER DATABASE cong CHARACTER SET utf8mb4 COLLATE utf8mb4_vietnamese_ci;
SET SESSION sql_mode = '';
SET SESSION time_zone = '+07:00';
CREATE SEQUENCE so_van_ban START WITH 5 INCREMENT BY 3 NOCACHE;
SELECT NEXTVAL(so_van_ban);
CREATE TABLE tin_bai (
  id INT AUTO_INCREMENT PRIMARY KEY,
  ten VARCHAR(200) COMMENT 'tên; có ''nháy'' và \\',
  dai INT AS (CHAR_LENGTH(ten)) VIRTUAL,
  gap DOUBLE AS (he_so * 2) STORED,
  he_so DOUBLE,
  anh LONGBLOB,
  ngay DATETIME(6),
  luc TIMESTAMP NULL,
  co BIT(5),
  j JSON,
  loai ENUM('a;b', 'ế') CHARACTER SET utf8mb4 COLLATE utf8mb4_vietnamese_ci,
  cu VARCHAR(20) CHARACTER SET latin1 COLLATE latin1_german2_ci,
  n DECIMAL(30,10) DEFAULT (1 + 1),
  nam YEAR, ngan TIME(3), dinh SET('x','y z'),
  KEY k (ten(20)), FULLTEXT KEY ft (ten), UNIQUE KEY u (ten, he_so),
  CONSTRAINT duong CHECK (he_so > -1e300 OR ten = ');')
);
INSERT INTO tin_bai (ten, he_so, anh, ngay, luc, co, j, loai, cu, nam, ngan, dinh) VALUES
  ('Một\n''"\\ \0\r\tế ); INSERT INTO x VALUES (1', 1.1e100, x'00FF0A27', '0000-00-00', '2026-03-08 02:30:00', b'101', '{"a":[1]}', 'ế', 'öß', 2026, '838:59:59.5', 'x,y z'),
  (NULL, NULL, NULL, '9999-12-31 23:59:59.999999', '1970-01-01 08:00:01', NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  ('', -0.0, '', '2026-00-00', NULL, 0, 'null', 'a;b', '', 0, '-1', '');
UPDATE tin_bai SET anh = (SELECT GROUP_CONCAT(CHAR(seq) ORDER BY seq SEPARATOR '') FROM seq_0_to_255) WHERE id = 3;
INSERT INTO tin_bai (ten, he_so, anh) VALUES ('rất dài', 3, REPEAT(x'270A5C', 700000));
CREATE TABLE `quoted``name ế/..` (`a``b "c"` INT, `xuống
dòng` INT DEFAULT 3);
INSERT INTO `quoted``name ế/..` VALUES (1, 2), (2, NULL);
CREATE TABLE y_kien (
  id INT PRIMARY KEY, tin INT, so BIGINT DEFAULT (NEXTVAL(so_van_ban)),
  CONSTRAINT cua_tin FOREIGN KEY (tin) REFERENCES tin_bai (id) ON DELETE CASCADE ON UPDATE SET NULL
);
INSERT INTO y_kien VALUES (1, 1, 10), (2, 3, 11);
CREATE TABLE a_truoc_cha (x INT, FOREIGN KEY (x) REFERENCES y_kien (id));
CREATE TABLE lich_su (x INT PRIMARY KEY) WITH SYSTEM VERSIONING;
INSERT INTO lich_su VALUES (1);
UPDATE lich_su SET x = 2;
DELETE FROM lich_su;
INSERT INTO lich_su VALUES (9);
CREATE TABLE an (x INT, y INT INVISIBLE DEFAULT 5);
INSERT INTO an (x, y) VALUES (1, 2);
CREATE TABLE ban_do (p POINT NOT NULL, SPATIAL INDEX (p));
INSERT INTO ban_do VALUES (ST_GeomFromText('POINT(1 2)'));
CREATE TABLE isam (x INT, INSERT_METHOD INT) ENGINE=MyISAM COMMENT='AUTO_INCREMENT=3';
INSERT INTO isam VALUES (1, 2);
CREATE TABLE aria (x INT) ENGINE=Aria;
CREATE TABLE manh (x INT, k VARCHAR(10)) PARTITION BY RANGE (x) (
  PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN MAXVALUE);
INSERT INTO manh VALUES (1, 'a'), (100, 'b');
CREATE TABLE trong (x INT AUTO_INCREMENT PRIMARY KEY) AUTO_INCREMENT = 77;
CREATE FUNCTION cong_mot(a INT) RETURNS INT DETERMINISTIC RETURN a + 1;
CREATE VIEW z_duoi AS SELECT id, ten, cong_mot(id) AS sau FROM tin_bai WHERE ten <> 'a;b';
CREATE SQL SECURITY INVOKER VIEW a_tren AS SELECT * FROM z_duoi WHERE id > 0 WITH CHECK OPTION;
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
SET sql_mode = 'ORACLE';;
CREATE PACKAGE goi AS FUNCTION a RETURN INT; END;;
CREATE PACKAGE BODY goi AS FUNCTION a RETURN INT AS BEGIN RETURN 1; END; END;;
SET sql_mode = '';;
DELIMITER ;
CREATE ROLE bien_tap;
CREATE USER 'cong'@'localhost' IDENTIFIED BY 'bí mật';
CREATE USER 'người'@'10.0.%' IDENTIFIED BY 'x' REQUIRE SSL WITH MAX_USER_CONNECTIONS 3;
GRANT SELECT, SHOW VIEW ON `cong`.* TO bien_tap;
GRANT bien_tap TO 'cong'@'localhost';
SET DEFAULT ROLE bien_tap FOR 'cong'@'localhost';
GRANT INSERT (id, tin), SELECT ON `cong`.y_kien TO 'cong'@'localhost';
GRANT EXECUTE ON PROCEDURE `cong`.lam TO 'người'@'10.0.%';
CREATE DEFINER='cong'@'localhost' VIEW cua_cong AS SELECT id FROM y_kien;
ALTER DATABASE cong COMMENT 'Cổng ''mẫu''';
