import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { PgBoss } from 'pg-boss';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { check } from '../../source/commands/check.ts';
import { watchConsole } from '../../source/commands/console.ts';
import { once as sample } from '../../source/commands/once.ts';
import { runCommand } from '../commands/run-command.ts';
import { useDatabase } from '../support/database.ts';

const database = useDatabase({ template: 'empty' });
const folder = fileURLToPath(new URL('../../examples/pg-boss', import.meta.url));
const flags = { samplers: [folder] };
let boss: PgBoss;

/** Resolves when a worker of ours has ended so many jobs, well or not. */
const worked = (count: number) =>
	new Promise<void>((resolve) => {
		const look = async () => {
			const [{ ended }] = await database.rows(
				`select count(*)::int as ended from pgboss.job where state in ('completed', 'failed')`,
			);
			if (ended >= count) resolve();
			else setImmediate(look);
		};
		void look();
	});

beforeAll(async () => {
	boss = new PgBoss({ connectionString: database.url, supervise: false, schedule: false });
	// An error that nobody hears of would end the process.
	boss.on('error', (error) => console.error(error));
	await boss.start();
	for (const queue of ['mail', 'report', 'idle']) await boss.createQueue(queue, { retryLimit: 0 });
	await boss.send('mail', { to: 1 });
	await boss.send('mail', { to: 2 });
	await boss.send('mail', { to: 3 }, { startAfter: 3600 });
	await boss.send('report', { fails: false });
	await boss.send('report', { fails: true });
	await boss.work<{ fails: boolean }>('report', { pollingIntervalSeconds: 0.5 }, async ([job]) => {
		if (job?.data.fails) throw new Error('as asked');
	});
	await worked(2);
	// One job is taken and not finished.
	await boss.fetch('mail');
	await database.rows(
		`update pgboss.job set start_after = now() - interval '90 s', created_on = now() - interval '90 s'
		where name = 'mail' and state = 'created' and start_after <= now()`,
	);
}, 60_000);

afterAll(async () => {
	const stopped = once(boss, 'stopped');
	await boss.stop({ graceful: false });
	await stopped;
});

describe('the samplers for pg-boss, on a schema that pg-boss made and jobs that it worked', () => {
	test('count what waits, what is to come, what runs and what has ended', async () => {
		const { out, status } = await runCommand(sample, {
			url: database.url,
			flags: { ...flags, json: true, pack: 'pg-boss' },
		});
		expect(status).toBe(0);
		const { samplers } = JSON.parse(out);
		const [finished, jobs] = samplers as { id: string; rows: Record<string, unknown>[] }[];
		expect(finished).toMatchObject({ id: 'pg-boss/finished' });
		expect(finished?.rows).toEqual([
			{ completed: 1, failed: 1, slowest_seconds: expect.any(Number) },
		]);
		expect(jobs?.rows).toEqual([
			{ queue: 'mail', ready: 1, deferred: 1, active: 1, oldest_ready_seconds: expect.any(Number) },
			{ queue: 'idle', ready: 0, deferred: 0, active: 0, oldest_ready_seconds: 0 },
			{ queue: 'report', ready: 0, deferred: 0, active: 0, oldest_ready_seconds: 0 },
		]);
		expect(jobs?.rows[0]?.oldest_ready_seconds).toBeGreaterThanOrEqual(90);
	});

	test('feed metrics of their own', async () => {
		const { out } = await runCommand(sample, {
			url: database.url,
			flags: { ...flags, openmetrics: true },
		});
		expect(out).toContain('pgboss_jobs_ready{queue="mail"} 1\n');
		expect(out).toContain('pgboss_jobs_finished_last_minute{outcome="failed"} 1\n');
	});

	test('have a panel of their own', async () => {
		const { out, err } = await runCommand(watchConsole, {
			url: database.url,
			flags,
			env: { LANG: 'C.UTF-8' },
		});
		expect(err).toBe('');
		const [, panel = ''] = /^7 Pg boss\n((?: {2}.*\n?)*)/m.exec(out) ?? [];
		expect(panel.replace(/ +/g, ' ')).toMatch(
			/^ Finished in the last minute: completed 1 failed 1 slowest \d+s\n Jobs by queue\n queue ready deferred active oldest ready\n mail 1 1 1 (9\d|1\d\d)s\n idle 0 0 0 0s\n report 0 0 0 0s/,
		);
	});

	test('stay inside their bounds, and nothing is wrong with them', async () => {
		const { out } = await runCommand(check, { url: database.url, flags: { ...flags, self: true } });
		expect(out).toMatch(
			/^catalog {3}\d+ samplers in 5 packs\nsamplers {2}[3-9] ran inside their bounds/,
		);
		expect(out).toMatch(/^OK /m);
	});
});
