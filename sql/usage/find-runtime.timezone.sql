-- title: Runtimes of an id or a name, with their zones
-- parameters: $1 wanted text
-- max-rows: 5
-- needs: agent_runtime(id, name, timezone)
-- columns: id text, name text, zone text
select id::text as id, name, timezone as zone
from agent_runtime
where id = case when $1::text ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then $1::uuid end or name = $1::text
order by id
limit 5
