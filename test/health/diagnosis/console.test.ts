import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { DiagnosisInput } from '../../../source/health/diagnosis/check.ts';
import { dearWatching } from '../../../source/health/diagnosis/console/dear-watching.ts';
import { oldServer } from '../../../source/health/diagnosis/database/old-server.ts';
import { diagnose } from '../../../source/health/diagnosis/diagnose.ts';
import { defaultThresholds } from '../../../source/health/thresholds.ts';
import type { Snapshot } from '../../../source/sampling/snapshot.ts';
import { useDatabase } from '../../support/database.ts';
import { composeFor, samplerFolder } from '../../support/sampling.ts';
import { diagnoseNow, diagnoseOnce, findingOf, outline } from './diagnosed.ts';

const database = useDatabase();
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
	vi.useRealTimers();
	for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const snapshotWith = (more: Partial<Snapshot>): Snapshot => ({
	...composeFor(database.url).store.latest(),
	...more,
});

const inputOf = (snapshot: Snapshot, history = [snapshot]): DiagnosisInput => ({
	snapshot,
	history,
	verdicts: [],
	evidence: new Map(),
	thresholds: defaultThresholds,
	intervalMs: 2000,
});

test('a role that may not read what samplers need', async () => {
	const role = `Tidemark plain ${randomBytes(4).toString('hex')}`;
	await database.rows(`create role "${role}" login password 'w'`);
	cleanups.push(() => database.rows(`drop owned by "${role}"; drop role "${role}"`));
	await database.rows(
		`grant select on all tables in schema public to "${role}"; revoke select on runs from "${role}"`,
	);
	const url = new URL(database.url);
	url.username = role;
	url.password = 'w';
	const diagnosis = await diagnoseOnce(url.href);
	expect(outline(diagnosis)).toEqual(['warn sampler-denied']);
	const { sentence, next } = findingOf(diagnosis, 'sampler-denied');
	expect(sentence).toBe(
		`${role} may not read what 5 samplers need: what they show is unknown, not zero`,
	);
	// Evidence that is denied leaves gaps, which are told and are no findings.
	expect(diagnosis.gaps.map(({ evidence }) => evidence)).toEqual([
		'lease/expired',
		'lease/planned',
	]);
	await database.rows(next[0]?.sql ?? '');
	const afterwards = await diagnoseOnce(url.href);
	expect(outline(afterwards)).toEqual([]);
	expect(afterwards.gaps).toEqual([]);
});

test('a sampler that times out, and one that is wrong', async () => {
	const folder = samplerFolder({
		slow: '-- columns: value integer\n-- timeout: 50ms\nselect length(pg_sleep(5)::text) as value',
		wrong: '-- columns: value integer\nselect 1 / 0 as value',
	});
	cleanups.push(folder.remove);
	const parts = composeFor(database.url, { samplers: [folder.path] });
	cleanups.push(() => parts.stop());
	const diagnosis = await diagnoseNow(parts);
	expect(outline(diagnosis)).toEqual([
		'warn sampler-fails own/slow',
		'warn sampler-fails own/wrong',
	]);
	expect(diagnosis.findings.map(({ sentence }) => sentence)).toEqual([
		'sampler own/slow failed once: cancelled by the server after its limit of 50 ms; it is asked less often now',
		'sampler own/wrong failed once: division by zero',
	]);
	expect(diagnosis.unexplained).toEqual([]);
});

test('what watching costs, as a fact and as a note', async () => {
	const { facts } = await diagnoseOnce(database.url);
	expect(facts).toContainEqual({
		topic: 'cost',
		text: expect.stringMatching(/^a refresh takes the server [\d.]+ms, [\d.]+% of one processor$/),
	});
	const trips = (serverMs: number) =>
		Array.from({ length: 12 }, (_, seq) =>
			snapshotWith({ seq, trip: { wallMs: serverMs, serverMs, samplers: 20 } }),
		);
	const found = (serverMs: number) => {
		const history = trips(serverMs);
		return dearWatching.find(inputOf(history.at(-1) as Snapshot, history));
	};
	expect(found(100)).toEqual([]);
	expect(found(400)).toMatchObject([
		{
			severity: 'note',
			sentence: 'watching takes 20% of one processor of the server: 400ms a refresh',
		},
	]);
});

describe('the clock of this machine', () => {
	test.each([
		[185_000, 'the clock of this machine is 3m ahead of the server'],
		[-3_600_000, 'the clock of this machine is 1h00m behind the server'],
	])('that is off by %d ms', async (offMs, sentence) => {
		vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + offMs });
		const parts = composeFor(database.url);
		cleanups.push(() => parts.stop());
		const diagnosis = await diagnoseNow(parts);
		expect(outline(diagnosis)).toEqual(['warn clock-skew']);
		expect(diagnosis.findings[0]?.sentence).toContain(sentence);
	});

	test('that is right is not worth a word', async () => {
		expect(outline(await diagnoseOnce(database.url))).toEqual([]);
	});
});

test.each([
	['13.22', 1],
	['9.6.24', 1],
	['14.0', 0],
	['18.4', 0],
	['17beta2', 0],
])('Postgres %s', (version, count) => {
	const identity = {
		user: 'u',
		database: 'd',
		version,
		host: 'h',
		port: 1,
		isStandby: false,
		isTls: false,
		isPooled: false,
	} as NonNullable<Snapshot['identity']>;
	expect(oldServer.find(inputOf(snapshotWith({ identity })))).toHaveLength(count);
});

test('before the first sample nothing is known, and nothing is said', () => {
	const { findings, unexplained } = diagnose(inputOf(snapshotWith({})));
	expect({ findings, unexplained }).toEqual({ findings: [], unexplained: [] });
});
