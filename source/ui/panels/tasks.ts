import { formatAge, formatCount, formatPerMinute } from '../../lib/format.ts';
import type { Count, Maybe, SourceTasks, TasksData } from '../../sampling/panel-data.ts';
import { tasksOf } from '../../sampling/panels.ts';
import { markAfter, severityOf } from '../draw/mark.ts';
import { flowLines, type Line, line, type Piece, span } from '../draw/span.ts';
import { tableLines } from '../draw/table.ts';
import { definePanel, type PanelInput, type RankedLine, ranked } from './panel.ts';
import { countCell, known, labelled, labelledAge, sparkLine, sparkRank } from './parts.ts';
import { lastSnapshot, type Series } from './series.ts';

const stateOf = lastSnapshot(tasksOf);

const sumOf = (data: TasksData, column: 'queued' | 'running' | 'stuck'): Maybe<number> => {
	const counts = data.sources.map((source) => source[column]);
	if (counts.length === 0 || counts.includes(undefined)) return undefined;
	return counts.reduce<number>((sum, count) => sum + Number(count), 0);
};

const queuedSeries: Series = {
	title: 'queued',
	metric: { name: 'multica_agent_task_queued', combine: 'sum' },
	read: (snapshot) => sumOf(stateOf(snapshot).data, 'queued'),
	format: formatCount,
};

/** What waits, what runs, and what should but doesn't. */
export const tasksPanel = definePanel<TasksData>({
	number: 1,
	id: 'tasks',
	title: 'Tasks',
	series: queuedSeries,
	stateOf,
	lines(input, width) {
		const spark = sparkLine(input.frame, queuedSeries, width);
		return [
			...ranked(flowLines(headline(input), width), 0, 1),
			...anomalies(input),
			...sourceTable(input, width),
			...(spark === undefined ? [] : [{ line: spark, rank: sparkRank }]),
		];
	},
});

function headline({ data, verdicts }: PanelInput<TasksData>): readonly Line[] {
	const waiting = severityOf(verdicts, 'oldest-ready-task');
	const draining = severityOf(verdicts, 'not-draining');
	const { oldestReadySeconds, createdPerMinute, finishedPerMinute } = data;
	const oldest =
		oldestReadySeconds === null
			? line(span('nothing waits', 'muted'), markAfter(waiting))
			: labelledAge('oldest ready', oldestReadySeconds, waiting, draining);
	return [
		oldest,
		line(
			labelled('in', known(createdPerMinute, formatPerMinute)),
			labelled('  out', known(finishedPerMinute, formatPerMinute)),
		),
	];
}

/** What is worth a line of its own only while there is some of it. */
function anomalies({ data, verdicts }: PanelInput<TasksData>): readonly RankedLine[] {
	const found: RankedLine[] = [];
	const add = (rank: number, count: Maybe<Count>, text: string, ...rest: readonly Piece[]) => {
		if (count === undefined || Number(count) === 0) return;
		found.push({ line: line(`${formatCount(count)} ${text}`, ...rest), rank });
	};
	add(
		2,
		data.dispatchedNotStarted,
		'dispatched, not started',
		ageAfter(data.oldestDispatchedSeconds),
		markAfter(severityOf(verdicts, 'dispatched-not-started')),
	);
	add(
		2,
		data.runningOnSilentRuntime,
		'on silent runtimes',
		ageAfter(data.longestSilenceSeconds),
		markAfter(severityOf(verdicts, 'running-on-silent-runtime')),
	);
	// Long work on a runtime that is heard is no fault.
	add(7, data.runningOverThirtyMinutes, 'running over 30m');
	return found;
}

const ageAfter = (seconds: Maybe<number | null>): Piece =>
	typeof seconds === 'number' ? span(`, ${formatAge(seconds)}`, 'muted') : undefined;

function sourceTable({ data }: PanelInput<TasksData>, width: number): RankedLine[] {
	const columns = [
		{ title: 'source', leastWidth: 9 },
		{ title: 'queued', isNumber: true },
		{ title: 'running', isNumber: true },
		{ title: 'stuck', isNumber: true, rank: 1 },
	];
	const total = (['queued', 'running', 'stuck'] as const).map((column) => sumOf(data, column));
	const idle = data.sources.filter(isIdle);
	const [titles = [], all = [], ...sources] = tableLines(
		columns,
		[
			[span('all', 'strong'), ...total.map(countCell)],
			...data.sources
				.filter((each) => !isIdle(each))
				.map(({ source, queued, running, stuck }) => [
					source,
					...[queued, running, stuck].map(countCell),
				]),
		],
		width,
	);
	return [
		{ line: titles, rank: 3 },
		{ line: all, rank: 3.5 },
		...ranked(sources, 4, 0.01),
		...(idle.length === 0 ? [] : [{ line: [idleSpan(idle)], rank: 9 }]),
	];
}

/** Known to have no work; what isn't known isn't idle. */
const isIdle = ({ queued, running, stuck }: SourceTasks): boolean =>
	[queued, running, stuck].every((count) => count !== undefined && Number(count) === 0);

const idleSpan = (idle: readonly SourceTasks[]) =>
	span(`idle: ${idle.map(({ source }) => source).join(', ')}`, 'muted');
