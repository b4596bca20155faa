import { describe, expect, it, vi } from 'vitest';
import { decodeSample } from '../../../source/sampling/history/decode-sample.ts';
import { encodeSample } from '../../../source/sampling/history/encode-sample.ts';
import { History, historyLimits } from '../../../source/sampling/history/history.ts';
import { NotASample } from '../../../source/sampling/history/read-json.ts';
import type { Reading } from '../../../source/sampling/reading.ts';
import type { Snapshot } from '../../../source/sampling/snapshot.ts';
import { fc } from '../../support/properties.ts';
import { numbered, snapshots } from './samples.ts';

const text = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

const counted = (tasks: number): Record<string, Reading> => ({
	'multica/task-queued': { kind: 'ok', rows: [{ tasks }], at: tasks, cost: { serverMs: 1 } },
});

const read = ({ readings }: Snapshot) => {
	const reading = readings.get('multica/task-queued');
	return reading?.kind === 'ok' ? Number(reading.rows[0]?.tasks) : undefined;
};

describe('an encoded sample', () => {
	it('is decoded to what it was, whatever came before it', () => {
		fc.assert(
			fc.property(snapshots, (all) => {
				let decoded: Snapshot | undefined;
				for (const [at, snapshot] of all.entries()) {
					decoded = decodeSample(text(encodeSample(snapshot, all[at - 1])), decoded);
					expect(decoded).toEqual(snapshot);
					expect([...decoded.readings.keys()]).toEqual([...snapshot.readings.keys()]);
				}
			}),
		);
	});

	it('shares with the one before what did not change', () => {
		const first = numbered(1, counted(7));
		const second = {
			...numbered(2),
			readings: new Map([...first.readings, ['b/1', { kind: 'pending' as const }]]),
		};
		const before = decodeSample(text(encodeSample(first)));
		const after = decodeSample(text(encodeSample(second, first)), before);
		expect(after.readings.get('multica/task-queued')).toBe(
			before.readings.get('multica/task-queued'),
		);
	});

	it('that is none is refused, and nothing else is thrown', () => {
		const whole = text(encodeSample(numbered(1, counted(1)))) as Record<string, unknown>;
		fc.assert(
			fc.property(
				fc.jsonValue(),
				fc.constantFrom('s', 'd', 'r', 'c', 'i', 'v', 'p', 't'),
				(value, key) => {
					for (const broken of [value, { ...whole, [key]: value }, { ...whole, r: [value] }]) {
						try {
							decodeSample(broken);
						} catch (error) {
							expect(error).toBeInstanceOf(NotASample);
						}
					}
				},
			),
		);
		expect(() => decodeSample({ ...whole, r: [0] })).toThrow(/repeats a reading/);
	});
});

describe('the history', () => {
	it('has every snapshot as it was, before and after it is packed', async () => {
		const history = new History();
		const all = Array.from({ length: 300 }, (_, seq) => numbered(seq, counted(seq % 7)));
		for (const snapshot of all) history.add(snapshot);
		const check = () => {
			for (const snapshot of all) expect(history.get(snapshot.seq)).toStrictEqual(snapshot);
		};
		check();
		const unpacked = history.bytes;
		await vi.waitFor(() => expect(history.bytes).toBeLessThan(unpacked / 2));
		check();
		expect(history.get(300)).toBeUndefined();
		expect(history.get(299)).toBe(all[299]);
	});

	it('forgets what is older than it keeps, a block at a time', () => {
		const history = new History({ ...historyLimits, keepMs: 200_000 });
		for (let seq = 0; seq < 400; seq++) history.add(numbered(seq, counted(seq)));
		expect(history.newestSeq).toBe(399);
		expect(history.length).toBeGreaterThan(100);
		expect(history.length).toBeLessThan(100 + 2 * 64);
		expect(history.get(history.oldestSeq)?.seq).toBe(history.oldestSeq);
		expect(history.get(history.oldestSeq - 1)).toBeUndefined();
		const { times, values } = history.trends();
		expect(times).toHaveLength(history.length);
		expect(values(read).at(0)).toBe(history.oldestSeq);
	});

	it('is shorter where samples are large, and holds a clock that was set back to its limits', async () => {
		const large = (seq: number): Snapshot =>
			numbered(seq, {
				'own/hostile': {
					kind: 'ok',
					rows: Array.from({ length: 100 }, () => ({ text: `${Math.random()}`.repeat(50) })),
					at: seq,
					cost: { serverMs: 1 },
				},
			});
		const history = new History({ ...historyLimits, maxBytes: 2 ** 20, maxSamples: 200 });
		for (let seq = 0; seq < 60; seq++) history.add(large(seq));
		expect(history.bytes).toBeLessThan(2 ** 20);
		expect(history.length).toBeGreaterThan(1);
		for (let seq = 60; seq < 900; seq++) history.add({ ...numbered(seq), publishedAt: -seq });
		expect(history.length).toBeLessThanOrEqual(200);
		expect(history.newestSeq).toBe(899);
	});

	it('has numbers over time, also of a series that is asked for late, and as they were', () => {
		const history = new History();
		for (let seq = 0; seq < 10; seq++) history.add(numbered(seq, seq % 2 ? counted(seq) : {}));
		expect([...history.trends().values(read)]).toEqual([
			Number.NaN,
			1,
			Number.NaN,
			3,
			Number.NaN,
			5,
			Number.NaN,
			7,
			Number.NaN,
			9,
		]);
		const early = history.trends(3);
		for (let seq = 10; seq < 1000; seq++) history.add(numbered(seq, counted(seq)));
		expect([...early.values(read)]).toEqual([Number.NaN, 1, Number.NaN, 3]);
		expect(early.times).toHaveLength(4);
		expect(history.trends().values(read).at(-1)).toBe(999);
		for (let seq = 1000; seq < 2000; seq++) history.add(numbered(seq));
		expect([...early.values(read)]).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.NaN]);
	});

	it('finds a moment, and the snapshots before one', () => {
		const history = new History();
		for (let seq = 0; seq < 200; seq++) history.add(numbered(seq));
		const time = numbered(150).publishedAt;
		expect(history.seqAt(time)).toBe(150);
		expect(history.seqAt(time - 1)).toBe(149);
		expect(history.seqAt(0)).toBe(0);
		expect(history.lately(6000, 150).map(({ seq }) => seq)).toEqual([147, 148, 149, 150]);
		expect(history.upTo(130).map(({ seq }) => seq)).toEqual([128, 129, 130]);
	});
});
