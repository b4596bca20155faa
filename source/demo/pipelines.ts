import type { Client } from 'pg';

/** The names of one rollup pipeline in the database. */
export interface Pipeline {
	readonly name: 'daily' | 'dashboard' | 'hourly';
	readonly table: string;
	readonly state: string;
	readonly dirty: string;
	readonly windowFunction: string;
	readonly tickFunction: string;
	/** Key of the advisory lock that a tick takes. */
	readonly lock: number;
}

/** The three pipelines, with the names that real instances have. */
export const pipelines: readonly Pipeline[] = [
	{
		name: 'daily',
		table: 'task_usage_daily',
		state: 'task_usage_rollup_state',
		dirty: 'task_usage_daily_dirty',
		windowFunction: 'rollup_task_usage_daily_window',
		tickFunction: 'rollup_task_usage_daily',
		lock: 4242,
	},
	{
		name: 'dashboard',
		table: 'task_usage_dashboard_daily',
		state: 'task_usage_dashboard_rollup_state',
		dirty: 'task_usage_dashboard_dirty',
		windowFunction: 'rollup_task_usage_dashboard_daily_window',
		tickFunction: 'rollup_task_usage_dashboard_daily',
		lock: 4244,
	},
	{
		name: 'hourly',
		table: 'task_usage_hourly',
		state: 'task_usage_hourly_rollup_state',
		dirty: 'task_usage_hourly_dirty',
		windowFunction: 'rollup_task_usage_hourly_window',
		tickFunction: 'rollup_task_usage_hourly',
		lock: 4246,
	},
];

/** The pipeline called `name`. */
export function pipeline(name: Pipeline['name']): Pipeline {
	const found = pipelines.find((each) => each.name === name);
	if (!found) throw new RangeError(`no pipeline ${name}`);
	return found;
}

/** The pipelines that the database has. */
export async function presentPipelines(client: Client): Promise<readonly Pipeline[]> {
	const { rows } = await client.query(
		`select name from unnest($1::text[]) name
		where to_regprocedure(name || '(timestamptz, timestamptz)') is not null`,
		[pipelines.map(({ windowFunction }) => windowFunction)],
	);
	const names = new Set(rows.map(({ name }) => name));
	return pipelines.filter(({ windowFunction }) => names.has(windowFunction));
}
