import { createHash } from 'node:crypto';

/** How many of each thing the demo's product has. A thing's number says to what it belongs. */
export const shape = {
	workspaces: 48,
	usersPerWorkspace: 14,
	agentsPerWorkspace: 4,
	issuesPerWorkspace: 120,
	chatSessionsPerWorkspace: 60,
	projectsPerWorkspace: 3,
	/** Runtime n belongs to workspace n modulo `workspaces`, so the first ones have two. */
	runtimes: 72,
	workers: 6,
	/** History reaches back this far. */
	historyDays: 30,
	/** Tasks a minute of the workload, which knows no night. */
	tasksPerMinute: 8,
	/** Tasks a minute of history, at its end and at its beginning: the product is growing. */
	historyTasksPerMinute: 6.5,
	historyTasksPerMinuteAtFirst: 0.5,
	runsPerMinute: 6,
	/** Finished runs are kept this long. */
	runsKeptHours: 36,
	/** Rows of the scheduler's audit table are kept this long. */
	schedulerKeptHours: 6,
} as const;

/** Providers of the runtimes, the frequent ones more than once. */
export const providers = [
	'claude',
	'codex',
	'claude',
	'cursor',
	'claude',
	'gemini',
	'codex',
	'opencode',
	'copilot',
	'kimi',
] as const;

/** What a model is called, by the provider whose runtime used it. */
export const models: Readonly<Record<(typeof providers)[number], readonly [string, string]>> = {
	claude: ['claude-opus-4-6', 'claude-sonnet-4-6'],
	codex: ['gpt-5.2-codex', 'gpt-5.2-mini'],
	cursor: ['composer-2', 'gpt-5.2'],
	gemini: ['gemini-3-pro', 'gemini-3-flash'],
	opencode: ['qwen3-coder', 'glm-5'],
	copilot: ['gpt-5.2', 'claude-sonnet-4-6'],
	kimi: ['kimi-k2.5', 'kimi-k2.5-turbo'],
};

/** Blueprints of the run queue. */
export const blueprints = [
	'nightly-report',
	'sync-repository',
	'index-documents',
	'send-digest',
	'import-tickets',
	'rotate-keys',
] as const;

/** Why tasks fail. */
export const failureReasons = [
	'agent_error',
	'timeout',
	'runtime_offline',
	'rate_limited',
] as const;

/** The things whose identity follows from their number. */
export type DemoKind = 'workspace' | 'user' | 'runtime' | 'agent' | 'issue' | 'session' | 'project';

/** The id of thing number `n` (from 1), the same one that `idFunction` gives inside the server. */
export function demoId(kind: DemoKind, n: number): string {
	const hex = createHash('md5').update(`${kind}/${n}`).digest('hex');
	return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** Makes `pg_temp.demo_id(kind, n)` on a connection. */
export const idFunction = `create or replace function pg_temp.demo_id(kind text, n bigint) returns uuid
	language sql immutable parallel safe as $$ select md5(kind || '/' || n)::uuid $$`;

/** The runtime of agent number `agent` (from 1): a workspace with two shares its agents out. */
export function runtimeOfAgent(agent: number): number {
	const workspace = Math.ceil(agent / shape.agentsPerWorkspace);
	const hasTwo = workspace <= shape.runtimes - shape.workspaces;
	return hasTwo && agent % 2 === 0 ? workspace + shape.workspaces : workspace;
}
