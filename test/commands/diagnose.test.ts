import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterEach, describe, expect, test } from 'vitest';
import { diagnose } from '../../source/commands/diagnose.ts';
import { diagnosisSchema } from '../../source/commands/diagnose-schema.ts';
import { diagnosisText } from '../../source/commands/diagnose-text.ts';
import { queueRows } from '../sql/queue-rows.ts';
import { useDatabase } from '../support/database.ts';
import { startProxy } from '../support/proxy.ts';
import { runCommand } from './run-command.ts';

const database = useDatabase();
const rows = queueRows(database);

afterEach(() => rows.clear());

/** A runtime that fell silent with a task in hand. */
async function silence(): Promise<void> {
	await rows.runtime('5 s');
	await rows.runtime('5 s');
	await rows.task({ status: 'running', started: '25 m', runtime: await rows.runtime('20 m') });
}

const diagnosing = (flags = {}, url = database.url) => runCommand(diagnose, { url, flags });

describe('as text', () => {
	test('where nothing is wrong', async () => {
		const { status, out } = await diagnosing();
		expect(status).toBe(0);
		expect(out.split('\n').slice(0, 3)).toEqual([
			'OK        nothing is wrong',
			'',
			'how things stand',
		]);
		expect(out).toMatch(/^ {10}ticks hourly {14}nobody, as far as can be seen$/m);
	});

	test('the finding, its evidence, the next step, and what it explains', async () => {
		await silence();
		const { status, out } = await diagnosing();
		expect(status).toBe(1);
		const [sentence, since, ...rest] = out.split('\n');
		expect(sentence).toBe(
			'WARNING   runtime runtime (local claude) has been silent for 20m: it explains 1 of 1 hanging task',
		);
		expect(since).toMatch(
			/^ {10}since {21}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d, 20m ago; this is certain$/,
		);
		expect(rest.slice(0, 4)).toEqual([
			'          runtime                   local claude, silent 20m, 1 running',
			'          given up                  in 2h39m',
			'          next                      Start its daemon again where it runs; within 3 h it keeps its running tasks.',
			'          next                      Else see what it holds, and cancel that in the product.',
		]);
		expect(rest[4]).toMatch(/^ {12}select id, status, started_at from agent_task_queue where/);
		expect(rest[5]).toBe(
			'          explains                  1 running task on runtimes silent for up to 20m; given up at 3 h',
		);
	});

	test('wrapped into the columns of a terminal, other than what is to be copied', () => {
		const sql = 'select id from agent_task_queue where runtime_id is null and status is not null;';
		const text = diagnosisText(
			[
				{
					role: 'sentence',
					severity: 'warn',
					label: '',
					text: 'one two three four five six seven eight',
				},
				{ role: 'detail', label: 'since', text: 'nine ten eleven twelve thirteen' },
				{ role: 'copy', label: '', text: sql },
			],
			50,
		);
		expect(text.split('\n')).toEqual([
			'WARNING   one two three four five six seven eight',
			'          since                     nine ten',
			'                                    eleven twelve',
			'                                    thirteen',
			`            ${sql}`,
			'',
		]);
	});
});

describe('as JSON', () => {
	test('with everything that the text has', async () => {
		await silence();
		const { status, out } = await diagnosing({ json: true });
		expect(status).toBe(1);
		const document = JSON.parse(out);
		expect(document).toMatchObject({
			schemaVersion: 1,
			tidemark: expect.any(String),
			takenAt: expect.stringMatching(/Z$/),
			findings: [
				{
					fault: 'silent-runtime',
					subject: 'runtime',
					severity: 'warn',
					confidence: 'certain',
					evidence: [{ label: 'runtime', value: 'local claude, silent 20m, 1 running' }, {}],
					next: [
						{ say: expect.any(String), command: null, sql: null },
						{ sql: expect.any(String) },
					],
					explains: {
						findings: [],
						verdicts: [{ signal: 'running-on-silent-runtime', severity: 'warn' }],
					},
				},
			],
			unexplained: [],
			gaps: [],
			evidenceServerMs: expect.any(Number),
		});
		const isValid = new Ajv2020({ allErrors: true, allowUnionTypes: true }).compile(
			diagnosisSchema,
		);
		expect(isValid(document) ? [] : isValid.errors).toEqual([]);
		const since = Date.parse(document.findings[0].since);
		expect((Date.parse(document.takenAt) - since) / 60_000).toBeCloseTo(20, 0);
	});
});

test('publishes the schema: docs/diagnose.schema.json is what --schema prints', async () => {
	const { out, status } = await diagnosing({ schema: true });
	expect(status).toBe(0);
	const published = new URL('../../docs/diagnose.schema.json', import.meta.url);
	expect(JSON.parse(readFileSync(published, 'utf8'))).toEqual(JSON.parse(out));
});

test('without a server there is no answer', async () => {
	const proxy = await startProxy(database.url);
	proxy.refuse(true);
	const { status, out, err } = await diagnosing({}, proxy.url);
	await proxy.close();
	expect({ status, out }).toEqual({ status: 3, out: '' });
	expect(err).toContain(new URL(proxy.url).port);
});

test('two connections and no more', async () => {
	const proxy = await startProxy(database.url);
	await diagnosing({}, proxy.url);
	expect(proxy.connections().most).toBe(2);
	await proxy.close();
});
