CREATE TABLE library (
    id INTEGER PRIMARY KEY,
    document VARCHAR(3345) NOT NULL,
    green_warehouse NUMERIC(10, 2) DEFAULT 0,
    created_at TIMESTAMP
);
