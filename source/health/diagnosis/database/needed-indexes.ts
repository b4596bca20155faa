/** An index that queries of ours, or the pipelines' windows, count on. */
export type NeededIndex = {
	readonly table: string;
	/** It begins with these key columns. */
	readonly columns: readonly string[];
	/** Its predicate, without parentheses; absent: it is whole. */
	readonly predicate?: string;
	/** The columns of the predicate that not every version of the table has. */
	readonly optional?: readonly string[];
	/** What happens without it. */
	readonly use: string;
};

const finished = ['completed', 'failed', 'cancelled'] as const;

const samplersReadAll = 'the samplers of the queue read the whole table and time out';
const windowsReadAll = 'every window of a rollup reads the whole table';

/** What real instances have, as the samplers expect it. */
export const neededIndexes: readonly NeededIndex[] = [
	{
		table: 'agent_task_queue',
		columns: ['created_at'],
		predicate: `status = 'queued'`,
		use: samplersReadAll,
	},
	{
		table: 'agent_task_queue',
		columns: ['started_at'],
		predicate: `status = 'running'`,
		use: samplersReadAll,
	},
	{
		table: 'agent_task_queue',
		columns: ['runtime_id', 'dispatched_at'],
		predicate: `status = 'dispatched' and started_at is null`,
		use: samplersReadAll,
	},
	{
		table: 'agent_task_queue',
		columns: ['completed_at'],
		predicate: `status in (${finished.map((status) => `'${status}'`).join(', ')})`,
		use: samplersReadAll,
	},
	{
		table: 'agent_task_queue',
		columns: ['issue_id'],
		use: 'deleting an issue reads the whole queue',
	},
	{
		table: 'agent_task_queue',
		columns: ['agent_id'],
		use: 'deleting an agent reads the whole queue',
	},
	{
		table: 'agent_task_queue',
		columns: ['runtime_id'],
		use: 'deleting a runtime reads the whole queue',
	},
	{ table: 'task_usage', columns: ['created_at'], use: windowsReadAll },
	{ table: 'task_usage', columns: ['updated_at'], use: windowsReadAll },
	{
		table: 'task_usage',
		columns: ['created_at'],
		predicate: 'updated_at is null',
		optional: ['updated_at'],
		use: windowsReadAll,
	},
	{
		table: 'task_usage',
		columns: ['task_id'],
		use: 'deleting a task reads all usage',
	},
	{
		table: 'agent_runtime',
		columns: ['last_seen_at'],
		use: 'the runtime samplers read the whole table',
	},
	{
		table: 'chat_message',
		columns: ['chat_session_id', 'created_at'],
		use: 'the activity sampler reads the whole table',
	},
	{
		table: 'runs',
		columns: ['status'],
		use: 'the lease samplers read the whole table',
	},
	{
		table: 'runs',
		columns: ['run_at'],
		use: 'workers read the whole table to find work',
	},
	{
		table: 'runs',
		columns: ['queued_at'],
		use: 'the lease samplers read the whole table',
	},
	{
		table: 'runs',
		columns: ['lease_expires_at'],
		use: 'the reclaimer reads the whole table',
	},
];
