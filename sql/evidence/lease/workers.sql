-- title: When workers were last heard
-- panel: leases
-- needs: workers(id, last_heartbeat_at)
-- columns: worker text, silent_seconds number, known integer, alive integer
-- why: Alive is a heartbeat within 60 s, as in the sampler. The freshest come first.
select
	left(id::text, 100) as worker,
	extract(epoch from now() - last_heartbeat_at)::float8 as silent_seconds,
	count(*) over () as known,
	count(*) filter (where last_heartbeat_at > now() - interval '60 seconds') over () as alive
from workers
order by last_heartbeat_at desc nulls last, worker
limit 20
