import { type Pipeline, pipeline, presentPipelines } from '../pipelines.ts';
import { demoId } from '../shape.ts';
import { runTick } from '../workload/ticks.ts';
import type { Fault, FaultContext } from './fault.ts';
import {
	emptyTicks,
	enqueueDirty,
	failTicks,
	forgetPipeline,
	holdWatermark,
	stopTicks,
} from './rollup-damage.ts';

const hourly = pipeline('hourly');
const dashboard = pipeline('dashboard');

/** Opens a session that holds the pipeline's lock, taken by a statement that ended. */
async function holdLock(context: FaultContext, each: Pipeline, applicationName: string) {
	const session = await context.open(applicationName);
	await session.query('select pg_advisory_lock($1)', [each.lock]);
	return session;
}

/** Faults of the rollup pipelines and of who ticks them, by name. */
export const rollupFaults = {
	'nobody-ticks': {
		summary: 'no scheduler was ever set up: usage is zero for ever',
		disturb(switches) {
			switches.ticked.clear();
		},
		async inject({ client }) {
			for (const each of await presentPipelines(client)) await forgetPipeline(client, each);
		},
	},
	'lock-leaked': {
		summary: 'an idle pooled connection still holds the hourly lock of a cancelled tick',
		async inject(context) {
			const session = await holdLock(context, hourly, 'demo-server');
			// The pool has used the connection since: this is no backfill between two slices.
			await session.query('select 1');
			await holdWatermark(context.client, hourly, '3 hours 12 minutes');
			await emptyTicks(context.client, hourly, '3 hours 7 minutes');
		},
	},
	'green-but-blocked': {
		summary: 'dashboard ticks succeed and do nothing, while a long transaction holds their lock',
		async inject(context) {
			const session = await context.open('demo-maintenance');
			await session.query('begin');
			await session.query('select pg_advisory_xact_lock($1)', [dashboard.lock]);
			session.query('select pg_sleep(86400)').catch(() => {});
			await holdWatermark(context.client, dashboard, '2 days');
			await emptyTicks(context.client, dashboard, '6 hours');
		},
	},
	'blocked-delete': {
		summary: 'deleting a workspace waits for the hourly lock that a backfill holds',
		async inject(context) {
			await backfill(context);
			const session = await context.open('demo-server');
			session.query('select pg_advisory_xact_lock($1)', [hourly.lock]).catch(() => {});
		},
	},
	'backfill-running': {
		summary: 'a backfill of the hourly rollup has been at work for hours, by right',
		inject: backfill,
	},
	'failing-tick': {
		summary: 'usage rows with absurd numbers make every tick fail',
		async inject({ client }) {
			// Two rows of one bucket whose sum no bigint can hold.
			await client.query(
				`with task as (
					insert into agent_task_queue (agent_id, runtime_id, status, created_at, started_at, completed_at)
					select id, runtime_id, 'completed', now() - interval '1 hour', now() - interval '59 minutes', now() - interval '50 minutes'
					from agent cross join generate_series(1, 2) where id = $1
					returning id, completed_at
				)
				insert into task_usage (task_id, provider, model, input_tokens, created_at, updated_at)
				select id, 'claude', 'claude-opus-4-6', 9223372036854775807, completed_at, completed_at from task`,
				[demoId('agent', 1)],
			);
			const error = { code: '22003', message: 'bigint out of range' };
			for (const each of await presentPipelines(client)) {
				await holdWatermark(client, each, '55 minutes');
				await failTicks(client, each, '48 minutes', error);
			}
		},
	},
	'catching-up': {
		summary: 'after a nine-day pause the hourly rollup catches up, one day a tick',
		async inject({ client }) {
			await holdWatermark(client, hourly, '9 days');
			await stopTicks(client, hourly, '9 days');
			// The pause is over: whoever ticks is back.
			await runTick(client, hourly.tickFunction);
		},
	},
	'unfinished-backfill': {
		summary:
			'the hourly backfill was never finished, so an upgrade refuses to drop the daily rollup',
		disturb(switches) {
			switches.ticked.delete('hourly');
		},
		async inject({ client }) {
			await forgetPipeline(client, hourly);
			await client.query(`update ${hourly.state} set watermark_at = now() - interval '12 days'`);
		},
	},
	'triggers-disabled': {
		summary: 'somebody disabled the triggers: deleted and moved work is still counted',
		async inject({ client }) {
			for (const table of ['task_usage', 'agent_task_queue', 'issue', 'agent_runtime']) {
				await client.query(`alter table ${table} disable trigger user`);
			}
			await client.query('delete from issue where number <= 3');
		},
	},
	'dirty-grows': {
		summary: 'the hourly dirty queue grows, because ticks have become rare',
		disturb(switches) {
			switches.ticked.delete('hourly');
			switches.editsPerMinute = 240;
		},
		async inject({ client }) {
			await enqueueDirty(client, hourly, 600, '55 minutes');
			await stopTicks(client, hourly, '58 minutes');
		},
	},
	'dirty-near-loss': {
		summary: 'invalidations have waited for six days, and are pruned at seven',
		disturb(switches) {
			switches.ticked.delete('hourly');
		},
		async inject({ client }) {
			await enqueueDirty(client, hourly, 400, '6 days 11 hours');
			await holdWatermark(client, hourly, '6 days 12 hours');
			await stopTicks(client, hourly, '6 days 12 hours');
		},
	},
	'watermark-future': {
		summary: 'a host with a wrong clock stamped the hourly watermark two hours ahead',
		async inject({ client }) {
			await client.query(`update ${hourly.state} set watermark_at = now() + interval '2 hours'`);
		},
	},
	'wrong-numbers': {
		summary: 'all is green, yet some hourly buckets differ from the raw usage',
		async inject({ client }) {
			await client.query(
				`update ${hourly.table} set input_tokens = input_tokens * 3, event_count = event_count + 1
				where ctid = any(array(select ctid from ${hourly.table}
					where bucket_hour > now() - interval '5 days' and bucket_hour < now() - interval '1 day' limit 7))`,
			);
		},
	},
} satisfies Record<string, Fault>;

async function backfill(context: FaultContext): Promise<void> {
	const session = await holdLock(context, hourly, 'demo-backfill');
	session
		.query(
			`select ${hourly.windowFunction}(now() - interval '2 months', now() - interval '1 month') from pg_sleep(86400)`,
		)
		.catch(() => {});
	await holdWatermark(context.client, hourly, '4 hours');
	await emptyTicks(context.client, hourly, '4 hours');
}
