import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { TidemarkError } from '../../source/errors.ts';
import { type RecordingHead, recordingVersion } from '../../source/recording/format.ts';
import { ownPanelsOf } from '../../source/recording/read-panels.ts';
import { readRecording } from '../../source/recording/read-recording.ts';
import { Recorder } from '../../source/recording/recorder.ts';
import type { Snapshot } from '../../source/sampling/snapshot.ts';
import { numbered, snapshots } from '../sampling/history/samples.ts';
import { fc } from '../support/properties.ts';

const folder = mkdtempSync(join(tmpdir(), 'tidemark-recording-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
const newFile = (): string => join(folder, `${files++}.tmr`);

const head: RecordingHead = {
	tidemark: 'recording',
	version: recordingVersion,
	target: 'staging',
	intervalMs: 1000,
	everyMs: { 'lease/ready': 5000 },
	program: '0.1.0',
};

async function record(
	file: string,
	all: readonly Snapshot[],
	maxBytes?: number,
): Promise<string[]> {
	const told: string[] = [];
	const onFailure = (sentence: string) => told.push(sentence);
	const options = { file, head: () => head, onFailure, ...(maxBytes && { maxBytes }) };
	const recorder = await Recorder.open(options);
	for (const snapshot of all) recorder.add(snapshot);
	await recorder.close();
	return told;
}

async function read(file: string) {
	const found: Snapshot[] = [];
	const notes = await readRecording(file, (snapshot) => found.push(snapshot));
	return { found, notes };
}

const sample = (seq: number, note = 'one') =>
	numbered(seq, {
		'a/1': { kind: 'ok', rows: [{ note, seq }], at: seq, cost: { serverMs: 1 } },
	});
const samples = (count: number) => Array.from({ length: count }, (_, seq) => sample(seq));

/** Text as it may be shown: nothing but letters and blanks is left of what is generated. */
const plain = (all: readonly Snapshot[]): boolean => !/[^ -~]/.test(JSON.stringify([...all], show));
const show = (_: string, value: unknown): unknown => {
	if (typeof value === 'bigint') return String(value);
	return value instanceof Map ? [...value] : value;
};

describe('a recording', () => {
	it('gives back what was recorded, from 0', async () => {
		await fc.assert(
			fc.asyncProperty(snapshots.filter(plain), async (all) => {
				const file = newFile();
				expect(await record(file, all)).toEqual([]);
				const { found, notes } = await read(file);
				expect(found).toEqual(all.map((snapshot, seq) => ({ ...snapshot, seq })));
				expect(notes).toEqual({ head, damaged: 0, starts: 1 });
			}),
			{ numRuns: 30 },
		);
	});

	it('can be read by its owner alone, and is gone on with', async () => {
		const file = newFile();
		await record(file, samples(3));
		await record(file, samples(2));
		expect(statSync(file).mode & 0o777).toBe(0o600);
		const { found, notes } = await read(file);
		expect(found.map(({ readings }) => readings.size)).toEqual([1, 1, 1, 1, 1]);
		expect(notes).toMatchObject({ damaged: 0, starts: 2 });
	});

	it('has the panels of own samplers, as far as they can be drawn', async () => {
		const file = newFile();
		const types = { queue: 'text', jobs: 'integer' } as const;
		const ownPanels = [{ id: 'jobs', samplers: [{ id: 'own/jobs', title: 'Jobs\x1b[2J', types }] }];
		const told = (panels: unknown) => {
			writeFileSync(file, `${JSON.stringify({ ...head, ownPanels: panels })}\n`);
			return record(file, samples(1)).then(() => read(file));
		};
		const recorder = await Recorder.open({
			file,
			head: () => ({ ...head, ownPanels }),
			onFailure: () => {},
		});
		recorder.add(sample(0));
		await recorder.close();
		const [panel] = ownPanelsOf((await read(file)).notes.head.ownPanels ?? []);
		expect(panel?.samplers).toEqual([
			{ id: 'own/jobs', title: 'Jobs·', types: new Map(Object.entries(types)) },
		]);
		expect((await told([{ id: '../x', samplers: 1 }])).notes.damaged).toBe(0);
	});

	it('whose last line was torn off has all before it, also when it is gone on with', async () => {
		const file = newFile();
		await record(file, samples(10));
		truncateSync(file, statSync(file).size - 15);
		expect(await read(file)).toMatchObject({ notes: { damaged: 1 }, found: { length: 9 } });
		await record(file, samples(5));
		const { found, notes } = await read(file);
		expect(found).toHaveLength(14);
		expect(notes).toMatchObject({ damaged: 1, starts: 2 });
	});

	it('that is damaged loses the samples up to the next whole one, and makes up none', async () => {
		const file = newFile();
		await record(file, samples(200));
		const lines = readFileSync(file, 'utf8').split('\n');
		writeFileSync(file, lines.toSpliced(80, 1).join('\n'));
		const { found, notes } = await read(file);
		expect(notes.damaged).toBe(64 - (79 % 64) - 1);
		expect(found).toHaveLength(199 - notes.damaged);
		for (const { at, readings } of found) {
			const reading = readings.get('a/1');
			expect(reading?.kind === 'ok' && reading.rows[0]?.seq).toBe((at - numbered(0).at) / 2000);
		}
	});

	it('is put aside when it has grown, and both parts can be read', async () => {
		const file = newFile();
		await record(file, samples(100), 8000);
		const [older, newer] = [await read(`${file}.1`), await read(file)];
		expect(statSync(file).size).toBeLessThan(9000);
		expect(statSync(`${file}.1`).mode & 0o777).toBe(0o600);
		expect(newer.found.at(-1)?.at).toBe(numbered(99).at);
		expect(older.found.at(-1)?.at).toBe((newer.found[0]?.at ?? 0) - 2000);
	});

	it('ends when the disk is full, which is told once', async () => {
		expect(await record('/dev/full', samples(5))).toEqual([
			'/dev/full is no longer recorded to: the disk is full',
		]);
	});

	it('is not written into something else', async () => {
		const file = newFile();
		writeFileSync(file, 'my notes');
		await expect(record(file, [])).rejects.toThrow(
			/cannot be recorded to: it holds something else/,
		);
		await expect(record(join(folder, 'no', 'such'), [])).rejects.toThrow(/its folder is not there/);
		expect(readFileSync(file, 'utf8')).toBe('my notes');
	});

	it('of a newer program is refused with what to do', async () => {
		const file = newFile();
		writeFileSync(file, JSON.stringify({ ...head, version: 2, program: '9.9.9\x1b[2J' }));
		await expect(read(file)).rejects.toThrow(
			/written by tidemark 9\.9\.9· in a newer form .* update it/,
		);
	});

	it('shows no control characters, whoever wrote it', async () => {
		const file = newFile();
		const lines = [
			head,
			{
				k: 1,
				...JSON.parse(
					'{"s":[1,1,1,1],"d":["a\\u001b[2J"],"r":[["u","\\u001b]0;x\\u0007"]],"c":{"kind":"connecting","since":1,"where":"\\u009b2J"}}',
				),
			},
		];
		writeFileSync(file, lines.map((each) => JSON.stringify(each)).join('\n'));
		const { found } = await read(file);
		expect(JSON.stringify(found, show)).not.toMatch(/[\x00-\x1f\x7f-\x9f]|\\u00/);
	});
});

describe('any file', () => {
	/** Reading it gives snapshots or one sentence, and nothing else is thrown. */
	async function try_(bytes: Uint8Array): Promise<void> {
		const file = newFile();
		writeFileSync(file, bytes);
		try {
			await read(file);
		} catch (error) {
			expect(error).toBeInstanceOf(TidemarkError);
			expect((error as Error).message).toMatch(/^[^\n]{1,300}$/);
		} finally {
			rmSync(file);
		}
	}

	it('of any bytes is a recording or is refused', async () => {
		await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), try_), { numRuns: 200 });
	});

	it('that was a recording before somebody changed it is read or refused', async () => {
		const file = newFile();
		await record(file, samples(20));
		const whole = readFileSync(file);
		const change = fc.record({
			at: fc.nat(whole.length - 1),
			bytes: fc.uint8Array({ maxLength: 6 }),
			cut: fc.nat(40),
		});
		await fc.assert(
			fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
				let bytes: Buffer = whole;
				for (const { at, bytes: put, cut } of changes) {
					bytes = Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + cut)]);
				}
				await try_(bytes);
			}),
			{ numRuns: 200 },
		);
	});

	it('of JSON that nests without end is refused', () =>
		try_(
			Buffer.from(
				`${JSON.stringify(head)}\n${'['.repeat(1e6)}\n{"k":1,"s":${'['.repeat(1e5)}${']'.repeat(1e5)}}`,
			),
		));
});
