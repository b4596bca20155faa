-- title: Heartbeat age
-- panel: runtimes
-- needs: agent_runtime(runtime_mode, last_seen_at)
-- columns: runtime_mode text, le_1 integer, le_5 integer, le_15 integer, le_30 integer, le_60 integer, le_120 integer, le_300 integer, le_600 integer, count integer, sum number
-- metric: multica_runtime_heartbeat_age_seconds
-- type: histogram
-- labels: runtime_mode
-- buckets: 1 5 15 30 60 120 300 600
-- help: Age of the last heartbeat, over runtimes seen in the last 15 minutes.
-- why: The buckets are counted on the server, cumulative as Prometheus wants them: exact for any number
-- why: of runtimes, where rows brought home one by one would have to stop at 100. A heartbeat from the
-- why: future (a runtime's clock ahead of the server's) counts as age 0. OFFSET 0 makes each age computed
-- why: once and not for every bucket, and date_part() in float8 where extract() would be numeric.
select
	case lower(btrim(runtime_mode, E' \t\r\n'))
		when 'local' then 'local'
		when 'cloud' then 'cloud'
		else 'unknown'
	end as runtime_mode,
	count(*) filter (where age_seconds <= 1) as le_1,
	count(*) filter (where age_seconds <= 5) as le_5,
	count(*) filter (where age_seconds <= 15) as le_15,
	count(*) filter (where age_seconds <= 30) as le_30,
	count(*) filter (where age_seconds <= 60) as le_60,
	count(*) filter (where age_seconds <= 120) as le_120,
	count(*) filter (where age_seconds <= 300) as le_300,
	count(*) filter (where age_seconds <= 600) as le_600,
	count(*) as count,
	sum(age_seconds) as sum
from (
	select runtime_mode, greatest(0, date_part('epoch', now() - last_seen_at)) as age_seconds
	from agent_runtime
	where last_seen_at > now() - interval '15 minutes'
	offset 0
) as beat
group by 1
order by 1
limit 100
