-- A call writes one index less. (SQLite also does less besides; PostgreSQL did not do that in the first place.)

-- What passed through a number is found with the clients whose it was. Only what came while it was nobody's has no client.
CREATE INDEX interaction_nobody ON interaction (dialled, id) WHERE client_id IS NULL;
DROP INDEX interaction_dialled;
-- The version before asks for a number's calls more slowly meanwhile.
