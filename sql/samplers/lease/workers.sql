-- title: Workers
-- panel: leases
-- every: 5s
-- needs: workers(id, last_heartbeat_at)
-- columns: alive integer, known integer
-- metric: xyn_workers_alive
-- type: gauge
-- value: alive
-- help: Workers whose heartbeat is less than 60 s old.
-- why: known are all rows. The table has a row a worker, so it is small, and no index is known on its
-- why: heartbeat.
select
	count(*) filter (where last_heartbeat_at > now() - interval '60 seconds') as alive,
	count(*) as known
from workers
