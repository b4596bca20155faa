import { severityAt } from '../../../../health/severity-at.ts';
import type { Thresholds } from '../../../../health/thresholds.ts';
import type { Severity } from '../../../../health/verdict.ts';
import { answerTo } from '../../../../sampling/question.ts';
import { type Row, rowsOf } from '../../../../sampling/reading.ts';
import { fieldLines } from '../../detail/fields.ts';
import { answerTable } from '../../detail/tables.ts';
import {
	type DetailDefinition,
	type ListColumn,
	type ListDefinition,
	pageOf,
} from '../list-definition.ts';

const column = (
	field: string,
	title: string,
	format: ListColumn['format'],
	rank = 0,
	leastWidth?: number,
): ListColumn => ({
	field,
	title,
	format,
	rank,
	...(leastWidth === undefined ? {} : { leastWidth }),
});

const age = (title: string) => column('seconds', title, 'age');
const who = [
	column('source', 'source', 'text', 2),
	column('agent', 'agent', 'text', 1, 10),
	column('runtime', 'runtime', 'text', 1, 10),
];
const tries: ListColumn = {
	...column('attempt', 'try', 'count', 3),
	draw: ({ attempt, max_attempts }) =>
		typeof max_attempts === 'number' ? `${attempt ?? 0}/${max_attempts}` : undefined,
};
const id = column('id', 'task', 'id', 1, 8);

const silence = ({ silent_seconds: seconds }: Row, thresholds: Thresholds): Severity =>
	severityAt(thresholds['running-on-silent-runtime'], seconds);

/** Of a task that was given to a runtime: it has not begun there, or nobody hears of the one that runs it. */
export const taskSeverity = (row: Row, thresholds: Thresholds): Severity =>
	row.status === 'dispatched'
		? severityAt(thresholds['dispatched-not-started'], row.seconds)
		: silence(row, thresholds);

const fields = [
	column('status', 'status', 'text'),
	column('id', 'task', 'id'),
	column('agent', 'agent', 'text'),
	column('agent_id', 'agent id', 'id'),
	column('workspace_id', 'workspace', 'id'),
	column('runtime', 'runtime', 'text'),
	column('runtime_id', 'runtime id', 'id'),
	column('provider', 'provider', 'text'),
	column('runtime_mode', 'mode', 'text'),
	column('silent_seconds', 'last heartbeat', 'age'),
	column('issue_id', 'issue', 'id'),
	column('number', 'issue number', 'text'),
	column('title', 'issue title', 'text'),
	column('chat_session_id', 'chat session', 'id'),
	column('autopilot_run_id', 'autopilot run', 'id'),
	column('priority', 'priority', 'count'),
	column('attempt', 'attempt', 'count'),
	column('max_attempts', 'of attempts', 'count'),
	column('created_at', 'created', 'time'),
	column('dispatched_at', 'dispatched', 'time'),
	column('started_at', 'started', 'time'),
	column('completed_at', 'completed', 'time'),
	column('waited_seconds', 'waited', 'age'),
	column('ran_seconds', 'ran', 'age'),
	column('failure_reason', 'reason', 'text'),
	column('error', 'error', 'text'),
];
const usageColumns = [
	column('model', 'model', 'text'),
	column('provider', 'provider', 'text', 1),
	column('input_tokens', 'input', 'count'),
	column('output_tokens', 'output', 'count'),
	column('cache_read_tokens', 'cache read', 'count'),
	column('cache_write_tokens', 'cache write', 'count'),
	column('seconds', 'age', 'age'),
];

const taskOf = (row: Row) => ({ query: 'lists/task', values: { id: String(row.id) } });
const issueOf = (row: Row) => ({ query: 'lists/task-issue', values: { task: String(row.id) } });
const usageOf = (row: Row) => ({ query: 'lists/task-usage', values: { task: String(row.id) } });

/** A task with what it used, its issue, and the way to its runtime. */
export const taskDetail: DetailDefinition = {
	title: (row) => `task ${row.id}`,
	questions: (row) => [taskOf(row), issueOf(row), usageOf(row)],
	opens(row, { answers = new Map() }) {
		const [task] = rowsOf(answerTo(answers, taskOf(row))) ?? [];
		if (typeof task?.runtime_id !== 'string') return undefined;
		const { runtime_id: id, runtime } = task;
		return {
			what: 'its runtime',
			list: 'runtime',
			subject: { id, name: String(runtime ?? id) },
			row: { id, runtime: runtime ?? null },
		};
	},
	blocks: (row, frame, width) => [
		// Where there is no issue, or no right to read it, nothing is said of it.
		fieldLines(taskOf(row), fields, frame, width, issueOf(row)),
		answerTable('usage', usageOf(row), usageColumns, frame, width),
	],
};

const taskList = (
	name: string,
	title: string,
	columns: readonly ListColumn[],
	severityOf: (row: Row, thresholds: Thresholds) => Severity,
): ListDefinition => ({
	id: `tasks-${name}`,
	title,
	panel: 'tasks',
	questions: (after) => [pageOf(`lists/tasks-${name}`, after)],
	pagedBy: 'id',
	columns,
	key: ['id'],
	copies: 'id',
	severityOf,
	detail: taskDetail,
});

/** The tasks behind the panel: at work, waiting, stuck, failed. */
export const taskLists: readonly ListDefinition[] = [
	taskList(
		'running',
		'running longest',
		[age('running'), id, ...who, column('silent_seconds', 'heartbeat', 'age', 2), tries],
		silence,
	),
	taskList(
		'queued',
		'oldest ready',
		[age('waits'), id, ...who, column('priority', 'prio', 'count', 3), tries],
		({ seconds }, thresholds) => severityAt(thresholds['oldest-ready-task'], seconds),
	),
	taskList(
		'stuck',
		'stuck',
		[
			age('for'),
			column('status', 'status', 'text'),
			id,
			...who,
			column('silent_seconds', 'heartbeat', 'age', 2),
			tries,
		],
		taskSeverity,
	),
	{
		...taskList(
			'failed',
			'failing',
			[
				age('ago'),
				column('reason', 'reason', 'text', 0, 12),
				id,
				...who,
				column('ran_seconds', 'ran', 'age', 2),
				tries,
			],
			() => 'warn',
		),
		scanned: {
			some: 'of 5,000 finished tasks; ↓ past the last row looks at those before',
			none: 'none of 5,000 finished tasks failed; ↓ looks at those before',
		},
	},
];
