import type { Client } from 'pg';
import { blueprints, shape } from '../shape.ts';
import type { Random } from './random.ts';
import type { Switches } from './switches.ts';

const leaseSeconds = 30;
const runsPerWorker = 4;

const create = `
insert into runs (blueprint, run_at)
select blueprint, now() + delay * interval '1 second'
from unnest($1::text[], $2::float8[]) as asked (blueprint, delay)`;

const beat = 'update workers set last_heartbeat_at = now() where id <> all($1)';

/** A worker with a free place takes what has been ready longest. */
const claim = `
update runs set status = 'RUNNING', started_at = now(), lease_owner = free.id,
	lease_expires_at = now() + interval '${leaseSeconds} seconds'
from (
	select workers.id, row_number() over (order by workers.id) as turn from workers
	where (select count(*) from runs where status = 'RUNNING' and lease_owner = workers.id) < ${runsPerWorker}
) free join (
	select id, row_number() over (order by queued_at) as turn
	from (
		select id, queued_at from runs
		where status = 'QUEUED' and run_at < now() - interval '1 second'
		order by queued_at limit ${shape.workers} for update skip locked
	) locked
) ready using (turn)
where runs.id = ready.id`;

/** One in thirty fails; the others succeed after a minute on average. */
const finish = `
update runs set status = (case when random() < 0.03 then 'FAILED' else 'SUCCEEDED' end)::run_status,
	finished_at = now(), lease_expires_at = null
where status = 'RUNNING' and lease_expires_at > now() and random() < 1 / 60.0`;

const renew = `
update runs set lease_expires_at = now() + interval '${leaseSeconds} seconds'
where status = 'RUNNING' and lease_expires_at between now() and now() + interval '18 seconds'`;

/** A lease that ran out 15 s ago means a dead worker: somebody else shall do the run. */
const reclaim = `
update runs set status = 'QUEUED', lease_owner = null, lease_expires_at = null, started_at = null
where status = 'RUNNING' and lease_expires_at < now() - interval '15 seconds'`;

/** One second of the run queue's life. */
export async function stepRuns(client: Client, random: Random, switches: Switches): Promise<void> {
	const asked = random.count(shape.runsPerMinute / 60);
	if (switches.isQueuingRuns) await createRuns(client, random, asked);
	if (switches.hasWorkers) {
		await client.query(beat, [[...switches.crashedWorkers]]);
		await client.query(claim);
		await client.query(finish);
		await client.query(renew);
	}
	if (switches.isReclaiming) await client.query(reclaim);
}

/** Creates `count` runs, one in eight of them for later. */
export async function createRuns(client: Client, random: Random, count: number): Promise<void> {
	if (count === 0) return;
	const asked = Array.from({ length: count }, () => ({
		blueprint: blueprints[random.below(blueprints.length)],
		delaySeconds: random.chance(1 / 8) ? 60 + random.below(1800) : 0,
	}));
	await client.query(create, [
		asked.map(({ blueprint }) => blueprint),
		asked.map(({ delaySeconds }) => delaySeconds),
	]);
}
