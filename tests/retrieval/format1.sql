-- A gallery of format 1, as the first inkseek wrote it: four pictures of six, one of them bad.
PRAGMA application_id = 1231973235;
PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO "meta" VALUES('dimension','16');
INSERT INTO "meta" VALUES('fingerprint','ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff');
INSERT INTO "meta" VALUES('generation','d5db490d5e25cfad12a48db8fbc67118');
INSERT INTO "meta" VALUES('model','made up');
INSERT INTO "meta" VALUES('size','32');
INSERT INTO "meta" VALUES('source','bundled');
CREATE TABLE pictures (
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- never given twice, also after a removal
    path BLOB NOT NULL UNIQUE,             -- absolute, in the bytes of the file system
    size INTEGER NOT NULL,                 -- bytes
    mtime_ns INTEGER NOT NULL,
    sha256 BLOB,                           -- of the file; null for a bad picture
    width INTEGER,                         -- as shown, pixels
    height INTEGER,
    class TEXT,
    state TEXT NOT NULL CHECK (state IN ('ready', 'bad')),
    fault TEXT,                            -- a word of PictureFault
    detail TEXT,
    CHECK ((state = 'bad') = (fault IS NOT NULL)),
    CHECK ((state = 'ready') = (sha256 IS NOT NULL))
);
INSERT INTO "pictures" VALUES(1,X'2F70686F746F732F302E706E67',100,1000,X'0000000000000000000000000000000000000000000000000000000000000001',640,480,'cat','ready',NULL,NULL);
INSERT INTO "pictures" VALUES(3,X'2F70686F746F732F747269702F322E6A7067',100,1000,X'0000000000000000000000000000000000000000000000000000000000000003',640,480,NULL,'ready',NULL,NULL);
INSERT INTO "pictures" VALUES(4,X'2F70686F746F732F6261642E6A7067',0,1000,NULL,NULL,NULL,NULL,'bad','empty','has 0 bytes; copy the file again');
INSERT INTO "pictures" VALUES(5,X'2F70686F746F732F747269702F332E6A7067',100,1000,X'0000000000000000000000000000000000000000000000000000000000000004',640,480,'dog','ready',NULL,NULL);
CREATE TABLE vectors (
    picture INTEGER PRIMARY KEY REFERENCES pictures (id) ON DELETE CASCADE,
    feature BLOB NOT NULL                  -- float16, little-endian, as many as meta.dimension
);
INSERT INTO "vectors" VALUES(1,X'61289AA894314F27AAB04D2EAE35203421B283B56EB1C22110B99FAB6DB561B2');
INSERT INTO "vectors" VALUES(3,X'10A94C30D32AA62D32B11FA83B32EF3501B5043659353532342CFDACCB35CA37');
INSERT INTO "vectors" VALUES(5,X'60B243B5E5ABAF2E8434FA2665B03DB2F4317F36562CE7B49EB35C36732AE2B6');
CREATE INDEX pictures_sha256 ON pictures (sha256);
CREATE INDEX pictures_size ON pictures (size);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('pictures',5);
COMMIT;
