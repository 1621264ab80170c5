CREATE TABLE budget (
    id INTEGER PRIMARY KEY,
    schedule VARCHAR(9893) NOT NULL,
    local_timer NUMERIC(10, 2) DEFAULT 0,
    created_at TIMESTAMP
);
