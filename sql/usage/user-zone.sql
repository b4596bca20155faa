-- title: The time zone of a user
-- parameters: $1 wanted text
-- max-rows: 2
-- needs: user(id, timezone)
-- columns: zone text
select timezone as zone
from "user"
where id = case when $1::text ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then $1::uuid end
limit 2
