import { severityAt } from '../../../../health/severity-at.ts';
import { type ListDefinition, pageOf } from '../list-definition.ts';

/** Who is connected, the oldest transaction first. */
export const sessionList: ListDefinition = {
	id: 'database',
	title: 'sessions',
	group: 'Database',
	questions: (after) => [pageOf('lists/sessions', after)],
	pagedBy: 'pid',
	columns: [
		{ field: 'pid', title: 'pid', format: 'text' },
		{ field: 'open_seconds', title: 'open', format: 'age' },
		{ field: 'state', title: 'state', format: 'text', leastWidth: 19 },
		{ field: 'state_seconds', title: 'for', format: 'age' },
		{ field: 'application', title: 'application', format: 'text', leastWidth: 14 },
		{ field: 'user_name', title: 'user', format: 'text', rank: 2 },
		{ field: 'client', title: 'client', format: 'text', rank: 3 },
		{ field: 'database', title: 'database', format: 'text', rank: 3 },
		{ field: 'waits_for', title: 'waits for', format: 'text', rank: 1 },
		{ field: 'query', title: 'query', format: 'text', rank: 4, leastWidth: 20 },
	],
	key: ['pid'],
	copies: 'pid',
	severityOf: ({ open_seconds: seconds }, thresholds) =>
		severityAt(thresholds['oldest-transaction'], seconds),
	detail: { title: ({ pid }) => `session ${pid}` },
};
