import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
	answer,
	askFor,
	type Confirmation,
	deafMs,
	type Rung,
} from '../../source/actions/confirm.ts';
import { type EffectGroup, movedSince, planHash } from '../../source/actions/effect.ts';
import { minus, plus, wholeOf } from '../../source/actions/json.ts';
import {
	forgetMadeUpFor,
	leftBehind,
	leftToTell,
	newRunId,
	openLedger,
	unfinishedRuns,
} from '../../source/actions/ledger.ts';
import {
	longestHoldMs,
	nextPiece,
	paceAfter,
	predictMs,
	weightOf,
} from '../../source/actions/pace.ts';
import { pipelines } from '../../source/actions/pipelines.ts';
import { etaSeconds, noProgress, progressAfter, rateOf } from '../../source/actions/progress.ts';
import { stateFolder } from '../../source/actions/state-folder.ts';
import {
	cut,
	cutAtMonths,
	monthsBetween,
	monthText,
	parseMoment,
	parseSpan,
	uncovered,
	wholeBuckets,
} from '../../source/actions/times.ts';
import { fc } from '../support/properties.ts';

const hour = 3_600_000;
const day = 24 * hour;
const now = Date.UTC(2025, 10, 22, 14, 30);

describe('moments', () => {
	test.each([
		['2025-11-03', Date.UTC(2025, 10, 3)],
		['2025-11-03T14:00', Date.UTC(2025, 10, 3, 14)],
		['2025-11-03 14:00:30Z', Date.UTC(2025, 10, 3, 14, 0, 30)],
		['2025-11-03T14:00+02', Date.UTC(2025, 10, 3, 12)],
		['2025-11-03T14:00:00.250-0530', Date.UTC(2025, 10, 3, 19, 30, 0, 250)],
		['now', now],
		['3h', now - 3 * hour],
		['-2d', now - 2 * day],
	])('%s', (text, at) => expect(parseMoment(text, '--from', now)).toBe(at));

	test.each([
		'',
		'2025-13-01',
		'2025-02-30',
		'2025-11-03T25:00',
		'tomorrow',
		'3 hours',
		'3h5m',
		'1762128000',
	])('%s is none', (text) =>
		expect(() => parseMoment(text, '--from', now)).toThrow('--from is a moment such as'),
	);

	test('lengths of time', () => {
		expect([
			parseSpan('500ms', '-'),
			parseSpan('2s', '-'),
			parseSpan('1.5h', '-'),
			parseSpan('7d', '-'),
		]).toEqual([500, 2000, 1.5 * hour, 7 * day]);
		expect(() => parseSpan('7', '--retention')).toThrow('--retention is a time such as');
	});
});

describe('spans', () => {
	test('months go from the oldest to the newest, leap years and all', () => {
		const months = monthsBetween(Date.UTC(2023, 11, 31, 23), Date.UTC(2024, 2, 1));
		expect(months.map(({ fromMs }) => monthText(fromMs))).toEqual([
			'2023-12',
			'2024-01',
			'2024-02',
			'2024-03',
		]);
		expect((months[2]?.toMs ?? 0) - (months[2]?.fromMs ?? 0)).toBe(29 * day);
	});

	const spans = fc
		.tuple(fc.integer({ min: 0, max: 5000 }), fc.integer({ min: 1, max: 900 }))
		.map(([from, length]) => ({ fromMs: from * hour, toMs: (from + length) * hour }));

	test('what is cut comes together again without a gap', () => {
		fc.assert(
			fc.property(spans, fc.constantFrom(hour, 7 * hour, day), (span, step) => {
				for (const pieces of [cut(span, step), cutAtMonths(span)]) {
					expect(pieces[0]?.fromMs).toBe(span.fromMs);
					expect(pieces.at(-1)?.toMs).toBe(span.toMs);
					for (const [index, piece] of pieces.entries()) {
						expect(piece.toMs).toBeGreaterThan(piece.fromMs);
						if (index > 0) expect(piece.fromMs).toBe(pieces[index - 1]?.toMs);
					}
				}
			}),
		);
	});

	test('what is not covered is exactly that', () => {
		fc.assert(
			fc.property(spans, fc.array(spans, { maxLength: 6 }), (whole, covered) => {
				const missing = uncovered(whole, covered);
				const isIn = (at: number, list: typeof covered | typeof missing) =>
					list.some(({ fromMs, toMs }) => at >= fromMs && at < toMs);
				for (let at = whole.fromMs; at < whole.toMs; at += hour) {
					expect(isIn(at, missing)).toBe(!isIn(at, covered));
				}
				expect(
					missing.every(({ fromMs, toMs }) => fromMs >= whole.fromMs && toMs <= whole.toMs),
				).toBe(true);
			}),
		);
	});

	test('buckets are whole', () => {
		const span = { fromMs: now, toMs: now + 1 };
		expect(wholeBuckets(span, pipelines.hourly)).toEqual({
			fromMs: now - 30 * 60_000,
			toMs: now + 30 * 60_000,
		});
		expect(wholeBuckets(span, pipelines.daily).toMs % day).toBe(0);
	});
});

describe('pace', () => {
	const weights = new Map([
		[0, 2400],
		[day, 240_000],
		[2 * day, 0],
	]);

	test('a part of a day weighs that part', () => {
		expect(weightOf(weights, { fromMs: 0, toMs: 6 * hour })).toBe(600);
		expect(weightOf(weights, { fromMs: 12 * hour, toMs: day + 12 * hour })).toBe(1200 + 120_000);
	});

	test('a light span stays whole, a heavy one is cut so that a piece holds the lock short enough', () => {
		const pace = { rowsPerMs: 10, isMeasured: true };
		expect(nextPiece({ fromMs: 0, toMs: day }, weights, pace, hour)).toEqual({
			fromMs: 0,
			toMs: day,
		});
		const piece = nextPiece({ fromMs: day, toMs: 2 * day }, weights, pace, hour);
		expect(piece.toMs % hour).toBe(0);
		expect(predictMs(pace, weightOf(weights, piece))).toBeLessThanOrEqual(longestHoldMs);
		expect(piece.toMs - piece.fromMs).toBe(3 * hour);
	});

	test('a piece is at least one step, however slow it goes', () => {
		const piece = nextPiece(
			{ fromMs: day, toMs: 2 * day },
			weights,
			{ rowsPerMs: 0.001, isMeasured: true },
			hour,
		);
		expect(piece).toEqual({ fromMs: day, toMs: day + hour });
	});

	test('is learnt: the first measure replaces the guess, the next ones are mixed in, the tiny ones not', () => {
		const guess = { rowsPerMs: 100, isMeasured: false };
		const first = paceAfter(guess, 1000, 500);
		expect(first).toEqual({ rowsPerMs: 2, isMeasured: true });
		expect(paceAfter(first, 4000, 1000).rowsPerMs).toBe(3);
		expect(paceAfter(first, 3, 1000)).toBe(first);
	});
});

describe('progress', () => {
	const slice = { fromMs: 0, toMs: day };
	const done = { kind: 'slice-done', slice, rows: 100, touched: 40, tookMs: 2000 } as const;

	test('no rate and no ETA before anything is measured', () => {
		const planned = progressAfter(noProgress, { kind: 'planned', rows: 1000 });
		expect(rateOf(planned)).toBeUndefined();
		expect(etaSeconds(planned)).toBeUndefined();
	});

	test('rate and ETA go by the work done; yielding and pausing do not count', () => {
		let progress = progressAfter(noProgress, { kind: 'planned', rows: 1000 });
		progress = progressAfter(progress, done);
		progress = progressAfter(progress, { kind: 'yielded', reason: { kind: 'paused' } });
		progress = progressAfter(progress, { kind: 'went-on', afterMs: 900_000 });
		expect(rateOf(progress)).toBe(50);
		expect(etaSeconds(progress)).toBe(18);
		expect(etaSeconds(progress, 1000)).toBe(27);
	});

	test('the lock is held from taking it to giving it back, over all that is done meanwhile', () => {
		const events = [
			{ kind: 'locked', atMs: 1000 },
			done,
			done,
			{ kind: 'unlocked', atMs: 8000 },
			{ kind: 'locked', atMs: 20_000 },
			done,
			{ kind: 'unlocked', atMs: 22_500 },
		] as const;
		expect(events.reduce(progressAfter, noProgress)).toMatchObject({
			longestSliceMs: 2000,
			longestHoldMs: 7000,
			lockedAtMs: undefined,
		});
	});

	test('more than was planned moves the end, not past it', () => {
		let progress = progressAfter(noProgress, { kind: 'planned', rows: 50 });
		progress = progressAfter(progress, done);
		expect(progress.totalRows).toBe(100);
		expect(etaSeconds(progress)).toBe(0);
	});
});

describe('confirming', () => {
	const name: Rung = { kind: 'name', name: 'prod' };
	const press = (rung: Rung, keys: readonly (readonly [string, number])[]): Confirmation => {
		let at = deafMs;
		return keys.reduce(
			(state, [key, waitMs]) => {
				at += waitMs;
				return answer(state, key, at);
			},
			askFor(rung, 0),
		);
	};
	const typed = (text: string) => [...text].map((key) => [key, 120] as const);

	test('the focus is on Cancel, and enter there is no', () => {
		expect(press({ kind: 'button' }, [['return', 100]]).outcome).toBe('no');
		expect(
			press({ kind: 'button' }, [
				['tab', 100],
				['return', 100],
			]).outcome,
		).toBe('yes');
		expect(press({ kind: 'button' }, [['y', 100]]).outcome).toBe('open');
	});

	test('keys that were already on their way do nothing', () => {
		const state = answer(answer(askFor({ kind: 'button' }, 0), 'tab', 10), 'return', 20);
		expect(state).toMatchObject({ outcome: 'open', focus: 'cancel' });
	});

	test('a held key does nothing', () => {
		const held = Array.from({ length: 20 }, () => ['tab', 30] as const);
		expect(press({ kind: 'button' }, [['tab', 500], ...held, ['return', 30]])).toMatchObject({
			outcome: 'yes',
		});
		const enters = Array.from({ length: 20 }, () => ['return', 30] as const);
		expect(press(name, [...typed('prod'), ['return', 100], ...enters]).outcome).toBe('yes');
		expect(press(name, [...typed('pro'), ['d', 100], ['d', 30], ['return', 200]])).toMatchObject({
			outcome: 'no',
		});
	});

	test('the name has to be typed, pasted it does nothing', () => {
		expect(press(name, [...typed('prod'), ['return', 100]]).outcome).toBe('yes');
		expect(
			press(name, [
				['prod', 100],
				['return', 100],
			]).outcome,
		).toBe('no');
		expect(press(name, [['pasted text', 100]])).toMatchObject({
			typed: '',
			notice: expect.stringContaining('pasted'),
		});
		expect(press(name, [...typed('prof'), ['return', 100]])).toMatchObject({
			outcome: 'open',
			typed: '',
		});
		expect(
			press(name, [...typed('prox'), ['backspace', 100], ['d', 100], ['return', 100]]).outcome,
		).toBe('yes');
	});

	test('where rows go their number is typed too', () => {
		const rung: Rung = { kind: 'name-and-rows', name: 'a b', rows: 400, fate: 'pruned' };
		const named = [
			['a', 100],
			['space', 100],
			['b', 100],
			['return', 100],
		] as const;
		expect(press(rung, named).outcome).toBe('open');
		expect(press(rung, [...named, ...typed('40'), ['0', 200], ['return', 100]]).outcome).toBe(
			'yes',
		);
		expect(press(rung, [...named, ...typed('40'), ['return', 100]])).toMatchObject({
			outcome: 'open',
			done: 1,
		});
	});

	test('escape is no, at any time', () => {
		expect(answer(askFor(name, 0), 'escape', 1).outcome).toBe('no');
		expect(answer(askFor(name, 0), 'ctrl-c', 1).outcome).toBe('no');
	});

	test('no row of keys without the whole name confirms', () => {
		const keys = fc.constantFrom('p', 'r', 'o', 'return', 'tab', 'space', 'backspace', 'prod', 'y');
		fc.assert(
			fc.property(
				fc.array(fc.tuple(keys, fc.integer({ min: 1, max: 900 })), { maxLength: 30 }),
				(row) => {
					expect(press(name, row).outcome).not.toBe('yes');
				},
			),
		);
	});
});

describe('a plan', () => {
	const group = (workspace: string, digest: string): EffectGroup => ({
		slot: 0,
		workspace,
		day: '2025-11-03',
		inserted: 1,
		changed: 0,
		deleted: 0,
		tokensBefore: 0,
		tokensAfter: 5,
		digest,
	});

	test('has another name when any digest is another', () => {
		expect(planHash('x', [group('a', '1')])).toBe(planHash('x', [group('a', '1')]));
		expect(planHash('x', [group('a', '1')])).not.toBe(planHash('x', [group('a', '2')]));
		expect(planHash('x', [group('a', '1')])).not.toBe(planHash('y', [group('a', '1')]));
		expect(planHash('x', [group('a', '1')])).not.toBe(planHash('x', []));
	});

	test('says what moved: gone, new, or other', () => {
		expect(
			movedSince([group('a', '1'), group('b', '1')], [group('a', '2'), group('c', '1')]),
		).toEqual([
			'2025-11-03 workspace a: planned +1 ~0 −0 buckets, 0 → 5 tokens, now +1 ~0 −0 buckets, 0 → 5 tokens',
			'2025-11-03 workspace b: planned +1 ~0 −0 buckets, 0 → 5 tokens, now nothing',
			'2025-11-03 workspace c: planned nothing, now +1 ~0 −0 buckets, 0 → 5 tokens',
		]);
	});
});

describe('what is kept', () => {
	test('is in the state folder of the user', () => {
		expect(stateFolder({ XDG_STATE_HOME: '/x' }, '/home/u')).toBe('/x/tidemark');
		expect(stateFolder({ XDG_STATE_HOME: 'x' }, '/home/u')).toBe('/home/u/.local/state/tidemark');
		expect(stateFolder({}, '/home/u')).toBe('/home/u/.local/state/tidemark');
	});

	test('a run is made up for by the same again, or by one over a span that holds its own', () => {
		const folder = mkdtempSync(join(tmpdir(), 'tidemark-ledger-'));
		const at = { folder, target: { label: 'here' } };
		const replayOf = (from: string, to: string, by = 'bucket') => ({
			from,
			to,
			by,
			engine: 'function',
		});
		const leave = (id: string, what: Record<string, string>) =>
			openLedger(folder, {
				id,
				action: 'replay',
				pipeline: 'hourly',
				where: 'here',
				identity: '1',
				at: '2025-11-03T14:00:00.000Z',
				what,
				resume: `replay ${id}`,
			});
		leave('1', replayOf('2025-11-01', '2025-11-02'));
		leave('2', replayOf('2025-11-01', '2025-11-03'));
		leave('3', replayOf('2025-11-01', '2025-11-02', 'update'));
		leave('4', replayOf('2025-10-01', '2025-11-02'));
		const left = () => leftBehind(at, 'hourly', 'replay').map(({ id }) => id);
		forgetMadeUpFor(at, 'hourly', 'replay', { what: replayOf('2025-11-01', '2025-11-02') });
		expect(left()).toEqual(['2', '3', '4']);
		forgetMadeUpFor(at, 'daily', 'replay', { what: replayOf('2025-10-01', '2025-11-03') });
		forgetMadeUpFor(at, 'hourly', 'replay', { what: {}, resume: 'replay 4' });
		expect(left()).toEqual(['2', '3']);
		forgetMadeUpFor(at, 'hourly', 'replay', { what: replayOf('2025-10-01', '2025-11-03') });
		expect(left()).toEqual(['3']);
		rmSync(folder, { recursive: true });
	});

	test('a backfill of some months does not make up for one of more', () => {
		const folder = mkdtempSync(join(tmpdir(), 'tidemark-ledger-'));
		const at = { folder, target: { label: 'here' } };
		const resume = 'backfill --pipeline hourly --resume';
		const leave = (id: string, what: Record<string, string | number>) =>
			openLedger(folder, {
				...{ id, action: 'backfill', pipeline: 'hourly', where: 'here', identity: '1' },
				at: '2025-11-03T14:00:00.000Z',
				what,
				resume,
			} as const);
		leave('1', { engine: 'function' });
		leave('2', { engine: 'function', since: '2025-09', abandonedRows: 5 });
		leave('3', { engine: 'function', since: '2025-06', abandonedRows: 3 });
		const forget = (what: Record<string, string | number>) => {
			forgetMadeUpFor(at, 'hourly', 'backfill', { what, resume });
			return leftBehind(at).map(({ id }) => id);
		};
		expect(forget({ since: '2025-08', abandonedRows: 4 })).toEqual(['1', '3']);
		expect(forget({ since: '2020-01' })).toEqual([]);
		rmSync(folder, { recursive: true });
	});

	test('a run is over when its process is, whoever has its number now', () => {
		const folder = mkdtempSync(join(tmpdir(), 'tidemark-ledger-'));
		openLedger(folder, {
			...{ id: '1', action: 'backfill', pipeline: 'hourly', where: 'here', identity: '1' },
			...{ at: 'now', what: {}, resume: 'r' },
		} as const);
		const file = join(folder, 'runs', '1.jsonl');
		const head = JSON.parse(readFileSync(file, 'utf8'));
		const isLeft = (changed: object) => {
			writeFileSync(file, `${JSON.stringify({ ...head, ...changed })}\n`);
			return unfinishedRuns(folder).length === 1;
		};
		// Of the process that started this one; without a birth, as where no system tells it, the number counts.
		expect(isLeft({ pid: process.ppid, birth: undefined })).toBe(false);
		expect(isLeft({ pid: process.ppid })).toBe(process.platform === 'linux');
		rmSync(folder, { recursive: true });
	});

	test('what was left more than once is told once, as it was left last', () => {
		const folder = mkdtempSync(join(tmpdir(), 'tidemark-ledger-'));
		const at = { folder, target: { label: 'here' } };
		const leave = (id: string, action: 'backfill' | 'tick', resume: string) =>
			openLedger(folder, {
				id,
				action,
				pipeline: 'hourly',
				where: 'here',
				identity: '1',
				at: '2025-11-03T14:00:00.000Z',
				what: id === '3' ? { resumedSlices: 4 } : {},
				resume,
			});
		leave('1', 'backfill', 'backfill --pipeline hourly --resume');
		leave('2', 'tick', '');
		leave('3', 'backfill', 'backfill --pipeline hourly --resume');
		leave('4', 'tick', '');
		leave('5', 'backfill', 'backfill --pipeline daily --resume');
		expect(leftToTell(at).map(({ id }) => id)).toEqual(['3', '4', '5']);
		// What is only not told is still there to be forgotten with the others.
		expect(leftBehind(at)).toHaveLength(5);
		rmSync(folder, { recursive: true });
	});

	test('a ledger that ends in the middle of a line has all lines before it', () => {
		const folder = mkdtempSync(join(tmpdir(), 'tidemark-ledger-'));
		const head = {
			id: newRunId(),
			action: 'backfill',
			pipeline: 'hourly',
			where: 'here',
			identity: '1',
			at: 'now',
			resume: 'r',
			what: {},
		} as const;
		const ledger = openLedger(folder, head);
		ledger.note({ fromMs: 0, toMs: 1, rows: 2, tookMs: 3 });
		writeFileSync(join(folder, 'runs', `${head.id}.jsonl`), '{"fromMs": 5, "to', { flag: 'a' });
		writeFileSync(join(folder, 'runs', 'zz-empty.jsonl'), '');
		mkdirSync(join(folder, 'runs', 'folder'));
		expect(unfinishedRuns(folder)).toMatchObject([
			{ id: head.id, slices: [{ fromMs: 0, toMs: 1, rows: 2 }] },
		]);
		ledger.forget();
		expect(unfinishedRuns(folder)).toEqual([]);
		rmSync(folder, { recursive: true });
	});

	test('sums past 2^53 stay exact', () => {
		const huge = '9223372036854775807';
		expect(String(plus(wholeOf(huge), 1))).toBe('9223372036854775808');
		expect(minus(wholeOf(huge), wholeOf('9223372036854775800'))).toBe(7);
	});
});
