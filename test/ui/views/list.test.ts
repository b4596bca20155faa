import { describe, expect, test } from 'vitest';
import { defaultThresholds } from '../../../source/health/thresholds.ts';
import { sanitise } from '../../../source/lib/text.ts';
import { keyOf } from '../../../source/sampling/question.ts';
import { type Cell, type Reading, type Row, rowsOf } from '../../../source/sampling/reading.ts';
import { lineText, lineWidth } from '../../../source/ui/draw/span.ts';
import { composeFrame } from '../../../source/ui/frame/compose-frame.ts';
import { press } from '../../../source/ui/press.ts';
import { settled } from '../../../source/ui/settle.ts';
import { openSieve } from '../../../source/ui/sieve.ts';
import type { Step, UiState } from '../../../source/ui/state.ts';
import { allLists } from '../../../source/ui/views/list/all-lists.ts';
import { arrange, serverOrder } from '../../../source/ui/views/list/arrange.ts';
import { type ListView, openList } from '../../../source/ui/views/list/list-view.ts';
import { sessionList } from '../../../source/ui/views/list/lists/database.ts';
import { runtimeLists } from '../../../source/ui/views/list/lists/runtimes.ts';
import { taskLists } from '../../../source/ui/views/list/lists/tasks.ts';
import { openUsage } from '../../../source/ui/views/usage/usage-view.ts';
import { allReadings, at, frameInput, lostInput, rows, snapshotOf } from '../fixtures.ts';

const [running = sessionList] = taskLists;

const task = (id: string, seconds: number, more: Row = {}): Row => ({
	id,
	source: 'issue',
	agent: 'Builder 3',
	runtime: 'ana-laptop-7',
	seconds,
	silent_seconds: 7,
	attempt: 1,
	max_attempts: 3,
	place: `2026-03-01 13:0${id}:00+00`,
	...more,
});

const tasks = [
	task('1', 700, { silent_seconds: 2000, source: 'chat' }),
	task('2', 650, { agent: 'Scribe 1' }),
	task('3', 90, { silent_seconds: 200 }),
];

/** The console on answers: keys are pressed on what a frame of them shows. */
function world(
	answers: Readonly<Record<string, readonly Row[] | Reading>>,
	columns = 80,
	lines = 24,
) {
	const readings = new Map(
		Object.entries(answers).map(([key, answer]) => [
			key,
			Array.isArray(answer) ? rows(at, ...answer) : (answer as Reading),
		]),
	);
	const input = { ...frameInput(), answers: readings };
	const frame = (state: UiState) => composeFrame(input, state, columns, lines);
	let step: Step = { state: {} };
	/** As the console does with each frame. */
	const seen = (next: Step): Step => ({
		...next,
		state: settled(next.state, frame(next.state).facts),
	});
	const told = {
		press(...keys: string[]) {
			for (const key of keys) step = seen(press(step.state, key, frame(step.state).facts));
			return told;
		},
		state: () => step.state,
		command: () => step.command,
		list: () => step.state.view as ListView,
		selected: () => frame(step.state).facts.rows,
		text: () =>
			`${frame(step.state)
				.lines.map((line) => lineText(line).trimEnd())
				.join('\n')}\n`,
		lines: () => frame(step.state).lines,
		with: (more: Readonly<Record<string, readonly Row[] | Reading>>) => {
			const next = world({ ...answers, ...more }, columns, lines);
			next.enter(step.state);
			return next;
		},
		enter(state: UiState) {
			step = seen({ state });
		},
	};
	return told;
}

const keyOfList = (id: string, after: string | null = null, afterId: string | null = null) =>
	keyOf({ query: `lists/${id}`, values: { after_at: after, after_id: afterId } });
const first = keyOfList('tasks-running');
const open = (found: readonly Row[] = tasks) => world({ [first]: found }).press('1', 'return');

describe('the selection', () => {
	test('is a row: it follows where that goes, and stays in its place where it is gone', () => {
		const app = open().press('j');
		expect(app.selected()).toEqual({ keys: ['1', '2', '3'], at: 1 });
		expect(app.with({ [first]: [task('9', 999), ...tasks] }).selected()?.at).toBe(2);
		const gone = app.with({ [first]: [tasks[0], tasks[2]] as Row[] });
		expect(gone.selected()).toEqual({ keys: ['1', '3'], at: 1 });
		expect(gone.press('k').list().row).toEqual({ key: '1', at: 0 });
	});

	test('is the row that was seen first, and stays where that moved to before it left', () => {
		const app = open();
		expect(app.selected()).toEqual({ keys: ['1', '2', '3'], at: 0 });
		const moved = app.with({ [first]: [task('8', 999), task('9', 998), ...tasks] });
		expect(moved.selected()?.at).toBe(2);
		expect(moved.press('return').state().view).toMatchObject({ row: { id: '1' } });
		moved.press('escape');
		const left = moved.with({ [first]: [task('8', 999), task('9', 998), ...tasks.slice(1)] });
		expect(left.selected()).toEqual({ keys: ['8', '9', '2', '3'], at: 2 });
		const before = left.with({ [first]: [task('7', 1000), task('8', 999), ...tasks.slice(1)] });
		expect(before.press('return').state().view).toMatchObject({ row: { id: '2' } });
	});

	test('goes to the ends and by pages, and nowhere beyond', () => {
		const many = Array.from({ length: 60 }, (_, n) => task(String(n), 1000 - n));
		const app = open(many);
		expect(app.press('G').selected()?.at).toBe(59);
		expect(app.press('down').selected()?.at).toBe(59);
		expect(app.press('pageup').selected()?.at).toBeLessThan(50);
		expect(app.press('g', 'up').selected()?.at).toBe(0);
		expect(app.text()).toContain('1 of 60');
	});

	test('leads past the end of a full page to the next one, and back', () => {
		const many = Array.from({ length: 100 }, (_, n) => task(String(n), 1000 - n));
		const app = open(many).press('G', 'j');
		expect(app.list().pages).toEqual([{ at: '2026-03-01 13:099:00+00', id: '99' }]);
		expect(app.text()).toContain('asking the server…');
		const next = app.with({
			[keyOfList('tasks-running', '2026-03-01 13:099:00+00', '99')]: [task('100', 5)],
		});
		expect(next.text()).toContain('page 2');
		expect(next.press('j').list().pages).toHaveLength(1);
		expect(next.press('k').list().pages).toEqual([]);
	});
});

test('a page that ends before it is full says so, and leads to what was not looked at', () => {
	const failed = (...key: [string, string] | []) => keyOfList('tasks-failed', ...key);
	const end = { id: '77', place: '2026-03-01 12:00:00+00', is_scan_end: true };
	const app = world({ [failed()]: [task('8', 40), end], [failed(end.place, end.id)]: [end] }, 100);
	app.press('1', 'return', 'left');
	expect(app.selected()?.keys).toEqual(['8']);
	expect(app.text()).toContain(
		'of 5,000 finished tasks; ↓ past the last row looks at those before',
	);
	expect(app.text()).toMatch(/1 of 1\+/);
	expect(app.press('j').list().pages).toEqual([{ at: end.place, id: end.id }]);
	expect(app.text()).toContain('none of 5,000 finished tasks failed; ↓ looks at those before');
	expect(app.press('g').list().pages).toHaveLength(1);
	expect(app.press('j').list().pages).toHaveLength(2);
	expect(app.press('k', 'k').list().pages).toEqual([]);
	const last = world({ [failed()]: [end], [failed(end.place, end.id)]: [] }, 100);
	expect(last.press('1', 'return', 'left', 'j').text()).toMatch(/│ none /);
	expect(last.press('k').list().pages).toEqual([]);
});

describe('keys in a list', () => {
	test('lead from one list of the panel to the next, and to the same of another panel', () => {
		expect(open().press('right').list()).toEqual(openList(taskLists[1] ?? running));
		expect(open().press('left').list().list).toBe('tasks-failed');
		expect(open().press('3').list().list).toBe('rollups');
		expect(open().press('tab').list().list).toBe('runtimes-silent');
	});

	test('open the detail and go back one level at a time', () => {
		const app = open().press('j', 'return');
		expect(app.state().view).toMatchObject({ kind: 'detail', row: { id: '2' } });
		expect(app.press('escape').selected()?.at).toBe(1);
		expect(app.press('z').state().view?.kind).toBe('zoom');
		expect(app.press('escape').state().view?.kind).toBe('list');
		expect(app.press('escape').state()).toEqual({ focus: 1 });
	});

	test('lead from a task to its runtime, from there to what that holds, and back the same way', () => {
		const app = world({
			[first]: tasks,
			[keyOf({ query: 'lists/task', values: { id: '1' } })]: [
				{ id: '1', runtime_id: 'r-7', runtime: 'ana-laptop-7' },
			],
			[keyOf({ query: 'lists/runtime', values: { id: 'r-7' } })]: [
				{ id: 'r-7', runtime: 'ana-laptop-7', silent_seconds: 200, running: 2, dispatched: 0 },
			],
			[keyOf({
				query: 'lists/runtime-tasks',
				values: { runtime: 'r-7', after_at: null, after_id: null },
			})]: [
				{ id: '1', status: 'running', seconds: 700, silent_seconds: 200 },
				{ id: '8', status: 'running', seconds: 30, silent_seconds: 200 },
			],
		}).press('1', 'return', 'return');
		expect(app.text()).toContain('enter its runtime');
		expect(app.press('return').text()).toContain('2 Runtimes  runtime ana-laptop-7');
		expect(app.text()).toContain('enter its tasks');
		expect(app.press('u').state().view).toMatchObject({
			kind: 'usage',
			request: { subject: { text: 'r-7' } },
		});
		expect(app.press('escape', 'return', 'j').text()).toMatch(/ana-laptop-7 {2}tasks it holds/);
		expect(app.selected()).toEqual({ keys: ['1', '8'], at: 1 });
		expect(app.press('return').text()).toContain('task 8');
		app.press('escape', 'escape', 'escape', 'escape');
		expect(app.list().list).toBe('tasks-running');
	});

	test('narrow it down by words of any column, to problems, and esc shows all again', () => {
		const app = open().press('/', ...'scri');
		expect(app.selected()?.keys).toEqual(['2']);
		expect(app.press('q').selected()?.keys).toEqual([]);
		expect(app.text()).toContain('no row has "scriq" in it; esc shows all 3');
		app.press('backspace', 'return', '!');
		expect(app.selected()?.keys).toEqual([]);
		expect(app.text()).toContain('│ /scri  problems only ');
		expect(app.press('escape').selected()?.keys).toEqual(['1', '2', '3']);
		expect(app.press('!').selected()?.keys).toEqual(['1', '3']);
		expect(app.text()).toContain('│ problems only ');
	});

	test('are taken in one batch as one after the other', () => {
		expect(open().press('j', 'j', 'return').state().view).toMatchObject({ row: { id: '3' } });
	});

	test('sort by the values of a column, not by how they are written', () => {
		const app = open([task('1', 95), task('2', 1000), task('3', 120)]);
		expect(app.press('>').selected()?.keys).toEqual(['2', '3', '1']);
		expect(app.press('I').selected()?.keys).toEqual(['1', '3', '2']);
		expect(app.text()).toContain('running↑');
		expect(app.press('<').list().order).toEqual(serverOrder);
	});

	test('show the usage of the workspace that is selected', () => {
		const workspace = { id: 'w-2', queued: 0, running: 1, finished: 0, failed: 0 };
		const app = world({ [keyOf({ query: 'lists/workspaces' })]: [workspace] });
		expect(app.press('5', 'return', 'u').state().view).toMatchObject({
			kind: 'usage',
			request: { subject: { kind: 'workspace', text: 'w-2' } },
		});
	});

	test('copy the row by its id', () => {
		expect(open().press('y').command()).toEqual({ kind: 'copy', text: '1' });
		expect(open().press('y').state().notice).toBe('copied id 1 (where the terminal takes it)');
		expect(world({}).press('y').command()).toMatchObject({
			kind: 'copy',
			text: expect.stringContaining('1 Tasks'),
		});
	});
});

test('rows are marked by the thresholds of the whole, as they are configured', () => {
	const [, queued = running] = taskLists;
	const waiting = [task('1', 1000), task('2', 70), task('3', 50)];
	const marks = (thresholds = defaultThresholds) =>
		waiting.map((row) => queued.severityOf?.(row, thresholds));
	expect(marks()).toEqual(['critical', 'warn', 'ok']);
	const own = { unit: 'seconds', source: 'judgement', warn: { at: 60, forMs: 0 } } as const;
	expect(marks({ ...defaultThresholds, 'oldest-ready-task': own })).toEqual(['warn', 'warn', 'ok']);
});

test('a runtime is late, then silent, and in the end nobody’s, but for one that holds work', () => {
	const [silent] = runtimeLists;
	const marks = [100, 110, 200, 20_000].map((silent_seconds) => {
		const of = (running: number) =>
			silent?.severityOf?.({ silent_seconds, running, dispatched: 0 }, defaultThresholds);
		return [of(0), of(1)];
	});
	expect(marks).toEqual([
		['ok', 'ok'],
		['warn', 'warn'],
		['critical', 'critical'],
		['ok', 'critical'],
	]);
});

test('values are ordered exactly, numbers in names as numbers, and what is unknown comes last', () => {
	const order = (field: string, values: readonly Cell[], isInverse = false) => {
		const column = sessionList.columns.findIndex((each) => each.field === field);
		const sieve = openSieve;
		const found = arrange(
			sessionList,
			values.map((value) => ({ [field]: value })),
			{ sieve, order: { column, isInverse } },
			frameInput(),
		);
		return found.map((row) => row[field]);
	};
	const large = 9_007_199_254_740_993n;
	expect(order('open_seconds', [9, null, large, 100])).toEqual([large, 100, 9, null]);
	expect(order('open_seconds', [9, null, large, 100], true)).toEqual([9, 100, large, null]);
	expect(order('user_name', ['w10', null, 'w9'])).toEqual(['w9', 'w10', null]);
});

describe('why there is nothing to see', () => {
	test.each<[string, Reading]>([
		['asking the server…', { kind: 'pending' }],
		['none', rows(at)],
		[
			'not in this database: no table agent_task_queue',
			{ kind: 'unavailable', reason: 'not in this database: no table agent_task_queue' },
		],
		[
			'the second connection',
			{
				kind: 'failed',
				failure: { sentence: 'the second connection could not be had' },
				failures: 1,
			},
		],
	])('%s', (text, reading) => {
		expect(
			world({ [first]: reading })
				.press('1', 'return')
				.text(),
		).toContain(text);
	});
});

describe('the palette', () => {
	test('finds a list by a few letters and opens it over what is there', () => {
		const app = open().press(':', ...'olde', 'return');
		expect(app.state().view).toMatchObject({
			kind: 'list',
			list: 'tasks-queued',
			from: { kind: 'list' },
		});
	});
	test('runs a key as if it had been pressed, with what is under it', () => {
		expect(
			open()
				.press('j', ':', ...'copy the', 'return')
				.command(),
		).toEqual({ kind: 'copy', text: '2' });
		expect(
			world({})
				.press(':', ...'diagn', 'return')
				.command(),
		).toEqual({ kind: 'diagnose' });
		expect(
			world({})
				.press(':', ...'backf', 'return')
				.command(),
		).toEqual({ kind: 'act', command: 'backfill' });
	});
	test('says why something can do nothing now, and what is not to be found', () => {
		const app = world({}).press(':', ...'other way', 'return');
		expect(app.state().notice).toBe('Invert: only in a list');
		expect(
			world({})
				.press(':', ...'qqqq')
				.text(),
		).toContain('nothing is called like "qqqq"');
		expect(world({}).press(':', 'escape').state()).toEqual({});
	});
});

test('the overview is narrowed down to panels with problems, or with a word in them', () => {
	const app = world({}).press('!');
	expect(app.text()).toContain('3 Rollups');
	expect(app.text()).not.toContain('6 Leases');
	expect(app.press('escape').text()).toContain('6 Leases');
	expect(app.press('/', ...'leas', 'return').text()).not.toContain('1 Tasks');
	expect(app.press('escape').state()).toEqual({ sieve: openSieve });
});

test('text from other people’s tables stays in its cell, in every column of every list', () => {
	const hostile = sanitise(`\x1b[31m日本語\u202e🏳️‍🌈 e\u0301\u0301 ${'長い'.repeat(30)}\r\n\x07`);
	const subject = { id: '1', name: hostile };
	for (const list of allLists.filter((each) => each.rows === undefined)) {
		const row = Object.fromEntries(
			[...list.columns.map(({ field }) => field), ...list.key].map((field) => [field, hostile]),
		);
		const answers = Object.fromEntries(
			list.questions(undefined, subject).map((question) => [keyOf(question), [row]]),
		);
		for (const columns of [40, 80, 200]) {
			const app = world(answers, columns, 24);
			app.enter({ view: list.isOfRow ? { ...openList(list), subject } : openList(list) });
			for (const state of ['list', 'detail']) {
				if (state === 'detail') app.press('return');
				for (const line of app.lines()) {
					expect(lineWidth(line), `${list.id} ${lineText(line)}`).toBeLessThanOrEqual(columns);
					expect(lineText(line)).not.toMatch(/[\x00-\x1f\x7f\u202e]/);
				}
			}
		}
	}
});

describe('literally', () => {
	const runtime: Row = {
		id: 'r-7',
		runtime: 'ana-laptop-7',
		provider: 'claude',
		runtime_mode: 'local',
		silent_seconds: 200,
		running: 0,
		dispatched: 0,
	};
	const runs = ['hourly', 'daily'].flatMap((pipeline) =>
		['ok', 'ok', 'failed', 'idle', 'running'].map((outcome, n) => ({
			pipeline,
			place: 5 - n,
			outcome,
			seconds: 60 * (5 - n),
			took_seconds: [0.042, 0.38, 1, 95][n] ?? null,
			rows_touched: outcome === 'ok' ? 12 : 0,
			message: outcome === 'failed' ? 'integer out of range' : null,
		})),
	);
	const answers = {
		[first]: tasks,
		[keyOf({ query: 'lists/runs-own' })]: runs.toReversed(),
		[keyOf({ query: 'lists/task', values: { id: '1' } })]: [
			{
				...task('1', 700),
				status: 'running',
				workspace_id: 'w-1',
				created_at: at - 710_000,
				started_at: at - 700_000,
				waited_seconds: 10,
				ran_seconds: 700,
				failure_reason: null,
			},
		],
		[keyOf({ query: 'lists/task-usage', values: { task: '1' } })]: [
			{
				provider: 'claude',
				model: 'claude-large',
				input_tokens: 9_007_199_254_740_993n,
				output_tokens: 1200,
				cache_read_tokens: 0,
				cache_write_tokens: 0,
				seconds: 40,
			},
		],
	};
	Object.assign(answers, {
		[keyOfList('runtimes-silent')]: [
			{ ...runtime, running: 2, dispatched: 1 },
			{ ...runtime, id: 'r-8', runtime: 'bo-desktop', silent_seconds: 40_000 },
		],
		[keyOf({
			query: 'lists/runtime-tasks',
			values: { runtime: 'r-7', after_at: null, after_id: null },
		})]: tasks.map((each) => ({ ...each, status: 'running' })),
		[keyOf({ query: 'lists/task-issue', values: { task: '1' } })]: [
			{ number: 812, title: 'Exports time out for large workspaces' },
		],
		[keyOfList('tasks-queued')]: [
			{ ...task('4', 75), runtime: null, attempt: 2, priority: 1 },
			{ ...task('5', 20), source: 'chat', priority: 0 },
		],
		[keyOfList('tasks-stuck')]: [
			{ ...task('6', 2400), status: 'running', silent_seconds: 2390 },
			{ ...task('7', 90), status: 'dispatched', agent: 'Scribe 1' },
		],
		[keyOfList('tasks-failed')]: [
			{ ...task('8', 40), reason: 'agent_error', attempt: 3, ran_seconds: 61 },
			{ ...task('9', 320), reason: 'queue_expired', runtime: null, ran_seconds: null },
		],
		[keyOfList('runtimes-online')]: [
			{ ...runtime, id: 'r-1', runtime: 'cloud-3', runtime_mode: 'cloud', silent_seconds: 59 },
			{ ...runtime, id: 'r-2', silent_seconds: 3, running: 4 },
		],
		[keyOfList('runs-ready')]: [
			{ id: 'run-3', seconds: 420, ready_seconds: 400 },
			{ id: 'run-4', seconds: 4000, ready_seconds: 3 },
		],
		[keyOf({ query: 'plan/database/server', everyMs: 60_000 })]: [
			{ 'QUERY PLAN': 'Result  (cost=0.00..0.05 rows=1 width=29)' },
		],
		[keyOfList('dirty-hourly')]: [1, 2, 3].map((hour) => ({
			pipeline: 'hourly',
			bucket: `2026-03-01 0${hour}:00:00+00`,
			keys: 40_000 / hour,
			oldest_seconds: 9000 - 2000 * hour,
			newest_seconds: 30,
			met: 20_000,
		})),
		[keyOf({ query: 'lists/workspaces' })]: [
			{ id: 'w-1', queued: 12, running: 4, finished: 310, failed: 2, newest_seconds: 3 },
			{ id: 'w-2', queued: 0, running: 1, finished: 17, failed: 0, newest_seconds: 240 },
		],
		[keyOfList('leases')]: [
			{ id: 'run-1', worker: 'worker-a', expired_seconds: 95, left_seconds: null },
			{ id: 'run-2', worker: 'worker-b', expired_seconds: null, left_seconds: 25 },
		],
		[keyOfList('lease-workers')]: [
			{ worker: 'worker-a', active: 0, expired: 1, expired_seconds: 95, next_seconds: null },
			{ worker: 'worker-b', active: 4, expired: 0, expired_seconds: null, next_seconds: 25 },
		],
		[keyOfList('sessions')]: [
			{
				pid: 7873,
				user_name: 'app',
				application: 'multica-server',
				client: '10.0.0.7',
				database: 'multica',
				state: 'idle in transaction',
				open_seconds: 2460,
				state_seconds: 2400,
				waits_for: null,
				query: 'select pg_advisory_xact_lock(4246)',
			},
		],
	});
	test.each<[string, readonly string[]]>([
		['tasks', ['1', 'return', 'j']],
		['task', ['1', 'return', 'return']],
		['tasks-ready', ['1', 'return', 'right']],
		['tasks-stuck', ['1', 'return', 'right', 'right']],
		['tasks-failing', ['1', 'return', 'left']],
		['rollups', ['3', 'return']],
		['rollup', ['3', 'return', 'return']],
		['samplers', ['S']],
		['sampler', ['S', 'G', 'return']],
		['runtimes', ['2', 'return']],
		['runtimes-online', ['2', 'return', 'right']],
		['runtime', ['2', 'return', 'return']],
		['runtime-tasks', ['2', 'return', 'return', 'return']],
		['dirty', ['4', 'return']],
		['bucket', ['4', 'return', 'return']],
		['workspaces', ['5', 'return']],
		['workspace', ['5', 'return', 'return']],
		['leases', ['6', 'return']],
		['lease', ['6', 'return', 'return']],
		['workers', ['6', 'return', 'right']],
		['runs-ready', ['6', 'return', 'left']],
		['sessions', ['D']],
		['session', ['D', 'return']],
		['tasks-narrowed', ['1', 'return', '>', '!', '/', ...'ana-', 'return']],
		['palette', ['1', 'return', ':', ...'fai']],
	])('%s', async (name, keys) => {
		for (const [columns, lines] of [
			[80, 24],
			[120, 40],
			[200, 50],
		] as const) {
			await expect(
				world(answers, columns, lines)
					.press(...keys)
					.text(),
			).toMatchFileSnapshot(`frames/${name}-${columns}x${lines}.txt`);
		}
	});
});

test('what has not been answered is not said to be missing', () => {
	const logs = ['own', 'scheduler', 'cron'].map((name) => keyOf({ query: `lists/runs-${name}` }));
	const open = (reading: Reading) =>
		world(Object.fromEntries(logs.map((key) => [key, reading])), 120)
			.press('3', 'return')
			.text();
	expect(open({ kind: 'pending' })).not.toMatch(/no log|no run/);
	expect(open(rows(at))).toContain('no run is logged');
	expect(open({ kind: 'unavailable', reason: 'no table' })).toContain('no log of runs');
});

test('a rollup that was never filled is not behind by decades', () => {
	const readings = allReadings();
	const state = readings['rollup/hourly-state'];
	const [row] = (state && rowsOf(state)) ?? [];
	const never = rows(at, { ...row, watermark_seconds: 0, data_lag_seconds: at / 1000 });
	const input = frameInput(snapshotOf({ ...readings, 'rollup/hourly-state': never }));
	const shown = (...keys: string[]) => {
		const state = keys.reduce<UiState>(
			(before, key) => press(before, key, composeFrame(input, before, 120, 30).facts).state,
			{},
		);
		return composeFrame(input, state, 120, 30).lines.map(lineText).join('\n');
	};
	expect(shown('3', 'return')).toMatch(/hourly +never filled/);
	expect(shown('3', 'return', 'return')).toMatch(/watermark +never filled/);
	expect(shown('3', 'return', 'return')).not.toMatch(/1970|,\d+d/);
});

describe('without a server', () => {
	const answers = new Map([
		[first, rows(at, ...tasks)],
		[
			keyOf({ query: 'lists/task', values: { id: '1' } }),
			rows(at, { ...task('1', 700), status: 'running' }),
		],
	]);
	const shown = (keys: readonly string[], columns: number, lines: number) => {
		const frame = (state: UiState) =>
			composeFrame(lostInput({ ...frameInput(), answers }), state, columns, lines);
		const state = keys.reduce<UiState>(
			(before, key) => press(before, key, frame(before).facts).state,
			{},
		);
		return frame(state).lines;
	};
	const text = (lines: ReturnType<typeof shown>) =>
		lines.map((each) => `${lineText(each).trimEnd()}\n`).join('');

	test.each<[string, readonly string[]]>([
		['tasks-lost', ['1', 'return']],
		['task-lost', ['1', 'return', 'return']],
	])('%s: the rows stay, dimmed, with their age', async (name, keys) => {
		const lines = shown(keys, 80, 24);
		const row = lines.find((each) => lineText(each).includes('Builder 3')) ?? [];
		const inside = row.filter(({ text: part }) => !/^[│ ]*$/.test(part));
		expect(inside.length).toBeGreaterThan(0);
		expect(inside.every(({ isDim }) => isDim)).toBe(true);
		for (const [columns, rowCount] of [
			[80, 24],
			[120, 40],
			[200, 50],
		] as const) {
			await expect(text(shown(keys, columns, rowCount))).toMatchFileSnapshot(
				`frames/${name}-${columns}x${rowCount}.txt`,
			);
		}
	});

	test('what was never answered is not said to be asked', () => {
		for (const keys of [['2', 'return'], ['D'], ['3', 'return', 'return'], ['S', 'return']]) {
			const seen = text(shown(keys, 80, 50));
			expect(seen).toContain('there is no server to ask');
			expect(seen).not.toContain('asking the server');
		}
	});

	test('nor is it said that a connection of ours could not be had', () => {
		const failure = { sentence: 'the second connection could not be had' };
		const failed: Reading = { kind: 'failed', failures: 1, failure };
		const stale: Reading = {
			...rows(at, ...tasks),
			kind: 'stale',
			failures: 1,
			failure,
		} as Reading;
		for (const reading of [failed, stale]) {
			const input = lostInput({ ...frameInput(), answers: new Map([[first, reading]]) });
			const { lines } = composeFrame(input, { view: openList(running) }, 80, 24);
			expect(text(lines)).toContain('there is no server to ask');
			expect(text(lines)).not.toContain('second connection');
		}
	});
});

describe('in the past', () => {
	const live = frameInput();
	const past = { live: live.report, isPlaying: false, isNewest: false, isOldest: false };
	const then = { ...live, past };
	const shown = (...keys: string[]) =>
		keys.reduce<UiState>(
			(state, key) => press(state, key, composeFrame(then, state, 120, 24).facts).state,
			{},
		);
	const text = (state: UiState) =>
		composeFrame(then, state, 120, 24).lines.map(lineText).join('\n');
	const keysOf = (state: UiState) => text(state).split('\n').at(-1);

	test('no key leads to rows that were never kept, and none is named that would', () => {
		expect(shown('1', 'return').notice).toBe(
			'enter: the rows behind a panel are not kept: z shows what is',
		);
		expect(keysOf({})).not.toContain('enter');
		expect(shown('D').notice).toContain('this is the past');
		expect(shown(':', ...'running longest', 'return').notice).toContain('this is the past');
	});

	test('what was open stays open, and its keys say that there is nothing to narrow down', () => {
		const list: UiState = { view: openList(running) };
		expect(text(list)).toContain('there is nothing of it in the past');
		expect(keysOf(list)).not.toMatch(/filter|problems|sort/);
		const usage: UiState = { view: openUsage(undefined) };
		expect(keysOf(usage)).not.toMatch(/ by | span | source /);
	});

	test('samplers are there with what they brought then, without a plan', () => {
		const state = shown('S', 'return');
		expect(text(state)).toContain('sampler  ');
		expect(text(state)).not.toContain('plan');
	});
});
