-- title: What agents are called
-- parameters: $1 ids uuid[]
-- needs: agent(id, name)
-- columns: id text, name text
select id::text as id, name
from agent
where id = any ($1::uuid[])
limit 100
