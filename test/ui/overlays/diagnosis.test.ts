import { describe, expect, test } from 'vitest';
import type { Diagnosis } from '../../../source/health/diagnosis/diagnose.ts';
import { lineText, lineWidth } from '../../../source/ui/draw/span.ts';
import { composeFrame } from '../../../source/ui/frame/compose-frame.ts';
import { diagnosisLines, diagnosisTitle } from '../../../source/ui/overlays/diagnosis.ts';
import { frameInput } from '../fixtures.ts';

const at = Date.parse('2026-03-01T14:02:31Z');

const diagnosis: Diagnosis = {
	at,
	findings: [
		{
			fault: 'lock-leaked',
			subject: 'hourly',
			severity: 'critical',
			confidence: 'certain',
			sentence:
				'hourly rollup is blocked: pid 7873 (multica-server), idle for 41m, still holds lock 4246 and does nothing with it',
			clues: [
				{
					label: 'holder',
					value: 'pid 7873 (multica-server), user app, from 10.0.0.7, idle for 41m',
				},
			],
			since: at - 41 * 60_000,
			explains: [],
			next: [
				{
					say: 'End that session; its pool opens a new one.',
					sql: 'select pg_terminate_backend(7873);',
				},
				{
					say: 'Then tick hourly once.',
					command: 'tick --pipeline hourly',
					sql: 'select rollup_task_usage_hourly();',
				},
			],
			folded: [],
			verdicts: [
				{
					signal: 'rollup-data-lag',
					subject: 'hourly',
					panel: 'rollups',
					severity: 'critical',
					sentence: 'hourly rollup is 3h12m behind the newest usage',
					since: at,
				},
			],
		},
		{
			fault: 'long-running',
			subject: '',
			severity: 'note',
			confidence: 'certain',
			sentence: '9 tasks ran over 30m',
			clues: [],
			since: undefined,
			explains: [],
			next: [],
			folded: [],
			verdicts: [],
		},
	],
	unexplained: [],
	facts: [{ topic: 'ticks hourly', text: 'nobody since 3h12m' }],
	gaps: [],
	serverMs: 48,
};

const texts = (
	width: number,
	state = { latest: diagnosis as Diagnosis | undefined, isAsking: false },
) => diagnosisLines(state, (name) => name === 'tick', width).map(lineText);

describe('the diagnosis on screen', () => {
	const live = frameInput(undefined, { diagnosis: { latest: diagnosis, isAsking: false } });
	const connection = {
		kind: 'lost',
		since: at + 3000,
		where: 'db-1:5432/multica as app',
		failureClass: 'refused',
		sentence: 'connection refused; is the server running, and is this its port?',
		attempts: 3,
		nextTryAt: at + 250_000,
	} as const;
	const snapshot = { ...live.report.snapshot, connection };
	const lost = { ...live, report: { ...live.report, snapshot }, now: at + 245_000 };

	test.each([
		['diagnosis', live, 80, 24],
		['diagnosis', live, 120, 40],
		['diagnosis', live, 200, 50],
		['diagnosis-lost', lost, 80, 24],
		['diagnosis-lost', lost, 120, 40],
		['diagnosis-lost', lost, 200, 50],
	])('%s in a frame of %3$d×%4$d', async (name, input, columns, rows) => {
		const { lines } = composeFrame(
			input,
			{ overlay: { kind: 'diagnosis', top: 0 } },
			columns,
			rows,
		);
		const drawn = lines.map((each) => `${lineText(each).trimEnd()}\n`).join('');
		await expect(drawn).toMatchFileSnapshot(`frames/${name}-${columns}x${rows}.txt`);
	});

	test('in 100 columns', () => {
		expect(texts(100)).toEqual([
			'✖ hourly rollup is blocked: pid 7873 (multica-server), idle for 41m, still holds lock 4246 and does',
			'  nothing with it',
			'  since                  2026-03-01 13:21:31, 41m ago; this is certain',
			'  holder                 pid 7873 (multica-server), user app, from 10.0.0.7, idle for 41m',
			'  next                   End that session; its pool opens a new one.',
			'    select pg_terminate_backend(7873);',
			'  next                   Then tick hourly once.',
			'    tidemark tick --pipeline hourly',
			'  explains               hourly rollup is 3h12m behind the newest usage',
			'',
			'i 9 tasks ran over 30m',
			'  since                  not known; this is certain',
			'',
			'how things stand',
			'  ticks hourly           nobody since 3h12m',
			"  evidence               asked at 2026-03-01 14:02:31, 48ms of the server's time",
		]);
	});

	test('in 44 columns, with labels of their own rows', () => {
		const lines = diagnosisLines({ latest: diagnosis, isAsking: false }, () => false, 44);
		expect(Math.max(...lines.map(lineWidth))).toBeLessThanOrEqual(44);
		expect(lines.map(lineText)).toContain('  explains');
		expect(lines.map(lineText)).toContain('    select rollup_task_usage_hourly();');
	});

	test('before there is one, and while there is a newer one to come', () => {
		expect(texts(80, { latest: undefined, isAsking: false })).toEqual(['not asked yet']);
		expect(texts(80, { latest: undefined, isAsking: true })).toEqual([
			'asking the server for evidence…',
		]);
		expect(lineText(diagnosisTitle({ latest: diagnosis, isAsking: true }))).toBe(
			'Diagnosis of 14:02:31  asking again…',
		);
	});
});
