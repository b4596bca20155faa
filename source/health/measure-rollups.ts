import { formatAge, formatPlural } from '../lib/format.ts';
import type { LockHolder, PipelineData } from '../sampling/panel-data.ts';
import { rollupsOf } from '../sampling/rollup.ts';
import type { Snapshot } from '../sampling/snapshot.ts';
import { isBetweenSlices } from './lock-holder.ts';
import type { Measurement } from './measurement.ts';

/** Measures each rollup pipeline: how far behind, how long idle, who is in its way, what it forgets. */
export function measureRollups(snapshot: Snapshot): Measurement[] {
	const { isPresent, data } = rollupsOf(snapshot);
	return isPresent ? data.flatMap(measurePipeline) : [];
}

function measurePipeline(pipeline: PipelineData): Measurement[] {
	const { pipeline: name, dataLagSeconds, runAgeSeconds, dirtyRows, dirtyOldestSeconds } = pipeline;
	const rollup = { subject: name, panel: 'rollups' } as const;
	const dirty = { subject: name, panel: 'dirty' } as const;
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
				hasNeverRun
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
		...(pipeline.lock ? measureLock(name, pipeline.lock) : []),
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
