import { severityAt } from '../../../../health/severity-at.ts';
import { pipelines } from '../../../../sampling/rollup.ts';
import { type ListDefinition, pageOf } from '../list-definition.ts';
import { noteOfMet } from '../met.ts';

/** The buckets that wait in the queues, a list a pipeline. */
export const dirtyLists: readonly ListDefinition[] = pipelines.map((pipeline) => ({
	id: `dirty-${pipeline}`,
	title: pipeline,
	panel: 'dirty',
	questions: (after) => [pageOf(`lists/dirty-${pipeline}`, after)],
	pagedBy: 'bucket',
	noteOf: noteOfMet('rows of the queue'),
	columns: [
		{ field: 'oldest_seconds', title: 'waits', format: 'age' },
		{ field: 'bucket', title: 'bucket', format: 'text' },
		{ field: 'keys', title: 'keys', format: 'count' },
		{ field: 'newest_seconds', title: 'newest', format: 'age', rank: 1 },
	],
	key: ['pipeline', 'bucket'],
	copies: 'bucket',
	severityOf: ({ oldest_seconds: seconds }, thresholds) =>
		severityAt(thresholds['dirty-oldest'], seconds),
	detail: {
		title: ({ bucket }) => `${pipeline} bucket ${bucket ?? 'named by its task'}`,
	},
}));
