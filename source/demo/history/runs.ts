import type { Client } from 'pg';
import { blueprints, shape } from '../shape.ts';

/** Ends what was ready or ran when the demo stopped at $1, unless that was just now. */
const finishInterrupted = `
update runs set status = 'SUCCEEDED', started_at = coalesce(started_at, $1::timestamptz),
	finished_at = $1::timestamptz + interval '20 seconds', lease_expires_at = null
where (status = 'RUNNING' or (status = 'QUEUED' and run_at < now()))
	and $1::timestamptz < now() - interval '5 minutes'`;

const renewLeases = `
update runs set lease_expires_at = now() + interval '30 seconds' where status = 'RUNNING'`;

/** Runs from $1 to $2; what reaches past $2 is still running, under a lease that will be renewed. */
const runs = `
with slots as materialized (
	select $1::timestamptz + random() * ($2::timestamptz - $1::timestamptz) as queued_at,
		random() as fate, 1 + random() * 5 as wait, 5 - 60 * ln(1 - random() * 0.999) as work,
		floor(random() * 1000)::int as pick
	from generate_series(1, round(${shape.runsPerMinute} * extract(epoch from $2::timestamptz - $1::timestamptz) / 60)::int)
	order by 1
), lives as (
	select *, queued_at + wait * interval '1 second' as started,
		queued_at + (wait + work) * interval '1 second' as finished from slots
)
insert into runs (status, blueprint, run_at, queued_at, started_at, finished_at, lease_owner, lease_expires_at)
select (case when finished <= $2 then case when fate < 0.03 then 'FAILED' when fate < 0.04 then 'CANCELLED' else 'SUCCEEDED' end
		when started <= $2 then 'RUNNING' else 'QUEUED' end)::run_status,
	(array['${blueprints.join("','")}'])[1 + pick % ${blueprints.length}],
	queued_at, queued_at,
	case when started <= $2 then started end, case when finished <= $2 then finished end,
	case when started <= $2 then 'worker-' || (1 + pick % ${shape.workers}) end,
	case when started <= $2 and finished > $2 then now() + interval '30 seconds' end
from lives`;

/** Runs that are planned for the next hour. */
const insertFuture = `
insert into runs (blueprint, run_at, queued_at)
select '${blueprints[0]}', now() + n * interval '7 minutes', now() - interval '1 hour'
from generate_series(1, 9) n
where not exists (select from runs where status = 'QUEUED' and run_at > now())`;

/** Fills in the run queue of the time between `from` and `to`, as far as it is kept. */
export async function insertRuns(client: Client, range: { from: Date; to: Date }): Promise<void> {
	const kept = new Date(range.to.getTime() - shape.runsKeptHours * 3_600_000);
	const from = range.from > kept ? range.from : kept;
	await client.query(finishInterrupted, [range.from]);
	await client.query(renewLeases);
	await client.query('delete from runs where finished_at < $1', [kept]);
	await client.query(runs, [from, range.to]);
	await client.query(insertFuture);
	await client.query('update workers set last_heartbeat_at = now()');
}
