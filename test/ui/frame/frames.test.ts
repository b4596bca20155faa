import { describe, expect, test } from 'vitest';
import { type FleetLine, notAskedYet } from '../../../source/health/fleet-line.ts';
import { trendsOf } from '../../../source/sampling/history/trends.ts';
import { lineText } from '../../../source/ui/draw/span.ts';
import { composeFrame } from '../../../source/ui/frame/compose-frame.ts';
import type { FrameInput } from '../../../source/ui/panels/frame-input.ts';
import { openSieve } from '../../../source/ui/sieve.ts';
import { initialState, type UiState } from '../../../source/ui/state.ts';
import {
	allReadings,
	at,
	environment,
	frameInput,
	leaseReadings,
	reportOf,
	snapshotOf,
	verdict,
} from '../fixtures.ts';

const draw = (input: FrameInput, columns: number, rows: number, state: UiState = initialState) =>
	`${composeFrame(input, state, columns, rows)
		.lines.map((line) => lineText(line).trimEnd())
		.join('\n')}\n`;

const frame = (name: string) => `frames/${name}.txt`;
const sizes = [
	[80, 24],
	[120, 40],
	[200, 50],
] as const;

describe('the overview, literally', () => {
	test.each([
		[80, 24],
		[120, 40],
		[200, 50],
		[60, 24],
		[80, 12],
		[38, 8],
	])('at %d×%d', async (columns, rows) => {
		await expect(draw(frameInput(), columns, rows)).toMatchFileSnapshot(
			frame(`overview-${columns}x${rows}`),
		);
	});

	test('in ASCII', async () => {
		const input = frameInput(undefined, { environment: { ...environment, isAscii: true } });
		const drawn = draw(input, 80, 24);
		expect(drawn).toMatch(/^[\n -~]*$/);
		await expect(drawn).toMatchFileSnapshot(frame('overview-ascii-80x24'));
	});

	test('with one pack only: it has the room of the others', async () => {
		const snapshot = snapshotOf({
			...leaseReadings(),
			'multica/task-queued': { kind: 'unavailable', reason: 'no table agent_task_queue' },
			'multica/runtime-fleet': { kind: 'unavailable', reason: 'no table agent_runtime' },
			'multica/active': { kind: 'unavailable', reason: 'no table chat_message' },
			'rollup/hourly-state': { kind: 'unavailable', reason: 'no table task_usage_hourly' },
			'rollup/hourly-dirty': { kind: 'unavailable', reason: 'no table task_usage_hourly_dirty' },
		});
		const input = frameInput(snapshot);
		const report = reportOf(snapshot, {
			verdicts: [verdict('expired-lease', 'leases', 'ok')],
			events: [],
		});
		await expect(draw({ ...input, report }, 80, 24)).toMatchFileSnapshot(frame('leases-80x24'));
	});
});

describe('what lies over the panels, literally', () => {
	test.each<[string, UiState]>([
		['zoom-rollups', { focus: 3, view: { kind: 'zoom', panel: 3, top: 0 } }],
		['zoom-tasks', { focus: 1, view: { kind: 'zoom', panel: 1, top: 0 } }],
		['help', { overlay: { kind: 'help', top: 0, query: '', isTyping: false } }],
		['help-search', { overlay: { kind: 'help', top: 0, query: 'sample', isTyping: true } }],
		['log', { overlay: { kind: 'log', top: 0, sieve: openSieve } }],
		['notice', { focus: 2, notice: '+: already as slow as it goes' }],
	])('%s', async (name, state) => {
		for (const [columns, rows] of sizes) {
			await expect(draw(frameInput(), columns, rows, state)).toMatchFileSnapshot(
				frame(`${name}-${columns}x${rows}`),
			);
		}
	});
});

test('the statement that would mend a slow sampler is in the zoomed panel', () => {
	const advice = new Map([
		['multica/active', 'CREATE INDEX CONCURRENTLY ON chat_message (created_at)'],
	]);
	const input = frameInput(snapshotOf(allReadings(), { advice }));
	const drawn = draw(input, 120, 30, { view: { kind: 'zoom', panel: 5, top: 0 } });
	expect(drawn).toMatch(
		/multica\/active .* CREATE INDEX CONCURRENTLY ON chat_message \(created_at\)/,
	);
});

describe('the line to the server, literally', () => {
	const where = 'db-1:5432/multica as app';
	const lost = {
		kind: 'lost',
		since: at + 3000,
		where,
		failureClass: 'refused',
		sentence: `${where}: connection refused; is the server running, and is this its port?`,
		attempts: 3,
		nextTryAt: at + 16_000,
	} as const;

	test('before the first answer', async () => {
		const snapshot = snapshotOf(
			{},
			{ connection: { kind: 'connecting', since: at - 4000, where } },
		);
		const { identity: _, ...unknown } = snapshot;
		const report = reportOf(unknown, { verdicts: [], events: [] });
		const input = frameInput(unknown, { trends: trendsOf([unknown]), report });
		await expect(draw(input, 80, 12)).toMatchFileSnapshot(frame('connecting-80x12'));
	});

	test('refused from the beginning', async () => {
		const { identity: _, ...unknown } = snapshotOf({}, { connection: lost });
		const report = reportOf(unknown, { verdicts: [], events: [] });
		const input = frameInput(unknown, { trends: trendsOf([unknown]), report, now: at + 12_000 });
		await expect(draw(input, 80, 14)).toMatchFileSnapshot(frame('refused-80x14'));
	});

	test('lost: the last screen stays, dimmed, with its age', async () => {
		const known = frameInput();
		const snapshot = { ...known.report.snapshot, connection: lost };
		const input = { ...known, report: { ...known.report, snapshot }, now: at + 12_000 };
		for (const [columns, rows] of sizes) {
			await expect(draw(input, columns, rows)).toMatchFileSnapshot(
				frame(`lost-${columns}x${rows}`),
			);
		}
		const { lines } = composeFrame(input, initialState, 80, 24);
		const inside = lines[4]?.filter(({ text, tone }) => tone !== 'frame' && text.trim() !== '');
		expect(inside?.every(({ isDim }) => isDim)).toBe(true);
	});
});

describe('the other views, literally', () => {
	const clear: FleetLine = {
		severity: 'ok',
		sentence: 'all clear',
		lagSeconds: 420,
		queued: 18,
		ageSeconds: 1,
	};
	const targets: FrameInput['targets'] = {
		isWatching: true,
		targets: [
			{ name: 'staging', isCurrent: true, isProduction: false, isReadOnly: false, line: clear },
			{
				name: 'production',
				isCurrent: false,
				isProduction: true,
				isReadOnly: true,
				line: {
					...clear,
					severity: 'critical',
					sentence: 'hourly rollup is 3h12m behind the newest usage',
					lagSeconds: 11_520,
				},
			},
			{
				name: 'us',
				isCurrent: false,
				isProduction: false,
				isReadOnly: false,
				line: {
					...clear,
					severity: 'critical',
					sentence:
						'Connection refused by db-3:5432 (database multica, user app): check host and port, and that the server runs.',
					ageSeconds: 95,
				},
			},
			{ name: 'eu', isCurrent: false, isProduction: false, isReadOnly: false, line: notAskedYet },
		],
	};
	const choice: FrameInput['targets'] = {
		isWatching: false,
		targets: targets.targets.map(({ line: _, ...target }) => target),
	};
	const live = frameInput();
	const past = { live: live.report, isPlaying: false, isNewest: false, isOldest: false };
	const before = at - 720_000;
	const then = { ...live.report.snapshot, at: before, answeredAt: before, publishedAt: before };
	const inPast = { ...live, past, report: { ...live.report, snapshot: then } };
	test.each<[string, FrameInput, UiState]>([
		['zoom', live, { view: { kind: 'zoom', panel: 3, top: 0 } }],
		['fleet', { ...live, targets }, { view: { kind: 'fleet', isWatching: true } }],
		['targets', { ...live, targets: choice }, { view: { kind: 'fleet', isWatching: false } }],
		['past', inPast, initialState],
	])('%s', async (name, input, state) => {
		for (const [columns, rows] of sizes) {
			await expect(draw(input, columns, rows, state)).toMatchFileSnapshot(
				frame(`${name}-${columns}x${rows}`),
			);
		}
	});
});
