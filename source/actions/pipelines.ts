/** The pipelines that exist in the wild, in the order in which one is chosen when nobody says which. */
export const pipelineNames = ['hourly', 'daily', 'dashboard'] as const;
export type PipelineName = (typeof pipelineNames)[number];

/** One rollup pipeline by the names that its product gave it. All of them are plain identifiers. */
export type Pipeline = {
	readonly name: PipelineName;
	readonly table: string;
	readonly state: string;
	readonly dirty: string;
	readonly windowFunction: string;
	readonly tickFunction: string;
	readonly pruneFunction: string;
	/** Key of the advisory lock that ticks take. */
	readonly lockKey: number;
	/** The column of the bucket's time, and how much time a bucket is. */
	readonly bucket: 'bucket_hour' | 'bucket_date';
	readonly bucketMs: number;
	/** What makes a bucket besides its time. `project_id` may be NULL, the others may not. */
	readonly keys: readonly string[];
	/** What a bucket carries; `task_count` is the number of different tasks, `event_count` of rows. */
	readonly measures: readonly string[];
	/** The most of update time that one tick takes on; undefined: all of it. */
	readonly tickStepMs?: number;
};

export const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;

/** Rows become visible after their timestamp, so a tick leaves the last five minutes alone. */
export const settleMs = 5 * 60_000;

/** The sums that make up a bucket's tokens. */
export const tokenColumns = [
	'input_tokens',
	'output_tokens',
	'cache_read_tokens',
	'cache_write_tokens',
] as const;

const counted = [...tokenColumns, 'event_count'];

/** The three pipelines. Names and keys are those of the field. */
export const pipelines: Readonly<Record<PipelineName, Pipeline>> = {
	hourly: {
		name: 'hourly',
		table: 'task_usage_hourly',
		state: 'task_usage_hourly_rollup_state',
		dirty: 'task_usage_hourly_dirty',
		windowFunction: 'rollup_task_usage_hourly_window',
		tickFunction: 'rollup_task_usage_hourly',
		pruneFunction: 'prune_task_usage_hourly_dirty',
		lockKey: 4246,
		bucket: 'bucket_hour',
		bucketMs: hourMs,
		keys: ['workspace_id', 'runtime_id', 'agent_id', 'project_id', 'provider', 'model'],
		measures: [...counted, 'task_count'],
		tickStepMs: dayMs,
	},
	daily: {
		name: 'daily',
		table: 'task_usage_daily',
		state: 'task_usage_rollup_state',
		dirty: 'task_usage_daily_dirty',
		windowFunction: 'rollup_task_usage_daily_window',
		tickFunction: 'rollup_task_usage_daily',
		pruneFunction: 'prune_task_usage_daily_dirty',
		lockKey: 4242,
		bucket: 'bucket_date',
		bucketMs: dayMs,
		keys: ['workspace_id', 'runtime_id', 'provider', 'model'],
		measures: counted,
	},
	dashboard: {
		name: 'dashboard',
		table: 'task_usage_dashboard_daily',
		state: 'task_usage_dashboard_rollup_state',
		dirty: 'task_usage_dashboard_dirty',
		windowFunction: 'rollup_task_usage_dashboard_daily_window',
		tickFunction: 'rollup_task_usage_dashboard_daily',
		pruneFunction: 'prune_task_usage_dashboard_dirty',
		lockKey: 4244,
		bucket: 'bucket_date',
		bucketMs: dayMs,
		keys: ['workspace_id', 'agent_id', 'project_id', 'model'],
		measures: [...counted, 'task_count'],
	},
};

/** A pipeline's name as the command line or a file gives it; undefined when there is none called so. */
export const pipelineNamed = (name: string): Pipeline | undefined =>
	Object.hasOwn(pipelines, name) ? pipelines[name as PipelineName] : undefined;
