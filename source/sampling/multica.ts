import {
	type ActivityData,
	type Count,
	countOf,
	type Maybe,
	type PanelState,
	type RuntimesData,
	type SourceTasks,
	type TasksData,
} from './panel-data.ts';
import { numberOf, panelState, rowIn, rowsIn, sum, textOf } from './panel-state.ts';
import type { Row } from './reading.ts';
import type { Snapshot } from './snapshot.ts';

const taskSamplers = [
	'multica/task-queued',
	'multica/task-running',
	'multica/task-stuck',
	'multica/task-flow',
	'multica/task-dispatched',
	'multica/task-orphaned',
] as const;

/** The task panel's data. */
export function tasksOf(snapshot: Snapshot): PanelState<TasksData> {
	const flow = rowIn(snapshot, 'multica/task-flow');
	const dispatched = rowIn(snapshot, 'multica/task-dispatched');
	const orphaned = rowIn(snapshot, 'multica/task-orphaned');
	const queued = rowsIn(snapshot, 'multica/task-queued');
	return panelState(snapshot, taskSamplers, {
		sources: sourcesOf(snapshot),
		oldestReadySeconds: queued && oldest(queued.map((row) => numberOf(row, 'oldest_seconds'))),
		createdPerMinute: numberOf(flow, 'created') ?? undefined,
		finishedPerMinute: numberOf(flow, 'finished') ?? undefined,
		dispatchedNotStarted: countOf(dispatched, 'tasks'),
		oldestDispatchedSeconds: numberOf(dispatched, 'oldest_seconds'),
		runningOnSilentRuntime: countOf(orphaned, 'on_silent_runtime'),
		longestSilenceSeconds: numberOf(orphaned, 'longest_silence_seconds'),
		runningOverThirtyMinutes: countOf(orphaned, 'over_thirty_minutes'),
	});
}

function sourcesOf(snapshot: Snapshot): SourceTasks[] {
	const queued = bySource(rowsIn(snapshot, 'multica/task-queued'));
	const running = bySource(rowsIn(snapshot, 'multica/task-running'));
	const stuck = bySource(rowsIn(snapshot, 'multica/task-stuck'));
	const names = new Set([queued, running, stuck].flatMap((counts) => [...(counts?.keys() ?? [])]));
	const work = (name: string) => Number(queued?.get(name) ?? 0) + Number(running?.get(name) ?? 0);
	return [...names]
		.map((source) => ({
			source,
			queued: queued?.get(source),
			running: running?.get(source),
			stuck: stuck?.get(source),
		}))
		.sort((a, b) => work(b.source) - work(a.source) || (a.source < b.source ? -1 : 1));
}

function bySource(rows: Maybe<readonly Row[]>): Maybe<Map<string, Count>> {
	if (!rows) return undefined;
	const counts = new Map<string, Count>();
	for (const row of rows) {
		const source = textOf(row, 'source') ?? 'other';
		counts.set(source, sum([counts.get(source) ?? 0, countOf(row, 'tasks') ?? 0]));
	}
	return counts;
}

const oldest = (ages: readonly Maybe<number | null>[]): number | null => {
	const known = ages.filter((age) => typeof age === 'number');
	return known.length === 0 ? null : Math.max(...known);
};

const runtimeSamplers = [
	'multica/runtime-fleet',
	'multica/runtime-heartbeat',
	'multica/runtime-online',
] as const;

/** The runtime panel's data. */
export function runtimesOf(snapshot: Snapshot): PanelState<RuntimesData> {
	const groups = rowsIn(snapshot, 'multica/runtime-fleet')?.map((row) => ({
		mode: textOf(row, 'runtime_mode') ?? 'unknown',
		provider: textOf(row, 'provider') ?? 'other',
		online: countOf(row, 'online') ?? 0,
		late: countOf(row, 'late') ?? 0,
		silent: countOf(row, 'silent_recently') ?? 0,
	}));
	const heartbeat = rowsIn(snapshot, 'multica/runtime-heartbeat');
	return panelState(snapshot, runtimeSamplers, {
		groups,
		heartbeat: heartbeat && histogramOf(heartbeat),
	});
}

/** Upper bounds of the heartbeat histogram in seconds: those of the contract's metric. */
const heartbeatBounds = [1, 5, 15, 30, 60, 120, 300, 600] as const;

function histogramOf(rows: readonly Row[]) {
	const total = (column: string) =>
		rows.reduce((all, row) => all + Number(countOf(row, column) ?? 0), 0);
	const cumulative = [...heartbeatBounds.map((bound) => total(`le_${bound}`)), total('count')];
	return {
		bounds: [...heartbeatBounds],
		counts: cumulative.map((count, at) => count - (cumulative[at - 1] ?? 0)),
	};
}

const activitySamplers = ['multica/active', 'multica/workspace-total'] as const;
const windows = ['5m', '1h', '24h'] as const;

/** The activity panel's data. */
export function activityOf(snapshot: Snapshot): PanelState<ActivityData> {
	const rows = rowsIn(snapshot, 'multica/active');
	return panelState(snapshot, activitySamplers, {
		windows: windows.map((window) => {
			const row = rows?.find((each) => each.window === window);
			return { window, users: countOf(row, 'users'), workspaces: countOf(row, 'workspaces') };
		}),
		workspaceTotal: countOf(rowIn(snapshot, 'multica/workspace-total'), 'workspaces'),
	});
}
