import { describe, expect, test } from 'vitest';
import { trendsOf } from '../../../source/sampling/history/trends.ts';
import { leasesOf } from '../../../source/sampling/panels.ts';
import type { Reading, Row } from '../../../source/sampling/reading.ts';
import { lineText } from '../../../source/ui/draw/span.ts';
import { allPanels } from '../../../source/ui/panels/all-panels.ts';
import type { PanelId } from '../../../source/ui/panels/panel.ts';
import { sparkLine } from '../../../source/ui/panels/parts.ts';
import type { Series } from '../../../source/ui/panels/series.ts';
import { bucketsOf, growthPerMinute, withoutGaps } from '../../../source/ui/panels/series.ts';
import { plainOverview } from '../../../source/ui/plain-overview.ts';
import {
	allReadings,
	at,
	environment,
	frameInput,
	leaseReadings,
	reportOf,
	rollupReadings,
	rows,
	snapshotOf,
	taskReadings,
	verdict,
} from '../fixtures.ts';

/** A panel's lines for readings, on a wide screen, without history. */
function linesOf(id: PanelId, readings: Readonly<Record<string, Reading>>, verdicts = [] as const) {
	const snapshot = snapshotOf(readings);
	const report = reportOf(snapshot, { verdicts });
	const panel = allPanels.find((each) => each.id === id);
	const lines =
		panel?.lines(frameInput(snapshot, { report, trends: trendsOf([snapshot]) }), 100) ?? [];
	return lines.map(({ line }) => lineText(line).trimEnd());
}

describe('what is not known', () => {
	test('is the glyph of the unknown, never a zero', () => {
		const { 'multica/task-queued': _, 'multica/task-flow': __, ...rest } = taskReadings();
		expect(linesOf('tasks', rest).slice(0, 3)).toEqual([
			'oldest ready ◌  in ◌  out ◌',
			'2 on silent runtimes, 4m',
			'2 running over 30m',
		]);
		expect(linesOf('tasks', rest)[4]).toBe('all                   ◌       52      2');
		expect(linesOf('leases', { 'lease/ready': { kind: 'pending' } })[0]).toBe(
			'ready ◌  oldest ◌  future ◌',
		);
		expect(linesOf('activity', {})).toEqual([
			'active      5m  1h  24h',
			'users        ◌   ◌    ◌',
			'workspaces   ◌   ◌    ◌',
		]);
		expect(linesOf('runtimes', {})).toEqual(['online ◌  late ◌  silent ◌']);
	});

	test('is not what is none', () => {
		const idle = { ...taskReadings(), 'multica/task-queued': rows(at, queuedRow(null)) };
		expect(linesOf('tasks', idle)[0]).toBe('nothing waits  in 31/m  out 29/m');
		expect(linesOf('leases', leaseReadings(at, 0))[0]).toBe('ready 0  oldest none  future 9');
	});
});

const queuedRow = (oldest: number | null): Row => ({
	source: 'chat',
	tasks: 0,
	oldest_seconds: oldest,
});

describe('a rollup', () => {
	const state = (changes: Row, name = 'hourly') => ({
		[`rollup/${name}-state`]: rows(at, {
			watermark_seconds: at / 1000 - 400,
			newest_usage_at: at,
			data_lag_seconds: 400,
			run_age_seconds: 60,
			last_run_rows: 3,
			last_error: null,
			...changes,
		}),
	});
	const row = (readings: Readonly<Record<string, Reading>>) => linesOf('rollups', readings)[1];

	test.each<[string, Row, RegExp]>([
		['well', {}, /^hourly +up to date +ran 60s ago +3 +\d\d:\d\d:\d\d$/],
		['behind', { data_lag_seconds: 11_520 }, /3h12m behind/],
		[
			'never ticked',
			{ watermark_seconds: 0, run_age_seconds: null },
			/never rolled up +never ran +3 +the epoch/,
		],
		['without usage', { newest_usage_at: null, data_lag_seconds: null }, /no usage yet/],
		['stamped by a wrong clock', { watermark_seconds: at / 1000 + 3600 }, /ahead of the clock/],
		['without a last run', { last_run_rows: null }, /ran 60s ago +– /],
	])('that is %s', (_, changes, expected) => {
		expect(row(state(changes))).toMatch(expected);
	});

	test('that said nothing of its lag is unknown, not well', () => {
		const { data_lag_seconds: _, ...rest } = { data_lag_seconds: 1, run_age_seconds: 60 };
		const readings = { 'rollup/hourly-state': rows(at, { ...rest, newest_usage_at: at }) };
		expect(row(readings)).toMatch(/^hourly +◌ +ran 60s ago +◌ +◌$/);
	});

	test('says who holds its lock, and what its last error was', () => {
		const lines = linesOf('rollups', {
			...rollupReadings(),
			...state({ last_error: 'division by zero' }, 'daily'),
		});
		expect(lines).toContain('hourly lock: pid 7873 multica-server, idle 41m');
		expect(lines).toContain('daily error: division by zero');
	});

	test('has a queue whose growth is known once there is history', () => {
		const snapshot = snapshotOf(rollupReadings(at, 1300));
		const before = snapshotOf(rollupReadings(at - 120_000, 1204), { at: at - 120_000 });
		const panel = allPanels.find(({ id }) => id === 'dirty');
		const lines =
			panel?.lines(frameInput(snapshot, { trends: trendsOf([before, snapshot]) }), 100) ?? [];
		expect(lineText(lines[1]?.line ?? [])).toMatch(/^hourly +1,300 {2}▲ +\+48\/m +3h11m/);
	});
});

test('counts past 2^53 are written to the last digit', () => {
	const readings = { ...leaseReadings(), 'lease/ready': rows(at, { ready: 2n ** 60n, future: 0 }) };
	expect(linesOf('leases', readings)[0]).toContain('ready 1,152,921,504,606,846,976');
});

test('an alarm stands beside its number', () => {
	const verdicts = [verdict('expired-lease', 'leases', 'critical')] as never;
	expect(linesOf('leases', leaseReadings(), verdicts)[1]).toBe('active 12  expired 0 ✖');
});

describe('a series', () => {
	const value = (snapshot: { readonly seq: number }) => snapshot.seq;
	const history = [0, 4, 9, 11, 25].map((seconds) =>
		snapshotOf({}, { seq: seconds, at: at - (at % 10_000) + seconds * 1000 }),
	);

	test('is bucketed by the clock, so that old buckets stay as they are', () => {
		expect(bucketsOf(trendsOf(history), value, 4, 10_000)).toEqual([undefined, 9, 11, 25]);
		expect(bucketsOf(trendsOf(history.slice(0, 4)), value, 4, 10_000)).toEqual([
			undefined,
			undefined,
			9,
			11,
		]);
		expect(bucketsOf(trendsOf([]), value, 2, 10_000)).toEqual([undefined, undefined]);
	});

	test('without gaps takes the value before', () => {
		expect(withoutGaps([undefined, 3, undefined, 5])).toEqual([undefined, 3, 3, 5]);
	});

	test('has no growth until it spans enough', () => {
		expect(growthPerMinute(trendsOf(history.slice(0, 2)), value)).toBeUndefined();
		expect(growthPerMinute(trendsOf(history), value)).toBe(60);
		expect(growthPerMinute(trendsOf(history), () => undefined)).toBeUndefined();
	});
});

describe('the plain overview', () => {
	const report = reportOf(snapshotOf(allReadings()));
	const plain = (width: number, isAscii = false) =>
		plainOverview(report, { environment: { ...environment, isAscii }, intervalMs: 2000, width });

	test('is the overview as text, literally', async () => {
		await expect(plain(100)).toMatchFileSnapshot('../frame/frames/plain-100.txt');
	});

	test('has no escape sequence, no control but line feeds, and no line that is too wide', () => {
		for (const width of [20, 40, 80, 200]) {
			expect(plain(width)).not.toMatch(/[^\n -~·±–‖…←-↓∞─-▟▲▸▾◌●✖]/);
			for (const line of plain(width).split('\n')) expect(line.length).toBeLessThanOrEqual(width);
		}
		expect(plain(80, true)).toMatch(/^[\n -~]*$/);
	});
});

test('of a sparkline, what others have measured stands before a bar, in as much room', () => {
	const frame = frameInput();
	const series: Series = {
		title: 'ready',
		read: (snapshot) => leasesOf(snapshot).data.ready as number | undefined,
		format: String,
	};
	const own = lineText(sparkLine(frame, series, 60) ?? []);
	const borrowed = { from: 'http://prometheus:9090', untilMs: at - 60_000 };
	const both = { ...frame, trends: { ...frame.trends, borrowed } };
	const joined = lineText(sparkLine(both, series, 60) ?? []);
	expect(joined).toHaveLength(own.length);
	expect(joined).toMatch(/^ready [ ▁-█]+│[▁-█]{7} 8m$/);
	expect(joined.slice(-10)).toBe(own.slice(-10));
});
