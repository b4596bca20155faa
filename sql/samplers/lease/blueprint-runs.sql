-- title: Runs by blueprint
-- panel: leases
-- every: 60s
-- needs: runs(status, blueprint)
-- columns: blueprint text, status text, runs integer, is_estimate boolean
-- metric: xyn_blueprint_run_count
-- type: gauge
-- labels: blueprint, status
-- value: runs
-- help: Runs by blueprint and status, the 100 most frequent pairs; estimated for finished runs of a large table.
-- why: No index knows the blueprint. Queued and running ones are counted exactly through ix_runs_status;
-- why: the rest is counted on the blocks that make up about 20,000 rows, always the same ones (REPEATABLE),
-- why: and scaled up: all of a small table, and the same cost for a large one. is_estimate says which.
with size as (
	select least(100, 2000000 / greatest(1, relation.reltuples / greatest(relation.relpages, 1)
		* pg_relation_size(relation.oid) / current_setting('block_size')::float8)) as percent
	from pg_class as relation
	where relation.oid = 'runs'::regclass
),
alive as (
	select label
	from unnest(enum_range((null::runs).status)) as label
	where label::text in ('QUEUED', 'RUNNING')
)
select blueprint, status::text as status, runs, is_estimate
from (
	select blueprint, status, count(*) as runs, false as is_estimate
	from runs
	where status = (enum_range((null::runs).status))[
		array_position(enum_range((null::runs).status)::text::text[], 'QUEUED')
	]
	group by blueprint, status
	union all
	select blueprint, status, count(*), false
	from runs
	where status = (enum_range((null::runs).status))[
		array_position(enum_range((null::runs).status)::text::text[], 'RUNNING')
	]
	group by blueprint, status
	union all
	select
		blueprint,
		status,
		round(count(*) * 100 / (select percent from size))::bigint,
		(select percent from size) < 100
	from runs tablesample system ((select percent from size)) repeatable (1)
	where status not in (select label from alive)
	group by blueprint, status
) as counted
order by runs desc, blueprint, status
limit 100
