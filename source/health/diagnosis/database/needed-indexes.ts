/** An index that queries of ours, or the pipelines' windows, count on. */
export type NeededIndex = {
	readonly table: string;
	/** It begins with these key columns. */
	readonly columns: readonly string[];
	/** Ways in which its predicate may be written, without parentheses; none: it is whole. */
	readonly predicates: readonly string[];
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
		predicates: [`status = 'queued'`],
		use: samplersReadAll,
	},
	{
		table: 'agent_task_queue',
		columns: ['started_at'],
		predicates: [`status = 'running'`],
		use: samplersReadAll,
	},
	{
		table: 'agent_task_queue',
		columns: ['runtime_id', 'dispatched_at'],
		predicates: [`status = 'dispatched' and started_at is null`],
		use: samplersReadAll,
	},
	{
		table: 'agent_task_queue',
		columns: ['completed_at'],
		predicates: [
			`status in (${finished.map((status) => `'${status}'`).join(', ')})`,
			// As the server writes it back.
			`status = any (array[${finished.map((status) => `'${status}'`).join(', ')}])`,
		],
		use: samplersReadAll,
	},
	{
		table: 'agent_task_queue',
		columns: ['issue_id'],
		predicates: [],
		use: 'deleting an issue reads the whole queue',
	},
	{
		table: 'agent_task_queue',
		columns: ['agent_id'],
		predicates: [],
		use: 'deleting an agent reads the whole queue',
	},
	{
		table: 'agent_task_queue',
		columns: ['runtime_id'],
		predicates: [],
		use: 'deleting a runtime reads the whole queue',
	},
	{ table: 'task_usage', columns: ['created_at'], predicates: [], use: windowsReadAll },
	{ table: 'task_usage', columns: ['updated_at'], predicates: [], use: windowsReadAll },
	{
		table: 'task_usage',
		columns: ['created_at'],
		predicates: ['updated_at is null'],
		use: windowsReadAll,
	},
	{
		table: 'task_usage',
		columns: ['task_id'],
		predicates: [],
		use: 'deleting a task reads all usage',
	},
	{
		table: 'agent_runtime',
		columns: ['last_seen_at'],
		predicates: [],
		use: 'the runtime samplers read the whole table',
	},
	{
		table: 'chat_message',
		columns: ['chat_session_id', 'created_at'],
		predicates: [],
		use: 'the activity sampler reads the whole table',
	},
	{
		table: 'runs',
		columns: ['status'],
		predicates: [],
		use: 'the lease samplers read the whole table',
	},
	{
		table: 'runs',
		columns: ['run_at'],
		predicates: [],
		use: 'workers read the whole table to find work',
	},
	{
		table: 'runs',
		columns: ['queued_at'],
		predicates: [],
		use: 'the lease samplers read the whole table',
	},
	{
		table: 'runs',
		columns: ['lease_expires_at'],
		predicates: [],
		use: 'the reclaimer reads the whole table',
	},
];
