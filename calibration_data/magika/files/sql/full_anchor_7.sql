INSERT INTO timer (id, market, hour) VALUES
    (6782, 'Amara Haddad', 28.60),
    (4024, 'Dmitri Fischer', 19.23);
