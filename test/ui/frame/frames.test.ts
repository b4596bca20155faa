import { describe, expect, test } from 'vitest';
import { lineText } from '../../../source/ui/draw/span.ts';
import { composeFrame } from '../../../source/ui/frame/compose-frame.ts';
import type { FrameInput } from '../../../source/ui/panels/frame-input.ts';
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
		['zoom-rollups', { focus: 3, zoom: { panel: 3, top: 0 } }],
		['zoom-tasks', { focus: 1, zoom: { panel: 1, top: 0 } }],
		['help', { overlay: { kind: 'help', top: 0, query: '', isTyping: false } }],
		['help-search', { overlay: { kind: 'help', top: 0, query: 'sample', isTyping: true } }],
		['log', { overlay: { kind: 'log', top: 0 } }],
		['notice', { focus: 2, notice: '+: already as slow as it goes' }],
	])('%s at 80×24', async (name, state) => {
		await expect(draw(frameInput(), 80, 24, state)).toMatchFileSnapshot(frame(`${name}-80x24`));
	});
});

test('the statement that would mend a slow sampler is in the zoomed panel', () => {
	const advice = new Map([
		['multica/active', 'CREATE INDEX CONCURRENTLY ON chat_message (created_at)'],
	]);
	const input = frameInput(snapshotOf(allReadings(), { advice }));
	const drawn = draw(input, 120, 30, { zoom: { panel: 5, top: 0 } });
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
		const input = frameInput(unknown, { history: [unknown], report });
		await expect(draw(input, 80, 12)).toMatchFileSnapshot(frame('connecting-80x12'));
	});

	test('refused from the beginning', async () => {
		const { identity: _, ...unknown } = snapshotOf({}, { connection: lost });
		const report = reportOf(unknown, { verdicts: [], events: [] });
		const input = frameInput(unknown, { history: [unknown], report, now: at + 12_000 });
		await expect(draw(input, 80, 14)).toMatchFileSnapshot(frame('refused-80x14'));
	});

	test('lost: the last screen stays, dimmed, with its age', async () => {
		const known = frameInput();
		const snapshot = { ...known.report.snapshot, connection: lost };
		const input = { ...known, report: { ...known.report, snapshot }, now: at + 12_000 };
		await expect(draw(input, 80, 24)).toMatchFileSnapshot(frame('lost-80x24'));
		const { lines } = composeFrame(input, initialState, 80, 24);
		const inside = lines[4]?.filter(({ text, tone }) => tone !== 'frame' && text.trim() !== '');
		expect(inside?.every(({ isDim }) => isDim)).toBe(true);
	});
});
