import type { Bound, SignalName } from '../../health/thresholds.ts';
import { promDuration } from './rule.ts';

/** How a signal of the console is said in PromQL. */
export type SignalRule = {
	readonly group: string;
	readonly alert: string;
	/** The series that a bound is held against; absent: the signal's own, `tidemark_signal_value`. */
	readonly metric?: string;
	/** The whole condition, where it is more than a series and a bound. */
	readonly condition?: (bound: Bound) => string;
	/** A backfill or a replay excuses it, as on the screen: by which label the series names the pipeline. */
	readonly excusedBy?: 'pipeline' | 'subject';
	readonly summary: string;
	readonly description: string;
};

/** The subject of a signal, as an annotation has it. */
export const subject = '{{ $labels.subject }}';
const pipeline = '{{ $labels.pipeline }}';
const duration = '{{ $value | humanizeDuration }}';

/**
 * A level that has been above zero and has not fallen for as long as the bound says. The last part
 * keeps a series that has only just begun from counting as one that stood still.
 */
const standsStill =
	(series: string) =>
	({ at }: Bound): string => {
		const range = promDuration(at);
		return `${series} and min_over_time(${series}[${range}]) > 0 and resets(${series}[${range}]) == 0 and ${series} offset ${range} > 0`;
	};

/** A walk rests between two slices, and a scrape may come then. */
const walked = 'max_over_time(tidemark_rollup_walked[5m]) == 1';

/** What takes pipelines out of a condition on which a walk is at work. */
export const unlessWalked = {
	pipeline: `unless on (job, instance, pipeline) ${walked}`,
	subject: `unless on (job, instance, subject) label_replace(${walked}, "subject", "$1", "pipeline", "(.*)")`,
} as const;

/** Signals that have words, or a metric, of their own; any other is said by its name. */
export const signalWords: Readonly<Partial<Record<SignalName, SignalRule>>> = {
	'oldest-ready-task': {
		group: 'tasks',
		alert: 'TidemarkTasksWait',
		metric: 'max without (source) (tidemark_task_oldest_ready_seconds)',
		summary: `The oldest queued task has waited ${duration}`,
		description:
			'Work is queued and nobody takes it: look at the runtimes. Queued tasks expire at 2 h.',
	},
	'oldest-ready-run': {
		group: 'leases',
		alert: 'TidemarkRunsWait',
		// Not xyn_queue_oldest_ready_seconds: that counts from queued_at, also before the run was due.
		summary: `The oldest ready run has waited ${duration}`,
		description: 'Workers are missing, slow or stuck: compare ready, active and expired leases.',
	},
	'not-draining': {
		group: 'tasks',
		alert: 'TidemarkNotDraining',
		condition: standsStill('tidemark_signal_value{signal="not-draining"}'),
		summary: `A queue (${subject}) has {{ $value }} waiting and not one fewer for long`,
		description: 'Work comes in and none goes out: workers or runtimes take nothing.',
	},
	'dispatched-not-started': {
		group: 'tasks',
		alert: 'TidemarkDispatchedNotStarted',
		metric: 'tidemark_task_dispatched_oldest_seconds',
		summary: `A task was dispatched ${duration} ago and has not started`,
		description: 'Its runtime took it and does nothing; the product fails it at 5 m.',
	},
	'running-on-silent-runtime': {
		group: 'tasks',
		alert: 'TidemarkTasksOrphaned',
		metric: 'tidemark_task_longest_silence_seconds',
		summary: `Tasks run on a runtime that has been silent for ${duration}`,
		description: 'The runtime is gone or cut off; its tasks are given up at 3 h.',
	},
	'runtimes-silent': {
		group: 'runtimes',
		alert: 'TidemarkRuntimesSilent',
		summary: '{{ $value | printf "%.0f" }} % of the runtimes are silent',
		description:
			'No heartbeat for 150 s: they get no work. Many at once point at the network or a release.',
	},
	'no-runtime-for-work': {
		group: 'runtimes',
		alert: 'TidemarkNoRuntimeForWork',
		summary: '{{ $value }} tasks are queued and no runtime is alive',
		description: 'Nobody can take the work: start a runtime.',
	},
	'expired-lease': {
		group: 'leases',
		alert: 'TidemarkLeaseNotTakenBack',
		metric: 'tidemark_lease_oldest_expired_seconds',
		summary: `A lease expired ${duration} ago and nobody took it back`,
		description: 'Its worker crashed, and whoever should reclaim it does not run.',
	},
	'expired-leases-remain': {
		group: 'leases',
		alert: 'TidemarkExpiredLeases',
		metric: 'xyn_running_with_expired_lease',
		summary: '{{ $value }} running runs have an expired lease',
		description: 'Workers crashed and their runs are not reclaimed.',
	},
	'no-active-lease': {
		group: 'leases',
		alert: 'TidemarkNoActiveWorkers',
		condition: ({ at }) => `xyn_queue_ready_depth >= ${at} and xyn_running_with_active_lease == 0`,
		summary: '{{ $value }} runs are ready and no worker holds a lease',
		description: 'No worker is at work: start one, or see why it takes nothing.',
	},
	'rollup-data-lag': {
		group: 'rollups',
		alert: 'TidemarkRollupLag',
		metric: 'tidemark_rollup_data_lag_seconds',
		excusedBy: 'pipeline',
		summary: `The ${pipeline} rollup is ${duration} behind the newest usage`,
		description:
			'Dashboards show old numbers. tidemark diagnose says who should tick, and what is in the way.',
	},
	'rollup-run-age': {
		group: 'rollups',
		alert: 'TidemarkRollupNotRun',
		excusedBy: 'subject',
		summary: `The ${subject} rollup last ran ${duration} ago`,
		description: 'Nobody ticks it: look for its pg_cron job or the application’s scheduler.',
	},
	'verify-wrong': {
		group: 'rollups',
		alert: 'TidemarkRollupDiffers',
		summary: `{{ $value }} buckets of the ${subject} rollup differ from raw usage`,
		description:
			'Found by verifying in the background, once so far. tidemark verify shows which buckets.',
	},
	'verify-still-wrong': {
		group: 'rollups',
		alert: 'TidemarkRollupWrong',
		summary: `{{ $value }} buckets of the ${subject} rollup differ from raw usage, seen twice`,
		description: 'No tick looks at them again: tidemark repair enqueues exactly these.',
	},
	'rollup-watermark-ahead': {
		group: 'rollups',
		alert: 'TidemarkWatermarkAhead',
		summary: `The watermark of the ${subject} rollup is ${duration} ahead of the clock`,
		description:
			'Usage written until then is skipped for good while its lag says 0. tidemark diagnose brings it back.',
	},
	'rollup-failed-runs': {
		group: 'rollups',
		alert: 'TidemarkTicksFail',
		summary: `The last {{ $value }} ticks of the ${subject} rollup failed`,
		description: 'last_error stays empty: tidemark diagnose reads the error where it was kept.',
	},
	'rollup-stalled-runs': {
		group: 'rollups',
		alert: 'TidemarkRollupStalled',
		metric: 'tidemark_rollup_stalled_runs',
		excusedBy: 'pipeline',
		summary: `The last {{ $value }} ticks of ${pipeline} succeeded and moved nothing`,
		description:
			'Newer usage is there: the lock was taken whenever a tick came. tidemark diagnose says by whom.',
	},
	'rollup-lock-active': {
		group: 'rollups',
		alert: 'TidemarkRollupBlocked',
		summary: `The ${subject} rollup lock has been held for ${duration}`,
		description: 'Ticks return 0 and count as success meanwhile. A backfill holds it by right.',
	},
	'rollup-lock-idle': {
		group: 'rollups',
		alert: 'TidemarkRollupLockLeaked',
		summary: `An idle session has held the ${subject} rollup lock for ${duration}`,
		description: 'The lock leaked: every tick returns 0. tidemark shows the pid; end that session.',
	},
	'rollup-lock-waiter': {
		group: 'rollups',
		alert: 'TidemarkRollupLockWaited',
		summary: `Someone has waited ${duration} for the ${subject} rollup lock`,
		description: 'Deleting a workspace waits 10 s for it and then fails for the user.',
	},
	'dirty-oldest': {
		group: 'rollups',
		alert: 'TidemarkDirtyNearLoss',
		metric: 'tidemark_rollup_dirty_oldest_seconds',
		excusedBy: 'pipeline',
		summary: `The oldest ${pipeline} invalidation has waited ${duration}`,
		description: 'Pruned at 7 days, and then the rows it should have mended stay wrong for good.',
	},
	'dirty-rising': {
		group: 'rollups',
		alert: 'TidemarkDirtyGrows',
		condition: standsStill('tidemark_rollup_dirty_rows'),
		excusedBy: 'pipeline',
		summary: `The ${pipeline} dirty queue holds {{ $value }} rows and has not shrunk`,
		description: 'Ticks are too rare or do not run.',
	},
	'replay-lag': {
		group: 'database',
		alert: 'TidemarkReplayLag',
		metric: 'tidemark_database_replay_lag_seconds',
		summary: `The standby replays ${duration} behind its primary`,
		description: 'What tidemark shows of this standby is that old.',
	},
	connections: {
		group: 'database',
		alert: 'TidemarkConnections',
		metric: '100 * tidemark_database_connections / tidemark_database_max_connections',
		summary: '{{ $value | printf "%.0f" }} % of the connections are taken',
		description: 'At 100 % nobody gets in.',
	},
	'oldest-transaction': {
		group: 'database',
		alert: 'TidemarkOldTransaction',
		metric: 'tidemark_database_oldest_transaction_seconds',
		summary: `A transaction has been open for ${duration}`,
		description:
			'It keeps its locks, and as a rule holds back cleanup: queues bloat and slow down.',
	},
	'sampler-failing': {
		group: 'self',
		alert: 'TidemarkSamplerFails',
		metric: 'tidemark_sampler_failures',
		summary: 'The sampler {{ $labels.sampler }} failed {{ $value }} times in a row',
		description: 'Its numbers are old, and absent after 5 m. tidemark check --self says why.',
	},
};
