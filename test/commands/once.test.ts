import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { once } from '../../source/commands/once.ts';
import { onceSchema } from '../../source/commands/once-schema.ts';
import { parseExposition } from '../metrics/scrape.ts';
import { queueRows } from '../sql/queue-rows.ts';
import { useDatabase } from '../support/database.ts';
import { samplerFolder } from '../support/sampling.ts';
import { type RunOptions, runCommand } from './run-command.ts';

const database = useDatabase();
const rows = queueRows(database);
const cleanups: (() => unknown)[] = [];
const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(onceSchema);

beforeAll(async () => {
	await rows.task({ status: 'queued', created: '20 m' });
	await rows.runtime('5 s');
});
afterEach(() => {
	for (const cleanup of cleanups.splice(0)) cleanup();
});

async function json(options: RunOptions) {
	const { status, out, err } = await runCommand(once, {
		...options,
		flags: { ...options.flags, json: true },
	});
	const document = JSON.parse(out);
	expect(validate(document), JSON.stringify(validate.errors)).toBe(true);
	return { status, document, err };
}

test('prints the whole sample as JSON of the published shape', async () => {
	const { status, document } = await json({ url: database.url });
	expect(status).toBe(0);
	expect(document).toMatchObject({
		schemaVersion: 1,
		connection: { state: 'live', isStandby: false },
	});
	const byId = new Map(document.samplers.map((sampler: { id: string }) => [sampler.id, sampler]));
	expect(byId.get('multica/task-queued')).toMatchObject({
		pack: 'multica',
		panel: 'tasks',
		state: 'ok',
		reason: null,
		rows: expect.arrayContaining([{ source: 'chat', tasks: 0, oldest_seconds: null }]),
	});
	// The slow ones, which a scrape does not wait for, are in it too.
	expect(byId.get('multica/active')).toMatchObject({ state: 'ok' });
	expect(document.verdicts[0]).toMatchObject({
		signal: 'oldest-ready-task',
		severity: 'critical',
		sentence: expect.stringContaining('has waited 20m'),
	});
});

test('keeps every digit, and has a word for what JSON has no number for', async () => {
	const folder = samplerFolder({
		values: `-- columns: large integer, small integer, endless number, none number, never timestamp, moment timestamp, word text, truth boolean, missing integer
select 9223372036854775807 as large, -9007199254740991 as small, '-Infinity'::float8 as endless, 'NaN'::float8 as none,
	'infinity'::timestamptz as never, '2026-03-01 12:00:00.5+00'::timestamptz as moment, E'\\x1b[31m"é' as word, true as truth, null::int as missing`,
		broken: '-- columns: n integer\nselect 1 / 0 as n',
		absent: '-- needs: nowhere(id)\n-- columns: n integer\nselect 1 as n',
		empty: '-- columns: n integer\nselect 1 as n where false',
	});
	cleanups.push(folder.remove);
	const { document } = await json({
		url: database.url,
		flags: { samplers: [folder.path], pack: 'own' },
	});
	const states = Object.fromEntries(
		document.samplers.map((sampler: { id: string; state: string }) => [sampler.id, sampler.state]),
	);
	expect(states).toEqual({
		'own/absent': 'unavailable',
		'own/broken': 'failed',
		'own/empty': 'empty',
		'own/values': 'ok',
	});
	const [absent, broken, empty, values] = document.samplers;
	expect(absent).toMatchObject({
		reason: 'not in this database: no table nowhere',
		rows: null,
		at: null,
	});
	expect(broken).toMatchObject({ reason: 'division by zero', sqlstate: '22012', rows: null });
	expect(empty).toMatchObject({ rows: [], at: expect.any(String) });
	expect(values.rows).toEqual([
		{
			large: '9223372036854775807',
			small: -9007199254740991,
			endless: '-Infinity',
			none: 'NaN',
			never: 'infinity',
			moment: '2026-03-01T12:00:00.500Z',
			word: '·"é',
			truth: true,
			missing: null,
		},
	]);
});

test('says as JSON, and with 1, that there is no sample', async () => {
	const { status, document, err } = await json({
		url: 'postgres://nobody:secret@127.0.0.1:1/nothing',
	});
	expect(status).toBe(1);
	expect(document).toMatchObject({
		takenAt: null,
		connection: { state: 'lost', failure: 'refused' },
		samplers: [],
		verdicts: [],
	});
	expect(err).toMatch(/^Connection refused by 127\.0\.0\.1:1/);
	expect(err).not.toContain('secret');
	const plain = await runCommand(once, { url: 'postgres://nobody@127.0.0.1:1/nothing' });
	expect(plain).toMatchObject({ status: 1, out: '' });
});

test('lets through what is asked for, and says what there is to ask for', async () => {
	const { document } = await json({ url: database.url, flags: { panel: 'runtimes' } });
	const panels = new Set(document.samplers.map(({ panel }: { panel: string }) => panel));
	expect([...panels]).toEqual(['runtimes']);
	await expect(runCommand(once, { url: database.url, flags: { pack: 'multca' } })).rejects.toThrow(
		/^--pack is one of database, lease, multica, rollup; it is "multca"$/,
	);
});

test('prints what /metrics would answer', async () => {
	const { out, status } = await runCommand(once, {
		url: database.url,
		flags: { openmetrics: true, pack: 'multica' },
	});
	expect(status).toBe(0);
	expect(out).toMatch(/\n# EOF\n$/);
	const { of, types } = parseExposition(out);
	expect(of('tidemark_up')).toEqual({ '': 1 });
	expect(of('multica_agent_task_queued')['source="other"']).toBe(1);
	expect(types.has('xyn_queue_depth')).toBe(false);
	// What would clash with node_exporter's own in its folder, and what would stay young in a file.
	expect([...types.keys()].filter((name) => /^process_|_age_seconds$/.test(name))).toEqual([
		'multica_runtime_heartbeat_age_seconds',
	]);
	expect(of('tidemark_last_sample_timestamp_seconds')['']).toBeGreaterThan(0);
});

test('prints tables that a person can read', async () => {
	const { out, status } = await runCommand(once, {
		url: database.url,
		flags: { panel: 'runtimes' },
	});
	expect(status).toBe(0);
	expect(out.replace(/\d+(\.\d+)?ms/g, 'N ms')).toContain(
		`multica/runtime-online  Runtimes online  (1 row, N ms)
  runtime_mode  provider  runtimes
  local         claude           1
`,
	);
});

test('publishes the schema: docs/once.schema.json is what --schema prints', async () => {
	const { out } = await runCommand(once, { flags: { schema: true } });
	const published = readFileSync(new URL('../../docs/once.schema.json', import.meta.url), 'utf8');
	expect(JSON.parse(published)).toEqual(JSON.parse(out));
	expect(new Ajv2020().validateSchema(JSON.parse(out))).toBe(true);
});
