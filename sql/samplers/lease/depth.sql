-- title: Runs by status
-- panel: leases
-- every: 5s
-- needs: runs(status)
-- columns: status text, runs integer, is_estimate boolean
-- metric: xyn_queue_depth
-- type: gauge
-- labels: status
-- value: runs
-- help: Runs by status; an estimate where more than 5,000 are finished.
-- why: Finished runs pile up for ever, and counting them would cost more every day. QUEUED and RUNNING
-- why: are counted whole; of any other label at most 5,000 entries of ix_runs_status, and where there are
-- why: more the number is the planner's own (frequency of the label, as last analysed, times the rows that
-- why: fit the table's present size): is_estimate says so. The range with ORDER BY keeps the planner from
-- why: thinking that a scan of the table finds 5,000 of anything quickly.
with size as (
	select
		relation.reltuples / greatest(relation.relpages, 1)
			* pg_relation_size(relation.oid) / current_setting('block_size')::float8 as total,
		statistics.labels,
		statistics.frequencies
	from pg_class as relation
	left join lateral (
		select most_common_vals::text::text[] as labels, most_common_freqs as frequencies
		from pg_stats
		where schemaname = (select nspname from pg_namespace where oid = relation.relnamespace)
		and tablename = relation.relname and attname = 'status'
	) as statistics on true
	where relation.oid = 'runs'::regclass
),
counted as (
	select
		label::text as status,
		capped.runs,
		capped.runs > 5000 and label::text not in ('QUEUED', 'RUNNING') as is_estimate
	from unnest(enum_range((null::runs).status)) as label
	cross join lateral (
		select count(*) as runs
		from (
			select from runs
			where status >= label and status <= label
			order by status
			limit case when label::text in ('QUEUED', 'RUNNING') then null else 5001 end
		) as entry
	) as capped
)
select
	status,
	case when is_estimate then
		greatest(runs, coalesce(round(frequencies[array_position(labels, status)] * total), 0)::bigint)
	else runs end as runs,
	is_estimate
from counted
cross join size
order by runs desc, status
limit 100
