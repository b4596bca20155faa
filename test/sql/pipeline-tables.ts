/** A pipeline, its tables and the key of its lock. */
export const pipelines = [
	{ name: 'daily', state: 'task_usage_rollup_state', dirty: 'task_usage_daily_dirty', lock: 4242 },
	{
		name: 'dashboard',
		state: 'task_usage_dashboard_rollup_state',
		dirty: 'task_usage_dashboard_dirty',
		lock: 4244,
	},
	{
		name: 'hourly',
		state: 'task_usage_hourly_rollup_state',
		dirty: 'task_usage_hourly_dirty',
		lock: 4246,
	},
] as const;

/** What any instance has of a pipeline, without what the product adds to it. */
export const pipelineTables = ({ state, dirty }: { state: string; dirty: string }) => `
	create table ${state} (
		id int primary key,
		watermark_at timestamptz not null default 'epoch',
		last_run_started_at timestamptz,
		last_run_finished_at timestamptz,
		last_run_rows bigint,
		last_error text
	);
	insert into ${state} (id) values (1);
	create table ${dirty} (workspace_id uuid, enqueued_at timestamptz not null default now())`;
