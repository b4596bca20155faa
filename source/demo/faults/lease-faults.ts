import { shape } from '../shape.ts';
import type { Fault } from './fault.ts';

/** Faults of the run queue and of its workers, by name. */
export const leaseFaults = {
	'expired-leases': {
		summary: 'a worker crashed four minutes ago, and nobody takes its runs back',
		disturb(switches) {
			switches.isReclaiming = false;
			switches.crashedWorkers.add('worker-crashed');
		},
		async inject({ client }) {
			await client.query(
				`insert into workers values ('worker-crashed', now() - interval '270 seconds')`,
			);
			await client.query(
				`insert into runs (status, blueprint, queued_at, run_at, started_at, lease_owner, lease_expires_at)
				select 'RUNNING', 'import-tickets', started, started, started, 'worker-crashed',
					now() - interval '4 minutes' - n * interval '2 seconds'
				from generate_series(1, 7) n, lateral (select now() - interval '6 minutes' as started) s`,
			);
		},
	},
	'no-workers': {
		summary: 'all workers are gone since twelve minutes, and ready runs pile up',
		disturb(switches) {
			switches.hasWorkers = false;
		},
		async inject({ client }) {
			await client.query(`update workers set last_heartbeat_at = now() - interval '12 minutes'`);
			await client.query(
				`update runs set status = 'FAILED', finished_at = now() - interval '11 minutes', lease_expires_at = null
				where status = 'RUNNING'`,
			);
			await client.query(
				`insert into runs (blueprint, queued_at, run_at)
				select 'sync-repository', at, at
				from generate_series(1, ${12 * shape.runsPerMinute * 2}) n,
					lateral (select now() - random() * interval '12 minutes' as at where n > 0) s`,
			);
		},
	},
	'future-only': {
		summary: 'a host with a wrong time zone queued all runs for hours later, and workers sit idle',
		disturb(switches) {
			switches.isQueuingRuns = false;
		},
		async inject({ client }) {
			await client.query(
				`update runs set status = 'SUCCEEDED', finished_at = now(), lease_expires_at = null
				where status = 'RUNNING'`,
			);
			await client.query(
				`update runs set run_at = now() + interval '7 hours' + random() * interval '40 minutes'
				where status = 'QUEUED'`,
			);
			await client.query(
				`insert into runs (blueprint, queued_at, run_at)
				select 'sync-repository', now() - n * interval '1 minute', now() + interval '7 hours' + n * interval '1 minute'
				from generate_series(1, 40) n`,
			);
		},
	},
} satisfies Record<string, Fault>;
