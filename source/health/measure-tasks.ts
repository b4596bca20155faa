import { formatAge, formatCount, formatPercent, formatPlural } from '../lib/format.ts';
import { runtimesOf, tasksOf } from '../sampling/multica.ts';
import type { Count, Maybe, RuntimeGroup } from '../sampling/panel-data.ts';
import type { Snapshot } from '../sampling/snapshot.ts';
import type { Measurement } from './measurement.ts';

/** Measures the task queue and the runtimes that work on it. */
export function measureTasks(snapshot: Snapshot): Measurement[] {
	const tasks = tasksOf(snapshot);
	if (!tasks.isPresent) return [];
	const { data } = tasks;
	const queued = total(data.sources.map((source) => source.queued));
	const one = { subject: '', panel: 'tasks' } as const;
	return [
		{
			...one,
			signal: 'oldest-ready-task',
			sampler: 'multica/task-queued',
			value: orZero(data.oldestReadySeconds),
			sentence: () =>
				`the oldest queued task has waited ${formatAge(data.oldestReadySeconds ?? 0)}; queued tasks expire at 2 h`,
		},
		{
			...one,
			signal: 'not-draining',
			sampler: 'multica/task-queued',
			isLevel: true,
			value: queued,
			sentence: (_, seconds) =>
				`${formatPlural(queued ?? 0, 'task')} queued and not one fewer for ${formatAge(seconds)}`,
		},
		{
			...one,
			signal: 'dispatched-not-started',
			sampler: 'multica/task-dispatched',
			value: orZero(data.oldestDispatchedSeconds),
			sentence: () =>
				`a task was dispatched ${formatAge(data.oldestDispatchedSeconds ?? 0)} ago and has not started; it fails at 5m`,
		},
		{
			...one,
			signal: 'running-on-silent-runtime',
			sampler: 'multica/task-orphaned',
			value: orZero(data.longestSilenceSeconds),
			sentence: () =>
				`${formatPlural(data.runningOnSilentRuntime ?? 0, 'running task')} on runtimes silent for up to ${formatAge(data.longestSilenceSeconds ?? 0)}; given up at 3 h`,
		},
		...measureRuntimes(snapshot, queued),
	];
}

function measureRuntimes(snapshot: Snapshot, queued: Maybe<number>): Measurement[] {
	const runtimes = runtimesOf(snapshot);
	if (!runtimes.isPresent) return [];
	const { groups } = runtimes.data;
	const online = groups && sumOf(groups, 'online');
	const late = groups && sumOf(groups, 'late');
	const silent = groups && sumOf(groups, 'silent');
	const known = groups && (online ?? 0) + (late ?? 0) + (silent ?? 0);
	const one = { subject: '', panel: 'runtimes' } as const;
	return [
		{
			...one,
			signal: 'runtimes-silent',
			sampler: 'multica/runtime-fleet',
			value: known === undefined ? undefined : known === 0 ? 0 : (100 * (silent ?? 0)) / known,
			sentence: () =>
				`${formatCount(silent ?? 0)} of ${formatPlural(known ?? 0, 'runtime')} silent for over 150s (${formatPercent((silent ?? 0) / Math.max(known ?? 1, 1))})`,
		},
		{
			...one,
			signal: 'no-runtime-for-work',
			sampler: 'multica/runtime-fleet',
			value:
				queued === undefined || known === undefined
					? undefined
					: (online ?? 0) + (late ?? 0) > 0
						? 0
						: queued,
			sentence: () =>
				`${formatPlural(queued ?? 0, 'task')} queued and no runtime has been heard for 150s`,
		},
	];
}

const sumOf = (groups: readonly RuntimeGroup[], column: 'online' | 'late' | 'silent'): number =>
	groups.reduce((all, group) => all + Number(group[column]), 0);

/** The sum, or unknown as soon as one part of it is. */
const total = (counts: readonly Maybe<Count>[]): Maybe<number> => {
	if (counts.length === 0) return undefined;
	return counts.includes(undefined)
		? undefined
		: counts.reduce<number>((all, count) => all + Number(count), 0);
};

/** Nothing to measure the age of is an age of nothing; unknown stays unknown. */
const orZero = (seconds: Maybe<number | null>): Maybe<number> => (seconds === null ? 0 : seconds);
