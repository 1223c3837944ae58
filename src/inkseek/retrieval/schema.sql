-- Format 2 of gallery.sqlite; `application_id` and `user_version` are set beside it. Older formats: migrations.py.

CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

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
    taken INTEGER,                         -- seconds since 1970 of EXIF's DateTimeOriginal, read as UTC
    date INTEGER AS (coalesce(taken, mtime_ns / 1000000000)) VIRTUAL,  -- what filters hold against a day
    CHECK ((state = 'bad') = (fault IS NOT NULL)),
    CHECK ((state = 'ready') = (sha256 IS NOT NULL))
);

CREATE INDEX pictures_sha256 ON pictures (sha256);
CREATE INDEX pictures_size ON pictures (size);
CREATE INDEX pictures_class ON pictures (class) WHERE state = 'ready';
CREATE INDEX pictures_date ON pictures (date) WHERE state = 'ready';

CREATE TABLE vectors (
    picture INTEGER PRIMARY KEY REFERENCES pictures (id) ON DELETE CASCADE,
    feature BLOB NOT NULL                  -- float16, little-endian, as many as meta.dimension
);

CREATE TABLE tags (
    tag TEXT NOT NULL,
    picture INTEGER NOT NULL REFERENCES pictures (id) ON DELETE CASCADE,
    PRIMARY KEY (tag, picture)
) WITHOUT ROWID;

CREATE INDEX tags_picture ON tags (picture);

CREATE TABLE folders (                     -- indexed folders; none lies in another
    id INTEGER PRIMARY KEY,
    path BLOB NOT NULL UNIQUE,             -- absolute
    exclude TEXT NOT NULL                  -- JSON list of glob patterns
);
