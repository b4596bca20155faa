-- title: How runtimes fell silent
-- panel: runtimes
-- needs: agent_runtime(name, last_seen_at)
-- columns: known integer, silent integer, earliest_seconds number, latest_seconds number, middle_first_seconds number, middle_last_seconds number, latest_names text
-- why: Over runtimes heard in the last 3 h, through the index on last_seen_at. The middle four fifths of the
-- why: silent ones tell whether they fell silent together; those at the ends may have had reasons of their own.
-- why: The three that fell silent last are named.
select
	count(*) as known,
	count(*) filter (where age > 150) as silent,
	max(age) filter (where age > 150) as earliest_seconds,
	min(age) filter (where age > 150) as latest_seconds,
	(percentile_disc(0.9) within group (order by age) filter (where age > 150)) as middle_first_seconds,
	(percentile_disc(0.1) within group (order by age) filter (where age > 150)) as middle_last_seconds,
	(
		select string_agg(left(name, 100), ', ' order by last_seen_at desc)
		from (
			select name, last_seen_at from agent_runtime
			where last_seen_at > now() - interval '3 hours' and last_seen_at < now() - interval '150 seconds'
			order by last_seen_at desc limit 3
		) as latest
	) as latest_names
from (
	select extract(epoch from now() - last_seen_at)::float8 as age
	from agent_runtime
	where last_seen_at > now() - interval '3 hours'
) as beat
