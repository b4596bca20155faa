-- title: Workspaces of an id or a name
-- parameters: $1 wanted text
-- max-rows: 5
-- needs: workspace(id, name)
-- columns: id text, name text
select id::text as id, name
from workspace
where id = case when $1::text ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then $1::uuid end or name = $1::text
order by id
limit 5
