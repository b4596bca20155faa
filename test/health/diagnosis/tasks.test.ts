import { afterEach, describe, expect, test } from 'vitest';
import { queueRows } from '../../sql/queue-rows.ts';
import { useDatabase } from '../../support/database.ts';
import { diagnoseOnce, findingOf, outline } from './diagnosed.ts';

const database = useDatabase();
const rows = queueRows(database);

afterEach(() => rows.clear());

describe('a silent runtime', () => {
	test('explains what hangs on it, and not what hangs elsewhere', async () => {
		const dead = await rows.runtime('20 m');
		const alive = await rows.runtime('5 s');
		await rows.runtime('5 s');
		for (let count = 0; count < 14; count += 1) {
			await rows.task({ status: 'running', started: '25 m', runtime: dead });
		}
		await rows.task({ status: 'running', started: '45 m', runtime: alive });
		const diagnosis = await diagnoseOnce(database.url);
		expect(outline(diagnosis)).toEqual(['warn silent-runtime runtime', 'note long-running']);
		const { sentence, clues, since, confidence, verdicts, next } = findingOf(
			diagnosis,
			'silent-runtime',
		);
		expect(sentence).toBe(
			'runtime runtime (local claude) has been silent for 20m: it explains 14 of 15 hanging tasks',
		);
		expect(clues).toEqual([
			{ label: 'runtime', value: 'local claude, silent 20m, 14 running' },
			{ label: 'given up', value: expect.stringMatching(/^in 2h39m$/) },
		]);
		expect((diagnosis.at - (since ?? 0)) / 60_000).toBeCloseTo(20, 0);
		expect(confidence).toBe('certain');
		expect(verdicts.map(({ signal }) => signal)).toEqual(['running-on-silent-runtime']);
		expect(next.map(({ sql }) => sql)).toEqual([
			undefined,
			expect.stringContaining(`runtime_id in ('${dead}')`),
		]);
		expect(diagnosis.unexplained).toEqual([]);
	});

	test('is critical once its tasks have hung for half an hour', async () => {
		const dead = await rows.runtime('31 m');
		await rows.task({ status: 'running', started: '45 m', runtime: dead });
		expect(outline(await diagnoseOnce(database.url))).toEqual(['critical silent-runtime runtime']);
	});

	test('that only lets tasks wait explains the queue', async () => {
		const off = await rows.runtime('3 h');
		await rows.runtime('5 s');
		await rows.task({ status: 'queued', created: '10 m', runtime: off });
		const diagnosis = await diagnoseOnce(database.url);
		expect(outline(diagnosis)).toEqual(['warn silent-runtime runtime']);
		expect(diagnosis.unexplained).toEqual([]);
	});

	test('that was the only one is critical', async () => {
		const off = await rows.runtime('5 m');
		await rows.task({ status: 'queued', created: '4 m', runtime: off });
		const diagnosis = await diagnoseOnce(database.url);
		expect(outline(diagnosis)).toEqual(['critical silent-runtime runtime']);
		expect(diagnosis.unexplained).toEqual([]);
	});

	test('without work, or with work that has only just come, is no news', async () => {
		const off = await rows.runtime('2 h');
		for (let count = 0; count < 2; count += 1) await rows.runtime('5 s');
		await rows.task({ status: 'queued', created: '1 m', runtime: off });
		await rows.task({ status: 'completed', completed: '1 h', runtime: off });
		expect(outline(await diagnoseOnce(database.url))).toEqual([]);
	});
});

test('what live runtimes hold shows beside more than a hundred that are silent', async () => {
	const alive = await rows.runtime('5 s');
	await rows.task({ status: 'dispatched', dispatched: '90 s', runtime: alive });
	const workspace = await rows.workspace();
	await database.rows(
		`with a as (insert into agent (workspace_id, name) values ($1, 'agent') returning id),
		r as (
			insert into agent_runtime (workspace_id, name, last_seen_at)
			select $1, 'off ' || n, now() - n * interval '1 minute' from generate_series(3, 152) n returning id
		)
		insert into agent_task_queue (agent_id, runtime_id, status, created_at)
		select a.id, r.id, 'queued', now() - interval '4 minutes' from a, r, generate_series(1, 2)`,
		[workspace],
	);
	const diagnosis = await diagnoseOnce(database.url);
	expect(outline(diagnosis)).toContain('warn stuck-dispatch runtime');
	expect(diagnosis.unexplained).toEqual([]);
});

describe('the fleet', () => {
	test('that fell silent together is one finding', async () => {
		for (const seen of ['9 m', '9 m 20 s', '9 m 10 s', '5 s']) {
			const runtime = await rows.runtime(seen);
			await rows.task({ status: 'running', started: '10 m', runtime });
		}
		const diagnosis = await diagnoseOnce(database.url);
		expect(outline(diagnosis)).toEqual(['critical fleet-silent <- warn silent-runtime']);
		expect(diagnosis.findings[0]?.sentence).toMatch(
			/^3 of 4 runtimes fell silent together, 9m ago/,
		);
		expect(diagnosis.unexplained).toEqual([]);
	});

	test('that is switched off one by one in the evening is none', async () => {
		for (const seen of ['20 m', '50 m', '2 h', '5 s']) await rows.runtime(seen);
		const diagnosis = await diagnoseOnce(database.url);
		expect(outline(diagnosis)).toEqual(['note silent-runtime no work held']);
		expect(diagnosis.findings[0]).toMatchObject({
			sentence:
				'3 of 4 runtimes are silent, the last for 20m: no work is held by them and none has waited long for them',
			clues: [{ label: 'fell silent last', value: 'runtime, runtime, runtime' }],
			verdicts: [{ signal: 'runtimes-silent' }],
		});
		expect((diagnosis.at - (diagnosis.findings[0]?.since ?? 0)) / 60_000).toBeCloseTo(120, 0);
		expect(diagnosis.unexplained).toEqual([]);
		// With the last one nobody is left, which is no matter of course.
		await database.rows(
			`update agent_runtime set last_seen_at = last_seen_at - interval '4 minutes'`,
		);
		expect(outline(await diagnoseOnce(database.url))).toEqual([
			'critical silent-runtime no work held',
		]);
	});
});

test('tasks that live runtimes took and do not start', async () => {
	const runtime = await rows.runtime('5 s');
	await rows.task({ status: 'dispatched', dispatched: '90 s', runtime });
	await rows.task({ status: 'dispatched', dispatched: '10 s', runtime: await rows.runtime('5 s') });
	const diagnosis = await diagnoseOnce(database.url);
	expect(outline(diagnosis)).toEqual(['warn stuck-dispatch runtime']);
	expect(diagnosis.findings[0]?.sentence).toMatch(/^runtime runtime took 1 task up to 9\ds ago/);
	expect(diagnosis.unexplained).toEqual([]);
});

describe('a queue that waits for live runtimes', () => {
	test('while nothing is handed out', async () => {
		const runtime = await rows.runtime('5 s');
		await rows.task({ status: 'completed', dispatched: '20 m', completed: '19 m', runtime });
		await rows.task({ status: 'queued', created: '16 m', runtime });
		const diagnosis = await diagnoseOnce(database.url);
		expect(outline(diagnosis)).toEqual(['critical nobody-dispatches']);
		expect(diagnosis.findings[0]).toMatchObject({
			confidence: 'certain',
			sentence:
				'nobody hands out tasks: 1 task waits for 1 live runtime, 1 of them idle, the oldest for 16m',
		});
		expect(diagnosis.unexplained).toEqual([]);
	});

	test('while they are busy, and tasks are handed out', async () => {
		const runtime = await rows.runtime('5 s');
		await rows.task({ status: 'running', dispatched: '10 s', started: '8 s', runtime });
		await rows.task({ status: 'queued', created: '5 m', runtime });
		const diagnosis = await diagnoseOnce(database.url);
		expect(outline(diagnosis)).toEqual(['warn overload']);
		expect(diagnosis.unexplained).toEqual([]);
	});

	test('while they are busy with what takes long', async () => {
		const runtime = await rows.runtime('5 s');
		const elsewhere = await rows.runtime('5 s');
		await rows.task({ status: 'running', dispatched: '20 m', started: '20 m', runtime });
		await rows.task({ status: 'queued', created: '18 m', runtime });
		const ended = { status: 'completed', dispatched: '19 m', started: '19 m', completed: '2 m' };
		await rows.task({ ...ended, runtime: elsewhere });
		const diagnosis = await diagnoseOnce(database.url);
		expect(outline(diagnosis)).toEqual(['critical overload']);
		expect(diagnosis.findings[0]).toMatchObject({
			confidence: 'possible',
			sentence:
				'1 task has waited 18m for runtime runtime, which is alive and busy with 1: nothing ends there',
		});
		expect(diagnosis.unexplained).toEqual([]);
		// One of its own ended two minutes ago, and nothing came after it.
		await rows.task({ ...ended, runtime });
		expect(outline(await diagnoseOnce(database.url))).toEqual([
			'critical nobody-dispatches <- critical overload',
		]);
	});

	test('while some wait that name no runtime', async () => {
		await rows.runtime('5 s');
		await rows.task({ status: 'queued', created: '10 m' });
		const diagnosis = await diagnoseOnce(database.url);
		expect(outline(diagnosis)).toEqual(['warn nobody-dispatches no runtime']);
		expect(diagnosis.unexplained).toEqual([]);
	});

	test('for a minute is none', async () => {
		const runtime = await rows.runtime('5 s');
		await rows.task({ status: 'queued', created: '1 m', runtime });
		expect(outline(await diagnoseOnce(database.url))).toEqual([]);
	});
});

describe('failures', () => {
	const fail = (runtime: string, reason: string, count: number, status = 'failed') =>
		database.rows(
			`with w as (insert into workspace default values returning id),
			a as (insert into agent (workspace_id, name) select id, 'agent' from w returning id)
			insert into agent_task_queue (agent_id, runtime_id, status, attempt, completed_at, failure_reason)
			select a.id, $1, $4, 1, now() - n * interval '20 seconds', $2 from a, generate_series(1, $3) as n`,
			[runtime, reason, count, status],
		);

	test('of a runtime that fails everything it takes', async () => {
		await fail(await rows.runtime('5 s'), 'login_expired', 12);
		await fail(await rows.runtime('5 s'), '', 30, 'completed');
		const diagnosis = await diagnoseOnce(database.url);
		expect(outline(diagnosis)).toEqual([
			'critical failing-runtime runtime <- warn retry-storm login_expired',
		]);
		expect(diagnosis.findings[0]?.sentence).toBe(
			'runtime runtime (claude) fails everything it takes: 12 of its last 12 tasks, mostly with "login_expired"',
		);
	});

	test('for one reason on many runtimes', async () => {
		for (let count = 0; count < 6; count += 1) {
			const runtime = await rows.runtime('5 s');
			await fail(runtime, 'rate_limited', 3);
			await fail(runtime, '', 3, 'completed');
		}
		const diagnosis = await diagnoseOnce(database.url);
		expect(outline(diagnosis)).toEqual(['warn retry-storm rate_limited']);
		expect(diagnosis.findings[0]?.sentence).toBe(
			'18 of 36 tasks that ended in 15 min failed with "rate_limited", all on claude: 18 were retries',
		);
		// Where attempts are counted from one, these were first ones.
		await database.rows('alter table agent_task_queue alter attempt set default 1');
		expect(findingOf(await diagnoseOnce(database.url), 'retry-storm').sentence).toMatch(
			/: 0 were retries$/,
		);
		await database.rows('alter table agent_task_queue alter attempt set default 0');
	});

	test('everywhere are not the runtimes’ own fault', async () => {
		for (let count = 0; count < 4; count += 1) await fail(await rows.runtime('5 s'), 'no_route', 6);
		expect(outline(await diagnoseOnce(database.url))).toEqual(['warn retry-storm no_route']);
	});

	test('now and then are none', async () => {
		const runtime = await rows.runtime('5 s');
		await fail(runtime, 'agent_error', 9);
		await fail(runtime, '', 60, 'completed');
		expect(outline(await diagnoseOnce(database.url))).toEqual([]);
	});
});
