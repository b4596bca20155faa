import { formatAge, formatDateTime, formatPlural } from '../lib/format.ts';
import type { Count, LockHolder, Maybe, PipelineData } from '../sampling/panel-data.ts';
import type { Proof } from '../sampling/proof.ts';
import { rollupsOf } from '../sampling/rollup.ts';
import type { Snapshot } from '../sampling/snapshot.ts';
import { isBetweenSlices, isWalking } from './lock-holder.ts';
import type { Measurement } from './measurement.ts';

/** The pipelines, by name, on which a backfill or a replay is seen at work. */
export const walkedIn = (snapshot: Snapshot): ReadonlySet<string> =>
	new Set(
		rollupsOf(snapshot).data.flatMap(({ pipeline, lock }) =>
			lock && isWalking(lock) ? [pipeline] : [],
		),
	);

/**
 * Measures each rollup pipeline: how far behind, how long idle, who is in its way, what it forgets.
 * @param walked pipelines that a walk holds up by right
 */
export function measureRollups(
	snapshot: Snapshot,
	walked: ReadonlySet<string> = walkedIn(snapshot),
): Measurement[] {
	const { isPresent, data } = rollupsOf(snapshot);
	return isPresent ? data.flatMap((each) => measurePipeline(each, walked, snapshot.at)) : [];
}

function measurePipeline(
	pipeline: PipelineData,
	walked: ReadonlySet<string>,
	at: number,
): Measurement[] {
	const { pipeline: name, dataLagSeconds, runAgeSeconds, dirtyRows, dirtyOldestSeconds } = pipeline;
	const { stalledRuns, failedRuns, watermarkAt } = pipeline;
	const aheadSeconds =
		watermarkAt === undefined ? undefined : Math.max(0, (watermarkAt - at) / 1000);
	const isExcused = walked.has(name);
	const rollup = { subject: name, panel: 'rollups', isExcused } as const;
	const dirty = { subject: name, panel: 'dirty', isExcused } as const;
	const hasNeverRun = runAgeSeconds === null;
	// Without usage there is nothing to be behind of, and nobody needs to have run.
	const hasUsage = dataLagSeconds !== null;
	return [
		{
			...rollup,
			signal: 'rollup-data-lag',
			sampler: `rollup/${name}-state`,
			value: hasUsage ? dataLagSeconds : 0,
			sentence: () =>
				hasNeverRun || watermarkAt === 0
					? `${name} rollup has never been filled: usage shows zero`
					: `${name} rollup is ${formatAge(dataLagSeconds ?? 0)} behind the newest usage`,
		},
		{
			...rollup,
			signal: 'rollup-run-age',
			sampler: `rollup/${name}-state`,
			value: hasNeverRun ? (hasUsage ? Number.POSITIVE_INFINITY : 0) : runAgeSeconds,
			sentence: () =>
				hasNeverRun
					? `${name} rollup has never run`
					: `${name} rollup last ran ${formatAge(runAgeSeconds ?? 0)} ago`,
		},
		{
			subject: name,
			panel: 'rollups',
			signal: 'rollup-watermark-ahead',
			sampler: `rollup/${name}-state`,
			value: aheadSeconds,
			sentence: () =>
				`the watermark of ${name} is ${formatAge(aheadSeconds ?? 0)} ahead of the clock: usage written until then is skipped`,
		},
		// Where no tick is on record nobody can say, now or later.
		...(stalledRuns === null ? [] : [measureStalled(name, stalledRuns, isExcused)]),
		...(failedRuns === null ? [] : [measureFailed(name, failedRuns)]),
		...(pipeline.lock ? measureLock(name, pipeline.lock) : []),
		...(pipeline.proof ? measureProof(name, pipeline.proof) : []),
		{
			...dirty,
			signal: 'dirty-oldest',
			sampler: `rollup/${name}-dirty`,
			value: dirtyOldestSeconds === null ? 0 : dirtyOldestSeconds,
			sentence: () =>
				`${name} dirty queue: the oldest of ${formatPlural(dirtyRows ?? 0, 'invalidation')} has waited ${formatAge(dirtyOldestSeconds ?? 0)}; they are pruned at 7 days`,
		},
		{
			...dirty,
			signal: 'dirty-rising',
			sampler: `rollup/${name}-dirty`,
			isLevel: true,
			value: dirtyRows === undefined ? undefined : Number(dirtyRows),
			sentence: (_, seconds) =>
				`${name} dirty queue has not shrunk for ${formatAge(seconds)} (${formatPlural(dirtyRows ?? 0, 'row')})`,
		},
	];
}

/** A bucket counts where it was found last: by one verification, or by a second one too. */
function measureProof(name: string, proof: Proof): Measurement[] {
	const { drift, ghosts, confirmed, newestWrongMs } = proof;
	const where =
		newestWrongMs === undefined ? '' : `, the newest at ${formatDateTime(newestWrongMs)}`;
	const once = drift + ghosts - confirmed;
	const one = { subject: name, panel: 'rollups', sampler: `rollup/${name}-state` } as const;
	return [
		{
			...one,
			signal: 'verify-wrong',
			value: once,
			sentence: () =>
				`${formatPlural(once, 'bucket')} of the ${name} rollup ${once === 1 ? 'differs' : 'differ'} from raw usage${where}`,
		},
		{
			...one,
			signal: 'verify-still-wrong',
			value: confirmed,
			sentence: () =>
				`${formatPlural(confirmed, 'bucket')} of the ${name} rollup ${confirmed === 1 ? 'differs' : 'differ'} from raw usage, seen twice${where}; no tick will mend ${confirmed === 1 ? 'it' : 'them'}`,
		},
	];
}

function measureStalled(name: string, runs: Maybe<Count>, isExcused: boolean): Measurement {
	return {
		subject: name,
		panel: 'rollups',
		isExcused,
		signal: 'rollup-stalled-runs',
		sampler: `rollup/${name}-runs`,
		value: runs === undefined ? undefined : Number(runs),
		sentence: () =>
			`${name} rollup: the last ${formatPlural(runs ?? 0, 'tick')} succeeded and moved nothing, though newer usage waits`,
	};
}

function measureFailed(name: string, runs: Maybe<Count>): Measurement {
	return {
		subject: name,
		panel: 'rollups',
		signal: 'rollup-failed-runs',
		sampler: `rollup/${name}-runs`,
		value: runs === undefined ? undefined : Number(runs),
		sentence: () =>
			Number(runs) === 1
				? `${name} rollup: the last tick failed`
				: `${name} rollup: the last ${formatPlural(runs ?? 0, 'tick')} failed`,
	};
}

function measureLock(name: string, lock: LockHolder): Measurement[] {
	const holder = `pid ${lock.pid}${lock.application === '' ? '' : ` (${lock.application})`}`;
	const one = { subject: name, panel: 'rollups' } as const;
	const isIdle = lock.state?.startsWith('idle') === true;
	// A backfill keeps its lock while it rests between two slices.
	const isResting = isBetweenSlices(lock);
	const waiter: Measurement = {
		...one,
		signal: 'rollup-lock-waiter',
		sampler: `rollup/${name}-lock`,
		value: lock.waiters === 0 ? 0 : (lock.longestWaitSeconds ?? undefined),
		sentence: () =>
			`someone has waited ${formatAge(lock.longestWaitSeconds ?? 0)} for the ${name} rollup lock held by ${holder}`,
	};
	const held: Measurement =
		isIdle && !isResting
			? {
					...one,
					signal: 'rollup-lock-idle',
					sampler: `rollup/${name}-lock`,
					value: lock.stateSeconds ?? 0,
					sentence: () =>
						`${name} rollup blocked: ${holder}, idle ${formatAge(lock.stateSeconds ?? 0)}, holds its lock`,
				}
			: {
					...one,
					signal: 'rollup-lock-active',
					sampler: `rollup/${name}-lock`,
					value: lock.heldSeconds,
					sentence: () =>
						lock.heldSeconds === undefined
							? `${name} rollup lock is held by ${holder}; GRANT pg_read_all_stats to see since when`
							: `${name} rollup lock held for ${formatAge(lock.heldSeconds)} by ${holder}`,
				};
	return [held, waiter];
}
