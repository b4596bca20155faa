import { describe, expect, test } from 'vitest';
import type { Severity, Verdict } from '../../../source/health/verdict.ts';
import type { Snapshot } from '../../../source/sampling/snapshot.ts';
import { lineText } from '../../../source/ui/draw/span.ts';
import { composeFrame } from '../../../source/ui/frame/compose-frame.ts';
import { eventLine } from '../../../source/ui/frame/event-line.ts';
import { eventLogLines } from '../../../source/ui/frame/event-log.ts';
import { headerLine } from '../../../source/ui/frame/header.ts';
import { nextChangeAt } from '../../../source/ui/frame/next-change.ts';
import { problemLine } from '../../../source/ui/frame/problem-line.ts';
import type { FrameInput } from '../../../source/ui/panels/frame-input.ts';
import {
	allReadings,
	at,
	controls,
	databaseReadings,
	environment,
	frameInput,
	identity,
	lostInput,
	reportOf,
	rows,
	snapshotOf,
	verdict,
} from '../fixtures.ts';

const withSnapshot = (changes: Partial<Snapshot>, input = frameInput()): FrameInput => ({
	...input,
	report: { ...input.report, snapshot: { ...input.report.snapshot, ...changes } },
});

const withVerdicts = (...verdicts: readonly Verdict[]): FrameInput => {
	const input = frameInput();
	return { ...input, report: reportOf(input.report.snapshot, { verdicts }) };
};

const lost = {
	kind: 'lost',
	since: at,
	where: 'db-1',
	failureClass: 'refused',
	sentence: 'refused',
	attempts: 1,
	nextTryAt: at + 4000,
} as const;

const words = (text: string) => text.trim().replace(/ {2,}/g, ' | ');
const header = (input: FrameInput, width = 140) => words(lineText(headerLine(input, width)));

test('what is wrong with the line is not cut off for where that is, which the first line says', () => {
	const said = (sentence: string, width: number) => {
		const { report } = lostInput();
		const connection = { ...lost, where: 'app@db-1/multica', sentence };
		const snapshot = { ...report.snapshot, connection };
		return words(lineText(problemLine({ ...lostInput(), report: { ...report, snapshot } }, width)));
	};
	const frozen = 'app@db-1/multica has not answered for 4 s: the server is frozen, or more';
	expect(said(frozen, 80)).toMatch(/^✖ has not answered for 4 s: the server is frozen/);
	expect(said(frozen, 140)).toContain(`✖ ${frozen} `);
	const refused = (detail: string) =>
		`No answer from db-1:5432 in time (database multica, user app${detail}): check host and port`;
	expect(said(refused(''), 80)).toMatch(/^✖ No answer from db-1:5432 in time: check/);
	expect(said(refused('; EHOSTDOWN'), 90)).toMatch(
		/^✖ No answer from db-1:5432 in time \(EHOSTDOWN\)/,
	);
});

test('a recording is of one target, whatever the configuration has', () => {
	const input = frameInput(undefined, { environment: { ...environment, recording: 'night.tmr' } });
	const { facts } = composeFrame(input, {}, 80, 24);
	expect(facts.whyNoTargets).toBe('this is a recording, of one target');
});

test('what a key answers has the room of what sampling costs, where it needs that', () => {
	const answer = (text: string) => words(lineText(eventLine(frameInput(), [{ text }], 80)));
	expect(answer('+: already as slow as it goes')).toMatch(/goes \| samplers 20\/20/);
	const long = 'space: this is the past: end goes back to what is now, and more';
	expect(answer(long)).toBe(long);
});

describe('the first line', () => {
	test('says where, what may be done, and that it is live', () => {
		const input = frameInput(undefined, { environment: { ...environment, isReadOnly: true } });
		expect(header(input)).toBe(
			'tidemark | staging | app@db-1/multica | primary 17.6 | READ-ONLY | ● live 2s | 14:02:31 | ✖ 2 | ▲ 2',
		);
	});

	test('names the port where it is unusual, a pooler, and a standby with its lag', () => {
		const snapshot = snapshotOf(
			{
				...databaseReadings(),
				'database/server': rows(at, { is_standby: true, replay_lag_seconds: 7.4 }),
			},
			{ identity: { ...identity, port: 6432, isStandby: true, isPooled: true } },
		);
		expect(header(frameInput(snapshot))).toContain(
			'app@db-1:6432/multica | STANDBY 17.6, 7s behind | pooled',
		);
	});

	test.each([
		[70, 'staging | primary 17.6 | ● live 2s | 14:02:31 | ✖ 2 | ▲ 2'],
		[38, 'staging | ● live 2s | ✖ 2 | ▲ 2'],
		[14, '● live 2s | …'],
		[26, '● live 2s | ✖ 2 | ▲ 2'],
	])('at %d columns keeps what matters most', (width, expected) => {
		expect(header(frameInput(), width)).toBe(expected);
	});

	test('says that it is paused, or that no sample has come', () => {
		expect(header(frameInput(undefined, { controls: { ...controls, isPaused: true } }))).toContain(
			'‖ paused | 14:02:31',
		);
		const spared = { isPaused: false, intervalMs: 12_000, askedMs: 2000 };
		expect(header(frameInput(undefined, { controls: spared }))).toContain('slow server, every 12s');
		expect(header(frameInput(undefined, { now: at + 9000 }))).toContain('◌ no sample for 9s');
	});
});

describe('the second line', () => {
	const problem = (input: FrameInput) => words(lineText(problemLine(input, 100)));
	const well = (severity: Severity) =>
		verdict('oldest-ready-task', 'tasks', severity, 'tasks wait');

	test('is the worst problem and the panel that shows it', () => {
		expect(problem(withVerdicts(well('warn')))).toBe('▲ tasks wait | 1 Tasks');
	});

	test('is all clear only if everything is known and well', () => {
		expect(problem(withVerdicts(well('ok')))).toBe('● all clear');
		const readings = { ...allReadings(), 'lease/ready': { kind: 'pending' } } as const;
		const pending = withSnapshot(snapshotOf(readings), withVerdicts(well('ok')));
		expect(problem(pending)).toBe('◌ 1 sampler not asked yet');
		expect(problem(withVerdicts(well('unknown')))).toBe(
			'◌ not everything is known: 1 signal without data',
		);
	});

	test('is what a fresh diagnosis found where samplers see nothing, or nothing so bad', () => {
		const seen = (
			severity: 'note' | 'critical',
			ageMs: number,
			known = well('ok'),
			then?: typeof known,
		) => {
			const [sentence, since] = ['no worker is alive', undefined];
			const found = { fault: 'no-workers', subject: '', severity, sentence, since } as const;
			const parts = { confidence: 'certain', clues: [], explains: [], next: [] } as const;
			const finding = { ...found, ...parts, folded: [], verdicts: then ? [then] : [] };
			const rest = { unexplained: [], facts: [], gaps: [], serverMs: 1 };
			const latest = { at: at - ageMs, findings: [finding], ...rest };
			return problem({
				...withVerdicts(known),
				diagnosis: { latest, isAsking: false },
			});
		};
		expect(seen('critical', 0)).toBe('✖ no worker is alive | d diagnose | seen 14:02:31');
		expect(seen('critical', 5 * 60_000)).toBe('● all clear');
		expect(seen('note', 0)).toBe('● all clear');
		expect(seen('critical', 0, well('warn'))).toMatch(/^✖ no worker is alive/);
		expect(seen('critical', 0, well('critical'))).toMatch(/^✖ tasks wait/);
		// What samplers saw as well is over when they see it no more.
		expect(seen('critical', 0, well('ok'), well('critical'))).toBe('● all clear');
		expect(seen('critical', 0, well('warn'), well('critical'))).toMatch(/^✖ no worker is alive/);
	});

	test('names what failed where nothing worse is known', () => {
		const readings = {
			...allReadings(),
			'lease/ready': { kind: 'failed', failures: 1, failure: { sentence: 'timed out' } },
		} as const;
		expect(problem(withSnapshot(snapshotOf(readings), withVerdicts(well('ok'))))).toBe(
			'◌ not everything is known: lease/ready: timed out',
		);
	});

	test('says so where there is nothing to watch', () => {
		const readings = { 'lease/ready': { kind: 'unavailable', reason: 'no table runs' } } as const;
		expect(problem(withSnapshot(snapshotOf(readings), withVerdicts()))).toMatch(
			/^◌ nothing to watch/,
		);
	});

	test('counts down to the next try, and tells the age of what is shown', () => {
		const input = { ...withSnapshot({ connection: lost }), now: at + 1500 };
		expect(problem(input)).toBe('✖ refused | data 1s old | next try in 3s');
		expect(problem({ ...input, now: at + 4000 })).toContain('trying now');
	});
});

test('the age of what is shown counts from the last answer, however often was tried since', () => {
	const input = frameInput();
	const { snapshot } = input.report;
	const tries = [5000, 9000].map((ms) => ({
		...snapshot,
		connection: lost,
		publishedAt: at + ms,
	}));
	const report = reportOf(tries[1] ?? snapshot);
	const shown = { ...input, report, now: at + 12_000 };
	expect(lineText(problemLine(shown, 100))).toContain('data 12s old');
});

describe('the line of events', () => {
	const event = (input: FrameInput, notice?: string) =>
		words(lineText(eventLine(input, notice === undefined ? undefined : [{ text: notice }], 120)));

	test('has the newest first, and what the sampling costs', () => {
		expect(event(frameInput())).toBe(
			'14:01 daily tick ok, 0 rows · 13:58 ▲ runtime rt-9 silent | samplers 20/20 | trip 9ms | db 0.2%',
		);
	});

	test('gives way to a notice, and points at faulty sampler files', () => {
		const input = frameInput(undefined, {
			environment: { ...environment, warnings: ['x'] },
		});
		expect(event(input, 'no panel has number 9')).toBe(
			'no panel has number 9 | ▲ 1 in L | samplers 20/20 | trip 9ms | db 0.2%',
		);
	});
});

describe('the log of events', () => {
	test('has the newest first, each in full, under what is wrong with the catalog', () => {
		const events = [
			{ at: at - 1000, severity: 'ok', text: 'connected' },
			{ at, severity: 'warn', text: 'the oldest queued task has waited for long' },
		] as const;
		const lines = eventLogLines(events, ['queued.sql: no such column'], 44).map(lineText);
		expect(lines).toEqual([
			'▲ queued.sql: no such column',
			'',
			'2026-03-01 14:02:31  ▲ the oldest queued',
			'                       task has waited for',
			'                       long',
			'2026-03-01 14:02:30  ● connected',
		]);
	});

	test('says so when nothing has happened', () => {
		expect(eventLogLines([], [], 44).map(lineText)[0]).toMatch(/^nothing has happened/);
	});
});

describe('the clock is wanted', () => {
	test('by nothing on a live screen until the next sample is late', () => {
		expect(nextChangeAt(frameInput())).toBe(at + 4001);
		expect(nextChangeAt(frameInput(undefined, { now: at + 4500 }))).toBe(at + 5000);
	});
	test('by nothing at all while paused', () => {
		expect(
			nextChangeAt(frameInput(undefined, { controls: { ...controls, isPaused: true } })),
		).toBeUndefined();
	});
	test('by a countdown, at each whole second of it', () => {
		const input = {
			...withSnapshot({ connection: { ...lost, nextTryAt: at + 4300 } }),
			now: at + 1500,
		};
		expect(nextChangeAt(input)).toBe(at + 2300);
	});
	test('by a connection in the making', () => {
		const connection = { kind: 'connecting', since: at, where: 'db-1' } as const;
		expect(nextChangeAt({ ...withSnapshot({ connection }), now: at + 400 })).toBe(at + 1000);
	});
});
