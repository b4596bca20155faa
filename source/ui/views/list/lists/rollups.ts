import type { Severity } from '../../../../health/verdict.ts';
import { formatAge, formatCount, formatMs } from '../../../../lib/format.ts';
import type { LockHolder } from '../../../../sampling/panel-data.ts';
import { answerTo, type Question } from '../../../../sampling/question.ts';
import { type Row, rowsOf } from '../../../../sampling/reading.ts';
import { rollupsOf } from '../../../../sampling/rollup.ts';
import { type Line, line, type Span, span } from '../../../draw/span.ts';
import { tableLines } from '../../../draw/table.ts';
import type { FrameInput } from '../../../panels/frame-input.ts';
import { verdictsOf } from '../../../panels/panel.ts';
import { failureText, pendingText } from '../../asked.ts';
import { rowLines } from '../../detail/fields.ts';
import { tableColumns } from '../../detail/tables.ts';
import { cellOf } from '../cells.ts';
import type { ListColumn, ListDefinition } from '../list-definition.ts';

/** Who may have logged runs, the most telling log first. */
const logs: readonly Question[] = [
	{ query: 'lists/runs-own' },
	{ query: 'lists/runs-scheduler' },
	{ query: 'lists/runs-cron' },
];

/** The runs of a pipeline, newest first, from the first log that has any. */
function runsOf(pipeline: string, { answers = new Map() }: FrameInput): readonly Row[] {
	for (const log of logs) {
		const runs = rowsOf(answerTo(answers, log))?.filter((row) => row.pipeline === pipeline) ?? [];
		if (runs.length > 0) return runs;
	}
	return [];
}

const failures = new Set(['failed', 'lost']);
const unfinished = new Set(['running', 'starting', 'sending', 'connecting']);

/** `●` moved rows, `○` found nothing to do or the lock taken, `✖` failed, `◌` is under way. */
function runMark({ outcome, rows_touched: rows }: Row): Span {
	const word = String(outcome);
	if (failures.has(word)) return span('✖', 'critical');
	if (unfinished.has(word)) return span('◌', 'unknown');
	const isIdle = word === 'idle' || word === 'busy' || Number(rows ?? 1) === 0;
	return isIdle ? span('○', 'muted') : span('●', 'ok');
}

/** Not known yet is another thing than not logged, and that another than no log. */
function whyNoRuns(frame: FrameInput): string {
	const readings = logs.map((log) => answerTo(frame.answers ?? new Map(), log));
	const [reason] = readings.flatMap((reading) => {
		if (reading.kind === 'pending') return [pendingText(frame)];
		return reading.kind === 'failed' ? [failureText(reading.failure, frame)] : [];
	});
	if (reason !== undefined) return reason;
	return readings.some((reading) => rowsOf(reading) !== undefined)
		? 'no run is logged'
		: 'no log of runs that this role can read';
}

const stripLength = 20;

/** The last runs, the newest at the right. */
const strip = (row: Row, frame: FrameInput): Line => {
	const runs = runsOf(String(row.pipeline), frame).slice(0, stripLength).toReversed();
	return runs.length === 0 ? [span(whyNoRuns(frame), 'muted')] : runs.map(runMark);
};

/** A watermark at the epoch is where it starts, and no time that anybody is behind of. */
function neverFilled({ watermark_at: at }: Row): string | undefined {
	return typeof at === 'number' && at <= 0 ? 'never filled' : undefined;
}

const columns: readonly ListColumn[] = [
	{ field: 'state', title: '', format: 'severity' },
	{ field: 'pipeline', title: 'pipeline', format: 'text' },
	{ field: 'lag_seconds', title: 'behind', format: 'age', draw: neverFilled },
	{ field: 'run_seconds', title: 'last run', format: 'age' },
	{ field: 'rows', title: 'rows', format: 'count', rank: 3 },
	{ field: 'runs', title: 'runs', format: 'text', draw: strip },
	{ field: 'dirty_rows', title: 'dirty', format: 'count', rank: 1 },
	{ field: 'dirty_seconds', title: 'oldest', format: 'age', rank: 2 },
	{ field: 'lock', title: 'lock', format: 'text', leastWidth: 8 },
];

const runColumns: readonly ListColumn[] = [
	{ field: 'outcome', title: '', format: 'text', draw: runMark },
	{ field: 'seconds', title: 'ago', format: 'age' },
	{ field: 'outcome', title: 'outcome', format: 'text' },
	{
		field: 'took_seconds',
		title: 'took',
		format: 'age',
		// Most runs are over within the second, and it is among those that one looks for the slow one.
		draw: ({ took_seconds: seconds }) =>
			typeof seconds === 'number' && seconds < 10 ? formatMs(seconds * 1000) : undefined,
	},
	{ field: 'rows_touched', title: 'rows', format: 'count' },
	{ field: 'message', title: 'message', format: 'text', leastWidth: 8 },
];

const moreFields: readonly ListColumn[] = [
	...columns.filter(({ field }) => field !== 'state'),
	{ field: 'watermark_at', title: 'watermark', format: 'time', draw: neverFilled },
	{ field: 'last_error', title: 'last error', format: 'text' },
	{ field: 'lock_query', title: 'its query', format: 'text' },
];

function rows(frame: FrameInput): readonly Row[] {
	const verdicts = verdictsOf(frame, 'rollups');
	return rollupsOf(frame.report.snapshot).data.map((pipeline): Row => {
		const { lock, watermarkAt } = pipeline;
		const worst = verdicts.find(
			({ subject, severity }) => subject === pipeline.pipeline && severity !== 'ok',
		);
		return {
			pipeline: pipeline.pipeline,
			state: worst?.severity ?? (pipeline.dataLagSeconds === undefined ? 'unknown' : 'ok'),
			lag_seconds: pipeline.dataLagSeconds ?? null,
			run_seconds: pipeline.runAgeSeconds ?? null,
			rows: pipeline.lastRows ?? null,
			dirty_rows: pipeline.dirtyRows ?? null,
			dirty_seconds: pipeline.dirtyOldestSeconds ?? null,
			watermark_at: watermarkAt ?? null,
			last_error: pipeline.lastError ?? null,
			lock: lock === undefined ? null : lock === null ? 'free' : holder(lock),
			lock_query: lock?.query ?? null,
		};
	});
}

const holder = (lock: LockHolder): string =>
	[
		`pid ${lock.pid}`,
		lock.application,
		lock.state,
		lock.heldSeconds === undefined ? undefined : formatAge(lock.heldSeconds),
		lock.waiters > 0 ? `${formatCount(lock.waiters)} wait` : undefined,
	]
		.filter((part) => part !== undefined && part !== '')
		.join(', ');

/** The pipelines: how far behind, their last runs, their queue, their lock. */
export const rollupList: ListDefinition = {
	id: 'rollups',
	title: 'pipelines',
	panel: 'rollups',
	questions: () => logs,
	rows,
	columns,
	key: ['pipeline'],
	severityOf: (row) => row.state as Severity,
	detail: {
		title: (row) => `rollup ${row.pipeline}`,
		questions: () => logs,
		blocks: (row, frame, width) => [
			rowLines(row, moreFields, frame, width),
			runLines(String(row.pipeline), frame, width),
		],
	},
};

function runLines(pipeline: string, frame: FrameInput, width: number): readonly Line[] {
	const runs = runsOf(pipeline, frame);
	// Why there are none is said above, in the place of the strip.
	if (runs.length === 0) return [];
	const cells = runs.map((run) => runColumns.map((column) => cellOf(column, run, frame)));
	const table = tableLines(tableColumns(runColumns), cells, width);
	return [line(span('last runs', 'title')), ...table];
}
