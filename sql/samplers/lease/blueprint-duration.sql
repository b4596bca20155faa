-- title: Duration of finished runs
-- panel: leases
-- every: 15s
-- needs: runs(blueprint, queued_at, started_at, finished_at)
-- columns: blueprint text, le_1 integer, le_5 integer, le_15 integer, le_30 integer, le_60 integer, le_120 integer, le_300 integer, le_600 integer, le_1800 integer, le_3600 integer, count integer, sum number
-- metric: xyn_blueprint_duration_seconds
-- type: histogram
-- labels: blueprint
-- buckets: 1 5 15 30 60 120 300 600 1800 3600
-- help: Time from start to finish of runs that finished in the last 15 minutes, by blueprint, the 100 most frequent.
-- why: Nothing indexes finished_at; ix_runs_queued_at bounds the search to runs queued in the last 24 h, so a
-- why: run that waited and ran longer than that is not in it.
select
	blueprint,
	count(*) filter (where duration_seconds <= 1) as le_1,
	count(*) filter (where duration_seconds <= 5) as le_5,
	count(*) filter (where duration_seconds <= 15) as le_15,
	count(*) filter (where duration_seconds <= 30) as le_30,
	count(*) filter (where duration_seconds <= 60) as le_60,
	count(*) filter (where duration_seconds <= 120) as le_120,
	count(*) filter (where duration_seconds <= 300) as le_300,
	count(*) filter (where duration_seconds <= 600) as le_600,
	count(*) filter (where duration_seconds <= 1800) as le_1800,
	count(*) filter (where duration_seconds <= 3600) as le_3600,
	count(*) as count,
	sum(duration_seconds) as sum
from (
	select blueprint, greatest(0, extract(epoch from finished_at - started_at))::float8 as duration_seconds
	from runs
	where queued_at > now() - interval '24 hours'
	and finished_at > now() - interval '15 minutes'
	and started_at is not null
) as finished
group by blueprint
order by count desc, blueprint
limit 100
