import type { Report } from '../../source/health/monitor.ts';
import { defaultThresholds, type SignalName } from '../../source/health/thresholds.ts';
import type { HealthEvent, Severity, Verdict } from '../../source/health/verdict.ts';
import { trendsOf } from '../../source/sampling/history/trends.ts';
import type { Reading, Row } from '../../source/sampling/reading.ts';
import type { ServerIdentity, Snapshot } from '../../source/sampling/snapshot.ts';
import type { ControlState, Environment } from '../../source/ui/console-context.ts';
import type { FrameInput } from '../../source/ui/panels/frame-input.ts';

/** 14:02:31 in whatever zone the tests run. */
export const at = new Date(2026, 2, 1, 14, 2, 31).getTime();

export const identity: ServerIdentity = {
	user: 'app',
	database: 'multica',
	version: '17.6',
	host: 'db-1',
	port: 5432,
	isStandby: false,
	isTls: true,
	isPooled: false,
};

export const environment: Environment = {
	target: 'staging',
	isReadOnly: false,
	isAscii: false,
	hasColor: true,
	theme: 'dark',
	isProduction: false,
	thresholds: defaultThresholds,
	usage: { viewer: {}, enabled: undefined, terminalZone: 'UTC' },
	ownPanels: [],
	panels: { order: [], hidden: [] },
	warnings: [],
	everyMs: (id) => (id === 'multica/active' ? 60_000 : undefined),
	sampler: () => undefined,
	hasCommand: (name) => name === 'tick',
};

export const controls: ControlState = { isPaused: false, intervalMs: 2000 };

const cost = { serverMs: 1.4 };

/** A good reading with these rows; without rows an empty one. */
export const rows = (when: number, ...found: readonly Row[]): Reading =>
	found.length === 0
		? { kind: 'empty', at: when, cost }
		: { kind: 'ok', rows: found, at: when, cost };

const sources = [
	'chat',
	'issue',
	'autopilot',
	'autopilot_issue',
	'quick_create',
	'manual',
	'api',
	'other',
];

/** A number a source, zero for those that aren't named. */
const bySource = (when: number, counts: Readonly<Record<string, number>>, extra: Row = {}) =>
	rows(when, ...sources.map((source) => ({ source, tasks: counts[source] ?? 0, ...extra })));

/** Readings of pack `multica` on a busy day. */
export const taskReadings = (when = at, queued = 18): Readonly<Record<string, Reading>> => ({
	'multica/task-queued': bySource(when, { chat: 3, issue: queued }, { oldest_seconds: 48 }),
	'multica/task-running': bySource(when, { chat: 12, issue: 40 }),
	'multica/task-stuck': bySource(when, { issue: 2 }),
	'multica/task-flow': rows(when, { created: 31, finished: 29 }),
	'multica/task-dispatched': rows(when, { tasks: 0, oldest_seconds: null }),
	'multica/task-orphaned': rows(when, {
		on_silent_runtime: 2,
		longest_silence_seconds: 260,
		over_thirty_minutes: 2,
	}),
	'multica/runtime-fleet': rows(
		when,
		{ runtime_mode: 'local', provider: 'claude', online: 31, late: 0, silent_recently: 1 },
		{ runtime_mode: 'cloud', provider: 'codex', online: 12, late: 0, silent_recently: 0 },
	),
	'multica/runtime-heartbeat': rows(when, {
		le_1: 9,
		le_5: 20,
		le_15: 38,
		le_30: 40,
		le_60: 42,
		le_120: 43,
		le_300: 44,
		le_600: 44,
		count: 44,
		sum: 500,
	}),
	'multica/active': rows(
		when,
		{ window: '5m', users: 23, workspaces: 9 },
		{ window: '1h', users: 310, workspaces: 88 },
		{ window: '24h', users: 1208, workspaces: 240 },
	),
	'multica/workspace-total': rows(when, { workspaces: 412 }),
});

type PipelineRow = {
	readonly lagSeconds: number;
	readonly runSeconds: number | null;
	readonly dirtyRows: number;
	readonly dirtySeconds: number | null;
};

const pipeline = (
	name: string,
	when: number,
	row: PipelineRow,
): Readonly<Record<string, Reading>> => ({
	[`rollup/${name}-state`]: rows(when, {
		watermark_seconds: when / 1000 - row.lagSeconds,
		newest_usage_at: when,
		data_lag_seconds: row.lagSeconds,
		run_age_seconds: row.runSeconds,
		last_run_rows: 312,
		last_error: null,
	}),
	[`rollup/${name}-dirty`]: rows(when, {
		dirty_rows: row.dirtyRows,
		is_estimate: false,
		oldest_seconds: row.dirtySeconds,
		newest_seconds: row.dirtySeconds === null ? null : 4,
	}),
});

/** Readings of pack `rollup`: hourly blocked by a leaked lock, daily well. */
export const rollupReadings = (when = at, dirtyRows = 1204): Readonly<Record<string, Reading>> => ({
	...pipeline('hourly', when, {
		lagSeconds: 11_520,
		runSeconds: 130,
		dirtyRows,
		dirtySeconds: 11_460,
	}),
	'rollup/hourly-lock': rows(when, {
		is_held: true,
		holder_pid: 7873,
		holder_application: 'multica-server',
		holder_state: 'idle',
		state_seconds: 2460,
		held_seconds: 2460,
		waiters: 0,
		longest_wait_seconds: null,
	}),
	...pipeline('daily', when, {
		lagSeconds: 400,
		runSeconds: 250,
		dirtyRows: 0,
		dirtySeconds: null,
	}),
	'rollup/daily-lock': rows(when, { is_held: false }),
});

/** Readings of pack `lease`. */
export const leaseReadings = (when = at, ready = 42): Readonly<Record<string, Reading>> => ({
	'lease/ready': rows(when, { ready, future: 9, oldest_ready_seconds: 9 }),
	'lease/running': rows(when, { active: 12, expired: 0, oldest_expired_seconds: null }),
	'lease/depth': rows(
		when,
		{ status: 'QUEUED', runs: ready + 9 },
		{ status: 'RUNNING', runs: 12 },
		{ status: 'FAILED', runs: 3 },
	),
	'lease/workers': { kind: 'unavailable', reason: 'no table workers' },
});

/** What everyone has. */
export const databaseReadings = (when = at): Readonly<Record<string, Reading>> => ({
	'database/server': rows(when, {
		is_standby: false,
		replay_lag_seconds: null,
		connections: 40,
		max_connections: 200,
		oldest_transaction_seconds: 3,
	}),
});

/** All packs. */
export const allReadings = (when = at): Readonly<Record<string, Reading>> => ({
	...taskReadings(when),
	...rollupReadings(when),
	...leaseReadings(when),
	...databaseReadings(when),
});

/** A snapshot of a live connection; `changes` replaces what a test is about. */
export const snapshotOf = (
	readings: Readonly<Record<string, Reading>>,
	changes: Partial<Snapshot> = {},
): Snapshot => ({
	seq: 1,
	at,
	answeredAt: changes.at ?? at,
	publishedAt: at,
	connection: { kind: 'live', since: at - 60_000, identity },
	identity,
	advice: new Map(),
	readings: new Map(Object.entries(readings)),
	trip: { wallMs: 9, serverMs: 4, samplers: readings ? Object.keys(readings).length : 0 },
	...changes,
});

/** A frame of 41 seconds after the last answer, when the server has been lost since. */
export function lostInput(input: FrameInput = frameInput()): FrameInput {
	const { report, now } = input;
	const connection: Snapshot['connection'] = {
		kind: 'lost',
		since: now + 3000,
		where: 'app@db-1/multica',
		failureClass: 'timeout',
		sentence:
			'app@db-1/multica has not answered for 4 s: the server is frozen, or the network drops what is sent',
		attempts: 3,
		nextTryAt: now + 45_000,
	};
	const snapshot = { ...report.snapshot, connection };
	return { ...input, report: { ...report, snapshot }, now: now + 41_000 };
}

/** A verdict with the fields that a frame reads. */
export const verdict = (
	signal: SignalName,
	panel: string,
	severity: Severity,
	sentence = '',
	subject = '',
): Verdict => ({ signal, panel, severity, sentence, subject, since: at - 120_000 });

/** What the readings above mean: one critical, two warnings. */
export const verdicts: readonly Verdict[] = [
	verdict(
		'rollup-lock-idle',
		'rollups',
		'critical',
		'hourly rollup blocked: pid 7873 (multica-server), idle 41m, holds its lock',
		'hourly',
	),
	verdict(
		'rollup-data-lag',
		'rollups',
		'critical',
		'hourly rollup is 3h12m behind the newest usage',
		'hourly',
	),
	verdict(
		'running-on-silent-runtime',
		'tasks',
		'warn',
		'2 running tasks on runtimes silent for up to 4m',
	),
	verdict(
		'dirty-oldest',
		'dirty',
		'warn',
		'hourly dirty queue: the oldest has waited 3h11m',
		'hourly',
	),
	verdict('oldest-ready-task', 'tasks', 'ok'),
	verdict('runtimes-silent', 'runtimes', 'ok'),
	verdict('rollup-data-lag', 'rollups', 'ok', '', 'daily'),
	verdict('rollup-run-age', 'rollups', 'ok', '', 'hourly'),
	verdict('dirty-oldest', 'dirty', 'ok', '', 'daily'),
	verdict('oldest-ready-run', 'leases', 'ok'),
	verdict('expired-lease', 'leases', 'ok'),
];

export const events: readonly HealthEvent[] = [
	{ at: at - 271_000, severity: 'warn', text: 'runtime rt-9 silent' },
	{ at: at - 91_000, severity: 'ok', text: 'daily tick ok, 0 rows' },
];

/** History before a snapshot: one every two seconds, with a queue that goes up and down. */
export const historyBefore = (snapshot: Snapshot, count: number): readonly Snapshot[] =>
	Array.from({ length: count }, (_, index) => {
		const when = snapshot.at - (count - index) * 2000;
		const wave = Math.round(20 + 15 * Math.sin(index / 12));
		return snapshotOf(
			{
				...taskReadings(when, wave),
				...rollupReadings(when, 1204 - (count - index)),
				...leaseReadings(when, wave),
			},
			{ at: when, publishedAt: when, seq: index },
		);
	});

/** A report of a snapshot. */
export const reportOf = (snapshot: Snapshot, changes: Partial<Report> = {}): Report => ({
	snapshot,
	verdicts,
	events,
	...changes,
});

/** What a frame is made of, with a history of six minutes. */
export function frameInput(
	snapshot: Snapshot = snapshotOf(allReadings()),
	changes: Partial<FrameInput> = {},
): FrameInput {
	return {
		report: reportOf(snapshot),
		trends: trendsOf([...historyBefore(snapshot, 180), snapshot]),
		now: snapshot.publishedAt,
		controls,
		environment,
		...changes,
	};
}
