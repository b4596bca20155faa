import type { Client } from 'pg';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { pipelineNames, pipelines } from '../../source/actions/pipelines.ts';
import { recheckMs } from '../../source/actions/proving/course.ts';
import { Prover } from '../../source/actions/proving/prover.ts';
import type { Parts } from '../../source/compose.ts';
import type { Snapshot } from '../../source/sampling/snapshot.ts';
import { useDatabase } from '../support/database.ts';
import { composeFor } from '../support/sampling.ts';
import { createField } from './field.ts';
import { seedWorld, thing } from './world.ts';

const hour = 3_600_000;
/** Far more than anything here takes; without an end a failure would hang. */
const mostRefreshes = 150;

describe.each(['own', 'field'])('verifying the pipelines of %s in the background', (kind) => {
	const database = useDatabase({ template: kind === 'own' ? 'migrated' : 'empty' });
	let client: Client;
	let parts: Parts;
	let prover: Prover;
	/** The clocks of the prover: this machine's, in ms, and how far ahead of its own the server's seems. */
	let [nowMs, aheadMs] = [0, 0];
	let isPaused = false;

	beforeAll(async () => {
		client = await database.client();
		if (kind === 'field') await createField(client, database.url);
		await seedWorld(client, { from: '32 hours', to: '1 hour', tasks: 60, usage: 100 });
	});
	beforeEach(async () => {
		for (const { table, dirty, state, windowFunction } of Object.values(pipelines)) {
			await client.query(`truncate ${table}, ${dirty}`);
			await client.query(`select ${windowFunction}('-infinity', now())`);
			await client.query(`update ${state} set watermark_at = now() - interval '5 minutes'`);
		}
		[nowMs, aheadMs, isPaused] = [0, 0, false];
		parts = composeFor(database.url);
		const { store, loop } = parts;
		const shifted = (snapshot: Snapshot): Snapshot => ({ ...snapshot, at: snapshot.at + aheadMs });
		prover = new Prover({
			store: { ...store, latest: () => shifted(store.latest()) },
			loop: {
				get isPaused() {
					return isPaused;
				},
				aside: (work) => loop.aside(work),
				prove: (proofs) => loop.prove(proofs),
			},
			share: 0.02,
			now: () => nowMs,
		});
		prover.start();
	});
	afterEach(async () => {
		await Promise.all([parts.stop(), prover.stop()]);
	});

	/** What has nothing to do with how a pipeline is written is tried on one kind. */
	const testOwn = kind === 'own' ? test : () => {};

	/** Refreshes, with time to spend each time, until the snapshot says what is waited for. */
	async function until(holds: (snapshot: Snapshot) => boolean): Promise<Snapshot> {
		for (let refreshes = 0; refreshes < mostRefreshes; refreshes++) {
			nowMs += 60_000;
			const snapshot = await parts.loop.refreshAll();
			if (holds(snapshot)) return snapshot;
			await prover.whenIdle;
		}
		throw new Error(`After ${mostRefreshes} refreshes it did not come to that.`);
	}

	const proofs = ({ proofs: known }: Snapshot) =>
		pipelineNames.flatMap((name) => known?.get(name) ?? []);
	const isWhole = (snapshot: Snapshot) =>
		proofs(snapshot).length === 3 && proofs(snapshot).every((proof) => proof.isWhole);
	const verdictsOf = (signal: string) =>
		parts.monitor
			.current()
			.verdicts.filter((each) => each.signal === signal && each.severity !== 'ok')
			.map(({ subject, severity }) => `${subject} ${severity}`);

	test('proves all there is, on the two reading connections', async () => {
		const snapshot = await until(isWhole);
		for (const proof of proofs(snapshot)) {
			expect(proof).toMatchObject({ drift: 0, ghosts: 0, halt: undefined });
			expect(snapshot.at - (proof.fromMs ?? 0)).toBeGreaterThan(31 * hour);
		}
		const watermark = await client.query<{ ms: number }>(
			`select extract(epoch from watermark_at)::float8 * 1000 as ms from ${pipelines.hourly.state}`,
		);
		const { ms = 0 } = watermark.rows[0] ?? {};
		expect(snapshot.proofs?.get('hourly')?.toMs).toBe(Math.floor(ms / hour) * hour);
		const sessions = await client.query(
			`select application_name, xact_start from pg_stat_activity
			where datname = current_database() and pid <> pg_backend_pid() and application_name like 'tidemark%'`,
		);
		expect(sessions.rows).toEqual(
			Array.from({ length: 2 }, () => ({ application_name: 'tidemark', xact_start: null })),
		);
	});

	test('finds drift and ghosts: a warning at once, critical when seen again, over when mended', async () => {
		const { table, bucket, keys, measures } = pipelines.hourly;
		const spoilt = await client.query(
			`update ${table} set output_tokens = output_tokens + 1 where ctid = (
				select ctid from ${table} where ${bucket} < now() - interval '12 hours' order by ${bucket} desc limit 1)
			returning ${bucket} as at`,
		);
		const ghost: Readonly<Record<string, string>> = {
			workspace_id: `'${thing('workspace', 1)}'`,
			runtime_id: `'${thing('runtime', 1)}'`,
			agent_id: `'${thing('agent', 1)}'`,
			project_id: 'null',
			provider: `'codex'`,
			model: `'a ghost'`,
		};
		await client.query(
			`insert into ${table} (${bucket}, ${keys.join(', ')}, ${measures.join(', ')})
			values (date_trunc('hour', now()) - interval '30 hours', ${keys.map((key) => ghost[key]).join(', ')},
				${measures.map(() => '9').join(', ')})`,
		);
		const found = await until(isWhole);
		const spoiltMs = spoilt.rows[0].at.getTime();
		expect(found.proofs?.get('hourly')).toMatchObject({
			drift: 1,
			ghosts: 1,
			confirmed: 0,
			newestWrongMs: spoiltMs,
			fromMs: spoiltMs + hour,
		});
		expect(verdictsOf('verify-wrong')).toEqual(['hourly warn']);
		expect(verdictsOf('verify-still-wrong')).toEqual([]);
		const { findings } = await parts.diagnostician.ask();
		const finding = findings.find(({ fault }) => fault === 'wrong-numbers');
		expect(finding).toMatchObject({ subject: 'hourly', severity: 'warn' });
		expect(finding?.verdicts.map(({ signal }) => signal)).toEqual(['verify-wrong']);
		expect(finding?.next.map(({ command }) => command)).toContainEqual(
			expect.stringMatching(/^repair --pipeline hourly --from \d+d$/),
		);

		aheadMs = recheckMs + 1000;
		await until((snapshot) => snapshot.proofs?.get('hourly')?.confirmed === 2);
		expect(verdictsOf('verify-still-wrong')).toEqual(['hourly critical']);
		expect(verdictsOf('verify-wrong')).toEqual([]);

		await client.query(`truncate ${table}`);
		await client.query(`select ${pipelines.hourly.windowFunction}('-infinity', now())`);
		aheadMs = 3 * recheckMs;
		const mended = await until((snapshot) => snapshot.proofs?.get('hourly')?.drift === 0);
		expect(mended.proofs?.get('hourly')).toMatchObject({ ghosts: 0, newestWrongMs: undefined });
		expect(verdictsOf('verify-still-wrong')).toEqual([]);
	});

	testOwn('paused it stands still; with a lock held it waits and says so', async () => {
		isPaused = true;
		await until(({ seq }) => seq > 6);
		expect(proofs(parts.store.latest())).toEqual([]);
		isPaused = false;
		await until((snapshot) => snapshot.proofs?.get('hourly')?.fromMs !== undefined);
		const holder = await database.client();
		await holder.query(`select pg_advisory_lock(${pipelines.hourly.lockKey})`);
		const waits = (snapshot: Snapshot) =>
			snapshot.proofs?.get('hourly')?.halt === 'waits while somebody holds the lock';
		const { proofs: before } = await until(waits);
		const { proofs: later } = await until(
			(snapshot) => snapshot.proofs?.get('daily')?.isWhole === true,
		);
		expect(later?.get('hourly')).toBe(before?.get('hourly'));
		await holder.end();
		await until(isWhole);
	});

	testOwn(
		'refused by the server it leaves the pipeline alone for a while, and goes on then',
		async () => {
			const blocker = await database.client();
			await until((snapshot) => snapshot.proofs?.get('hourly')?.fromMs !== undefined);
			await blocker.query(`begin; lock table ${pipelines.hourly.table} in access exclusive mode`);
			const refused = (snapshot: Snapshot) =>
				snapshot.proofs?.get('hourly')?.halt?.includes('lock timeout') === true;
			await until(refused);
			await prover.whenIdle;
			const { proofs: before } = parts.store.latest();
			await blocker.query('commit');
			// Enough time for the budget, too little for the rest.
			for (const passMs of [14_000, 1]) {
				nowMs += passMs;
				await parts.loop.refreshAll();
				await prover.whenIdle;
			}
			expect(parts.store.latest().proofs?.get('hourly')).toEqual(before?.get('hourly'));
			await until(isWhole);
		},
	);

	testOwn('a watermark that was set back takes what was proven with it', async () => {
		const whole = await until(isWhole);
		await client.query(
			`update ${pipelines.hourly.state} set watermark_at = now() - interval '1 day'`,
		);
		const { toMs = 0 } = whole.proofs?.get('hourly') ?? {};
		const { proofs: known } = await until(
			(snapshot) => (snapshot.proofs?.get('hourly')?.toMs ?? toMs) < toMs,
		);
		expect(known?.get('hourly')?.toMs).toBeLessThan(whole.at - 23 * hour);
		await client.query(`update ${pipelines.hourly.state} set watermark_at = 'epoch'`);
		await until((snapshot) => snapshot.proofs?.get('hourly') === undefined);
	});
});
