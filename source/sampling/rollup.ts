import {
	countOf,
	type LockHolder,
	type Maybe,
	type PanelState,
	type PipelineData,
} from './panel-data.ts';
import { numberOf, panelState, rowIn, rowsIn, textOf } from './panel-state.ts';
import type { Row } from './reading.ts';
import type { Snapshot } from './snapshot.ts';

/** The pipelines that exist in the wild, in the order in which they are shown. */
export const pipelines = ['hourly', 'daily', 'dashboard'] as const;

const samplersOf = (pipeline: string) =>
	['state', 'dirty', 'lock', 'runs'].map((part) => `rollup/${pipeline}-${part}`);

/** The data of every pipeline that this database has. */
export function rollupsOf(snapshot: Snapshot): PanelState<readonly PipelineData[]> {
	const here = pipelines.filter((name) => {
		const kind = snapshot.readings.get(`rollup/${name}-state`)?.kind;
		return kind !== undefined && kind !== 'unavailable';
	});
	return panelState(
		snapshot,
		pipelines.flatMap(samplersOf),
		here.map((name) => pipelineOf(snapshot, name)),
	);
}

function pipelineOf(snapshot: Snapshot, pipeline: string): PipelineData {
	const state = rowIn(snapshot, `rollup/${pipeline}-state`);
	const dirty = rowIn(snapshot, `rollup/${pipeline}-dirty`);
	const runs = rowsIn(snapshot, `rollup/${pipeline}-runs`);
	const watermark = numberOf(state, 'watermark_seconds');
	return {
		pipeline,
		watermarkAt: watermark == null ? undefined : watermark * 1000,
		dataLagSeconds: state?.newest_usage_at === null ? null : numberOf(state, 'data_lag_seconds'),
		runAgeSeconds: numberOf(state, 'run_age_seconds'),
		lastRows: state?.last_run_rows === null ? null : countOf(state, 'last_run_rows'),
		lastError: state?.last_error === null ? null : textOf(state, 'last_error'),
		dirtyRows: countOf(dirty, 'dirty_rows'),
		isDirtyCapped: dirty?.is_estimate === true,
		dirtyOldestSeconds: numberOf(dirty, 'oldest_seconds'),
		dirtyNewestSeconds: numberOf(dirty, 'newest_seconds'),
		proof: snapshot.proofs?.get(pipeline),
		lock: lockOf(rowsIn(snapshot, `rollup/${pipeline}-lock`)?.[0]),
		stalledRuns: runs?.length === 0 ? null : countOf(runs?.[0], 'stalled_runs'),
		failedRuns: runs?.length === 0 ? null : countOf(runs?.[0], 'failed_runs'),
	};
}

function lockOf(row: Maybe<Row>): Maybe<LockHolder | null> {
	if (row === undefined) return undefined;
	if (row.is_held !== true) return null;
	return {
		pid: numberOf(row, 'holder_pid') ?? 0,
		application: textOf(row, 'holder_application') ?? '',
		state: textOf(row, 'holder_state'),
		query: textOf(row, 'holder_query'),
		stateSeconds: numberOf(row, 'state_seconds') ?? undefined,
		heldSeconds: numberOf(row, 'held_seconds') ?? undefined,
		isHelped: row.is_helped === true,
		waiters: numberOf(row, 'waiters') ?? 0,
		longestWaitSeconds: numberOf(row, 'longest_wait_seconds'),
	};
}
