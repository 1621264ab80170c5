INSERT INTO catalog (id, graph, cache) VALUES
    (7082, 'Farid Haddad', 51.21),
    (826, 'Clara Brandt', 74.62);

COMMIT;
