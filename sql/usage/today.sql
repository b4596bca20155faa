-- title: What day it is in a zone
-- parameters: $1 zone text
-- columns: today date, now timestamp
-- why: By the server's clock, which dates what is counted. Fails with 22023 where the server has no such zone.
select (now() at time zone $1::text)::date as today, now() as now
