import { describe, expect, it } from 'vitest';
import { parseSampler } from '../../source/catalog/front-matter.ts';

const parse = (text: string, name = 'queued') =>
	parseSampler('dir/queued.sql', 'multica', name, text);
const faultsOf = (text: string) => {
	const parsed = parse(text);
	return 'faults' in parsed ? parsed.faults.map(({ line, reason }) => `${line}: ${reason}`) : [];
};

const whole = `-- title: Queued tasks
-- panel: tasks
-- every: 1m
-- timeout: 250ms
-- max-rows: 50
-- needs: agent_task_queue(status, created_at), function lag(text, interval), cron.job
-- server: >=14 <19
-- columns: source text, tasks integer, le_1 integer, le_5 integer, count integer, sum number
-- metric: queued_tasks
-- type: gauge
-- labels: source, window="5m"
-- value: tasks
-- help: Tasks that wait.
-- metric: wait_seconds
-- type: histogram
-- buckets: 1 5
-- help: How long.
-- why: because
-- why: it is so
select 1;`;

describe('a header', () => {
	it('is read whole', () => {
		const parsed = parse(whole, 'queued.old');
		expect('sampler' in parsed && parsed.sampler).toEqual({
			id: 'multica/queued',
			pack: 'multica',
			name: 'queued',
			variant: 'old',
			file: 'dir/queued.sql',
			title: 'Queued tasks',
			panel: 'tasks',
			everyMs: 60_000,
			timeoutMs: 250,
			maxRows: 50,
			needs: [
				{ kind: 'table', table: 'agent_task_queue', columns: ['status', 'created_at'] },
				{ kind: 'function', signature: 'lag(text, interval)' },
				{ kind: 'table', table: 'cron.job', columns: [] },
			],
			server: { min: 14, below: 19 },
			columns: [
				{ name: 'source', type: 'text' },
				{ name: 'tasks', type: 'integer' },
				{ name: 'le_1', type: 'integer' },
				{ name: 'le_5', type: 'integer' },
				{ name: 'count', type: 'integer' },
				{ name: 'sum', type: 'number' },
			],
			parameters: [],
			metrics: [
				{
					name: 'queued_tasks',
					type: 'gauge',
					help: 'Tasks that wait.',
					value: 'tasks',
					labels: ['source'],
					constantLabels: { window: '5m' },
					buckets: [],
				},
				{
					name: 'wait_seconds',
					type: 'histogram',
					help: 'How long.',
					value: 'value',
					labels: [],
					constantLabels: {},
					buckets: [1, 5],
				},
			],
			why: 'because it is so',
			sql: 'select 1',
		});
	});

	it.each([
		['-- colour: red\nselect 1', ['1: there is no key "colour"']],
		['--title: x\nselect 1', ['1: a header line is written "-- key: value"']],
		['-- title: a\n-- title: b\nselect 1', ['2: title is given twice']],
		['-- every: soon\nselect 1', ['1: every is written like 500ms, 8s or 5m']],
		['-- server: 14\nselect 1', ['1: server is written like >=15, <17 or >=14 <17']],
		[
			'-- columns: a float\nselect 1',
			['1: columns is a list of: name text|integer|number|boolean|timestamp|date'],
		],
		['-- value: a\nselect 1', ['1: value belongs below the metric it describes']],
		['-- metric: a\nselect 1', ['1: a metric needs its help']],
		[
			'-- metric: a\n-- help: b\n-- buckets: 1\nselect 1',
			['1: a histogram, and only a histogram, has buckets'],
		],
		[
			'-- metric: a\n-- help: b\n-- labels: c\nselect 1',
			['1: the metric uses a column "value" that columns does not promise'],
		],
		[
			'-- title: x\nselect 1; select 2',
			['2: a sampler is one statement; something follows its semicolon'],
		],
		['-- title: x\nselect 1\n  from t where a = $$', ['3: a dollar-quoted string is never closed']],
	])('tells line and reason: %j', (text, expected) => {
		expect(faultsOf(text)).toEqual(expect.arrayContaining(expected));
	});

	it('tells every missing key at once', () => {
		expect(faultsOf('select 1')).toEqual([
			'1: the header has no title',
			'1: the header has no panel',
			'1: the header promises no columns',
		]);
	});
});

describe('a query', () => {
	const header = '-- title: x\n-- columns: a integer\n';
	const asQuery = (parameters: string) =>
		parseSampler(
			'dir/q.sql',
			'lists',
			'q',
			`${header}-- parameters: ${parameters}\nselect $1 as a`,
			'query',
		);

	it('has parameters with names, in the order of their numbers, and belongs to no panel', () => {
		expect(asQuery('$1 runtime uuid or null, $2 first_day date')).toMatchObject({
			sampler: {
				id: 'lists/q',
				parameters: [
					{ name: 'runtime', type: 'uuid', isNullable: true },
					{ name: 'first_day', type: 'date', isNullable: false },
				],
			},
		});
	});

	it.each(['$2 runtime uuid', 'runtime uuid', '$1 first day date'])('refuses "%s"', (text) => {
		expect(asQuery(text)).toMatchObject({ faults: [{ line: 3 }] });
	});

	it('is no sampler: nobody would give the values', () => {
		const text = `-- panel: p\n${header}-- parameters: $1 a integer\nselect $1 as a`;
		expect(parseSampler('dir/q.sql', 'own', 'q', text)).toMatchObject({
			faults: [{ reason: expect.stringContaining('a sampler has no parameters') }],
		});
	});
});
