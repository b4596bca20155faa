import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Demo, faults, startDemo } from '../../source/demo/demo.ts';
import { symptoms } from './symptoms.ts';

let cacheDir: string;
let demo: Demo | undefined;

beforeAll(async () => {
	cacheDir = await mkdtemp(join(tmpdir(), 'tidemark-faults-'));
});

afterEach(async () => {
	await demo?.stop();
	demo = undefined;
});

afterAll(() => rm(cacheDir, { recursive: true, force: true }));

async function start(fault?: string): Promise<pg.Client> {
	demo = await startDemo({
		cacheDir,
		historyDays: 3,
		stepMs: 100,
		...(fault !== undefined && { fault }),
	});
	const client = new pg.Client({ connectionString: demo.url });
	client.on('error', () => {});
	await client.connect();
	return client;
}

/** Whether the symptom is there, or comes within some steps of the workload. */
async function shows(client: pg.Client, question: string): Promise<boolean> {
	for (let step = 0; step < 25; step++) {
		const { rows } = await client.query(`select (${question})::boolean as is_there`);
		if (rows[0].is_there) return true;
		await demo?.workload.nextStep();
	}
	return false;
}

test('a demo without a fault shows none of the symptoms', async () => {
	const client = await start();
	await demo?.workload.nextStep();
	const present: string[] = [];
	for (const [name, question] of Object.entries(symptoms)) {
		const { rows } = await client.query(`select (${question})::boolean as is_there`);
		if (rows[0].is_there) present.push(name);
	}
	expect(present).toEqual([]);
	await client.end();
});

test('every fault has a symptom and a sentence', () => {
	expect(Object.keys(symptoms).sort()).toEqual(Object.keys(faults).sort());
	for (const { summary } of Object.values(faults)) expect(summary).toMatch(/^[a-z].{20,100}[^.]$/);
});

describe('the fault', () => {
	test.each(Object.keys(faults))('%s', async (name) => {
		const client = await start(name);
		expect(await shows(client, symptoms[name] ?? 'false')).toBe(true);
		await client.end();
	});
});
