import { rm } from 'node:fs/promises';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runBackfill } from '../../source/actions/backfill.ts';
import { type BackfillWish, planBackfill } from '../../source/actions/backfill-plan.ts';
import { leftBehind } from '../../source/actions/ledger.ts';
import { pipelines } from '../../source/actions/pipelines.ts';
import { ActionSession } from '../../source/actions/session.ts';
import { verifySpan } from '../../source/actions/verify.ts';
import { walkSlices } from '../../source/actions/walk.ts';
import { type ReplicaPair, startReplicaPair } from '../support/standby.ts';
import { isHeld, type Stage, setStage, until } from './stage.ts';
import { seedWorld } from './world.ts';

const wish: BackfillWish = {
	engine: 'direct',
	isPartialForced: false,
	isByMonth: false,
	sleepMs: 0,
	statementTimeoutMs: 60_000,
	finished: [],
};
const day = 86_400_000;
let pair: ReplicaPair | undefined;
const clients: pg.Client[] = [];
const states: string[] = [];

const urlOf = (which: 'primary' | 'standby'): string => {
	if (!pair) throw new Error('there is no pair of servers');
	return pair.url(pair[which]);
};

async function connected(url: string): Promise<pg.Client> {
	const client = new pg.Client({ connectionString: url });
	client.on('error', () => {});
	await client.connect();
	clients.push(client);
	return client;
}

beforeAll(async () => {
	pair = await startReplicaPair();
	await seedWorld(await connected(urlOf('primary')), { from: '100 days', to: '1 day' });
});
afterAll(async () => {
	await Promise.all(clients.map((client) => client.end().catch(() => {})));
	await pair?.stop();
	for (const each of states) await rm(each, { recursive: true, force: true });
});

const set = (state?: string, url = urlOf('primary')): Stage => {
	const stage = setStage(url, state === undefined ? {} : { folder: state });
	states.push(stage.context.folder);
	return stage;
};

const backfill = (stage: Stage, more: Partial<BackfillWish>) =>
	stage.at('backfill', 'hourly', async (place) =>
		runBackfill(
			stage.context,
			place,
			await planBackfill(stage.context, place, { ...wish, ...more }),
		),
	);

/** Replay stands still, and the primary knows it by what its statistics say. */
async function holdReplay(standby: pg.Client, isBehind: string, work = 'select 1'): Promise<void> {
	const primary = await connected(urlOf('primary'));
	await standby.query('select pg_wal_replay_pause()');
	await until(standby, `select pg_get_wal_replay_pause_state() = 'paused'`);
	await primary.query(work);
	await until(primary, `select ${isBehind} from pg_stat_replication`);
}

test.each([
	{
		what: 'a replica that falls behind',
		// What is written while it waits keeps the replica telling how far it is.
		isBehind: `replay_lag > interval '5 seconds' and pg_logical_emit_message(false, 'test', 'x') is not null`,
		work: 'select 1',
	},
	{
		what: 'a replica that stands still, by what piles up',
		isBehind: 'pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn) > 65 * 2 ^ 20',
		work: `select pg_logical_emit_message(false, 'test', repeat('x', 1000000)) from generate_series(1, 80)`,
	},
])(
	'$what is waited for with the lock given back, and the walk goes on then',
	{ timeout: 180_000 },
	async (each) => {
		const standby = await connected(urlOf('standby'));
		const primary = await connected(urlOf('primary'));
		const stage = set();
		const asked = stage.whenEvent(({ kind }) => kind === 'slice-done');
		const run = backfill(stage, { isByMonth: true, sleepMs: 1 });
		run.catch(() => {});
		stage.context.control.setPaused(true);
		await asked;
		await holdReplay(standby, each.isBehind, each.work);
		stage.context.control.setPaused(false);
		const yielded = await stage.whenEvent(
			(event) => event.kind === 'yielded' && event.reason.kind === 'replica',
		);
		expect(yielded).toMatchObject({ reason: { lagSeconds: expect.any(Number) } });
		await until(primary, `select not (${isHeld(4246)})`);
		const doneMeanwhile = stage.events.filter(({ kind }) => kind === 'slice-done').length;
		// A tick gets through, which it could not with the lock held.
		await primary.query('select rollup_task_usage_hourly()');
		expect(stage.events.filter(({ kind }) => kind === 'slice-done')).toHaveLength(doneMeanwhile);
		await standby.query('select pg_wal_replay_resume()');
		await run;
		expect(stage.events.map(({ kind }) => kind)).toContain('went-on');
		expect(stage.events.filter(({ kind }) => kind === 'slice-done').length).toBeGreaterThan(
			doneMeanwhile,
		);
	},
);

test('a role that sees no replica is told that none is waited for', async () => {
	const primary = await connected(urlOf('primary'));
	await primary.query(`create role actor_blind login password 'blind'`);
	const url = new URL(urlOf('primary'));
	url.username = 'actor_blind';
	url.password = 'blind';
	const texts = async (target: string) => {
		const stage = set(undefined, target);
		const session = await ActionSession.open(stage.context.target);
		await walkSlices({
			...stage.context,
			session,
			pipeline: pipelines.hourly,
			sleepMs: 0,
			transaction: { statementTimeoutMs: 10_000 },
			next: () => undefined,
			run: async () => ({ touched: 0 }),
		});
		await session.close();
		return stage.events.flatMap((event) => (event.kind === 'note' ? [event.text] : []));
	};
	expect(await texts(url.href)).toEqual([
		'replicas are not waited for: how far behind they are, only a role with pg_read_all_stats sees',
	]);
	expect(await texts(urlOf('primary'))).toEqual([]);
});

test('a standby verifies, and refuses everything else', async () => {
	const stage = set(undefined, urlOf('standby'));
	const standby = await connected(urlOf('standby'));
	const primary = await connected(urlOf('primary'));
	const { rows } = await primary.query<{ at: string }>('select pg_current_wal_lsn()::text as at');
	await until(standby, `select pg_last_wal_replay_lsn() >= '${rows[0]?.at}'`);
	for (const action of ['tick', 'replay', 'repair', 'backfill', 'prune'] as const) {
		await expect(stage.at(action, 'hourly', async () => {})).rejects.toMatchObject({
			outcome: 'refused',
			message: `No ${action} here: this is a standby: nothing can be written here.`,
		});
	}
	const { effect } = await stage.at('verify', 'hourly', (place) =>
		verifySpan(place.session, place.shape, { fromMs: Date.now() - 3 * day, toMs: Date.now() }),
	);
	expect(effect.buckets).toBeGreaterThan(0);
});

/** Brings a walk to where the server goes away. */
const moments: Readonly<Record<string, (stage: Stage, primary: pg.Client) => Promise<void>>> = {
	async 'between two slices'(stage) {
		await stage.whenEvent(({ kind }) => kind === 'slice-done');
	},
	async 'while it is paused'(stage) {
		await stage.whenEvent(({ kind }) => kind === 'slice-done');
		stage.context.control.setPaused(true);
		await stage.whenEvent(({ kind }) => kind === 'yielded');
	},
	async 'during a slice'(_, primary) {
		await until(
			primary,
			`select exists (select from pg_stat_activity where application_name = 'tidemark-action' and wait_event_type = 'Lock')`,
		);
	},
};

test.each(Object.entries(moments))(
	'a server that is restarted %s of a walk loses nothing of it',
	{ timeout: 180_000 },
	async (when, bring) => {
		const stage = set();
		const primary = await connected(urlOf('primary'));
		if (when === 'during a slice') {
			const other = await connected(urlOf('primary'));
			await other.query('begin; lock table task_usage_hourly in share mode');
		}
		const run = backfill(stage, {
			engine: 'function',
			isByMonth: true,
			sleepMs: when === 'between two slices' ? 600_000 : 1,
		});
		run.catch(() => {});
		await bring(stage, primary);
		await pair?.primary.stop();
		await expect(run).rejects.toMatchObject({
			outcome: 'stopped',
			message: expect.stringMatching(
				/^The connection was lost \(terminating connection due to administrator command\): /,
			),
			resume: 'backfill --pipeline hourly --resume',
		});
		await pair?.startPrimary();
		const again = set(stage.context.folder);
		const [left] = leftBehind({ ...again.context, target: stage.context.target });
		expect(left?.slices).toHaveLength(
			stage.events.filter(({ kind }) => kind === 'slice-done').length,
		);
		await backfill(again, { finished: left?.slices ?? [] });
		const { effect } = await again.at('verify', 'hourly', (place) =>
			verifySpan(place.session, place.shape, {
				fromMs: Date.now() - 130 * day,
				toMs: Date.now(),
			}),
		);
		expect(effect.kinds).toEqual({ pending: 0, drift: 0, ghost: 0 });
	},
);
