import { severityAt } from '../../../../health/severity-at.ts';
import type { Thresholds } from '../../../../health/thresholds.ts';
import type { Severity } from '../../../../health/verdict.ts';
import type { Question } from '../../../../sampling/question.ts';
import type { Row } from '../../../../sampling/reading.ts';
import { rowLines } from '../../detail/fields.ts';
import { answerTable } from '../../detail/tables.ts';
import { type ListColumn, type ListDefinition, type Place, pageOf } from '../list-definition.ts';
import { taskDetail, taskSeverity } from './tasks.ts';

const columns: readonly ListColumn[] = [
	{ field: 'silent_seconds', title: 'heartbeat', format: 'age' },
	{ field: 'runtime', title: 'runtime', format: 'text', leastWidth: 10 },
	{ field: 'provider', title: 'provider', format: 'text', rank: 2 },
	{ field: 'runtime_mode', title: 'mode', format: 'text', rank: 3 },
	{ field: 'running', title: 'running', format: 'count' },
	{ field: 'dispatched', title: 'dispatched', format: 'count', rank: 1 },
	{ field: 'id', title: 'id', format: 'id', rank: 4 },
];

const taskColumns: readonly ListColumn[] = [
	{ field: 'seconds', title: 'for', format: 'age' },
	{ field: 'status', title: 'status', format: 'text' },
	{ field: 'id', title: 'task', format: 'id' },
	{ field: 'source', title: 'source', format: 'text', rank: 2 },
	{ field: 'agent', title: 'agent', format: 'text', rank: 1 },
	{ field: 'attempt', title: 'try', format: 'count', rank: 2 },
];

/** One that holds nothing and was silent for so long is nobody's runtime any more. */
const forgottenSeconds = 3 * 3600;

function severityOf(row: Row, thresholds: Thresholds): Severity {
	const silent = Number(row.silent_seconds ?? 0);
	const holdsNothing = Number(row.running ?? 0) + Number(row.dispatched ?? 0) === 0;
	if (holdsNothing && silent >= forgottenSeconds) return 'ok';
	return severityAt(thresholds['runtime-heartbeat'], silent);
}

const tasksOf = (id: string, after?: Place): Question =>
	pageOf('lists/runtime-tasks', after, { runtime: id });

const common = {
	panel: 'runtimes',
	columns,
	key: ['id'],
	copies: 'id',
	severityOf,
	usageOf: (row) => ({ kind: 'runtime', text: String(row.id) }),
	detail: {
		title: (row) => `runtime ${row.runtime}`,
		questions: (row) => [tasksOf(String(row.id))],
		opens: ({ id, runtime }) => ({
			what: 'its tasks',
			list: 'runtime-tasks',
			subject: { id: String(id), name: String(runtime) },
		}),
		blocks: (row, frame, width) => [
			rowLines(row, columns, frame, width),
			answerTable('tasks it holds', tasksOf(String(row.id)), taskColumns, frame, width),
		],
	},
} as const satisfies Partial<ListDefinition>;

const runtimeList = (name: string, title: string): ListDefinition => ({
	...common,
	id: `runtimes-${name}`,
	title,
	questions: (after) => [pageOf(`lists/runtimes-${name}`, after)],
	pagedBy: 'id',
});

/** The runtimes behind the panel: gone, and there; and one of them with what it holds. */
export const runtimeLists: readonly ListDefinition[] = [
	runtimeList('silent', 'silent'),
	runtimeList('online', 'online'),
	{
		...common,
		id: 'runtime',
		title: 'runtime',
		isOfRow: true,
		questions: (_, subject) =>
			subject ? [{ query: 'lists/runtime', values: { id: subject.id } }] : [],
	},
	{
		id: 'runtime-tasks',
		title: 'tasks it holds',
		panel: 'runtimes',
		isOfRow: true,
		questions: (after, subject) => (subject ? [tasksOf(subject.id, after)] : []),
		pagedBy: 'id',
		columns: taskColumns,
		key: ['id'],
		copies: 'id',
		severityOf: taskSeverity,
		detail: taskDetail,
	},
];
