import type { ListDefinition } from '../list-definition.ts';

/** Where work is done: the workspaces with tasks now or in the last hour. */
export const workspaceList: ListDefinition = {
	id: 'workspaces',
	title: 'workspaces at work',
	panel: 'activity',
	questions: () => [{ query: 'lists/workspaces' }],
	columns: [
		{ field: 'id', title: 'workspace', format: 'id', leastWidth: 8 },
		{ field: 'queued', title: 'queued', format: 'count' },
		{ field: 'running', title: 'running', format: 'count' },
		{ field: 'finished', title: 'finished in 1h', format: 'count', rank: 1 },
		{ field: 'failed', title: 'failed', format: 'count' },
		{ field: 'newest_seconds', title: 'newest', format: 'age', rank: 2 },
	],
	key: ['id'],
	copies: 'id',
	usageOf: ({ id }) => ({ kind: 'workspace', text: String(id) }),
	severityOf: ({ failed }) => (Number(failed) > 0 ? 'warn' : 'ok'),
	detail: { title: ({ id }) => `workspace ${id}` },
};
