-- The chat's history. A stream is the log of one room under one epoch; its events are numbered without gaps.
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS stream (
    id INTEGER PRIMARY KEY,
    room TEXT NOT NULL, -- as it is shown
    epoch TEXT NOT NULL UNIQUE
);
CREATE INDEX IF NOT EXISTS stream_room ON stream (room);
CREATE TABLE IF NOT EXISTS event (
    id INTEGER PRIMARY KEY,
    stream INTEGER NOT NULL REFERENCES stream (id),
    number INTEGER NOT NULL,
    at REAL NOT NULL, -- seconds since 1970
    told TEXT NOT NULL, -- the event as JSON
    UNIQUE (stream, number)
);
CREATE INDEX IF NOT EXISTS event_at ON event (at);
-- Pairs of characters (grams.py), so that parts of words are found. Its rows have the events' ids.
CREATE VIRTUAL TABLE IF NOT EXISTS said USING fts5 (grams, tokenize = "unicode61 remove_diacritics 0");
CREATE TRIGGER IF NOT EXISTS event_forgotten AFTER DELETE ON event BEGIN DELETE FROM said WHERE rowid = old.id; END;
