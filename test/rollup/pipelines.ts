/** One pipeline as the tests see it. */
export interface RollupPipeline {
	readonly name: 'daily' | 'dashboard' | 'hourly';
	readonly table: string;
	readonly state: string;
	readonly dirty: string;
	readonly tick: string;
	readonly window: string;
	/** Replay by bucket time; takes dates, or hours for hourly. */
	readonly buckets: string;
	readonly prune: string;
	readonly lock: number;
	/** Columns of the bucket's key. */
	readonly key: readonly string[];
	/** Measures beside the key. */
	readonly measures: readonly string[];
	/** A GROUP BY of raw usage with nothing of the migrations in it: key and measures. */
	readonly raw: string;
}

const tokens = ['input_tokens', 'output_tokens', 'cache_read_tokens', 'cache_write_tokens'];
const sums = tokens.map((column) => `sum(u.${column})::bigint as ${column}`).join(', ');
const joins = `from task_usage u
	join agent_task_queue t on t.id = u.task_id
	join agent a on a.id = t.agent_id
	left join issue i on i.id = t.issue_id`;

/** The three pipelines. Daily buckets are of the database's zone, which tests set where it matters. */
export const pipelines: readonly RollupPipeline[] = [
	{
		name: 'hourly',
		table: 'task_usage_hourly',
		state: 'task_usage_hourly_rollup_state',
		dirty: 'task_usage_hourly_dirty',
		tick: 'rollup_task_usage_hourly',
		window: 'rollup_task_usage_hourly_window',
		buckets: 'rollup_task_usage_hourly_buckets',
		prune: 'prune_task_usage_hourly_dirty',
		lock: 4246,
		key: [
			'bucket_hour',
			'workspace_id',
			'runtime_id',
			'agent_id',
			'project_id',
			'provider',
			'model',
		],
		measures: [...tokens, 'event_count', 'task_count'],
		raw: `select date_trunc('hour', u.created_at, 'UTC') as bucket_hour, a.workspace_id, t.runtime_id, t.agent_id,
			i.project_id, u.provider, u.model, ${sums}, count(*) as event_count, count(distinct u.task_id) as task_count
			${joins} where t.runtime_id is not null group by 1, 2, 3, 4, 5, 6, 7`,
	},
	{
		name: 'daily',
		table: 'task_usage_daily',
		state: 'task_usage_rollup_state',
		dirty: 'task_usage_daily_dirty',
		tick: 'rollup_task_usage_daily',
		window: 'rollup_task_usage_daily_window',
		buckets: 'rollup_task_usage_daily_buckets',
		prune: 'prune_task_usage_daily_dirty',
		lock: 4242,
		key: ['bucket_date', 'workspace_id', 'runtime_id', 'provider', 'model'],
		measures: [...tokens, 'event_count'],
		raw: `select (u.created_at at time zone (select time_zone from task_usage_rollup_state))::date as bucket_date,
			a.workspace_id, t.runtime_id, u.provider, u.model, ${sums}, count(*) as event_count
			${joins} where t.runtime_id is not null group by 1, 2, 3, 4, 5`,
	},
	{
		name: 'dashboard',
		table: 'task_usage_dashboard_daily',
		state: 'task_usage_dashboard_rollup_state',
		dirty: 'task_usage_dashboard_dirty',
		tick: 'rollup_task_usage_dashboard_daily',
		window: 'rollup_task_usage_dashboard_daily_window',
		buckets: 'rollup_task_usage_dashboard_daily_buckets',
		prune: 'prune_task_usage_dashboard_dirty',
		lock: 4244,
		key: ['bucket_date', 'workspace_id', 'agent_id', 'project_id', 'model'],
		measures: [...tokens, 'event_count', 'task_count'],
		raw: `select (u.created_at at time zone 'UTC')::date as bucket_date, a.workspace_id, t.agent_id, i.project_id, u.model,
			${sums}, count(*) as event_count, count(distinct u.task_id) as task_count
			${joins} group by 1, 2, 3, 4, 5`,
	},
];

/** The pipeline called `name`. */
export function pipeline(name: RollupPipeline['name']): RollupPipeline {
	return pipelines.find((each) => each.name === name) as RollupPipeline;
}

/** SQL that gives every row in which rollup and raw differ, with the side it is on; none when equal. */
export function differenceSql({ table, key, measures, raw }: RollupPipeline): string {
	const rollup = `select ${[...key, ...measures].join(', ')} from ${table}`;
	return `select 'only in raw' as side, * from (${raw} except all ${rollup}) r
		union all select 'only in rollup', * from (${rollup} except all ${raw}) r`;
}
