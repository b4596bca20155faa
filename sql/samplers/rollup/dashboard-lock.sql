-- title: Dashboard rollup lock
-- panel: rollups
-- needs: task_usage_dashboard_rollup_state(id)
-- columns: pipeline text, is_held boolean, holder_pid integer, holder_application text, holder_user text, holder_state text, holder_query text, state_seconds number, held_seconds number, holder_idle_seconds number, is_helped boolean, waiters integer, longest_wait_seconds number
-- metric: tidemark_rollup_lock_held_seconds
-- type: gauge
-- labels: pipeline
-- value: held_seconds
-- help: How long the pipeline's lock has been held at least; 0 when free, absent when this role may not see it.
-- metric: tidemark_rollup_lock_holder_idle_seconds
-- type: gauge
-- labels: pipeline
-- value: holder_idle_seconds
-- help: How long the holder of the pipeline's lock has been idle with nobody at work for it; 0 when free or at work, absent when this role may not see it.
-- why: Looked up in pg_locks and never tried: taking the lock to test it would steal a tick. The server
-- why: doesn't note when a lock was granted; known is that the holder has had it since its transaction
-- why: began, or, with none open, since before it fell idle. Pid, application and waiters are for every
-- why: role; state, query and times need pg_read_all_stats and are NULL without it. The function below
-- why: pg_stat_activity is asked for the one session, which is half the work of joining the view. A backfill
-- why: may keep the lock on a session that idles all the while and work on another, its helper: one at a window
-- why: of this pipeline now or within a minute, or, in the moment between two windows, one of the same
-- why: client, opened together with a holder that did nothing but take the lock, that ended a transaction. The
-- why: name of the window function is put together, lest the text of this query be taken for a call of it.
with locked as materialized (
	select pid, granted, waitstart
	from pg_locks
	where locktype = 'advisory' and classid = 0 and objid = 4244 and objsubid = 1
	and database = (select oid from pg_database where datname = current_database())
)
select
	'dashboard' as pipeline,
	holder.is_held is not null as is_held,
	holder.pid as holder_pid,
	holder.application as holder_application,
	holder.user_name as holder_user,
	holder.state as holder_state,
	holder.query as holder_query,
	holder.state_seconds,
	case when holder.is_held then holder.held_seconds else 0 end as held_seconds,
	case when holder.is_held then holder.idle_seconds else 0 end as holder_idle_seconds,
	holder.is_helped,
	waiting.waiters,
	waiting.longest_wait_seconds
from (
	select
		count(*) as waiters,
		greatest(extract(epoch from now() - min(waitstart)), case when count(waitstart) > 0 then 0 end)::float8
			as longest_wait_seconds
	from locked
	where not granted
) as waiting
left join lateral (
	select
		true as is_held,
		locked.pid,
		activity.application_name as application,
		pg_get_userbyid(activity.usesysid)::text as user_name,
		activity.state,
		case when activity.state is not null then left(activity.query, 200) end as query,
		greatest(extract(epoch from now() - activity.state_change), known.zero)::float8 as state_seconds,
		coalesce(
			helper.seconds,
			greatest(extract(epoch from now() - coalesce(activity.xact_start, activity.state_change)), known.zero)
		)::float8 as held_seconds,
		case when activity.state like 'idle%' and helper.seconds is null then
			greatest(extract(epoch from now() - activity.state_change), known.zero)
		else known.zero end::float8 as idle_seconds,
		case when activity.state is not null then helper.seconds is not null end as is_helped
	from locked
	left join lateral pg_stat_get_activity(coalesce(locked.pid, 0)) as activity on true
	cross join lateral (select case when activity.state is not null then 0 end) as known (zero)
	left join lateral (
		select greatest(max(extract(epoch from now() - coalesce(other.xact_start, other.state_change))), 0) as seconds
		from pg_stat_get_activity(null) as other
		where activity.state like 'idle%' and other.datid = activity.datid and other.pid <> activity.pid
		and (other.state = 'active' or other.state_change > now() - interval '1 minute')
		and (
			other.query like '%rollup_task_usage_dashboard_daily' || '\_window%'
			or (
				other.query ~* '^\s*(begin|start transaction|commit|end)\M'
				and activity.query ~* 'advisory_lock'
				and other.usesysid = activity.usesysid
				and other.application_name = activity.application_name
				and other.client_addr is not distinct from activity.client_addr
				and other.backend_start - activity.backend_start between interval '-1 minute' and interval '1 minute'
			)
		)
		having count(*) > 0
	) as helper on true
	where locked.granted
	order by locked.pid
	limit 1
) as holder on true
